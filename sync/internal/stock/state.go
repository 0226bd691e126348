package stock

import (
	"slices"
	"time"
)

// The most a State holds of each kind. What would be more is folded, always
// towards showing less: see foldCandidates, foldLots and Sent.
const (
	MaxCandidates = 16
	MaxWrites     = 8
	MaxLots       = 32
)

// State is what is known of one listing at one location. The zero value is a
// listing never read. It is a value: applying an event never changes the State
// it was applied to. Its JSON form round-trips exactly and stays within a few
// kilobytes whatever happens.
type State struct {
	C []Candidate `json:"c,omitempty"` // what may be shown; one is known, several doubt, none never read
	W []Write     `json:"w,omitempty"` // unsettled writes, oldest first
	U []Lot       `json:"u,omitempty"` // falls that reads saw and no order explains yet, oldest first
	R []Lot       `json:"r,omitempty"` // rises that reads saw and no order explains yet, oldest first

	Known time.Time `json:"known,omitzero"` // when the number was first read with nothing known before
	Read  time.Time `json:"read,omitzero"`  // server time of the last read
	Sent  time.Time `json:"sent,omitzero"`  // when the last write was sent

	// Reread is set when an answer told that the number is not what we thought.
	Reread bool `json:"reread,omitempty"`

	// Based is set once an absolute write was accepted, and cleared by drift and
	// by an unsure outcome. Relative writes stand on it.
	Based bool `json:"based,omitempty"`

	// WrittenOff is how many units the sold count tells that were given up as
	// drift. Units of the listing, never negative.
	WrittenOff int64 `json:"written_off,omitempty"`

	// With SoldEver: Counted is the count of units sold that would leave none
	// missing, nil before the first. Over is how many units too high it may be,
	// never negative: sales it may have counted already, cancellations that may
	// have lowered it. Lacks is since when counts were below it.
	Counted *int64    `json:"counted,omitempty"`
	Over    int64     `json:"over,omitempty"`
	Lacks   time.Time `json:"lacks,omitzero"`
}

// Candidate is a number that may be shown. It counts every sale before From
// and none after To; of those between, it is not known which.
type Candidate struct {
	V    int64     `json:"v"` // may be below zero where a marketplace oversells
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Lot is N units that came or went between two times, N > 0.
type Lot struct {
	N    int64     `json:"n"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	// Or is how many units came instead, and none went, if the read that saw
	// these go is told from another number that may have been shown; 0 is none.
	Or int64 `json:"or,omitempty"`
	// Of is the unsettled write that number is of, "" where it is of none.
	Of string `json:"of,omitempty"`
	// Doubt is set when an order may have given Or back: the lot waits only until
	// orders are imported up to its end.
	Doubt bool `json:"doubt,omitempty"`
}

// Write is a write whose effect is not settled.
type Write struct {
	Key      string      `json:"key"`  // the caller's name for it
	Mode     Mode        `json:"mode"` // what it was sent as
	Want     int64       `json:"want"` // the number it was to bring about
	Was      int64       `json:"was"`  // the number it was sent on: expected, or subtracted
	Sent     time.Time   `json:"sent"`
	By       time.Time   `json:"by"`                 // when it has surely had any effect it will have
	Open     bool        `json:"open,omitempty"`     // a feed whose ticket has not ended: By is only a last resort
	Feed     bool        `json:"feed,omitempty"`     // went by a feed
	Accepted bool        `json:"accepted,omitempty"` // the marketplace took it
	Seen     bool        `json:"seen,omitempty"`     // a read was best explained by it
	Shows    []Candidate `json:"shows"`              // what is shown once it has taken effect
}

// Event is something that happened to a listing: Fall, Rise, Sent, Outcome,
// TicketEnded, Read or Through.
type Event interface {
	apply(s *State, r Rules) []Drift
}

// Drift is units whose coming or going no order explained in time. They are
// out of the state; the count of the item decides, and the seller is told.
type Drift struct {
	N    int64 // units of the listing: negative vanished, positive appeared
	From time.Time
	To   time.Time
	Why  string
}

// Apply returns the state after e, and what was given up as drift. It never
// fails: an event that says nothing new changes nothing.
func (s State) Apply(r Rules, e Event) (State, []Drift) {
	s = s.clone()
	if r.SoldCount != SoldEver { // sales are not added to it
		s.Counted, s.Over, s.Lacks = nil, 0, time.Time{}
	}
	drift := e.apply(&s, r)
	if len(drift) > 0 {
		s.Based = false
	}
	return s, drift
}

// Shown is the number known to be shown; ok is false in doubt.
func (s State) Shown() (n int64, ok bool) {
	if len(s.C) != 1 {
		return 0, false
	}
	return s.C[0].V, true
}

// Settled is the state at a time with no event between: a relative write that
// was accepted is in force once its By has passed, and is then what is shown.
// Plan goes by it; who stores or shows what Plan decided does too.
func (s State) Settled(now time.Time) State {
	if slices.ContainsFunc(s.W, func(w Write) bool { return w.Accepted && w.Mode == Relative }) {
		s = s.clone()
		s.settle(stamp(now))
	}
	return s
}

// Held is h: the units of the listing that were seen to go and whose orders we
// still expect. Where shipment lowers the number it is 0: what went is shipped,
// and left what is on hand with it.
func (s State) Held(r Rules) int64 {
	if r.Falls == FallsAtShipment {
		return 0
	}
	return total(s.U)
}

func (s State) clone() State {
	s.C = slices.Clone(s.C)
	s.W = slices.Clone(s.W)
	for i := range s.W {
		s.W[i].Shows = slices.Clone(s.W[i].Shows)
	}
	s.U = slices.Clone(s.U)
	s.R = slices.Clone(s.R)
	return s
}

// stamp makes a time comparable and its JSON form exact.
func stamp(t time.Time) time.Time { return t.Round(0).UTC() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
