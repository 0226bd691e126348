-- +goose Up
-- +goose StatementBegin

-- Text is BYTEA: it may hold a NUL or a broken encoding, and is ordered byte by
-- byte whatever the database's collation. Times are nanoseconds since 1970 in
-- UTC, 0 for the zero time. Every value is given by the caller: no default reads
-- a clock. Names are found by the search path, which names the store's schema.

CREATE TABLE channels (
  id          BYTEA   NOT NULL PRIMARY KEY,
  account     BYTEA   NOT NULL,
  marketplace BYTEA   NOT NULL,
  next_at     BIGINT  NOT NULL,
  urgent      BOOLEAN NOT NULL DEFAULT false,
  wake        BIGINT  NOT NULL DEFAULT 0,
  fence       BIGINT  NOT NULL DEFAULT 0,
  owner       BYTEA   NOT NULL DEFAULT '',
  until       BIGINT  NOT NULL DEFAULT 0,
  former      BOOLEAN NOT NULL DEFAULT false, -- freed without a release
  doc         BYTEA
) WITH (fillfactor = 50); -- room for a turn to write its lease again in the same page
CREATE INDEX channels_due ON channels (urgent, next_at, id);
CREATE INDEX channels_held ON channels (id) WHERE owner <> ''; -- without until, which each write of a turn moves

CREATE TABLE lanes (
  channel   BYTEA   NOT NULL,
  lane      BYTEA   NOT NULL,
  next_at   BIGINT  NOT NULL,
  ok_at     BIGINT  NOT NULL,
  failed_at BIGINT  NOT NULL,
  failures  BIGINT  NOT NULL,
  class     BYTEA   NOT NULL,
  reason    BYTEA   NOT NULL,
  paused    BOOLEAN NOT NULL,
  state     BYTEA,
  PRIMARY KEY (channel, lane)
);

CREATE TABLE orders (
  channel    BYTEA   NOT NULL,
  id         BYTEA   NOT NULL,
  number     BYTEA   NOT NULL,
  placed_at  BIGINT  NOT NULL,
  updated_at BIGINT  NOT NULL,
  seen_at    BIGINT  NOT NULL,
  open       BOOLEAN NOT NULL,
  gone       BOOLEAN NOT NULL,
  erased     BOOLEAN NOT NULL,
  reread     BOOLEAN NOT NULL,
  doc        BYTEA,
  PRIMARY KEY (channel, id)
);
CREATE INDEX orders_reread ON orders (channel, id) WHERE reread;
CREATE INDEX orders_open ON orders (channel, seen_at, id) WHERE open AND NOT reread;

CREATE TABLE raw (
  channel  BYTEA  NOT NULL,
  order_id BYTEA  NOT NULL,
  part     BIGINT NOT NULL,
  read_at  BIGINT NOT NULL,
  payload  BYTEA,
  PRIMARY KEY (channel, order_id, part)
);
CREATE INDEX raw_read_at ON raw (read_at);

CREATE TABLE demand (
  channel   BYTEA  NOT NULL,
  order_id  BYTEA  NOT NULL,
  line      BYTEA  NOT NULL,
  sku       BYTEA  NOT NULL,
  listing   BYTEA  NOT NULL,
  open      BIGINT NOT NULL,
  shipped   BIGINT NOT NULL,
  placed_at BIGINT NOT NULL,
  PRIMARY KEY (channel, order_id, line)
);

CREATE TABLE totals (
  channel   BYTEA  NOT NULL,
  listing   BYTEA  NOT NULL,
  sku       BYTEA  NOT NULL,
  account   BYTEA  NOT NULL,
  item      BYTEA  NOT NULL,
  units     BIGINT NOT NULL,
  open      BIGINT NOT NULL,
  shipped   BIGINT NOT NULL,
  oldest_at BIGINT NOT NULL,
  PRIMARY KEY (channel, listing, sku)
);
CREATE INDEX totals_item ON totals (account, item) WHERE item <> '';
CREATE INDEX totals_unlinked ON totals (channel) WHERE item = '' AND open > 0;

CREATE TABLE outbox (
  seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel  BYTEA  NOT NULL,
  kind     BYTEA  NOT NULL,
  order_id BYTEA  NOT NULL,
  at       BIGINT NOT NULL,
  doc      BYTEA
);
CREATE INDEX outbox_channel ON outbox (channel, seq);
CREATE INDEX outbox_at ON outbox (at, seq);

CREATE TABLE subscribers (
  name     BYTEA  NOT NULL,
  channel  BYTEA  NOT NULL,
  position BIGINT NOT NULL,
  next_at  BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  reason   BYTEA  NOT NULL,
  owner    BYTEA  NOT NULL,
  until    BIGINT NOT NULL,
  PRIMARY KEY (name, channel)
);
CREATE INDEX subscribers_channel ON subscribers (channel, position);

CREATE TABLE parked (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel      BYTEA  NOT NULL,
  kind         BYTEA  NOT NULL,
  ref          BYTEA  NOT NULL,
  class        BYTEA  NOT NULL,
  reason       BYTEA  NOT NULL,
  raw          BYTEA,
  at           BIGINT NOT NULL,
  tries        BIGINT NOT NULL,
  digest       BYTEA  NOT NULL,
  dismissed_at BIGINT NOT NULL DEFAULT 0,
  UNIQUE (channel, kind, ref)
);

CREATE TABLE shipments (
  key      BYTEA  NOT NULL PRIMARY KEY,
  channel  BYTEA  NOT NULL,
  order_id BYTEA  NOT NULL,
  seq      BIGINT NOT NULL,
  state    BYTEA  NOT NULL,
  next_at  BIGINT NOT NULL,
  sent_at  BIGINT NOT NULL,
  deadline BIGINT NOT NULL,
  fence    BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  reason   BYTEA  NOT NULL,
  doc      BYTEA,
  at       BIGINT NOT NULL,
  UNIQUE (channel, order_id, seq)
);
CREATE INDEX shipments_due ON shipments (channel, next_at, order_id, seq) WHERE next_at <> 0;
CREATE INDEX shipments_state ON shipments (channel, state);

CREATE TABLE items (
  account    BYTEA   NOT NULL,
  sku        BYTEA   NOT NULL,
  managed    BOOLEAN NOT NULL,
  base       BIGINT  NOT NULL,
  counted_at BIGINT  NOT NULL,
  doc        BYTEA,
  PRIMARY KEY (account, sku)
);

CREATE TABLE ledger (
  seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account BYTEA  NOT NULL,
  sku     BYTEA  NOT NULL,
  kind    BYTEA  NOT NULL,
  delta   BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  note    BYTEA  NOT NULL,
  key     BYTEA  NOT NULL
);
CREATE INDEX ledger_item ON ledger (account, sku, seq);
CREATE UNIQUE INDEX ledger_key ON ledger (account, sku, key) WHERE key <> '';

CREATE TABLE links (
  channel BYTEA  NOT NULL,
  listing BYTEA  NOT NULL,
  account BYTEA  NOT NULL,
  item    BYTEA  NOT NULL,
  units   BIGINT NOT NULL,
  source  BYTEA  NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (channel, listing)
);
CREATE INDEX links_item ON links (account, item);

CREATE TABLE listings (
  channel BYTEA   NOT NULL,
  id      BYTEA   NOT NULL,
  sku     BYTEA   NOT NULL,
  handle  BYTEA   NOT NULL,
  seen_at BIGINT  NOT NULL,
  gone    BOOLEAN NOT NULL,
  doc     BYTEA,
  PRIMARY KEY (channel, id)
);
CREATE INDEX listings_sku ON listings (channel, sku, id);
CREATE INDEX listings_handle ON listings (channel, handle) WHERE handle <> '';

CREATE TABLE levels (
  channel  BYTEA   NOT NULL,
  listing  BYTEA   NOT NULL,
  location BYTEA   NOT NULL,
  account  BYTEA   NOT NULL,
  item     BYTEA   NOT NULL,
  units    BIGINT  NOT NULL,
  released BOOLEAN NOT NULL,
  due_at   BIGINT  NOT NULL,
  busy     BOOLEAN NOT NULL,
  wanted   BIGINT  NOT NULL,
  shown    BIGINT, -- NULL is unknown
  reason   BYTEA   NOT NULL,
  state    BYTEA,
  PRIMARY KEY (channel, listing, location)
);
CREATE INDEX levels_due ON levels (channel, due_at, listing, location) WHERE due_at <> 0;
CREATE INDEX levels_busy ON levels (channel, listing, location) WHERE busy;
CREATE INDEX levels_item ON levels (account, item, channel);

CREATE TABLE intents (
  id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel  BYTEA  NOT NULL,
  fence    BIGINT NOT NULL,
  sent_at  BIGINT NOT NULL,
  deadline BIGINT NOT NULL,
  ticket   BYTEA  NOT NULL,
  next_at  BIGINT NOT NULL,
  doc      BYTEA
);
CREATE INDEX intents_channel ON intents (channel, id);

CREATE TABLE tokens (
  channel BYTEA  NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  sealed  BYTEA
);

-- +goose StatementEnd
