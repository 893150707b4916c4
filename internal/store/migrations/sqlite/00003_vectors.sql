-- +goose Up

-- What an embedding model makes of articles: a cache, for settling. An article has one vector, of its newest text and the
-- model asked last.
CREATE TABLE vectors (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL, -- of the article when it was embedded
    model      TEXT NOT NULL,
    vector     BLOB NOT NULL  -- float32, little-endian
);

-- +goose Down
DROP TABLE vectors;
