-- +goose Up

-- Nothing that is asked for all the time may cost more over a large archive: counters are kept where they change, and lists
-- have an index in the order in which they are read.

CREATE TABLE counters (
    name  TEXT PRIMARY KEY, -- stories, events
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters SELECT 'stories', count(*) FROM stories UNION ALL SELECT 'events', count(*) FROM events;

-- +goose StatementBegin
CREATE TRIGGER stories_added AFTER INSERT ON stories BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'stories';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER stories_removed AFTER DELETE ON stories BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'stories';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_added AFTER INSERT ON events BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'events';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'events';
END;
-- +goose StatementEnd

DROP INDEX stories_changed;
CREATE INDEX stories_changed ON stories (changed, latest, id, rank);

-- The stories of each feed in the order of the combined feeds.
CREATE TABLE story_feeds (
    feed_id  INTEGER NOT NULL REFERENCES feeds (id),
    changed  INTEGER NOT NULL,
    latest   INTEGER NOT NULL,
    story_id INTEGER NOT NULL,
    PRIMARY KEY (feed_id, changed, latest, story_id)
) WITHOUT ROWID;
INSERT INTO story_feeds
    SELECT DISTINCT a.feed_id, s.changed, s.latest, s.id
    FROM articles AS a CROSS JOIN members AS m CROSS JOIN stories AS s WHERE m.article_id = a.id AND s.id = m.story_id
    ORDER BY 1, 2, 3, 4;
CREATE INDEX story_feeds_story ON story_feeds (story_id);

-- 1: the article that stands for its story, which is the origin's, or else the earliest.
ALTER TABLE members ADD COLUMN leads INTEGER NOT NULL DEFAULT 0;
UPDATE members SET leads = 1 WHERE article_id IN (
    SELECT coalesce((SELECT m.article_id FROM members AS m WHERE m.article_id = s.origin_article AND m.story_id = s.id),
        (SELECT y.article_id FROM members AS y CROSS JOIN articles AS x WHERE y.story_id = s.id AND x.id = y.article_id ORDER BY x.time, x.id LIMIT 1))
    FROM stories AS s);

-- How many articles of a feed stand for a story.
ALTER TABLE feeds ADD COLUMN leads INTEGER NOT NULL DEFAULT 0;
UPDATE feeds SET leads = coalesce((SELECT l.n FROM
    (SELECT a.feed_id, count(*) AS n FROM members AS m CROSS JOIN articles AS a WHERE m.leads = 1 AND a.id = m.article_id GROUP BY a.feed_id) AS l
    WHERE l.feed_id = feeds.id), 0);

-- How many articles of a feed a user has read, and how many of them stand for a story. The marks of an article are deleted
-- before the article, so that its feed is known.
CREATE TABLE read_counts (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id  INTEGER NOT NULL REFERENCES feeds (id),
    articles INTEGER NOT NULL,
    leads    INTEGER NOT NULL,
    PRIMARY KEY (user_id, feed_id)
) WITHOUT ROWID;
INSERT INTO read_counts
    SELECT r.user_id, a.feed_id, count(*), coalesce(sum(m.leads), 0)
    FROM read_marks AS r CROSS JOIN articles AS a LEFT JOIN members AS m ON m.article_id = a.id
    WHERE a.id = r.article_id GROUP BY r.user_id, a.feed_id;

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

-- The hosts of which pages wait to be asked for, with how many were asked for in the hour or day that runs.
CREATE TABLE page_hosts (
    queue   TEXT    NOT NULL, -- pages, sources
    host    TEXT    NOT NULL,
    free    INTEGER NOT NULL DEFAULT 0, -- when to look again whether a page of it can be asked for
    rests   INTEGER NOT NULL DEFAULT 0, -- not to be asked before, as it wants it or as its quota is used up
    began   INTEGER NOT NULL DEFAULT 0, -- the hour or day
    asked   INTEGER NOT NULL DEFAULT 0, -- pages since then
    waiting INTEGER NOT NULL DEFAULT 1, -- 1: some pages may wait
    PRIMARY KEY (queue, host)
) WITHOUT ROWID;
CREATE INDEX page_hosts_free ON page_hosts (queue, free) WHERE waiting = 1;
INSERT INTO page_hosts (queue, host) SELECT DISTINCT 'pages', host FROM pages WHERE state = '';
INSERT INTO page_hosts (queue, host) SELECT DISTINCT 'sources', host FROM sources WHERE state IN ('', 'timeout', 'unreachable') AND tries < 2;

DROP INDEX pages_wanted;
DROP INDEX pages_host;
CREATE INDEX pages_wanted ON pages (host, article_id) WHERE state = '';
CREATE INDEX pages_waiting ON pages (article_id) WHERE state = '';

ALTER TABLE sources ADD COLUMN due INTEGER NOT NULL DEFAULT 0; -- not to be asked for before
UPDATE sources SET due = asked + 86400000 WHERE state IN ('timeout', 'unreachable') AND tries < 2;
DROP INDEX sources_host;
DROP INDEX sources_open;
CREATE INDEX sources_wanted ON sources (host, credited) WHERE state IN ('', 'timeout', 'unreachable') AND tries < 2;
CREATE INDEX sources_waiting ON sources (credited) WHERE state IN ('', 'timeout', 'unreachable') AND tries < 2;

-- citing.weighed: 0 while the page is not had, 1 where the article's story was weighed with it, 2 where that is still to be done.
DROP INDEX citing_open;
UPDATE citing SET weighed = 2 WHERE weighed = 0 AND source_id IN (SELECT id FROM sources WHERE state = 'ok');
CREATE INDEX citing_due ON citing (article_id) WHERE weighed = 2;

-- +goose Down
DROP INDEX citing_due;
UPDATE citing SET weighed = 0 WHERE weighed = 2;
CREATE INDEX citing_open ON citing (source_id, article_id) WHERE weighed = 0;
DROP INDEX sources_waiting;
DROP INDEX sources_wanted;
ALTER TABLE sources DROP COLUMN due;
CREATE INDEX sources_open ON sources (credited) WHERE state IN ('', 'timeout', 'unreachable');
CREATE INDEX sources_host ON sources (host, asked);
DROP INDEX pages_waiting;
DROP INDEX pages_wanted;
CREATE INDEX pages_host ON pages (host, asked);
CREATE INDEX pages_wanted ON pages (due) WHERE state = '';
DROP TABLE page_hosts;
DROP TRIGGER members_removed;
DROP TRIGGER members_lead;
DROP TRIGGER read_marks_removed;
DROP TRIGGER read_marks_added;
DROP TABLE read_counts;
ALTER TABLE feeds DROP COLUMN leads;
ALTER TABLE members DROP COLUMN leads;
DROP TABLE story_feeds;
DROP INDEX stories_changed;
CREATE INDEX stories_changed ON stories (changed, id, rank);
DROP TRIGGER events_removed;
DROP TRIGGER events_added;
DROP TRIGGER stories_removed;
DROP TRIGGER stories_added;
DROP TABLE counters;
