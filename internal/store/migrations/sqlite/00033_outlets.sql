-- +goose Up

-- What each outlet has to do with each story: one row for an outlet with articles in it, and one for the outlet that it goes
-- back to, also where no feed of ours carries that. An outlet is named by its key: its domain, or else its name in lower case.
-- The two tables after it add these rows up, so that tables and pages of outlets cost the same over a large archive.
CREATE TABLE outlet_stories (
    story_id INTEGER NOT NULL,
    outlet   TEXT    NOT NULL,
    name     TEXT    NOT NULL, -- as in its newest article
    time     INTEGER NOT NULL, -- of its first article, or of the story's first where it has none
    seen     INTEGER NOT NULL, -- when its first article was first seen, 0 where it has none
    last     INTEGER NOT NULL, -- and its newest
    articles INTEGER NOT NULL, -- 0: it is only named as the origin
    wrote    INTEGER NOT NULL, -- 1: the story goes back to it
    rerun    INTEGER NOT NULL, -- 1: and other outlets carry it
    origin   TEXT    NOT NULL, -- whose text it reruns; '' where it wrote it, or where nobody is known to have
    lag      INTEGER NOT NULL, -- class of the time from the origin's article to its first, -1 where that is not known
    PRIMARY KEY (story_id, outlet)
) WITHOUT ROWID;
CREATE INDEX outlet_stories_wrote ON outlet_stories (outlet, time, story_id) WHERE wrote = 1;
CREATE INDEX outlet_stories_outlet ON outlet_stories (outlet, time, story_id);

CREATE TABLE outlet_counts (
    outlet   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    stories  INTEGER NOT NULL, -- rows of outlet_stories
    articles INTEGER NOT NULL,
    carried  INTEGER NOT NULL, -- stories with an article of it
    wrote    INTEGER NOT NULL, -- of these, those that go back to it
    named    INTEGER NOT NULL, -- stories without an article of it that go back to it
    rerun    INTEGER NOT NULL, -- stories that go back to it and that others carry
    first    INTEGER NOT NULL, -- when an article of it was first seen, 0 for none
    last     INTEGER NOT NULL,
    PRIMARY KEY (outlet, name)
) WITHOUT ROWID;

CREATE TABLE outlet_pairs (
    outlet  TEXT    NOT NULL,
    origin  TEXT    NOT NULL,
    lag     INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    PRIMARY KEY (outlet, origin, lag)
) WITHOUT ROWID;
CREATE INDEX outlet_pairs_origin ON outlet_pairs (origin, outlet, lag, stories);

-- The number up to which stories are counted that were stored before these tables were: the highest id that is still to be counted.
INSERT INTO marks (name, value) SELECT 'outlets-to-count', max(id) FROM stories HAVING count(*) > 0;

-- What people changed of outlets. It outranks feeds/agencies.yaml and the settings.
CREATE TABLE outlet_edits (
    outlet  TEXT    PRIMARY KEY, -- the key
    name    TEXT    NOT NULL,
    agency  INTEGER NOT NULL,
    aliases TEXT    NOT NULL,    -- JSON: other names
    domains TEXT    NOT NULL,    -- JSON: its domains, the first one is its key
    changed INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE outlet_edits;
DELETE FROM marks WHERE name = 'outlets-to-count';
DROP TABLE outlet_pairs;
DROP TABLE outlet_counts;
DROP TABLE outlet_stories;
