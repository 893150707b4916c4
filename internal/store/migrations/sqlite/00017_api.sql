-- +goose Up

-- What programs prove whose they are with. Only the SHA-256 of a token is kept. Another password does not end them.
CREATE TABLE api_tokens (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    BLOB    NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    label   TEXT    NOT NULL, -- what it is for
    made    INTEGER NOT NULL
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE INDEX events_latest ON events (latest, id);
CREATE INDEX articles_outlet ON articles (outlet_domain, outlet_name);

-- +goose Down
DROP INDEX articles_outlet;
DROP INDEX events_latest;
DROP TABLE api_tokens;
