package storetest

import (
	"fmt"
	"testing"
	"time"

	channelsync "github.com/penstock-go/penstock/sync"
)

func park(tb testing.TB, s channelsync.Store, rows ...channelsync.ParkedRow) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.Park(tb.Context(), rows) })
}

func parked(tb testing.TB, s channelsync.Store, f channelsync.ParkedFilter) []channelsync.ParkedRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.ParkedRow, error) { return tx.Parked(tb.Context(), f) })
}

var parkCases = []Case{
	{
		"a record parked again replaces itself and counts its tries",
		"A poisoned record comes back with every walk: one row that says so, not one for each.",
		func(tb testing.TB, s channelsync.Store) {
			first := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1", Class: "invalid", Reason: "no currency", Raw: []byte("raw"), At: at(1), Tries: 1}
			park(tb, s, first)
			got := parked(tb, s, channelsync.ParkedFilter{})
			if len(got) != 1 || got[0].ID == 0 {
				tb.Fatalf("parked: %+v", got)
			}
			first.ID = got[0].ID
			inOrder(tb, "parked", got, []channelsync.ParkedRow{first})

			second := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1", Class: "conflict", Reason: "two currencies", Raw: []byte("newer"), At: at(2), Tries: 1}
			park(tb, s, second)
			second.ID, second.Tries = first.ID, 2
			inOrder(tb, "parked again", parked(tb, s, channelsync.ParkedFilter{}), []channelsync.ParkedRow{second})
		},
	},
	{
		"parked records are found by what they are",
		"A person looks at one channel's orders, and then at one of them.",
		func(tb testing.TB, s channelsync.Store) {
			all := []channelsync.ParkedRow{ // in the order of their ids
				{Channel: "a", Kind: "order", Ref: "1"},
				{Channel: "a", Kind: "order", Ref: "2"},
				{Channel: "a", Kind: "listing", Ref: "1"},
				{Channel: "b", Kind: "order", Ref: "1"},
				{Channel: "a", Kind: "order", Ref: "3"}, // dismissed, as those below
				{Channel: "a", Kind: "order", Ref: "4"},
				{Channel: "a", Kind: "listing", Ref: "3"},
				{Channel: "b", Kind: "order", Ref: "3"},
			}
			for _, r := range all {
				park(tb, s, r)
			}
			found := parked(tb, s, channelsync.ParkedFilter{})
			if len(found) != len(all) {
				tb.Fatalf("parked: %+v", found)
			}
			for i := range all {
				for j := range found {
					if found[j].Channel == all[i].Channel && found[j].Kind == all[i].Kind && found[j].Ref == all[i].Ref {
						all[i].ID = found[j].ID
					}
				}
			}
			for i := range all[4:] {
				all[4+i].DismissedAt = at(i)
				update(tb, s, func(tx channelsync.Tx) error { return tx.Dismiss(tb.Context(), all[4+i].ID, at(i)) })
			}
			// Every set of conditions, met by each of the rows and by none.
			states := []channelsync.ParkedState{channelsync.ParkedOpen, channelsync.ParkedDismissed, channelsync.ParkedAny}
			for _, like := range append(all, channelsync.ParkedRow{ID: -1, Channel: "c", Kind: "stock", Ref: "9"}) {
				for set := range (1 << 4) * len(states) {
					f := channelsync.ParkedFilter{State: states[set>>4]}
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
						if (f.ID == 0 || r.ID == f.ID) && (f.Channel == "" || r.Channel == f.Channel) && (f.Kind == "" || r.Kind == f.Kind) && (f.Ref == "" || r.Ref == f.Ref) &&
							(f.State == channelsync.ParkedAny || (f.State == channelsync.ParkedDismissed) != r.DismissedAt.IsZero()) {
							want = append(want, r)
						}
					}
					inOrder(tb, fmt.Sprintf("parked for %+v", f), parked(tb, s, f), want)
				}
			}
			// Conditions that no row meets together.
			for _, f := range []channelsync.ParkedFilter{
				{ID: all[2].ID, Channel: "b"},
				{ID: all[2].ID, Kind: "order"},
				{ID: all[2].ID, Ref: "2"},
				{ID: all[2].ID, Channel: "a", Kind: "order"},
				{ID: all[2].ID, Channel: "a", Ref: "2"},
				{ID: all[2].ID, Kind: "listing", Ref: "2"},
				{ID: all[2].ID, Channel: "b", Ref: "1"},
				{ID: all[2].ID, Channel: "b", Kind: "listing"},
				{ID: all[2].ID, Kind: "order", Ref: "1"},
				{ID: all[1].ID, Channel: "a", Kind: "order", Ref: "1"},
				{ID: all[2].ID, Channel: "b", Kind: "listing", Ref: "1"},
				{ID: all[2].ID, Channel: "a", Kind: "order", Ref: "1"},
			} {
				inOrder(tb, fmt.Sprintf("parked for %+v", f), parked(tb, s, f), nil)
			}
			for _, state := range states {
				if n := len(parked(tb, s, channelsync.ParkedFilter{State: state, Limit: 2})); n != 2 {
					tb.Errorf("a limit of 2 returned %d, state %q", n, state)
				}
			}
		},
	},
	{
		"a dismissed record is back when it fails for other content, and only then",
		"A seller who has seen a broken record must not see it again with every walk, and must see it when it is another one.",
		func(tb testing.TB, s channelsync.Store) {
			row := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1", Reason: "no currency", At: at(1), Tries: 1, Digest: "x"}
			other := channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "2", Digest: "x"}
			park(tb, s, row, other)
			all := parked(tb, s, channelsync.ParkedFilter{})
			if len(all) != 2 {
				tb.Fatalf("parked: %+v", all)
			}
			row.ID = all[0].ID
			dismiss := func(when int) {
				tb.Helper()
				update(tb, s, func(tx channelsync.Tx) error { return tx.Dismiss(tb.Context(), row.ID, at(when)) })
				row.DismissedAt = at(when)
			}
			check := func(what string) {
				tb.Helper()
				inOrder(tb, what, parked(tb, s, channelsync.ParkedFilter{Ref: "1", State: channelsync.ParkedAny}), []channelsync.ParkedRow{row})
			}
			dismiss(2)
			check("dismissed")
			if n := len(parked(tb, s, channelsync.ParkedFilter{})); n != 1 {
				tb.Errorf("%d are left, want the other", n)
			}
			row.Reason, row.At, row.Tries = "still no currency", at(3), 2
			park(tb, s, channelsync.ParkedRow{
				Channel: "a", Kind: "order", Ref: "1", Reason: row.Reason, At: row.At, Digest: "x", DismissedAt: at(9),
			})
			check("the same again")
			row.At, row.Tries, row.Digest, row.DismissedAt = at(4), 3, "y", time.Time{}
			park(tb, s, row)
			check("another one")
			dismiss(5)
			row.Tries = 4
			park(tb, s, row)
			check("that one again")
			row.Tries, row.Digest, row.DismissedAt = 5, "x", time.Time{}
			park(tb, s, row)
			check("the first again")
			// What is parked for the first time was dismissed by nobody.
			park(tb, s, channelsync.ParkedRow{Channel: "b", Kind: "order", Ref: "1", DismissedAt: at(1)})
			if n := len(parked(tb, s, channelsync.ParkedFilter{Channel: "b"})); n != 1 {
				tb.Errorf("%d new ones are shown, want 1", n)
			}
		},
	},
	{
		"CountParked counts by kind",
		"The status page says how many orders wait for a person.",
		func(tb testing.TB, s channelsync.Store) {
			park(tb, s, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "1"}, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "2"},
				channelsync.ParkedRow{Channel: "a", Kind: "stock", Ref: "1"}, channelsync.ParkedRow{Channel: "b", Kind: "order", Ref: "1"})
			type counts struct{ Open, Dismissed map[string]int }
			count := func() counts {
				return read(tb, s, func(tx channelsync.Tx) (c counts, err error) {
					c.Open, c.Dismissed, err = tx.CountParked(tb.Context(), "a")
					return c, err
				})
			}
			equal(tb, "parked", count(), counts{map[string]int{"order": 2, "stock": 1}, map[string]int{}})
			for range 2 { // a second time is no error
				update(tb, s, func(tx channelsync.Tx) error { return tx.Unpark(tb.Context(), "a", "order", "1") })
			}
			equal(tb, "after one was resolved", count(), counts{map[string]int{"order": 1, "stock": 1}, map[string]int{}})
			park(tb, s, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "3"}, channelsync.ParkedRow{Channel: "a", Kind: "order", Ref: "4"},
				channelsync.ParkedRow{Channel: "a", Kind: "drift", Ref: "1"})
			for _, r := range parked(tb, s, channelsync.ParkedFilter{Channel: "a"}) {
				if r.Ref != "2" {
					update(tb, s, func(tx channelsync.Tx) error { return tx.Dismiss(tb.Context(), r.ID, at(1)) })
				}
			}
			equal(tb, "after all but one were dismissed", count(),
				counts{map[string]int{"order": 1}, map[string]int{"order": 2, "stock": 1, "drift": 1}})
			if n := len(parked(tb, s, channelsync.ParkedFilter{Channel: "b"})); n != 1 {
				tb.Errorf("the other channel has %d, want 1", n)
			}
		},
	},
}
