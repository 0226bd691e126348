package storetest

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// claim claims and must get the channel.
func claim(tb testing.TB, s channelsync.Store, id channel.ID, owner string, now, until time.Time) channelsync.Lease {
	tb.Helper()
	lease, ok := tryClaim(tb, s, id, owner, now, until)
	if !ok {
		tb.Fatalf("%s could not claim %s", owner, id)
	}
	return lease
}

func tryClaim(tb testing.TB, s channelsync.Store, id channel.ID, owner string, now, until time.Time) (lease channelsync.Lease, ok bool) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) (err error) {
		lease, ok, err = tx.Claim(tb.Context(), id, owner, now, until)
		return err
	})
	return lease, ok
}

func release(tb testing.TB, s channelsync.Store, l channelsync.Lease, now, next time.Time) time.Time {
	tb.Helper()
	return write(tb, s, func(tx channelsync.Tx) (time.Time, error) { return tx.Release(tb.Context(), l, now, next) })
}

// rest makes a channel due at next, by a turn that has nothing to do.
func rest(tb testing.TB, s channelsync.Store, id channel.ID, next time.Time) {
	tb.Helper()
	release(tb, s, claim(tb, s, id, "rest", at(0), at(1)), at(0), next)
}

func wake(tb testing.TB, s channelsync.Store, now time.Time, urgent bool, ids ...channel.ID) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.Wake(tb.Context(), now, urgent, ids...) })
}

func hold(tb testing.TB, s channelsync.Store, l channelsync.Lease) error {
	tb.Helper()
	return s.Update(tb.Context(), func(tx channelsync.Tx) error { return tx.Hold(tb.Context(), l) })
}

func getChannel(tb testing.TB, s channelsync.Store, id channel.ID) channelsync.ChannelRow {
	tb.Helper()
	rows := read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(tb.Context(), id) })
	if len(rows) != 1 {
		tb.Fatalf("channel %s: %d rows", id, len(rows))
	}
	return rows[0]
}

// due returns the ids of the due channels and when the next one is.
func due(tb testing.TB, s channelsync.Store, now time.Time, limit int) ([]channel.ID, time.Time) {
	tb.Helper()
	var rows []channelsync.ChannelRow
	var next time.Time
	view(tb, s, func(tx channelsync.Tx) (err error) {
		rows, next, err = tx.DueChannels(tb.Context(), now, limit)
		return err
	})
	return ids(rows), next
}

func unwoken(tb testing.TB, s channelsync.Store, now time.Time, limit int) []channel.ID {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channel.ID, error) { return tx.Unwoken(tb.Context(), now, limit) })
}

var channelCases = []Case{
	{
		"AddChannels adds what is new and leaves what is known in peace",
		"It runs at every start: a channel in the middle of its work must come out of it with its lease, its next time and its notes.",
		func(tb testing.TB, s channelsync.Store) {
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.AddChannels(tb.Context(), []channelsync.ChannelRow{{ID: "b", Account: "old", Marketplace: "ebay"}})
			})
			rest(tb, s, "b", at(500))
			wake(tb, s, at(400), true, "b")
			l := claim(tb, s, "b", "me", at(0), at(60))
			update(tb, s, func(tx channelsync.Tx) error { return tx.SetChannelDoc(tb.Context(), "b", []byte("notes")) })
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.AddChannels(tb.Context(), []channelsync.ChannelRow{
					{ID: "b", Account: "acme", Marketplace: "amazon"}, {ID: "a", Account: "acme", Marketplace: "shopify"},
				})
			})
			want := []channelsync.ChannelRow{
				{ID: "a", Account: "acme", Marketplace: "shopify"},
				{
					ID: "b", Account: "acme", Marketplace: "amazon", NextAt: at(400), Wake: 1, Fence: l.Fence,
					Owner: "me", Until: at(60), Doc: []byte("notes"),
				},
			}
			inOrder(tb, "all channels", read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(tb.Context()) }), want)
			sameRows(tb, "channels by id", read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) {
				return tx.Channels(tb.Context(), "b", "none", "b")
			}), want[1:])
		},
	},
	{
		"a new channel is due at once",
		"Nobody else will say so.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			got, _ := due(tb, s, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 10)
			inOrder(tb, "due", got, []channel.ID{"a"})
		},
	},
	{
		"a claimed channel is nobody else's",
		"Two turns with one channel would import every order twice and send every parcel twice.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			l := claim(tb, s, "a", "me", at(0), at(60))
			equal(tb, "lease", l, channelsync.Lease{Channel: "a", Owner: "me", Fence: l.Fence, Until: at(60)})
			for _, owner := range []string{"you", "me"} {
				if _, ok := tryClaim(tb, s, "a", owner, at(59), at(120)); ok {
					tb.Errorf("%s claimed it too", owner)
				}
			}
			claim(tb, s, "b", "you", at(59), at(120)) // another channel is free
			if _, ok := tryClaim(tb, s, "none", "me", at(0), at(60)); ok {
				tb.Error("claimed a channel that is not there")
			}
			equal(tb, "channel", getChannel(tb, s, "a"), channelsync.ChannelRow{
				ID: "a", Account: "acme", Marketplace: "shopify", Fence: l.Fence, Owner: "me", Until: at(60),
			})
		},
	},
	{
		"of many claims at one moment one wins",
		"Workers of several processes hear the same wake-up.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b", "c")
			for round := range 5 {
				for _, id := range []channel.ID{"a", "b", "c"} {
					var group sync.WaitGroup
					leases := make([]channelsync.Lease, 24)
					for i := range leases {
						group.Go(func() {
							err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
								l, ok, err := tx.Claim(tb.Context(), id, strconv.Itoa(i), at(100*round), at(100*round+60))
								leases[i] = l
								if err != nil || !ok {
									return err
								}
								return tx.Hold(tb.Context(), l)
							})
							if err != nil {
								tb.Error(err)
							}
						})
					}
					group.Wait()
					won := slices.DeleteFunc(leases, func(l channelsync.Lease) bool { return l == channelsync.Lease{} })
					if len(won) != 1 {
						tb.Fatalf("round %d: %d of 24 claims of %s won: %+v", round, len(won), id, won)
					}
					row := getChannel(tb, s, id)
					if row.Fence != int64(round+1) || row.Owner != won[0].Owner {
						tb.Fatalf("round %d: %s has %+v after one claim by %q", round, id, row, won[0].Owner)
					}
				}
			}
		},
	},
	{
		"a claim needs an owner",
		"A channel claimed by nobody would look free.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
				_, _, err := tx.Claim(tb.Context(), "a", "", at(0), at(60))
				return err
			})
			if err == nil {
				tb.Error("Claim without an owner succeeded")
			}
		},
	},
	{
		"a lease that has ended can be taken, which raises the fence",
		"A process that was killed leaves its leases; the next owner's number tells the two apart.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			old := claim(tb, s, "a", "old", at(0), at(60))
			l := claim(tb, s, "a", "new", at(60), at(120))
			if l.Fence <= old.Fence {
				tb.Errorf("fence %d after %d, want it raised", l.Fence, old.Fence)
			}
			if old.Former || !l.Former {
				tb.Errorf("Former is %t for the first claim and %t for the one that took over, want false and true", old.Former, l.Former)
			}
			again := release(tb, s, l, at(70), at(80))
			equal(tb, "next", again, at(80))
			if next := claim(tb, s, "a", "third", at(80), at(140)); next.Former || next.Fence <= l.Fence {
				tb.Errorf("after a release: %+v, want a raised fence and no former turn", next)
			}
		},
	},
	{
		"Hold extends the claim, and never back",
		"A long page keeps its channel; an older answer must not shorten what a newer one has extended.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			l.Until = at(100)
			if err := hold(tb, s, l); err != nil {
				tb.Fatal(err)
			}
			l.Until = at(80)
			if err := hold(tb, s, l); err != nil {
				tb.Fatal(err)
			}
			equal(tb, "until", getChannel(tb, s, "a").Until, at(100))
			if _, ok := tryClaim(tb, s, "a", "you", at(99), at(200)); ok {
				tb.Error("claimed what was held")
			}
		},
	},
	{
		"Hold works after the time, as long as nobody came",
		"A slow page of the only worker is no reason to throw it away.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			if err := hold(tb, s, l); err != nil {
				tb.Errorf("Hold of a lease that ended and was not taken: %v", err)
			}
		},
	},
	{
		"Hold is fenced once another turn has claimed",
		"A worker that was frozen for a minute must not write over its successor.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			old := claim(tb, s, "a", "me", at(0), at(60))
			l := claim(tb, s, "a", "me", at(60), at(120)) // even for the same owner
			for name, stale := range map[string]channelsync.Lease{
				"an earlier claim":      old,
				"a later fence":         {Channel: "a", Owner: "me", Fence: l.Fence + 1, Until: at(200)},
				"another's name":        {Channel: "a", Owner: "you", Fence: l.Fence, Until: at(200)},
				"another channel":       {Channel: "b", Owner: "me", Fence: l.Fence, Until: at(200)},
				"no such channel":       {Channel: "c", Owner: "me", Fence: l.Fence, Until: at(200)},
				"nobody, of a free one": {Channel: "b", Until: at(200)},
			} {
				if err := hold(tb, s, stale); !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("Hold with %s: %v, want ErrFenced", name, err)
				}
				err := s.Update(tb.Context(), func(tx channelsync.Tx) error {
					_, err := tx.Release(tb.Context(), stale, at(70), at(1000))
					return err
				})
				if !errors.Is(err, channelsync.ErrFenced) {
					tb.Errorf("Release with %s: %v, want ErrFenced", name, err)
				}
			}
			if err := hold(tb, s, l); err != nil {
				tb.Errorf("the claim itself: %v", err)
			}
			if row := getChannel(tb, s, "b"); !row.Until.IsZero() || !row.NextAt.IsZero() {
				tb.Errorf("a fenced lease changed %+v", row)
			}
		},
	},
	{
		"a released lease holds nothing",
		"A goroutine that outlives its turn writes into another's.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			release(tb, s, l, at(1), at(100))
			if err := hold(tb, s, l); !errors.Is(err, channelsync.ErrFenced) {
				tb.Errorf("Hold after Release: %v, want ErrFenced", err)
			}
		},
	},
	{
		"Release frees the channel and makes it due at the time asked for",
		"The turn knows when to come back.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			equal(tb, "time chosen", release(tb, s, l, at(1), at(100)), at(100))
			row := getChannel(tb, s, "a")
			if row.Owner != "" || !row.Until.IsZero() || !row.NextAt.Equal(at(100)) {
				tb.Errorf("after the release: %+v", row)
			}
			claim(tb, s, "a", "you", at(2), at(62)) // before the lease would have ended
		},
	},
	{
		"a wake during a turn is not lost",
		"What was committed after the turn had looked would wait for the next poll: the release must see the counter move.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			wake(tb, s, at(5), false, "a")
			equal(tb, "time chosen", release(tb, s, l, at(10), at(100)), at(10))
			got, _ := due(tb, s, at(10), 10)
			inOrder(tb, "due", got, []channel.ID{"a"})
		},
	},
	{
		"a wake before the claim is served by it",
		"Otherwise every woken channel is visited twice.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			rest(tb, s, "a", at(100))
			wake(tb, s, at(5), true, "a")
			l := claim(tb, s, "a", "me", at(6), at(66))
			if l.Wake != 1 {
				tb.Errorf("the lease has the counter at %d, want 1", l.Wake)
			}
			equal(tb, "time chosen", release(tb, s, l, at(7), at(100)), at(100))
			if row := getChannel(tb, s, "a"); row.Urgent {
				tb.Error("the channel is urgent still")
			}
		},
	},
	{
		"urgency that comes during a turn outlives it",
		"A fall to zero that is committed while the channel is visited is as urgent after the visit.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			l := claim(tb, s, "a", "me", at(0), at(60))
			wake(tb, s, at(5), true, "a")
			wake(tb, s, at(6), false, "a") // which takes nothing back
			release(tb, s, l, at(10), at(100))
			if row := getChannel(tb, s, "a"); !row.Urgent {
				tb.Error("the channel is not urgent any more")
			}
		},
	},
	{
		"a wake makes due, and never later",
		"A wake of a channel that is due already must not put it behind others.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b", "c")
			rest(tb, s, "a", at(100))
			rest(tb, s, "b", at(10))
			rest(tb, s, "c", at(100))
			wake(tb, s, at(50), false, "a", "b", "none")
			for id, want := range map[channel.ID]channelsync.ChannelRow{
				"a": {NextAt: at(50), Wake: 1}, "b": {NextAt: at(10), Wake: 1}, "c": {NextAt: at(100)},
			} {
				row := getChannel(tb, s, id)
				if !row.NextAt.Equal(want.NextAt) || row.Wake != want.Wake || row.Urgent {
					tb.Errorf("%s: %+v, want due at %v and woken %d times", id, row, want.NextAt, want.Wake)
				}
			}
		},
	},
	{
		"FreeAll ends every lease and remembers that it was not released",
		"After a crash on SQLite work goes on at once, but what was sent without an answer must be looked at first.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "crashed", "free", "released")
			old := claim(tb, s, "crashed", "me", at(0), at(3600))
			release(tb, s, claim(tb, s, "released", "me", at(0), at(3600)), at(1), at(2))
			update(tb, s, func(tx channelsync.Tx) error { return tx.FreeAll(tb.Context()) })
			if err := hold(tb, s, old); !errors.Is(err, channelsync.ErrFenced) {
				tb.Errorf("Hold of a lease from before: %v, want ErrFenced", err)
			}
			for id, former := range map[channel.ID]bool{"crashed": true, "free": false, "released": false} {
				if row := getChannel(tb, s, id); row.Owner != "" || !row.Until.IsZero() {
					tb.Errorf("%s is not free: %+v", id, row)
				}
				l := claim(tb, s, id, "me", at(5), at(65))
				if l.Former != former {
					tb.Errorf("%s: Former is %t, want %t", id, l.Former, former)
				}
				release(tb, s, l, at(6), at(7))
				if l := claim(tb, s, id, "me", at(7), at(65)); l.Former {
					tb.Errorf("%s: Former again after a release", id)
				}
			}
		},
	},
	{
		"a turn freed twice is still remembered",
		"A process may crash again before it has visited the channel.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			claim(tb, s, "a", "me", at(0), at(3600))
			for range 2 {
				update(tb, s, func(tx channelsync.Tx) error { return tx.FreeAll(tb.Context()) })
			}
			if l := claim(tb, s, "a", "me", at(5), at(65)); !l.Former {
				tb.Error("Former is false")
			}
		},
	},
	{
		"due channels come urgent ones first, then by time",
		"Otherwise a fall to zero waits behind polls, and a busy channel before a patient one.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "early", "late", "later", "urgent", "urgent2", "not yet", "soon")
			for id, seconds := range map[channel.ID]int{
				"early": 10, "late": 20, "later": 21, "urgent": 300, "urgent2": 300, "not yet": 200, "soon": 150,
			} {
				rest(tb, s, id, at(seconds))
			}
			wake(tb, s, at(40), true, "urgent")
			wake(tb, s, at(30), true, "urgent2")
			got, next := due(tb, s, at(100), 10)
			inOrder(tb, "due", got, []channel.ID{"urgent2", "urgent", "early", "late", "later"})
			equal(tb, "next", next, at(150))

			got, next = due(tb, s, at(100), 3)
			inOrder(tb, "the first three", got, []channel.ID{"urgent2", "urgent", "early"})
			equal(tb, "next, with more due", next, at(100))

			got, next = due(tb, s, at(100), 5)
			inOrder(tb, "just all", got, []channel.ID{"urgent2", "urgent", "early", "late", "later"})
			equal(tb, "next, with none left", next, at(150))

			got, next = due(tb, s, at(200), 0)
			if len(got) != 7 || !next.IsZero() {
				tb.Errorf("without a limit: %v, next %v; want all seven and no next", got, next)
			}
			equal(tb, "row", read(tb, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) {
				rows, _, err := tx.DueChannels(tb.Context(), at(100), 1)
				return rows, err
			})[0], getChannel(tb, s, "urgent2"))
		},
	},
	{
		"a claimed channel is not due, until its lease ends",
		"A worker would spin on it; and one whose owner died must come up by itself.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			rest(tb, s, "b", at(500))
			claim(tb, s, "a", "me", at(0), at(60))
			got, next := due(tb, s, at(59), 10)
			inOrder(tb, "due", got, nil)
			equal(tb, "next", next, at(60))
			got, next = due(tb, s, at(60), 10)
			inOrder(tb, "due at the end of the lease", got, []channel.ID{"a"})
			equal(tb, "next after it", next, at(500))

			claim(tb, s, "b", "me", at(70), at(90)) // before its time
			claim(tb, s, "a", "me", at(70), at(80))
			_, next = due(tb, s, at(75), 10)
			equal(tb, "next of two that are held", next, at(80))
			claim(tb, s, "a", "me", at(80), at(600))
			_, next = due(tb, s, at(90), 10)
			equal(tb, "next, whose lease has ended and whose time is ahead", next, at(500))
			claim(tb, s, "b", "me", at(90), at(550))
			_, next = due(tb, s, at(100), 10)
			equal(tb, "next, held beyond its time", next, at(550))
		},
	},
	{
		"Unwoken finds channels with due work and no wake-up",
		"Without the sweep a lost wake-up loses the work behind it, in silence.",
		func(tb testing.TB, s channelsync.Store) {
			all := []channel.ID{"level", "shipment", "outbox", "idle", "later", "none", "settled"}
			addChannels(tb, s, all...)
			for _, id := range all {
				rest(tb, s, id, at(1000))
			}
			level := func(id channel.ID, due time.Time) channelsync.LevelRow {
				return channelsync.LevelRow{LevelKey: channelsync.LevelKey{Channel: id, Listing: "1"}, DueAt: due}
			}
			shipment := func(id channel.ID, key string, due time.Time) channelsync.ShipmentRow {
				return channelsync.ShipmentRow{Key: key, Channel: id, Order: "1", Seq: 1, NextAt: due}
			}
			update(tb, s, func(tx channelsync.Tx) error {
				_, err := tx.AddSubscriber(tb.Context(), "warehouse")
				return errors.Join(
					err,
					tx.PutLevels(tb.Context(), []channelsync.LevelRow{level("level", at(100)), level("later", at(101)), level("settled", time.Time{})}),
					tx.PutShipments(tb.Context(), []channelsync.ShipmentRow{
						shipment("shipment", "1", at(100)), shipment("later", "2", at(101)), shipment("settled", "3", time.Time{}),
					}),
					tx.AppendOutbox(tb.Context(), []channelsync.OutboxRow{{Channel: "outbox", Order: "1"}}),
				)
			})
			sameRows(tb, "unwoken", unwoken(tb, s, at(100), 10), []channel.ID{"level", "shipment", "outbox"})
			if got := unwoken(tb, s, at(100), 2); len(got) != 2 {
				tb.Errorf("with a limit of 2: %v", got)
			}
			wake(tb, s, at(100), false, "level", "shipment", "outbox")
			sameRows(tb, "after the wake", unwoken(tb, s, at(100), 10), nil)
			sameRows(tb, "a second later", unwoken(tb, s, at(101), 10), []channel.ID{"later"})
			sameRows(tb, "when it is due by itself", unwoken(tb, s, at(1000), 10), nil)
		},
	},
	{
		"Unwoken knows when outbox rows are nobody's to handle",
		"A subscriber that fails waits for its own time; waking its channel meanwhile would be a visit for nothing.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a")
			rest(tb, s, "a", at(1000))
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.AppendOutbox(tb.Context(), []channelsync.OutboxRow{{Channel: "a", Order: "1"}})
			})
			inOrder(tb, "without subscribers", unwoken(tb, s, at(100), 10), nil)
			update(tb, s, func(tx channelsync.Tx) error { _, err := tx.AddSubscriber(tb.Context(), "warehouse"); return err })
			inOrder(tb, "with one behind", unwoken(tb, s, at(100), 10), []channel.ID{"a"})
			row := claimSubscriber(tb, s, "warehouse", "a", "me", at(100), at(160))
			inOrder(tb, "while it is at it", unwoken(tb, s, at(100), 10), nil)
			inOrder(tb, "when its claim has ended", unwoken(tb, s, at(160), 10), []channel.ID{"a"})
			row.NextAt = at(200)
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutSubscriber(tb.Context(), row) })
			inOrder(tb, "while it waits", unwoken(tb, s, at(199), 10), nil)
			inOrder(tb, "when its time has come", unwoken(tb, s, at(200), 10), []channel.ID{"a"})
			row = claimSubscriber(tb, s, "warehouse", "a", "me", at(200), at(260))
			row.Position = outbox(tb, s, "a", 0, 0)[0].Seq
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutSubscriber(tb.Context(), row) })
			inOrder(tb, "when all is handled", unwoken(tb, s, at(300), 10), nil)
		},
	},
	{
		"SetChannelDoc changes the notes alone",
		"The probe stores what it learnt while others wake and claim.",
		func(tb testing.TB, s channelsync.Store) {
			addChannels(tb, s, "a", "b")
			rest(tb, s, "a", at(100))
			before := getChannel(tb, s, "a")
			update(tb, s, func(tx channelsync.Tx) error { return tx.SetChannelDoc(tb.Context(), "a", []byte("notes")) })
			before.Doc = []byte("notes")
			equal(tb, "channel", getChannel(tb, s, "a"), before)
			if doc := getChannel(tb, s, "b").Doc; doc != nil {
				tb.Errorf("another channel's notes are %q", doc)
			}
		},
	},
}

var laneCases = []Case{
	{
		"a lane comes back as it was put",
		"Its cursor, its cool-down and the reason shown to the seller survive a restart.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.LaneRow{
				{
					Channel: "a", Lane: channelsync.LaneImport, NextAt: at(1), OKAt: at(2), FailedAt: at(3), Failures: 4,
					Class: "throttled", Reason: "asked to wait", Paused: true, State: []byte("cursor"),
				},
				{Channel: "a", Lane: channelsync.LaneShip},
				{Channel: "b", Lane: channelsync.LaneImport, NextAt: at(9)},
			}
			lanes := func(ids ...channel.ID) []channelsync.LaneRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LaneRow, error) { return tx.Lanes(tb.Context(), ids...) })
			}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutLanes(tb.Context(), want) })
			sameRows(tb, "all lanes", lanes(), want)
			sameRows(tb, "a's lanes", lanes("a"), want[:2])
			sameRows(tb, "lanes of both and of none", lanes("a", "b", "none"), want)

			want[0] = channelsync.LaneRow{Channel: "a", Lane: channelsync.LaneImport, OKAt: at(5), State: []byte("next")}
			update(tb, s, func(tx channelsync.Tx) error { return tx.PutLanes(tb.Context(), want[:1]) })
			sameRows(tb, "after a success", lanes(), want)
		},
	},
}
