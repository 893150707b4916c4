-- +goose Up

-- What the tables mean is said in ../sqlite/00033_outlets.sql.
CREATE TABLE outlet_stories (
    story_id BIGINT NOT NULL,
    outlet TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    time BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    last BIGINT NOT NULL,
    articles BIGINT NOT NULL,
    wrote BIGINT NOT NULL,
    rerun BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    lag BIGINT NOT NULL,
    PRIMARY KEY (story_id, outlet)
);
CREATE INDEX outlet_stories_wrote ON outlet_stories (outlet, time, story_id) WHERE wrote = 1;
CREATE INDEX outlet_stories_outlet ON outlet_stories (outlet, time, story_id);

CREATE TABLE outlet_counts (
    outlet TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    stories BIGINT NOT NULL,
    articles BIGINT NOT NULL,
    carried BIGINT NOT NULL,
    wrote BIGINT NOT NULL,
    named BIGINT NOT NULL,
    rerun BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (outlet, name)
);

CREATE TABLE outlet_pairs (
    outlet TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    lag BIGINT NOT NULL,
    stories BIGINT NOT NULL,
    PRIMARY KEY (outlet, origin, lag)
);
CREATE INDEX outlet_pairs_origin ON outlet_pairs (origin, outlet, lag, stories);

INSERT INTO marks (name, value) SELECT 'outlets-to-count', max(id) FROM stories HAVING count(*) > 0;

CREATE TABLE outlet_edits (
    outlet TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    agency BIGINT NOT NULL,
    aliases TEXT COLLATE "C" NOT NULL,
    domains TEXT COLLATE "C" NOT NULL,
    changed BIGINT NOT NULL
);

-- +goose Down
DROP TABLE outlet_edits;
DELETE FROM marks WHERE name = 'outlets-to-count';
DROP TABLE outlet_pairs;
DROP TABLE outlet_counts;
DROP TABLE outlet_stories;
