-- +goose Up

-- What was agreed with hubs that push feeds (WebSub). Times are milliseconds, 0 for none.
CREATE TABLE subscriptions (
    id       TEXT PRIMARY KEY, -- the last part of the callback's path
    feed_id  INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    hub      TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    secret   TEXT    NOT NULL,
    ending   INTEGER NOT NULL, -- 1: the hub is to be told that we want no more
    asked    INTEGER NOT NULL,
    next     INTEGER NOT NULL, -- when to ask the hub next
    until    INTEGER NOT NULL, -- end of the lease
    failures INTEGER NOT NULL,
    problem  TEXT    NOT NULL
);
CREATE UNIQUE INDEX subscriptions_feed ON subscriptions (feed_id) WHERE ending = 0;
CREATE INDEX subscriptions_next ON subscriptions (next);

-- +goose Down
DROP TABLE subscriptions;
