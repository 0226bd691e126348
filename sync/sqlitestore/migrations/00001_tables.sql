-- +goose Up
-- +goose StatementBegin

-- Times are nanoseconds since 1970 in UTC, 0 for the zero time. Every value is
-- given by the caller: no default reads a clock. Rows that carry a document are
-- rowid tables, since a B-tree with large keys is slow; narrow ones are not.

CREATE TABLE channels (
  id          TEXT    NOT NULL PRIMARY KEY,
  account     TEXT    NOT NULL,
  marketplace TEXT    NOT NULL,
  next_at     INTEGER NOT NULL,
  urgent      INTEGER NOT NULL DEFAULT 0,
  wake        INTEGER NOT NULL DEFAULT 0,
  fence       INTEGER NOT NULL DEFAULT 0,
  owner       TEXT    NOT NULL DEFAULT '',
  until       INTEGER NOT NULL DEFAULT 0,
  former      INTEGER NOT NULL DEFAULT 0, -- freed without a release
  doc         BLOB
) STRICT;
CREATE INDEX channels_due ON channels (urgent, next_at, id);
CREATE INDEX channels_held ON channels (until) WHERE owner <> '';

CREATE TABLE lanes (
  channel   TEXT    NOT NULL,
  lane      TEXT    NOT NULL,
  next_at   INTEGER NOT NULL,
  ok_at     INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  failures  INTEGER NOT NULL,
  class     TEXT    NOT NULL,
  reason    TEXT    NOT NULL,
  paused    INTEGER NOT NULL,
  state     BLOB,
  PRIMARY KEY (channel, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  channel    TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  number     TEXT    NOT NULL,
  placed_at  INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  open       INTEGER NOT NULL,
  gone       INTEGER NOT NULL,
  erased     INTEGER NOT NULL,
  reread     INTEGER NOT NULL,
  doc        BLOB,
  PRIMARY KEY (channel, id)
) STRICT;
CREATE INDEX orders_reread ON orders (channel, id) WHERE reread <> 0;
CREATE INDEX orders_open ON orders (channel, seen_at, id) WHERE open <> 0;

CREATE TABLE raw (
  channel  TEXT    NOT NULL,
  order_id TEXT    NOT NULL,
  part     INTEGER NOT NULL,
  read_at  INTEGER NOT NULL,
  payload  BLOB,
  PRIMARY KEY (channel, order_id, part)
) STRICT;
CREATE INDEX raw_read_at ON raw (read_at);

CREATE TABLE demand (
  channel   TEXT    NOT NULL,
  order_id  TEXT    NOT NULL,
  line      TEXT    NOT NULL,
  sku       TEXT    NOT NULL,
  listing   TEXT    NOT NULL,
  open      INTEGER NOT NULL,
  shipped   INTEGER NOT NULL,
  placed_at INTEGER NOT NULL,
  PRIMARY KEY (channel, order_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE totals (
  channel   TEXT    NOT NULL,
  listing   TEXT    NOT NULL,
  sku       TEXT    NOT NULL,
  account   TEXT    NOT NULL,
  item      TEXT    NOT NULL,
  units     INTEGER NOT NULL,
  open      INTEGER NOT NULL,
  shipped   INTEGER NOT NULL,
  oldest_at INTEGER NOT NULL,
  PRIMARY KEY (channel, listing, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX totals_item ON totals (account, item) WHERE item <> '';
CREATE INDEX totals_unlinked ON totals (channel) WHERE item = '' AND open > 0;

CREATE TABLE outbox (
  seq      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  channel  TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  order_id TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  doc      BLOB
) STRICT;
CREATE INDEX outbox_channel ON outbox (channel, seq, at);

CREATE TABLE subscribers (
  name     TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  position INTEGER NOT NULL,
  next_at  INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  owner    TEXT    NOT NULL,
  until    INTEGER NOT NULL,
  PRIMARY KEY (name, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscribers_channel ON subscribers (channel, position);

CREATE TABLE parked (
  id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  channel TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  ref     TEXT    NOT NULL,
  class   TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  raw     BLOB,
  at      INTEGER NOT NULL,
  tries   INTEGER NOT NULL,
  UNIQUE (channel, kind, ref)
) STRICT;

CREATE TABLE shipments (
  key      TEXT    NOT NULL PRIMARY KEY,
  channel  TEXT    NOT NULL,
  order_id TEXT    NOT NULL,
  seq      INTEGER NOT NULL,
  state    TEXT    NOT NULL,
  next_at  INTEGER NOT NULL,
  sent_at  INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  fence    INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  doc      BLOB,
  at       INTEGER NOT NULL,
  UNIQUE (channel, order_id, seq)
) STRICT;
CREATE INDEX shipments_due ON shipments (channel, next_at, order_id, seq) WHERE next_at <> 0;
CREATE INDEX shipments_state ON shipments (channel, state);

CREATE TABLE items (
  account    TEXT    NOT NULL,
  sku        TEXT    NOT NULL,
  managed    INTEGER NOT NULL,
  base       INTEGER NOT NULL,
  counted_at INTEGER NOT NULL,
  doc        BLOB,
  PRIMARY KEY (account, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
  seq     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account TEXT    NOT NULL,
  sku     TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  delta   INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  note    TEXT    NOT NULL,
  key     TEXT    NOT NULL
) STRICT;
CREATE INDEX ledger_item ON ledger (account, sku, seq);
CREATE UNIQUE INDEX ledger_key ON ledger (account, sku, key) WHERE key <> '';

CREATE TABLE links (
  channel TEXT    NOT NULL,
  listing TEXT    NOT NULL,
  account TEXT    NOT NULL,
  item    TEXT    NOT NULL,
  units   INTEGER NOT NULL,
  source  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (channel, listing)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_item ON links (account, item);

CREATE TABLE listings (
  channel TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  sku     TEXT    NOT NULL,
  seen_at INTEGER NOT NULL,
  gone    INTEGER NOT NULL,
  doc     BLOB,
  PRIMARY KEY (channel, id)
) STRICT;
CREATE INDEX listings_sku ON listings (channel, sku, id);

CREATE TABLE levels (
  channel  TEXT    NOT NULL,
  listing  TEXT    NOT NULL,
  location TEXT    NOT NULL,
  account  TEXT    NOT NULL,
  item     TEXT    NOT NULL,
  units    INTEGER NOT NULL,
  released INTEGER NOT NULL,
  due_at   INTEGER NOT NULL,
  busy     INTEGER NOT NULL,
  wanted   INTEGER NOT NULL,
  shown    INTEGER, -- NULL is unknown
  reason   TEXT    NOT NULL,
  state    BLOB,
  PRIMARY KEY (channel, listing, location)
) STRICT;
CREATE INDEX levels_due ON levels (channel, due_at, listing, location) WHERE due_at <> 0;
CREATE INDEX levels_busy ON levels (channel, listing, location) WHERE busy <> 0;
CREATE INDEX levels_item ON levels (account, item, channel);

CREATE TABLE intents (
  id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  channel  TEXT    NOT NULL,
  fence    INTEGER NOT NULL,
  sent_at  INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  ticket   TEXT    NOT NULL,
  next_at  INTEGER NOT NULL,
  doc      BLOB
) STRICT;
CREATE INDEX intents_channel ON intents (channel, id);

CREATE TABLE tokens (
  channel TEXT    NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  sealed  BLOB
) STRICT;

-- +goose StatementEnd
