package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func getOrders(t testing.TB, s channelsync.Store, ch channel.ID, ids ...channel.OrderID) []channelsync.OrderRow {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) { return tx.Orders(t.Context(), ch, ids) })
}

func putOrders(t testing.TB, s channelsync.Store, rows ...channelsync.OrderRow) {
	t.Helper()
	update(t, s, func(tx channelsync.Tx) error { return tx.PutOrders(t.Context(), rows) })
}

func addTotals(t testing.TB, s channelsync.Store, rows ...channelsync.TotalRow) {
	t.Helper()
	update(t, s, func(tx channelsync.Tx) error { return tx.AddTotals(t.Context(), rows) })
}

func itemTotals(t testing.TB, s channelsync.Store, items ...string) []channelsync.TotalRow {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channelsync.TotalRow, error) {
		return tx.ItemTotals(t.Context(), "acme", items)
	})
}

func unlinked(t testing.TB, s channelsync.Store, ch channel.ID) []channelsync.TotalRow {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channelsync.TotalRow, error) { return tx.UnlinkedTotals(t.Context(), ch) })
}

func getRaw(t testing.TB, s channelsync.Store, ch channel.ID, id channel.OrderID) []channelsync.RawRow {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channelsync.RawRow, error) { return tx.Raw(t.Context(), ch, id) })
}

var orderCases = []Case{
	{
		"an order comes back as it was put, and is replaced as a whole",
		"The engine merges before it stores; a column left over from an older read would be a third order.",
		func(t testing.TB, s channelsync.Store) {
			row := channelsync.OrderRow{
				Channel: "a", ID: "1", Number: "#1001", PlacedAt: at(1), UpdatedAt: at(2), SeenAt: at(3),
				Open: true, Gone: true, Erased: true, Reread: true, Doc: []byte("doc"),
			}
			other := channelsync.OrderRow{Channel: "b", ID: "1", Number: "another channel's"}
			putOrders(t, s, row, other)
			inOrder(t, "order", getOrders(t, s, "a", "1", "none"), []channelsync.OrderRow{row})
			next := channelsync.OrderRow{Channel: "a", ID: "1", Number: "1001", PlacedAt: at(4), UpdatedAt: at(5), SeenAt: at(6), Doc: []byte("other")}
			putOrders(t, s, next)
			inOrder(t, "order put again", getOrders(t, s, "a", "1"), []channelsync.OrderRow{next})
			inOrder(t, "the other channel's", getOrders(t, s, "b", "1"), []channelsync.OrderRow{other})
		},
	},
	{
		"each flag of an order is a flag of its own",
		"Mixed up columns are found by orders that have just one.",
		func(t testing.TB, s channelsync.Store) {
			want := []channelsync.OrderRow{
				{Channel: "a", ID: "erased", Erased: true}, {Channel: "a", ID: "gone", Gone: true},
				{Channel: "a", ID: "open", Open: true}, {Channel: "a", ID: "reread", Reread: true},
			}
			putOrders(t, s, want...)
			sameRows(t, "orders", getOrders(t, s, "a", "erased", "gone", "open", "reread"), want)
		},
	},
	{
		"an order twice in one slice is the later one",
		"Pages shift while they are walked, and bring an order twice.",
		func(t testing.TB, s channelsync.Store) {
			putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "1", Number: "first"}, channelsync.OrderRow{Channel: "a", ID: "2"},
				channelsync.OrderRow{Channel: "a", ID: "1", Number: "second"})
			got := getOrders(t, s, "a", "1")
			if len(got) != 1 || got[0].Number != "second" {
				t.Errorf("got %+v", got)
			}
		},
	},
	{
		"every Put takes a key twice in one slice",
		"The same, for everything that pages bring.",
		func(t testing.TB, s channelsync.Store) {
			ctx := t.Context()
			key := channelsync.LevelKey{Channel: "a", Listing: "1"}
			update(t, s, func(tx channelsync.Tx) error {
				for _, put := range []func() error{
					func() error {
						return tx.AddChannels(ctx, []channelsync.ChannelRow{{ID: "a", Account: "1"}, {ID: "a", Account: "2"}})
					},
					func() error {
						return tx.PutLanes(ctx, []channelsync.LaneRow{{Channel: "a", Reason: "1"}, {Channel: "a", Reason: "2"}})
					},
					func() error {
						return tx.PutRaw(ctx, []channelsync.RawRow{{Channel: "a", Order: "1", Payload: []byte("1")}, {Channel: "a", Order: "1", Payload: []byte("2")}})
					},
					func() error {
						return tx.PutDemand(ctx, []channelsync.DemandRow{{Channel: "a", Order: "1", SKU: "1"}, {Channel: "a", Order: "1", SKU: "2"}})
					},
					func() error {
						return tx.Park(ctx, []channelsync.ParkedRow{{Channel: "a", Reason: "1"}, {Channel: "a", Reason: "2"}})
					},
					func() error {
						return tx.PutShipments(ctx, []channelsync.ShipmentRow{{Key: "1", Channel: "a", Reason: "1"}, {Key: "1", Channel: "a", Reason: "2"}})
					},
					func() error {
						return tx.PutItems(ctx, []channelsync.ItemRow{{Account: "acme", SKU: "1", Base: 1}, {Account: "acme", SKU: "1", Base: 2}})
					},
					func() error {
						return tx.PutLinks(ctx, []channelsync.LinkRow{{Channel: "a", Listing: "1", Item: "1"}, {Channel: "a", Listing: "1", Item: "2"}})
					},
					func() error {
						return tx.PutListings(ctx, []channelsync.ListingRow{{Channel: "a", ID: "1", SKU: "1"}, {Channel: "a", ID: "1", SKU: "2"}})
					},
					func() error {
						return tx.PutLevels(ctx, []channelsync.LevelRow{{LevelKey: key, Reason: "1"}, {LevelKey: key, Reason: "2"}})
					},
				} {
					if err := put(); err != nil {
						return err
					}
				}
				return nil
			})
			var got []string
			view(t, s, func(tx channelsync.Tx) error {
				channels, err1 := tx.Channels(ctx, "a")
				lanes, err2 := tx.Lanes(ctx, "a")
				raw, err3 := tx.Raw(ctx, "a", "1")
				demand, err4 := tx.Demand(ctx, "a", []channel.OrderID{"1"})
				parked, err5 := tx.Parked(ctx, channelsync.ParkedFilter{})
				shipments, err6 := tx.Shipments(ctx, []string{"1"})
				items, err7 := tx.Items(ctx, "acme", nil)
				links, err8 := tx.Links(ctx, "a", nil)
				listings, err9 := tx.Listings(ctx, "a", nil)
				levels, err10 := tx.Levels(ctx, []channelsync.LevelKey{key})
				for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10} {
					if err != nil {
						return err
					}
				}
				for _, n := range []int{len(channels), len(lanes), len(raw), len(demand), len(parked), len(shipments), len(items), len(links), len(listings), len(levels)} {
					if n != 1 {
						return fmt.Errorf("%d rows where one is wanted", n)
					}
				}
				got = []string{
					string(channels[0].Account), lanes[0].Reason, string(raw[0].Payload), demand[0].SKU, parked[0].Reason, shipments[0].Reason,
					fmt.Sprint(items[0].Base), links[0].Item, listings[0].SKU, levels[0].Reason,
				}
				return nil
			})
			inOrder(t, "what stands", got, []string{"2", "2", "2", "2", "2", "2", "2", "2", "2", "2"})
		},
	},
	{
		"OrderPage walks a channel's orders by id",
		"Rebuilding and exporting read every order once, in bounded memory.",
		func(t testing.TB, s channelsync.Store) {
			for _, id := range []channel.OrderID{"3", "1", "2", "5", "4"} {
				putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: id}, channelsync.OrderRow{Channel: "b", ID: id})
			}
			page := func(after channel.OrderID, limit int) (ids []channel.OrderID) {
				for _, r := range read(t, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
					return tx.OrderPage(t.Context(), "a", after, limit)
				}) {
					if r.Channel != "a" {
						t.Errorf("an order of channel %s", r.Channel)
					}
					ids = append(ids, r.ID)
				}
				return ids
			}
			inOrder(t, "first page", page("", 2), []channel.OrderID{"1", "2"})
			inOrder(t, "second page", page("2", 2), []channel.OrderID{"3", "4"})
			inOrder(t, "last page", page("4", 2), []channel.OrderID{"5"})
			inOrder(t, "after it", page("5", 2), nil)
			inOrder(t, "from between", page("25", 1), []channel.OrderID{"3"})
			inOrder(t, "without a limit", page("1", 0), []channel.OrderID{"2", "3", "4", "5"})
		},
	},
	{
		"OrdersToRead returns marked orders, and open ones unseen for long",
		"A change no walk brought is found by looking at the order itself.",
		func(t testing.TB, s channelsync.Store) {
			putOrders(t, s,
				channelsync.OrderRow{Channel: "a", ID: "marked", Reread: true, SeenAt: at(100)},
				channelsync.OrderRow{Channel: "a", ID: "both", Reread: true, Open: true, SeenAt: at(1)},
				channelsync.OrderRow{Channel: "a", ID: "unseen", Open: true, SeenAt: at(49)},
				channelsync.OrderRow{Channel: "a", ID: "long unseen", Open: true, SeenAt: at(2)},
				channelsync.OrderRow{Channel: "a", ID: "never seen", Open: true},
				channelsync.OrderRow{Channel: "a", ID: "seen", Open: true, SeenAt: at(50)},
				channelsync.OrderRow{Channel: "a", ID: "done", SeenAt: at(1)},
				channelsync.OrderRow{Channel: "b", ID: "other", Reread: true, Open: true, SeenAt: at(1)},
				channelsync.OrderRow{Channel: "b", ID: "another", Open: true, SeenAt: at(1)},
			)
			toRead := func(limit int) []channel.OrderID {
				return read(t, s, func(tx channelsync.Tx) ([]channel.OrderID, error) {
					return tx.OrdersToRead(t.Context(), "a", at(50), limit)
				})
			}
			want := []channel.OrderID{"marked", "both", "never seen", "long unseen", "unseen"}
			sameRows(t, "to read", toRead(10), want)
			sameRows(t, "to read, no limit", toRead(0), want)
			for limit := 1; limit <= len(want); limit++ {
				got := toRead(limit)
				if len(got) != limit {
					t.Errorf("limit %d: %v", limit, got)
				}
				for _, id := range got[:min(2, len(got))] {
					if id != "marked" && id != "both" {
						t.Errorf("limit %d: %v, want marked ones first", limit, got)
					}
				}
				inOrder(t, "unseen ones", got[min(2, len(got)):], want[2:max(2, limit)])
			}
			putOrders(t, s, channelsync.OrderRow{Channel: "a", ID: "marked", SeenAt: at(100)})
			sameRows(t, "after one was read", toRead(0), want[1:])
		},
	},
	{
		"a payload is kept for each part of an order, the newest",
		"An order is rebuilt from what arrived: its fulfilment units must not replace the order itself.",
		func(t testing.TB, s channelsync.Store) {
			put := func(rows ...channelsync.RawRow) {
				update(t, s, func(tx channelsync.Tx) error { return tx.PutRaw(t.Context(), rows) })
			}
			want := []channelsync.RawRow{
				{Channel: "a", Order: "1", Part: 1, ReadAt: at(1), Payload: []byte("order")},
				{Channel: "a", Order: "1", Part: 2, ReadAt: at(2), Payload: []byte("units")},
			}
			put(append(want, channelsync.RawRow{Channel: "a", Order: "2", Part: 1, Payload: []byte("another")},
				channelsync.RawRow{Channel: "b", Order: "1", Part: 1, Payload: []byte("another's")})...)
			sameRows(t, "payloads", getRaw(t, s, "a", "1"), want)
			want[1] = channelsync.RawRow{Channel: "a", Order: "1", Part: 2, ReadAt: at(3), Payload: []byte("newer")}
			put(want[1])
			sameRows(t, "payloads after a newer read", getRaw(t, s, "a", "1"), want)
		},
	},
	{
		"PruneRaw deletes what was read before a time, some at a time",
		"Payloads hold personal data and are kept for a stated time; a large deletion must not hold up orders.",
		func(t testing.TB, s channelsync.Store) {
			var rows []channelsync.RawRow
			for i := range 10 {
				rows = append(rows, channelsync.RawRow{Channel: channel.ID(fmt.Sprint(i % 2)), Order: channel.OrderID(fmt.Sprint(i)), ReadAt: at(i)})
			}
			update(t, s, func(tx channelsync.Tx) error { return tx.PutRaw(t.Context(), rows) })
			prune := func(before time.Time, limit int) int {
				return write(t, s, func(tx channelsync.Tx) (int, error) { return tx.PruneRaw(t.Context(), before, limit) })
			}
			equal(t, "first go", prune(at(7), 4), 4)
			equal(t, "second go", prune(at(7), 4), 3)
			equal(t, "third go", prune(at(7), 4), 0)
			for i := range 10 {
				if n := len(getRaw(t, s, channel.ID(fmt.Sprint(i%2)), channel.OrderID(fmt.Sprint(i)))); (n == 1) != (i >= 7) {
					t.Errorf("%d payloads read at second %d are left", n, i)
				}
			}
			equal(t, "without a limit", prune(at(100), 0), 3)
		},
	},
	{
		"demand comes back as it was put, by order",
		"What a line still needs is the difference to what it needed before: both must be right.",
		func(t testing.TB, s channelsync.Store) {
			want := []channelsync.DemandRow{
				{Channel: "a", Order: "1", Line: "1", SKU: "MUG", Listing: "L1", Open: 2, Shipped: 1, PlacedAt: at(1)},
				{Channel: "a", Order: "1", Line: "2", SKU: " mug ", Open: 1},
				{Channel: "a", Order: "2", Line: "3", Listing: "L2", Shipped: 5, PlacedAt: at(2)},
			}
			demand := func(orders ...channel.OrderID) []channelsync.DemandRow {
				return read(t, s, func(tx channelsync.Tx) ([]channelsync.DemandRow, error) { return tx.Demand(t.Context(), "a", orders) })
			}
			update(t, s, func(tx channelsync.Tx) error {
				return tx.PutDemand(t.Context(), append(want, channelsync.DemandRow{Channel: "b", Order: "1", Line: "1"}, channelsync.DemandRow{Channel: "a", Order: "9", Line: "1"}))
			})
			sameRows(t, "demand", demand("1", "2", "none"), want)
			sameRows(t, "demand of one", demand("1"), want[:2])
			want[0] = channelsync.DemandRow{Channel: "a", Order: "1", Line: "1", SKU: "CUP", Listing: "L9", Open: 1, Shipped: 2, PlacedAt: at(3)}
			update(t, s, func(tx channelsync.Tx) error { return tx.PutDemand(t.Context(), want[:1]) })
			sameRows(t, "demand put again", demand("1", "2"), want)
		},
	},
	{
		"AddTotals adds up, and keeps what the row was first given",
		"Totals are moved by differences in every page; a total that is off by one is off for good.",
		func(t testing.TB, s channelsync.Store) {
			first := channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Account: "acme", Item: "MUG", Units: 2, Open: 3, Shipped: 1, OldestAt: at(1)}
			addTotals(t, s, first)
			addTotals(t, s,
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Account: "other", Item: "CUP", Units: 9, Open: -2, Shipped: 2, OldestAt: at(9)},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Open: 4}) // twice in one slice
			first.Open, first.Shipped = 5, 3
			sameRows(t, "totals", itemTotals(t, s, "MUG", "CUP"), []channelsync.TotalRow{first})
			sameRows(t, "unlinked", unlinked(t, s, "a"), nil)
		},
	},
	{
		"totals are apart by channel, listing and SKU",
		"The same SKU on two listings is sold in different units.",
		func(t testing.TB, s channelsync.Store) {
			want := []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "MUG", Open: 1}, {Channel: "a", Listing: "L1", SKU: "mug", Open: 2},
				{Channel: "a", Listing: "L2", SKU: "MUG", Open: 3}, {Channel: "a", SKU: "MUG", Open: 4}, {Channel: "a", Listing: "L1", Open: 5},
			}
			addTotals(t, s, want...)
			addTotals(t, s, channelsync.TotalRow{Channel: "b", Listing: "L1", SKU: "MUG", Open: 6})
			sameRows(t, "totals of a", unlinked(t, s, "a"), want)
			sameRows(t, "totals of b", unlinked(t, s, "b"), []channelsync.TotalRow{{Channel: "b", Listing: "L1", SKU: "MUG", Open: 6}})
		},
	},
	{
		"LinkTotals links a listing's totals whatever their SKU",
		"A link is made to a listing; its SKU may have been renamed between two orders.",
		func(t testing.TB, s channelsync.Store) {
			addTotals(t, s,
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "OLD", Open: 1, OldestAt: at(1)},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "NEW", Open: 2},
				channelsync.TotalRow{Channel: "a", Listing: "L2", SKU: "NEW", Open: 4},
				channelsync.TotalRow{Channel: "a", SKU: "NEW", Open: 8},
				channelsync.TotalRow{Channel: "b", Listing: "L1", SKU: "NEW", Open: 16})
			link := func(item string, units int64) {
				update(t, s, func(tx channelsync.Tx) error {
					return tx.LinkTotals(t.Context(), "a", "L1", "ANY", "acme", item, units)
				})
			}
			link("MUG", 6)
			sameRows(t, "linked", itemTotals(t, s, "MUG"), []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "OLD", Account: "acme", Item: "MUG", Units: 6, Open: 1, OldestAt: at(1)},
				{Channel: "a", Listing: "L1", SKU: "NEW", Account: "acme", Item: "MUG", Units: 6, Open: 2},
			})
			sameRows(t, "left", unlinked(t, s, "a"), []channelsync.TotalRow{
				{Channel: "a", Listing: "L2", SKU: "NEW", Open: 4}, {Channel: "a", SKU: "NEW", Open: 8},
			})
			if n := len(unlinked(t, s, "b")); n != 1 {
				t.Errorf("the other channel has %d unlinked totals, want 1", n)
			}
			link("", 1) // and undone
			sameRows(t, "linked after it was undone", itemTotals(t, s, "MUG", ""), nil)
			if n := len(unlinked(t, s, "a")); n != 4 {
				t.Errorf("%d unlinked totals after it was undone, want 4", n)
			}
		},
	},
	{
		"LinkTotals without a listing links the SKU's totals that have none",
		"A line whose listing was deleted is still known by its SKU.",
		func(t testing.TB, s channelsync.Store) {
			addTotals(t, s,
				channelsync.TotalRow{Channel: "a", SKU: "MUG", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "mug", Open: 2},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Open: 4},
				channelsync.TotalRow{Channel: "b", SKU: "MUG", Open: 8})
			update(t, s, func(tx channelsync.Tx) error { return tx.LinkTotals(t.Context(), "a", "", "MUG", "acme", "ITEM", 3) })
			sameRows(t, "linked", itemTotals(t, s, "ITEM"), []channelsync.TotalRow{{Channel: "a", SKU: "MUG", Account: "acme", Item: "ITEM", Units: 3, Open: 1}})
			sameRows(t, "left", unlinked(t, s, "a"), []channelsync.TotalRow{{Channel: "a", SKU: "mug", Open: 2}, {Channel: "a", Listing: "L1", SKU: "MUG", Open: 4}})
		},
	},
	{
		"ItemTotals returns an item's totals of every channel, settled ones too",
		"On hand is what was counted less everything shipped, wherever and however long ago.",
		func(t testing.TB, s channelsync.Store) {
			want := []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "MUG", Account: "acme", Item: "MUG", Units: 1, Shipped: 7},
				{Channel: "b", Listing: "L1", SKU: "M", Account: "acme", Item: "MUG", Units: 6, Open: 1},
			}
			addTotals(t, s, want...)
			addTotals(t, s,
				channelsync.TotalRow{Channel: "a", Listing: "L2", SKU: "MUG", Account: "other", Item: "MUG", Units: 1, Open: 1},
				channelsync.TotalRow{Channel: "a", Listing: "L3", SKU: "CUP", Account: "acme", Item: "CUP", Units: 1, Open: 1})
			sameRows(t, "totals", itemTotals(t, s, "MUG", "none", "MUG"), want)
		},
	},
	{
		"UnlinkedTotals returns open demand that no item stands for",
		"It is what holds raises and what the seller is asked about; what needs nothing any more is neither.",
		func(t testing.TB, s channelsync.Store) {
			addTotals(t, s,
				channelsync.TotalRow{Channel: "a", SKU: "open", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "shipped", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "linked", Account: "acme", Item: "MUG", Units: 1, Open: 1})
			addTotals(t, s, channelsync.TotalRow{Channel: "a", SKU: "shipped", Open: -1, Shipped: 1})
			sameRows(t, "unlinked", unlinked(t, s, "a"), []channelsync.TotalRow{{Channel: "a", SKU: "open", Open: 1}})
		},
	},
}
