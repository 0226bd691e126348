package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func appendOutbox(tb testing.TB, s channelsync.Store, rows ...channelsync.OutboxRow) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.AppendOutbox(tb.Context(), rows) })
}

func outbox(tb testing.TB, s channelsync.Store, ch channel.ID, after int64, limit int) []channelsync.OutboxRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.OutboxRow, error) {
		return tx.Outbox(tb.Context(), ch, after, limit)
	})
}

func subscribe(tb testing.TB, s channelsync.Store, name string) []channelsync.SubscriberRow {
	tb.Helper()
	return write(tb, s, func(tx channelsync.Tx) ([]channelsync.SubscriberRow, error) {
		return tx.AddSubscriber(tb.Context(), name)
	})
}

func tryClaimSubscriber(tb testing.TB, s channelsync.Store, name string, ch channel.ID, owner string, now, until time.Time) (row channelsync.SubscriberRow, ok bool) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) (err error) {
		row, ok, err = tx.ClaimSubscriber(tb.Context(), name, ch, owner, now, until)
		return err
	})
	return row, ok
}

func claimSubscriber(tb testing.TB, s channelsync.Store, name string, ch channel.ID, owner string, now, until time.Time) channelsync.SubscriberRow {
	tb.Helper()
	row, ok := tryClaimSubscriber(tb, s, name, ch, owner, now, until)
	if !ok {
		tb.Fatalf("%s could not claim %s on %s", owner, name, ch)
	}
	return row
}

func putSubscriber(tb testing.TB, s channelsync.Store, row channelsync.SubscriberRow) error {
	tb.Helper()
	return s.Update(tb.Context(), func(tx channelsync.Tx) error { return tx.PutSubscriber(tb.Context(), row) })
}

func pruneOutbox(tb testing.TB, s channelsync.Store, before time.Time, limit int) int {
	tb.Helper()
	return write(tb, s, func(tx channelsync.Tx) (int, error) { return tx.PruneOutbox(tb.Context(), before, limit) })
}

var outboxCases = []Case{
	{
		"events come back in the order of their commits",
		"A subscriber keeps a position; an event that appears behind it is never heard.",
		func(tb testing.TB, s channelsync.Store) {
			var want []channelsync.OutboxRow
			for i := range 5 {
				rows := []channelsync.OutboxRow{
					{Channel: "a", Kind: "order", Order: channel.OrderID(strconv.Itoa(i)), At: at(9 - i), Doc: []byte("doc")},
					{Channel: "b", Kind: "other"},
					{Channel: "a", Kind: "shipment", Order: channel.OrderID(strconv.Itoa(i))},
				}
				appendOutbox(tb, s, rows...)
				want = append(want, rows[0], rows[2])
			}
			got := outbox(tb, s, "a", 0, 100)
			for i := range got {
				if got[i].Seq <= 0 || i > 0 && got[i].Seq <= got[i-1].Seq {
					tb.Fatalf("sequence %d is not above the one before it", got[i].Seq)
				}
				if i < len(want) {
					want[i].Seq = got[i].Seq
				}
			}
			inOrder(tb, "outbox", got, want)
			inOrder(tb, "page", outbox(tb, s, "a", want[2].Seq, 3), want[3:6])
			inOrder(tb, "rest", outbox(tb, s, "a", want[7].Seq, 3), want[8:])
			inOrder(tb, "beyond", outbox(tb, s, "a", want[9].Seq, 3), nil)
			inOrder(tb, "without a limit", outbox(tb, s, "a", 0, 0), want)
		},
	},
	{
		"no event appears behind one that was visible",
		"Two transactions that commit in the other order than they were numbered would hide an event from a subscriber for good.",
		func(tb testing.TB, s channelsync.Store) {
			const writers, each = 6, 15
			stop := make(chan struct{})
			var writing, reading sync.WaitGroup
			for w := range writers {
				writing.Go(func() {
					for i := range each {
						err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
							return tx.AppendOutbox(tb.Context(), []channelsync.OutboxRow{
								{Channel: "a", Kind: "order", Order: channel.OrderID(fmt.Sprintf("%d/%d", w, i))},
								{Channel: "a", Kind: "again", Order: channel.OrderID(fmt.Sprintf("%d/%d", w, i))},
							})
						})
						if err != nil {
							tb.Error(err)
						}
					}
				})
			}
			heard := 0
			reading.Go(func() {
				position := int64(0)
				for last := false; ; {
					var rows []channelsync.OutboxRow
					err := s.View(tb.Context(), func(tx channelsync.Tx) (err error) {
						rows, err = tx.Outbox(tb.Context(), "a", position, 7)
						return err
					})
					if err != nil {
						tb.Error(err)
						return
					}
					for _, r := range rows {
						heard, position = heard+1, r.Seq
					}
					if len(rows) > 0 {
						continue
					}
					if last {
						return
					}
					select {
					case <-stop:
						last = true
					default:
					}
				}
			})
			writing.Wait()
			close(stop)
			reading.Wait()
			equal(tb, "events heard by one who follows", heard, 2*writers*each)
		},
	},
	{
		"a number is never given twice",
		"After a prune of everything a new event at an old number would lie behind every subscriber.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a", At: at(0)}, channelsync.OutboxRow{Channel: "a", At: at(0)})
			last := outbox(tb, s, "a", 0, 0)[1].Seq
			equal(tb, "pruned", pruneOutbox(tb, s, at(1), 10), 2)
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"})
			if got := outbox(tb, s, "a", last, 0); len(got) != 1 {
				tb.Errorf("beyond position %d: %+v", last, got)
			}
		},
	},
	{
		"Backlog counts what lies beyond a position",
		"It is how late a subscriber is, on the status page.",
		func(tb testing.TB, s channelsync.Store) {
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"}, channelsync.OutboxRow{Channel: "b"}, channelsync.OutboxRow{Channel: "a"}, channelsync.OutboxRow{Channel: "a"})
			rows := outbox(tb, s, "a", 0, 0)
			for i, want := range []int64{3, 2, 1, 0} {
				after := int64(0)
				if i > 0 {
					after = rows[i-1].Seq
				}
				equal(tb, fmt.Sprintf("backlog after %d rows", i), read(tb, s, func(tx channelsync.Tx) (int64, error) { return tx.Backlog(tb.Context(), "a", after) }), want)
			}
		},
	},
	{
		"AddSubscriber gives a name a row for every channel and keeps the rows it has",
		"It runs at every start, and when a channel was added.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			want := []channelsync.SubscriberRow{{Name: "search", Channel: "a"}, {Name: "search", Channel: "b"}}
			sameRows(tb, "new", subscribe(tb, s, "search"), want)
			subscribe(tb, s, "warehouse")
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"})
			row := claimSubscriber(tb, s, "search", "a", "me", at(0), at(60))
			row.Position, row.NextAt, row.Failures, row.Reason = 7, at(5), 2, "down"
			if err := putSubscriber(tb, s, row); err != nil {
				tb.Fatal(err)
			}
			addChannels(tb, s, "c")
			want = []channelsync.SubscriberRow{
				{Name: "search", Channel: "a", Position: 7, NextAt: at(5), Failures: 2, Reason: "down"},
				{Name: "search", Channel: "b"},
				{Name: "search", Channel: "c"},
			}
			sameRows(tb, "again", subscribe(tb, s, "search"), want)
			sameRows(tb, "all", read(tb, s, func(tx channelsync.Tx) ([]channelsync.SubscriberRow, error) { return tx.Subscribers(tb.Context()) }),
				append(want, channelsync.SubscriberRow{Name: "warehouse", Channel: "a"}, channelsync.SubscriberRow{Name: "warehouse", Channel: "b"}))
		},
	},
	{
		"FreeAll ends every claim of a subscriber",
		"After a crash on SQLite a subscriber goes on at once, not when the dead claim would have run out.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			subscribe(tb, s, "search")
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"})
			dead := claimSubscriber(tb, s, "search", "a", "me", at(0), at(3600))
			update(tb, s, func(tx channelsync.Tx) error { return tx.FreeAll(tb.Context()) })
			if err := putSubscriber(tb, s, dead); !errors.Is(err, channelsync.ErrFenced) {
				tb.Errorf("the dead claim was put: %v, want ErrFenced", err)
			}
			claimSubscriber(tb, s, "search", "a", "you", at(1), at(60))
		},
	},
	{
		"a subscriber is claimed when it is free, due and behind",
		"Each subscriber hears each event from one worker at a time, and a failing one waits.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			subscribe(tb, s, "search")
			subscribe(tb, s, "warehouse")
			if _, ok := tryClaimSubscriber(tb, s, "search", "a", "me", at(0), at(60)); ok {
				tb.Error("claimed with nothing to handle")
			}
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"})
			for _, who := range [][2]string{{"nobody", "a"}, {"search", "b"}, {"search", "none"}} {
				if _, ok := tryClaimSubscriber(tb, s, who[0], channel.ID(who[1]), "me", at(0), at(60)); ok {
					tb.Errorf("claimed %s on %s", who[0], who[1])
				}
			}
			row := claimSubscriber(tb, s, "search", "a", "me", at(0), at(60))
			equal(tb, "claimed", row, channelsync.SubscriberRow{Name: "search", Channel: "a", Owner: "me", Until: at(60)})
			if _, ok := tryClaimSubscriber(tb, s, "search", "a", "you", at(59), at(120)); ok {
				tb.Error("claimed twice")
			}
			claimSubscriber(tb, s, "warehouse", "a", "you", at(1), at(60)) // others are not in the way

			row.NextAt = at(30) // failed: waits
			if err := putSubscriber(tb, s, row); err != nil {
				tb.Fatal(err)
			}
			if _, ok := tryClaimSubscriber(tb, s, "search", "a", "me", at(29), at(60)); ok {
				tb.Error("claimed before its time")
			}
			row = claimSubscriber(tb, s, "search", "a", "me", at(30), at(90))
			row.Position = outbox(tb, s, "a", 0, 0)[0].Seq // handled: has nothing to do
			if err := putSubscriber(tb, s, row); err != nil {
				tb.Fatal(err)
			}
			if _, ok := tryClaimSubscriber(tb, s, "search", "a", "me", at(100), at(160)); ok {
				tb.Error("claimed with all handled")
			}
		},
	},
	{
		"a subscriber's lost claim stores nothing",
		"A handler that hung for minutes comes back when another has long gone on from there.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			subscribe(tb, s, "search")
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"})
			unclaimed := channelsync.SubscriberRow{Name: "search", Channel: "a", Position: 99}
			if err := putSubscriber(tb, s, unclaimed); !errors.Is(err, channelsync.ErrFenced) {
				tb.Errorf("PutSubscriber without a claim: %v, want ErrFenced", err)
			}
			old := claimSubscriber(tb, s, "search", "a", "me", at(0), at(60))
			for _, owner := range []string{"me", "you"} { // the same one again, too
				row := claimSubscriber(tb, s, "search", "a", owner, at(60), at(120))
				old.Position = 99
				if err := putSubscriber(tb, s, old); !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("PutSubscriber with a claim that %s took over: %v, want ErrFenced", owner, err)
				}
				if err := putSubscriber(tb, s, row); err != nil {
					tb.Fatalf("PutSubscriber with the claim: %v", err)
				}
				if err := putSubscriber(tb, s, row); !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("PutSubscriber a second time: %v, want ErrFenced", err)
				}
			}
			rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.SubscriberRow, error) { return tx.Subscribers(tb.Context()) })
			inOrder(tb, "subscribers", rows, []channelsync.SubscriberRow{{Name: "search", Channel: "a"}})
		},
	},
	{
		"a subscriber's claim is for itself on one channel",
		"A worker that has several at once must not move one by another's position.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a"}, channelsync.OutboxRow{Channel: "b"})
			want := append(subscribe(tb, s, "search"), subscribe(tb, s, "warehouse")...)
			for i := range want {
				want[i] = claimSubscriber(tb, s, want[i].Name, want[i].Channel, "me", at(0), at(60))
			}
			for i := range want {
				row := want[i]
				row.Owner = "you"
				if err := putSubscriber(tb, s, row); !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("PutSubscriber in another's name: %v, want ErrFenced", err)
				}
				row.Owner, row.Position = "me", int64(7+i)
				if err := putSubscriber(tb, s, row); err != nil {
					tb.Fatal(err)
				}
				want[i] = channelsync.SubscriberRow{Name: row.Name, Channel: row.Channel, Position: row.Position}
				sameRows(tb, "subscribers", read(tb, s, func(tx channelsync.Tx) ([]channelsync.SubscriberRow, error) { return tx.Subscribers(tb.Context()) }), want)
			}
		},
	},
	{
		"PruneOutbox keeps what a subscriber has yet to handle, and what is young",
		"An event deleted before it was heard is lost; one kept for ever is personal data kept for ever.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			for i := range 6 {
				appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a", At: at(i)}, channelsync.OutboxRow{Channel: "b", At: at(i)})
			}
			rows := outbox(tb, s, "a", 0, 0)
			subscribe(tb, s, "slow")
			subscribe(tb, s, "fast")
			for name, seq := range map[string]int64{"slow": rows[3].Seq, "fast": rows[5].Seq} {
				row := claimSubscriber(tb, s, name, "a", "me", at(0), at(60))
				row.Position = seq
				if err := putSubscriber(tb, s, row); err != nil {
					tb.Fatal(err)
				}
			}
			equal(tb, "young ones stay", pruneOutbox(tb, s, at(2), 100), 2)
			equal(tb, "one at a time", pruneOutbox(tb, s, at(100), 1), 1)
			equal(tb, "up to the slowest", pruneOutbox(tb, s, at(100), 0), 1)
			inOrder(tb, "left on a", outbox(tb, s, "a", 0, 0), rows[4:])
			if n := len(outbox(tb, s, "b", 0, 0)); n != 6 {
				tb.Errorf("%d rows left on b, whose subscribers have handled none, want 6", n)
			}
		},
	},
	{
		"PruneOutbox needs no subscriber",
		"A service without handlers must not keep every event for ever.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			for i := range 4 {
				appendOutbox(tb, s, channelsync.OutboxRow{Channel: "a", At: at(i)}, channelsync.OutboxRow{Channel: "b", At: at(i)})
			}
			equal(tb, "first go", pruneOutbox(tb, s, at(2), 3), 3)
			equal(tb, "second go", pruneOutbox(tb, s, at(2), 3), 1)
			left := slices.Concat(outbox(tb, s, "a", 0, 0), outbox(tb, s, "b", 0, 0))
			for _, r := range left {
				if r.At.Before(at(2)) {
					tb.Errorf("a row of %v is left", r.At)
				}
			}
			equal(tb, "rows left", len(left), 4)
		},
	},
}
