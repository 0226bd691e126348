-- +goose Up
-- +goose StatementBegin

-- Empty until the listing is read again, at most a day later.
ALTER TABLE listings ADD COLUMN handle TEXT NOT NULL DEFAULT '';
CREATE INDEX listings_handle ON listings (channel, handle) WHERE handle <> '';

-- +goose StatementEnd
