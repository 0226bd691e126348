package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func levelKey(ch channel.ID, listing channel.ListingID, location channel.LocationID) channelsync.LevelKey {
	return channelsync.LevelKey{Channel: ch, Listing: listing, Location: location}
}

func putLevels(tb testing.TB, s channelsync.Store, rows ...channelsync.LevelRow) {
	tb.Helper()
	update(tb, s, func(tx channelsync.Tx) error { return tx.PutLevels(tb.Context(), rows) })
}

func getLevels(tb testing.TB, s channelsync.Store, keys ...channelsync.LevelKey) []channelsync.LevelRow {
	tb.Helper()
	return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) { return tx.Levels(tb.Context(), keys) })
}

func levelKeys(rows []channelsync.LevelRow) (keys []channelsync.LevelKey) {
	for _, r := range rows {
		keys = append(keys, r.LevelKey)
	}
	return keys
}

var levelCases = []Case{
	{
		"a level comes back as it was put",
		"The arithmetic's state is all that stands between a lost answer and an oversold item.",
		func(tb testing.TB, s channelsync.Store) {
			row := channelsync.LevelRow{
				LevelKey: levelKey("a", "L1", "main"), Account: "acme", Item: "MUG", Units: 6, Released: true, DueAt: at(1), Busy: true,
				Wanted: 8, Shown: new(int64(10)), Reason: "fall", State: []byte("state"),
			}
			putLevels(tb, s, row)
			inOrder(tb, "level", getLevels(tb, s, row.LevelKey), []channelsync.LevelRow{row})
			row = channelsync.LevelRow{LevelKey: row.LevelKey, Account: "other", Item: "CUP", Units: 1, Wanted: -1, Reason: "audit", State: []byte("other")}
			putLevels(tb, s, row)
			inOrder(tb, "level put again", getLevels(tb, s, row.LevelKey), []channelsync.LevelRow{row})
		},
	},
	{
		"a level shown as nothing is not a level never seen",
		"Zero is a number that was read; unknown forbids a write that compares.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.LevelRow{{LevelKey: levelKey("a", "L1", ""), Shown: new(int64(0))}, {LevelKey: levelKey("a", "L2", "")}}
			putLevels(tb, s, want...)
			sameRows(tb, "levels", getLevels(tb, s, want[0].LevelKey, want[1].LevelKey), want)
		},
	},
	{
		"levels are apart by channel, listing and location",
		"One listing has a number at each location.",
		func(tb testing.TB, s channelsync.Store) {
			var want []channelsync.LevelRow
			var keys []channelsync.LevelKey
			for _, ch := range []channel.ID{"a", "b"} {
				for _, listing := range []channel.ListingID{"L1", "L2"} {
					for _, location := range []channel.LocationID{"", "main", "L1"} {
						keys = append(keys, levelKey(ch, listing, location))
						want = append(want, channelsync.LevelRow{LevelKey: levelKey(ch, listing, location), Wanted: int64(len(want))})
					}
				}
			}
			putLevels(tb, s, want...)
			sameRows(tb, "all of both channels", getLevels(tb, s, keys...), want)
			sameRows(tb, "two", getLevels(tb, s, keys[1], keys[9], keys[1], levelKey("a", "L3", "main")), []channelsync.LevelRow{want[1], want[9]})
			update(tb, s, func(tx channelsync.Tx) error {
				return tx.DeleteLevels(tb.Context(), []channelsync.LevelKey{keys[0], keys[5], levelKey("a", "L3", "main")})
			})
			sameRows(tb, "after two were deleted", getLevels(tb, s, keys...), append(append([]channelsync.LevelRow{}, want[1:5]...), want[6:]...))
		},
	},
	{
		"levels are found by item",
		"A sale on one channel is followed on all others.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.LevelRow{
				{LevelKey: levelKey("a", "L1", ""), Account: "acme", Item: "MUG", Units: 1},
				{LevelKey: levelKey("b", "L1", "main"), Account: "acme", Item: "MUG", Units: 6},
				{LevelKey: levelKey("b", "L2", "main"), Account: "acme", Item: "CUP", Units: 1},
			}
			putLevels(tb, s, append(want, channelsync.LevelRow{LevelKey: levelKey("b", "L3", ""), Account: "other", Item: "MUG"})...)
			get := func(items ...string) []channelsync.LevelRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
					return tx.ItemLevels(tb.Context(), "acme", items)
				})
			}
			sameRows(tb, "of one item", get("MUG"), want[:2])
			sameRows(tb, "of two", get("MUG", "CUP", "none", "MUG"), want)
		},
	},
	{
		"ChannelLevels walks by listing and location",
		"The plan of a channel's first push is read in pages.",
		func(tb testing.TB, s channelsync.Store) {
			want := []channelsync.LevelKey{levelKey("a", "L1", ""), levelKey("a", "L1", "b"), levelKey("a", "L1", "c"), levelKey("a", "L2", ""), levelKey("a", "L2", "a")}
			for i := range want {
				putLevels(tb, s, channelsync.LevelRow{LevelKey: want[(i*3)%len(want)]}, channelsync.LevelRow{LevelKey: levelKey("b", want[i].Listing, want[i].Location)})
			}
			page := func(after channelsync.LevelKey, limit int) []channelsync.LevelKey {
				return levelKeys(read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
					return tx.ChannelLevels(tb.Context(), "a", after, limit)
				}))
			}
			inOrder(tb, "first page", page(channelsync.LevelKey{}, 2), want[:2])
			inOrder(tb, "second page", page(want[1], 2), want[2:4])
			inOrder(tb, "last page", page(want[3], 2), want[4:])
			inOrder(tb, "after it", page(want[4], 2), nil)
			inOrder(tb, "without a limit", page(want[0], 0), want[1:])
		},
	},
	{
		"due levels come by how long they have been due",
		"A level that waits longest is looked at first, and one with nothing to do never comes.",
		func(tb testing.TB, s channelsync.Store) {
			row := func(ch channel.ID, listing channel.ListingID, due time.Time) channelsync.LevelRow {
				return channelsync.LevelRow{LevelKey: levelKey(ch, listing, ""), DueAt: due}
			}
			putLevels(tb, s, row("a", "third", at(30)), row("a", "first", at(10)), row("a", "second", at(20)), row("a", "later", at(31)),
				row("a", "settled", time.Time{}), row("b", "other", at(1)))
			due := func(limit int) (listings []channel.ListingID) {
				for _, k := range levelKeys(read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) {
					return tx.DueLevels(tb.Context(), "a", at(30), limit)
				})) {
					listings = append(listings, k.Listing)
				}
				return listings
			}
			inOrder(tb, "due", due(10), []channel.ListingID{"first", "second", "third"})
			inOrder(tb, "due, two of them", due(2), []channel.ListingID{"first", "second"})
			inOrder(tb, "due, all of them", due(0), []channel.ListingID{"first", "second", "third"})

			for now, want := range map[time.Time][2]int{at(30): {5, 3}, at(9): {5, 0}} {
				view(tb, s, func(tx channelsync.Tx) error {
					all, due, oldest, err := tx.CountLevels(tb.Context(), "a", now)
					if [2]int{all, due} != want {
						tb.Errorf("CountLevels: %d of %d are due, want %d of %d", due, all, want[1], want[0])
					}
					if due > 0 && !oldest.Equal(at(10)) || due == 0 && !oldest.IsZero() {
						tb.Errorf("CountLevels: the oldest of %d is due since %v", due, oldest)
					}
					return err
				})
			}
		},
	},
	{
		"BusyLevels returns the levels that a watermark can settle",
		"After a walk they are all looked at, and no other is.",
		func(tb testing.TB, s channelsync.Store) {
			busy := channelsync.LevelRow{LevelKey: levelKey("a", "L1", ""), Busy: true}
			other := channelsync.LevelRow{LevelKey: levelKey("a", "L2", ""), Busy: true, DueAt: at(1)}
			putLevels(tb, s, busy, other, channelsync.LevelRow{LevelKey: levelKey("a", "L3", "")}, channelsync.LevelRow{LevelKey: levelKey("b", "L1", ""), Busy: true})
			get := func() []channelsync.LevelRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.LevelRow, error) { return tx.BusyLevels(tb.Context(), "a") })
			}
			sameRows(tb, "busy", get(), []channelsync.LevelRow{busy, other})
			busy.Busy = false
			putLevels(tb, s, busy)
			sameRows(tb, "after one was settled", get(), []channelsync.LevelRow{other})
		},
	},
	{
		"TouchLevels makes an item's levels due, never later, and names their channels",
		"A sale must reach every channel of the item, and each of them must be woken.",
		func(tb testing.TB, s channelsync.Store) {
			row := func(ch channel.ID, listing channel.ListingID, account channelsync.AccountID, item string, due time.Time) channelsync.LevelRow {
				return channelsync.LevelRow{LevelKey: levelKey(ch, listing, "main"), Account: account, Item: item, DueAt: due, Wanted: 5, State: []byte("state")}
			}
			rows := []channelsync.LevelRow{
				row("a", "settled", "acme", "MUG", time.Time{}), row("a", "later", "acme", "MUG", at(100)), row("b", "sooner", "acme", "MUG", at(10)),
				row("c", "other item", "acme", "CUP", time.Time{}), row("d", "other account", "other", "MUG", time.Time{}),
			}
			putLevels(tb, s, rows...)
			touched := write(tb, s, func(tx channelsync.Tx) ([]channel.ID, error) {
				return tx.TouchLevels(tb.Context(), "acme", []string{"MUG", "none"}, at(50))
			})
			sameRows(tb, "channels", touched, []channel.ID{"a", "b"})
			rows[0].DueAt, rows[1].DueAt = at(50), at(50)
			sameRows(tb, "levels", getLevels(tb, s, levelKeys(rows)...), rows)
			touched = write(tb, s, func(tx channelsync.Tx) ([]channel.ID, error) {
				return tx.TouchLevels(tb.Context(), "acme", []string{"none"}, at(50))
			})
			sameRows(tb, "channels of an item without levels", touched, nil)
		},
	},
	{
		"an intent comes back as it was put, until it is deleted",
		"It is the only trace of a write whose answer was lost.",
		func(tb testing.TB, s channelsync.Store) {
			put := func(row channelsync.IntentRow) int64 {
				return write(tb, s, func(tx channelsync.Tx) (int64, error) { return tx.PutIntent(tb.Context(), row) })
			}
			get := func(ch channel.ID) []channelsync.IntentRow {
				return read(tb, s, func(tx channelsync.Tx) ([]channelsync.IntentRow, error) { return tx.Intents(tb.Context(), ch) })
			}
			first := channelsync.IntentRow{Channel: "a", Fence: 3, SentAt: at(1), Deadline: at(2), Ticket: "t", NextAt: at(3), Doc: []byte("lines")}
			first.ID = put(first)
			second := channelsync.IntentRow{Channel: "a", Fence: 4}
			second.ID = put(second)
			other := channelsync.IntentRow{Channel: "b"}
			other.ID = put(other)
			if first.ID == 0 || second.ID == 0 || first.ID == second.ID {
				tb.Fatalf("ids %d and %d", first.ID, second.ID)
			}
			inOrder(tb, "intents", get("a"), []channelsync.IntentRow{first, second})

			first = channelsync.IntentRow{ID: first.ID, Channel: "a", Fence: 5, SentAt: at(4), Deadline: at(5), Ticket: "feed", NextAt: at(6), Doc: []byte("rest")}
			equal(tb, "id", put(first), first.ID)
			inOrder(tb, "put again", get("a"), []channelsync.IntentRow{first, second})

			update(tb, s, func(tx channelsync.Tx) error {
				return tx.DeleteIntents(tb.Context(), []int64{first.ID, other.ID + 100})
			})
			sameRows(tb, "after one was settled", get("a"), []channelsync.IntentRow{second})
			update(tb, s, func(tx channelsync.Tx) error { return tx.DeleteIntents(tb.Context(), []int64{second.ID, other.ID}) })
			if id := put(channelsync.IntentRow{Channel: "a"}); id <= other.ID {
				tb.Errorf("id %d was given before", id)
			}
		},
	},
}

var tokenCases = []Case{
	{
		"a token is swapped by whoever knows its version",
		"Of two processes that refresh at once, the second must see that its refresh token is spent.",
		func(tb testing.TB, s channelsync.Store) {
			swap := func(id channel.ID, old int64, sealed string) bool {
				return write(tb, s, func(tx channelsync.Tx) (bool, error) { return tx.SwapToken(tb.Context(), id, old, []byte(sealed)) })
			}
			expect := func(id channel.ID, want string, version int64) {
				tb.Helper()
				view(tb, s, func(tx channelsync.Tx) error {
					sealed, v, err := tx.Token(tb.Context(), id)
					if string(sealed) != want || v != version {
						tb.Errorf("token %q at version %d, want %q at %d", sealed, v, want, version)
					}
					return err
				})
			}
			expect("a", "", 0)
			for i, c := range []struct {
				old  int64
				ok   bool
				want string
				then int64
			}{
				{1, false, "", 0}, {-1, false, "", 0}, {0, true, "2", 1}, {0, false, "2", 1}, {2, false, "2", 1}, {1, true, "5", 2}, {1, false, "5", 2}, {2, true, "7", 3},
			} {
				if ok := swap("a", c.old, strconv.Itoa(i)); ok != c.ok {
					tb.Errorf("step %d: swap of version %d: %t, want %t", i, c.old, ok, c.ok)
				}
				expect("a", c.want, c.then)
			}
			expect("b", "", 0)
			if !swap("b", 0, "b's") || !swap("c", 0, "c's") || !swap("b", 1, "b's next") {
				tb.Error("channels are in each other's way")
			}
			expect("a", "7", 3)
			expect("b", "b's next", 2)
			expect("c", "c's", 1)
		},
	},
}
