-- +goose Up

-- What a user chose of how pages look and work, as JSON (news.Settings). A user without a row has the defaults.
CREATE TABLE user_settings (
    user_id  INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    settings TEXT NOT NULL
);

-- +goose Down
DROP TABLE user_settings;
