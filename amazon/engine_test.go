package amazon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// kept is an engine that keeps the stock of a fake account.
type kept struct {
	*testing.T
	fake   *amazontest.Fake
	engine *channelsync.Engine
	store  *fragile
	skus   []string
}

// fragile is a store that can be away.
type fragile struct {
	channelsync.Store
	away atomic.Bool
}

func (f *fragile) Update(ctx context.Context, fn func(channelsync.Tx) error) error {
	if f.away.Load() {
		return errors.New("the store is away")
	}
	return f.Store.Update(ctx, fn)
}

// onCall calls f once an operation was answered.
type onCall struct {
	http.RoundTripper
	method, path string
	f            func()
}

func (o *onCall) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(req)
	if req.Method == o.method && strings.HasSuffix(req.URL.Path, o.path) {
		o.f()
	}
	return resp, err
}

// underEngine runs f with an engine over an account of n listings of 20 units,
// and of more, which are counted so.
func underEngine(t *testing.T, n int, configure func(*amazon.Config), f func(k *kept), more ...string) {
	t.Helper()
	account := accountConfig{
		Latency: 100 * time.Millisecond, EffectLag: time.Minute, Believed: amazontest.Believed{EncodedSlashFails: true},
	}
	synctest.Test(t, func(t *testing.T) {
		k := &kept{T: t, fake: amazontest.New(account)}
		for i := range n {
			more = append(more, fmt.Sprintf("SKU-%04d", i))
		}
		for _, sku := range more {
			k.skus = append(k.skus, sku)
			must(k.fake.AddProduct(amazontest.NewProduct{SKU: sku, Price: "10", OnHand: 20}))
		}
		cfg := k.fake.Config()
		if configure != nil {
			configure(&cfg)
		}
		store := &fragile{Store: must(sqlitestore.OpenConfig(sqlitestore.Config{Path: filepath.Join(t.TempDir(), "penstock.db"), RelaxCommits: true}))}
		k.store = store
		k.engine = must(channelsync.New(channelsync.Config{
			Store: store, Channels: []channel.Channel{must(amazon.New(cfg))}, NoBackfill: true, Sweep: 12 * time.Hour,
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.engine.Run(ctx) }()
		pass(3 * time.Minute)
		k.count(func(int) int64 { return 20 })
		pass(30 * time.Minute)
		f(k)
		stop()
		check(t, <-done)
		check(t, store.Close())
		for _, v := range k.fake.Violations() {
			t.Error(v)
		}
	})
}

// count counts everything at one moment.
func (k *kept) count(n func(i int) int64) {
	k.Helper()
	check(k, k.store.Update(k.Context(), func(tx channelsync.Tx) error {
		for i, sku := range k.skus {
			if err := k.engine.CountTx(k.Context(), tx, sku, n(i), channelsync.Entry{}); err != nil {
				return err
			}
		}
		return nil
	}))
	check(k, k.engine.Wake(k.Context(), "amazon:na:"+amazontest.DefaultSellerID))
}

// show checks what buyers are shown of every listing.
func (k *kept) show(when string, want func(i int) int64) {
	k.Helper()
	for i, sku := range k.skus {
		if got := must(k.fake.Available(sku)); got != want(i) {
			items := must(k.engine.Stock(k.Context(), "", sku))
			k.Fatalf("%s: %s shows %d, want %d\n%+v", when, sku, got, want(i), items)
		}
	}
}

// tickets is how many are followed.
func (k *kept) tickets() int {
	k.Helper()
	for _, l := range must(k.engine.State(k.Context()))[0].Lanes {
		if l.Lane == channelsync.LaneTickets {
			return l.Backlog
		}
	}
	return 0
}

func feedsFrom(n int) func(*amazon.Config) { return func(c *amazon.Config) { c.FeedFrom = n } }

// A feed that sticks for half a day is passed by what falls, and when it ends all
// of it is read back and put right.
func TestEngineWithAFeedThatSticks(t *testing.T) {
	t.Parallel()
	underEngine(t, 60, feedsFrom(50), func(k *kept) {
		k.fake.FeedFault(amazontest.FeedFault{StickRunning: true})
		k.count(func(int) int64 { return 60 })
		pass(10 * time.Minute)
		if feeds := k.fake.Feeds(); len(feeds) != 1 || feeds[0].Status != amazontest.InProgress {
			k.Fatalf("feeds %+v", feeds)
		}
		falls := func(low, high int64) func(int) int64 {
			return func(i int) int64 {
				if i < 10 {
					return low
				}
				return high
			}
		}
		k.count(falls(4, 60))
		pass(10 * time.Minute)
		k.show("while it sticks", falls(4, 20))
		// A read settles it after six hours, and no raise goes before its end.
		pass(12 * time.Hour)
		k.show("after half a day", falls(4, 20))
		k.fake.ReleaseFeeds()
		pass(3 * time.Minute)
		if got := must(k.fake.Available(k.skus[0])); got != 60 {
			k.Errorf("the feed landed, and %d are shown", got)
		}
		pass(30 * time.Minute)
		k.show("after its end", falls(4, 60))
		if n := len(k.fake.Feeds()); n != 1 {
			k.Errorf("%d feeds", n)
		}
	})
}

// One that does not end keeps its lines low for two days. Then they are raised
// one by one, and what it sets if it ends after all is put right.
func TestEngineWithAFeedThatNeverEnds(t *testing.T) {
	t.Parallel()
	if racing {
		return
	}
	underEngine(t, 12, feedsFrom(10), func(k *kept) {
		k.fake.FeedFault(amazontest.FeedFault{StickRunning: true})
		k.count(func(int) int64 { return 60 })
		pass(10 * time.Minute)
		k.count(func(int) int64 { return 90 })
		pass(47 * time.Hour)
		k.show("after 47 hours", func(int) int64 { return 20 })
		said := func(what string) {
			k.Helper()
			parked := must(k.engine.Parked(k.Context(), channelsync.ParkedFilter{Kind: "stock"}))
			if len(parked) != 1 || !strings.Contains(parked[0].Reason, what) {
				k.Errorf("%d are told of: %+v", len(parked), parked)
			}
		}
		said("raises of them wait for it until ")
		pass(80 * time.Minute)
		k.show("after 48 hours", func(int) int64 { return 90 })
		pass(time.Hour)
		said("raises of them no longer wait for it")
		// Others are raised and lowered as ever, and no feed goes behind it.
		k.count(func(i int) int64 { return int64(30 + 2*i) })
		pass(time.Hour)
		k.show("while it sticks", func(i int) int64 { return int64(30 + 2*i) })
		if n := len(k.fake.Feeds()); n != 1 {
			k.Errorf("%d feeds", n)
		}
		k.fake.ReleaseFeeds()
		pass(2 * time.Minute)
		k.show("it lands", func(int) int64 { return 60 })
		pass(30 * time.Minute)
		k.show("after its end", func(i int) int64 { return int64(30 + 2*i) })
		if n := k.tickets(); n != 0 {
			k.Errorf("%d tickets are followed", n)
		}
	})
}

// A ticket is followed for as long as Amazon lists feeds, and through answers
// that do not know it: what the feed sets at its end is put right within the
// ticket's rest and the lag of a write.
func TestEngineFollowsAFeedToItsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  amazontest.FeedFault
		unseen int // answers that getFeed does not know it
		ends   time.Duration
		within time.Duration
	}{
		"on the eighth day":      {amazontest.FeedFault{StickRunning: true}, 0, 8 * 24 * time.Hour, 25 * time.Minute},
		"an answer unknown once": {amazontest.FeedFault{Run: 3 * time.Hour}, 1, 3 * time.Hour, 20 * time.Minute},
		"unknown for an hour":    {amazontest.FeedFault{Run: 3 * time.Hour}, 15, 3 * time.Hour, 20 * time.Minute},
		"unknown for good":       {amazontest.FeedFault{Run: 3 * time.Hour}, 1_000, 3 * time.Hour, 4 * time.Hour},
	} {
		if racing && c.ends > 24*time.Hour {
			continue
		}
		t.Run(name, func(t *testing.T) {
			underEngine(t, 12, feedsFrom(10), func(k *kept) {
				k.fake.FeedFault(c.fault)
				k.fake.FailWith("getFeed", 404, c.unseen)
				k.count(func(int) int64 { return 60 })
				pass(10 * time.Minute)
				if n := len(k.fake.Feeds()); n != 1 {
					k.Fatalf("%d feeds", n)
				}
				k.count(func(int) int64 { return 4 })
				pass(20 * time.Minute)
				k.show("falls pass it", func(int) int64 { return 4 })
				pass(c.ends - 30*time.Minute)
				k.fake.ReleaseFeeds()
				landed := false
				for began := time.Now(); time.Since(began) < c.within; pass(time.Minute) {
					landed = landed || must(k.fake.Available(k.skus[0])) == 60
				}
				if !landed {
					k.Error("the feed never landed")
				}
				k.show("after its end", func(int) int64 { return 4 })
				if n := k.tickets(); n != 0 {
					k.Errorf("%d tickets are followed", n)
				}
			})
		})
	}
}

// One that waits in the queue for an hour is cancelled, and its levels are
// patched.
func TestEngineCancelsAFeedThatWaits(t *testing.T) {
	t.Parallel()
	for _, least := range []int{50, 10} { // of a feed: more and less than one write's patches
		cancelsAFeedThatWaits(t, least)
	}
}

func cancelsAFeedThatWaits(t *testing.T, least int) {
	t.Helper()
	underEngine(t, 60, feedsFrom(least), func(k *kept) {
		k.fake.FeedFault(amazontest.FeedFault{StickQueued: true})
		k.count(func(int) int64 { return 60 })
		pass(50 * time.Minute)
		k.show("while it waits", func(int) int64 { return 20 })
		pass(40 * time.Minute)
		k.show("after an hour", func(int) int64 { return 60 })
		if feeds := k.fake.Feeds(); len(feeds) != 1 || feeds[0].Status != amazontest.Stopped {
			k.Errorf("feeds %+v", feeds)
		}
	})
}

// A feed whose answer is lost is followed all the same: as one of those that
// were created then.
func TestEngineWithALostFeed(t *testing.T) {
	t.Parallel()
	underEngine(t, 120, feedsFrom(50), func(k *kept) {
		k.fake.Fault(amazontest.Fault{Kind: amazontest.DropAfter, Op: "createFeed"})
		k.fake.FeedFault(amazontest.FeedFault{Run: 5 * time.Hour})
		k.count(func(int) int64 { return 60 })
		pass(10 * time.Minute)
		k.count(func(int) int64 { return 5 })
		pass(20 * time.Minute)
		k.show("falls pass it", func(int) int64 { return 5 })
		pass(6 * time.Hour)
		k.show("after its end", func(int) int64 { return 5 })
		if n := len(k.fake.Feeds()); n != 1 {
			k.Errorf("%d feeds", n)
		}
	})
}

// One that was created as the process died, before anything of it was stored, is
// followed as well.
func TestEngineFollowsAFeedOfAnEarlierProcess(t *testing.T) {
	t.Parallel()
	watch := &onCall{method: http.MethodPost, path: "/feeds", f: func() {}}
	configure := func(c *amazon.Config) {
		c.FeedFrom = 50
		watch.RoundTripper = c.Transport
		c.Transport = watch
	}
	underEngine(t, 60, configure, func(k *kept) {
		k.fake.FeedFault(amazontest.FeedFault{StickRunning: true})
		watch.f = func() { k.store.away.Store(true) }
		k.count(func(int) int64 { return 60 })
		pass(10 * time.Minute)
		if n := len(k.fake.Feeds()); n != 1 || !k.store.away.Swap(false) {
			k.Fatalf("%d feeds", n)
		}
		pass(10 * time.Minute)
		k.count(func(int) int64 { return 4 })
		pass(30 * time.Minute)
		k.show("falls pass it", func(int) int64 { return 4 })
		if n := k.tickets(); n != 1 {
			k.Errorf("%d tickets are followed", n)
		}
		pass(29 * time.Hour)
		k.fake.ReleaseFeeds()
		pass(2 * time.Minute)
		if n := must(k.fake.Available(k.skus[0])); n != 60 {
			k.Errorf("the feed landed, and %d are shown", n)
		}
		pass(23 * time.Minute)
		k.show("after its end", func(int) int64 { return 4 })
		if n := k.tickets(); n != 0 {
			k.Errorf("%d tickets are followed", n)
		}
	})
}

// So is one of a single SKU, which no path names, and which nothing but a feed
// sets.
func TestEngineFollowsTheFeedOfOneSKU(t *testing.T) {
	t.Parallel()
	watch := &onCall{method: http.MethodPost, path: "/feeds", f: func() {}}
	configure := func(c *amazon.Config) {
		watch.RoundTripper = c.Transport
		c.Transport = watch
	}
	underEngine(t, 1, configure, func(k *kept) {
		const odd = "A/B,C"
		quantity := func(n int64) {
			check(k, k.engine.Count(k.Context(), odd, n))
		}
		k.fake.FeedFault(amazontest.FeedFault{StickRunning: true})
		watch.f = func() { k.store.away.Store(true) }
		quantity(15)
		pass(10 * time.Minute)
		if n := len(k.fake.Feeds()); n != 1 || !k.store.away.Swap(false) {
			k.Fatalf("%d feeds", n)
		}
		watch.f = func() {}
		pass(30 * time.Minute)
		if n := k.tickets(); n != 1 {
			k.Errorf("%d tickets are followed", n)
		}
		// It is not sent again behind what may still land, and its end is seen.
		pass(5 * time.Hour)
		if n := len(k.fake.Feeds()); n != 1 {
			k.Errorf("%d feeds", n)
		}
		k.fake.ReleaseFeeds()
		pass(25 * time.Minute)
		if n := must(k.fake.Available(odd)); n != 15 {
			k.Errorf("%d are shown", n)
		}
		if n := k.tickets(); n != 0 {
			k.Errorf("%d tickets are followed", n)
		}
	}, "A/B,C")
}

// A process that dies with a patch does not know either whether it was a feed.
// That there was none is found out in minutes.
func TestEngineAfterADeathWithAPatch(t *testing.T) {
	t.Parallel()
	watch := &onCall{method: http.MethodPatch, path: "/SKU-0000", f: func() {}}
	configure := func(c *amazon.Config) {
		watch.RoundTripper = c.Transport
		c.Transport = watch
	}
	underEngine(t, 3, configure, func(k *kept) {
		watch.f = func() { k.store.away.Store(true) }
		k.count(func(int) int64 { return 60 })
		pass(2 * time.Minute)
		if !k.store.away.Swap(false) {
			k.Fatal("nothing was patched")
		}
		watch.f = func() {}
		pass(2 * time.Minute)
		k.count(func(i int) int64 { return int64(5 + 80*i) })
		pass(10 * time.Minute)
		k.show("afterwards", func(i int) int64 { return int64(5 + 80*i) })
		pass(10 * time.Minute)
		if n := k.tickets(); n != 0 || len(k.fake.Feeds()) > 0 {
			k.Errorf("%d tickets, %d feeds", n, len(k.fake.Feeds()))
		}
	})
}

// Without feeds, quantities are patched at the pace that is granted.
func TestEnginePatches(t *testing.T) {
	t.Parallel()
	underEngine(t, 120, nil, func(k *kept) {
		k.count(func(i int) int64 { return int64(30 + i) })
		pass(10 * time.Minute)
		k.show("patched", func(i int) int64 { return int64(30 + i) })
		if n := len(k.fake.Feeds()); n > 0 {
			k.Errorf("%d feeds", n)
		}
		k.Logf("throttled %v, calls %v", k.fake.ThrottledBy(), k.fake.Calls())
	})
}

// A SKU that nothing but its product names keeps no other from being lowered,
// and follows by feed.
func TestEngineWithAnOddSKU(t *testing.T) {
	t.Parallel()
	underEngine(t, 2, nil, func(k *kept) {
		k.count(func(int) int64 { return 5 })
		pass(20 * time.Minute)
		k.show("counted", func(int) int64 { return 5 })
		for _, st := range must(k.engine.State(k.Context())) {
			if st.Problem != "" {
				k.Error(st.Problem)
			}
		}
	}, "A/B,C")
}

// The end of the client secret is told before it comes, and afterwards it is
// named as what it is: no role is missing, and no seller must authorise again.
func TestEngineTellsOfTheSecret(t *testing.T) {
	t.Parallel()
	soon := func(c *amazon.Config) { c.Credentials.SecretExpires = time.Now().Add(23 * 24 * time.Hour) }
	underEngine(t, 1, soon, func(k *kept) {
		state := func() channelsync.ChannelState { return must(k.engine.State(k.Context()))[0] }
		pass(3 * 24 * time.Hour)
		if st := state(); st.Problem != "" || len(st.Notes) != 1 || !strings.Contains(st.Notes[0], "the client secret ends on") ||
			!strings.Contains(st.Notes[0], "in 20 days") && !strings.Contains(st.Notes[0], "in 19 days") {
			k.Errorf("20 days before: problem %q, notes %q", st.Problem, st.Notes)
		}
		k.fake.ExpireSecret()
		for range 3 {
			pass(20 * time.Hour)
			st := state()
			if !strings.Contains(st.Problem, "the client secret is wrong or has expired") {
				k.Errorf("problem %q", st.Problem)
			}
			for _, l := range st.Lanes {
				if strings.Contains(l.Reason, "lacks") {
					k.Errorf("%s: %s", l.Lane, l.Reason)
				}
			}
		}
	})
}

// While order searches are throttled and the import is behind, what must fall is
// lowered and parcels are told; a raise waits, since what is not imported may
// have been sold.
func TestEngineWhileSearchesAreThrottled(t *testing.T) {
	t.Parallel()
	underEngine(t, 20, nil, func(k *kept) {
		must(k.fake.AddProduct(amazontest.NewProduct{SKU: "OTHER", Price: "10", OnHand: 20}))
		id := must(k.fake.PlaceOrder(newOrder{Lines: []newLine{{SKU: "OTHER"}}}))
		pass(20 * time.Minute)
		k.fake.ThrottleNext("searchOrders", 1_000_000)
		pass(30 * time.Minute)
		want := func(low, high int64) func(int) int64 {
			return func(i int) int64 {
				if i < 10 {
					return low
				}
				return high
			}
		}
		k.count(want(6, 30))
		began := time.Now()
		check(k, k.engine.Ship(k.Context(), channelsync.Shipment{
			Order: channelsync.OrderRef{Channel: "amazon:na:" + amazontest.DefaultSellerID, ID: channel.OrderID(id)}, Carrier: "UPS", Tracking: "1Z999",
		}))
		for o, _ := k.fake.Order(id); len(o.Packages) == 0 && time.Since(began) < time.Hour; o, _ = k.fake.Order(id) {
			pass(time.Second)
		}
		if d := time.Since(began); d > time.Minute {
			k.Errorf("a parcel took %s", d)
		}
		pass(5 * time.Minute)
		k.show("falls", want(6, 20))
		pass(6 * time.Hour)
		k.show("raises wait", want(6, 20))
		k.fake.ThrottleNext("searchOrders", 0)
		pass(30 * time.Minute)
		k.show("once orders come", want(6, 30))
	})
}
