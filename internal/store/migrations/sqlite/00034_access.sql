-- +goose Up

-- What a user may do: reader, editor or admin. The oldest account becomes the admin.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'reader';
-- Counts the changes of the password. A session that was begun before the last one has ended.
ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
-- Part of the addresses at which feed readers find the combined feeds where logins are required; '' is none.
ALTER TABLE users ADD COLUMN feed_secret TEXT NOT NULL DEFAULT '';
UPDATE users SET role = 'admin' WHERE id = (SELECT min(id) FROM users);
CREATE UNIQUE INDEX users_feed_secret ON users (feed_secret) WHERE feed_secret <> '';

-- Logins to the pages. Only the SHA-256 of a token is kept. A session without a user is that of a login under way.
CREATE TABLE sessions (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    hash    BLOB    NOT NULL UNIQUE,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    data    BLOB    NOT NULL, -- what the session carries, as scs has it
    made    INTEGER NOT NULL,
    seen    INTEGER NOT NULL, -- when it was used last, to the hour
    expires INTEGER NOT NULL,
    address TEXT    NOT NULL, -- where it was used last
    agent   TEXT    NOT NULL  -- User-Agent of the browser
);
CREATE INDEX sessions_user ON sessions (user_id, seen);
CREATE INDEX sessions_expires ON sessions (expires);

-- Who changed what of access, when and from where.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time    INTEGER NOT NULL,
    actor   TEXT    NOT NULL, -- name of the user; '' is nobody who was logged in, or the command line
    address TEXT    NOT NULL, -- of the client; '' is the command line
    action  TEXT    NOT NULL, -- see news.AuditAction
    subject TEXT    NOT NULL, -- what was changed: the name of a user, token or setting
    detail  TEXT    NOT NULL
);
CREATE INDEX audit_time ON audit (time);
CREATE INDEX audit_refused ON audit (id) WHERE action = 'login refused';

-- +goose Down
DROP TABLE audit;
DROP TABLE sessions;
DROP INDEX users_feed_secret;
ALTER TABLE users DROP COLUMN feed_secret;
ALTER TABLE users DROP COLUMN epoch;
ALTER TABLE users DROP COLUMN role;
