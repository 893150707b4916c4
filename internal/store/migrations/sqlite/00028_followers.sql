-- +goose Up

-- The log of articles that were aged out, see removals.go. Each search index follows it.
CREATE TABLE removals (
    seq        INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL,
    at         INTEGER NOT NULL
);
INSERT INTO removals (seq, article_id, at) SELECT row_number() OVER (ORDER BY article_id), article_id, 0 FROM aged_indexed;
INSERT INTO marks (name, value) SELECT 'removals', max(seq) FROM removals HAVING count(*) > 0;
DROP TABLE aged_indexed;

-- How often the marks of a user changed, so that a process knows whether those that it holds in memory are the present ones.
ALTER TABLE users ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN marked;
CREATE TABLE aged_indexed (article_id INTEGER PRIMARY KEY);
INSERT INTO aged_indexed (article_id) SELECT article_id FROM removals;
DELETE FROM marks WHERE name IN ('removals', 'removals-forgotten');
DROP TABLE removals;
