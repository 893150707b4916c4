-- +goose Up
-- Schedules of alerts are words or cron specs, by the clocks of a time zone. Those of before are in UTC.
ALTER TABLE alerts ADD COLUMN zone TEXT NOT NULL DEFAULT ''; -- in the IANA database; '' is UTC
-- Whose an alert is: users may have their own of topics of everybody. NULL is whoever may change the topic.
ALTER TABLE alerts ADD COLUMN user_id BIGINT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX alerts_user ON alerts (user_id) WHERE user_id IS NOT NULL;

-- +goose Down
DROP INDEX alerts_user;
ALTER TABLE alerts DROP COLUMN user_id;
ALTER TABLE alerts DROP COLUMN zone;
