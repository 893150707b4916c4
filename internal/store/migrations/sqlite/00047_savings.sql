-- +goose Up

-- Services to which users save articles, and how that goes. Times are milliseconds, 0 for none.
CREATE TABLE save_targets (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL, -- a service of package saveto
    name     TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    secret   TEXT    NOT NULL, -- what the service asks for: a JSON object
    added    INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    failing  INTEGER NOT NULL DEFAULT 0, -- since when
    problem  TEXT    NOT NULL DEFAULT '',
    next     INTEGER NOT NULL DEFAULT 0, -- not tried before
    UNIQUE (user_id, name)
);

-- What was saved, and what waits to be. An article is saved to a target once, unless somebody asks for it again. The address and
-- the title are copied, so that the article may age out while it waits.
CREATE TABLE savings (
    id         TEXT PRIMARY KEY, -- random, the same in every try
    target_id  INTEGER NOT NULL REFERENCES save_targets (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL,
    url        TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- news.SavingState
    since      INTEGER NOT NULL, -- when it was asked for, or since when it is in its state
    due        INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0, -- that have begun
    problem    TEXT    NOT NULL DEFAULT '',
    UNIQUE (target_id, article_id)
);
CREATE INDEX savings_due ON savings (due) WHERE state = 'waiting';
CREATE INDEX savings_waiting ON savings (target_id, due) WHERE state = 'waiting';
CREATE INDEX savings_failed ON savings (target_id) WHERE state = 'failed';
CREATE INDEX savings_article ON savings (article_id);

-- +goose Down
DROP TABLE savings;
DROP TABLE save_targets;
