package channeltest

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// canary is a buyer whose name is found wherever it should not be.
const canary = "Zaphnath Qanary"

func leakCases() []Case {
	return []Case{
		{
			Name: "no secret and no buyer in errors and logs",
			Why:  "errors and logs are read by people and kept for years: tokens and buyers do not belong there",
			run:  nothingLeaks,
		},
		{
			Name: "calls at the same time",
			Why:  "lanes share a channel: calls must not mix up each other's data, and the race detector must stay silent",
			run:  atTheSameTime,
		},
	}
}

func nothingLeaks(e *env) {
	var said strings.Builder
	logger := slog.New(slog.NewTextHandler(&said, nil))
	inJSON := slog.New(slog.NewJSONHandler(&said, nil))
	note := func(err error) {
		if err == nil {
			return
		}
		fmt.Fprintf(&said, "%v\n%+v\n%#v\n", err, err, err)
		logger.Info("call", "err", err)
		if typed, found := errors.AsType[*channel.Error](err); found {
			fmt.Fprintln(&said, typed.Message, typed.Code, typed.RequestID, typed.Err)
		}
	}
	for _, t := range []Trouble{"", TroubleUnavailable, TroubleThrottled, TroubleUnauthorized, TroubleAnswerLost, TroubleEcho} {
		e.fresh()
		id := e.mug(10)
		good := e.buy(Purchase{Lines: []PurchaseLine{{id, 2}}, Buyer: canary})
		bad := e.buy(Purchase{Lines: []PurchaseLine{{id, 1}}, Buyer: canary})
		e.must(e.w.Poison(bad))
		o := e.read(good)
		for _, l := range []*slog.Logger{logger, inJSON} {
			l.Info("order", "order", o, "recipient", o.Recipient, "buyer", o.Buyer)
		}
		for _, p := range e.pages(e.ch, channel.OrderQuery{}) {
			for _, parked := range p.Parked {
				note(parked.Err)
				note(&channel.ParkedError{Parked: parked})
			}
		}
		levels := e.levels(5, id)
		if t != "" {
			e.inject(t)
		}
		_, err := e.ch.OrderPage(e.Context(), channel.OrderQuery{})
		note(err)
		_, err = e.ch.OrderPage(e.Context(), channel.OrderQuery{After: "no cursor"})
		note(err)
		s := parcelOf(o, 1, parcelA, 1)
		_, err = e.ch.Ship(e.Context(), s)
		note(err)
		s = parcelOf(o, 2, parcelB, 99)
		_, err = e.ch.Ship(e.Context(), s)
		note(err)
		results, err := e.ch.SetStock(e.Context(), levels)
		note(err)
		for _, r := range results {
			note(r.Err)
		}
		said.WriteString(e.w.Output())
		e.searched(said.String(), t)
	}
}

// searched looks for what must not be there.
func (e *env) searched(text string, t Trouble) {
	e.Helper()
	for _, secret := range append(e.w.Secrets(), canary, strings.Fields(canary)[1], url(canary)) {
		if secret == "" || !strings.Contains(text, secret) {
			continue
		}
		what := "a secret"
		if strings.Contains(canary, secret) {
			what = "the buyer's name"
		}
		at := strings.Index(text, secret)
		around := text[max(0, at-80):at] + "<HERE>"
		e.Errorf("%s got out (trouble %q): …%s", what, t, around)
	}
}

// url is how a name looks in a query.
func url(s string) string { return strings.ReplaceAll(s, " ", "%20") }

func atTheSameTime(e *env) {
	const n = 6
	var orders []channel.Order
	listings := make([]channel.ListingID, n)
	ids := make([]channel.OrderID, n)
	for i := range n {
		listings[i] = e.listing(fmt.Sprintf("SKU-%d", i), 10)
		ids[i] = e.place(e.listing(fmt.Sprintf("SOLD-%d", i), 10), 1)
	}
	quiet := e.some(n) // an order that changes during a walk may come with the next one
	for i := range n {
		orders = append(orders, e.read(ids[i]))
	}
	levels := e.levels(0, listings...)
	results := make([][]channel.StockResult, n)
	var wg sync.WaitGroup
	var mu sync.Mutex
	fail := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			e.Errorf("%s: %v", what, err)
		}
	}
	for i := range n {
		wg.Go(func() {
			_, err := e.ch.Ship(e.Context(), parcelOf(orders[i], 1, fmt.Sprintf("1Z99%04d", i), 1))
			fail("Ship", err)
		})
		wg.Go(func() {
			lvl := levels[i]
			lvl.Quantity = int64(20 + i)
			got, err := e.ch.SetStock(e.Context(), []channel.StockLevel{lvl})
			fail("SetStock", err)
			results[i] = got
		})
		wg.Go(func() {
			// One walks over everything, the others from the future on.
			q := channel.OrderQuery{Since: time.Now().Add(time.Duration(i*10) * 24 * time.Hour), Limit: 2}
			if i == 0 {
				q.Since = time.Time{}
			}
			var pages []channel.Page[channel.Order]
			for page, err := range channel.OrderPages(e.Context(), e.ch, q) {
				fail("OrderPage", err)
				pages = append(pages, page)
				if i > 0 && len(page.Items) > 0 {
					fail("OrderPage", errors.New("a walk from the future on brought orders: another's query"))
				}
			}
			if i == 0 {
				fail("OrderPage", missing(quiet, merge(pages)))
			}
		})
	}
	wg.Wait()
	for i := range n {
		e.land(results[i]...)
	}
	for i := range n {
		e.onRecord(ids[i], 1, 1)
		e.shows(listings[i], int64(20+i))
	}
}

func laterCases() []Case {
	return []Case{
		{
			Name: "tickets are followed to the end", Needs: []string{CapTicketReader},
			Why: "work done later ends with a result for each line: silence about one is never success",
			run: followTickets,
		},
		{
			Name: "probe tells of the account", Needs: []string{CapProber},
			Why: "it is how a seller learns whether a channel works at all, and how the engine learns the account's settings",
			run: func(e *env) {
				prober, _ := channel.As[channel.Prober](e.ch)
				a, err := prober.Probe(e.Context())
				e.no("Probe", err)
				if a.Name == "" || len(a.Currency) != 3 || a.Marketplace != e.ch.Traits().Marketplace {
					e.Errorf("account %+v", a)
				}
				for _, m := range a.Missing {
					e.Errorf("everything is granted, and %+v is missing", m)
				}
			},
		},
		{
			Name: "bulk snapshot brings everything", Needs: []string{CapBackfiller},
			Why: "a first import of a large shop rests on it: what it leaves out is never missed",
			run: bulkSnapshot,
		},
	}
}

// ticketResult reads the outcome of one listing of a ticket that has ended.
func (e *env) ticketResult(t channel.Ticket, id channel.ListingID) channel.StockResult {
	e.Helper()
	reader, can := channel.As[channel.TicketReader](e.ch)
	if !can {
		e.Fatal("a ticket, and nothing to read it with")
	}
	var after channel.Cursor
	for range mostPages {
		page, err := reader.TicketPage(e.Context(), t, after)
		e.no("TicketPage", err)
		for _, r := range page.Results {
			if r.Listing.ID == id {
				return r.Result
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	e.Fatalf("ticket %s tells nothing about listing %s", t, id)
	return channel.StockResult{}
}

func followTickets(e *env) {
	a, b := e.listing("A", 5), e.listing("B", 5)
	results := e.set(e.levels(7, a, b))
	if results[0].Ticket == "" {
		e.Fatal("the write gave no ticket; a channel that gives none names this case in Fixture.Cannot")
	}
	reader, _ := channel.As[channel.TicketReader](e.ch)
	page, err := reader.TicketPage(e.Context(), results[0].Ticket, "")
	e.no("TicketPage", err)
	if page.Since.IsZero() || page.State == "" {
		e.Errorf("%+v", page)
	}
	e.land(results...)
	for i, id := range []channel.ListingID{a, b} {
		if r := e.ticketResult(results[i].Ticket, id); !taken(r) {
			e.Errorf("%+v", r)
		}
		e.shows(id, 7)
	}
	if _, err := reader.TicketPage(e.Context(), "no ticket", ""); !oneOf(err, channel.ErrNotFound, channel.ErrInvalid) {
		e.Errorf("a ticket that is none: %v", err)
	}
}

func bulkSnapshot(e *env) {
	id := e.mug(100)
	var ids []channel.OrderID
	for range 5 {
		ids = append(ids, e.place(id, 1))
		e.wait(time.Second)
	}
	e.visible()
	bulk, _ := channel.As[channel.Backfiller](e.ch)
	began := time.Now()
	t, err := bulk.StartBackfill(e.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
	if errors.Is(err, errors.ErrUnsupported) {
		bulkListings(e, bulk, id)
		return
	}
	e.no("StartBackfill", err)
	e.snapshot(bulk, t)
	for range 2 { // it can be streamed again
		var pages []channel.Page[channel.Order]
		for page, err := range bulk.BackfillOrders(e.Context(), t) {
			e.no("BackfillOrders", err)
			pages = append(pages, page)
		}
		if err := missing(ids, merge(pages)); err != nil {
			e.Error(err)
		}
		if len(pages) == 0 || pages[len(pages)-1].Through.IsZero() || pages[len(pages)-1].Through.After(began.Add(time.Minute)) {
			e.Error("the snapshot's watermark is missing, or later than it began")
		}
	}
}

// snapshot waits until a bulk job is done.
func (e *env) snapshot(bulk channel.Backfiller, t channel.Ticket) {
	e.Helper()
	for tries := 0; ; tries++ {
		page, err := bulk.BackfillState(e.Context(), t)
		e.no("BackfillState", err)
		if page.State == channel.TicketDone {
			return
		}
		if page.State.Ended() || tries > 48 {
			e.Fatalf("the snapshot is %s", page.State)
		}
		e.wait(time.Hour)
	}
}

// bulkListings is for a marketplace that takes no snapshots of orders.
func bulkListings(e *env, bulk channel.Backfiller, mug channel.ListingID) {
	want := map[channel.ListingID]int64{mug: e.w.Quantity(mug), e.listing("PEN", 3): 3}
	began := time.Now()
	t, err := bulk.StartBackfill(e.Context(), channel.BackfillQuery{Kind: channel.BackfillStock})
	e.no("StartBackfill", err)
	e.snapshot(bulk, t)
	for range 2 { // it can be streamed again
		got := map[channel.ListingID]int64{}
		var through time.Time
		for page, err := range bulk.BackfillStock(e.Context(), t) {
			e.no("BackfillStock", err)
			through = page.Through
			for _, l := range page.Items {
				got[l.Listing.ID] = l.Quantity
			}
		}
		if !maps.Equal(got, want) {
			e.Errorf("brought %v, there are %v", got, want)
		}
		if through.IsZero() || through.After(began.Add(time.Minute)) {
			e.Error("the snapshot's watermark is missing, or later than it began")
		}
	}
}
