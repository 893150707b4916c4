-- +goose Up
-- The newest transactions of each node. A node whose connection was lost during a commit looks here for its outcome.
CREATE TABLE outcomes (
	node   TEXT NOT NULL,
	number INTEGER NOT NULL, -- counts the transactions of the node
	made   INTEGER NOT NULL,
	PRIMARY KEY (node, number)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE outcomes;
