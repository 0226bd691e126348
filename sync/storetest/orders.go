package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func getOrders(tb testing.TB, s channelsync.Store, ch channel.ID, ids ...channel.OrderID) []channelsync.OrderRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) { return tx.Orders(tb.Context(), ch, ids) })
}

func putOrders(tb testing.TB, s channelsync.Store, rows ...channelsync.OrderRow) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.PutOrders(tb.Context(), rows) })
}

func addTotals(tb testing.TB, s channelsync.Store, rows ...channelsync.TotalRow) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.AddTotals(tb.Context(), rows) })
}

func itemTotals(tb testing.TB, s channelsync.Store, items ...string) []channelsync.TotalRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.TotalRow, error) {
		return tx.ItemTotals(tb.Context(), "acme", items)
	})
}

func unlinked(tb testing.TB, s channelsync.Store, ch channel.ID) []channelsync.TotalRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.TotalRow, error) { return tx.UnlinkedTotals(tb.Context(), ch) })
}

func getRaw(tb testing.TB, s channelsync.Store, ch channel.ID, id channel.OrderID) []channelsync.RawRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.RawRow, error) { return tx.Raw(tb.Context(), ch, id) })
}

var orderCases = []Case{
	{
		"an order comes back as it was put, and is replaced as a whole",
		"The engine merges before it stores; a column left over from an older read would be a third order.",
		func(tb testing.TB, s channelsync.Store) {
			row := channelsync.OrderRow{
				Channel: "a", ID: "1", Number: "#1001", PlacedAt: at(1), UpdatedAt: at(2), SeenAt: at(3),
				Open: true, Gone: true, Erased: true, Reread: true, Doc: []byte("doc"),
			}
			other := channelsync.OrderRow{Channel: "b", ID: "1", Number: "another channel's"}
			putOrders(tb, s, row, other)
			inOrder(tb, "order", getOrders(tb, s, "a", "1", "none"), []channelsync.OrderRow{row})
			next := channelsync.OrderRow{Channel: "a", ID: "1", Number: "1001", PlacedAt: at(4), UpdatedAt: at(5), SeenAt: at(6), Doc: []byte("other")}
			putOrders(tb, s, next)
			inOrder(tb, "order put again", getOrders(tb, s, "a", "1"), []channelsync.OrderRow{next})
			inOrder(tb, "the other channel's", getOrders(tb, s, "b", "1"), []channelsync.OrderRow{other})
		},
	},
	{
		"each flag of an order is a flag of its own",
		"Mixed up columns are found by orders that have just one.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.OrderRow{
				{Channel: "a", ID: "erased", Erased: true},
				{Channel: "a", ID: "gone", Gone: true},
				{Channel: "a", ID: "open", Open: true},
				{Channel: "a", ID: "reread", Reread: true},
			}
			putOrders(tb, s, want...)
			sameRows(tb, "orders", getOrders(tb, s, "a", "erased", "gone", "open", "reread"), want)
		},
	},
	{
		"an order twice in one slice is the later one",
		"Pages shift while they are walked, and bring an order twice.",
		func(tb testing.TB, s channelsync.Store) {
			putOrders(tb, s, channelsync.OrderRow{Channel: "a", ID: "1", Number: "first"}, channelsync.OrderRow{Channel: "a", ID: "2"},
				channelsync.OrderRow{Channel: "a", ID: "1", Number: "second"})
			got := getOrders(tb, s, "a", "1")
			if len(got) != 1 || got[0].Number != "second" {
				tb.Errorf("got %+v", got)
			}
		},
	},
	{
		"every Put takes a key twice in one slice",
		"The same, for everything that pages bring.",
		func(tb testing.TB, s channelsync.Store) {
			ctx := tb.Context()
			key := channelsync.LevelKey{Channel: "a", Listing: "1"}
			update(tb, s, func(tx channelsync.Tx) error {
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
			view(tb, s, func(tx channelsync.Tx) error {
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
					strconv.FormatInt(items[0].Base, 10), links[0].Item, listings[0].SKU, levels[0].Reason,
				}
				return nil
			})
			inOrder(tb, "what stands", got, []string{"2", "2", "2", "2", "2", "2", "2", "2", "2", "2"})
		},
	},
	{
		"OrderPage walks a channel's orders by id",
		"Rebuilding and exporting read every order once, in bounded memory.",
		func(tb testing.TB, s channelsync.Store) {
			for _, id := range []channel.OrderID{"3", "1", "2", "5", "4"} {
				putOrders(tb, s, channelsync.OrderRow{Channel: "a", ID: id}, channelsync.OrderRow{Channel: "b", ID: id})
			}
			page := func(after channel.OrderID, limit int) (ids []channel.OrderID) {
				for _, r := range read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
					return tx.OrderPage(tb.Context(), "a", after, limit)
				}) {
					if r.Channel != "a" {
						tb.Errorf("an order of channel %s", r.Channel)
					}
					ids = append(ids, r.ID)
				}
				return ids
			}
			inOrder(tb, "first page", page("", 2), []channel.OrderID{"1", "2"})
			inOrder(tb, "second page", page("2", 2), []channel.OrderID{"3", "4"})
			inOrder(tb, "last page", page("4", 2), []channel.OrderID{"5"})
			inOrder(tb, "after it", page("5", 2), nil)
			inOrder(tb, "from between", page("25", 1), []channel.OrderID{"3"})
			inOrder(tb, "without a limit", page("1", 0), []channel.OrderID{"2", "3", "4", "5"})
		},
	},
	{
		"OrdersToRead returns marked orders, and open ones unseen for long",
		"A change no walk brought is found by looking at the order itself.",
		func(tb testing.TB, s channelsync.Store) {
			putOrders(tb, s,
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
				return read(tb, s, func(tx channelsync.Tx) ([]channel.OrderID, error) {
					return tx.OrdersToRead(tb.Context(), "a", at(50), limit)
				})
			}
			want := []channel.OrderID{"marked", "both", "never seen", "long unseen", "unseen"}
			sameRows(tb, "to read", toRead(10), want)
			sameRows(tb, "to read, no limit", toRead(0), want)
			for limit := 1; limit <= len(want); limit++ {
				got := toRead(limit)
				if len(got) != limit {
					tb.Errorf("limit %d: %v", limit, got)
				}
				for _, id := range got[:min(2, len(got))] {
					if id != "marked" && id != "both" {
						tb.Errorf("limit %d: %v, want marked ones first", limit, got)
					}
				}
				inOrder(tb, "unseen ones", got[min(2, len(got)):], want[2:max(2, limit)])
			}
			putOrders(tb, s, channelsync.OrderRow{Channel: "a", ID: "marked", SeenAt: at(100)})
			sameRows(tb, "after one was read", toRead(0), want[1:])
		},
	},
	{
		"a page of rows comes back as it was put",
		"A store puts many rows at once; each must arrive, in its place, and one that comes twice as the later one.",
		func(tb testing.TB, s channelsync.Store) {
			const n = 50
			var orders []channelsync.OrderRow
			var raws []channelsync.RawRow
			var demand []channelsync.DemandRow
			var totals []channelsync.TotalRow
			var events []channelsync.OutboxRow
			for i := range n {
				id := strconv.Itoa(i)
				orders = append(orders, channelsync.OrderRow{Channel: "a", ID: channel.OrderID(id), Number: "#" + id, PlacedAt: at(i), Doc: []byte("doc " + id)})
				raws = append(raws, channelsync.RawRow{Channel: "a", Order: "1", Part: channel.Parts(i), ReadAt: at(i), Payload: []byte("raw " + id)})
				demand = append(demand, channelsync.DemandRow{Channel: "a", Order: "1", Line: channel.LineID(id), SKU: "S" + id, Open: int64(i)})
				totals = append(totals, channelsync.TotalRow{Channel: "a", Listing: channel.ListingID(id), SKU: "S", Open: int64(i + 1), Shipped: 1})
				events = append(events, channelsync.OutboxRow{Channel: "a", Kind: "new", Order: channel.OrderID(id), At: at(i), Doc: []byte("event " + id)})
			}
			stale := orders[n-1]
			stale.Number, stale.Doc = "older", []byte("older")
			update(tb, s, func(tx channelsync.Tx) error {
				return errors.Join(
					tx.PutOrders(tb.Context(), append([]channelsync.OrderRow{stale}, orders...)), tx.PutRaw(tb.Context(), raws),
					tx.PutDemand(tb.Context(), demand), tx.AddTotals(tb.Context(), totals), tx.AddTotals(tb.Context(), totals[:n-1]),
					tx.AppendOutbox(tb.Context(), events))
			})
			for i := range totals[:n-1] {
				totals[i].Open, totals[i].Shipped = 2*totals[i].Open, 2
			}
			var ids []channel.OrderID
			for _, o := range orders {
				ids = append(ids, o.ID)
			}
			sameRows(tb, "orders", getOrders(tb, s, "a", ids...), orders)
			sameRows(tb, "payloads", getRaw(tb, s, "a", "1"), raws)
			sameRows(tb, "demand", read(tb, s, func(tx channelsync.Tx) ([]channelsync.DemandRow, error) {
				return tx.Demand(tb.Context(), "a", []channel.OrderID{"1"})
			}), demand)
			sameRows(tb, "totals", unlinked(tb, s, "a"), totals)
			told := outbox(tb, s, "a", 0, 0)
			for i := range told {
				told[i].Seq = 0
			}
			inOrder(tb, "events", told, events)
		},
	},
	{
		"a payload is kept for each part of an order, the newest",
		"An order is rebuilt from what arrived: its fulfilment units must not replace the order itself.",
		func(tb testing.TB, s channelsync.Store) {
			put := func(rows ...channelsync.RawRow) {
				update(tb, s, func(tx channelsync.Tx) error { return tx.PutRaw(tb.Context(), rows) })
			}
			want := []channelsync.RawRow{
				{Channel: "a", Order: "1", Part: 1, ReadAt: at(1), Payload: []byte("order")},
				{Channel: "a", Order: "1", Part: 2, ReadAt: at(2), Payload: []byte("units")},
			}
			put(append(want, channelsync.RawRow{Channel: "a", Order: "2", Part: 1, Payload: []byte("another")},
				channelsync.RawRow{Channel: "b", Order: "1", Part: 1, Payload: []byte("another's")})...)
			sameRows(tb, "payloads", getRaw(tb, s, "a", "1"), want)
			want[1] = channelsync.RawRow{Channel: "a", Order: "1", Part: 2, ReadAt: at(3), Payload: []byte("newer")}
			put(want[1])
			sameRows(tb, "payloads after a newer read", getRaw(tb, s, "a", "1"), want)
		},
	},
	{
		"PruneRaw deletes what was read before a time, some at a time",
		"Payloads hold personal data and are kept for a stated time; a large deletion must not hold up orders.",
		func(tb testing.TB, s channelsync.Store) {
			var rows []channelsync.RawRow
			for i := range 10 {
				rows = append(rows, channelsync.RawRow{Channel: channel.ID(strconv.Itoa(i % 2)), Order: channel.OrderID(strconv.Itoa(i)), ReadAt: at(i)})
			}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutRaw(tb.Context(), rows) })
			prune := func(before time.Time, limit int) int {
				return write(tb, s, func(tx channelsync.Tx) (int, error) { return tx.PruneRaw(tb.Context(), before, limit) })
			}
			equal(tb, "first go", prune(at(7), 4), 4)
			equal(tb, "second go", prune(at(7), 4), 3)
			equal(tb, "third go", prune(at(7), 4), 0)
			for i := range 10 {
				if n := len(getRaw(tb, s, channel.ID(strconv.Itoa(i%2)), channel.OrderID(strconv.Itoa(i)))); (n == 1) != (i >= 7) {
					tb.Errorf("%d payloads read at second %d are left", n, i)
				}
			}
			equal(tb, "without a limit", prune(at(100), 0), 3)
		},
	},
	{
		"demand comes back as it was put, by order",
		"What a line still needs is the difference to what it needed before: both must be right.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.DemandRow{
				{Channel: "a", Order: "1", Line: "1", SKU: "MUG", Listing: "L1", Open: 2, Shipped: 1, PlacedAt: at(1)},
				{Channel: "a", Order: "1", Line: "2", SKU: " mug ", Open: 1},
				{Channel: "a", Order: "2", Line: "3", Listing: "L2", Shipped: 5, PlacedAt: at(2)},
			}
			demand := func(orders ...channel.OrderID) []channelsync.DemandRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.DemandRow, error) { return tx.Demand(tb.Context(), "a", orders) })
			}
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.PutDemand(tb.Context(), append(want, channelsync.DemandRow{Channel: "b", Order: "1", Line: "1"}, channelsync.DemandRow{Channel: "a", Order: "9", Line: "1"}))
			})
			sameRows(tb, "demand", demand("1", "2", "none"), want)
			sameRows(tb, "demand of one", demand("1"), want[:2])
			want[0] = channelsync.DemandRow{Channel: "a", Order: "1", Line: "1", SKU: "CUP", Listing: "L9", Open: 1, Shipped: 2, PlacedAt: at(3)}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutDemand(tb.Context(), want[:1]) })
			sameRows(tb, "demand put again", demand("1", "2"), want)
		},
	},
	{
		"AddTotals adds up, and keeps what the row was first given",
		"Totals are moved by differences in every page; a total that is off by one is off for good.",
		func(tb testing.TB, s channelsync.Store) {
			first := channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Account: "acme", Item: "MUG", Units: 2, Open: 3, Shipped: 1, OldestAt: at(1)}
			addTotals(tb, s, first)
			addTotals(tb, s,
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Account: "other", Item: "CUP", Units: 9, Open: -2, Shipped: 2, OldestAt: at(9)},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Open: 4}) // twice in one slice
			first.Open, first.Shipped = 5, 3
			sameRows(tb, "totals", itemTotals(tb, s, "MUG", "CUP"), []channelsync.TotalRow{first})
			sameRows(tb, "unlinked", unlinked(tb, s, "a"), nil)
		},
	},
	{
		"totals are apart by channel, listing and SKU",
		"The same SKU on two listings is sold in different units.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "MUG", Open: 1},
				{Channel: "a", Listing: "L1", SKU: "mug", Open: 2},
				{Channel: "a", Listing: "L2", SKU: "MUG", Open: 3},
				{Channel: "a", SKU: "MUG", Open: 4},
				{Channel: "a", Listing: "L1", Open: 5},
			}
			addTotals(tb, s, want...)
			addTotals(tb, s, channelsync.TotalRow{Channel: "b", Listing: "L1", SKU: "MUG", Open: 6})
			sameRows(tb, "totals of a", unlinked(tb, s, "a"), want)
			sameRows(tb, "totals of b", unlinked(tb, s, "b"), []channelsync.TotalRow{{Channel: "b", Listing: "L1", SKU: "MUG", Open: 6}})
		},
	},
	{
		"LinkTotals links a listing's totals whatever their SKU",
		"A link is made to a listing; its SKU may have been renamed between two orders.",
		func(tb testing.TB, s channelsync.Store) {
			addTotals(tb, s,
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "OLD", Open: 1, OldestAt: at(1)},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "NEW", Open: 2},
				channelsync.TotalRow{Channel: "a", Listing: "L2", SKU: "NEW", Open: 4},
				channelsync.TotalRow{Channel: "a", SKU: "NEW", Open: 8},
				channelsync.TotalRow{Channel: "b", Listing: "L1", SKU: "NEW", Open: 16})
			link := func(item string, units int64) {
				update(tb, s, func(tx channelsync.Tx) error {
					return tx.LinkTotals(tb.Context(), "a", "L1", "ANY", "acme", item, units)
				})
			}
			link("MUG", 6)
			sameRows(tb, "linked", itemTotals(tb, s, "MUG"), []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "OLD", Account: "acme", Item: "MUG", Units: 6, Open: 1, OldestAt: at(1)},
				{Channel: "a", Listing: "L1", SKU: "NEW", Account: "acme", Item: "MUG", Units: 6, Open: 2},
			})
			sameRows(tb, "left", unlinked(tb, s, "a"), []channelsync.TotalRow{
				{Channel: "a", Listing: "L2", SKU: "NEW", Open: 4}, {Channel: "a", SKU: "NEW", Open: 8},
			})
			if n := len(unlinked(tb, s, "b")); n != 1 {
				tb.Errorf("the other channel has %d unlinked totals, want 1", n)
			}
			link("", 1) // and undone
			sameRows(tb, "linked after it was undone", itemTotals(tb, s, "MUG", ""), nil)
			if n := len(unlinked(tb, s, "a")); n != 4 {
				tb.Errorf("%d unlinked totals after it was undone, want 4", n)
			}
		},
	},
	{
		"LinkTotals without a listing links the SKU's totals that have none",
		"A line whose listing was deleted is still known by its SKU.",
		func(tb testing.TB, s channelsync.Store) {
			addTotals(tb, s,
				channelsync.TotalRow{Channel: "a", SKU: "MUG", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "mug", Open: 2},
				channelsync.TotalRow{Channel: "a", Listing: "L1", SKU: "MUG", Open: 4},
				channelsync.TotalRow{Channel: "b", SKU: "MUG", Open: 8})
			update(tb, s, func(tx channelsync.Tx) error { return tx.LinkTotals(tb.Context(), "a", "", "MUG", "acme", "ITEM", 3) })
			sameRows(tb, "linked", itemTotals(tb, s, "ITEM"), []channelsync.TotalRow{{Channel: "a", SKU: "MUG", Account: "acme", Item: "ITEM", Units: 3, Open: 1}})
			sameRows(tb, "left", unlinked(tb, s, "a"), []channelsync.TotalRow{{Channel: "a", SKU: "mug", Open: 2}, {Channel: "a", Listing: "L1", SKU: "MUG", Open: 4}})
		},
	},
	{
		"ItemTotals returns an item's totals of every channel, settled ones too",
		"On hand is what was counted less everything shipped, wherever and however long ago.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.TotalRow{
				{Channel: "a", Listing: "L1", SKU: "MUG", Account: "acme", Item: "MUG", Units: 1, Shipped: 7},
				{Channel: "b", Listing: "L1", SKU: "M", Account: "acme", Item: "MUG", Units: 6, Open: 1},
			}
			addTotals(tb, s, want...)
			addTotals(tb, s,
				channelsync.TotalRow{Channel: "a", Listing: "L2", SKU: "MUG", Account: "other", Item: "MUG", Units: 1, Open: 1},
				channelsync.TotalRow{Channel: "a", Listing: "L3", SKU: "CUP", Account: "acme", Item: "CUP", Units: 1, Open: 1})
			sameRows(tb, "totals", itemTotals(tb, s, "MUG", "none", "MUG"), want)
		},
	},
	{
		"UnlinkedTotals returns open demand that no item stands for",
		"It is what holds raises and what the seller is asked about; what needs nothing any more is neither.",
		func(tb testing.TB, s channelsync.Store) {
			addTotals(tb, s,
				channelsync.TotalRow{Channel: "a", SKU: "open", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "shipped", Open: 1},
				channelsync.TotalRow{Channel: "a", SKU: "linked", Account: "acme", Item: "MUG", Units: 1, Open: 1})
			addTotals(tb, s, channelsync.TotalRow{Channel: "a", SKU: "shipped", Open: -1, Shipped: 1})
			sameRows(tb, "unlinked", unlinked(tb, s, "a"), []channelsync.TotalRow{{Channel: "a", SKU: "open", Open: 1}})
		},
	},
}
