-- +goose Up

-- Of what a reader is shown of a story: settling one anew that comes out as it was changes neither its time nor its place
-- in the log. '' is of a story that was stored before there were any.
ALTER TABLE stories ADD COLUMN signature BLOB NOT NULL DEFAULT '';
-- By when it changed and by id, so that a list can go on where it ended.
DROP INDEX stories_changed;
CREATE INDEX stories_changed ON stories (changed, id, rank);

-- +goose Down
DROP INDEX stories_changed;
CREATE INDEX stories_changed ON stories (changed, rank);
ALTER TABLE stories DROP COLUMN signature;
