package storetest

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func addShipment(tb testing.TB, s channelsync.Store, row channelsync.ShipmentRow) (stored channelsync.ShipmentRow, added bool) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) (err error) {
		stored, added, err = tx.AddShipment(tb.Context(), row)
		return err
	})
	return stored, added
}

func shipmentKeys(rows []channelsync.ShipmentRow) (keys []string) {
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	return keys
}

var shipmentCases = []Case{
	{
		"a parcel comes back as it was stored",
		"What was sent, when, by which turn and what came of it is all there is to decide by after a crash.",
		func(tb testing.TB, s channelsync.Store) {
			row := channelsync.ShipmentRow{
				Key: "k1", Channel: "a", Order: "1", State: channelsync.ShipmentSent, NextAt: at(1), SentAt: at(2), Deadline: at(3),
				Fence: 4, Attempts: 5, Reason: "no answer", Doc: []byte("doc"), At: at(6),
			}
			stored, added := addShipment(tb, s, row)
			row.Seq = 1
			equal(tb, "stored", stored, row)
			if !added {
				tb.Error("AddShipment reports that it was there")
			}
			get := func(keys ...string) []channelsync.ShipmentRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ShipmentRow, error) { return tx.Shipments(tb.Context(), keys) })
			}
			inOrder(tb, "read", get("k1", "none"), []channelsync.ShipmentRow{row})
			next := channelsync.ShipmentRow{
				Key: "k1", Channel: "a", Order: "1", Seq: 1, State: channelsync.ShipmentConfirmed, Attempts: 6, Doc: []byte("outcome"), At: at(7),
			}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutShipments(tb.Context(), []channelsync.ShipmentRow{next}) })
			inOrder(tb, "put", get("k1"), []channelsync.ShipmentRow{next})
			moved := next
			moved.Channel, moved.Order, moved.Seq = "b", "2", 9
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutShipments(tb.Context(), []channelsync.ShipmentRow{moved}) })
			inOrder(tb, "put as another order's", get("k1"), []channelsync.ShipmentRow{next})
		},
	},
	{
		"a key given again brings the parcel that has it",
		"A warehouse that repeats its call after a timeout means the same parcel.",
		func(tb testing.TB, s channelsync.Store) {
			first, _ := addShipment(tb, s, channelsync.ShipmentRow{Key: "k1", Channel: "a", Order: "1", State: channelsync.ShipmentPending, Doc: []byte("first"), NextAt: at(1)})
			again, added := addShipment(tb, s, channelsync.ShipmentRow{Key: "k1", Channel: "a", Order: "1", State: channelsync.ShipmentPending, Doc: []byte("second"), NextAt: at(2)})
			equal(tb, "stored", again, first)
			if added {
				tb.Error("AddShipment reports a second parcel")
			}
			third, _ := addShipment(tb, s, channelsync.ShipmentRow{Key: "k2", Channel: "a", Order: "1"})
			equal(tb, "sequence after a repeat", third.Seq, 2)
		},
	},
	{
		"parcels are numbered within their order",
		"Amazon's package id is this number: two parcels with one number are one parcel there.",
		func(tb testing.TB, s channelsync.Store) {
			for i, want := range []struct {
				ch    channel.ID
				order channel.OrderID
				seq   int
			}{{"a", "1", 1}, {"a", "1", 2}, {"a", "2", 1}, {"b", "1", 1}, {"a", "1", 3}} {
				got, _ := addShipment(tb, s, channelsync.ShipmentRow{Key: strconv.Itoa(i), Channel: want.ch, Order: want.order, Seq: 77})
				equal(tb, "sequence", got.Seq, want.seq)
			}
			get := func(orders ...channel.OrderID) []string {
				return shipmentKeys(read(tb, s, func(tx channelsync.Tx) ([]channelsync.ShipmentRow, error) {
					return tx.OrderShipments(tb.Context(), "a", orders)
				}))
			}
			inOrder(tb, "of an order", get("1"), []string{"0", "1", "4"})
			sameRows(tb, "of several", get("1", "2", "none"), []string{"0", "1", "2", "4"})
		},
	},
	{
		"parcels added at one moment have different numbers",
		"Two packers finish two boxes of one order at once.",
		func(tb testing.TB, s channelsync.Store) {
			const n = 16
			var group sync.WaitGroup
			for i := range n {
				group.Go(func() {
					err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
						_, _, err := tx.AddShipment(tb.Context(), channelsync.ShipmentRow{Key: strconv.Itoa(i / 2), Channel: "a", Order: "1"})
						return err
					})
					if err != nil {
						tb.Error(err)
					}
				})
			}
			group.Wait()
			seen := map[int]bool{}
			for _, r := range read(tb, s, func(tx channelsync.Tx) ([]channelsync.ShipmentRow, error) {
				return tx.OrderShipments(tb.Context(), "a", []channel.OrderID{"1"})
			}) {
				if r.Seq < 1 || r.Seq > n/2 || seen[r.Seq] {
					tb.Errorf("number %d", r.Seq)
				}
				seen[r.Seq] = true
			}
			equal(tb, "parcels", len(seen), n/2)
		},
	},
	{
		"due parcels come by how long they have been due",
		"A parcel that was told of first is written back first, and one with nothing to do never comes.",
		func(tb testing.TB, s channelsync.Store) {
			row := func(key string, ch channel.ID, state channelsync.ShipmentState, next time.Time) channelsync.ShipmentRow {
				return channelsync.ShipmentRow{Key: key, Channel: ch, Order: channel.OrderID(key), Seq: 1, State: state, NextAt: next}
			}
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.PutShipments(tb.Context(), []channelsync.ShipmentRow{
					row("third", "a", channelsync.ShipmentPending, at(30)), row("first", "a", channelsync.ShipmentSent, at(10)),
					row("second", "a", channelsync.ShipmentPending, at(20)), row("later", "a", channelsync.ShipmentPending, at(31)),
					row("done", "a", channelsync.ShipmentConfirmed, time.Time{}), row("other", "b", channelsync.ShipmentPending, at(1)),
				})
			})
			due := func(limit int) []string {
				return shipmentKeys(read(tb, s, func(tx channelsync.Tx) ([]channelsync.ShipmentRow, error) {
					return tx.DueShipments(tb.Context(), "a", at(30), limit)
				}))
			}
			inOrder(tb, "due", due(10), []string{"first", "second", "third"})
			inOrder(tb, "due, two of them", due(2), []string{"first", "second"})
			inOrder(tb, "due, all of them", due(0), []string{"first", "second", "third"})

			var counts map[channelsync.ShipmentState]int
			var oldest time.Time
			count := func(ch channel.ID) {
				view(tb, s, func(tx channelsync.Tx) (err error) {
					counts, oldest, err = tx.CountShipments(tb.Context(), ch)
					return err
				})
			}
			count("a")
			equal(tb, "counts", counts, map[channelsync.ShipmentState]int{
				channelsync.ShipmentPending: 3, channelsync.ShipmentSent: 1, channelsync.ShipmentConfirmed: 1,
			})
			equal(tb, "oldest", oldest, at(10))
			count("none")
			if len(counts) != 0 || !oldest.IsZero() {
				tb.Errorf("a channel without parcels counts %v and %v", counts, oldest)
			}
		},
	},
}
