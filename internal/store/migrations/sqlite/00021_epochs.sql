-- +goose Up

-- An epoch is a run of the log that one process wrote. Its id is random, so that two copies of a database that went on
-- apart have different epochs for the same numbers of the log, and so have a database and its backup that was restored.
CREATE TABLE epochs (
    first INTEGER PRIMARY KEY, -- entry of the log; an epoch ends before the first of the next
    id    TEXT    NOT NULL
);
INSERT INTO epochs (first, id) SELECT 1, lower(hex(randomblob(16))) WHERE EXISTS (SELECT 1 FROM log);

-- 1: the feed has shown an item with its whole text, so that a short item is short and not cut.
ALTER TABLE feeds ADD COLUMN whole_texts INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE feeds DROP COLUMN whole_texts;
DROP TABLE epochs;
