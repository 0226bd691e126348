package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// stats are what is counted in a world. Quantities are units.
type stats struct {
	Sold     int64
	Refused  int64 // wanted, and not shown
	Over     int64 // sold beyond what was free
	Restored int64 // put on sale by a write of ours beyond what was free
	Drift    int64
	Writes   int // that reached a marketplace
	Reads    int
	Short    float64 // unit-hours of trade a shop showed less than it should, past what its poll and lags explain

	Uneven string // why the world is not level at rest; "" if it is
	Wrong  bool   // and that is because a wrong number is shown
}

func (a *stats) add(b stats) {
	a.Sold += b.Sold
	a.Refused += b.Refused
	a.Over += b.Over
	a.Restored += b.Restored
	a.Drift += b.Drift
	a.Writes += b.Writes
	a.Reads += b.Reads
	a.Short += b.Short
}

// every is how often the world looks at what is shown.
const every = 5 * time.Minute

// sample keeps what is free up to date, and counts what is shown too little.
func (w *world) sample() {
	w.noteFree()
	want := max(0, w.free[len(w.free)-1].n)
	for _, s := range w.shops {
		shown := s.m.Quantity(listing, "")
		if shown >= want {
			s.shortFor = 0
			continue
		}
		s.shortFor += every
		t := s.ch.Traits()
		if w.since() < activity && s.shortFor > s.poll+t.VisibilityLag+t.EffectLag+every {
			w.stats.Short += float64(want-shown) * every.Hours()
		}
	}
	w.after(every, w.sample)
}

// measure counts what the marketplaces' own logs tell once a world has come to
// rest.
func (w *world) measure() {
	w.noteFree()
	st := &w.stats
	for _, s := range w.shops {
		st.Reads += s.reads
		for _, x := range s.m.Writes() {
			st.Writes++
			if !x.Effective.IsZero() {
				free := max(0, w.freeAt(x.Effective))
				st.Restored += max(0, x.After-max(x.Before, free))
			}
		}
	}
	w.check()
	st.Uneven, st.Wrong = w.uneven()
}

// check holds what the world counted against the marketplaces' logs.
func (w *world) check() {
	var sold, taken int64
	for _, s := range w.shops {
		for _, x := range s.m.Sales() {
			if x.Accepted {
				sold += x.Quantity
			}
		}
		for _, o := range s.m.Orders() {
			for _, l := range o.Lines {
				taken += l.Shipped + l.Open()
			}
		}
	}
	if sold != w.stats.Sold {
		panic(fmt.Sprintf("the world counted %d sold, the marketplaces %d", w.stats.Sold, sold))
	}
	if left := w.ledger.Counted + w.ledger.Received - taken; left != w.now() {
		panic(fmt.Sprintf("the world counts %d free, the marketplaces %d", w.now(), left))
	}
}

// uneven says what is not as it should be at rest.
func (w *world) uneven() (why string, wrong bool) {
	var b strings.Builder
	want := max(0, w.now())
	for _, s := range w.shops {
		if shown := s.m.Quantity(listing, ""); shown != want {
			fmt.Fprintf(&b, "%s shows %d of %d free\n", s.name, shown, want)
			wrong = true
		}
		for _, x := range s.m.Writes() {
			if x.State != channel.StockRefused && x.Sent.After(w.end.Add(-atRest)) {
				fmt.Fprintf(&b, "%s was sent a write %s before the end\n", s.name, w.end.Sub(x.Sent))
				break
			}
		}
		if !s.m.Settled() {
			fmt.Fprintf(&b, "%s has writes that are still to take effect\n", s.name)
		}
		if !w.rule.ours() {
			continue
		}
		if l := &s.listing.State; len(l.C) != 1 || len(l.W)+len(l.U)+len(l.R) > 0 {
			fmt.Fprintf(&b, "%s has not come to rest:\n%s\n", s.name, stock.Explain(*l, s.listing.Rules))
		}
	}
	if a := w.available(); a != w.now() {
		fmt.Fprintf(&b, "%d are believed to be available, %d are:\n", a, w.now())
		for _, s := range w.shops {
			s.compare(&b)
		}
	}
	return b.String(), wrong
}

// compare tells of orders that are stored as they are not.
func (s *shop) compare(b *strings.Builder) {
	for _, o := range s.m.Orders() {
		st := s.orders[o.ID]
		switch {
		case st == nil:
			if !s.m.Config().Unpaid.Hidden || o.Payment.Value == channel.PaymentPaid {
				fmt.Fprintf(b, "%s: order %s of %s is not stored\n", s.name, o.ID, o.PlacedAt)
			}
		case st.order.Lines[0].Open() != o.Lines[0].Open():
			fmt.Fprintf(b, "%s: order %s is stored with %d open, and has %d\n", s.name, o.ID, st.order.Lines[0].Open(), o.Lines[0].Open())
		}
	}
}
