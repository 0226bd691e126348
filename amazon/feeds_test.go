package amazon_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

// signature is what storage signs an address with.
var signature = regexp.MustCompile(`(?m)^    X-Amz-.*\n`)

// byFeed has a feed made of two levels.
func byFeed(c *amazon.Config) { c.FeedFrom = 2 }

// many adds listings and returns writes of them.
func (r *rig) many(n int, quantity int64) []channel.StockLevel {
	r.Helper()
	out := make([]channel.StockLevel, n)
	for i := range out {
		sku := fmt.Sprintf("SKU-%05d", i)
		r.product(sku, 1)
		out[i] = channel.StockLevel{
			Listing: channel.ListingRef{ID: channel.ListingID(sku), SKU: sku, Handle: "DEFAULT/ATVPDKIKX0DER/"}, Quantity: quantity,
		}
	}
	return out
}

// feed sends levels and returns the one ticket they came back with.
func (r *rig) feed(levels ...channel.StockLevel) channel.Ticket {
	r.Helper()
	results := r.set(levels...)
	for _, res := range results {
		r.is(res, channel.StockAccepted, nil)
		if res.Ticket == "" || res.Ticket != results[0].Ticket {
			r.Fatalf("ticket %q, want one feed for all", res.Ticket)
		}
	}
	return results[0].Ticket
}

func (r *rig) ticket(t channel.Ticket) channel.TicketPage {
	r.Helper()
	return must(r.ch.TicketPage(r.Context(), t, ""))
}

func TestFeedIsFollowedToItsReport(t *testing.T) {
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		levels := r.many(3, 40)
		levels[1].Listing.Handle = "DEFAULT/ATVPDKIKX0DER/LUGGAGE" // which it is not
		r.fake.RejectWrites(func(sku string) bool { return sku == "SKU-00002" })
		r.wire.Taken()
		ticket := r.feed(levels...)
		page := r.ticket(ticket)
		if page.State != channel.TicketQueued || page.Since.IsZero() || page.Progress != "IN_QUEUE" || page.Results != nil {
			r.Errorf("%+v", page)
		}
		pass(90 * time.Second)
		if page = r.ticket(ticket); page.State != channel.TicketRunning {
			r.Errorf("%+v", page)
		}
		pass(3 * time.Minute)
		page = r.ticket(ticket)
		adaptertest.Golden(r, "feed", signature.ReplaceAllString(strings.Join(r.wire.Taken(), "\n"), ""))
		if page.State != channel.TicketDone || len(page.Results) != 3 {
			r.Fatalf("%+v", page)
		}
		want := map[channel.ListingID]struct {
			state channel.StockState
			class error
		}{
			"SKU-00000": {channel.StockAccepted, nil},
			"SKU-00001": {channel.StockRefused, channel.ErrStaleHandle},
			"SKU-00002": {channel.StockRefused, channel.ErrInvalid},
		}
		for _, res := range page.Results {
			r.is(res.Result, want[res.Listing.ID].state, want[res.Listing.ID].class)
			if res.Listing.Handle == "" {
				r.Errorf("%+v is not the listing that was sent", res.Listing)
			}
		}
		pass(time.Minute)
		r.shows("SKU-00000", 40)
		r.shows("SKU-00002", 1)

		// Another process knows of the feed what its report names.
		cfg := r.fake.Config()
		cfg.Transport = r.wire
		other := must(amazon.New(cfg))
		page = must(other.TicketPage(r.Context(), ticket, ""))
		if page.State != channel.TicketDone || len(page.Results) != 2 {
			r.Errorf("%+v", page)
		}
		for _, res := range page.Results {
			r.is(res.Result, channel.StockRefused, channel.Class(res.Result.Err))
		}
	})
}

// What is little, or falls by more than half, does not wait for a feed.
func TestWhatNoFeedTakes(t *testing.T) {
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		levels := r.many(6, 40)
		levels[0].Quantity = 10
		levels[1].Expect = new(int64(90))
		levels[2].Expect = new(int64(70))
		levels[3].Expect = new(int64(7))
		for i, res := range r.set(levels...) {
			r.is(res, channel.StockAccepted, nil)
			if fed := res.Ticket != ""; fed != (i > 1) {
				r.Errorf("level %d by feed: %t", i, fed)
			}
		}
		// While that one is unfinished there is no second.
		for _, res := range r.set(levels[2:]...) {
			if r.is(res, channel.StockAccepted, nil); res.Ticket != "" {
				r.Error("a second feed while one is unfinished")
			}
		}
	})
}

// 10,000 changed quantities are one feed and at most eight other calls until
// its report is read; one listings report then shows all of them.
func TestCallsOfTenThousandQuantities(t *testing.T) {
	const n, most = 10_000, 8
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		levels := r.many(n, 40)
		before := total(r.fake.Calls()) - r.calls(amazontest.OpToken)
		ticket := r.feed(levels...)
		var page channel.TicketPage
		for wait := 2 * time.Minute; !page.State.Ended(); wait += wait / 2 {
			pass(wait)
			page = r.ticket(ticket)
		}
		if feeds := r.calls("createFeed"); feeds != 1 {
			r.Errorf("%d feeds", feeds)
		}
		others := total(r.fake.Calls()) - r.calls(amazontest.OpToken) - before - 1
		if others > most || page.State != channel.TicketDone || len(page.Results) != n {
			r.Errorf("%d other calls, %s with %d results; want at most %d calls", others, page.State, len(page.Results), most)
		}
		pass(time.Minute)
		before = total(r.fake.Calls()) - r.calls(amazontest.OpToken)
		job := must(r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillStock}))
		pass(2 * time.Minute)
		if p := must(r.ch.BackfillState(r.Context(), job)); p.State != channel.TicketDone {
			r.Fatalf("%+v", p)
		}
		right := 0
		for p, err := range r.ch.BackfillStock(r.Context(), job) {
			check(r, err)
			for _, l := range p.Items {
				if l.Quantity == 40 {
					right++
				}
			}
		}
		if right != n {
			r.Errorf("%d of %d quantities are right", right, n)
		}
		r.Logf("one feed, %d other calls to its report; %d to verify", others, total(r.fake.Calls())-r.calls(amazontest.OpToken)-before)
	})
}

func total(calls map[string]int) (n int) {
	for _, k := range calls {
		n += k
	}
	return n
}

// A feed whose answer is lost is every feed of that time.
func TestLostFeed(t *testing.T) {
	lost := func(r *rig, kind amazontest.FaultKind) channel.Ticket {
		levels := r.many(2, 40)
		r.fake.Fault(amazontest.Fault{Kind: kind, Op: "createFeed"})
		results := r.set(levels...)
		for _, res := range results {
			r.is(res, channel.StockUnsure, channel.ErrUnsure)
			if res.Ticket == "" || res.Ticket != results[0].Ticket {
				r.Errorf("ticket %q", res.Ticket)
			}
		}
		if n := r.calls("createFeed"); n != 1 {
			r.Errorf("createFeed was repeated: %d calls", n)
		}
		return results[0].Ticket
	}
	t.Run("created", func(t *testing.T) {
		onAccount(t, accountConfig{}, byFeed, func(r *rig) {
			r.fake.FeedFault(amazontest.FeedFault{StickRunning: true})
			ticket := lost(r, amazontest.DropAfter)
			if p := r.ticket(ticket); p.State != channel.TicketQueued {
				r.Errorf("%+v", p)
			}
			pass(48 * time.Hour)
			if p := r.ticket(ticket); p.State != channel.TicketRunning || !strings.HasPrefix(p.Progress, "1 feeds") {
				r.Errorf("%+v", p)
			}
			if err := r.ch.CancelTicket(r.Context(), ticket); !errors.Is(err, channel.ErrConflict) {
				r.Errorf("a feed that may be another's: %v", err)
			}
			r.fake.ReleaseFeeds()
			pass(time.Minute)
			if p := r.ticket(ticket); p.State != channel.TicketDone || len(p.Results) != 0 {
				r.Errorf("%+v", p)
			}
			r.shows("SKU-00000", 40)
		})
	})
	t.Run("never arrived", func(t *testing.T) {
		onAccount(t, accountConfig{}, byFeed, func(r *rig) {
			ticket := lost(r, amazontest.DropBefore)
			if p := r.ticket(ticket); p.State != channel.TicketQueued {
				r.Errorf("it may still appear: %+v", p)
			}
			pass(5 * time.Minute)
			p := r.ticket(ticket)
			if p.State != channel.TicketCancelled || len(p.Results) != 2 {
				r.Fatalf("%+v", p)
			}
			for _, res := range p.Results {
				r.is(res.Result, channel.StockNotSent, channel.ErrUnavailable)
			}
		})
	})
	t.Run("among others", func(t *testing.T) {
		onAccount(t, accountConfig{Apps: []amazontest.App{{ClientID: "app-2", ClientSecret: "secret-2", RefreshToken: "Atzr|2", Roles: amazontest.AllRoles()}}}, byFeed, func(r *rig) {
			ticket := lost(r, amazontest.DropBefore)
			cfg := r.fake.Config()
			cfg.Transport, cfg.FeedFrom = r.fake.Transport(), 2
			cfg.Credentials = amazon.Credentials{ClientID: "app-2", ClientSecret: "secret-2", RefreshToken: "Atzr|2"}
			must(must(amazon.New(cfg)).SetStock(r.Context(), r.many(2, 50)))
			pass(2 * time.Minute)
			if p := r.ticket(ticket); p.State != channel.TicketRunning {
				r.Errorf("another's feed may be ours: %+v", p)
			}
			pass(10 * time.Minute)
			if p := r.ticket(ticket); p.State != channel.TicketDone {
				r.Errorf("%+v", p)
			}
		})
	})
}

func TestFeedsThatEndBadly(t *testing.T) {
	for name, c := range map[string]struct {
		fault   amazontest.FeedFault
		state   channel.TicketState
		results int
		says    string
	}{
		"fatal, some applied":     {amazontest.FeedFault{Fatal: true, Apply: 1}, channel.TicketFailed, 0, "4000003"},
		"fatal, without a report": {amazontest.FeedFault{Fatal: true, NoResult: true}, channel.TicketFailed, 0, "FATAL"},
		"done, without a report":  {amazontest.FeedFault{NoResult: true}, channel.TicketDone, 0, "without a report"},
		"cancelled":               {amazontest.FeedFault{Cancel: true}, channel.TicketCancelled, 2, "CANCELLED"},
		"done, and had no effect": {amazontest.FeedFault{Dropped: true}, channel.TicketDone, 2, "DONE"},
		"stays in progress":       {amazontest.FeedFault{StickRunning: true}, channel.TicketRunning, 0, "IN_PROGRESS"},
		"stays in the queue":      {amazontest.FeedFault{StickQueued: true}, channel.TicketQueued, 0, "IN_QUEUE"},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, byFeed, func(r *rig) {
				r.fake.FeedFault(c.fault)
				ticket := r.feed(r.many(2, 40)...)
				pass(24 * time.Hour)
				p := r.ticket(ticket)
				if p.State != c.state || len(p.Results) != c.results || !strings.Contains(p.Progress, c.says) {
					r.Errorf("%+v", p)
				}
				err := r.ch.CancelTicket(r.Context(), ticket)
				if (err == nil) != (c.state == channel.TicketQueued) || err != nil && !errors.Is(err, channel.ErrConflict) {
					r.Errorf("cancel: %v", err)
				}
				if err == nil {
					if p := r.ticket(ticket); p.State != channel.TicketCancelled || len(p.Results) != 2 {
						r.Errorf("%+v", p)
					}
				}
			})
		})
	}
}

// Storage that refuses an address gets the document at a new one, once. No
// token is sent there.
func TestUploadAddress(t *testing.T) {
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		refuse := 1
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if req.Method != http.MethodPut {
					return nil
				}
				if req.Header.Get("X-Amz-Access-Token") != "" || req.Header.Get("Authorization") != "" {
					r.Error("storage got a token")
				}
				if got := req.Header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
					r.Errorf("Content-Type %q", got)
				}
				if refuse--; refuse >= 0 {
					return answer(403, "application/xml", `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`)
				}
				return nil
			}
		})
		r.feed(r.many(2, 40)...)
		if n := r.calls("createFeedDocument"); n != 2 {
			r.Errorf("%d documents", n)
		}
		pass(time.Hour)
		refuse = 2
		if _, err := r.ch.SetStock(r.Context(), r.many(2, 50)); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("refused twice: %v", err)
		}
		if n := r.calls("createFeedDocument", "createFeed"); n != 5 {
			r.Errorf("%d calls", n)
		}
	})
}

// A feed that is throttled is patched as far as a batch goes.
func TestFeedIsThrottled(t *testing.T) {
	onAccount(t, accountConfig{Quota: 10}, byFeed, func(r *rig) {
		r.fake.ThrottleNext("createFeed", 1000)
		batch := r.ch.Traits().StockBatch
		levels := r.many(batch+5, 40)
		for i, res := range r.set(levels...) {
			if i < batch {
				r.is(res, channel.StockAccepted, nil)
				continue
			}
			if r.is(res, channel.StockNotSent, channel.ErrThrottled); channel.RetryAfter(res.Err) < time.Minute {
				r.Errorf("%v", res.Err)
			}
		}
	})
}

func TestProcessingReportsThatAreOdd(t *testing.T) {
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		ticket := r.feed(r.many(2, 40)...)
		pass(10 * time.Minute)
		id := strings.TrimPrefix(string(ticket), "feed ")
		for name, c := range map[string]struct {
			body    string
			results int
			class   error
		}{
			"empty":                 {"", 0, channel.ErrUnavailable},
			"no JSON":               {"<html>", 0, channel.ErrUnavailable},
			"cut":                   {`{"header":{"feedId":"` + id + `"},"issues":[{"mess`, 0, channel.ErrUnavailable},
			"of another feed":       {`{"header":{"feedId":"1"},"issues":[],"summary":{"messagesProcessed":2,"messagesAccepted":2}}`, 0, nil},
			"about the whole feed":  {`{"header":{"feedId":"` + id + `"},"issues":[{"code":"1","severity":"ERROR","message":"no"}],"summary":{"messagesProcessed":2,"messagesAccepted":2}}`, 0, nil},
			"counts fewer":          {`{"header":{"feedId":"` + id + `"},"issues":[],"summary":{"messagesProcessed":1,"messagesAccepted":1}}`, 0, nil},
			"a message that is not": {`{"header":{"feedId":"` + id + `"},"issues":[{"messageId":7,"code":"1","severity":"ERROR","message":"no"}],"summary":{"messagesProcessed":2,"messagesAccepted":1}}`, 0, nil},
			"too many messages":     {`{"header":{"feedId":"` + id + `"},"issues":[` + strings.TrimSuffix(manyIssues(26_000), ",") + `]}`, 0, channel.ErrUnavailable},
			"an issue of megabytes": {`{"issues":[{"severity":"ERROR","message":"` + strings.Repeat("x", 3<<20) + `"}]}`, 0, channel.ErrUnavailable},
			"more behind it":        {`{"header":{"feedId":"` + id + `"},"issues":[]} {}`, 0, channel.ErrUnavailable},
			"a long stranger":       {`{"more":[` + strings.Repeat(`{"a":[1,2]},`, 400_000) + `0],"header":{"feedId":"` + id + `"},"issues":null,"summary":{"messagesProcessed":2,"messagesAccepted":2}}`, 2, nil},
			"an issue twice":        {`{"header":{"feedId":"` + id + `"},"issues":[` + strings.Repeat(`{"messageId":2,"code":"1","severity":"ERROR","message":"no"},`, 3) + `{"severity":"INFO"}],"summary":{"messagesProcessed":2,"messagesAccepted":1}}`, 2, nil},
			"corrupt gzip":          {corruptGzip(), 0, channel.ErrUnavailable},
			"gzip without a body":   {"\x1f\x8b", 0, channel.ErrUnavailable},
			"only warnings":         {`{"header":{"feedId":"` + id + `"},"issues":[{"messageId":1,"code":"1","severity":"WARNING","message":"hm"}],"summary":{"messagesProcessed":2,"messagesAccepted":2}}`, 2, nil},
		} {
			stored(r, func() *http.Response { return answer(200, "application/json", c.body) })
			pass(2 * time.Minute)
			p, err := r.ch.TicketPage(r.Context(), ticket, "")
			if c.class != nil && !errors.Is(err, c.class) || c.class == nil && err != nil || len(p.Results) != c.results {
				r.Errorf("%s: %+v, %v", name, p, err)
			}
		}
		// What cannot be had for an hour is not waited for: a read tells.
		pass(time.Hour)
		for body, says := range map[string]string{"<html>": "cannot be read", corruptGzip(): "cannot be read", "": "cannot be read"} {
			stored(r, func() *http.Response { return answer(200, "application/json", body) })
			if p := r.ticket(ticket); p.State != channel.TicketDone || len(p.Results) > 0 || !strings.Contains(p.Progress, says) {
				r.Errorf("%+v", p)
			}
		}
		stored(r, func() *http.Response { return answer(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>") })
		if p := r.ticket(ticket); p.State != channel.TicketDone || len(p.Results) > 0 || !strings.Contains(p.Progress, "no longer kept") {
			r.Errorf("%+v", p)
		}
	})
}

// stored answers for storage.
func stored(r *rig, say func() *http.Response) {
	r.wire.Set(func(w *wire) {
		w.Reply = func(req *http.Request) *http.Response {
			if strings.HasPrefix(req.URL.Path, "/documents/") && req.Method == http.MethodGet {
				resp := say()
				resp.ContentLength = -1
				return resp
			}
			return nil
		}
	})
}

func manyIssues(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"messageId":%d,"sku":"S","code":"8541","severity":"ERROR","message":"no"},`, i+1)
	}
	return b.String()
}

// corruptGzip is packed text of which a byte in the middle was changed.
func corruptGzip() string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	_, _ = io.WriteString(zw, `{"header":{"feedId":"1"},"issues":[`+strings.TrimSuffix(manyIssues(500), ",")+`]}`)
	_ = zw.Close()
	packed := b.Bytes()
	packed[len(packed)/2] ^= 0xff
	return string(packed)
}

// Storage that refuses a report's address is asked at a new one, once.
func TestDownloadAddress(t *testing.T) {
	expired := func() *http.Response {
		return answer(403, "application/xml", `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`)
	}
	onAccount(t, accountConfig{}, byFeed, func(r *rig) {
		ticket := r.feed(r.many(2, 40)...)
		pass(10 * time.Minute)
		refuse := 1
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if !strings.HasPrefix(req.URL.Path, "/documents/") || req.Method != http.MethodGet {
					return nil
				}
				if refuse--; refuse >= 0 {
					return expired()
				}
				return nil
			}
		})
		if p := r.ticket(ticket); len(p.Results) != 2 || r.calls("getFeedDocument") != 2 {
			r.Errorf("%+v after %d addresses", p, r.calls("getFeedDocument"))
		}
		refuse = 2
		if _, err := r.ch.TicketPage(r.Context(), ticket, ""); !errors.Is(err, channel.ErrUnavailable) || r.calls("getFeedDocument") != 4 {
			r.Errorf("refused twice: %v after %d addresses", err, r.calls("getFeedDocument"))
		}
	})
}

// A packed processing report of tens of megabytes that says nothing is left in
// bounded memory.
func TestBombs(t *testing.T) {
	for name, say := range map[string]string{"issues": `{},`, "errors": `{"severity":"ERROR","messageId":1},`, "deep": `{"a":{"a":{"a":[[[[]]]]}}},`} {
		onAccount(t, accountConfig{}, byFeed, func(r *rig) {
			ticket := r.feed(r.many(2, 40)...)
			pass(10 * time.Minute)
			stored(r, func() *http.Response {
				resp := answer(200, "application/json", "")
				n := (60 << 20) / len(say)
				resp.Body = io.NopCloser(gzipped(io.MultiReader(strings.NewReader(`{"issues":[`), &repeated{text: say, left: n}, strings.NewReader(`{}]}`))))
				return resp
			})
			p := newPeak()
			before := p.total()
			page, err := r.ch.TicketPage(r.Context(), ticket, "")
			p.look()
			r.Logf("%s: %d results, %v; %d MiB at the end, %d MiB allocated in all", name, len(page.Results), err, p.most>>20, (p.total()-before)>>20)
			if p.most > mostMemory || p.total()-before > 2*mostMemory {
				r.Errorf("%s: %d MiB at the end, %d MiB allocated in all", name, p.most>>20, (p.total()-before)>>20)
			}
		})
	}
}

// repeated is a text, many times.
type repeated struct {
	text string
	left int
	rest string
}

func (r *repeated) Read(p []byte) (int, error) {
	for n := 0; ; {
		if r.rest == "" {
			if r.left == 0 {
				if n == 0 {
					return 0, io.EOF
				}
				return n, nil
			}
			r.rest, r.left = r.text, r.left-1
		}
		k := copy(p[n:], r.rest)
		n, r.rest = n+k, r.rest[k:]
		if n == len(p) {
			return n, nil
		}
	}
}

func TestTicketsThatAreNone(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for _, bad := range []channel.Ticket{"", "feed ", "feed", "feeds 5 1", "feeds x y", "reports listings 1 2"} {
			if _, err := r.ch.TicketPage(r.Context(), bad, ""); !errors.Is(err, channel.ErrInvalid) {
				r.Errorf("%q: %v", bad, err)
			}
			if err := r.ch.CancelTicket(r.Context(), bad); !errors.Is(err, channel.ErrInvalid) {
				r.Errorf("cancel %q: %v", bad, err)
			}
		}
		if _, err := r.ch.TicketPage(r.Context(), "feed 1", ""); !errors.Is(err, channel.ErrNotFound) {
			r.Errorf("unknown: %v", err)
		}
		if _, err := r.ch.TicketPage(r.Context(), "feed 1", "x"); !errors.Is(err, channel.ErrCursor) {
			r.Errorf("a cursor: %v", err)
		}
	})
}
