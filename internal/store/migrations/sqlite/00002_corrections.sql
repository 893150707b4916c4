-- +goose Up

-- What people said of which articles are one story, in the order in which they said it. Numbers are never used again.
CREATE TABLE corrections (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    made INTEGER NOT NULL
);

-- Its articles, not its stories: those come and go.
CREATE TABLE corrected (
    correction_id INTEGER NOT NULL REFERENCES corrections (id),
    article_id    INTEGER NOT NULL REFERENCES articles (id),
    apart         INTEGER NOT NULL, -- 0: one story with the others of 0; 1: in no story with those
    PRIMARY KEY (correction_id, article_id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE corrected;
DROP TABLE corrections;
