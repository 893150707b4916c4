-- +goose Up

-- articles.seq has the number of each article's newest entry in the log of articles, so the table said nothing more. What stays
-- of it is the newest number given: no later entry gets one again, also where its article was aged out.
INSERT INTO marks (name, value) SELECT 'log', seq FROM sqlite_sequence WHERE name = 'log';
DROP TABLE log;

-- +goose Down
CREATE TABLE log (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id INTEGER NOT NULL REFERENCES articles (id)
);
INSERT INTO log (seq, article_id) SELECT seq, id FROM articles ORDER BY seq;
CREATE INDEX log_article ON log (article_id);
DELETE FROM sqlite_sequence WHERE name = 'log';
INSERT INTO sqlite_sequence (name, seq) SELECT name, value FROM marks WHERE name = 'log';
DELETE FROM marks WHERE name = 'log';
