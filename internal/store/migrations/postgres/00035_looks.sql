-- +goose Up

-- What the table means is said in ../sqlite/00035_looks.sql.
CREATE TABLE user_settings (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    settings TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE user_settings;
