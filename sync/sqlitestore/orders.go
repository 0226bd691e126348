package sqlitestore

import (
	"context"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const (
	orderColumns  = "channel, id, number, placed_at, updated_at, seen_at, open, gone, erased, reread, doc"
	rawColumns    = "channel, order_id, part, read_at, payload"
	demandColumns = "channel, order_id, line, sku, listing, open, shipped, placed_at"
	totalColumns  = "channel, listing, sku, account, item, units, open, shipped, oldest_at"
)

var (
	sqlOrders   = newQueryIn("orders", `SELECT `+orderColumns+` FROM orders WHERE channel = ? AND id IN (?*)`)
	sqlPutOrder = newQueryRows("put orders", `
		INSERT INTO orders (`+orderColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)*
		ON CONFLICT (channel, id) DO UPDATE SET number = excluded.number, placed_at = excluded.placed_at,
			updated_at = excluded.updated_at, seen_at = excluded.seen_at, open = excluded.open, gone = excluded.gone,
			erased = excluded.erased, reread = excluded.reread, doc = excluded.doc`)
	sqlOrderPage = newQuery("order page", `
		SELECT `+orderColumns+` FROM orders WHERE channel = ? AND id > ? ORDER BY id LIMIT ?`)
	sqlReread = newQuery("orders to read", `
		SELECT id FROM orders WHERE channel = ? AND reread <> 0 LIMIT ?`)
	sqlUnseen = newQuery("orders to read", `
		SELECT id FROM orders WHERE channel = ? AND open <> 0 AND seen_at < ? AND reread = 0 ORDER BY seen_at LIMIT ?`)

	sqlPutRaw = newQueryRows("put raw", `
		INSERT INTO raw (`+rawColumns+`) VALUES (?, ?, ?, ?, ?)*
		ON CONFLICT (channel, order_id, part) DO UPDATE SET read_at = excluded.read_at, payload = excluded.payload`)
	sqlRaw      = newQuery("raw", `SELECT `+rawColumns+` FROM raw WHERE channel = ? AND order_id = ?`)
	sqlPruneRaw = newQuery("prune raw", `
		DELETE FROM raw WHERE rowid IN (SELECT rowid FROM raw WHERE read_at < ? LIMIT ?)`)

	sqlDemand    = newQueryIn("demand", `SELECT `+demandColumns+` FROM demand WHERE channel = ? AND order_id IN (?*)`)
	sqlPutDemand = newQueryRows("put demand", `
		INSERT INTO demand (`+demandColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)*
		ON CONFLICT (channel, order_id, line) DO UPDATE SET sku = excluded.sku, listing = excluded.listing,
			open = excluded.open, shipped = excluded.shipped, placed_at = excluded.placed_at`)
	sqlAddTotal = newQueryRows("add totals", `
		INSERT INTO totals (`+totalColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)*
		ON CONFLICT (channel, listing, sku) DO UPDATE SET open = open + excluded.open, shipped = shipped + excluded.shipped`)
	sqlLinkListing = newQuery("link totals", `
		UPDATE totals SET account = ?, item = ?, units = ? WHERE channel = ? AND listing = ?`)
	sqlLinkSKU = newQuery("link totals", `
		UPDATE totals SET account = ?, item = ?, units = ? WHERE channel = ? AND listing = '' AND sku = ?`)
	sqlItemTotals = newQueryIn("item totals", `
		SELECT `+totalColumns+` FROM totals WHERE item <> '' AND account = ? AND item IN (?*)`)
	sqlUnlinked = newQuery("unlinked totals", `
		SELECT `+totalColumns+` FROM totals INDEXED BY totals_unlinked WHERE channel = ? AND item = '' AND open > 0`)
)

func scanOrder(r *row) channelsync.OrderRow {
	return channelsync.OrderRow{
		Channel: channel.ID(r.text()), ID: channel.OrderID(r.text()), Number: r.text(),
		PlacedAt: r.time(), UpdatedAt: r.time(), SeenAt: r.time(),
		Open: r.bool(), Gone: r.bool(), Erased: r.bool(), Reread: r.bool(), Doc: r.bytes(),
	}
}

func scanRaw(r *row) channelsync.RawRow {
	return channelsync.RawRow{
		Channel: channel.ID(r.text()), Order: channel.OrderID(r.text()), Part: channel.Parts(r.int()),
		ReadAt: r.time(), Payload: r.bytes(),
	}
}

func scanDemand(r *row) channelsync.DemandRow {
	return channelsync.DemandRow{
		Channel: channel.ID(r.text()), Order: channel.OrderID(r.text()), Line: channel.LineID(r.text()), SKU: r.text(),
		Listing: channel.ListingID(r.text()), Open: r.int(), Shipped: r.int(), PlacedAt: r.time(),
	}
}

func scanTotal(r *row) channelsync.TotalRow {
	return channelsync.TotalRow{
		Channel: channel.ID(r.text()), Listing: channel.ListingID(r.text()), SKU: r.text(), Account: channelsync.AccountID(r.text()),
		Item: r.text(), Units: r.int(), Open: r.int(), Shipped: r.int(), OldestAt: r.time(),
	}
}

func scanOrderID(r *row) channel.OrderID { return channel.OrderID(r.text()) }

func (t *tx) Orders(ctx context.Context, ch channel.ID, ids []channel.OrderID) ([]channelsync.OrderRow, error) {
	return listOf(ctx, t, sqlOrders, ids, scanOrder, string(ch))
}

func (t *tx) PutOrders(ctx context.Context, rows []channelsync.OrderRow) error {
	return put(ctx, t, sqlPutOrder, rows, func(c *conn, r *channelsync.OrderRow) {
		c.push(string(r.Channel), string(r.ID), r.Number, nanos(r.PlacedAt), nanos(r.UpdatedAt), nanos(r.SeenAt),
			r.Open, r.Gone, r.Erased, r.Reread, r.Doc)
	})
}

func (t *tx) OrderPage(ctx context.Context, ch channel.ID, after channel.OrderID, n int) ([]channelsync.OrderRow, error) {
	return list(ctx, t, sqlOrderPage, scanOrder, string(ch), string(after), limit(n))
}

func (t *tx) OrdersToRead(ctx context.Context, ch channel.ID, seenBefore time.Time, n int) ([]channel.OrderID, error) {
	ids, err := list(ctx, t, sqlReread, scanOrderID, string(ch), limit(n))
	if err != nil || n > 0 && len(ids) == n {
		return ids, err
	}
	unseen, err := list(ctx, t, sqlUnseen, scanOrderID, string(ch), nanos(seenBefore), limit(n-len(ids)))
	if err != nil {
		return nil, err
	}
	return append(ids, unseen...), nil
}

func (t *tx) PutRaw(ctx context.Context, rows []channelsync.RawRow) error {
	return put(ctx, t, sqlPutRaw, rows, func(c *conn, r *channelsync.RawRow) {
		c.push(string(r.Channel), string(r.Order), int64(r.Part), nanos(r.ReadAt), r.Payload)
	})
}

func (t *tx) Raw(ctx context.Context, ch channel.ID, id channel.OrderID) ([]channelsync.RawRow, error) {
	return list(ctx, t, sqlRaw, scanRaw, string(ch), string(id))
}

func (t *tx) PruneRaw(ctx context.Context, before time.Time, n int) (int, error) {
	gone, err := t.exec(ctx, sqlPruneRaw, nanos(before), limit(n))
	return int(gone), err
}

func (t *tx) Demand(ctx context.Context, ch channel.ID, orders []channel.OrderID) ([]channelsync.DemandRow, error) {
	return listOf(ctx, t, sqlDemand, orders, scanDemand, string(ch))
}

func (t *tx) PutDemand(ctx context.Context, rows []channelsync.DemandRow) error {
	return put(ctx, t, sqlPutDemand, rows, func(c *conn, r *channelsync.DemandRow) {
		c.push(string(r.Channel), string(r.Order), string(r.Line), r.SKU, string(r.Listing), r.Open, r.Shipped, nanos(r.PlacedAt))
	})
}

func (t *tx) AddTotals(ctx context.Context, rows []channelsync.TotalRow) error {
	return put(ctx, t, sqlAddTotal, rows, func(c *conn, r *channelsync.TotalRow) {
		c.push(string(r.Channel), string(r.Listing), r.SKU, string(r.Account), r.Item, r.Units, r.Open, r.Shipped, nanos(r.OldestAt))
	})
}

func (t *tx) LinkTotals(ctx context.Context, ch channel.ID, listing channel.ListingID, sku string, account channelsync.AccountID, item string, units int64) error {
	q, key := sqlLinkListing, string(listing)
	if listing == "" {
		q, key = sqlLinkSKU, sku
	}
	_, err := t.exec(ctx, q, string(account), item, units, string(ch), key)
	return err
}

func (t *tx) ItemTotals(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.TotalRow, error) {
	return listOf(ctx, t, sqlItemTotals, items, scanTotal, string(account))
}

func (t *tx) UnlinkedTotals(ctx context.Context, ch channel.ID) ([]channelsync.TotalRow, error) {
	return list(ctx, t, sqlUnlinked, scanTotal, string(ch))
}
