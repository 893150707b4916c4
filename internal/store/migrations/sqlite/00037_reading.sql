-- +goose Up

-- When a user read an article, in milliseconds since 1970. The marks of one marking have the same time, and no two markings of a
-- user have, so the time names the marking that an undo takes back. 0: before this column was there.
ALTER TABLE read_marks ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX read_marks_at ON read_marks (user_id, at, article_id);

-- When this visit of a user was last noticed, and when the one before it ended. 0: there was none.
ALTER TABLE users ADD COLUMN visit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN visit_before INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN visit_before;
ALTER TABLE users DROP COLUMN visit;
DROP INDEX read_marks_at;
ALTER TABLE read_marks DROP COLUMN at;
