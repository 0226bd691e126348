package amazon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

// odd are SKUs that a path must escape, and lists too.
var odd = []string{"A/B", "A B", "100%", "Чашка-1", "杯", "a?b#c", "50%2F", "A+B&C=D", "x.y", "a,b"}

// listings are the channel's listings by SKU.
func (r *rig) listings() map[string]channel.Listing {
	r.Helper()
	out := map[string]channel.Listing{}
	for l, err := range channel.Listings(r.Context(), r.ch, channel.ListingQuery{}) {
		check(r, err)
		out[l.Ref.SKU] = l
	}
	return out
}

// level is a write of n units, as read.
func (r *rig) level(sku string, n int64) channel.StockLevel {
	r.Helper()
	page := must(r.ch.ListingPage(r.Context(), channel.ListingQuery{SKUs: []string{sku}}))
	if len(page.Items) != 1 {
		r.Fatalf("%q: %d listings", sku, len(page.Items))
	}
	return channel.StockLevel{Listing: page.Items[0].Ref, Quantity: n}
}

func (r *rig) set(levels ...channel.StockLevel) []channel.StockResult {
	r.Helper()
	results, err := r.ch.SetStock(r.Context(), levels)
	check(r, err)
	if len(results) != len(levels) {
		r.Fatalf("%d results for %d levels", len(results), len(levels))
	}
	return results
}

// shows checks what buyers are shown.
func (r *rig) shows(sku string, want int64) {
	r.Helper()
	if got := must(r.fake.Available(sku)); got != want {
		r.Errorf("%q shows %d, want %d", sku, got, want)
	}
}

// is checks one outcome.
func (r *rig) is(got channel.StockResult, state channel.StockState, class error) {
	r.Helper()
	if got.State != state || class != nil && !errors.Is(got.Err, class) || class == nil && got.Err != nil {
		r.Errorf("%s, %v; want %s, %v", got.State, got.Err, state, class)
	}
}

// calls counts the calls of operations since the start.
func (r *rig) calls(ops ...string) (n int) {
	all := r.fake.Calls()
	for _, op := range ops {
		n += all[op]
	}
	return n
}

func TestSetStockPatchesAnySKU(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for i, sku := range odd {
			r.product(sku, int64(i))
		}
		var levels []channel.StockLevel
		for i, sku := range odd {
			levels = append(levels, r.level(sku, int64(100+i)))
		}
		r.wire.Taken()
		for i := range levels { // one by one, for their order
			r.is(r.set(levels[i])[0], channel.StockAccepted, nil)
		}
		r.golden("stock")
		pass(time.Minute)
		for i, sku := range odd {
			r.shows(sku, int64(100+i))
		}
		page := must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs(levels)}))
		if len(page.Items) != len(odd) {
			r.Fatalf("%d of %d levels were read", len(page.Items), len(odd))
		}
		for i, l := range page.Items {
			if l.Listing.SKU != odd[i] || l.Quantity != int64(100+i) || l.ReadAt.IsZero() {
				r.Errorf("%+v", l)
			}
		}
	})
}

func refs(levels []channel.StockLevel) (out []channel.ListingRef) {
	for _, l := range levels {
		out = append(out, l.Listing)
	}
	return out
}

// A merge leaves what it does not name: replace would wipe the handling time.
func TestSetStockKeepsHandlingTime(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "SLOW", Price: "1", OnHand: 3, LeadTime: 5, Restock: "2030-01-01"}))
		r.is(r.set(r.level("SLOW", 9))[0], channel.StockAccepted, nil)
		if a := must(r.fake.Submitted("SLOW", "ATVPDKIKX0DER")); a.LeadTime != 5 || a.Restock != "2030-01-01" || a.Quantity != 9 {
			r.Errorf("%+v", a)
		}
	})
}

func TestSetStockRefusals(t *testing.T) {
	onAccount(t, accountConfig{Marketplaces: []string{"ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"}}, nil, func(r *rig) {
		r.product("MUG", 5)
		r.product("BAD", 5)
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "FBA", Price: "1", OnHand: 7, ByAmazon: true}))
		mug, bad, fba := r.level("MUG", 8), r.level("BAD", 8), r.level("FBA", 8)
		r.fake.RejectWrites(func(sku string) bool { return sku == "BAD" })

		no := func(change func(l *channel.StockLevel)) channel.StockLevel {
			l := mug
			change(&l)
			return l
		}
		for name, c := range map[string]struct {
			level channel.StockLevel
			class error
			says  string
		}{
			"issue inside a success": {bad, channel.ErrInvalid, "'size' is required"},
			"amazon ships it":        {fba, channel.ErrInvalid, "AMAZON_NA"},
			"no handle":              {no(func(l *channel.StockLevel) { l.Listing.Handle = "" }), channel.ErrStaleHandle, ""},
			"another's handle":       {no(func(l *channel.StockLevel) { l.Listing.Handle = "1/2/variant" }), channel.ErrStaleHandle, ""},
			"another region's":       {no(func(l *channel.StockLevel) { l.Listing.Handle = "DEFAULT/A1PA6795UKMFR9/" }), channel.ErrStaleHandle, ""},
			"SKU and id differ":      {no(func(l *channel.StockLevel) { l.Listing.SKU = "OTHER" }), channel.ErrStaleHandle, ""},
			"below zero":             {no(func(l *channel.StockLevel) { l.Quantity = -1 }), channel.ErrInvalid, ""},
			"too many":               {no(func(l *channel.StockLevel) { l.Quantity = 1 << 31 }), channel.ErrInvalid, ""},
			"a location":             {no(func(l *channel.StockLevel) { l.Location = "7" }), channel.ErrInvalid, "no location"},
			"a parent":               {no(func(l *channel.StockLevel) { l.Listing.Handle = "NONE/ATVPDKIKX0DER/" }), channel.ErrInvalid, ""},
			"another fulfiller":      {no(func(l *channel.StockLevel) { l.Listing.Handle = "SHOP_1/ATVPDKIKX0DER/" }), channel.ErrInvalid, ""},
		} {
			results := r.set(c.level, mug)
			r.is(results[0], channel.StockRefused, c.class)
			if got := fmt.Sprint(results[0].Err); !strings.Contains(got, c.says) {
				r.Errorf("%s: %q does not say %q", name, got, c.says)
			}
			r.is(results[1], channel.StockAccepted, nil)
		}
		r.fake.RejectWrites(nil)
		r.shows("FBA", 7)
	})
}

// A SKU that went to Amazon since its handle was stored is not taken back by a
// quantity.
func TestSetStockSeesWhoShips(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "MOVED", Price: "1", OnHand: 7, ByAmazon: true}))
		l := channel.StockLevel{Listing: channel.ListingRef{ID: "MOVED", Handle: "DEFAULT/ATVPDKIKX0DER/"}, Quantity: 3}
		page := must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refs([]channel.StockLevel{l})}))
		if len(page.Items) != 1 || page.Items[0].Quantity != 7 {
			r.Errorf("%+v", page.Items)
		}
		r.is(r.set(l)[0], channel.StockRefused, channel.ErrStaleHandle)
	})
}

// A quantity for what is no listing makes none, whether Amazon says so or not.
func TestSetStockCreatesNoListing(t *testing.T) {
	for name, c := range map[string]struct {
		believed amazontest.Believed
		reply    *http.Response
		state    channel.StockState
		class    error
	}{
		"accepted and dropped": {state: channel.StockAccepted},
		"an issue":             {believed: amazontest.Believed{UnknownSKUsInvalid: true}, state: channel.StockRefused, class: channel.ErrNotFound},
		"not found": {
			reply: answer(404, "application/json", apiErrors("NOT_FOUND", "SKU 'GONE' not found", "")), state: channel.StockRefused, class: channel.ErrNotFound,
		},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Believed: c.believed}, nil, func(r *rig) {
				r.product("GONE", 5)
				l := r.level("GONE", 50)
				check(r, r.fake.DeleteProduct("GONE"))
				if c.reply != nil {
					r.wire.Set(func(w *wire) {
						w.Reply = func(req *http.Request) *http.Response {
							if req.Method != http.MethodPatch {
								return nil
							}
							c.reply.Header.Set("X-Amzn-Requestid", "1")
							return c.reply
						}
					})
				}
				r.is(r.set(l)[0], c.state, c.class)
				pass(time.Minute)
				if n := len(r.fake.Products()); n != 0 {
					r.Errorf("%d listings", n)
				}
			})
		})
		if c.reply != nil {
			continue
		}
		t.Run(name+", by feed", func(t *testing.T) {
			onAccount(t, accountConfig{Believed: c.believed}, byFeed, func(r *rig) {
				levels := r.many(2, 40)
				for _, l := range levels {
					check(r, r.fake.DeleteProduct(l.Listing.SKU))
				}
				ticket := r.feed(levels...)
				pass(10 * time.Minute)
				for _, res := range r.ticket(ticket).Results {
					r.is(res.Result, c.state, c.class)
				}
				if n := len(r.fake.Products()); n != 0 {
					r.Errorf("%d listings", n)
				}
			})
		})
	}
}

// Some escaped slashes are matched no path: such a SKU goes by feed.
func TestSetStockWithoutAPath(t *testing.T) {
	onAccount(t, accountConfig{Believed: amazontest.Believed{EncodedSlashFails: true}}, nil, func(r *rig) {
		r.product("A/B", 5)
		r.product("MUG", 5)
		l := r.level("A/B", 8)
		results := r.set(l, r.level("MUG", 9))
		r.is(results[0], channel.StockAccepted, nil)
		r.is(results[1], channel.StockAccepted, nil)
		if results[0].Ticket == "" || results[1].Ticket != "" {
			r.Errorf("%+v", results)
		}
		pass(10 * time.Minute)
		r.shows("A/B", 8)
		patches := r.calls("patchListingsItem")
		l.Quantity = 4
		r.is(r.set(l)[0], channel.StockAccepted, nil)
		if n := r.calls("patchListingsItem"); n != patches {
			r.Error("the path was tried again")
		}
		pass(10 * time.Minute)
		r.shows("A/B", 4)

		// One that is gone is told from one that has no path.
		gone := channel.StockLevel{Listing: channel.ListingRef{ID: "C/D", Handle: l.Listing.Handle}, Quantity: 1}
		r.is(r.set(gone)[0], channel.StockRefused, channel.ErrNotFound)
		if n := r.calls("createFeed"); n != 2 {
			r.Errorf("%d feeds", n)
		}

		// Without the role it is the role.
		r.fake.SetRoles(amazontest.RoleInventory)
		if _, err := r.ch.SetStock(r.Context(), []channel.StockLevel{{Listing: channel.ListingRef{ID: "E/F", Handle: l.Listing.Handle}}}); !errors.Is(err, channel.ErrForbidden) {
			r.Errorf("without the role: %v", err)
		}
	})
}

// A SKU with a slash and a comma stands in no list, and its path may be matched
// by nothing. It is read by its product and written by feed, and where Amazon
// tells nothing of it the others are read and written all the same.
func TestSKUThatNothingNames(t *testing.T) {
	onAccount(t, accountConfig{Believed: amazontest.Believed{EncodedSlashFails: true}}, nil, func(r *rig) {
		r.product("MUG", 5)
		r.product("A/B,C", 7)
		all := r.listings()
		stocked := func(skus ...channel.ListingRef) map[string]int64 {
			out := map[string]int64{}
			for _, l := range must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: skus})).Items {
				out[l.Listing.SKU] = l.Quantity
			}
			return out
		}
		mug, oddOne := all["MUG"].Ref, all["A/B,C"].Ref
		before := r.calls("getListingsItem", "searchListingsItems")
		if got := stocked(mug, oddOne); got["MUG"] != 5 || got["A/B,C"] != 7 {
			r.Errorf("%v", got)
		}
		if n := r.calls("getListingsItem", "searchListingsItems") - before; n != 2 {
			r.Errorf("%d calls for two", n)
		}
		results := r.set(channel.StockLevel{Listing: oddOne, Quantity: 30}, channel.StockLevel{Listing: mug, Quantity: 9})
		r.is(results[0], channel.StockAccepted, nil)
		r.is(results[1], channel.StockAccepted, nil)
		if results[0].Ticket == "" || results[1].Ticket != "" {
			r.Errorf("%+v", results)
		}
		pass(10 * time.Minute)
		r.shows("A/B,C", 30)
		r.shows("MUG", 9)

		// With a handle of before, which names no product, it is found among few.
		old := oddOne
		old.Handle = "DEFAULT/ATVPDKIKX0DER/LUGGAGE"
		if got := stocked(old); got["A/B,C"] != 30 {
			r.Errorf("%v", got)
		}
		gone := channel.ListingRef{ID: "C/D,E", Handle: old.Handle}
		if got := stocked(gone, mug); len(got) != 1 {
			r.Errorf("%v", got)
		}
		r.is(r.set(channel.StockLevel{Listing: gone, Quantity: 1})[0], channel.StockRefused, channel.ErrNotFound)

		// Among many it is not, and the rest goes on.
		for i := range 150 {
			r.product(fmt.Sprintf("PEN-%03d", i), 1)
		}
		pass(time.Minute)
		if got := stocked(old, mug); len(got) != 1 || got["MUG"] != 9 {
			r.Errorf("%v", got)
		}
		results = r.set(channel.StockLevel{Listing: channel.ListingRef{ID: "F/G,H", Handle: old.Handle}, Quantity: 1}, channel.StockLevel{Listing: mug, Quantity: 8})
		r.is(results[0], channel.StockRefused, channel.ErrStaleHandle)
		r.is(results[1], channel.StockAccepted, nil)
		if got := stocked(oddOne); got["A/B,C"] != 30 {
			r.Errorf("%v", got)
		}

		// Without the role it is the role, alone and among others.
		r.fake.SetRoles(amazontest.RoleInventory)
		for _, skus := range [][]channel.ListingRef{{oddOne}, {old}, {old, mug}} {
			if _, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: skus}); !errors.Is(err, channel.ErrForbidden) {
				r.Errorf("without the role: %v", err)
			}
		}
	})
}

// A product type that the catalogue changed is replaced by the one that every
// offer takes.
func TestSetStockWithAnOldProductType(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "SHIRT", Price: "1", OnHand: 5, ProductType: "SHIRT"}))
		l := r.level("SHIRT", 8)
		if want := channel.Handle("DEFAULT/ATVPDKIKX0DER/SHIRT"); l.Listing.Handle != want {
			r.Errorf("handle %q, want %q", l.Listing.Handle, want)
		}
		r.is(r.set(l)[0], channel.StockAccepted, nil)
		l.Listing.Handle = "DEFAULT/ATVPDKIKX0DER/TROUSERS"
		r.is(r.set(l)[0], channel.StockAccepted, nil)
		if n := r.calls("patchListingsItem"); n != 3 {
			r.Errorf("%d patches", n)
		}
	})
}

// What does not fit into the caller's time is not sent, and comes back with a
// time.
func TestSetStockWithinADeadline(t *testing.T) {
	onAccount(t, accountConfig{Latency: 300 * time.Millisecond}, nil, func(r *rig) {
		var levels []channel.StockLevel
		for i := range 200 {
			sku := fmt.Sprintf("SKU-%03d", i)
			r.product(sku, 5)
			levels = append(levels, channel.StockLevel{Listing: channel.ListingRef{ID: channel.ListingID(sku), Handle: "DEFAULT/ATVPDKIKX0DER/"}, Quantity: 9})
		}
		batch := r.ch.Traits().StockBatch
		for _, n := range []int{batch, len(levels)} {
			pass(time.Minute)
			ctx, cancel := context.WithTimeout(r.Context(), r.ch.Traits().CallDeadline)
			began := time.Now()
			results, err := r.ch.SetStock(ctx, levels[:n])
			cancel()
			check(r, err)
			sent := 0
			for _, res := range results {
				if res.State == channel.StockAccepted {
					sent++
				} else {
					r.is(res, channel.StockNotSent, channel.ErrThrottled)
				}
			}
			if took := time.Since(began); sent < batch || took > r.ch.Traits().CallDeadline {
				r.Errorf("%d of %d sent in %s, StockBatch is %d", sent, n, took, batch)
			}
		}
		if n := r.fake.Throttled(); n > 5 { // one a minute, where both ends' buckets differ by a little
			r.Errorf("%d calls were throttled", n)
		}
	})
}

func TestSetStockStops(t *testing.T) {
	for name, c := range map[string]struct {
		fail  func(f *amazontest.Fake)
		class error
	}{
		"role missing": {func(f *amazontest.Fake) { f.SetRoles(amazontest.RoleInventory) }, channel.ErrForbidden},
		"revoked":      {func(f *amazontest.Fake) { f.Revoke() }, channel.ErrUnauthorized},
		"throttled":    {func(f *amazontest.Fake) { f.ThrottleNext("patchListingsItem", 1000) }, channel.ErrThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{TokenLifetime: time.Minute}, nil, func(r *rig) {
				r.product("MUG", 5)
				r.product("PEN", 5)
				levels := []channel.StockLevel{r.level("MUG", 8), r.level("PEN", 8)}
				pass(2 * time.Minute)
				c.fail(r.fake)
				results, err := r.ch.SetStock(r.Context(), levels)
				if results != nil || !errors.Is(err, c.class) {
					r.Errorf("%v, %v; want %v", results, err, c.class)
				}
				if errors.Is(err, channel.ErrThrottled) && channel.RetryAfter(err) == 0 {
					r.Error("throttled without a time")
				}
			})
		})
	}
}

// Answers that get lost leave levels unsure, and after two nothing more is
// sent.
func TestSetStockUnsure(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		var levels []channel.StockLevel
		for i := range 4 {
			sku := fmt.Sprintf("SKU-%d", i)
			r.product(sku, 5)
			levels = append(levels, r.level(sku, 9))
		}
		r.fake.Fault(amazontest.Fault{Kind: amazontest.DropAfter, Op: "patchListingsItem", Times: -1})
		results := r.set(levels...)
		r.is(results[0], channel.StockUnsure, channel.ErrUnsure)
		r.is(results[1], channel.StockUnsure, channel.ErrUnsure)
		r.is(results[3], channel.StockNotSent, channel.ErrUnavailable)

		r.fake.ClearFaults()
		for name, body := range map[string]string{
			"another status":      `{"sku":"SKU-0","status":"PONDERED","submissionId":"1","issues":[]}`,
			"another SKU":         `{"sku":"SKU-9","status":"ACCEPTED","submissionId":"1","issues":[]}`,
			"not a word of it":    `{}`,
			"not even JSON":       `<html>`,
			"accepted, and wrong": `{"sku":"SKU-0","status":"ACCEPTED","submissionId":"1","issues":[{"code":"1","message":"no","severity":"ERROR","attributeNames":["fulfillment_availability"]}]}`,
		} {
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					if req.Method == http.MethodPatch {
						return answer(200, "application/json", body)
					}
					return nil
				}
			})
			if got := r.set(levels[0])[0]; got.State != channel.StockUnsure || !errors.Is(got.Err, channel.ErrUnsure) {
				r.Errorf("%s: %s, %v", name, got.State, got.Err)
			}
		}
	})
}

func TestSetStockOfOneSKUTwice(t *testing.T) {
	onAccount(t, accountConfig{}, func(c *amazon.Config) { c.FeedFrom = 2 }, func(r *rig) {
		r.product("MUG", 5)
		a, b := r.level("MUG", 80), r.level("MUG", 70)
		for _, res := range r.set(a, b) {
			r.is(res, channel.StockAccepted, nil)
		}
		pass(time.Minute)
		r.shows("MUG", 70)
	})
}

// A sweep over the catalogue spends all the searches that are granted, and what
// is read to keep stock waits for one of them at most.
func TestStockIsReadDuringASweep(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for i := range 400 {
			r.product(fmt.Sprintf("SKU-%03d", i), 9)
		}
		var levels []channel.StockLevel
		for _, l := range r.listings() {
			levels = append(levels, channel.StockLevel{Listing: l.Ref, Quantity: 5})
		}
		stop, swept := make(chan struct{}), make(chan int)
		go func() {
			pages := 0
			defer func() { swept <- pages }()
			q := channel.ListingQuery{}
			for {
				select {
				case <-stop:
					return
				default:
				}
				page, err := r.ch.ListingPage(r.Context(), q)
				if err != nil {
					r.Errorf("page %d of the sweep: %v", pages, err)
					return
				}
				q.After = page.Next
				pages++
			}
		}()
		pass(time.Minute)
		for at := range 8 {
			few := levels[at*20 : at*20+20]
			began := time.Now()
			page := must(r.ch.StockPage(r.Context(), channel.StockQuery{Listings: refsOf(few)}))
			if d := time.Since(began); len(page.Items) != len(few) || d > time.Second {
				r.Errorf("%d of %d levels in %s", len(page.Items), len(few), d)
			}
			began = time.Now()
			for _, res := range r.set(few...) {
				r.is(res, channel.StockAccepted, nil)
			}
			if d := time.Since(began); d > 10*time.Second {
				r.Errorf("%d levels were written in %s", len(few), d)
			}
		}
		close(stop)
		if n := <-swept; n < 200 { // five a second
			r.Errorf("a sweep of %d pages", n)
		}
	})
}

func refsOf(levels []channel.StockLevel) (refs []channel.ListingRef) {
	for _, l := range levels {
		refs = append(refs, l.Listing)
	}
	return refs
}
