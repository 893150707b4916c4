-- +goose Up
-- A correction of an origin has one article (apart = 2 in corrected). These are the outlet that is the origin of its story; both
-- are empty where the article itself is.
ALTER TABLE corrections ADD COLUMN outlet TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE corrections ADD COLUMN domain TEXT COLLATE "C" NOT NULL DEFAULT '';
-- The outlet of a request of the kind "origin", as it was typed; ids has the story, and the article if there is one.
ALTER TABLE correction_requests ADD COLUMN outlet TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
DELETE FROM corrected WHERE apart = 2;
DELETE FROM corrections WHERE id NOT IN (SELECT correction_id FROM corrected);
DELETE FROM correction_requests WHERE kind = 'origin';
ALTER TABLE correction_requests DROP COLUMN outlet;
ALTER TABLE corrections DROP COLUMN domain;
ALTER TABLE corrections DROP COLUMN outlet;
