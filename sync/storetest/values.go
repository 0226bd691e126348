package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// odd are texts that a marketplace or a seller could bring, and some that
// neither should.
var odd = []string{
	"", " ", "'; DROP TABLE orders; --", `"quoted" \ back`, "Zoë Ångström", "注文", "🫖", "e\u0301", "\u00e9",
	"nul\x00inside", "\x00", "\xff\xfe not UTF-8", "line\r\nbreak", "%", "_", "?", "$1", "NULL", "0", "1e3", "001",
}

var valueCases = []Case{
	{
		"text is kept byte by byte",
		"One SKU with a NUL or a broken encoding must not make a page unstorable for good, nor become another SKU.",
		func(tb testing.TB, s channelsync.Store) {
			var orders []channelsync.OrderRow
			var orderIDs []channel.OrderID
			var demand []channelsync.DemandRow
			var items []channelsync.ItemRow
			for _, o := range odd {
				orders = append(orders, channelsync.OrderRow{Channel: "a", ID: channel.OrderID(o), Number: o})
				orderIDs = append(orderIDs, channel.OrderID(o))
				demand = append(demand, channelsync.DemandRow{
					Channel: "a", Order: channel.OrderID(o), Line: channel.LineID(o), SKU: o, Listing: channel.ListingID(o),
				})
				items = append(items, channelsync.ItemRow{Account: "acme", SKU: o})
			}
			update(tb, s, func(tx channelsync.Tx) error {
				if err := tx.PutOrders(tb.Context(), orders); err != nil {
					return err
				}
				if err := tx.PutDemand(tb.Context(), demand); err != nil {
					return err
				}
				return tx.PutItems(tb.Context(), items)
			})
			sameRows(tb, "orders", read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
				return tx.Orders(tb.Context(), "a", orderIDs)
			}), orders)
			sameRows(tb, "demand", read(tb, s, func(tx channelsync.Tx) ([]channelsync.DemandRow, error) {
				return tx.Demand(tb.Context(), "a", orderIDs)
			}), demand)
			sameRows(tb, "items", read(tb, s, func(tx channelsync.Tx) ([]channelsync.ItemRow, error) {
				return tx.Items(tb.Context(), "acme", odd)
			}), items)
			for _, o := range orders {
				got := read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
					return tx.Orders(tb.Context(), "a", []channel.OrderID{o.ID})
				})
				inOrder(tb, "order by its id", got, []channelsync.OrderRow{o})
			}
		},
	},
	{
		"text of lanes, parked records and shipments is kept byte by byte",
		"Reasons quote what a marketplace said, in whatever encoding it said it.",
		func(tb testing.TB, s channelsync.Store) {
			var lanes []channelsync.LaneRow
			var parked []channelsync.ParkedRow
			var shipments []channelsync.ShipmentRow
			for i, o := range odd {
				lanes = append(lanes, channelsync.LaneRow{Channel: "a", Lane: channelsync.Lane(o), Class: o, Reason: o})
				parked = append(parked, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: o, Class: o, Reason: o, Digest: o})
				shipments = append(shipments, channelsync.ShipmentRow{Key: o, Channel: "a", Order: channel.OrderID(o), Seq: i, Reason: o})
			}
			update(tb, s, func(tx channelsync.Tx) error {
				if err := tx.PutLanes(tb.Context(), lanes); err != nil {
					return err
				}
				if err := tx.Park(tb.Context(), parked); err != nil {
					return err
				}
				return tx.PutShipments(tb.Context(), shipments)
			})
			sameRows(tb, "lanes", read(tb, s, func(tx channelsync.Tx) ([]channelsync.LaneRow, error) { return tx.Lanes(tb.Context(), "a") }), lanes)
			got := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ParkedRow, error) {
				return tx.Parked(tb.Context(), channelsync.ParkedFilter{Channel: "a"})
			})
			for i := range got {
				got[i].ID = 0
			}
			sameRows(tb, "parked", got, parked)
			sameRows(tb, "shipments", read(tb, s, func(tx channelsync.Tx) ([]channelsync.ShipmentRow, error) {
				return tx.Shipments(tb.Context(), odd)
			}), shipments)
		},
	},
	{
		"text is ordered byte by byte",
		"A walk by id that starts again where it stopped skips rows when the database sorts as people do.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channel.OrderID{"1", "10", "2", "A", "Z", "_", "a", "a\x00", "a b", "ab", "z", "ä", "\xff"}
			var rows []channelsync.OrderRow
			for i := range want {
				rows = append(rows, channelsync.OrderRow{Channel: "a", ID: want[(i*5)%len(want)]})
			}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutOrders(tb.Context(), rows) })
			var got []channel.OrderID
			for after := channel.OrderID(""); ; after = got[len(got)-1] {
				page := read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
					return tx.OrderPage(tb.Context(), "a", after, 2)
				})
				for _, r := range page {
					got = append(got, r.ID)
				}
				if len(page) == 0 || len(got) > len(want) {
					break
				}
			}
			inOrder(tb, "ids", got, want)
		},
	},
	{
		"times are kept to the nanosecond in UTC, and no time stays none",
		"An order's version is its time: a rounded one would be older than itself, and an epoch for none would be due.",
		func(tb testing.TB, s channelsync.Store) {
			for name, tm := range map[string]time.Time{
				"none":             {},
				"nanoseconds":      t0,
				"elsewhere":        t0.In(time.FixedZone("UTC+5:30", 19800)),
				"monotonic":        time.Now(),
				"before 1970":      time.Date(1969, 7, 20, 20, 17, 40, 1, time.UTC),
				"bubble's":         time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
				"one after 1970":   time.Unix(0, 1),
				"the year 2200":    time.Date(2200, 1, 1, 0, 0, 0, 999_999_999, time.UTC),
				"none, and a zone": time.Time{}.In(time.FixedZone("UTC-8", -28800)),
			} {
				row := channelsync.OrderRow{Channel: "a", ID: "1", PlacedAt: tm, UpdatedAt: tm, SeenAt: tm}
				got := write(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
					if err := tx.PutOrders(tb.Context(), []channelsync.OrderRow{row}); err != nil {
						return nil, err
					}
					return tx.Orders(tb.Context(), "a", []channel.OrderID{"1"})
				})
				if len(got) != 1 {
					tb.Fatalf("%s: %d rows", name, len(got))
				}
				for _, g := range []time.Time{got[0].PlacedAt, got[0].UpdatedAt, got[0].SeenAt} {
					if !g.Equal(tm) || g.IsZero() != tm.IsZero() || g.Location() != time.UTC {
						tb.Errorf("%s: put %v, got %v", name, tm, g)
					}
				}
			}
		},
	},
	{
		"a time too far off is still far off",
		"Marketplaces send the years 1 and 9999 for never; as an overflow, the far future would be the past.",
		func(tb testing.TB, s channelsync.Store) {
			rows := []channelsync.OrderRow{
				{Channel: "a", ID: "far", PlacedAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
				{Channel: "a", ID: "old", PlacedAt: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)},
			}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutOrders(tb.Context(), rows) })
			got := read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) { return tx.OrderPage(tb.Context(), "a", "", 0) })
			if len(got) != 2 || !got[0].PlacedAt.After(at(0).AddDate(200, 0, 0)) || !got[1].PlacedAt.Before(at(0).AddDate(-200, 0, 0)) || got[1].PlacedAt.IsZero() {
				tb.Errorf("got %+v", got)
			}
		},
	},
	{
		"bytes are kept, and empty ones are nil",
		"Documents are sealed or encoded bytes of any value; the engine tells none by nil.",
		func(tb testing.TB, s channelsync.Store) {
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			large := make([]byte, 3<<20)
			for i := range large {
				large[i] = byte(i * 7)
			}
			for name, doc := range map[string][]byte{"nil": nil, "empty": {}, "one NUL": {0}, "all": all, "large": large} {
				update(tb, s, func(tx channelsync.Tx) error { return putDocs(tb.Context(), tx, doc) })
				for what, got := range read(tb, s, func(tx channelsync.Tx) (map[string][]byte, error) { return docs(tb.Context(), tx) }) {
					if string(got) != string(doc) {
						tb.Errorf("%s, %s: %d bytes came back as %d other ones", what, name, len(doc), len(got))
					}
					if len(doc) == 0 && got != nil {
						tb.Errorf("%s, %s: came back as %#v, want nil", what, name, got)
					}
				}
			}
		},
	},
	{
		"what was read is the caller's to keep",
		"Rows outlive their transaction, and the engine changes them in place.",
		func(tb testing.TB, s channelsync.Store) {
			update(tb, s, func(tx channelsync.Tx) error { return putDocs(tb.Context(), tx, []byte("first")) })
			first := read(tb, s, func(tx channelsync.Tx) (map[string][]byte, error) { return docs(tb.Context(), tx) })
			again := read(tb, s, func(tx channelsync.Tx) (map[string][]byte, error) { return docs(tb.Context(), tx) })
			for what := range first {
				copy(first[what], "XXXXX")
			}
			update(tb, s, func(tx channelsync.Tx) error { return putDocs(tb.Context(), tx, []byte("other")) })
			for what, got := range again {
				if string(got) != "first" {
					tb.Errorf("%s changed to %q after it was read", what, got)
				}
			}
		},
	},
	{
		"what was written is the store's own",
		"The engine reuses its buffers.",
		func(tb testing.TB, s channelsync.Store) {
			doc := []byte("first")
			update(tb, s, func(tx channelsync.Tx) error {
				err := putDocs(tb.Context(), tx, doc)
				copy(doc, "XXXXX")
				return err
			})
			for what, got := range read(tb, s, func(tx channelsync.Tx) (map[string][]byte, error) { return docs(tb.Context(), tx) }) {
				if string(got) != "first" {
					tb.Errorf("%s is %q, want what it was when it was put", what, got)
				}
			}
		},
	},
	{
		"numbers are kept at their ends",
		"Quantities and sums are 64 bits, below zero too: a marketplace that oversells shows -3.",
		func(tb testing.TB, s channelsync.Store) {
			for _, n := range []int64{0, 1, -1, -3, 1 << 53, 1<<53 + 1, 1<<63 - 1, -1 << 63} {
				level := channelsync.LevelRow{LevelKey: channelsync.LevelKey{Channel: "a", Listing: "1"}, Units: n, Wanted: n, Shown: new(n)}
				got := write(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
					if err := tx.PutLevels(tb.Context(), []channelsync.LevelRow{level}); err != nil {
						return nil, err
					}
					return tx.Levels(tb.Context(), []channelsync.LevelKey{level.LevelKey})
				})
				inOrder(tb, "level", got, []channelsync.LevelRow{level})
			}
		},
	},
	{
		"every bit of Parts is kept",
		"A payload of one part must not stand in for another.",
		func(tb testing.TB, s channelsync.Store) {
			var want []channelsync.RawRow
			for bit := range 32 {
				want = append(want, channelsync.RawRow{Channel: "a", Order: "1", Part: 1 << bit, ReadAt: at(bit)})
			}
			want = append(want, channelsync.RawRow{Channel: "a", Order: "1", Part: ^channel.Parts(0), ReadAt: at(99)})
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutRaw(tb.Context(), want) })
			sameRows(tb, "payloads", read(tb, s, func(tx channelsync.Tx) ([]channelsync.RawRow, error) { return tx.Raw(tb.Context(), "a", "1") }), want)
		},
	},
}

// putDocs stores the same bytes in every row that has bytes.
func putDocs(ctx context.Context, tx channelsync.Tx, doc []byte) error {
	id := func() error {
		rows, err := tx.Intents(ctx, "a")
		if err != nil {
			return err
		}
		row := channelsync.IntentRow{Channel: "a", Doc: doc}
		if len(rows) > 0 {
			row.ID = rows[0].ID
		}
		_, err = tx.PutIntent(ctx, row)
		return err
	}
	token := func() error {
		_, version, err := tx.Token(ctx, "a")
		if err != nil {
			return err
		}
		_, err = tx.SwapToken(ctx, "a", version, doc)
		return err
	}
	for _, put := range []func() error{
		id, token,
		func() error { return tx.AddChannels(ctx, []channelsync.ChannelRow{{ID: "a"}}) },
		func() error { return tx.SetChannelDoc(ctx, "a", doc) },
		func() error { return tx.PutLanes(ctx, []channelsync.LaneRow{{Channel: "a", State: doc}}) },
		func() error { return tx.PutOrders(ctx, []channelsync.OrderRow{{Channel: "a", ID: "1", Doc: doc}}) },
		func() error { return tx.PutRaw(ctx, []channelsync.RawRow{{Channel: "a", Order: "1", Payload: doc}}) },
		func() error { return tx.AppendOutbox(ctx, []channelsync.OutboxRow{{Channel: "a", Doc: doc}}) },
		func() error { return tx.Park(ctx, []channelsync.ParkedRow{{Channel: "a", Raw: doc}}) },
		func() error {
			return tx.PutShipments(ctx, []channelsync.ShipmentRow{{Key: "1", Channel: "a", Doc: doc}})
		},
		func() error { return tx.PutItems(ctx, []channelsync.ItemRow{{Account: "acme", SKU: "1", Doc: doc}}) },
		func() error { return tx.PutListings(ctx, []channelsync.ListingRow{{Channel: "a", ID: "1", Doc: doc}}) },
		func() error {
			return tx.PutLevels(ctx, []channelsync.LevelRow{{LevelKey: channelsync.LevelKey{Channel: "a", Listing: "1"}, State: doc}})
		},
	} {
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// docs reads the bytes that putDocs stored last, by where they are.
func docs(ctx context.Context, tx channelsync.Tx) (map[string][]byte, error) {
	all := map[string][]byte{}
	var failed error
	add := func(what string, err error, rows int, last func() []byte) {
		switch {
		case err != nil:
			failed = err
		case rows == 0:
			all[what] = []byte("no row")
		default:
			all[what] = last()
		}
	}
	intents, err := tx.Intents(ctx, "a")
	add("intent", err, len(intents), func() []byte { return intents[0].Doc })
	sealed, version, err := tx.Token(ctx, "a")
	add("token", err, int(version), func() []byte { return sealed })
	channels, err := tx.Channels(ctx, "a")
	add("channel", err, len(channels), func() []byte { return channels[0].Doc })
	lanes, err := tx.Lanes(ctx, "a")
	add("lane", err, len(lanes), func() []byte { return lanes[0].State })
	orders, err := tx.Orders(ctx, "a", []channel.OrderID{"1"})
	add("order", err, len(orders), func() []byte { return orders[0].Doc })
	raw, err := tx.Raw(ctx, "a", "1")
	add("raw", err, len(raw), func() []byte { return raw[0].Payload })
	outbox, err := tx.Outbox(ctx, "a", 0, 0)
	add("outbox", err, len(outbox), func() []byte { return outbox[len(outbox)-1].Doc })
	parked, err := tx.Parked(ctx, channelsync.ParkedFilter{})
	add("parked", err, len(parked), func() []byte { return parked[0].Raw })
	shipments, err := tx.Shipments(ctx, []string{"1"})
	add("shipment", err, len(shipments), func() []byte { return shipments[0].Doc })
	items, err := tx.Items(ctx, "acme", []string{"1"})
	add("item", err, len(items), func() []byte { return items[0].Doc })
	listings, err := tx.Listings(ctx, "a", []channel.ListingID{"1"})
	add("listing", err, len(listings), func() []byte { return listings[0].Doc })
	levels, err := tx.Levels(ctx, []channelsync.LevelKey{{Channel: "a", Listing: "1"}})
	add("level", err, len(levels), func() []byte { return levels[0].State })
	return all, failed
}
