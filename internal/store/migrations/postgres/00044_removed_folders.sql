-- +goose Up
-- The feeds of folders that were removed of late, so that a removal can be undone. A removal is named by its time in milliseconds since
-- 1970; no two have the same. A feed that was moved since then stays where it is.
CREATE TABLE removed_folders (
    removal BIGINT NOT NULL,
    feed_id BIGINT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    folder  TEXT NOT NULL, -- before the removal
    became  TEXT NOT NULL, -- by the removal
    PRIMARY KEY (removal, feed_id)
);
CREATE INDEX removed_folders_feed ON removed_folders (feed_id);

-- +goose Down
DROP TABLE removed_folders;
