-- +goose Up

-- The highest id of an article stands beside the other highest numbers, where both engines have it.
INSERT INTO marks (name, value) SELECT 'article', seq FROM sqlite_sequence WHERE name = 'articles';

-- +goose Down
DELETE FROM marks WHERE name = 'article';
