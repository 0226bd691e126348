package channeltest

import (
	"time"

	"github.com/penstock-go/penstock/channel"
)

// refs returns the listings as the channel knows them, by id.
func (e *env) refs() map[channel.ListingID]channel.ListingRef {
	e.Helper()
	refs := map[channel.ListingID]channel.ListingRef{}
	for l, err := range channel.Listings(e.Context(), e.ch, channel.ListingQuery{}) {
		e.no("Listings", err)
		refs[l.Ref.ID] = l.Ref
	}
	return refs
}

// levels are writes of the quantities, with what is shown expected.
func (e *env) levels(quantity int64, ids ...channel.ListingID) []channel.StockLevel {
	e.Helper()
	refs := e.refs()
	out := make([]channel.StockLevel, len(ids))
	for i, id := range ids {
		ref, found := refs[id]
		if !found {
			e.Fatalf("the channel does not list %s", id)
		}
		out[i] = channel.StockLevel{Listing: ref, Location: e.location(), Quantity: quantity, Expect: new(e.w.Quantity(id))}
	}
	return out
}

// location is where the listings of the world are stocked: the default
// location where the account names one.
func (e *env) location() channel.LocationID {
	e.Helper()
	prober, can := channel.As[channel.Prober](e.ch)
	if !can {
		return ""
	}
	a, err := prober.Probe(e.Context())
	e.no("Probe", err)
	for _, l := range a.Locations {
		if l.Default {
			return l.ID
		}
	}
	return ""
}

// set writes and wants a result for each level.
func (e *env) set(levels []channel.StockLevel) []channel.StockResult {
	e.Helper()
	results, err := e.ch.SetStock(e.Context(), levels)
	e.no("SetStock", err)
	if len(results) != len(levels) {
		e.Fatalf("%d results for %d levels", len(results), len(levels))
	}
	return results
}

// taken reports whether a write was taken.
func taken(r channel.StockResult) bool {
	return r.State == channel.StockApplied || r.State == channel.StockAccepted
}

// land waits until writes are shown, following their tickets to the end.
func (e *env) land(results ...channel.StockResult) {
	e.Helper()
	e.effective()
	reader, can := channel.As[channel.TicketReader](e.ch)
	followed := false
	for _, r := range results {
		if r.Ticket == "" || !can {
			continue
		}
		followed = true
		for hours := 0; ; hours++ {
			page, err := reader.TicketPage(e.Context(), r.Ticket, "")
			e.no("TicketPage", err)
			if page.State.Ended() {
				break
			}
			if hours > 48 {
				e.Fatalf("ticket %s is %s after two days", r.Ticket, page.State)
			}
			e.wait(time.Hour)
		}
	}
	if followed {
		e.effective() // what a ticket did shows after its end
	}
}

// lateTicket waits for a write whose ticket nobody heard of.
func (e *env) lateTicket(landed func() bool) {
	e.Helper()
	if _, can := channel.As[channel.TicketReader](e.ch); !can {
		return
	}
	for hours := 0; hours < 48 && !landed(); hours++ {
		e.wait(time.Hour)
	}
}

func (e *env) shows(id channel.ListingID, want int64) {
	e.Helper()
	if got := e.w.Quantity(id); got != want {
		e.Errorf("listing %s shows %d, want %d", id, got, want)
	}
}

// readStock reads one listing.
func (e *env) readStock(id channel.ListingID) channel.StockLevel {
	e.Helper()
	reader, _ := channel.As[channel.StockReader](e.ch)
	page, err := reader.StockPage(e.Context(), channel.StockQuery{Listings: []channel.ListingRef{e.refs()[id]}})
	e.no("StockPage", err)
	if len(page.Items) == 0 || page.Items[0].Listing.ID != id {
		e.Fatalf("asked for %s: %+v", id, page.Items)
	}
	if page.ReadAt.IsZero() && page.Items[0].ReadAt.IsZero() {
		e.Error("the read does not tell when it began")
	}
	return page.Items[0]
}

// honest checks what is said about one write against what became of it.
func (e *env) honest(results []channel.StockResult, err error, inEffect bool) {
	e.Helper()
	if err != nil {
		if inEffect {
			e.Errorf("it took effect, and the answer is that nothing was sent: %v", err)
		}
		return
	}
	if len(results) != 1 {
		e.Fatalf("%d results for 1 level", len(results))
	}
	switch r := results[0]; {
	case r.State == channel.StockUnsure:
	case taken(r) && inEffect:
	case r.State == channel.StockNotSent && !inEffect:
	default:
		e.Errorf("in effect %t, and the result is %+v", inEffect, r)
	}
}
