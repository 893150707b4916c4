-- +goose Up

-- What the columns mean is said in ../sqlite/00037_reading.sql.
ALTER TABLE read_marks ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX read_marks_at ON read_marks (user_id, at, article_id);

ALTER TABLE users ADD COLUMN visit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN visit_before BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN visit_before;
ALTER TABLE users DROP COLUMN visit;
DROP INDEX read_marks_at;
ALTER TABLE read_marks DROP COLUMN at;
