package stock

import "time"

// Action is what to do with a listing.
type Action int

// The actions of a Command.
const (
	Nothing Action = iota // it shows what it should
	Wait                  // until a time or an event
	DoRead                // read the listing, apply the Read, plan again
	DoWrite               // store the Sent, send, apply the Outcome
)

func (a Action) String() string {
	switch a {
	case Nothing:
		return "nothing"
	case Wait:
		return "wait"
	case DoRead:
		return "read"
	case DoWrite:
		return "write"
	}
	return "unknown action"
}

// The reasons of a Command. They are for people; a caller must not decide by
// them.
const (
	WhyLevel       = "shows what it should"
	WhyUncounted   = "the item has no counted quantity"
	WhyNeverRead   = "never read"
	WhyDoubt       = "several quantities may be shown"
	WhyAnswer      = "an answer told that something else is shown"
	WhySettle      = "a write has had its time; what came of it is not known"
	WhyAudit       = "not read for an audit interval"
	WhyLow         = "low stock, and orders were imported since the last read"
	WhyFresh       = "this write needs a read just before it"
	WhyInFlight    = "a write is not settled"
	WhyFull        = "too many writes are not settled"
	WhyFeed        = "a raise waits until the open feed has ended"
	WhyKnown       = "a raise waits until orders are imported up to the first read"
	WhyUnresolved  = "a raise waits for demand not yet matched to an item"
	WhyBehind      = "a raise waits for the order import to catch up"
	WhyCoalesce    = "a raise waits a little, to gather others"
	WhyZeroEnds    = "zero would end the listing"
	WhyLower       = "shows more than it should"
	WhyRaise       = "shows less than it should"
	WhyLowerFlight = "a write not settled would show more than it should"
)

// Command is what to do with one listing, and why.
type Command struct {
	Action Action
	Why    string

	// Until is when to plan again if nothing happens before; zero is no time, an
	// event will tell.
	Until time.Time

	// For DoWrite. Was is the number known to be shown: with CompareAndSet
	// what to expect, with Relative what to subtract, with Absolute only a note.
	Mode Mode
	Want int64
	Was  int64
}

// Sent is the event for a write of c under the key given.
func (c Command) Sent(key string, at time.Time) Sent {
	return Sent{Key: key, Mode: c.Mode, Want: c.Want, Was: c.Was, At: at}
}

// Listing is one listing at one location, with all that its next step hangs on.
type Listing struct {
	Rules  Rules
	State  State
	Policy Policy
	Units  int64 // of the item a sale takes; 0 is 1

	Watermark  time.Time // orders of the channel are stored up to then
	Imported   time.Time // when an import visit last committed; with Rules.Low only
	Unresolved bool      // demand with this listing's SKU or id has no item yet: holds raises
	Behind     bool      // the channel's walk is unfinished, throttled or late: holds raises without compare-and-set
	Paused     string    // why nothing may be written, for people; "" writes
}

// Held is H, in units of the item: what all listings of the item saw go and
// still wait to see ordered.
func Held(ls []Listing) int64 {
	var n int64
	for _, l := range ls {
		n += l.State.Held(l.Rules) * max(1, l.Units)
	}
	return n
}

// Item is one item with every listing that sells it.
type Item struct {
	Counted   bool  // has a counted quantity; without one nothing is wanted
	Available int64 // A, in units of the item: see Available
	Listings  []Listing
}

// Plan returns one command for each listing of the item, in their order. It
// changes nothing: asked again of the same, it answers the same.
func Plan(it Item, now time.Time) []Command {
	commands := make([]Command, len(it.Listings))
	free := it.Available - Held(it.Listings)
	for i, l := range it.Listings {
		if !it.Counted {
			commands[i] = Command{Action: Nothing, Why: WhyUncounted}
			continue
		}
		commands[i] = l.Next(l.Policy.Want(free, l.Units), now)
	}
	return commands
}

// Next is the next step of a listing that is to show want. Plan calls it; a
// caller whose want is not that of one item (a kit, a split over locations)
// calls it itself.
func (l Listing) Next(want int64, now time.Time) Command {
	now = stamp(now)
	s, r, eps := l.State.Settled(now), l.Rules, l.Rules.epsilon()
	if why := l.due(s, want, now); why != "" {
		return Command{Action: DoRead, Why: why}
	}
	shown := s.C[0].V

	urgent := false // want is below what an unsettled write would show
	feed, seen := false, true
	var lowest int64
	var settles time.Time
	for _, w := range s.W {
		switch {
		case w.Feed:
			feed = true
		case settles.IsZero():
			lowest, settles, seen = w.Want, w.By, w.Seen
		default:
			lowest, settles, seen = min(lowest, w.Want), earlier(settles, w.By), seen && w.Seen
		}
	}
	if !settles.IsZero() {
		urgent = r.FallsAtOnce && want < lowest && (want != shown || !seen)
		if !urgent {
			return Command{Action: Wait, Why: WhyInFlight, Until: settles.Add(eps)}
		}
	}
	again := l.auditAt(s)
	if want == shown && !urgent {
		return Command{Action: Nothing, Why: WhyLevel, Until: firstOf(again, s.W, eps)}
	}
	if want > shown && !urgent {
		switch {
		case feed:
			return Command{Action: Wait, Why: WhyFeed, Until: firstOf(again, s.W, eps)}
		case l.Watermark.Before(s.Known):
			return Command{Action: Wait, Why: WhyKnown, Until: again}
		case l.Unresolved:
			return Command{Action: Wait, Why: WhyUnresolved, Until: again}
		case l.Behind && r.Mode != CompareAndSet:
			return Command{Action: Wait, Why: WhyBehind, Until: again}
		case r.coalesce() > 0 && !s.Sent.IsZero() && now.Before(s.Sent.Add(r.coalesce())):
			return Command{Action: Wait, Why: WhyCoalesce, Until: s.Sent.Add(r.coalesce())}
		}
	}
	switch {
	case l.Paused != "":
		return Command{Action: Wait, Why: l.Paused, Until: again}
	case want == 0 && r.ZeroEnds:
		return Command{Action: Wait, Why: WhyZeroEnds, Until: again}
	case len(s.W) >= MaxWrites:
		return Command{Action: Wait, Why: WhyFull, Until: firstOf(again, s.W, eps)}
	}
	c := Command{Action: DoWrite, Why: WhyLower, Mode: r.Mode, Want: want, Was: shown}
	switch {
	case urgent:
		c.Why = WhyLowerFlight
	case want > shown:
		c.Why = WhyRaise
	}
	if r.Mode == Relative && !s.Based {
		c.Mode = Absolute
	}
	if (c.Mode == Absolute || c.Mode == Relative && want > shown) && now.Sub(s.Read) > r.fresh() {
		return Command{Action: DoRead, Why: WhyFresh}
	}
	return c
}

// due says why the listing must be read before anything else, "" if it need
// not be.
func (l Listing) due(s State, want int64, now time.Time) string {
	switch {
	case len(s.C) == 0:
		return WhyNeverRead
	case len(s.C) > 1:
		return WhyDoubt
	case s.Reread:
		return WhyAnswer
	}
	for _, w := range s.W {
		// Epsilon on top, so that the read's own time is surely past By.
		if !now.Before(w.By.Add(l.Rules.epsilon())) {
			return WhySettle
		}
	}
	if at := l.auditAt(s); !at.IsZero() && !now.Before(at) {
		return WhyAudit
	}
	// By when the answer came: its question is dated to the second by some, and
	// would be before the import for the rest of it.
	if low := l.Rules.Low; low > 0 && min(s.C[0].V, want) <= low && s.C[0].To.Before(stamp(l.Imported)) {
		return WhyLow
	}
	return ""
}

// auditAt is when the next audit is due; zero where audits are off.
func (l Listing) auditAt(s State) time.Time {
	if l.Rules.audit() == 0 {
		return time.Time{}
	}
	return s.Read.Add(l.Rules.audit())
}

// firstOf is the first of a time, unless it is zero, and of what settles ws.
func firstOf(t time.Time, ws []Write, eps time.Duration) time.Time {
	for _, w := range ws {
		if by := w.By.Add(eps); t.IsZero() || by.Before(t) {
			t = by
		}
	}
	return t
}
