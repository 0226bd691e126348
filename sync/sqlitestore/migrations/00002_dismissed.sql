-- +goose Up
-- +goose StatementBegin

ALTER TABLE parked ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE parked ADD COLUMN dismissed_at INTEGER NOT NULL DEFAULT 0;

-- +goose StatementEnd
