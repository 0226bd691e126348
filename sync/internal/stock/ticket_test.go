package stock

import (
	"testing"
	"time"
)

// A feed that a read settled for want of an end lands when it ends: what it set
// is doubted until a read tells.
func TestALateFeedIsReadBack(t *testing.T) {
	s, _ := State{}.Apply(amazon, Read{Shown: 10, At: at(0)})
	s, _ = s.Apply(amazon, Sent{Key: "feed", Want: 40, Was: 10, At: at(time.Minute)})
	s, _ = s.Apply(amazon, Outcome{Key: "feed", Result: Accepted, At: at(time.Minute), Ticket: true})
	s, _ = s.Apply(amazon, Read{Shown: 10, At: at(8 * time.Hour)})
	if len(s.W) != 0 {
		t.Fatalf("unsettled: %s", Explain(s, amazon))
	}
	end := at(20 * time.Hour)
	for range 2 { // told twice, it is one
		s, _ = s.Apply(amazon, TicketEnded{Key: "feed", At: end, Want: 40, Sent: at(time.Minute)})
	}
	if len(s.W) != 1 || s.W[0].Want != 40 {
		t.Fatal(Explain(s, amazon))
	}
	l := Listing{Rules: amazon, State: s, Watermark: end}
	after := end.Add(amazon.effect() + time.Minute)
	if c := l.Next(10, after); c.Action != DoRead || c.Why != WhySettle {
		t.Errorf("after its effect: %v", c)
	}
	s, drift := s.Apply(amazon, Read{Shown: 40, At: after})
	l.State = s
	if c := l.Next(10, after.Add(time.Second)); c.Action != DoWrite || c.Want != 10 || len(drift)+len(s.U)+len(s.R) > 0 {
		t.Errorf("then: %v\n%s", c, Explain(s, amazon))
	}
}

// A write whose answer was lost and that may wait in a queue holds raises as a
// feed does.
func TestAnUnsureFeedIsAFeed(t *testing.T) {
	s, _ := State{}.Apply(amazon, Read{Shown: 10, At: at(0)})
	s, _ = s.Apply(amazon, Sent{Key: "feed", Want: 40, Was: 10, At: at(time.Minute)})
	s, _ = s.Apply(amazon, Outcome{Key: "feed", Result: Unsure, At: at(time.Minute), Ticket: true})
	now := at(time.Hour)
	s, _ = s.Apply(amazon, Read{Shown: 10, At: now})
	l := Listing{Rules: amazon, State: s, Watermark: now}
	if c := l.Next(20, now); c.Action != Wait || c.Why != WhyFeed {
		t.Errorf("a raise: %v", c)
	}
	if c := l.Next(4, now); c.Action != DoWrite {
		t.Errorf("a fall: %v", c)
	}
}
