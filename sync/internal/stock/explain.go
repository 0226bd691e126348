package stock

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String is the command in a few words: "write 8 on 10 compare-and-set: shows
// more than it should".
func (c Command) String() string {
	if c.Action == DoWrite {
		return fmt.Sprintf("write %d on %d %s: %s", c.Want, c.Was, c.Mode, c.Why)
	}
	return c.Action.String() + ": " + c.Why
}

// Explain tells a person why a listing shows what it shows and what is waited
// for: one fact a line, times in UTC, no trailing newline.
func Explain(s State, r Rules) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, format, args...)
	}
	switch n, ok := s.Shown(); {
	case ok:
		line("shows %d%s", n, s.readAt())
	case len(s.C) == 0:
		line("never read")
	default:
		values := make([]string, len(s.C))
		for i, c := range s.C {
			values[i] = strconv.FormatInt(c.V, 10)
		}
		line("shows one of %s%s; a read will tell", strings.Join(values, ", "), s.readAt())
	}
	if s.Reread {
		line("an answer of the marketplace told otherwise since; a read will tell")
	}
	for _, w := range s.W {
		how, end := "not answered", "settled by a read after"
		switch {
		case w.Open:
			how = "in an open feed"
		case w.Feed:
			how = "in a feed that ended"
		case w.Seen:
			how = "seen in force by a read"
		case w.Accepted:
			how = "accepted, not yet seen to be shown"
			if w.Mode == Relative {
				end = "taken to be shown from"
			}
		}
		line("%s write of %d (on %d) sent %s, %s, %s %s", w.Mode, w.Want, w.Was, clock(w.Sent), how, end, clock(w.By))
	}
	for _, l := range s.U {
		if r.Falls == FallsAtShipment {
			line("%d gone between %s and %s: a shipment not yet imported, not held", l.N, clock(l.From), clock(l.To))
			continue
		}
		held := r.hold()
		if l.Doubt {
			held = 0
		}
		or := ""
		if l.Or > 0 {
			or = fmt.Sprintf(", unless %d came instead", l.Or)
		}
		line("%d gone between %s and %s%s: held for an order until orders are imported up to %s", l.N, clock(l.From), clock(l.To), or, clock(l.To.Add(held)))
	}
	for _, l := range s.R {
		line("%d more between %s and %s: no order gave them back yet", l.N, clock(l.From), clock(l.To))
	}
	if s.WrittenOff > 0 {
		line("%d counted as sold by the marketplace were given up: no order came in time", s.WrittenOff)
	}
	if s.Over > 0 {
		line("the marketplace's count of units sold may be %d lower than its orders tell", s.Over)
	}
	return b.String()
}

func (s State) readAt() string {
	if s.Read.IsZero() {
		return ""
	}
	return ", read " + clock(s.Read)
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "the beginning"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
