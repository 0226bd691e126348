package sync

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// StockConfig is how quantities are kept level. The zero value keeps every
// linked listing of a counted item at what is free of it.
type StockConfig struct {
	// Policy is how much of what is free a listing shows; PolicyFor overrides
	// it for the channels it names, and [Engine.SetPolicy] for an item.
	Policy    StockPolicy
	PolicyFor map[channel.ID]StockPolicy

	// LocationFor names the location whose quantity is read and written, for
	// channels with several locations of the seller's. Default: the only one,
	// or the marketplace's default one.
	LocationFor map[channel.ID]channel.LocationID

	// FirstPush says when the first quantity of a listing is sent.
	FirstPush FirstPush

	// HoldZeroShare is the share of a channel's listings that may be set to
	// zero at once without a person's word: a first push, or a plan that no
	// orders explain, that would do more is held until [Engine.Release].
	// Default 0.2; -1 never holds. Fewer than HoldZeroLeast listings, default
	// 10, are never held.
	HoldZeroShare float64
	HoldZeroLeast int

	// UnresolvedHold is how long demand that no listing or item is known for
	// holds back raises of what carries its SKU. After it, the demand is parked
	// for the seller to link. Default 24 h; -1 never holds.
	UnresolvedHold time.Duration

	// AuditEvery is the longest time a listing's quantity goes unread. Default:
	// what the marketplace's Traits say, or 2 h.
	AuditEvery time.Duration

	// TicketEvery is when what a marketplace works through in a queue is first
	// asked for, and how often at first; the longer it takes the less often, down
	// to a twentieth. Default 30 s, at least 100 ms.
	TicketEvery time.Duration

	// ReadLow makes a listing that shows or is to show at most this many units
	// be read after each import. Default 5 where the order of a sale may stay
	// unseen for longer than AuditEvery (eBay), off elsewhere; -1 is off
	// everywhere. A listing that was never written is not read for it.
	ReadLow int64

	// TrustSoldCounts takes a marketplace's own count of units sold, where its
	// reads tell one (Traits.SoldCount) and it has one location, over what its
	// quantity suggests: what the count lacks was no sale, and what it has beyond
	// the stored orders is held. Default not.
	TrustSoldCounts bool

	// NeverZero names channels where zero would end a listing: a listing is
	// then left at what it shows, and its last units are for a person to end.
	NeverZero []channel.ID
}

// FirstPush says when the first quantity of a listing is sent.
type FirstPush string

const (
	// FirstPushAuto sends it when all that is planned for the channel has been
	// read, unless HoldZeroShare holds it.
	FirstPushAuto FirstPush = ""
	// FirstPushReview sends it when [Engine.Release] is called.
	FirstPushReview FirstPush = "review"
)

// StockPolicy is how much of what is free a listing shows. The zero value is
// all of it.
type StockPolicy struct {
	Buffer  int64 `json:"buffer,omitempty"`  // units of the item kept back
	Percent int64 `json:"percent,omitempty"` // share of the rest that is shown, 1 to 100; 0 is all
	Cap     int64 `json:"cap,omitempty"`     // most units of the listing shown; 0 is no cap
}

// validate returns what is wrong with p, which stands at where.
func (p StockPolicy) validate(where string) error {
	switch {
	case p.Buffer < 0:
		return fmt.Errorf("%s.Buffer is %d: it cannot be negative", where, p.Buffer)
	case p.Percent < 0 || p.Percent > 100:
		return fmt.Errorf("%s.Percent is %d: it is 1 to 100, or 0 for all", where, p.Percent)
	case p.Cap < 0:
		return fmt.Errorf("%s.Cap is %d: it cannot be negative", where, p.Cap)
	}
	return nil
}

const (
	defaultZeroShare  = 0.2
	defaultZeroLeast  = 10
	defaultUnresolved = 24 * time.Hour
	defaultReadLow    = 5
	// scarce is how few units make a fall urgent.
	scarce = 3
)

func (c StockConfig) validate() error {
	if err := c.Policy.validate("sync: Config.Stock.Policy"); err != nil {
		return err
	}
	for id, p := range c.PolicyFor {
		if err := p.validate(fmt.Sprintf("sync: Config.Stock.PolicyFor[%q]", id)); err != nil {
			return err
		}
	}
	switch {
	case c.FirstPush != FirstPushAuto && c.FirstPush != FirstPushReview:
		return fmt.Errorf("sync: Config.Stock.FirstPush is %q: it is %q or %q", c.FirstPush, FirstPushAuto, FirstPushReview)
	case c.HoldZeroShare != -1 && (c.HoldZeroShare < 0 || c.HoldZeroShare > 1):
		return fmt.Errorf("sync: Config.Stock.HoldZeroShare is %v: it is between 0 and 1, or -1 to turn it off", c.HoldZeroShare)
	case c.HoldZeroLeast < 0:
		return fmt.Errorf("sync: Config.Stock.HoldZeroLeast is %d: it cannot be negative", c.HoldZeroLeast)
	case c.UnresolvedHold < 0 && c.UnresolvedHold != -1:
		return fmt.Errorf("sync: Config.Stock.UnresolvedHold is %v: use -1 to turn it off", c.UnresolvedHold)
	case c.AuditEvery < 0 || c.AuditEvery >= longest:
		return fmt.Errorf("sync: Config.Stock.AuditEvery is %v: it is more than 0 and less than %v", c.AuditEvery, longest)
	case c.TicketEvery != 0 && c.TicketEvery < 100*time.Millisecond || c.TicketEvery > time.Hour:
		return fmt.Errorf("sync: Config.Stock.TicketEvery is %v: it is between 100 ms and an hour", c.TicketEvery)
	case c.ReadLow < -1:
		return fmt.Errorf("sync: Config.Stock.ReadLow is %d: use -1 to turn it off", c.ReadLow)
	}
	return nil
}

func (c StockConfig) ticketEvery() time.Duration { return cmp.Or(c.TicketEvery, defaultTicketEvery) }

func (c StockConfig) zeroShare() float64 { return cmp.Or(c.HoldZeroShare, defaultZeroShare) }
func (c StockConfig) zeroLeast() int     { return cmp.Or(c.HoldZeroLeast, defaultZeroLeast) }

func (c StockConfig) unresolvedHold() time.Duration {
	return max(0, cmp.Or(c.UnresolvedHold, defaultUnresolved))
}

// stockSide is what the stock lanes keep of a channel between visits. All of it
// can be lost: state is in the store.
type stockSide struct {
	changed  atomic.Bool  // levels were moved by something else than the stock lane
	listings atomic.Bool  // something was sold whose listing is not known
	imported atomic.Int64 // when a walk last ended, the server's clock, in nanoseconds
	last     atomic.Int64 // the latest time the arithmetic was told, likewise
	zeros    atomic.Pointer[zeroWindow]
	fitted   atomic.Pointer[string] // what the levels were last brought in line with
}

// stockWork is what the stock lanes keep during one visit.
type stockWork struct {
	looked  *stockLook
	queue   []turnEntry
	first   map[LevelKey]pendingPush // first pushes waiting for the plan to be complete
	zeroOK  map[LevelKey]bool        // zeros a plan was allowed
	tries   map[LevelKey]int
	alone   map[LevelKey]bool // to be sent or read by itself, after a batch was refused
	seq     int               // of writes
	hurried bool              // orders were asked for early
	passed  time.Duration     // what the last pass over everything due took
	passAt  time.Time

	readFrom time.Time // since when writes wait for more of what is being read

	// open are the lines of open tickets, and until when raises of them wait; nil
	// is not read yet.
	open map[LevelKey]time.Time

	// Lines of writes without an outcome, and until when they are let alone.
	blocked      map[LevelKey]bool
	blockedUntil time.Time
}

// rules are how the arithmetic treats a channel.
func (e *Engine) rules(b *bound) stock.Rules {
	t, c := &b.traits, &e.cfg.Stock
	r := stock.Rules{
		ExactTimes: t.ExactTimes, FallsAtOnce: t.FallsAtOnce, Hidden: !t.ExactTimes && !t.PlacedFirst,
		ZeroEnds: slices.Contains(c.NeverZero, b.id),
		Epsilon:  max(2*time.Second, t.ClockError),
		Deadline: b.deadline, Effect: t.EffectLag, Hold: t.Hold,
		Audit: min(cmp.Or(c.AuditEvery, t.AuditEvery, 2*time.Hour), longest-time.Hour),
	}
	switch t.StockWrite {
	case channel.StockCompareAndSet:
		r.Mode = stock.CompareAndSet
	case channel.StockRelative:
		r.Mode = stock.Relative
	case channel.StockAbsolute:
		r.Mode = stock.Absolute
	}
	// The demand that a count is compared with is that of all locations.
	if c.TrustSoldCounts && len(b.notes.Load().Account.Locations) <= 1 {
		switch t.SoldCount {
		case channel.SoldOpen:
			r.SoldCount = stock.SoldOpen
		case channel.SoldEver:
			r.SoldCount = stock.SoldEver
		case channel.SoldUncounted:
		}
	}
	switch b.falls() {
	case channel.FallsAtSale:
		r.Falls = stock.FallsAtSale
	case channel.FallsAtShipment:
		r.Falls = stock.FallsAtShipment
	case channel.FallsBySetting:
		r.Falls = stock.FallsUnknown
	}
	switch {
	case c.ReadLow > 0:
		r.Low = c.ReadLow
	case c.ReadLow == 0 && !t.ExactTimes && t.Hold > r.Audit:
		r.Low = defaultReadLow
	}
	return r
}

// policy is how much of an item a channel shows.
func (e *Engine) policy(id channel.ID, item *itemDoc) stock.Policy {
	p := e.cfg.Stock.Policy
	if own, ok := e.cfg.Stock.PolicyFor[id]; ok {
		p = own
	}
	if own, ok := item.Policy[""]; ok {
		p = own
	}
	if own, ok := item.Policy[id]; ok {
		p = own
	}
	return stock.Policy(p)
}

// stockLocation is the location whose quantity is kept, or why there is none.
func (e *Engine) stockLocation(b *bound) (channel.LocationID, string) {
	if loc, ok := e.cfg.Stock.LocationFor[b.id]; ok {
		return loc, ""
	}
	notes := b.notes.Load()
	if b.prober != nil && notes.ProbedAt.IsZero() {
		return "", "the account has not been read yet"
	}
	var ours []channel.Location
	for _, l := range notes.Account.Locations {
		if l.Active && l.Ours {
			ours = append(ours, l)
		}
	}
	switch i := slices.IndexFunc(ours, func(l channel.Location) bool { return l.Default }); {
	case len(notes.Account.Locations) == 0:
		return "", ""
	case len(ours) == 1:
		return ours[0].ID, ""
	case i >= 0:
		return ours[i].ID, ""
	case len(ours) == 0:
		return "", "no active location of the channel is the seller's own"
	}
	return "", "the channel has several locations and none is its default: name one in Config.Stock.LocationFor"
}

// stockNow is the server's time for the arithmetic: never before what it was
// told last, unless a clock was put back by more than its error.
func (b *bound) stockNow() time.Time {
	now := b.serverTime(time.Now()).Round(0).UTC()
	for {
		last := b.side.last.Load()
		was := time.Unix(0, last).UTC()
		if last != 0 && now.Before(was) && was.Sub(now) < time.Minute {
			return was
		}
		if b.side.last.CompareAndSwap(last, now.UnixNano()) {
			return now
		}
	}
}

// localTime returns a time of the marketplace's clock on ours. Zero stays zero.
func (b *bound) localTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-b.notes.Load().Account.Offset)
}

// channelsOf returns the engine's channels of an account, by id.
func (e *Engine) channelsOf(account AccountID) []*bound {
	var out []*bound
	for _, id := range e.ids {
		if b := e.bound[id]; b.account == account {
			out = append(out, b)
		}
	}
	return out
}
