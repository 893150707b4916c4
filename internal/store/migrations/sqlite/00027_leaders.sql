-- +goose Up

-- Who does the work that one process does at a time. Each holder has a higher epoch than the one before, and its writes check it.
CREATE TABLE leaders (
    name   TEXT PRIMARY KEY,
    epoch  INTEGER NOT NULL,
    holder TEXT NOT NULL       -- the node, see nodes
);

-- Corrections that a process asks the leader for.
CREATE TABLE correction_requests (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    asked      INTEGER NOT NULL,
    kind       TEXT NOT NULL,              -- merge, split, forget
    ids        TEXT NOT NULL,              -- JSON: of stories to merge; of a story and the articles to split off; of a correction
    done       INTEGER NOT NULL DEFAULT 0, -- when; 0 while it waits
    correction INTEGER NOT NULL DEFAULT 0, -- that was made or forgotten; 0 where it was refused
    refused    TEXT NOT NULL DEFAULT '',   -- why
    missing    INTEGER NOT NULL DEFAULT 0  -- it was refused since something that it names does not exist
);

-- +goose Down
DROP TABLE correction_requests;
DROP TABLE leaders;
