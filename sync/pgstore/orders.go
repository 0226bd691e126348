package pgstore

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
	sqlOrders    = newQuery("orders", `SELECT `+orderColumns+` FROM @orders WHERE channel = $1 AND id = ANY($2)`)
	sqlPutOrders = newQueryRows("put orders", "tttnnnfffft", `
		INSERT INTO @orders (`+orderColumns+`) *
		ON CONFLICT (channel, id) DO UPDATE SET number = excluded.number, placed_at = excluded.placed_at,
			updated_at = excluded.updated_at, seen_at = excluded.seen_at, open = excluded.open, gone = excluded.gone,
			erased = excluded.erased, reread = excluded.reread, doc = excluded.doc`)
	sqlOrderPage = newQuery("order page", `
		SELECT `+orderColumns+` FROM @orders WHERE channel = $1 AND id > $2 ORDER BY id LIMIT $3`)
	sqlReread = newQuery("orders to read", `
		SELECT id FROM @orders WHERE channel = $1 AND reread ORDER BY id LIMIT $2`)
	sqlUnseen = newQuery("orders to read", `
		SELECT id FROM @orders WHERE channel = $1 AND open AND NOT reread AND seen_at < $2 ORDER BY seen_at LIMIT $3`)

	sqlPutRaw = newQueryRows("put raw", "ttnnt", `
		INSERT INTO @raw (`+rawColumns+`) *
		ON CONFLICT (channel, order_id, part) DO UPDATE SET read_at = excluded.read_at, payload = excluded.payload`)
	sqlRaw      = newQuery("raw", `SELECT `+rawColumns+` FROM @raw WHERE channel = $1 AND order_id = $2`)
	sqlPruneRaw = newQuery("prune raw", `
		DELETE FROM @raw WHERE ctid = ANY(ARRAY(SELECT ctid FROM @raw WHERE read_at < $1 ORDER BY read_at LIMIT $2))`)

	sqlDemand    = newQuery("demand", `SELECT `+demandColumns+` FROM @demand WHERE channel = $1 AND order_id = ANY($2)`)
	sqlPutDemand = newQueryRows("put demand", "tttttnnn", `
		INSERT INTO @demand (`+demandColumns+`) *
		ON CONFLICT (channel, order_id, line) DO UPDATE SET sku = excluded.sku, listing = excluded.listing,
			open = excluded.open, shipped = excluded.shipped, placed_at = excluded.placed_at`)
	sqlAddTotals = newQueryRows("add totals", "tttttnnnn", `
		INSERT INTO @totals AS t (`+totalColumns+`) *
		ON CONFLICT (channel, listing, sku) DO UPDATE SET open = t.open + excluded.open, shipped = t.shipped + excluded.shipped`)
	sqlLinkListing = newQuery("link totals", `
		UPDATE @totals SET account = $1, item = $2, units = $3 WHERE channel = $4 AND listing = $5`)
	sqlLinkSKU = newQuery("link totals", `
		UPDATE @totals SET account = $1, item = $2, units = $3 WHERE channel = $4 AND listing = '' AND sku = $5`)
	sqlItemTotals = newQuery("item totals", `
		SELECT `+totalColumns+` FROM @totals WHERE item <> '' AND account = $1 AND item = ANY($2)`)
	sqlUnlinked = newQuery("unlinked totals", `
		SELECT `+totalColumns+` FROM @totals WHERE channel = $1 AND item = '' AND open > 0`)
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

// orderKey names an order.
type orderKey struct {
	channel channel.ID
	order   channel.OrderID
}

func (t *tx) Orders(ctx context.Context, ch channel.ID, ids []channel.OrderID) ([]channelsync.OrderRow, error) {
	return listOf(ctx, t, sqlOrders, ids, scanOrder, text(ch))
}

func (t *tx) PutOrders(ctx context.Context, rows []channelsync.OrderRow) error {
	return upsert(ctx, t, sqlPutOrders, rows, func(r *channelsync.OrderRow) orderKey { return orderKey{r.Channel, r.ID} },
		func(b *batch, r *channelsync.OrderRow) {
			b.text(string(r.Channel)).text(string(r.ID)).text(r.Number).time(r.PlacedAt).time(r.UpdatedAt).time(r.SeenAt).
				bool(r.Open).bool(r.Gone).bool(r.Erased).bool(r.Reread).doc(r.Doc)
		})
}

func (t *tx) OrderPage(ctx context.Context, ch channel.ID, after channel.OrderID, n int) ([]channelsync.OrderRow, error) {
	return list(ctx, t, sqlOrderPage, scanOrder, text(ch), text(after), limit(n))
}

func (t *tx) OrdersToRead(ctx context.Context, ch channel.ID, seenBefore time.Time, n int) ([]channel.OrderID, error) {
	ids, err := list(ctx, t, sqlReread, scanOrderID, text(ch), limit(n))
	if err != nil || n > 0 && len(ids) == n {
		return ids, err
	}
	unseen, err := list(ctx, t, sqlUnseen, scanOrderID, text(ch), nanos(seenBefore), limit(n-len(ids)))
	if err != nil {
		return nil, err
	}
	return append(ids, unseen...), nil
}

func (t *tx) PutRaw(ctx context.Context, rows []channelsync.RawRow) error {
	type key struct {
		orderKey
		part channel.Parts
	}
	return upsert(ctx, t, sqlPutRaw, rows, func(r *channelsync.RawRow) key { return key{orderKey{r.Channel, r.Order}, r.Part} },
		func(b *batch, r *channelsync.RawRow) {
			b.text(string(r.Channel)).text(string(r.Order)).int(int64(r.Part)).time(r.ReadAt).doc(r.Payload)
		})
}

func (t *tx) Raw(ctx context.Context, ch channel.ID, id channel.OrderID) ([]channelsync.RawRow, error) {
	return list(ctx, t, sqlRaw, scanRaw, text(ch), text(id))
}

func (t *tx) PruneRaw(ctx context.Context, before time.Time, n int) (int, error) {
	gone, err := t.exec(ctx, sqlPruneRaw, nanos(before), limit(n))
	return int(gone), err
}

func (t *tx) Demand(ctx context.Context, ch channel.ID, orders []channel.OrderID) ([]channelsync.DemandRow, error) {
	return listOf(ctx, t, sqlDemand, orders, scanDemand, text(ch))
}

func (t *tx) PutDemand(ctx context.Context, rows []channelsync.DemandRow) error {
	type key struct {
		orderKey
		line channel.LineID
	}
	return upsert(ctx, t, sqlPutDemand, rows, func(r *channelsync.DemandRow) key { return key{orderKey{r.Channel, r.Order}, r.Line} },
		func(b *batch, r *channelsync.DemandRow) {
			b.text(string(r.Channel)).text(string(r.Order)).text(string(r.Line)).text(r.SKU).text(string(r.Listing)).
				int(r.Open).int(r.Shipped).time(r.PlacedAt)
		})
}

func (t *tx) AddTotals(ctx context.Context, rows []channelsync.TotalRow) error {
	_, err := put(ctx, t, sqlAddTotals, sums(rows), func(b *batch, r *channelsync.TotalRow) {
		b.text(string(r.Channel)).text(string(r.Listing)).text(r.SKU).text(string(r.Account)).text(r.Item).
			int(r.Units).int(r.Open).int(r.Shipped).time(r.OldestAt)
	})
	return err
}

// sums adds up the rows of one total, of which the first says what it is.
func sums(rows []channelsync.TotalRow) []channelsync.TotalRow {
	type key struct {
		channel channel.ID
		listing channel.ListingID
		sku     string
	}
	at := make(map[key]int, len(rows))
	all := make([]channelsync.TotalRow, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		k := key{r.Channel, r.Listing, r.SKU}
		if first, ok := at[k]; ok {
			all[first].Open += r.Open
			all[first].Shipped += r.Shipped
			continue
		}
		at[k] = len(all)
		all = append(all, *r)
	}
	return all
}

func (t *tx) LinkTotals(ctx context.Context, ch channel.ID, listing channel.ListingID, sku string, account channelsync.AccountID, item string, units int64) error {
	q, key := sqlLinkListing, text(listing)
	if listing == "" {
		q, key = sqlLinkSKU, text(sku)
	}
	_, err := t.exec(ctx, q, text(account), text(item), units, text(ch), key)
	return err
}

func (t *tx) ItemTotals(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.TotalRow, error) {
	return listOf(ctx, t, sqlItemTotals, items, scanTotal, text(account))
}

func (t *tx) UnlinkedTotals(ctx context.Context, ch channel.ID) ([]channelsync.TotalRow, error) {
	return list(ctx, t, sqlUnlinked, scanTotal, text(ch))
}
