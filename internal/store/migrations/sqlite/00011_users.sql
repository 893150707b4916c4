-- +goose Up

-- Who reads here. The newsroom's feeds and articles are everybody's; what follows is one person's own.
CREATE TABLE users (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE,
    password TEXT    NOT NULL, -- a hash that says how it was made
    added    INTEGER NOT NULL
);

-- What feed readers log in with. Only the SHA-256 of a token is kept.
CREATE TABLE user_tokens (
    hash    BLOB    PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX user_tokens_user ON user_tokens (user_id, made);

CREATE TABLE user_topics (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    query   TEXT    NOT NULL,
    added   INTEGER NOT NULL,
    PRIMARY KEY (user_id, name)
) WITHOUT ROWID;

CREATE TABLE read_marks (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, article_id)
) WITHOUT ROWID;
CREATE INDEX read_marks_article ON read_marks (article_id);

-- Stars, under the label '', and the labels that a person puts on articles.
CREATE TABLE labelled (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    label      TEXT    NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, label, article_id)
) WITHOUT ROWID;
CREATE INDEX labelled_article ON labelled (article_id, user_id);

CREATE INDEX feeds_folder ON feeds (folder);

-- +goose Down
DROP INDEX feeds_folder;
DROP TABLE labelled;
DROP TABLE read_marks;
DROP TABLE user_topics;
DROP TABLE user_tokens;
DROP TABLE users;
