package stock

import (
	"slices"
	"time"
)

// Sent is a write about to leave: apply and store it before the request does.
// [Command.Sent] makes one. A key that is already unsettled is ignored.
//
// Plan asks for no write while MaxWrites are unsettled. Should one be sent all
// the same, what the oldest may show joins C as doubt, and a read follows.
type Sent struct {
	Key  string // the caller's name for the write, never reused
	Mode Mode
	Want int64 // the number to bring about
	Was  int64 // the number shown, as we know it; by Mode compared or subtracted
	At   time.Time
	Feed bool // goes by a feed: unsettled until its ticket has ended
}

func (e Sent) apply(s *State, r Rules) []Drift {
	if slices.ContainsFunc(s.W, func(w Write) bool { return w.Key == e.Key }) {
		return nil
	}
	at := stamp(e.At)
	s.settle(at)
	w := Write{
		Key: e.Key, Mode: e.Mode, Want: e.Want, Was: e.Was,
		Sent: at, By: at.Add(r.deadline() + r.effect()),
		Feed: e.Feed, Open: e.Feed,
	}
	if e.Feed {
		w.By = w.By.Add(r.feed())
	}
	if e.Mode == Relative {
		for _, c := range s.C {
			c.V += e.Want - e.Was
			w.Shows = append(w.Shows, c)
		}
	} else {
		w.Shows = []Candidate{{V: e.Want, From: w.Sent, To: w.By}}
	}
	if len(s.W) >= MaxWrites {
		s.C = foldCandidates(append(s.C, s.W[0].Shows...))
		s.Reread = true
		s.W = slices.Delete(s.W, 0, 1)
	}
	s.W = append(s.W, w)
	s.Sent = later(s.Sent, at)
	return nil
}

// Result is what became of a write.
type Result int

// The results of a write.
const (
	NotSent  Result = iota // surely had no effect
	Stale                  // compare-and-set failed: something else is shown
	Refused                // will not be taken
	Applied                // is shown now
	Accepted               // taken; shown within Rules.Effect, or when its ticket ends
	Unsure                 // may have been taken
)

// Outcome is the answer to a write, or its absence. An unknown key is ignored.
type Outcome struct {
	Key    string
	Result Result
	At     time.Time // when the answer came
	Ticket bool      // with Accepted and Unsure: the marketplace works through a queue, and TicketEnded will follow
}

func (e Outcome) apply(s *State, r Rules) []Drift {
	i := slices.IndexFunc(s.W, func(w Write) bool { return w.Key == e.Key })
	if i < 0 {
		return nil
	}
	w := &s.W[i]
	switch e.Result {
	case NotSent, Stale, Refused:
		s.W = slices.Delete(s.W, i, i+1)
		s.Reread = s.Reread || e.Result != NotSent
		disproved(s.U, e.Key)
	case Applied, Accepted:
		w.Accepted = true
		if w.Mode == Absolute {
			s.Based = true
		}
		if e.Ticket {
			w.queue(r)
		}
		if e.Result == Applied && w.Mode != Absolute && !w.Feed {
			s.hold(i, stamp(e.At))
			return nil
		}
		if !w.Feed {
			// The request has arrived, so nothing but the effect lag is left of By.
			w.end(stamp(e.At).Add(r.effect()))
		}
	case Unsure:
		s.Based = false
		if e.Ticket {
			w.queue(r)
		}
	}
	return nil
}

// queue notes that a write waits in a queue of the marketplace.
func (w *Write) queue(r Rules) {
	if w.Feed {
		return
	}
	w.Feed, w.Open = true, true
	w.By = w.By.Add(r.feed())
	for j := range w.Shows {
		w.Shows[j].To = w.By
	}
}

// TicketEnded is the end of a feed, whatever its verdict on this listing and
// whether or not a later write has overtaken it: it may still have landed, so
// it stays a candidate until a read after its effect. One that a read settled
// for want of an end is such a candidate again: it landed only now. A line the
// ticket names as refused is an Outcome.
type TicketEnded struct {
	Key  string
	At   time.Time
	Want int64     // what was sent
	Sent time.Time // and when; zero is not known, and then a write that was settled stays so
}

func (e TicketEnded) apply(s *State, r Rules) []Drift {
	at := stamp(e.At)
	if !e.Sent.IsZero() && len(s.W) < MaxWrites && !slices.ContainsFunc(s.W, func(w Write) bool { return w.Key == e.Key }) {
		by := at.Add(r.effect())
		s.W = slices.Insert(s.W, 0, Write{
			Key: e.Key, Mode: Absolute, Want: e.Want, Sent: stamp(e.Sent), By: by, Feed: true, Accepted: true,
			Shows: []Candidate{{V: e.Want, From: stamp(e.Sent), To: by}},
		})
		return nil
	}
	for i := range s.W {
		w := &s.W[i]
		if w.Key != e.Key || !w.Open {
			continue
		}
		w.Open = false
		by := later(w.Sent, at).Add(r.effect())
		w.By = later(w.By, by)
		w.end(by)
	}
	return nil
}

// end brings By forward.
func (w *Write) end(by time.Time) {
	if !by.Before(w.By) {
		return
	}
	w.By = by
	for j := range w.Shows {
		w.Shows[j].To = later(w.Shows[j].From, earlier(w.Shows[j].To, by))
	}
}

// settle ends the relative writes whose effect is certain by now: what they
// show is what is shown. Other writes need a read.
func (s *State) settle(now time.Time) {
	for i := 0; i < len(s.W); {
		w := s.W[i]
		if w.Mode == Relative && w.Accepted && !w.Feed && !w.By.After(now) && len(w.Shows) > 0 {
			s.hold(i, now)
			continue
		}
		i++
	}
}

// hold makes write i what is shown: it was in force at the time given. Times of
// a relative write are those of the number it was added to.
func (s *State) hold(i int, at time.Time) {
	w := s.W[i]
	s.W = slices.Delete(s.W, i, i+1)
	if w.Mode == Relative {
		s.C = w.Shows
		return
	}
	s.C = s.C[:0]
	for _, c := range w.Shows {
		if c.From.After(at) {
			continue // counted a sale that came after the answer
		}
		c.To = earlier(c.To, at)
		s.C = append(s.C, c)
	}
	if len(s.C) == 0 {
		s.C = append(s.C, Candidate{V: w.Want, From: w.Sent, To: later(w.Sent, at)})
	}
}
