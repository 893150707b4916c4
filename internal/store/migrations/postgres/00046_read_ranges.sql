-- +goose Up

-- What the tables mean is said in ../sqlite/00045_read_ranges.sql.
CREATE TABLE read_ranges (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id BIGINT NOT NULL REFERENCES feeds (id),
    through BIGINT NOT NULL,
    after   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    joined  BIGINT NOT NULL,
    PRIMARY KEY (user_id, feed_id, through)
);
CREATE INDEX read_ranges_feed ON read_ranges (feed_id, through);
CREATE INDEX read_ranges_at ON read_ranges (user_id, at);
CREATE INDEX read_ranges_open ON read_ranges (user_id, feed_id, through) WHERE joined = 0;

CREATE TABLE unread_marks (
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feed_id    BIGINT NOT NULL REFERENCES feeds (id),
    article_id BIGINT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, feed_id, article_id)
);
CREATE INDEX unread_marks_article ON unread_marks (article_id);

CREATE INDEX articles_of_feed ON articles (feed_id, id);

CREATE VIEW covered AS
    SELECT g.user_id, g.feed_id, a.id AS article_id, g.at, g.through
    FROM articles AS a JOIN read_ranges AS g ON g.feed_id = a.feed_id AND g.through >= a.id AND g.after < a.id
    WHERE NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = g.user_id AND x.feed_id = a.feed_id AND x.article_id = a.id);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION read_marks_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO read_counts (user_id, feed_id, articles, leads)
        SELECT r.user_id, a.feed_id, count(*), coalesce(sum(m.leads), 0)
        FROM rows AS r JOIN articles AS a ON a.id = r.article_id LEFT JOIN members AS m ON m.article_id = a.id
        WHERE NOT EXISTS (SELECT 1 FROM covered AS c WHERE c.article_id = a.id AND c.user_id = r.user_id)
        GROUP BY r.user_id, a.feed_id
        ON CONFLICT (user_id, feed_id) DO UPDATE SET articles = read_counts.articles + excluded.articles, leads = read_counts.leads + excluded.leads;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION read_marks_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE read_counts AS c SET articles = c.articles - d.articles, leads = c.leads - d.leads FROM
        (SELECT r.user_id, a.feed_id, count(*) AS articles, coalesce(sum(m.leads), 0) AS leads
        FROM rows AS r JOIN articles AS a ON a.id = r.article_id LEFT JOIN members AS m ON m.article_id = a.id
        WHERE NOT EXISTS (SELECT 1 FROM covered AS c WHERE c.article_id = a.id AND c.user_id = r.user_id)
        GROUP BY r.user_id, a.feed_id) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION members_lead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE feeds AS f SET leads = f.leads + d.leads FROM
        (SELECT a.feed_id, sum(m.leads) AS leads
        FROM (SELECT article_id, leads FROM new_rows UNION ALL SELECT article_id, -leads FROM old_rows) AS m JOIN articles AS a ON a.id = m.article_id
        GROUP BY a.feed_id HAVING sum(m.leads) <> 0) AS d
        WHERE f.id = d.feed_id;
    UPDATE read_counts AS c SET leads = c.leads + d.leads FROM
        (SELECT r.user_id, a.feed_id, sum(m.leads) AS leads
        FROM (SELECT article_id, leads FROM new_rows UNION ALL SELECT article_id, -leads FROM old_rows) AS m
        JOIN LATERAL (SELECT x.user_id FROM read_marks AS x WHERE x.article_id = m.article_id
            UNION SELECT c.user_id FROM covered AS c WHERE c.article_id = m.article_id) AS r ON true
        JOIN articles AS a ON a.id = m.article_id
        GROUP BY r.user_id, a.feed_id HAVING sum(m.leads) <> 0) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION members_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE feeds AS f SET leads = f.leads - d.leads FROM
        (SELECT a.feed_id, count(*) AS leads FROM rows AS m JOIN articles AS a ON a.id = m.article_id WHERE m.leads = 1 GROUP BY a.feed_id) AS d
        WHERE f.id = d.feed_id;
    UPDATE read_counts AS c SET leads = c.leads - d.leads FROM
        (SELECT r.user_id, a.feed_id, count(*) AS leads
        FROM rows AS m JOIN LATERAL (SELECT x.user_id FROM read_marks AS x WHERE x.article_id = m.article_id
            UNION SELECT c.user_id FROM covered AS c WHERE c.article_id = m.article_id) AS r ON true
        JOIN articles AS a ON a.id = m.article_id
        WHERE m.leads = 1 GROUP BY r.user_id, a.feed_id) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION unread_marks_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE read_counts AS c SET articles = c.articles - d.articles, leads = c.leads - d.leads FROM
        (SELECT x.user_id, x.feed_id, count(*) AS articles, coalesce(sum(m.leads), 0) AS leads
        FROM rows AS x LEFT JOIN members AS m ON m.article_id = x.article_id
        WHERE NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = x.user_id AND r.article_id = x.article_id)
        GROUP BY x.user_id, x.feed_id) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER unread_marks_added AFTER INSERT ON unread_marks REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION unread_marks_added();

-- +goose Down
ALTER TABLE read_marks DISABLE TRIGGER read_marks_added;
INSERT INTO read_marks (user_id, article_id, at) SELECT c.user_id, c.article_id, c.at FROM covered AS c
    WHERE NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = c.user_id AND r.article_id = c.article_id);
ALTER TABLE read_marks ENABLE TRIGGER read_marks_added;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION read_marks_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO read_counts (user_id, feed_id, articles, leads)
        SELECT r.user_id, a.feed_id, count(*), coalesce(sum(m.leads), 0)
        FROM rows AS r JOIN articles AS a ON a.id = r.article_id LEFT JOIN members AS m ON m.article_id = a.id GROUP BY r.user_id, a.feed_id
        ON CONFLICT (user_id, feed_id) DO UPDATE SET articles = read_counts.articles + excluded.articles, leads = read_counts.leads + excluded.leads;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION read_marks_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE read_counts AS c SET articles = c.articles - d.articles, leads = c.leads - d.leads FROM
        (SELECT r.user_id, a.feed_id, count(*) AS articles, coalesce(sum(m.leads), 0) AS leads
        FROM rows AS r JOIN articles AS a ON a.id = r.article_id LEFT JOIN members AS m ON m.article_id = a.id GROUP BY r.user_id, a.feed_id) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION members_lead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE feeds AS f SET leads = f.leads + d.leads FROM
        (SELECT a.feed_id, sum(m.leads) AS leads
        FROM (SELECT article_id, leads FROM new_rows UNION ALL SELECT article_id, -leads FROM old_rows) AS m JOIN articles AS a ON a.id = m.article_id
        GROUP BY a.feed_id HAVING sum(m.leads) <> 0) AS d
        WHERE f.id = d.feed_id;
    UPDATE read_counts AS c SET leads = c.leads + d.leads FROM
        (SELECT r.user_id, a.feed_id, sum(m.leads) AS leads
        FROM (SELECT article_id, leads FROM new_rows UNION ALL SELECT article_id, -leads FROM old_rows) AS m
        JOIN read_marks AS r ON r.article_id = m.article_id JOIN articles AS a ON a.id = m.article_id
        GROUP BY r.user_id, a.feed_id HAVING sum(m.leads) <> 0) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION members_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE feeds AS f SET leads = f.leads - d.leads FROM
        (SELECT a.feed_id, count(*) AS leads FROM rows AS m JOIN articles AS a ON a.id = m.article_id WHERE m.leads = 1 GROUP BY a.feed_id) AS d
        WHERE f.id = d.feed_id;
    UPDATE read_counts AS c SET leads = c.leads - d.leads FROM
        (SELECT r.user_id, a.feed_id, count(*) AS leads
        FROM rows AS m JOIN read_marks AS r ON r.article_id = m.article_id JOIN articles AS a ON a.id = m.article_id
        WHERE m.leads = 1 GROUP BY r.user_id, a.feed_id) AS d
        WHERE c.user_id = d.user_id AND c.feed_id = d.feed_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
DROP VIEW covered;
DROP INDEX articles_of_feed;
DROP TABLE unread_marks;
DROP FUNCTION unread_marks_added();
DROP TABLE read_ranges;
