package ebay_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// byFeed sends feeds from two levels on, however few units they have.
func byFeed(cfg *ebay.Config) { cfg.FeedFrom, cfg.FeedAbove = 2, -1 }

// sent sends levels as a feed and returns its ticket.
func (r *rig) sent(levels ...channel.StockLevel) channel.Ticket {
	r.Helper()
	results := r.set(levels...)
	for i, x := range results {
		if x.State != channel.StockAccepted || x.Ticket == "" || x.Ticket != results[0].Ticket {
			r.Fatalf("level %d: %+v", i, x)
		}
	}
	return results[0].Ticket
}

func (r *rig) ticket(t channel.Ticket) channel.TicketPage {
	r.Helper()
	page, err := r.ch.TicketPage(r.Context(), t, "")
	check(r, err)
	return page
}

// outcomes are what a ticket's page says, by listing.
func outcomes(page channel.TicketPage) map[channel.ListingID]string {
	out := map[channel.ListingID]string{}
	for _, x := range page.Results {
		out[x.Listing.ID] = states([]channel.StockResult{x.Result})
	}
	return out
}

// A feed's result is mapped to the lines that were sent, however it is packed and
// whether or not it repeats their numbers, by whoever asks.
func TestAFeedIsFollowedToItsLines(t *testing.T) {
	for name, account := range map[string]accountConfig{
		"zip": {}, "gzip": {GzipResults: true}, "without numbers": {Believed: ebaytest.Believed{NoMessageIDs: true}},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, account, byFeed, func(r *rig) {
				levels := r.manyListings(5, 30, true)
				r.add(variations())
				all := r.listings()
				for _, sku := range []string{"S", "L"} {
					levels = append(levels, channel.StockLevel{Listing: all[sku].Ref, Quantity: 40})
				}
				r.fake.RejectWrites(func(sku string) bool { return sku == "SKU-00001" || sku == "L" })
				check(t, r.fake.EndListing(string(levels[3].Listing.ID)))
				ticket := r.sent(levels...)
				if page := r.ticket(ticket); page.State != channel.TicketQueued || page.Since.IsZero() || page.Results != nil {
					r.Errorf("%+v", page)
				}
				pass(90 * time.Second)
				if page := r.ticket(ticket); page.State != channel.TicketRunning || page.Progress == "" {
					r.Errorf("%+v", page)
				}
				pass(5 * time.Minute)
				want := map[channel.ListingID]string{}
				for i, l := range levels {
					want[l.Listing.ID] = "accepted"
					if i == 1 || i == 6 {
						want[l.Listing.ID] = "refused: invalid"
					}
					if i == 3 {
						want[l.Listing.ID] = "refused: not found"
					}
				}
				cfg := r.fake.Config()
				cfg.Transport = r.wire
				other := must(ebay.New(cfg))
				for _, ch := range []*ebay.Channel{r.ch, other} {
					page, err := ch.TicketPage(r.Context(), ticket, "")
					check(r, err)
					if d := gocmp.Diff(want, outcomes(page)); d != "" || page.State != channel.TicketDone {
						r.Errorf("%s (-want +got):\n%s", page.State, d)
					}
					for _, x := range page.Results {
						if x.Listing.Handle != "trading" {
							r.Errorf("%+v", x.Listing)
						}
					}
				}
				for _, i := range []int{0, 2, 4, 5} {
					r.shows(levels[i].Listing.SKU, levels[i].Quantity)
				}
				r.shows("SKU-00001", 20)
			})
		})
	}
}

// What is little goes by calls, and while a feed is open everything does.
func TestWhatGoesByFeed(t *testing.T) {
	onAccount(t, accountConfig{}, func(cfg *ebay.Config) { cfg.FeedFrom = 3 }, func(r *rig) {
		levels := r.manyListings(6, 30, true)
		levels[0].Quantity, levels[1].Quantity = 10, 0
		results := r.set(levels...)
		for i, x := range results {
			if x.State != channel.StockAccepted || (x.Ticket == "") != (i < 2) {
				r.Errorf("level %d: %+v", i, x)
			}
		}
		r.shows(levels[0].Listing.SKU, 10)
		r.shows(levels[1].Listing.SKU, 0)
		again := r.set(levels[2:]...)
		if again[0].Ticket != "" || r.fake.Calls()["createTask"] != 1 {
			r.Errorf("a second feed beside the first: %+v", again[0])
		}
		pass(10 * time.Minute)
		r.ticket(results[2].Ticket)
		if third := r.set(levels[2:]...); third[0].Ticket == "" || third[0].Ticket == results[2].Ticket {
			r.Errorf("%+v", third[0])
		}
	})
	// Too few units in too many listings: the fewest go by calls.
	onAccount(t, accountConfig{}, func(cfg *ebay.Config) { cfg.FeedFrom = 3 }, func(r *rig) {
		levels := r.manyListings(8, 0, true)
		for i, x := range r.set(levels...) {
			if x.State != channel.StockAccepted || (x.Ticket == "") != (i < 3) {
				r.Errorf("level %d: %+v", i, x)
			}
		}
	})
	onAccount(t, accountConfig{}, func(cfg *ebay.Config) { cfg.FeedFrom = -1 }, func(r *rig) {
		r.set(r.manyListings(300, 30, true)...)
		if calls := r.fake.Calls(); calls["createTask"] != 0 || calls["ReviseInventoryStatus"] != 75 {
			r.Errorf("calls %v", calls)
		}
	})
}

// What a lost answer leaves open is looked up, and told as it is.
func TestAFeedWhoseAnswersAreLost(t *testing.T) {
	for name, tt := range map[string]struct {
		fault ebaytest.Fault
		want  string // of each level; "" for an error of the whole
		shown int64
	}{
		"task":                        {ebaytest.Fault{Op: "createTask", Kind: ebaytest.DropAfter}, "", 20},
		"upload":                      {ebaytest.Fault{Op: "uploadFile", Kind: ebaytest.DropAfter}, "accepted", 30},
		"upload, lost on the way":     {ebaytest.Fault{Op: "uploadFile", Kind: ebaytest.DropBefore}, "accepted", 30},
		"upload, lost again":          {ebaytest.Fault{Op: "uploadFile", Kind: ebaytest.DropBefore, Times: 2}, "unsure: unsure", 20},
		"upload, refused":             {ebaytest.Fault{Op: "uploadFile", Kind: ebaytest.Answer, Status: 400, Body: `{"errors":[{"errorId":160028,"domain":"API_FEED","category":"REQUEST","message":"too large"}]}`}, "", 20},
		"upload, done and then a 502": {ebaytest.Fault{Op: "uploadFile", Kind: ebaytest.AnswerAfter, Status: 502}, "accepted", 30},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, byFeed, func(r *rig) {
				r.wire.Base = r.fake.Transport()
				levels := r.manyListings(2, 30, true)
				r.fake.Fault(tt.fault)
				results, err := r.ch.SetStock(r.Context(), levels)
				if tt.want == "" {
					if err == nil || results != nil {
						r.Errorf("%s, %v", states(results), err)
					}
				} else if got := states(results[:1]); err != nil || got != tt.want || results[0].Ticket == "" {
					r.Fatalf("%s, %v", got, err)
				}
				pass(10 * time.Minute)
				r.shows("SKU-00000", tt.shown)
				if tt.want != "unsure: unsure" {
					return
				}
				if page := r.ticket(results[0].Ticket); page.State != channel.TicketQueued {
					r.Errorf("%+v", page)
				}
				// A task that never got its file did nothing.
				pass(time.Hour)
				page := r.ticket(results[0].Ticket)
				if got := fmt.Sprint(outcomes(page)); page.State != channel.TicketCancelled || len(page.Results) != 2 ||
					page.Results[0].Result.State != channel.StockNotSent {
					r.Errorf("%s: %s", page.State, got)
				}
			})
		})
	}
}

// However a feed ends, nothing is told that its result does not tell.
func TestAFeedThatEndsBadly(t *testing.T) {
	for name, tt := range map[string]struct {
		fault ebaytest.FeedFault
		state channel.TicketState
		want  string // of both levels; "" for none told
	}{
		"failed":       {ebaytest.FeedFault{Fail: true}, channel.TicketFailed, ""},
		"no result":    {ebaytest.FeedFault{NoResult: true}, channel.TicketDone, ""},
		"partly":       {ebaytest.FeedFault{Partial: true, Apply: 1}, channel.TicketDone, "accepted, unsure: unsure"},
		"no effect":    {ebaytest.FeedFault{Dropped: true}, channel.TicketDone, "accepted, accepted"},
		"still queued": {ebaytest.FeedFault{StickQueued: true}, channel.TicketQueued, ""},
		"still at it":  {ebaytest.FeedFault{StickRunning: true}, channel.TicketRunning, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, byFeed, func(r *rig) {
				r.fake.FeedFault(tt.fault)
				ticket := r.sent(r.manyListings(2, 30, true)...)
				pass(10 * time.Minute)
				page := r.ticket(ticket)
				var told []channel.StockResult
				for _, x := range page.Results {
					told = append(told, x.Result)
				}
				if got := states(told); page.State != tt.state || got != tt.want {
					r.Errorf("%s: %q, want %s: %q", page.State, got, tt.state, tt.want)
				}
			})
		})
	}
	// One that cannot be read may be readable later; after an hour a read has to
	// tell.
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		r.fake.FeedFault(ebaytest.FeedFault{Corrupt: true})
		ticket := r.sent(r.manyListings(2, 30, true)...)
		pass(10 * time.Minute)
		if page, err := r.ch.TicketPage(r.Context(), ticket, ""); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("%+v, %v", page, err)
		}
		pass(2 * time.Hour)
		if page := r.ticket(ticket); page.State != channel.TicketDone || page.Results != nil {
			r.Errorf("%+v", page)
		}
	})
}

// What a process that died may have sent is found by its time.
func TestATicketIsFound(t *testing.T) {
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		levels := r.manyListings(2, 30, true)
		begin := time.Now()
		none := r.ch.FindTicket(begin, begin.Add(10*time.Second))
		if page := r.ticket(none); page.State != channel.TicketQueued {
			r.Errorf("another may still appear: %+v", page)
		}
		pass(10 * time.Minute)
		if page := r.ticket(none); page.State != channel.TicketCancelled {
			r.Errorf("there was none: %+v", page)
		}
		found := r.ch.FindTicket(time.Now(), time.Now().Add(10*time.Second))
		r.sent(levels...)
		pass(90 * time.Second)
		if page := r.ticket(found); page.State != channel.TicketRunning {
			r.Errorf("%+v", page)
		}
		pass(10 * time.Minute)
		if page := r.ticket(found); page.State != channel.TicketDone || page.Results != nil {
			r.Errorf("%+v", page)
		}
	})
}

func TestTicketsOfOthers(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for _, ticket := range []channel.Ticket{"", "feed 1", "task", "task ../x", "tasks 1", "tasks 2 1", "tasks x y", "tasks 1 99999999999999999"} {
			if _, err := r.ch.TicketPage(r.Context(), ticket, ""); !errors.Is(err, channel.ErrInvalid) {
				r.Errorf("%q: %v", ticket, err)
			}
		}
		if _, err := r.ch.TicketPage(r.Context(), "task task-1-1", "x"); !errors.Is(err, channel.ErrCursor) {
			r.Errorf("%v", err)
		}
		if _, err := r.ch.TicketPage(r.Context(), "task task-1-1", ""); !errors.Is(err, channel.ErrNotFound) {
			r.Errorf("%v", err)
		}
	})
}
