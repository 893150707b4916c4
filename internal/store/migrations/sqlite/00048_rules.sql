-- +goose Up

-- What a user has done with the articles that match a query: all, those of a feed, or those of a folder where folder is not empty.
-- label is that of the action label, topic_id that of the action topic, NULL once it was removed. A rule acts by itself on articles with
-- ids above after, which is the highest one of when the rule was added, changed or continued. acted counts the articles that it
-- changed, last is when it last did. applied names the application to earlier articles that can be undone: the value of
-- rule_articles.at; 0 for none.
CREATE TABLE rules (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id INTEGER REFERENCES feeds (id),
    folder  TEXT    NOT NULL,
    query   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    label   TEXT    NOT NULL,
    topic_id INTEGER REFERENCES topics (id) ON DELETE SET NULL,
    paused  INTEGER NOT NULL,
    after   INTEGER NOT NULL,
    added   INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,
    acted   INTEGER NOT NULL DEFAULT 0,
    last    INTEGER NOT NULL DEFAULT 0,
    applied INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX rules_user ON rules (user_id, id);

-- The articles on which a rule has acted, so that it acts on each once. outcome: 0 the article was as the rule wants it, 1 the rule
-- changed it, 2 that was undone.
CREATE TABLE rule_articles (
    rule_id    INTEGER NOT NULL REFERENCES rules (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    outcome    INTEGER NOT NULL,
    PRIMARY KEY (rule_id, article_id)
) WITHOUT ROWID;
CREATE INDEX rule_articles_at ON rule_articles (rule_id, at);
CREATE INDEX rule_articles_article ON rule_articles (article_id);

-- Articles that a rule has hidden from a user's lists. Each is read by a mark of its own, and is hidden as long as that is there.
CREATE TABLE hidden (
    user_id    INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, article_id),
    FOREIGN KEY (user_id, article_id) REFERENCES read_marks (user_id, article_id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Articles that rules have sent to a topic. They are in it, and their stories are, whatever its query and options say.
CREATE TABLE topic_sent (
    topic_id   INTEGER NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (topic_id, article_id)
) WITHOUT ROWID;
CREATE INDEX topic_sent_article ON topic_sent (article_id);

-- +goose Down
DROP TABLE topic_sent;
DROP TABLE hidden;
DROP TABLE rule_articles;
DROP TABLE rules;
