-- +goose Up

-- The processes that work on this database, see nodes.go. On SQLite there is one.
CREATE TABLE nodes (
    id       TEXT PRIMARY KEY,
    host     TEXT NOT NULL, -- the name of its machine
    roles    TEXT NOT NULL,
    settings TEXT NOT NULL, -- JSON: a hash of each setting that all nodes must share
    started  INTEGER NOT NULL,
    seen     INTEGER NOT NULL
) WITHOUT ROWID;

-- Work that one node does at a time, see leases.go.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL, -- a node
    until  INTEGER NOT NULL
) WITHOUT ROWID;

-- Hosts that one node asks at a time, see hosts.go. Until the time, no other node than the holder may claim the host: that is
-- the end of the lease, or after it was handed back the end of the pause.
CREATE TABLE poll_hosts (
    host   TEXT PRIMARY KEY,
    holder TEXT NOT NULL DEFAULT '',
    until  INTEGER NOT NULL DEFAULT 0,
    pass   TEXT NOT NULL DEFAULT '' -- the last pass that claimed it
) WITHOUT ROWID;
CREATE INDEX poll_hosts_until ON poll_hosts (until);

-- The host that serves a feed. "" is not known yet; it is filled when the database is opened.
ALTER TABLE feeds ADD COLUMN host TEXT NOT NULL DEFAULT '';
CREATE INDEX feeds_host ON feeds (host);

-- +goose Down
DROP INDEX feeds_host;
ALTER TABLE feeds DROP COLUMN host;
DROP TABLE poll_hosts;
DROP TABLE leases;
DROP TABLE nodes;
