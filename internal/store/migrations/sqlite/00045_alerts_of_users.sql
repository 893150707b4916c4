-- +goose Up
-- Two users may each have an alert of one topic to the same target. 0 stands for whoever may change the topic.
DROP INDEX alerts_target;
CREATE UNIQUE INDEX alerts_target ON alerts (topic_id, kind, target, coalesce(user_id, 0));

-- +goose Down
DELETE FROM alerts WHERE EXISTS (SELECT 1 FROM alerts AS a WHERE a.topic_id = alerts.topic_id AND a.kind = alerts.kind AND a.target = alerts.target AND a.id < alerts.id);
DROP INDEX alerts_target;
CREATE UNIQUE INDEX alerts_target ON alerts (topic_id, kind, target);
