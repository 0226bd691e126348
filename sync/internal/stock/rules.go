package stock

import "time"

// Mode is what a write means to a marketplace.
type Mode int

// The modes of a write.
const (
	Absolute      Mode = iota // the last write wins, whatever was sold meanwhile
	CompareAndSet             // applied only while the marketplace shows what we expect
	Relative                  // the difference is added to whatever is shown
)

func (m Mode) String() string {
	switch m {
	case Absolute:
		return "absolute"
	case CompareAndSet:
		return "compare-and-set"
	case Relative:
		return "relative"
	}
	return "unknown mode"
}

// Falls is when a marketplace lowers its own number.
type Falls int

// The moments at which a number falls.
const (
	FallsAtSale     Falls = iota // when the order is placed
	FallsAtShipment              // when the line is shipped
	FallsUnknown                 // one of the two, by a setting nobody has read
)

// SoldCount is which units sold a marketplace counts.
type SoldCount int

// The counts of units sold.
const (
	SoldUncounted SoldCount = iota // none, or none to be trusted
	SoldOpen                       // sold and not yet shipped
	SoldEver                       // all since the listing began
)

// Rules is how one channel treats stock. The zero value of a duration is the
// default named beside it; -1 means none.
type Rules struct {
	Mode  Mode  // Absolute
	Falls Falls // FallsAtSale

	// ExactTimes says that a sale's time is the moment the number fell. Without
	// it that moment is anywhere before (eBay reports the payment, believed).
	ExactTimes bool

	// Hidden says that an order may stay unseen for long though its units are
	// gone: until it is paid (eBay).
	Hidden bool

	// SoldCount says which units sold reads count, if that is to be trusted over
	// what the number itself suggests.
	SoldCount SoldCount

	// FallsAtOnce lets a lower quantity be sent while a write is unsettled.
	// BigCommerce takes one write at a time.
	FallsAtOnce bool

	// ZeroEnds says that a quantity of zero would end the listing (eBay without
	// its out-of-stock control); zero is then never sent.
	ZeroEnds bool

	Epsilon  time.Duration // times closer than this have no known order; 2 s, the clock error simulated
	Deadline time.Duration // longest a request may take to arrive; 10 s, the engine's call deadline
	Effect   time.Duration // longest usual time from a write accepted until it is shown; 0
	Feed     time.Duration // longest a feed may stay without an end before a read settles it; 6 h
	Hold     time.Duration // how far the watermark must pass an unexplained fall before it is drift; 30 min
	Audit    time.Duration // longest time without a read; 2 h
	Fresh    time.Duration // how old a read may be for a write that needs one; 20 s
	Coalesce time.Duration // how long after a write a raise waits, to gather others; 0

	// Low makes a listing that shows or wants at most this many units due for a
	// read after each import. 0 is off.
	Low int64
}

// orDefault reads a duration of Rules: 0 is def, negative is none.
func orDefault(d, def time.Duration) time.Duration {
	switch {
	case d == 0:
		return def
	case d < 0:
		return 0
	}
	return d
}

func (r Rules) epsilon() time.Duration  { return orDefault(r.Epsilon, 2*time.Second) }
func (r Rules) deadline() time.Duration { return orDefault(r.Deadline, 10*time.Second) }
func (r Rules) effect() time.Duration   { return orDefault(r.Effect, 0) }
func (r Rules) feed() time.Duration     { return orDefault(r.Feed, 6*time.Hour) }
func (r Rules) hold() time.Duration     { return orDefault(r.Hold, 30*time.Minute) }
func (r Rules) fresh() time.Duration    { return orDefault(r.Fresh, 20*time.Second) }
func (r Rules) coalesce() time.Duration { return orDefault(r.Coalesce, 0) }

// audit is 0 where audits are off.
func (r Rules) audit() time.Duration { return orDefault(r.Audit, 2*time.Hour) }
