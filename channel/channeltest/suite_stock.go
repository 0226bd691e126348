package channeltest

import (
	"fmt"

	"github.com/penstock-go/penstock/channel"
)

func stockCases() []Case {
	return []Case{
		{
			Name: "stock writes are shown",
			Why:  "this is what the channel is for: each listing shows its own quantity",
			run: func(e *env) {
				var ids []channel.ListingID
				for i := range 3 {
					ids = append(ids, e.listing(fmt.Sprintf("SKU-%d", i), 10))
				}
				levels := e.levels(0, ids...)
				for i := range levels {
					levels[i].Quantity = int64(20 + i)
				}
				results := e.set(levels)
				for i, r := range results {
					if !taken(r) {
						e.Errorf("level %d: %s, %v", i, r.State, r.Err)
					}
				}
				e.land(results...)
				for i, id := range ids {
					e.shows(id, int64(20+i))
				}
			},
		},
		{
			Name: "stock can be zero",
			Why:  "what is sold out must be shown so, and zero is easily lost on the way",
			run: func(e *env) {
				id := e.mug(5)
				results := e.set(e.levels(0, id))
				e.land(results...)
				e.shows(id, 0)
			},
		},
		{
			Name: "more levels than one call takes",
			Why:  "SetStock splits: what is beyond the marketplace's limit must be written as well",
			run: func(e *env) {
				n := e.ch.Traits().StockBatch + 1
				ids := make([]channel.ListingID, n)
				for i := range ids {
					ids[i] = e.listing(fmt.Sprintf("SKU-%04d", i), 5)
				}
				results := e.set(e.levels(7, ids...))
				e.land(results[0], results[n-1])
				wrong := 0
				for i, id := range ids {
					if !taken(results[i]) || e.w.Quantity(id) != 7 {
						wrong++
					}
				}
				if wrong > 0 {
					e.Errorf("%d of %d levels are not shown", wrong, n)
				}
			},
		},
		{
			Name: "no levels",
			Why:  "a plan may turn out empty, and then there is nothing to send and nothing wrong",
			run: func(e *env) {
				if results, err := e.ch.SetStock(e.Context(), nil); err != nil || len(results) != 0 {
					e.Errorf("%d results, %v", len(results), err)
				}
			},
		},
		{
			Name: "refused line beside good ones",
			Why:  "one listing that is gone must not keep the others from being written, and the results keep their order",
			run: func(e *env) {
				a, b := e.listing("A", 5), e.listing("B", 5)
				levels := e.levels(7, a, b)
				gone := levels[0]
				gone.Listing = channel.ListingRef{ID: "999999999", SKU: "GONE"}
				results := e.set([]channel.StockLevel{levels[0], gone, levels[1]})
				e.land(results...)
				last := results[1]
				if last.Ticket != "" {
					last = e.ticketResult(last.Ticket, gone.Listing.ID)
				}
				if last.State != channel.StockRefused || last.Err == nil {
					e.Errorf("the listing that is not there: %+v", last)
				}
				if !taken(results[0]) || !taken(results[2]) {
					e.Errorf("the others: %+v, %+v", results[0], results[2])
				}
				e.shows(a, 7)
				e.shows(b, 7)
			},
		},
		{
			Name: "write means what the traits say",
			Why:  "the engine plans by it: whether a sale it has not seen is overwritten, kept, or stops the write",
			run:  writeMeansWhatTraitsSay,
		},
		{
			Name: "sale lowers what is shown when the traits say",
			Why:  "the engine reckons with it: at the sale, or at shipment",
			run: func(e *env) {
				id := e.mug(10)
				o := e.read(e.place(id, 2))
				falls := e.ch.Traits().Falls
				if falls == channel.FallsBySetting {
					prober, can := channel.As[channel.Prober](e.ch)
					if !can {
						e.Fatal("the quantity falls by a setting, and nothing reads it: Prober is missing")
					}
					a, err := prober.Probe(e.Context())
					e.no("Probe", err)
					falls = a.Falls
				}
				want := int64(8)
				if falls == channel.FallsAtShipment {
					want = 10
				}
				e.shows(id, want)
				e.ship(parcelOf(o, 1, parcelA, 2))
				e.shows(id, 8)
			},
		},
		{
			Name: "stock read tells what is shown", Needs: []string{CapStockReader},
			Why: "every rule about stock begins with a read; one that lags without saying so breaks them all",
			run: func(e *env) {
				id := e.mug(10)
				if got := e.readStock(id); got.Quantity != 10 {
					e.Errorf("read %d, shown 10", got.Quantity)
				}
				e.must(e.w.Edit(id, 3))
				if got := e.readStock(id); got.Quantity != 13 {
					e.Errorf("after an edit by hand: read %d, shown 13", got.Quantity)
				}
				e.land(e.set(e.levels(4, id))...)
				if got := e.readStock(id); got.Quantity != 4 || got.Expect != nil || got.Listing.SKU != "MUG-01" {
					e.Errorf("after our write of 4: %+v", got)
				}
			},
		},
		{
			Name: "stock read by listing and of all", Needs: []string{CapStockReader},
			Why: "an audit walks everything, a plan reads a few: both must bring exactly what was asked",
			run: stockOfSomeAndAll,
		},
		{
			Name: "units sold are counted", Needs: []string{CapStockReader},
			Why: "where a read tells units sold, unseen sales need not be guessed; which units it counts is another matter",
			run: unitsSoldAreCounted,
		},
	}
}

func unitsSoldAreCounted(e *env) {
	id := e.mug(10)
	counts := e.ch.Traits().SoldCount
	open, ever := counts == channel.SoldOpen, counts == channel.SoldEver
	is := func(when string, wantOpen, wantEver int64) {
		e.Helper()
		got := e.readStock(id)
		for _, c := range []struct {
			name string
			told bool
			got  *int64
			want int64
		}{{"open", open, got.Sold, wantOpen}, {"ever", ever, got.SoldEver, wantEver}} {
			switch {
			case !c.told && c.got != nil:
				e.Errorf("%s: the traits say nothing of a count of units sold %s, and %d came", when, c.name, *c.got)
			case c.told && c.got == nil:
				e.Errorf("%s: no count of units sold %s", when, c.name)
			case c.told && *c.got != c.want:
				e.Errorf("%s: %d units sold %s, want %d", when, *c.got, c.name, c.want)
			}
		}
	}
	is("before any sale", 0, 0)
	o := e.read(e.place(id, 3))
	is("three sold", 3, 3)
	e.ship(parcelOf(o, 1, parcelA, 1))
	is("one of three shipped", 2, 3)
	e.place(id, 1)
	is("and one more sold", 3, 4)
}

func writeMeansWhatTraitsSay(e *env) {
	id := e.mug(10)
	levels := e.levels(8, id) // expects 10
	e.must(e.w.Edit(id, -1))  // shows 9
	results := e.set(levels)
	e.land(results...)
	switch e.ch.Traits().StockWrite {
	case channel.StockCompareAndSet:
		if results[0].State != channel.StockStale {
			e.Errorf("expected 10, shown 9: %+v", results[0])
		}
		e.shows(id, 9)
		beside := e.listing("PEN", 5)
		mixed := e.levels(6, id, beside)
		mixed[0].Expect = new(int64(10))
		results = e.set(mixed)
		if results[0].State != channel.StockStale || !taken(results[1]) {
			e.Errorf("one stale and one right: %+v", results)
		}
		e.shows(id, 9)
		e.shows(beside, 6)
	case channel.StockRelative:
		if !taken(results[0]) {
			e.Errorf("%+v", results[0])
		}
		e.shows(id, 7)
		levels[0].Expect = nil
		e.land(e.set(levels)...)
		e.shows(id, 8)
	default:
		if !taken(results[0]) {
			e.Errorf("%+v", results[0])
		}
		e.shows(id, 8)
	}
}

func stockOfSomeAndAll(e *env) {
	const n = 7
	want := map[channel.ListingID]int64{}
	var some []channel.ListingRef
	for i := range n {
		want[e.listing(fmt.Sprintf("SKU-%d", i), int64(i))] = int64(i)
	}
	for _, ref := range e.refs() {
		if len(some) < 3 {
			some = append(some, ref)
		}
	}
	reader, _ := channel.As[channel.StockReader](e.ch)
	for _, q := range []channel.StockQuery{{Limit: 3}, {Listings: some, Limit: 2}} {
		got := map[channel.ListingID]int64{}
		pages := 0
		for page, err := range channel.StockPages(e.Context(), reader, q) {
			e.no("StockPage", err)
			if pages++; pages > mostPages {
				e.Fatal("the walk has no end")
			}
			for _, l := range page.Items {
				got[l.Listing.ID] = l.Quantity
			}
		}
		expected := n
		if len(q.Listings) > 0 {
			expected = len(q.Listings)
		}
		if len(got) != expected {
			e.Errorf("asked for %d listings, got %d", expected, len(got))
		}
		for id, quantity := range got {
			if quantity != want[id] {
				e.Errorf("listing %s: read %d, shown %d", id, quantity, want[id])
			}
		}
	}
}

func stockTroubleCases() []Case {
	return []Case{
		{
			Name: "stock write with the answer lost",
			Why:  "it took effect: an answer that says it did not would make the engine forget a candidate",
			run: func(e *env) {
				id := e.mug(10)
				levels := e.levels(4, id)
				e.inject(TroubleAnswerLost)
				results, err := e.ch.SetStock(e.Context(), levels)
				e.land(results...)
				e.lateTicket(func() bool { return e.w.Quantity(id) == 4 })
				e.shows(id, 4)
				e.honest(results, err, true)
			},
		},
		{
			Name: "stock write with the request lost",
			Why:  "it had no effect, and nobody knows: saying it was applied would leave the listing wrong for hours",
			run: func(e *env) {
				id := e.mug(10)
				levels := e.levels(4, id)
				e.inject(TroubleRequestLost)
				results, err := e.ch.SetStock(e.Context(), levels)
				e.land(results...)
				e.honest(results, err, e.w.Quantity(id) == 4)
			},
		},
	}
}
