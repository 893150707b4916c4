-- +goose Up
-- What had the labels that a user has removed of late, so that a removal can be undone. A removal is named by its time in milliseconds
-- since 1970; no two of a user have the same. Articles that were aged out since then stay here until the user's next removal.
CREATE TABLE removed_labels (
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    removal    BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    label      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, removal, article_id)
);

-- +goose Down
DROP TABLE removed_labels;
