-- +goose Up
-- What each settlement and each closing of stories changed of the window of open stories. Processes that stand by follow it.
CREATE TABLE window_log (
	seq     bigint PRIMARY KEY,
	tag     bigint NOT NULL, -- random: tells entries of two databases apart
	epoch   bigint NOT NULL, -- of the leader that wrote it
	total   bigint NOT NULL, -- sums the sizes of all entries up to this one
	changes text NOT NULL COLLATE "C"
);

-- +goose Down
DROP TABLE window_log;
DELETE FROM marks WHERE name = 'window';
