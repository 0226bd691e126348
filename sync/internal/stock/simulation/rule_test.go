package simulation

import (
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// rule decides what a shop reads and writes.
type rule string

const (
	pushOnChange rule = "1"  // push when what is wanted is not what was pushed last
	pushOnImport rule = "2"  // push after each import
	readFirst    rule = "3"  // the first, but read before every write, and by the audit interval
	theRule      rule = "C"  // package stock
	soldCounts   rule = "C+" // package stock with sold counts, and eBay read at each import
	oracle       rule = "O"  // sees all there is, and still has to send: what is left cannot be avoided
)

func (r rule) ours() bool { return r == theRule || r == soldCounts }

// stock does the next step for the listing. When there is none it is idle until
// the time returned, if any.
func (s *shop) stock() (until time.Time, idle bool) {
	switch {
	case s.w.rule.ours():
		return s.step()
	case s.w.rule == oracle:
		return s.foresee()
	}
	return s.push()
}

// step does what package stock says.
func (s *shop) step() (time.Time, bool) {
	w := s.w
	free := w.available()
	for _, other := range w.shops {
		free -= other.listing.State.Held(other.listing.Rules)
	}
	now := s.server()
	l := s.listing
	l.Behind = s.failing || s.walking || now.Sub(l.Watermark) > 3*s.poll+s.lag+time.Minute
	want := l.Policy.Want(free, 1)
	cmd := l.Next(want, now)
	switch cmd.Action {
	case stock.DoRead:
		w.logf("%s: read: %s", s.name, cmd.Why)
		s.look(func(lvl channel.StockLevel, at time.Time) {
			if last := s.listing.State.Read; !at.After(last) {
				at = last.Add(time.Millisecond)
			}
			read := stock.Read{Shown: lvl.Quantity, At: at, Until: s.server()}
			switch {
			case lvl.SoldEver != nil:
				read.Sold = &stock.Sold{Count: *lvl.SoldEver}
			case lvl.Sold != nil:
				sold := stock.Sold{Count: *lvl.Sold}
				for _, o := range s.orders {
					for i := range o.order.Lines {
						line := o.order.Lines[i]
						line.Shipped = max(line.Shipped, o.ours)
						sold.Imported += line.Open()
					}
				}
				read.Sold = &sold
			}
			s.apply(read)
		})
		return time.Time{}, false
	case stock.DoWrite:
		w.logf("%s: %s", s.name, cmd)
		s.keys++
		key := "w" + strconv.Itoa(s.keys)
		s.apply(cmd.Sent(key, now))
		var expect *int64
		if cmd.Mode != stock.Absolute {
			expect = &cmd.Was
		}
		s.write(key, cmd.Want, expect, func(o stock.Outcome) { s.apply(o) })
		return time.Time{}, false
	case stock.Wait, stock.Nothing:
	}
	if cmd.Until.IsZero() {
		return time.Time{}, true
	}
	return cmd.Until.Add(-s.offset), true
}

// push is what a connector does that keeps only the number it pushed last.
func (s *shop) push() (time.Time, bool) {
	want := max(0, s.w.available())
	audit := s.read.Add(s.ch.Traits().AuditEvery)
	looks := s.w.rule == readFirst
	if s.pushed != nil && *s.pushed == want && (!looks || time.Now().Before(audit)) {
		if looks {
			return audit, true
		}
		return time.Time{}, true
	}
	send := func() {
		s.write("", want, nil, func(o stock.Outcome) {
			switch o.Result {
			case stock.Applied, stock.Accepted:
				s.pushed = &want
			case stock.Unsure, stock.NotSent, stock.Stale, stock.Refused:
				s.rest = time.Now().Add(15 * time.Second)
			}
		})
	}
	if !looks {
		send()
		return time.Time{}, false
	}
	s.look(func(lvl channel.StockLevel, _ time.Time) {
		s.read = time.Now()
		if want = max(0, s.w.available()); lvl.Quantity == want {
			s.pushed = &want
			return
		}
		send()
	})
	return time.Time{}, false
}

// foresee writes what is free in truth as soon as it is not shown.
func (s *shop) foresee() (time.Time, bool) {
	want, shown := max(0, s.w.now()), s.m.Quantity(listing, "")
	settled := s.m.Settled()
	urgent := s.ch.Traits().FallsAtOnce && s.pushed != nil && want < *s.pushed
	switch {
	case settled && want == shown:
		return time.Time{}, true
	case !settled && !urgent:
		return time.Now().Add(2 * time.Second), true
	}
	var expect *int64
	if s.ch.Traits().StockWrite != channel.StockAbsolute {
		expect = &shown
	}
	s.write("", want, expect, func(o stock.Outcome) {
		s.pushed = &want
		if o.Result == stock.Unsure || o.Result == stock.Stale {
			s.pushed = nil
		}
	})
	return time.Time{}, false
}
