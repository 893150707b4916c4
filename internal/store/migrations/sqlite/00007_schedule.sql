-- +goose Up

-- When a feed wants to be polled: news.Schedule, what set due, and what permanent redirects say. Waits are milliseconds.
ALTER TABLE feeds ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN rhythm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN period INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN skip_hours INTEGER NOT NULL DEFAULT 0; -- bit n: hour n
ALTER TABLE feeds ADD COLUMN skip_days INTEGER NOT NULL DEFAULT 0;  -- bit n: day n, 0 is Sunday
ALTER TABLE feeds ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;      -- last time that a whole document came
ALTER TABLE feeds ADD COLUMN answered TEXT NOT NULL DEFAULT '';     -- the address that gave etag and last_modified
ALTER TABLE feeds ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN moved_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN moved_times INTEGER NOT NULL DEFAULT 0;

-- Hosts that asked to be left alone.
CREATE TABLE resting (
    host  TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE resting;
ALTER TABLE feeds DROP COLUMN moved_times;
ALTER TABLE feeds DROP COLUMN moved_first;
ALTER TABLE feeds DROP COLUMN moved_to;
ALTER TABLE feeds DROP COLUMN answered;
ALTER TABLE feeds DROP COLUMN whole;
ALTER TABLE feeds DROP COLUMN skip_days;
ALTER TABLE feeds DROP COLUMN skip_hours;
ALTER TABLE feeds DROP COLUMN period;
ALTER TABLE feeds DROP COLUMN ttl;
ALTER TABLE feeds DROP COLUMN fresh;
ALTER TABLE feeds DROP COLUMN rhythm;
ALTER TABLE feeds DROP COLUMN rule;
