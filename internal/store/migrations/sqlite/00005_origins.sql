-- +goose Up

-- Who had a story's news first, where that is another than who wrote the text. JSON; "" is none.
ALTER TABLE stories ADD COLUMN scoop TEXT NOT NULL DEFAULT '';

-- The article of the story whose text a member carries, where that is not the origin's; 0 is none.
ALTER TABLE members ADD COLUMN carries INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE members DROP COLUMN carries;
ALTER TABLE stories DROP COLUMN scoop;
