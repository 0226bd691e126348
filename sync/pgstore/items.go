package pgstore

import (
	"context"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const (
	itemColumns    = "account, sku, managed, base, counted_at, doc"
	ledgerColumns  = "account, sku, kind, delta, at, note, key"
	linkColumns    = "channel, listing, account, item, units, source, at"
	listingColumns = "channel, id, sku, handle, seen_at, gone, doc"
)

var (
	sqlItems    = newQuery("items", `SELECT `+itemColumns+` FROM @items WHERE account = $1`)
	sqlItemsIn  = newQuery("items", `SELECT `+itemColumns+` FROM @items WHERE account = $1 AND sku = ANY($2)`)
	sqlPutItems = newQueryRows("put items", "ttfnnt", `
		INSERT INTO @items (`+itemColumns+`) *
		ON CONFLICT (account, sku) DO UPDATE SET managed = excluded.managed, base = excluded.base,
			counted_at = excluded.counted_at, doc = excluded.doc`)

	sqlAppendLedger = newQueryRows("append to ledger", "tttnntt", `
		INSERT INTO @ledger (`+ledgerColumns+`) *
		ON CONFLICT (account, sku, key) WHERE key <> '' DO NOTHING`)
	sqlLedger = newQuery("ledger", `
		SELECT seq, `+ledgerColumns+` FROM @ledger WHERE account = $1 AND sku = $2 ORDER BY seq DESC LIMIT $3`)

	sqlLinks     = newQuery("links", `SELECT `+linkColumns+` FROM @links WHERE channel = $1`)
	sqlLinksIn   = newQuery("links", `SELECT `+linkColumns+` FROM @links WHERE channel = $1 AND listing = ANY($2)`)
	sqlItemLinks = newQuery("item links", `SELECT `+linkColumns+` FROM @links WHERE account = $1 AND item = ANY($2)`)
	sqlPutLinks  = newQueryRows("put links", "ttttntn", `
		INSERT INTO @links (`+linkColumns+`) *
		ON CONFLICT (channel, listing) DO UPDATE SET account = excluded.account, item = excluded.item,
			units = excluded.units, source = excluded.source, at = excluded.at`)
	sqlDeleteLink = newQuery("delete link", `DELETE FROM @links WHERE channel = $1 AND listing = $2`)

	sqlListings         = newQuery("listings", `SELECT `+listingColumns+` FROM @listings WHERE channel = $1`)
	sqlListingsIn       = newQuery("listings", `SELECT `+listingColumns+` FROM @listings WHERE channel = $1 AND id = ANY($2)`)
	sqlListingsBySKU    = newQuery("listings by SKU", `SELECT `+listingColumns+` FROM @listings WHERE channel = $1 AND sku = ANY($2)`)
	sqlListingsByHandle = newQuery("listings by handle", `
		SELECT `+listingColumns+` FROM @listings WHERE channel = $1 AND handle <> '' AND handle = ANY($2)`)
	sqlPutListings = newQueryRows("put listings", "ttttnft", `
		INSERT INTO @listings (`+listingColumns+`) *
		ON CONFLICT (channel, id) DO UPDATE SET sku = excluded.sku, handle = excluded.handle, seen_at = excluded.seen_at,
			gone = excluded.gone, doc = excluded.doc`)
)

func scanItem(r *row) channelsync.ItemRow {
	return channelsync.ItemRow{
		Account: channelsync.AccountID(r.text()), SKU: r.text(), Managed: r.bool(), Base: r.int(), CountedAt: r.time(), Doc: r.bytes(),
	}
}

func scanLedger(r *row) channelsync.LedgerRow {
	return channelsync.LedgerRow{
		Seq: r.int(), Account: channelsync.AccountID(r.text()), SKU: r.text(), Kind: r.text(), Delta: r.int(), At: r.time(),
		Note: r.text(), Key: r.text(),
	}
}

func scanLink(r *row) channelsync.LinkRow {
	return channelsync.LinkRow{
		Channel: channel.ID(r.text()), Listing: channel.ListingID(r.text()), Account: channelsync.AccountID(r.text()), Item: r.text(),
		Units: r.int(), Source: r.text(), At: r.time(),
	}
}

func scanListing(r *row) channelsync.ListingRow {
	return channelsync.ListingRow{
		Channel: channel.ID(r.text()), ID: channel.ListingID(r.text()), SKU: r.text(), Handle: r.text(), SeenAt: r.time(), Gone: r.bool(), Doc: r.bytes(),
	}
}

// listingKey names a listing.
type listingKey struct {
	channel channel.ID
	listing channel.ListingID
}

func (t *tx) Items(ctx context.Context, account channelsync.AccountID, skus []string) ([]channelsync.ItemRow, error) {
	if len(skus) == 0 {
		return list(ctx, t, sqlItems, scanItem, text(account))
	}
	return listOf(ctx, t, sqlItemsIn, skus, scanItem, text(account))
}

func (t *tx) PutItems(ctx context.Context, rows []channelsync.ItemRow) error {
	type key struct {
		account channelsync.AccountID
		sku     string
	}
	return upsert(ctx, t, sqlPutItems, rows, func(r *channelsync.ItemRow) key { return key{r.Account, r.SKU} },
		func(b *batch, r *channelsync.ItemRow) {
			b.text(string(r.Account)).text(r.SKU).bool(r.Managed).int(r.Base).time(r.CountedAt).doc(r.Doc)
		})
}

func (t *tx) AppendLedger(ctx context.Context, rows []channelsync.LedgerRow) (int, error) {
	added, err := put(ctx, t, sqlAppendLedger, rows, func(b *batch, r *channelsync.LedgerRow) {
		b.text(string(r.Account)).text(r.SKU).text(r.Kind).int(r.Delta).time(r.At).text(r.Note).text(r.Key)
	})
	return int(added), err
}

func (t *tx) Ledger(ctx context.Context, account channelsync.AccountID, sku string, n int) ([]channelsync.LedgerRow, error) {
	return list(ctx, t, sqlLedger, scanLedger, text(account), text(sku), limit(n))
}

func (t *tx) Links(ctx context.Context, ch channel.ID, listings []channel.ListingID) ([]channelsync.LinkRow, error) {
	if len(listings) == 0 {
		return list(ctx, t, sqlLinks, scanLink, text(ch))
	}
	return listOf(ctx, t, sqlLinksIn, listings, scanLink, text(ch))
}

func (t *tx) ItemLinks(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.LinkRow, error) {
	return listOf(ctx, t, sqlItemLinks, items, scanLink, text(account))
}

func (t *tx) PutLinks(ctx context.Context, rows []channelsync.LinkRow) error {
	return upsert(ctx, t, sqlPutLinks, rows, func(r *channelsync.LinkRow) listingKey { return listingKey{r.Channel, r.Listing} },
		func(b *batch, r *channelsync.LinkRow) {
			b.text(string(r.Channel)).text(string(r.Listing)).text(string(r.Account)).text(r.Item).int(r.Units).text(r.Source).time(r.At)
		})
}

func (t *tx) DeleteLink(ctx context.Context, ch channel.ID, listing channel.ListingID) error {
	_, err := t.exec(ctx, sqlDeleteLink, text(ch), text(listing))
	return err
}

func (t *tx) Listings(ctx context.Context, ch channel.ID, ids []channel.ListingID) ([]channelsync.ListingRow, error) {
	if len(ids) == 0 {
		return list(ctx, t, sqlListings, scanListing, text(ch))
	}
	return listOf(ctx, t, sqlListingsIn, ids, scanListing, text(ch))
}

func (t *tx) ListingsBySKU(ctx context.Context, ch channel.ID, skus []string) ([]channelsync.ListingRow, error) {
	return listOf(ctx, t, sqlListingsBySKU, skus, scanListing, text(ch))
}

func (t *tx) ListingsByHandle(ctx context.Context, ch channel.ID, handles []string) ([]channelsync.ListingRow, error) {
	return listOf(ctx, t, sqlListingsByHandle, handles, scanListing, text(ch))
}

func (t *tx) PutListings(ctx context.Context, rows []channelsync.ListingRow) error {
	return upsert(ctx, t, sqlPutListings, rows, func(r *channelsync.ListingRow) listingKey { return listingKey{r.Channel, r.ID} },
		func(b *batch, r *channelsync.ListingRow) {
			b.text(string(r.Channel)).text(string(r.ID)).text(r.SKU).text(r.Handle).time(r.SeenAt).bool(r.Gone).doc(r.Doc)
		})
}
