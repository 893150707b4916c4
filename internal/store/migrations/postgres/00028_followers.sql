-- +goose Up

CREATE TABLE removals (
    seq BIGINT PRIMARY KEY,
    article_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);
INSERT INTO removals (seq, article_id, at) SELECT row_number() OVER (ORDER BY article_id), article_id, 0 FROM aged_indexed;
INSERT INTO marks (name, value) SELECT 'removals', max(seq) FROM removals HAVING count(*) > 0;
DROP TABLE aged_indexed;

ALTER TABLE users ADD COLUMN marked BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN marked;
CREATE TABLE aged_indexed (article_id BIGINT PRIMARY KEY);
INSERT INTO aged_indexed (article_id) SELECT article_id FROM removals;
DELETE FROM marks WHERE name IN ('removals', 'removals-forgotten');
DROP TABLE removals;
