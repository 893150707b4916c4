-- +goose Up

-- 1: all of its articles are made by templates of their outlets, so that a front page can leave it out. Stories that were
-- stored before are 0 until they are settled again.
ALTER TABLE stories ADD COLUMN template INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE stories DROP COLUMN template;
