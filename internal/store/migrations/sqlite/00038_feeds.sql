-- +goose Up

-- What people set of a feed.
ALTER TABLE feeds ADD COLUMN paused INTEGER NOT NULL DEFAULT 0; -- 1: not polled until somebody resumes it
ALTER TABLE feeds ADD COLUMN pictures TEXT NOT NULL DEFAULT ''; -- how pictures of its articles are shown: proxy, direct, hide, or '' for what the settings say
ALTER TABLE feeds ADD COLUMN lang TEXT NOT NULL DEFAULT '';     -- of its articles, whatever they look like; '' where it is detected

-- Why its last poll failed, in one word (news.Cause), and since when each has failed; 0 where the last one did not.
ALTER TABLE feeds ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN failing INTEGER NOT NULL DEFAULT 0;
UPDATE feeds SET failing = checked WHERE failures > 0;

-- feeds.removed is 0 while a feed is subscribed. It is the time of its removal while that can be undone, and 1 afterwards.
CREATE INDEX feeds_removed ON feeds (removed) WHERE removed > 1;

DROP INDEX feeds_due;
CREATE INDEX feeds_due ON feeds (due) WHERE removed = 0 AND state <> 'gone' AND paused = 0;

-- How many articles of each day (UTC, in days since 1970) a feed has brought, for its last days. Articles that age out stay counted.
CREATE TABLE feed_days (
    feed_id  INTEGER NOT NULL REFERENCES feeds (id),
    day      INTEGER NOT NULL,
    articles INTEGER NOT NULL,
    PRIMARY KEY (feed_id, day)
) WITHOUT ROWID;
INSERT INTO feed_days
    SELECT feed_id, time / 86400000, count(*) FROM articles WHERE time >= (unixepoch() - 30 * 86400) * 1000
    GROUP BY feed_id, time / 86400000;

-- The history of a feed's polls. Polls in a row that ended alike are one row; only a feed's newest rows are kept.
CREATE TABLE feed_polls (
    feed_id  INTEGER NOT NULL REFERENCES feeds (id),
    first    INTEGER NOT NULL, -- the first of these polls
    last     INTEGER NOT NULL, -- and the last
    polls    INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    problem  TEXT    NOT NULL,
    articles INTEGER NOT NULL, -- new ones
    PRIMARY KEY (feed_id, first)
) WITHOUT ROWID;

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
