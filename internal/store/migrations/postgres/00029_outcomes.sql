-- +goose Up
-- The newest transactions of each node. A node whose connection was lost during a commit looks here for its outcome.
CREATE TABLE outcomes (
	node   text NOT NULL,
	number bigint NOT NULL, -- counts the transactions of the node
	made   bigint NOT NULL,
	PRIMARY KEY (node, number)
);

-- +goose Down
DROP TABLE outcomes;
