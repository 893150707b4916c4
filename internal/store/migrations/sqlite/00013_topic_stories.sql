-- +goose Up

-- Which stories hold an article that a topic's query finds.
CREATE TABLE topic_stories (
    topic_id INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    story_id INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the story log when it first matched
    at       INTEGER NOT NULL,
    PRIMARY KEY (topic_id, story_id)
) WITHOUT ROWID;
CREATE INDEX topic_stories_story ON topic_stories (story_id);
CREATE INDEX topic_stories_seq ON topic_stories (topic_id, seq);

-- In which story an article was last held against the topics, and as of which entry of the log of articles. While both
-- stay the same, only topics that ask for more than the article can find it anew.
CREATE TABLE topic_articles (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    story_id   INTEGER NOT NULL,
    seq        INTEGER NOT NULL
);
CREATE INDEX topic_articles_story ON topic_articles (story_id);

ALTER TABLE topics ADD COLUMN seen INTEGER NOT NULL DEFAULT 0; -- number of the story log up to which somebody has seen it
ALTER TABLE topics ADD COLUMN filled INTEGER NOT NULL DEFAULT 0; -- its matches hold the stories from before it was added
ALTER TABLE topics ADD COLUMN version INTEGER NOT NULL DEFAULT 0; -- goes up as its query or options change
UPDATE topics SET seen = coalesce((SELECT value FROM marks WHERE name = 'changes'), 0);
INSERT INTO marks (name, value) SELECT 'topics', value FROM marks WHERE name = 'changes';

-- +goose Down
DELETE FROM marks WHERE name = 'topics';
ALTER TABLE topics DROP COLUMN version;
ALTER TABLE topics DROP COLUMN filled;
ALTER TABLE topics DROP COLUMN seen;
DROP TABLE topic_articles;
DROP TABLE topic_stories;
