package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

var txCases = []Case{
	{
		"an Update that fails leaves nothing",
		"A page of orders, its outbox rows and its cursor are one transaction: half of it would lose or repeat events.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			broken := errors.New("broken")
			err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
				if err := writeEverything(tb.Context(), tx); err != nil {
					return err
				}
				return broken
			})
			if !errors.Is(err, broken) {
				tb.Fatalf("Update returned %v, want the function's own error", err)
			}
			nothing(tb, s)
		},
	},
	{
		"an Update that panics leaves nothing, and the panic goes on",
		"A bug in one channel's data must not commit half a page, nor leave the store locked for the others.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			func() {
				defer func() {
					if p := recover(); p != "bug" {
						tb.Errorf("recovered %v, want the panic of the function", p)
					}
				}()
				_ = s.Update(tb.Context(), func(tx channelsync.Tx) error {
					if err := writeEverything(tb.Context(), tx); err != nil {
						tb.Error(err)
					}
					panic("bug")
				})
				tb.Error("Update returned")
			}()
			nothing(tb, s)
			addChannels(tb, s, "b") // and the next one can write
		},
	},
	{
		"an Update whose context ends leaves nothing",
		"At shutdown a turn is told that its page failed; had it been stored, the same page would be told of twice.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			ctx, cancel := context.WithCancel(tb.Context())
			defer cancel()
			err := s.Update(ctx, func(tx channelsync.Tx) error {
				err := writeEverything(tb.Context(), tx)
				cancel()
				return err
			})
			if !errors.Is(err, context.Canceled) {
				tb.Fatalf("Update returned %v, want the context's error", err)
			}
			nothing(tb, s)
		},
	},
	{
		"a relaxed Update is an Update, to every reader of the process",
		"Leases are taken by it: of two turns that both saw a channel free, both would visit it.",
		func(tb testing.TB, s channelsync.Store) {
			relaxed, ok := s.(channelsync.RelaxedStore)
			if !ok {
				return // it waits for every commit, which is no fault
			}
			addChannels(tb, s, "a", "b")
			broken := errors.New("broken")
			err := relaxed.UpdateRelaxed(tb.Context(), func(tx channelsync.Tx) error {
				if err := writeEverything(tb.Context(), tx); err != nil {
					return err
				}
				return broken
			})
			if !errors.Is(err, broken) {
				tb.Fatalf("UpdateRelaxed returned %v, want the function's own error", err)
			}
			nothing(tb, s)
			claim := func(id channel.ID) (ok bool) {
				err := relaxed.UpdateRelaxed(tb.Context(), func(tx channelsync.Tx) (err error) {
					_, ok, err = tx.Claim(tb.Context(), id, "me", at(0), at(60))
					return err
				})
				if err != nil {
					tb.Fatal(err)
				}
				return ok
			}
			if !claim("a") || claim("a") {
				tb.Error("one claim of two must win")
			}
			rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(tb.Context(), "a") })
			if len(rows) != 1 || rows[0].Owner != "me" {
				tb.Errorf("a View after it sees %+v", rows)
			}
			update(tb, s, func(tx channelsync.Tx) error {
				rows, err := tx.Channels(tb.Context(), "a")
				if err == nil && (len(rows) != 1 || rows[0].Owner != "me") {
					err = fmt.Errorf("an Update after it sees %+v", rows)
				}
				return err
			})
		},
	},
	{
		"an Update is not begun with a context that has ended",
		"A visit that is told to stop must not take the one writer from those that are not.",
		func(tb testing.TB, s channelsync.Store) {
			ctx, cancel := context.WithCancel(tb.Context())
			cancel()
			for name, begin := range map[string]func(context.Context, func(channelsync.Tx) error) error{"Update": s.Update, "View": s.View} {
				ran := false
				if err := begin(ctx, func(channelsync.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
					tb.Errorf("%s returned %v, want the context's error", name, err)
				}
				if ran {
					tb.Errorf("%s ran its function", name)
				}
			}
		},
	},
	{
		"an error inside an Update spoils it even when the function hides it",
		"Databases differ in what is left after an error; a function that goes on must fail on all of them.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			ended, cancel := context.WithCancel(tb.Context())
			cancel()
			err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
				if err := writeEverything(tb.Context(), tx); err != nil {
					return err
				}
				if _, err := tx.Orders(ended, "a", []channel.OrderID{"1"}); err == nil {
					tb.Error("a call with a context that has ended succeeded")
				}
				if err := tx.PutOrders(tb.Context(), []channelsync.OrderRow{{Channel: "a", ID: "2"}}); err == nil {
					tb.Error("a call after an error succeeded")
				}
				return nil
			})
			if err == nil {
				tb.Error("Update succeeded")
			}
			nothing(tb, s)
		},
	},
	{
		"ErrFenced is an answer and spoils nothing",
		"A turn may learn that it was fenced, say so elsewhere and end in peace.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			update(tb, s, func(tx channelsync.Tx) error {
				if err := tx.Hold(tb.Context(), channelsync.Lease{Channel: "a", Owner: "nobody", Fence: 7}); !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("Hold returned %v, want ErrFenced", err)
				}
				return tx.SetChannelDoc(tb.Context(), "a", []byte("after"))
			})
			got := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(tb.Context(), "a") })
			if len(got) != 1 || string(got[0].Doc) != "after" {
				tb.Errorf("what followed ErrFenced was not stored: %+v", got)
			}
		},
	},
	{
		"a transaction reads what it wrote",
		"Planning reads the totals that the same page has just moved.",
		func(tb testing.TB, s channelsync.Store) {
			update(tb, s, func(tx channelsync.Tx) error {
				if err := writeEverything(tb.Context(), tx); err != nil {
					return err
				}
				rows, err := tx.Orders(tb.Context(), "a", []channel.OrderID{"1"})
				if len(rows) != 1 {
					tb.Errorf("Orders returned %d rows, want the one just put", len(rows))
				}
				return err
			})
		},
	},
	{
		"a View sees one moment",
		"A plan made of totals from before a sale and levels from after it would restore the units sold.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			put := func(number string) {
				update(tb, s, func(tx channelsync.Tx) error {
					return tx.PutOrders(tb.Context(), []channelsync.OrderRow{{Channel: "a", ID: "1", Number: number}})
				})
			}
			put("before")
			view(tb, s, func(tx channelsync.Tx) error {
				for range 2 {
					rows, err := tx.Orders(tb.Context(), "a", []channel.OrderID{"1"})
					if err != nil {
						return err
					}
					if len(rows) != 1 || rows[0].Number != "before" {
						tb.Errorf("Orders returned %+v, want the row as it was when the View began to read", rows)
					}
					put("after")
				}
				return nil
			})
			rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
				return tx.Orders(tb.Context(), "a", []channel.OrderID{"1"})
			})
			if len(rows) != 1 || rows[0].Number != "after" {
				tb.Errorf("a View begun after the commit sees %+v", rows)
			}
		},
	},
	{
		"a View writes nothing",
		"What the status page reads runs beside every turn; a write there would be in nobody's turn.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			for name, f := range map[string]func(channelsync.Tx) error{
				"PutOrders": func(tx channelsync.Tx) error {
					return tx.PutOrders(tb.Context(), []channelsync.OrderRow{{Channel: "a", ID: "1"}})
				},
				"Claim": func(tx channelsync.Tx) error {
					_, _, err := tx.Claim(tb.Context(), "a", "me", at(0), at(60))
					return err
				},
				"TouchLevels": func(tx channelsync.Tx) error {
					_, err := tx.TouchLevels(tb.Context(), "acme", []string{"MUG"}, at(0))
					return err
				},
			} {
				if err := s.View(tb.Context(), f); err == nil {
					tb.Errorf("%s in a View succeeded", name)
				}
			}
			nothing(tb, s)
		},
	},
	{
		"an empty slice is no work",
		"A page without orders is common, and must not be an error nor a statement with an empty list.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			ctx := tb.Context()
			update(tb, s, func(tx channelsync.Tx) error {
				_, err1 := tx.Orders(ctx, "a", nil)
				_, err2 := tx.Demand(ctx, "a", nil)
				_, err3 := tx.ItemTotals(ctx, "acme", nil)
				_, err4 := tx.Shipments(ctx, nil)
				_, err5 := tx.OrderShipments(ctx, "a", nil)
				_, err6 := tx.ItemLinks(ctx, "acme", nil)
				_, err7 := tx.ListingsBySKU(ctx, "a", nil)
				_, err8 := tx.Levels(ctx, nil)
				_, err9 := tx.ItemLevels(ctx, "acme", nil)
				_, err10 := tx.AppendLedger(ctx, nil)
				_, err11 := tx.TouchLevels(ctx, "acme", nil, at(0))
				return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11,
					tx.AddChannels(ctx, nil), tx.Wake(ctx, at(0), true), tx.PutLanes(ctx, nil), tx.PutOrders(ctx, nil),
					tx.PutRaw(ctx, nil), tx.PutDemand(ctx, nil), tx.AddTotals(ctx, nil), tx.AppendOutbox(ctx, nil),
					tx.Park(ctx, nil), tx.PutShipments(ctx, nil), tx.PutItems(ctx, nil), tx.PutLinks(ctx, nil),
					tx.PutListings(ctx, nil), tx.PutLevels(ctx, nil), tx.DeleteLevels(ctx, nil), tx.DeleteIntents(ctx, nil))
			})
			rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(ctx) })
			if len(rows) != 1 || rows[0].Wake != 0 {
				tb.Errorf("waking no channel changed %+v", rows)
			}
		},
	},
	{
		"Updates from many goroutines lose nothing",
		"Workers, handlers and the seller's own calls write at the same time; a sum read and written back must be right.",
		func(tb testing.TB, s channelsync.Store) {
			const writers, each = 8, 10
			var group sync.WaitGroup
			for range writers {
				group.Go(func() {
					for range each {
						err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
							rows, err := tx.Items(tb.Context(), "acme", []string{"MUG"})
							if err != nil {
								return err
							}
							item := channelsync.ItemRow{Account: "acme", SKU: "MUG"}
							if len(rows) > 0 {
								item = rows[0]
							}
							item.Base++
							return tx.PutItems(tb.Context(), []channelsync.ItemRow{item})
						})
						if err != nil {
							tb.Error(err)
						}
					}
				})
			}
			for range 2 {
				group.Go(func() {
					for range each {
						err := s.View(tb.Context(), func(tx channelsync.Tx) error {
							_, err := tx.Items(tb.Context(), "acme", nil)
							return err
						})
						if err != nil {
							tb.Error(err)
						}
					}
				})
			}
			group.Wait()
			rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ItemRow, error) {
				return tx.Items(tb.Context(), "acme", []string{"MUG"})
			})
			if len(rows) != 1 || rows[0].Base != writers*each {
				tb.Errorf("counted to %+v, want %d", rows, writers*each)
			}
		},
	},
	{
		"five thousand rows go in and come out",
		"A first import and a full listing walk bring pages far larger than a statement has parameters.",
		func(tb testing.TB, s channelsync.Store) {
			const n = 5000
			orders := make([]channelsync.OrderRow, n)
			levels := make([]channelsync.LevelRow, n)
			orderIDs := make([]channel.OrderID, n, 2*n)
			keys := make([]channelsync.LevelKey, n, 2*n)
			items := make([]string, n)
			for i := range n {
				orderIDs[i] = channel.OrderID(fmt.Sprintf("%04d", i))
				orders[i] = channelsync.OrderRow{Channel: "a", ID: orderIDs[i], Number: strconv.Itoa(i), PlacedAt: at(i)}
				keys[i] = channelsync.LevelKey{Channel: "a", Listing: channel.ListingID(orderIDs[i]), Location: "main"}
				items[i] = string(orderIDs[i])
				levels[i] = channelsync.LevelRow{LevelKey: keys[i], Account: "acme", Item: items[i], Units: 1, Wanted: int64(i)}
			}
			update(tb, s, func(tx channelsync.Tx) error {
				if err := tx.PutOrders(tb.Context(), orders); err != nil {
					return err
				}
				return tx.PutLevels(tb.Context(), levels)
			})
			// Asked for twice, and with some that are not there.
			orderIDs = append(append(orderIDs, orderIDs...), "none")
			keys = append(append(keys, keys...), channelsync.LevelKey{Channel: "a", Listing: "none", Location: "main"})
			sameRows(tb, "orders", read(tb, s, func(tx channelsync.Tx) ([]channelsync.OrderRow, error) {
				return tx.Orders(tb.Context(), "a", orderIDs)
			}), orders)
			sameRows(tb, "levels", read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
				return tx.Levels(tb.Context(), keys)
			}), levels)
			touched := write(tb, s, func(tx channelsync.Tx) ([]channel.ID, error) {
				return tx.TouchLevels(tb.Context(), "acme", items, at(0))
			})
			inOrder(tb, "touched channels", touched, []channel.ID{"a"})
			due := read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
				return tx.DueLevels(tb.Context(), "a", at(0), 0)
			})
			if len(due) != n {
				tb.Errorf("%d levels are due, want %d", len(due), n)
			}
		},
	},
	{
		"a closed store refuses",
		"A handler that outlives the engine must be told, and not hang or panic.",
		func(tb testing.TB, s channelsync.Store) {
			if err := s.Close(); err != nil {
				tb.Fatal(err)
			}
			f := func(channelsync.Tx) error { tb.Error("ran"); return nil }
			if err := s.Update(tb.Context(), f); err == nil {
				tb.Error("Update on a closed store succeeded")
			}
			if err := s.View(tb.Context(), f); err == nil {
				tb.Error("View on a closed store succeeded")
			}
		},
	},
}

// writeEverything puts a row in most tables.
func writeEverything(ctx context.Context, tx channelsync.Tx) error {
	_, err := tx.PutIntent(ctx, channelsync.IntentRow{Channel: "a"})
	if err != nil {
		return err
	}
	if _, _, err := tx.AddShipment(ctx, channelsync.ShipmentRow{Key: "1", Channel: "a", Order: "1"}); err != nil {
		return err
	}
	if _, err := tx.SwapToken(ctx, "a", 0, []byte("token")); err != nil {
		return err
	}
	return errors.Join(
		tx.PutOrders(ctx, []channelsync.OrderRow{{Channel: "a", ID: "1"}}),
		tx.PutRaw(ctx, []channelsync.RawRow{{Channel: "a", Order: "1"}}),
		tx.PutDemand(ctx, []channelsync.DemandRow{{Channel: "a", Order: "1", Line: "1"}}),
		tx.AddTotals(ctx, []channelsync.TotalRow{{Channel: "a", SKU: "MUG", Open: 1}}),
		tx.AppendOutbox(ctx, []channelsync.OutboxRow{{Channel: "a", Order: "1"}}),
		tx.PutLanes(ctx, []channelsync.LaneRow{{Channel: "a", Lane: channelsync.LaneImport}}),
		tx.Park(ctx, []channelsync.ParkedRow{{Channel: "a", Kind: "order", Ref: "1"}}),
		tx.Wake(ctx, at(0), true, "a"),
	)
}

// nothing checks that writeEverything left no trace.
func nothing(tb testing.TB, s channelsync.Store) {
	tb.Helper()
	ctx := tb.Context()
	view(tb, s, func(tx channelsync.Tx) error {
		intents, err1 := tx.Intents(ctx, "a")
		shipments, err2 := tx.Shipments(ctx, []string{"1"})
		_, version, err3 := tx.Token(ctx, "a")
		orders, err4 := tx.Orders(ctx, "a", []channel.OrderID{"1", "2"})
		raw, err5 := tx.Raw(ctx, "a", "1")
		demand, err6 := tx.Demand(ctx, "a", []channel.OrderID{"1"})
		totals, err7 := tx.UnlinkedTotals(ctx, "a")
		outbox, err8 := tx.Outbox(ctx, "a", 0, 0)
		lanes, err9 := tx.Lanes(ctx, "a")
		parked, err10 := tx.Parked(ctx, channelsync.ParkedFilter{})
		channels, err11 := tx.Channels(ctx, "a")
		if n := len(intents) + len(shipments) + int(version) + len(orders) + len(raw) + len(demand) + len(totals) + len(outbox) +
			len(lanes) + len(parked); n != 0 {
			tb.Errorf("%d intents, %d shipments, token version %d, %d orders, %d raw, %d demand, %d totals, %d outbox, %d lanes, %d parked: want none",
				len(intents), len(shipments), version, len(orders), len(raw), len(demand), len(totals), len(outbox), len(lanes), len(parked))
		}
		for _, c := range channels {
			if c.Wake != 0 || c.Urgent || c.Fence != 0 || c.Owner != "" {
				tb.Errorf("the channel was changed: %+v", c)
			}
		}
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11)
	})
}
