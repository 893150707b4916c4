-- +goose Up

-- What the columns and tables mean is said in ../sqlite/00038_feeds.sql.
ALTER TABLE feeds ADD COLUMN paused BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN pictures TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN lang TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN cause TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN failing BIGINT NOT NULL DEFAULT 0;
UPDATE feeds SET failing = checked WHERE failures > 0;
CREATE INDEX feeds_removed ON feeds (removed) WHERE removed > 1;
DROP INDEX feeds_due;
CREATE INDEX feeds_due ON feeds (due) WHERE removed = 0 AND state <> 'gone' AND paused = 0;

CREATE TABLE feed_days (
    feed_id BIGINT NOT NULL REFERENCES feeds (id),
    day BIGINT NOT NULL,
    articles BIGINT NOT NULL,
    PRIMARY KEY (feed_id, day)
);
INSERT INTO feed_days
    SELECT feed_id, time / 86400000, count(*) FROM articles WHERE time >= (extract(epoch FROM now())::BIGINT - 30 * 86400) * 1000
    GROUP BY feed_id, time / 86400000;

CREATE TABLE feed_polls (
    feed_id BIGINT NOT NULL REFERENCES feeds (id),
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    polls BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    problem TEXT COLLATE "C" NOT NULL,
    articles BIGINT NOT NULL,
    PRIMARY KEY (feed_id, first)
);

-- +goose Down
DROP TABLE feed_polls;
DROP TABLE feed_days;
DROP INDEX feeds_due;
CREATE INDEX feeds_due ON feeds (due) WHERE removed = 0 AND state <> 'gone';
DROP INDEX feeds_removed;
UPDATE feeds SET removed = 1 WHERE removed > 1;
ALTER TABLE feeds DROP COLUMN failing;
ALTER TABLE feeds DROP COLUMN cause;
ALTER TABLE feeds DROP COLUMN lang;
ALTER TABLE feeds DROP COLUMN pictures;
ALTER TABLE feeds DROP COLUMN paused;
