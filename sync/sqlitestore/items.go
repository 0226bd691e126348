package sqlitestore

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
	sqlItems   = newQuery("items", `SELECT `+itemColumns+` FROM items WHERE account = ?`)
	sqlItemsIn = newQueryIn("items", `SELECT `+itemColumns+` FROM items WHERE account = ? AND sku IN (?*)`)
	sqlPutItem = newQuery("put items", `
		INSERT INTO items (`+itemColumns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, sku) DO UPDATE SET managed = excluded.managed, base = excluded.base,
			counted_at = excluded.counted_at, doc = excluded.doc`)

	sqlAppendLedger = newQuery("append to ledger", `
		INSERT INTO ledger (`+ledgerColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, sku, key) WHERE key <> '' DO NOTHING`)
	sqlLedger = newQuery("ledger", `
		SELECT seq, `+ledgerColumns+` FROM ledger WHERE account = ? AND sku = ? ORDER BY seq DESC LIMIT ?`)

	sqlLinks     = newQuery("links", `SELECT `+linkColumns+` FROM links WHERE channel = ?`)
	sqlLinksIn   = newQueryIn("links", `SELECT `+linkColumns+` FROM links WHERE channel = ? AND listing IN (?*)`)
	sqlItemLinks = newQueryIn("item links", `SELECT `+linkColumns+` FROM links WHERE account = ? AND item IN (?*)`)
	sqlPutLink   = newQuery("put links", `
		INSERT INTO links (`+linkColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, listing) DO UPDATE SET account = excluded.account, item = excluded.item,
			units = excluded.units, source = excluded.source, at = excluded.at`)
	sqlDeleteLink = newQuery("delete link", `DELETE FROM links WHERE channel = ? AND listing = ?`)

	sqlListings         = newQuery("listings", `SELECT `+listingColumns+` FROM listings WHERE channel = ?`)
	sqlListingsIn       = newQueryIn("listings", `SELECT `+listingColumns+` FROM listings WHERE channel = ? AND id IN (?*)`)
	sqlListingsBySKU    = newQueryIn("listings by SKU", `SELECT `+listingColumns+` FROM listings WHERE channel = ? AND sku IN (?*)`)
	sqlListingsByHandle = newQueryIn("listings by handle", `
		SELECT `+listingColumns+` FROM listings WHERE channel = ? AND handle <> '' AND handle IN (?*)`)
	sqlPutListing = newQuery("put listings", `
		INSERT INTO listings (`+listingColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, id) DO UPDATE SET sku = excluded.sku, handle = excluded.handle, seen_at = excluded.seen_at, gone = excluded.gone, doc = excluded.doc`)
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

func (t *tx) Items(ctx context.Context, account channelsync.AccountID, skus []string) ([]channelsync.ItemRow, error) {
	if len(skus) == 0 {
		return list(ctx, t, sqlItems, scanItem, string(account))
	}
	return listOf(ctx, t, sqlItemsIn, skus, scanItem, string(account))
}

func (t *tx) PutItems(ctx context.Context, rows []channelsync.ItemRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPutItem, string(r.Account), r.SKU, r.Managed, r.Base, nanos(r.CountedAt), r.Doc); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AppendLedger(ctx context.Context, rows []channelsync.LedgerRow) (int, error) {
	added := 0
	for i := range rows {
		r := &rows[i]
		n, err := t.exec(ctx, sqlAppendLedger, string(r.Account), r.SKU, r.Kind, r.Delta, nanos(r.At), r.Note, r.Key)
		if err != nil {
			return 0, err
		}
		added += int(n)
	}
	return added, nil
}

func (t *tx) Ledger(ctx context.Context, account channelsync.AccountID, sku string, n int) ([]channelsync.LedgerRow, error) {
	return list(ctx, t, sqlLedger, scanLedger, string(account), sku, limit(n))
}

func (t *tx) Links(ctx context.Context, ch channel.ID, listings []channel.ListingID) ([]channelsync.LinkRow, error) {
	if len(listings) == 0 {
		return list(ctx, t, sqlLinks, scanLink, string(ch))
	}
	return listOf(ctx, t, sqlLinksIn, listings, scanLink, string(ch))
}

func (t *tx) ItemLinks(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.LinkRow, error) {
	return listOf(ctx, t, sqlItemLinks, items, scanLink, string(account))
}

func (t *tx) PutLinks(ctx context.Context, rows []channelsync.LinkRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPutLink, string(r.Channel), string(r.Listing), string(r.Account), r.Item, r.Units, r.Source, nanos(r.At)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteLink(ctx context.Context, ch channel.ID, listing channel.ListingID) error {
	_, err := t.exec(ctx, sqlDeleteLink, string(ch), string(listing))
	return err
}

func (t *tx) Listings(ctx context.Context, ch channel.ID, ids []channel.ListingID) ([]channelsync.ListingRow, error) {
	if len(ids) == 0 {
		return list(ctx, t, sqlListings, scanListing, string(ch))
	}
	return listOf(ctx, t, sqlListingsIn, ids, scanListing, string(ch))
}

func (t *tx) ListingsBySKU(ctx context.Context, ch channel.ID, skus []string) ([]channelsync.ListingRow, error) {
	return listOf(ctx, t, sqlListingsBySKU, skus, scanListing, string(ch))
}

func (t *tx) ListingsByHandle(ctx context.Context, ch channel.ID, handles []string) ([]channelsync.ListingRow, error) {
	return listOf(ctx, t, sqlListingsByHandle, handles, scanListing, string(ch))
}

func (t *tx) PutListings(ctx context.Context, rows []channelsync.ListingRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPutListing, string(r.Channel), string(r.ID), r.SKU, r.Handle, nanos(r.SeenAt), r.Gone, r.Doc); err != nil {
			return err
		}
	}
	return nil
}
