package storetest

import (
	"fmt"
	"testing"

	channelsync "github.com/penstock-go/penstock/sync"
)

func park(t testing.TB, s channelsync.Store, rows ...channelsync.ParkedRow) {
	t.Helper()
	update(t, s, func(tx channelsync.Tx) error { return tx.Park(t.Context(), rows) })
}

func parked(t testing.TB, s channelsync.Store, f channelsync.ParkedFilter) []channelsync.ParkedRow {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channelsync.ParkedRow, error) { return tx.Parked(t.Context(), f) })
}

var parkCases = []Case{
	{
		"a record parked again replaces itself and counts its tries",
		"A poisoned record comes back with every walk: one row that says so, not one for each.",
		func(t testing.TB, s channelsync.Store) {
			first := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1", Class: "invalid", Reason: "no currency", Raw: []byte("raw"), At: at(1), Tries: 1}
			park(t, s, first)
			got := parked(t, s, channelsync.ParkedFilter{})
			if len(got) != 1 || got[0].ID == 0 {
				t.Fatalf("parked: %+v", got)
			}
			first.ID = got[0].ID
			inOrder(t, "parked", got, []channelsync.ParkedRow{first})

			second := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1", Class: "conflict", Reason: "two currencies", Raw: []byte("newer"), At: at(2), Tries: 1}
			park(t, s, second)
			second.ID, second.Tries = first.ID, 2
			inOrder(t, "parked again", parked(t, s, channelsync.ParkedFilter{}), []channelsync.ParkedRow{second})
		},
	},
	{
		"parked records are found by what they are",
		"A person looks at one channel's orders, and then at one of them.",
		func(t testing.TB, s channelsync.Store) {
			all := []channelsync.ParkedRow{ // in the order of their ids
				{Channel: "a", Kind: "order", Ref: "1"}, {Channel: "a", Kind: "order", Ref: "2"}, {Channel: "a", Kind: "listing", Ref: "1"},
				{Channel: "b", Kind: "order", Ref: "1"},
			}
			for _, r := range all {
				park(t, s, r)
			}
			found := parked(t, s, channelsync.ParkedFilter{})
			if len(found) != len(all) {
				t.Fatalf("parked: %+v", found)
			}
			for i := range all {
				for j := range found {
					if found[j].Channel == all[i].Channel && found[j].Kind == all[i].Kind && found[j].Ref == all[i].Ref {
						all[i].ID = found[j].ID
					}
				}
			}
			// Every set of conditions, met by each of the rows and by none.
			for _, like := range append(all, channelsync.ParkedRow{ID: -1, Channel: "c", Kind: "stock", Ref: "9"}) {
				for set := range 1 << 4 {
					var f channelsync.ParkedFilter
					if set&1 != 0 {
						f.ID = like.ID
					}
					if set&2 != 0 {
						f.Channel = like.Channel
					}
					if set&4 != 0 {
						f.Kind = like.Kind
					}
					if set&8 != 0 {
						f.Ref = like.Ref
					}
					var want []channelsync.ParkedRow
					for _, r := range all {
						if (f.ID == 0 || r.ID == f.ID) && (f.Channel == "" || r.Channel == f.Channel) && (f.Kind == "" || r.Kind == f.Kind) && (f.Ref == "" || r.Ref == f.Ref) {
							want = append(want, r)
						}
					}
					inOrder(t, fmt.Sprintf("parked for %+v", f), parked(t, s, f), want)
				}
			}
			// Conditions that no row meets together.
			for _, f := range []channelsync.ParkedFilter{
				{ID: all[2].ID, Channel: "b"}, {ID: all[2].ID, Kind: "order"}, {ID: all[2].ID, Ref: "2"},
				{ID: all[2].ID, Channel: "a", Kind: "order"}, {ID: all[2].ID, Channel: "a", Ref: "2"}, {ID: all[2].ID, Kind: "listing", Ref: "2"},
				{ID: all[2].ID, Channel: "b", Ref: "1"}, {ID: all[2].ID, Channel: "b", Kind: "listing"}, {ID: all[2].ID, Kind: "order", Ref: "1"},
				{ID: all[1].ID, Channel: "a", Kind: "order", Ref: "1"}, {ID: all[2].ID, Channel: "b", Kind: "listing", Ref: "1"},
				{ID: all[2].ID, Channel: "a", Kind: "order", Ref: "1"},
			} {
				inOrder(t, fmt.Sprintf("parked for %+v", f), parked(t, s, f), nil)
			}
			if n := len(parked(t, s, channelsync.ParkedFilter{Limit: 3})); n != 3 {
				t.Errorf("a limit of 3 returned %d", n)
			}
		},
	},
	{
		"CountParked counts by kind",
		"The status page says how many orders wait for a person.",
		func(t testing.TB, s channelsync.Store) {
			park(t, s, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1"}, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "2"},
				channelsync.ParkedRow{Channel: "a", Kind: "stock", Ref: "1"}, channelsync.ParkedRow{Channel: "b", Kind: "order", Ref: "1"})
			count := func() map[string]int {
				return read(t, s, func(tx channelsync.Tx) (map[string]int, error) { return tx.CountParked(t.Context(), "a") })
			}
			equal(t, "parked", count(), map[string]int{"order": 2, "stock": 1})
			for range 2 { // a second time is no error
				update(t, s, func(tx channelsync.Tx) error { return tx.Unpark(t.Context(), "a", "order", "1") })
			}
			equal(t, "after one was resolved", count(), map[string]int{"order": 1, "stock": 1})
			if n := len(parked(t, s, channelsync.ParkedFilter{Channel: "b"})); n != 1 {
				t.Errorf("the other channel has %d, want 1", n)
			}
		},
	},
}
