-- +goose Up

-- What was marked as read at once, of a feed: the articles with ids above after and up to through. The ranges of a user and a feed
-- have no article in common. joined: whether the next lower range ends where this one begins, or none is left below; else what lies
-- between them may be unread. at is that of read_marks. A row of read_marks, which is older or newer, outranks a range.
CREATE TABLE read_ranges (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    through INTEGER NOT NULL,
    after   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    joined  INTEGER NOT NULL,
    PRIMARY KEY (user_id, feed_id, through)
) WITHOUT ROWID;
CREATE INDEX read_ranges_feed ON read_ranges (feed_id, through);
CREATE INDEX read_ranges_at ON read_ranges (user_id, at);
CREATE INDEX read_ranges_open ON read_ranges (user_id, feed_id, through) WHERE joined = 0;

-- Articles of ranges that are unread unless read_marks has them: they were marked as unread after the range was.
CREATE TABLE unread_marks (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id    INTEGER NOT NULL REFERENCES feeds (id),
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, feed_id, article_id)
) WITHOUT ROWID;
CREATE INDEX unread_marks_article ON unread_marks (article_id);

-- The articles of a feed by id.
CREATE INDEX articles_of_feed ON articles (feed_id, id);

-- Which articles are in a range, and not marked as unread since then. It is read by user, feed and article, or by article.
CREATE VIEW covered AS
    SELECT g.user_id, g.feed_id, a.id AS article_id, g.at, g.through
    FROM articles AS a JOIN read_ranges AS g ON g.feed_id = a.feed_id AND g.through >= a.id AND g.after < a.id
    WHERE NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = g.user_id AND x.feed_id = a.feed_id AND x.article_id = a.id);

DROP TRIGGER read_marks_added;
DROP TRIGGER read_marks_removed;
DROP TRIGGER members_lead;
DROP TRIGGER members_removed;
-- +goose StatementBegin
CREATE TRIGGER read_marks_added AFTER INSERT ON read_marks BEGIN
    INSERT INTO read_counts (user_id, feed_id, articles, leads)
        SELECT NEW.user_id, a.feed_id, 1, coalesce((SELECT m.leads FROM members AS m WHERE m.article_id = a.id), 0)
        FROM articles AS a WHERE a.id = NEW.article_id
        AND NOT EXISTS (SELECT 1 FROM covered AS c WHERE c.article_id = a.id AND c.user_id = NEW.user_id)
        ON CONFLICT (user_id, feed_id) DO UPDATE SET articles = articles + 1, leads = leads + excluded.leads;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER read_marks_removed AFTER DELETE ON read_marks BEGIN
    UPDATE read_counts SET articles = articles - 1,
        leads = leads - coalesce((SELECT m.leads FROM members AS m WHERE m.article_id = OLD.article_id), 0)
        WHERE user_id = OLD.user_id AND feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id
        AND NOT EXISTS (SELECT 1 FROM covered AS c WHERE c.article_id = a.id AND c.user_id = OLD.user_id));
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER members_lead AFTER UPDATE OF leads ON members WHEN NEW.leads <> OLD.leads BEGIN
    UPDATE feeds SET leads = leads + NEW.leads - OLD.leads WHERE id = (SELECT a.feed_id FROM articles AS a WHERE a.id = NEW.article_id);
    UPDATE read_counts SET leads = leads + NEW.leads - OLD.leads
        WHERE feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = NEW.article_id)
        AND user_id IN (SELECT r.user_id FROM read_marks AS r WHERE r.article_id = NEW.article_id UNION SELECT c.user_id FROM covered AS c WHERE c.article_id = NEW.article_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER members_removed AFTER DELETE ON members WHEN OLD.leads = 1 BEGIN
    UPDATE feeds SET leads = leads - 1 WHERE id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id);
    UPDATE read_counts SET leads = leads - 1
        WHERE feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id)
        AND user_id IN (SELECT r.user_id FROM read_marks AS r WHERE r.article_id = OLD.article_id UNION SELECT c.user_id FROM covered AS c WHERE c.article_id = OLD.article_id);
END;
-- +goose StatementEnd
-- An article of a range is counted as read until it is here.
-- +goose StatementBegin
CREATE TRIGGER unread_marks_added AFTER INSERT ON unread_marks
    WHEN NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = NEW.user_id AND r.article_id = NEW.article_id) BEGIN
    UPDATE read_counts SET articles = articles - 1,
        leads = leads - coalesce((SELECT m.leads FROM members AS m WHERE m.article_id = NEW.article_id), 0)
        WHERE user_id = NEW.user_id AND feed_id = NEW.feed_id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER unread_marks_added;
DROP TRIGGER read_marks_added;
DROP TRIGGER read_marks_removed;
DROP TRIGGER members_lead;
DROP TRIGGER members_removed;
INSERT INTO read_marks (user_id, article_id, at) SELECT c.user_id, c.article_id, c.at FROM covered AS c
    WHERE NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = c.user_id AND r.article_id = c.article_id);
DROP VIEW covered;
DROP INDEX articles_of_feed;
DROP TABLE unread_marks;
DROP TABLE read_ranges;
-- +goose StatementBegin
CREATE TRIGGER read_marks_added AFTER INSERT ON read_marks BEGIN
    INSERT INTO read_counts (user_id, feed_id, articles, leads)
        SELECT NEW.user_id, a.feed_id, 1, coalesce((SELECT m.leads FROM members AS m WHERE m.article_id = a.id), 0)
        FROM articles AS a WHERE a.id = NEW.article_id
        ON CONFLICT (user_id, feed_id) DO UPDATE SET articles = articles + 1, leads = leads + excluded.leads;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER read_marks_removed AFTER DELETE ON read_marks BEGIN
    UPDATE read_counts SET articles = articles - 1,
        leads = leads - coalesce((SELECT m.leads FROM members AS m WHERE m.article_id = OLD.article_id), 0)
        WHERE user_id = OLD.user_id AND feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER members_lead AFTER UPDATE OF leads ON members WHEN NEW.leads <> OLD.leads BEGIN
    UPDATE feeds SET leads = leads + NEW.leads - OLD.leads WHERE id = (SELECT a.feed_id FROM articles AS a WHERE a.id = NEW.article_id);
    UPDATE read_counts SET leads = leads + NEW.leads - OLD.leads
        WHERE feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = NEW.article_id)
        AND user_id IN (SELECT r.user_id FROM read_marks AS r WHERE r.article_id = NEW.article_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER members_removed AFTER DELETE ON members WHEN OLD.leads = 1 BEGIN
    UPDATE feeds SET leads = leads - 1 WHERE id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id);
    UPDATE read_counts SET leads = leads - 1
        WHERE feed_id = (SELECT a.feed_id FROM articles AS a WHERE a.id = OLD.article_id)
        AND user_id IN (SELECT r.user_id FROM read_marks AS r WHERE r.article_id = OLD.article_id);
END;
-- +goose StatementEnd
