-- +goose Up

-- The story and event that an article was in when the correction was made, so that taking the correction back gives
-- the stories their ids back. 0 is unknown: the correction is older than these columns, or the article had no story.
ALTER TABLE corrected ADD COLUMN story INTEGER NOT NULL DEFAULT 0;
ALTER TABLE corrected ADD COLUMN event INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE corrected DROP COLUMN event;
ALTER TABLE corrected DROP COLUMN story;
