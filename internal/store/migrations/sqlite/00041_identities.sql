-- +goose Up
-- What users are called where they log in elsewhere: at a provider of OpenID Connect, or at a proxy in front of the server.
CREATE TABLE identities (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer  TEXT NOT NULL, -- address of the provider, or "header " and the name of the proxy's header
    subject TEXT NOT NULL, -- what the issuer calls the user for good
    name    TEXT NOT NULL, -- what the issuer called the user when this was added, for people
    added   INTEGER NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- +goose Down
DROP TABLE identities;
