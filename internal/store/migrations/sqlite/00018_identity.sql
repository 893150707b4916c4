-- +goose Up

-- What an item of a feed is known by when it is polled again (store/identity.go). guid is the article's own key within its
-- feed: the id as the feed writes it, made different where several articles have one id. item_id is that id as written
-- where it is not guid, '' where the feed gives none. The keys are hashes of news.ItemKeys and of the title, NULL where unknown: articles
-- that were stored before get theirs when their item is polled next.
ALTER TABLE articles ADD COLUMN item_id TEXT;
ALTER TABLE articles ADD COLUMN id_key INTEGER;
ALTER TABLE articles ADD COLUMN address_key INTEGER;
ALTER TABLE articles ADD COLUMN title_key INTEGER;
ALTER TABLE articles ADD COLUMN text_key INTEGER;
-- The date that its item gives now, where published is the one that it gave first. NULL where it is not known, or the same.
ALTER TABLE articles ADD COLUMN item_date INTEGER;
CREATE INDEX articles_id_key ON articles (feed_id, id_key) WHERE id_key IS NOT NULL;
CREATE INDEX articles_address_key ON articles (feed_id, address_key) WHERE address_key IS NOT NULL;
CREATE INDEX articles_title_key ON articles (feed_id, title_key) WHERE title_key IS NOT NULL;
CREATE INDEX articles_text_key ON articles (feed_id, text_key) WHERE text_key IS NOT NULL;

-- 1: came without a date in the first document of its feed, so that nobody knows how old it is.
ALTER TABLE articles ADD COLUMN undated INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE articles DROP COLUMN undated;
DROP INDEX articles_text_key;
DROP INDEX articles_title_key;
DROP INDEX articles_address_key;
DROP INDEX articles_id_key;
ALTER TABLE articles DROP COLUMN item_date;
ALTER TABLE articles DROP COLUMN text_key;
ALTER TABLE articles DROP COLUMN title_key;
ALTER TABLE articles DROP COLUMN address_key;
ALTER TABLE articles DROP COLUMN id_key;
ALTER TABLE articles DROP COLUMN item_id;
