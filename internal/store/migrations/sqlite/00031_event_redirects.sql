-- +goose Up
-- Events that are no more, and the event that took their place: it has the most of the stories that they had. Both have no
-- reference to events, whose rows are counted anew when a story changes.
CREATE TABLE event_redirects (
	old INTEGER PRIMARY KEY,
	new INTEGER NOT NULL
);
CREATE INDEX event_redirects_new ON event_redirects (new);

-- +goose Down
DROP TABLE event_redirects;
