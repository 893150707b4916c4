-- +goose Up

-- "HDWR": tells a headwater database from any other SQLite file.
PRAGMA application_id = 1212438354;

-- Times are unix milliseconds in UTC; 0 is unknown. Lists are JSON; '' is an empty list.

CREATE TABLE feeds (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    url           TEXT    NOT NULL UNIQUE,
    title         TEXT    NOT NULL,
    site          TEXT    NOT NULL,
    folder        TEXT    NOT NULL,
    added         INTEGER NOT NULL,
    etag          TEXT    NOT NULL DEFAULT '',
    last_modified TEXT    NOT NULL DEFAULT '',
    checked       INTEGER NOT NULL DEFAULT 0,
    changed       INTEGER NOT NULL DEFAULT 0,
    due           INTEGER NOT NULL DEFAULT 0,
    state         TEXT    NOT NULL,
    problem       TEXT    NOT NULL DEFAULT '',
    failures      INTEGER NOT NULL DEFAULT 0,
    articles      INTEGER NOT NULL DEFAULT 0, -- counter, moved in the transaction that adds articles
    removed       INTEGER NOT NULL DEFAULT 0  -- 1: not subscribed any more; its articles stay
);
CREATE INDEX feeds_due ON feeds (due) WHERE removed = 0 AND state <> 'gone';

CREATE TABLE articles (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    seq           INTEGER NOT NULL, -- newest entry in the log
    feed_id       INTEGER NOT NULL REFERENCES feeds (id),
    guid          TEXT    NOT NULL,
    hash          TEXT    NOT NULL,
    time          INTEGER NOT NULL, -- news.Article.Time
    seen          INTEGER NOT NULL,
    published     INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    url           TEXT    NOT NULL,
    canonical     TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    authors       TEXT    NOT NULL,
    outlet_name   TEXT    NOT NULL,
    outlet_domain TEXT    NOT NULL,
    outlet_agency INTEGER NOT NULL,
    lang          TEXT    NOT NULL,
    hub           INTEGER NOT NULL,
    summary       TEXT    NOT NULL,
    categories    TEXT    NOT NULL,
    enclosures    TEXT    NOT NULL,
    UNIQUE (feed_id, guid)
);
CREATE UNIQUE INDEX articles_seq ON articles (seq);
CREATE INDEX articles_time ON articles (time);
CREATE INDEX articles_seen ON articles (seen, time);
CREATE INDEX articles_feed ON articles (feed_id, time);

-- HTML, text and marks stand apart, so that lists of articles read few pages.
CREATE TABLE bodies (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    body       BLOB NOT NULL
);

CREATE TABLE log (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id INTEGER NOT NULL REFERENCES articles (id)
);

-- How far each stage has read the log ("settle"), and the highest story and event ids ever used.
CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);

CREATE TABLE prints (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    print      BLOB NOT NULL
);

CREATE TABLE claims (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    claims     TEXT NOT NULL
);

CREATE TABLE edges (
    a       INTEGER NOT NULL REFERENCES articles (id),
    b       INTEGER NOT NULL REFERENCES articles (id),
    story   REAL    NOT NULL,
    event   REAL    NOT NULL,
    reasons TEXT    NOT NULL,
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX edges_b ON edges (b);

CREATE TABLE events (
    id      INTEGER PRIMARY KEY,
    stories INTEGER NOT NULL,
    latest  INTEGER NOT NULL
);

CREATE TABLE stories (
    id             INTEGER PRIMARY KEY,
    event_id       INTEGER NOT NULL, -- 0: none
    title          TEXT    NOT NULL,
    outlets        INTEGER NOT NULL,
    first          INTEGER NOT NULL,
    latest         INTEGER NOT NULL,
    changed        INTEGER NOT NULL,
    rank           REAL    NOT NULL, -- coverage and freshness: log2(outlets) + latest in half-lives
    origin_article INTEGER NOT NULL, -- 0: only named
    origin_name    TEXT    NOT NULL,
    origin_domain  TEXT    NOT NULL,
    origin_agency  INTEGER NOT NULL,
    origin_url     TEXT    NOT NULL,
    level          TEXT    NOT NULL,
    confidence     REAL    NOT NULL,
    evidence       TEXT    NOT NULL
);
CREATE INDEX stories_rank ON stories (rank);
CREATE INDEX stories_changed ON stories (changed, rank);
CREATE INDEX stories_event ON stories (event_id);

-- An article is in one story at a time.
CREATE TABLE members (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    story_id   INTEGER NOT NULL REFERENCES stories (id),
    role       TEXT    NOT NULL,
    share      REAL    NOT NULL,
    evidence   TEXT    NOT NULL
);
CREATE INDEX members_story ON members (story_id);

-- Stories that are no more, and the living story that took their place.
CREATE TABLE redirects (
    old INTEGER PRIMARY KEY,
    new INTEGER NOT NULL REFERENCES stories (id)
);
CREATE INDEX redirects_new ON redirects (new);

CREATE TABLE topics (
    name  TEXT PRIMARY KEY,
    query TEXT    NOT NULL,
    added INTEGER NOT NULL
);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
DROP TABLE topics;
DROP TABLE redirects;
DROP TABLE members;
DROP TABLE stories;
DROP TABLE events;
DROP TABLE edges;
DROP TABLE claims;
DROP TABLE prints;
DROP TABLE marks;
DROP TABLE log;
DROP TABLE bodies;
DROP TABLE articles;
DROP TABLE feeds;
