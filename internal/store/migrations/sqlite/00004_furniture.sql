-- +goose Up

-- What tells a feed's page furniture from its news; gone when the feed is removed. Hashes are 64 bits, as signed integers.

CREATE TABLE furniture (
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    block   INTEGER NOT NULL, -- hash
    seen    INTEGER NOT NULL, -- when it last stood in a document of the feed
    PRIMARY KEY (feed_id, block)
) WITHOUT ROWID;
CREATE INDEX furniture_seen ON furniture (feed_id, seen);

-- The blocks of a feed's newest items, which those of later polls are compared with. A newer item has the higher id.
CREATE TABLE shown (
    id      INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    item    INTEGER NOT NULL, -- hash of its guid
    blocks  BLOB    NOT NULL
);
CREATE UNIQUE INDEX shown_item ON shown (feed_id, item);

-- +goose Down
DROP TABLE shown;
DROP TABLE furniture;
