-- +goose Up

-- In which order stories changed. Each story that ever was has one entry, which gets a new number as the story changes,
-- goes into another (redirects says which) or is no more.
CREATE TABLE story_log (
    story_id INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL UNIQUE,
    first    INTEGER NOT NULL -- the number that the entry had first
);
INSERT INTO story_log (story_id, seq, first)
    SELECT id, row_number() OVER (ORDER BY changed, id), row_number() OVER (ORDER BY changed, id) FROM stories;
INSERT INTO marks (name, value) SELECT 'changes', count(*) FROM stories;

-- Saved queries that somebody follows: one person, or everybody.
CREATE TABLE followed (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     INTEGER REFERENCES users (id) ON DELETE CASCADE, -- NULL: everybody
    name        TEXT    NOT NULL,
    query       TEXT    NOT NULL,
    originals   INTEGER NOT NULL DEFAULT 0,
    min_outlets INTEGER NOT NULL DEFAULT 0,
    langs       TEXT    NOT NULL DEFAULT '',
    muted       TEXT    NOT NULL DEFAULT '',
    secret      TEXT    NOT NULL DEFAULT '', -- in the address of its feed; '' where there is no such address
    added       INTEGER NOT NULL
);
INSERT INTO followed (user_id, name, query, added) SELECT NULL, name, query, added FROM topics ORDER BY added, name;
INSERT INTO followed (user_id, name, query, added) SELECT user_id, name, query, added FROM user_topics ORDER BY added, name;
DROP TABLE user_topics;
DROP TABLE topics;
ALTER TABLE followed RENAME TO topics;
CREATE UNIQUE INDEX topics_name ON topics (coalesce(user_id, 0), name);
CREATE INDEX topics_user ON topics (user_id);
CREATE UNIQUE INDEX topics_secret ON topics (secret) WHERE secret <> '';

-- +goose Down
CREATE TABLE user_topics (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    query   TEXT    NOT NULL,
    added   INTEGER NOT NULL,
    PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
INSERT INTO user_topics (user_id, name, query, added) SELECT user_id, name, query, added FROM topics WHERE user_id IS NOT NULL;
ALTER TABLE topics RENAME TO followed;
CREATE TABLE topics (
    name  TEXT PRIMARY KEY,
    query TEXT    NOT NULL,
    added INTEGER NOT NULL
);
INSERT INTO topics (name, query, added) SELECT name, query, added FROM followed WHERE user_id IS NULL;
DROP TABLE followed;
DROP TABLE story_log;
DELETE FROM marks WHERE name = 'changes';
