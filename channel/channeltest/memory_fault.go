package channeltest

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Op is a kind of call that a [Memory] counts and that a [Fault] can strike.
type Op string

// The calls of a channel.
const (
	OpOrders        Op = "orders"
	OpOrdersByID    Op = "orders by id"
	OpListings      Op = "listings"
	OpShip          Op = "ship"
	OpAmend         Op = "amend shipment"
	OpSetStock      Op = "set stock" // once for each batch
	OpStock         Op = "read stock"
	OpTicket        Op = "ticket"
	OpProbe         Op = "probe"
	OpStartBackfill Op = "start backfill"
	OpBackfill      Op = "backfill" // state and streams
)

// FaultKind is a way to misbehave.
type FaultKind string

// The kinds of faults.
const (
	FaultUnavailable  FaultKind = "unavailable"  // ErrUnavailable, no effect
	FaultThrottled    FaultKind = "throttled"    // ErrThrottled with RetryAfter, no effect
	FaultUnauthorized FaultKind = "unauthorized" // ErrUnauthorized, no effect
	FaultForbidden    FaultKind = "forbidden"    // ErrForbidden, no effect
	FaultSuspended    FaultKind = "suspended"    // ErrSuspended, no effect
	FaultInvalid      FaultKind = "invalid"      // ErrInvalid, no effect
	FaultConflict     FaultKind = "conflict"     // ErrConflict, no effect
	FaultStaleHandle  FaultKind = "stale handle" // ErrStaleHandle, no effect
	FaultCursorLost   FaultKind = "cursor lost"  // ErrCursor from a call that carries a cursor
	FaultLost         FaultKind = "lost"         // no effect and no answer: ErrUnsure from a write, ErrUnavailable from a read
	FaultAnswerLost   FaultKind = "answer lost"  // takes effect, no answer: as above
	FaultTruncated    FaultKind = "truncated"    // the answer breaks off: as FaultAnswerLost
	FaultStall        FaultKind = "stall"        // no effect, no answer until the context is done
	FaultStallAfter   FaultKind = "stall after"  // takes effect, no answer until the context is done
	FaultStale        FaultKind = "stale"        // a read of the past: orders one version old, stock as of Fault.Age ago
	FaultRepeat       FaultKind = "repeat"       // a page brings its records twice and in another order
	FaultTicketFails  FaultKind = "ticket fails" // the ticket of this write ends as failed, without effect
	FaultDropped      FaultKind = "dropped"      // the write is accepted and never takes effect
	FaultRefused      FaultKind = "refused"      // the first level of the write is refused, the rest stand
)

// Fault is one kind of misbehaviour. It strikes the matching calls one after
// the other until it is used up.
type Fault struct {
	Op     Op // "" is every call
	Kind   FaultKind
	After  int     // matching calls let through first
	Times  int     // matching calls struck; 0 is 1, or all where Chance is set; -1 is all
	Chance float64 // of striking a matching call; 0 is always

	RetryAfter time.Duration // of FaultThrottled; default 30 s
	Age        time.Duration // of FaultStale; default 30 s
}

type armed struct {
	Fault
	lifted bool
}

// Inject puts f in force and returns a function that lifts it.
func (m *Memory) Inject(f Fault) (lift func()) {
	_, unlock := m.side()
	defer unlock()
	if f.Times == 0 {
		f.Times = 1
		if f.Chance > 0 {
			f.Times = -1
		}
	}
	if f.RetryAfter == 0 {
		f.RetryAfter = 30 * time.Second
	}
	if f.Age == 0 {
		f.Age = 30 * time.Second
	}
	a := &armed{Fault: f}
	m.faults = append(m.faults, a)
	return func() {
		_, unlock := m.side()
		defer unlock()
		a.lifted = true
	}
}

// ClearFaults lifts every fault.
func (m *Memory) ClearFaults() {
	_, unlock := m.side()
	defer unlock()
	m.faults = nil
}

// Calls returns how many calls of this kind came, "" for all.
func (m *Memory) Calls(op Op) int {
	_, unlock := m.side()
	defer unlock()
	if op != "" {
		return m.calls[op]
	}
	n := 0
	for _, c := range m.calls {
		n += c
	}
	return n
}

// strike returns the fault that strikes this call, or the zero Fault.
func (m *Memory) strike(op Op) Fault {
	live := m.faults[:0]
	var hit Fault
	for _, a := range m.faults {
		if a.lifted || a.Times == 0 {
			continue
		}
		live = append(live, a)
		if hit.Kind != "" || (a.Op != "" && a.Op != op) {
			continue
		}
		if a.After > 0 {
			a.After--
			continue
		}
		if a.Chance > 0 && !m.chance(a.Chance) {
			continue
		}
		if a.Times > 0 {
			a.Times--
		}
		hit = a.Fault
	}
	m.faults = live
	return hit
}

var classOf = map[FaultKind]error{
	FaultUnavailable:  channel.ErrUnavailable,
	FaultThrottled:    channel.ErrThrottled,
	FaultUnauthorized: channel.ErrUnauthorized,
	FaultForbidden:    channel.ErrForbidden,
	FaultSuspended:    channel.ErrSuspended,
	FaultInvalid:      channel.ErrInvalid,
	FaultConflict:     channel.ErrConflict,
	FaultStaleHandle:  channel.ErrStaleHandle,
}

var errInjected = errors.New("injected fault")

// before answers for the faults that strike before the effect.
func (m *Memory) before(ctx context.Context, op Op, f Fault) error {
	switch f.Kind {
	case FaultLost:
		return m.fail(op, unanswered(op), errNoAnswer)
	case FaultStall:
		<-ctx.Done()
		return m.fail(op, unanswered(op), context.Cause(ctx))
	default:
	}
	class, ok := classOf[f.Kind]
	if !ok {
		return nil
	}
	e := m.fail(op, class, errInjected)
	if f.Kind == FaultThrottled {
		e.RetryAfter = f.RetryAfter
	}
	return e
}
