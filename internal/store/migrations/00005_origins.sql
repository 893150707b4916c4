-- +goose Up

-- Who had a story's news first, where that is another than who wrote the text. JSON; "" is none.
ALTER TABLE stories ADD COLUMN scoop TEXT NOT NULL DEFAULT '';

-- The article of the story whose text a member carries, where that is not the origin's; 0 is none.
ALTER TABLE members ADD COLUMN carries INTEGER NOT NULL DEFAULT 0;

-- Pages of outlets that articles link to as their source, each asked for once, whether it could be had or not.
CREATE TABLE pages (
    url     TEXT    PRIMARY KEY, -- as linked, in canonical form
    asked   INTEGER NOT NULL,
    problem TEXT    NOT NULL,    -- why it could not be had; "" where it could
    page    TEXT    NOT NULL     -- the article that it holds, as JSON; "" where it could not be had
) WITHOUT ROWID;
CREATE INDEX pages_asked ON pages (asked);

-- +goose Down
DROP TABLE pages;
ALTER TABLE members DROP COLUMN carries;
ALTER TABLE stories DROP COLUMN scoop;
