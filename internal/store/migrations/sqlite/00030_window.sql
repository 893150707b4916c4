-- +goose Up
-- What each settlement and each closing of stories changed of the window of open stories. It is only written where several
-- processes share the database.
CREATE TABLE window_log (
	seq     INTEGER PRIMARY KEY,
	tag     INTEGER NOT NULL, -- random: tells entries of two databases apart
	epoch   INTEGER NOT NULL, -- of the leader that wrote it
	total   INTEGER NOT NULL, -- sums the sizes of all entries up to this one
	changes TEXT NOT NULL
);

-- +goose Down
DROP TABLE window_log;
DELETE FROM marks WHERE name = 'window';
