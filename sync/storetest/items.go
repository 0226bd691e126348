package storetest

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// ledger reads the ledger of acme's MUG.
func ledger(tb testing.TB, s channelsync.Store, limit int) []channelsync.LedgerRow {
	tb.Helper()
	rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.LedgerRow, error) {
		return tx.Ledger(tb.Context(), "acme", "MUG", limit)
	})
	for i := range rows {
		if rows[i].Seq <= 0 || i > 0 && rows[i].Seq >= rows[i-1].Seq {
			tb.Errorf("ledger sequence %d is not below the one before it", rows[i].Seq)
		}
	}
	return rows
}

var itemCases = []Case{
	{
		"an item comes back as it was put",
		"What was counted is the seller's own work.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.ItemRow{
				{Account: "acme", SKU: "MUG", Managed: true, Base: 25, CountedAt: at(1), Doc: []byte("policy")},
				{Account: "acme", SKU: "mug", Base: -3},
			}
			other := channelsync.ItemRow{Account: "", SKU: "MUG", Base: 7}
			put := func(rows ...channelsync.ItemRow) {
				update(tb, s, func(tx channelsync.Tx) error { return tx.PutItems(tb.Context(), rows) })
			}
			get := func(account channelsync.AccountID, skus ...string) []channelsync.ItemRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ItemRow, error) { return tx.Items(tb.Context(), account, skus) })
			}
			put(append(want, other)...)
			sameRows(tb, "all of the account", get("acme"), want)
			sameRows(tb, "all of no account", get(""), []channelsync.ItemRow{other})
			sameRows(tb, "by SKU", get("acme", "MUG", "none"), want[:1])
			want[0] = channelsync.ItemRow{Account: "acme", SKU: "MUG", Base: 20, CountedAt: at(2)}
			put(want[0])
			sameRows(tb, "put again", get("acme", "MUG", "mug"), want)
		},
	},
	{
		"the ledger comes back newest first",
		"A seller asks why the number is what it is.",
		func(tb testing.TB, s channelsync.Store) {
			rows := []channelsync.LedgerRow{
				{Account: "acme", SKU: "MUG", Kind: "count", Delta: 25, At: at(3), Note: "shelf 4", Key: "c1"},
				{Account: "acme", SKU: "MUG", Kind: "adjustment", Delta: -2, At: at(1)},
				{Account: "acme", SKU: "CUP", Kind: "receipt", Delta: 5, At: at(2)},
				{Account: "other", SKU: "MUG", Kind: "receipt", Delta: 9, At: at(2)},
			}
			n := write(tb, s, func(tx channelsync.Tx) (int, error) { return tx.AppendLedger(tb.Context(), rows) })
			equal(tb, "appended", n, 4)
			got := ledger(tb, s, 10)
			want := []channelsync.LedgerRow{rows[1], rows[0]}
			for i := range min(len(got), len(want)) {
				want[i].Seq = got[i].Seq
			}
			inOrder(tb, "ledger", got, want)
			inOrder(tb, "the newest", ledger(tb, s, 1), want[:1])
			inOrder(tb, "all", ledger(tb, s, 0), want)
		},
	},
	{
		"a ledger key counts once for an item",
		"A receipt that is booked again after a timeout must not double the stock; one document's lines must not hide each other.",
		func(tb testing.TB, s channelsync.Store) {
			add := func(rows ...channelsync.LedgerRow) int {
				return write(tb, s, func(tx channelsync.Tx) (int, error) { return tx.AppendLedger(tb.Context(), rows) })
			}
			row := channelsync.LedgerRow{Account: "acme", SKU: "MUG", Kind: "receipt", Delta: 5, Key: "GRN-1"}
			equal(tb, "first", add(row), 1)
			repeat := row
			repeat.Delta = 6
			equal(tb, "repeated", add(repeat), 0)
			cup, other, later := row, row, row
			cup.SKU, other.Account, later.Key = "CUP", "other", "GRN-2"
			equal(tb, "in one slice, with another item, another account, another key", add(cup, cup, other, later, repeat), 3)
			none := channelsync.LedgerRow{Account: "acme", SKU: "MUG", Delta: 1}
			equal(tb, "without a key", add(none, none), 2)
			sum := int64(0)
			for _, r := range ledger(tb, s, 0) {
				sum += r.Delta
			}
			equal(tb, "sum", sum, int64(5+5+1+1))
		},
	},
	{
		"a link comes back as it was put, by listing and by item",
		"A sale looks up from the listing, a count from the item.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.LinkRow{
				{Channel: "a", Listing: "L1", Account: "acme", Item: "MUG", Units: 6, Source: "seller", At: at(1)},
				{Channel: "a", Listing: "L2", Account: "acme", Item: "CUP", Units: 1, Source: "sku", At: at(2)},
				{Channel: "b", Listing: "L1", Account: "acme", Item: "MUG", Units: 1, Source: "sku"},
				{Channel: "b", Listing: "L2", Account: "other", Item: "MUG", Units: 1, Source: "sku"},
			}
			put := func(rows ...channelsync.LinkRow) {
				update(tb, s, func(tx channelsync.Tx) error { return tx.PutLinks(tb.Context(), rows) })
			}
			links := func(ch channel.ID, listings ...channel.ListingID) []channelsync.LinkRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LinkRow, error) { return tx.Links(tb.Context(), ch, listings) })
			}
			of := func(items ...string) []channelsync.LinkRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LinkRow, error) {
					return tx.ItemLinks(tb.Context(), "acme", items)
				})
			}
			put(want...)
			sameRows(tb, "all of a", links("a"), want[:2])
			sameRows(tb, "by listing", links("a", "L2", "none"), want[1:2])
			sameRows(tb, "by item", of("MUG", "none"), []channelsync.LinkRow{want[0], want[2]})
			sameRows(tb, "by two items", of("MUG", "CUP"), want[:3])

			want[0] = channelsync.LinkRow{Channel: "a", Listing: "L1", Account: "other", Item: "CUP", Units: 2, Source: "sku", At: at(3)}
			put(want[0])
			sameRows(tb, "linked to another", of("MUG", "CUP"), []channelsync.LinkRow{want[1], want[2]})
			sameRows(tb, "put again", links("a", "L1"), want[:1])
			for range 2 {
				update(tb, s, func(tx channelsync.Tx) error { return tx.DeleteLink(tb.Context(), "a", "L1") })
			}
			sameRows(tb, "after one was deleted", links("a"), want[1:2])
			if n := len(links("b")); n != 2 {
				tb.Errorf("the other channel has %d links, want 2", n)
			}
		},
	},
	{
		"listings come back as they were put, and by their exact SKU",
		"mug and MUG are two products to a marketplace; which of them a seller meant is not the store's to guess.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.ListingRow{
				{Channel: "a", ID: "1", SKU: "MUG", SeenAt: at(1), Gone: true, Doc: []byte("doc")},
				{Channel: "a", ID: "2", SKU: "mug"},
				{Channel: "a", ID: "3", SKU: "MUG"},
				{Channel: "a", ID: "4", SKU: "MÜG"},
				{Channel: "a", ID: "5", SKU: "MU\u0308G"},
				{Channel: "a", ID: "6", SKU: "MUG "},
				{Channel: "a", ID: "7", SKU: "0012"},
				{Channel: "a", ID: "8", SKU: "12"},
				{Channel: "a", ID: "9", SKU: ""},
			}
			put := func(rows ...channelsync.ListingRow) {
				update(tb, s, func(tx channelsync.Tx) error { return tx.PutListings(tb.Context(), rows) })
			}
			listings := func(ids ...channel.ListingID) []channelsync.ListingRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ListingRow, error) { return tx.Listings(tb.Context(), "a", ids) })
			}
			by := func(skus ...string) []channelsync.ListingRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ListingRow, error) {
					return tx.ListingsBySKU(tb.Context(), "a", skus)
				})
			}
			put(append(want, channelsync.ListingRow{Channel: "b", ID: "1", SKU: "MUG"}, channelsync.ListingRow{Channel: "b", ID: "2", SKU: "mug"})...)
			sameRows(tb, "all", listings(), want)
			sameRows(tb, "by id", listings("2", "none", "4"), []channelsync.ListingRow{want[1], want[3]})
			sameRows(tb, "MUG", by("MUG"), []channelsync.ListingRow{want[0], want[2]})
			for i := range want {
				if want[i].SKU != "MUG" {
					sameRows(tb, "by SKU", by(want[i].SKU), want[i:i+1])
				}
			}
			sameRows(tb, "two SKUs", by("mug", "12", "none"), []channelsync.ListingRow{want[1], want[7]})
			want[0] = channelsync.ListingRow{Channel: "a", ID: "1", SKU: "CUP", SeenAt: at(2)}
			put(want[0])
			sameRows(tb, "after it was renamed", by("MUG", "CUP"), []channelsync.ListingRow{want[0], want[2]})
		},
	},
	{
		"listings come back by their handle",
		"A marketplace notifies of an inventory item, and the listing is what is read.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.ListingRow{
				{Channel: "a", ID: "1", Handle: "h1"},
				{Channel: "a", ID: "2", Handle: "h2"},
				{Channel: "a", ID: "3", Handle: "h1"}, // two may share one
				{Channel: "a", ID: "4"},
				{Channel: "b", ID: "5", Handle: "h1"},
			}
			put := func(rows ...channelsync.ListingRow) {
				update(tb, s, func(tx channelsync.Tx) error { return tx.PutListings(tb.Context(), rows) })
			}
			by := func(handles ...string) []channelsync.ListingRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ListingRow, error) {
					return tx.ListingsByHandle(tb.Context(), "a", handles)
				})
			}
			put(want...)
			sameRows(tb, "h1", by("h1", "none"), []channelsync.ListingRow{want[0], want[2]})
			sameRows(tb, "two", by("h1", "h2"), want[:3])
			sameRows(tb, "one that is none", by("H1"), nil)
			sameRows(tb, "no handle", by(""), nil)
			want[0].Handle = "h3"
			put(want[0])
			sameRows(tb, "the former one", by("h1"), want[2:3])
			sameRows(tb, "the new one", by("h3"), want[:1])
		},
	},
}
