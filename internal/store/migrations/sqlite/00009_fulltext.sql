-- +goose Up

-- Whether the pages of a feed's items are read: auto, always, never, or '' for what the settings say.
ALTER TABLE feeds ADD COLUMN full_text TEXT NOT NULL DEFAULT '';

-- The pages that are read for the text of articles, and what became of asking for them.
CREATE TABLE pages (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    hash       TEXT    NOT NULL, -- of the item that the page was wanted for
    url        TEXT    NOT NULL,
    host       TEXT    NOT NULL,
    due        INTEGER NOT NULL DEFAULT 0,  -- not to be asked for before
    asked      INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    state      TEXT    NOT NULL DEFAULT '', -- '' is wanted, ok is had; others say why not
    problem    TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX pages_wanted ON pages (due) WHERE state = '';
CREATE INDEX pages_host ON pages (host, asked);

-- +goose Down
DROP TABLE pages;
ALTER TABLE feeds DROP COLUMN full_text;
