-- +goose Up
-- Up to where in the story log a user has seen a topic of everybody. What a topic itself has (topics.seen) holds for users without a row,
-- and for those whose row has less: where the query changes, all begin anew.
CREATE TABLE topic_seen (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    topic_id INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    seen     INTEGER NOT NULL,
    PRIMARY KEY (user_id, topic_id)
) WITHOUT ROWID;
CREATE INDEX topic_seen_topic ON topic_seen (topic_id);

-- +goose Down
DROP TABLE topic_seen;
