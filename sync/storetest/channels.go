package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// claim claims and must get the channel.
func claim(t testing.TB, s channelsync.Store, id channel.ID, owner string, now, until time.Time) channelsync.Lease {
	t.Helper()
	lease, ok := tryClaim(t, s, id, owner, now, until)
	if !ok {
		t.Fatalf("%s could not claim %s", owner, id)
	}
	return lease
}

func tryClaim(t testing.TB, s channelsync.Store, id channel.ID, owner string, now, until time.Time) (lease channelsync.Lease, ok bool) {
	t.Helper()
	update(t, s, func(tx channelsync.Tx) (err error) {
		lease, ok, err = tx.Claim(t.Context(), id, owner, now, until)
		return err
	})
	return lease, ok
}

func release(t testing.TB, s channelsync.Store, l channelsync.Lease, now, next time.Time) time.Time {
	t.Helper()
	return write(t, s, func(tx channelsync.Tx) (time.Time, error) { return tx.Release(t.Context(), l, now, next) })
}

// rest makes a channel due at next, by a turn that has nothing to do.
func rest(t testing.TB, s channelsync.Store, id channel.ID, next time.Time) {
	t.Helper()
	release(t, s, claim(t, s, id, "rest", at(0), at(1)), at(0), next)
}

func wake(t testing.TB, s channelsync.Store, now time.Time, urgent bool, ids ...channel.ID) {
	t.Helper()
	update(t, s, func(tx channelsync.Tx) error { return tx.Wake(t.Context(), now, urgent, ids...) })
}

func hold(t testing.TB, s channelsync.Store, l channelsync.Lease) error {
	t.Helper()
	return s.Update(t.Context(), func(tx channelsync.Tx) error { return tx.Hold(t.Context(), l) })
}

func getChannel(t testing.TB, s channelsync.Store, id channel.ID) channelsync.ChannelRow {
	t.Helper()
	rows := read(t, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(t.Context(), id) })
	if len(rows) != 1 {
		t.Fatalf("channel %s: %d rows", id, len(rows))
	}
	return rows[0]
}

// due returns the ids of the due channels and when the next one is.
func due(t testing.TB, s channelsync.Store, now time.Time, limit int) ([]channel.ID, time.Time) {
	t.Helper()
	var rows []channelsync.ChannelRow
	var next time.Time
	view(t, s, func(tx channelsync.Tx) (err error) {
		rows, next, err = tx.DueChannels(t.Context(), now, limit)
		return err
	})
	return ids(rows), next
}

func unwoken(t testing.TB, s channelsync.Store, now time.Time, limit int) []channel.ID {
	t.Helper()
	return read(t, s, func(tx channelsync.Tx) ([]channel.ID, error) { return tx.Unwoken(t.Context(), now, limit) })
}

var channelCases = []Case{
	{
		"AddChannels adds what is new and leaves what is known in peace",
		"It runs at every start: a channel in the middle of its work must come out of it with its lease, its next time and its notes.",
		func(t testing.TB, s channelsync.Store) {
			update(t, s, func(tx channelsync.Tx) error {
				return tx.AddChannels(t.Context(), []channelsync.ChannelRow{{ID: "b", Account: "old", Marketplace: "ebay"}})
			})
			rest(t, s, "b", at(500))
			wake(t, s, at(400), true, "b")
			l := claim(t, s, "b", "me", at(0), at(60))
			update(t, s, func(tx channelsync.Tx) error { return tx.SetChannelDoc(t.Context(), "b", []byte("notes")) })
			update(t, s, func(tx channelsync.Tx) error {
				return tx.AddChannels(t.Context(), []channelsync.ChannelRow{
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
			inOrder(t, "all channels", read(t, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) { return tx.Channels(t.Context()) }), want)
			sameRows(t, "channels by id", read(t, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) {
				return tx.Channels(t.Context(), "b", "none", "b")
			}), want[1:])
		},
	},
	{
		"a new channel is due at once",
		"Nobody else will say so.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			got, _ := due(t, s, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 10)
			inOrder(t, "due", got, []channel.ID{"a"})
		},
	},
	{
		"a claimed channel is nobody else's",
		"Two turns with one channel would import every order twice and send every parcel twice.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b")
			l := claim(t, s, "a", "me", at(0), at(60))
			equal(t, "lease", l, channelsync.Lease{Channel: "a", Owner: "me", Fence: l.Fence, Until: at(60)})
			for _, owner := range []string{"you", "me"} {
				if _, ok := tryClaim(t, s, "a", owner, at(59), at(120)); ok {
					t.Errorf("%s claimed it too", owner)
				}
			}
			claim(t, s, "b", "you", at(59), at(120)) // another channel is free
			if _, ok := tryClaim(t, s, "none", "me", at(0), at(60)); ok {
				t.Error("claimed a channel that is not there")
			}
			equal(t, "channel", getChannel(t, s, "a"), channelsync.ChannelRow{
				ID: "a", Account: "acme", Marketplace: "shopify", Fence: l.Fence, Owner: "me", Until: at(60),
			})
		},
	},
	{
		"of many claims at one moment one wins",
		"Workers of several processes hear the same wake-up.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b", "c")
			for round := range 5 {
				for _, id := range []channel.ID{"a", "b", "c"} {
					var group sync.WaitGroup
					leases := make([]channelsync.Lease, 24)
					for i := range leases {
						group.Go(func() {
							err := s.Update(t.Context(), func(tx channelsync.Tx) error {
								l, ok, err := tx.Claim(t.Context(), id, fmt.Sprint(i), at(100*round), at(100*round+60))
								leases[i] = l
								if err != nil || !ok {
									return err
								}
								return tx.Hold(t.Context(), l)
							})
							if err != nil {
								t.Error(err)
							}
						})
					}
					group.Wait()
					won := slices.DeleteFunc(leases, func(l channelsync.Lease) bool { return l == channelsync.Lease{} })
					if len(won) != 1 {
						t.Fatalf("round %d: %d of 24 claims of %s won: %+v", round, len(won), id, won)
					}
					row := getChannel(t, s, id)
					if row.Fence != int64(round+1) || row.Owner != won[0].Owner {
						t.Fatalf("round %d: %s has %+v after one claim by %q", round, id, row, won[0].Owner)
					}
				}
			}
		},
	},
	{
		"a claim needs an owner",
		"A channel claimed by nobody would look free.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			err := s.Update(t.Context(), func(tx channelsync.Tx) error {
				_, _, err := tx.Claim(t.Context(), "a", "", at(0), at(60))
				return err
			})
			if err == nil {
				t.Error("Claim without an owner succeeded")
			}
		},
	},
	{
		"a lease that has ended can be taken, which raises the fence",
		"A process that was killed leaves its leases; the next owner's number tells the two apart.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			old := claim(t, s, "a", "old", at(0), at(60))
			l := claim(t, s, "a", "new", at(60), at(120))
			if l.Fence <= old.Fence {
				t.Errorf("fence %d after %d, want it raised", l.Fence, old.Fence)
			}
			if old.Former || !l.Former {
				t.Errorf("Former is %t for the first claim and %t for the one that took over, want false and true", old.Former, l.Former)
			}
			again := release(t, s, l, at(70), at(80))
			equal(t, "next", again, at(80))
			if next := claim(t, s, "a", "third", at(80), at(140)); next.Former || next.Fence <= l.Fence {
				t.Errorf("after a release: %+v, want a raised fence and no former turn", next)
			}
		},
	},
	{
		"Hold extends the claim, and never back",
		"A long page keeps its channel; an older answer must not shorten what a newer one has extended.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			l.Until = at(100)
			if err := hold(t, s, l); err != nil {
				t.Fatal(err)
			}
			l.Until = at(80)
			if err := hold(t, s, l); err != nil {
				t.Fatal(err)
			}
			equal(t, "until", getChannel(t, s, "a").Until, at(100))
			if _, ok := tryClaim(t, s, "a", "you", at(99), at(200)); ok {
				t.Error("claimed what was held")
			}
		},
	},
	{
		"Hold works after the time, as long as nobody came",
		"A slow page of the only worker is no reason to throw it away.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			if err := hold(t, s, l); err != nil {
				t.Errorf("Hold of a lease that ended and was not taken: %v", err)
			}
		},
	},
	{
		"Hold is fenced once another turn has claimed",
		"A worker that was frozen for a minute must not write over its successor.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b")
			old := claim(t, s, "a", "me", at(0), at(60))
			l := claim(t, s, "a", "me", at(60), at(120)) // even for the same owner
			for name, stale := range map[string]channelsync.Lease{
				"an earlier claim":      old,
				"a later fence":         {Channel: "a", Owner: "me", Fence: l.Fence + 1, Until: at(200)},
				"another's name":        {Channel: "a", Owner: "you", Fence: l.Fence, Until: at(200)},
				"another channel":       {Channel: "b", Owner: "me", Fence: l.Fence, Until: at(200)},
				"no such channel":       {Channel: "c", Owner: "me", Fence: l.Fence, Until: at(200)},
				"nobody, of a free one": {Channel: "b", Until: at(200)},
			} {
				if err := hold(t, s, stale); !errors.Is(err, channelsync.ErrFenced) {
					t.Errorf("Hold with %s: %v, want ErrFenced", name, err)
				}
				err := s.Update(t.Context(), func(tx channelsync.Tx) error {
					_, err := tx.Release(t.Context(), stale, at(70), at(1000))
					return err
				})
				if !errors.Is(err, channelsync.ErrFenced) {
					t.Errorf("Release with %s: %v, want ErrFenced", name, err)
				}
			}
			if err := hold(t, s, l); err != nil {
				t.Errorf("the claim itself: %v", err)
			}
			if row := getChannel(t, s, "b"); !row.Until.IsZero() || !row.NextAt.IsZero() {
				t.Errorf("a fenced lease changed %+v", row)
			}
		},
	},
	{
		"a released lease holds nothing",
		"A goroutine that outlives its turn writes into another's.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			release(t, s, l, at(1), at(100))
			if err := hold(t, s, l); !errors.Is(err, channelsync.ErrFenced) {
				t.Errorf("Hold after Release: %v, want ErrFenced", err)
			}
		},
	},
	{
		"Release frees the channel and makes it due at the time asked for",
		"The turn knows when to come back.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			equal(t, "time chosen", release(t, s, l, at(1), at(100)), at(100))
			row := getChannel(t, s, "a")
			if row.Owner != "" || !row.Until.IsZero() || !row.NextAt.Equal(at(100)) {
				t.Errorf("after the release: %+v", row)
			}
			claim(t, s, "a", "you", at(2), at(62)) // before the lease would have ended
		},
	},
	{
		"a wake during a turn is not lost",
		"What was committed after the turn had looked would wait for the next poll: the release must see the counter move.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			wake(t, s, at(5), false, "a")
			equal(t, "time chosen", release(t, s, l, at(10), at(100)), at(10))
			got, _ := due(t, s, at(10), 10)
			inOrder(t, "due", got, []channel.ID{"a"})
		},
	},
	{
		"a wake before the claim is served by it",
		"Otherwise every woken channel is visited twice.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			rest(t, s, "a", at(100))
			wake(t, s, at(5), true, "a")
			l := claim(t, s, "a", "me", at(6), at(66))
			if l.Wake != 1 {
				t.Errorf("the lease has the counter at %d, want 1", l.Wake)
			}
			equal(t, "time chosen", release(t, s, l, at(7), at(100)), at(100))
			if row := getChannel(t, s, "a"); row.Urgent {
				t.Error("the channel is urgent still")
			}
		},
	},
	{
		"urgency that comes during a turn outlives it",
		"A fall to zero that is committed while the channel is visited is as urgent after the visit.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			l := claim(t, s, "a", "me", at(0), at(60))
			wake(t, s, at(5), true, "a")
			wake(t, s, at(6), false, "a") // which takes nothing back
			release(t, s, l, at(10), at(100))
			if row := getChannel(t, s, "a"); !row.Urgent {
				t.Error("the channel is not urgent any more")
			}
		},
	},
	{
		"a wake makes due, and never later",
		"A wake of a channel that is due already must not put it behind others.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b", "c")
			rest(t, s, "a", at(100))
			rest(t, s, "b", at(10))
			rest(t, s, "c", at(100))
			wake(t, s, at(50), false, "a", "b", "none")
			for id, want := range map[channel.ID]channelsync.ChannelRow{
				"a": {NextAt: at(50), Wake: 1}, "b": {NextAt: at(10), Wake: 1}, "c": {NextAt: at(100)},
			} {
				row := getChannel(t, s, id)
				if !row.NextAt.Equal(want.NextAt) || row.Wake != want.Wake || row.Urgent {
					t.Errorf("%s: %+v, want due at %v and woken %d times", id, row, want.NextAt, want.Wake)
				}
			}
		},
	},
	{
		"FreeAll ends every lease and remembers that it was not released",
		"After a crash on SQLite work goes on at once, but what was sent without an answer must be looked at first.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "crashed", "free", "released")
			old := claim(t, s, "crashed", "me", at(0), at(3600))
			release(t, s, claim(t, s, "released", "me", at(0), at(3600)), at(1), at(2))
			update(t, s, func(tx channelsync.Tx) error { return tx.FreeAll(t.Context()) })
			if err := hold(t, s, old); !errors.Is(err, channelsync.ErrFenced) {
				t.Errorf("Hold of a lease from before: %v, want ErrFenced", err)
			}
			for id, former := range map[channel.ID]bool{"crashed": true, "free": false, "released": false} {
				if row := getChannel(t, s, id); row.Owner != "" || !row.Until.IsZero() {
					t.Errorf("%s is not free: %+v", id, row)
				}
				l := claim(t, s, id, "me", at(5), at(65))
				if l.Former != former {
					t.Errorf("%s: Former is %t, want %t", id, l.Former, former)
				}
				release(t, s, l, at(6), at(7))
				if l := claim(t, s, id, "me", at(7), at(65)); l.Former {
					t.Errorf("%s: Former again after a release", id)
				}
			}
		},
	},
	{
		"a turn freed twice is still remembered",
		"A process may crash again before it has visited the channel.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			claim(t, s, "a", "me", at(0), at(3600))
			for range 2 {
				update(t, s, func(tx channelsync.Tx) error { return tx.FreeAll(t.Context()) })
			}
			if l := claim(t, s, "a", "me", at(5), at(65)); !l.Former {
				t.Error("Former is false")
			}
		},
	},
	{
		"due channels come urgent ones first, then by time",
		"Otherwise a fall to zero waits behind polls, and a busy channel before a patient one.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "early", "late", "later", "urgent", "urgent2", "not yet", "soon")
			for id, seconds := range map[channel.ID]int{
				"early": 10, "late": 20, "later": 21, "urgent": 300, "urgent2": 300, "not yet": 200, "soon": 150,
			} {
				rest(t, s, id, at(seconds))
			}
			wake(t, s, at(40), true, "urgent")
			wake(t, s, at(30), true, "urgent2")
			got, next := due(t, s, at(100), 10)
			inOrder(t, "due", got, []channel.ID{"urgent2", "urgent", "early", "late", "later"})
			equal(t, "next", next, at(150))

			got, next = due(t, s, at(100), 3)
			inOrder(t, "the first three", got, []channel.ID{"urgent2", "urgent", "early"})
			equal(t, "next, with more due", next, at(100))

			got, next = due(t, s, at(100), 5)
			inOrder(t, "just all", got, []channel.ID{"urgent2", "urgent", "early", "late", "later"})
			equal(t, "next, with none left", next, at(150))

			got, next = due(t, s, at(200), 0)
			if len(got) != 7 || !next.IsZero() {
				t.Errorf("without a limit: %v, next %v; want all seven and no next", got, next)
			}
			equal(t, "row", read(t, s, func(tx channelsync.Tx) ([]channelsync.ChannelRow, error) {
				rows, _, err := tx.DueChannels(t.Context(), at(100), 1)
				return rows, err
			})[0], getChannel(t, s, "urgent2"))
		},
	},
	{
		"a claimed channel is not due, until its lease ends",
		"A worker would spin on it; and one whose owner died must come up by itself.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b")
			rest(t, s, "b", at(500))
			claim(t, s, "a", "me", at(0), at(60))
			got, next := due(t, s, at(59), 10)
			inOrder(t, "due", got, nil)
			equal(t, "next", next, at(60))
			got, next = due(t, s, at(60), 10)
			inOrder(t, "due at the end of the lease", got, []channel.ID{"a"})
			equal(t, "next after it", next, at(500))

			claim(t, s, "b", "me", at(70), at(90)) // before its time
			claim(t, s, "a", "me", at(70), at(80))
			_, next = due(t, s, at(75), 10)
			equal(t, "next of two that are held", next, at(80))
			claim(t, s, "a", "me", at(80), at(600))
			_, next = due(t, s, at(90), 10)
			equal(t, "next, whose lease has ended and whose time is ahead", next, at(500))
			claim(t, s, "b", "me", at(90), at(550))
			_, next = due(t, s, at(100), 10)
			equal(t, "next, held beyond its time", next, at(550))
		},
	},
	{
		"Unwoken finds channels with due work and no wake-up",
		"Without the sweep a lost wake-up loses the work behind it, in silence.",
		func(t testing.TB, s channelsync.Store) {
			all := []channel.ID{"level", "shipment", "outbox", "idle", "later", "none", "settled"}
			addChannels(t, s, all...)
			for _, id := range all {
				rest(t, s, id, at(1000))
			}
			level := func(id channel.ID, due time.Time) channelsync.LevelRow {
				return channelsync.LevelRow{LevelKey: channelsync.LevelKey{Channel: id, Listing: "1"}, DueAt: due}
			}
			shipment := func(id channel.ID, key string, due time.Time) channelsync.ShipmentRow {
				return channelsync.ShipmentRow{Key: key, Channel: id, Order: "1", Seq: 1, NextAt: due}
			}
			update(t, s, func(tx channelsync.Tx) error {
				_, err := tx.AddSubscriber(t.Context(), "warehouse")
				return errors.Join(
					err,
					tx.PutLevels(t.Context(), []channelsync.LevelRow{level("level", at(100)), level("later", at(101)), level("settled", time.Time{})}),
					tx.PutShipments(t.Context(), []channelsync.ShipmentRow{
						shipment("shipment", "1", at(100)), shipment("later", "2", at(101)), shipment("settled", "3", time.Time{}),
					}),
					tx.AppendOutbox(t.Context(), []channelsync.OutboxRow{{Channel: "outbox", Order: "1"}}),
				)
			})
			sameRows(t, "unwoken", unwoken(t, s, at(100), 10), []channel.ID{"level", "shipment", "outbox"})
			if got := unwoken(t, s, at(100), 2); len(got) != 2 {
				t.Errorf("with a limit of 2: %v", got)
			}
			wake(t, s, at(100), false, "level", "shipment", "outbox")
			sameRows(t, "after the wake", unwoken(t, s, at(100), 10), nil)
			sameRows(t, "a second later", unwoken(t, s, at(101), 10), []channel.ID{"later"})
			sameRows(t, "when it is due by itself", unwoken(t, s, at(1000), 10), nil)
		},
	},
	{
		"Unwoken knows when outbox rows are nobody's to handle",
		"A subscriber that fails waits for its own time; waking its channel meanwhile would be a visit for nothing.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a")
			rest(t, s, "a", at(1000))
			update(t, s, func(tx channelsync.Tx) error {
				return tx.AppendOutbox(t.Context(), []channelsync.OutboxRow{{Channel: "a", Order: "1"}})
			})
			inOrder(t, "without subscribers", unwoken(t, s, at(100), 10), nil)
			update(t, s, func(tx channelsync.Tx) error { _, err := tx.AddSubscriber(t.Context(), "warehouse"); return err })
			inOrder(t, "with one behind", unwoken(t, s, at(100), 10), []channel.ID{"a"})
			row := claimSubscriber(t, s, "warehouse", "a", "me", at(100), at(160))
			inOrder(t, "while it is at it", unwoken(t, s, at(100), 10), nil)
			inOrder(t, "when its claim has ended", unwoken(t, s, at(160), 10), []channel.ID{"a"})
			row.NextAt = at(200)
			update(t, s, func(tx channelsync.Tx) error { return tx.PutSubscriber(t.Context(), row) })
			inOrder(t, "while it waits", unwoken(t, s, at(199), 10), nil)
			inOrder(t, "when its time has come", unwoken(t, s, at(200), 10), []channel.ID{"a"})
			row = claimSubscriber(t, s, "warehouse", "a", "me", at(200), at(260))
			row.Position = outbox(t, s, "a", 0, 0)[0].Seq
			update(t, s, func(tx channelsync.Tx) error { return tx.PutSubscriber(t.Context(), row) })
			inOrder(t, "when all is handled", unwoken(t, s, at(300), 10), nil)
		},
	},
	{
		"SetChannelDoc changes the notes alone",
		"The probe stores what it learnt while others wake and claim.",
		func(t testing.TB, s channelsync.Store) {
			addChannels(t, s, "a", "b")
			rest(t, s, "a", at(100))
			before := getChannel(t, s, "a")
			update(t, s, func(tx channelsync.Tx) error { return tx.SetChannelDoc(t.Context(), "a", []byte("notes")) })
			before.Doc = []byte("notes")
			equal(t, "channel", getChannel(t, s, "a"), before)
			if doc := getChannel(t, s, "b").Doc; doc != nil {
				t.Errorf("another channel's notes are %q", doc)
			}
		},
	},
}

var laneCases = []Case{
	{
		"a lane comes back as it was put",
		"Its cursor, its cool-down and the reason shown to the seller survive a restart.",
		func(t testing.TB, s channelsync.Store) {
			want := []channelsync.LaneRow{
				{
					Channel: "a", Lane: channelsync.LaneImport, NextAt: at(1), OKAt: at(2), FailedAt: at(3), Failures: 4,
					Class: "throttled", Reason: "asked to wait", Paused: true, State: []byte("cursor"),
				},
				{Channel: "a", Lane: channelsync.LaneShip},
				{Channel: "b", Lane: channelsync.LaneImport, NextAt: at(9)},
			}
			lanes := func(ids ...channel.ID) []channelsync.LaneRow {
				return read(t, s, func(tx channelsync.Tx) ([]channelsync.LaneRow, error) { return tx.Lanes(t.Context(), ids...) })
			}
			update(t, s, func(tx channelsync.Tx) error { return tx.PutLanes(t.Context(), want) })
			sameRows(t, "all lanes", lanes(), want)
			sameRows(t, "a's lanes", lanes("a"), want[:2])
			sameRows(t, "lanes of both and of none", lanes("a", "b", "none"), want)

			want[0] = channelsync.LaneRow{Channel: "a", Lane: channelsync.LaneImport, OKAt: at(5), State: []byte("next")}
			update(t, s, func(tx channelsync.Tx) error { return tx.PutLanes(t.Context(), want[:1]) })
			sameRows(t, "after a success", lanes(), want)
		},
	},
}
