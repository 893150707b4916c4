-- +goose Up

-- Who is told of a topic's stories, and how that goes. Times are milliseconds, 0 for none.
CREATE TABLE alerts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id       INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL, -- news.AlertKind
    target         TEXT    NOT NULL,
    secret         TEXT    NOT NULL,
    schedule       TEXT    NOT NULL,
    again_outlets  INTEGER NOT NULL,
    again_original INTEGER NOT NULL,
    after          INTEGER NOT NULL, -- the newest number of the story log when it was added: what matched before is told to nobody
    added          INTEGER NOT NULL,
    ended          INTEGER NOT NULL DEFAULT 0, -- 1: the receiver wants no more
    failures       INTEGER NOT NULL DEFAULT 0, -- in a row
    failing        INTEGER NOT NULL DEFAULT 0, -- since when
    problem        TEXT    NOT NULL DEFAULT '',
    next           INTEGER NOT NULL DEFAULT 0  -- not tried before
);
CREATE UNIQUE INDEX alerts_target ON alerts (topic_id, kind, target);

-- What each alert has told of which story.
CREATE TABLE alert_told (
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    story_id INTEGER NOT NULL,
    outlets  INTEGER NOT NULL,
    original INTEGER NOT NULL,
    PRIMARY KEY (alert_id, story_id)
) WITHOUT ROWID;
CREATE INDEX alert_told_story ON alert_told (story_id);

-- What is still to be told. A row goes in the transaction that notes that it was taken, or given up.
CREATE TABLE alert_outbox (
    id       TEXT PRIMARY KEY, -- random, the same in every try
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    story_id INTEGER NOT NULL,
    reason   TEXT    NOT NULL, -- news.AlertReason
    since    INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (alert_id, story_id, reason)
);
CREATE INDEX alert_outbox_due ON alert_outbox (alert_id, due);
CREATE INDEX alert_outbox_story ON alert_outbox (story_id);

-- What settled before alerts were there is told to nobody.
INSERT INTO marks (name, value) SELECT 'alerts', coalesce((SELECT value FROM marks WHERE name = 'changes'), 0);

-- +goose Down
DROP TABLE alert_outbox;
DROP TABLE alert_told;
DROP TABLE alerts;
DELETE FROM marks WHERE name = 'alerts';
