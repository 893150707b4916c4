-- +goose Up

-- What the tables mean is said in ../sqlite/00026_claims.sql.
CREATE TABLE nodes (
    id TEXT COLLATE "C" PRIMARY KEY,
    host TEXT COLLATE "C" NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    started BIGINT NOT NULL,
    seen BIGINT NOT NULL
);

CREATE TABLE leases (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until BIGINT NOT NULL
);

CREATE TABLE poll_hosts (
    host TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL DEFAULT '',
    until BIGINT NOT NULL DEFAULT 0,
    pass TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX poll_hosts_until ON poll_hosts (until);

ALTER TABLE feeds ADD COLUMN host TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX feeds_host ON feeds (host);

-- +goose Down
DROP INDEX feeds_host;
ALTER TABLE feeds DROP COLUMN host;
DROP TABLE poll_hosts;
DROP TABLE leases;
DROP TABLE nodes;
