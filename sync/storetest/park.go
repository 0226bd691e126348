package storetest

import (
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
			all := []channelsync.ParkedRow{
				{Channel: "a", Kind: "order", Ref: "1"}, {Channel: "a", Kind: "order", Ref: "2"}, {Channel: "a", Kind: "listing", Ref: "1"},
				{Channel: "b", Kind: "order", Ref: "1"},
			}
			park(t, s, all...)
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
			rows := func(which ...int) (rows []channelsync.ParkedRow) {
				for _, i := range which {
					rows = append(rows, all[i])
				}
				return rows
			}
			for _, c := range []struct {
				filter channelsync.ParkedFilter
				want   []channelsync.ParkedRow
			}{
				{channelsync.ParkedFilter{}, rows(0, 1, 2, 3)},
				{channelsync.ParkedFilter{Channel: "a"}, rows(0, 1, 2)},
				{channelsync.ParkedFilter{Kind: "order"}, rows(0, 1, 3)},
				{channelsync.ParkedFilter{Ref: "1"}, rows(0, 2, 3)},
				{channelsync.ParkedFilter{Channel: "a", Kind: "order"}, rows(0, 1)},
				{channelsync.ParkedFilter{Channel: "a", Ref: "1"}, rows(0, 2)},
				{channelsync.ParkedFilter{Kind: "order", Ref: "1"}, rows(0, 3)},
				{channelsync.ParkedFilter{Channel: "a", Kind: "order", Ref: "1"}, rows(0)},
				{channelsync.ParkedFilter{ID: all[2].ID}, rows(2)},
				{channelsync.ParkedFilter{ID: all[2].ID, Channel: "b"}, nil},
				{channelsync.ParkedFilter{ID: all[2].ID, Channel: "a", Kind: "listing", Ref: "1"}, rows(2)},
				{channelsync.ParkedFilter{ID: -1}, nil},
			} {
				sameRows(t, "parked", parked(t, s, c.filter), c.want)
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
