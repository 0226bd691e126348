package storetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Case is one rule of the contract.
type Case struct {
	Name string
	Why  string // what would go wrong with a store that breaks the rule
	Run  func(tb testing.TB, s channelsync.Store)
}

// Run runs every case as a subtest, each on a store of its own.
func Run(t *testing.T, open func(tb testing.TB) channelsync.Store) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("why this case is there: %s", c.Why)
				}
			})
			c.Run(t, open(t))
		})
	}
}

// Cases returns every case, for a test of the suite itself.
func Cases() []Case {
	return slices.Concat(
		txCases, valueCases, channelCases, laneCases, orderCases, outboxCases, parkCases,
		shipmentCases, itemCases, levelCases, tokenCases,
	)
}

// t0 is the time of most tests. It has nanoseconds, which are to be kept.
var t0 = time.Date(2026, time.March, 1, 12, 0, 0, 123456789, time.UTC)

// at is t0 and some seconds.
func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// update runs f in a write transaction that must succeed.
func update(tb testing.TB, s channelsync.Store, f func(channelsync.Tx) error) {
	tb.Helper()
	if err := s.Update(tb.Context(), f); err != nil {
		tb.Fatalf("Update: %v", err)
	}
}

// view runs f in a read transaction that must succeed.
func view(tb testing.TB, s channelsync.Store, f func(channelsync.Tx) error) {
	tb.Helper()
	if err := s.View(tb.Context(), f); err != nil {
		tb.Fatalf("View: %v", err)
	}
}

// read returns what f reads in a View.
func read[T any](tb testing.TB, s channelsync.Store, f func(channelsync.Tx) (T, error)) T {
	tb.Helper()
	var got T
	view(tb, s, func(tx channelsync.Tx) (err error) {
		got, err = f(tx)
		return err
	})
	return got
}

// write returns what f returns in an Update.
func write[T any](tb testing.TB, s channelsync.Store, f func(channelsync.Tx) (T, error)) T {
	tb.Helper()
	var got T
	update(tb, s, func(tx channelsync.Tx) (err error) {
		got, err = f(tx)
		return err
	})
	return got
}

// addChannels adds channels of the account "acme" by id.
func addChannels(tb testing.TB, s channelsync.Store, ids ...channel.ID) {
	tb.Helper()
	rows := make([]channelsync.ChannelRow, len(ids))
	for i, id := range ids {
		rows[i] = channelsync.ChannelRow{ID: id, Account: "acme", Marketplace: "shopify"}
	}
	update(tb, s, func(tx channelsync.Tx) error { return tx.AddChannels(tb.Context(), rows) })
}

// equal compares two values.
func equal[T any](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// sameRows compares two answers whose order means nothing.
func sameRows[T any](tb testing.TB, what string, got, want []T) {
	tb.Helper()
	got, want = sorted(got), sorted(want)
	if slices.EqualFunc(got, want, func(a, b T) bool { return key(a) == key(b) }) {
		return // looking for a difference among thousands takes seconds
	}
	equal(tb, what, got, want)
}

// inOrder compares two answers whose order is promised.
func inOrder[T any](tb testing.TB, what string, got, want []T) {
	tb.Helper()
	equal(tb, what, append([]T{}, got...), append([]T{}, want...))
}

func sorted[T any](rows []T) []T {
	type keyed struct {
		key string
		row T
	}
	all := make([]keyed, len(rows))
	for i, r := range rows {
		all[i] = keyed{key(r), r}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	byKey := make([]T, len(rows))
	for i := range all {
		byKey[i] = all[i].row
	}
	return byKey
}

// key is a row as text, bytes that are no UTF-8 included.
func key(row any) string {
	b, err := json.Marshal(row)
	if err != nil {
		return err.Error()
	}
	return string(b) + fmt.Sprintf("%+q", row)
}

// ids are the ids of channels.
func ids(rows []channelsync.ChannelRow) []channel.ID {
	all := make([]channel.ID, len(rows))
	for i, r := range rows {
		all[i] = r.ID
	}
	return all
}
