-- +goose Up

-- How far the upkeep of a story has come (store/closing.go, store/retention.go). 0: open, its articles have prints and all their
-- edges. 1: closing, some of these are gone. 2: closed. 3: aged out, but for articles that somebody starred, labelled or corrected.
ALTER TABLE stories ADD COLUMN phase INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stories ADD COLUMN aged INTEGER NOT NULL DEFAULT 0; -- how many of its articles were aged out
ALTER TABLE stories ADD COLUMN origin_aged INTEGER NOT NULL DEFAULT 0; -- 1: its origin's article is among them
CREATE INDEX stories_open ON stories (changed) WHERE phase = 0;
CREATE INDEX stories_closing ON stories (changed) WHERE phase = 1;
CREATE INDEX stories_closed ON stories (changed) WHERE phase = 2;

-- Stories of which every article was aged out, and the ids that led to them.
CREATE TABLE aged_stories (
    id            INTEGER PRIMARY KEY,
    title         TEXT    NOT NULL,
    articles      INTEGER NOT NULL,
    outlets       INTEGER NOT NULL,
    first         INTEGER NOT NULL,
    latest        INTEGER NOT NULL,
    changed       INTEGER NOT NULL,
    origin_name   TEXT    NOT NULL,
    origin_domain TEXT    NOT NULL,
    origin_agency INTEGER NOT NULL,
    origin_url    TEXT    NOT NULL,
    origin_title  TEXT    NOT NULL,
    origin_aged   INTEGER NOT NULL,
    level         TEXT    NOT NULL,
    confidence    REAL    NOT NULL
);
CREATE TABLE aged_redirects (
    old INTEGER PRIMARY KEY,
    new INTEGER NOT NULL REFERENCES aged_stories (id)
);

-- What the items of aged-out articles are known by, as long as their feeds may list them: they are not news again. The columns are
-- those of articles; listed is when the item last stood in its feed, or when its article was aged out.
CREATE TABLE aged_items (
    id          INTEGER PRIMARY KEY, -- of the article
    feed_id     INTEGER NOT NULL REFERENCES feeds (id),
    listed      INTEGER NOT NULL,
    guid        TEXT    NOT NULL,
    item_id     TEXT,
    hash        TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    published   INTEGER NOT NULL,
    item_date   INTEGER,
    seen        INTEGER NOT NULL,
    undated     INTEGER NOT NULL,
    id_key      INTEGER NOT NULL,
    address_key INTEGER NOT NULL,
    title_key   INTEGER NOT NULL,
    text_key    INTEGER NOT NULL
);
CREATE INDEX aged_items_id_key ON aged_items (feed_id, id_key);
CREATE INDEX aged_items_address_key ON aged_items (feed_id, address_key);
CREATE INDEX aged_items_title_key ON aged_items (feed_id, title_key);
CREATE INDEX aged_items_text_key ON aged_items (feed_id, text_key);
CREATE INDEX aged_items_listed ON aged_items (feed_id, listed);

-- Articles that were aged out and may still be in the search index.
CREATE TABLE aged_indexed (
    article_id INTEGER PRIMARY KEY
);

-- An article that nobody keeps any more goes with the rest of its story.
-- +goose StatementBegin
CREATE TRIGGER labelled_removed AFTER DELETE ON labelled BEGIN
    UPDATE stories SET phase = 2 WHERE phase = 3 AND id = (SELECT m.story_id FROM members AS m WHERE m.article_id = OLD.article_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER corrected_removed AFTER DELETE ON corrected BEGIN
    UPDATE stories SET phase = 2 WHERE phase = 3 AND id = (SELECT m.story_id FROM members AS m WHERE m.article_id = OLD.article_id);
END;
-- +goose StatementEnd

-- Deleting an article looks for what refers to it.
CREATE INDEX log_article ON log (article_id);
CREATE INDEX corrected_article ON corrected (article_id);

-- +goose Down
DROP INDEX corrected_article;
DROP INDEX log_article;
DROP TRIGGER corrected_removed;
DROP TRIGGER labelled_removed;
DROP TABLE aged_indexed;
DROP TABLE aged_items;
DROP TABLE aged_redirects;
DROP TABLE aged_stories;
DROP INDEX stories_closed;
DROP INDEX stories_closing;
DROP INDEX stories_open;
ALTER TABLE stories DROP COLUMN origin_aged;
ALTER TABLE stories DROP COLUMN aged;
ALTER TABLE stories DROP COLUMN phase;
