-- +goose Up

-- Pages that articles credit by a link and that are no articles of ours. Each is asked for once, or twice where it did
-- not answer; whatever came of it stays.
CREATE TABLE sources (
    id            INTEGER PRIMARY KEY,
    address       TEXT    NOT NULL UNIQUE, -- canonical, of the link
    link          TEXT    NOT NULL,        -- as it was written first
    host          TEXT    NOT NULL,
    credited      INTEGER NOT NULL, -- when the newest article was seen that credits it, as long as it is to be asked for
    asked         INTEGER NOT NULL DEFAULT 0,
    tries         INTEGER NOT NULL DEFAULT 0,
    state         TEXT    NOT NULL DEFAULT '', -- "ok", why it can't be had, or "" before it was asked for
    problem       TEXT    NOT NULL DEFAULT '',
    url           TEXT    NOT NULL DEFAULT '', -- after redirects
    canonical     TEXT    NOT NULL DEFAULT '',
    title         TEXT    NOT NULL DEFAULT '',
    outlet_name   TEXT    NOT NULL DEFAULT '',
    outlet_domain TEXT    NOT NULL DEFAULT '',
    outlet_agency INTEGER NOT NULL DEFAULT 0,
    lang          TEXT    NOT NULL DEFAULT '',
    published     INTEGER NOT NULL DEFAULT 0,
    print         BLOB,
    claims        TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX sources_host ON sources (host, asked);
CREATE INDEX sources_open ON sources (credited) WHERE state IN ('', 'timeout', 'unreachable');

-- Which articles credit them; gone with the article.
CREATE TABLE citing (
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    weighed    INTEGER NOT NULL DEFAULT 0, -- 1: the article's story was weighed with what the page gave
    PRIMARY KEY (source_id, article_id)
) WITHOUT ROWID;
CREATE INDEX citing_article ON citing (article_id);
CREATE INDEX citing_open ON citing (source_id, article_id) WHERE weighed = 0;

-- The headline of the page that a story goes back to, where that is no article of ours; "" is unknown.
ALTER TABLE stories ADD COLUMN origin_title TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE stories DROP COLUMN origin_title;
DROP TABLE citing;
DROP TABLE sources;
