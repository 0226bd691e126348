package channeltest

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Memory is an in-memory marketplace and the channel to it in one. As a
// [channel.Channel] it has every capability; its other methods are the
// marketplace's own side: what the seller and the buyers do there ([Memory.AddListing],
// [Memory.PlaceOrder], [Memory.Edit], …), what really happened
// ([Memory.Orders], [Memory.Sales], [Memory.Writes], …), and faults
// ([Memory.Inject]).
//
// Time is time.Now: inside a testing/synctest bubble a simulated week passes at
// once. There are no goroutines; what happens by itself, such as a payment or
// the effect of a write, happens at its time and is worked out when somebody
// next looks. It is safe for concurrent use.
type Memory struct {
	cfg MemoryConfig

	mu      sync.Mutex
	rng     *rand.Rand
	pending events
	seq     int64

	listings []*listing
	byID     map[channel.ListingID]*listing
	orders   []*order
	orderBy  map[channel.OrderID]*order
	index    orderIndex
	parcels  []*parcel
	tickets  map[channel.Ticket]*ticket
	bulk     map[channel.Ticket]*bulkJob

	sales  []Sold
	writes []*Write

	faults    []*armed
	calls     map[Op]int
	heldUntil time.Time // changes reach the index no earlier
}

var (
	_ channel.Channel        = (*Memory)(nil)
	_ channel.OrderReader    = (*Memory)(nil)
	_ channel.OrderDecoder   = (*Memory)(nil)
	_ channel.StockReader    = (*Memory)(nil)
	_ channel.TicketReader   = (*Memory)(nil)
	_ channel.ShipmentEditor = (*Memory)(nil)
	_ channel.Prober         = (*Memory)(nil)
	_ channel.Backfiller     = (*Memory)(nil)
)

// NewMemory returns an empty marketplace that acts as cfg says.
func NewMemory(cfg MemoryConfig) *Memory {
	cfg = cfg.withDefaults()
	return &Memory{
		cfg:     cfg,
		rng:     rand.New(rand.NewPCG(cfg.Seed, 0x70656e73746f636b)),
		byID:    map[channel.ListingID]*listing{},
		orderBy: map[channel.OrderID]*order{},
		tickets: map[channel.Ticket]*ticket{},
		bulk:    map[channel.Ticket]*bulkJob{},
		calls:   map[Op]int{},
	}
}

// ID returns the channel's id.
func (m *Memory) ID() channel.ID { return m.cfg.ID }

// Traits returns what the channel says of itself.
func (m *Memory) Traits() channel.Traits { return m.cfg.Traits }

// Config returns the configuration with its defaults filled in.
func (m *Memory) Config() MemoryConfig { return m.cfg }

// Now returns the server's time.
func (m *Memory) Now() time.Time { return m.server(time.Now()) }

// server returns the server's time at our time t, as the marketplace tells it.
func (m *Memory) server(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Round(0).UTC().Add(m.cfg.Offset).Truncate(m.cfg.Grain)
}

// event is something that happens by itself at a time.
type event struct {
	at  time.Time
	seq int64 // events of one moment happen in the order they were planned
	do  func(at time.Time)
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].seq < e[j].seq
	}
	return e[i].at.Before(e[j].at)
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}

// plan makes do happen at a time, at once if that is not ahead.
func (m *Memory) plan(now, at time.Time, do func(at time.Time)) {
	if !at.After(now) {
		do(now)
		return
	}
	m.seq++
	heap.Push(&m.pending, event{at, m.seq, do})
}

// settle lets everything happen that is due, and returns the present.
func (m *Memory) settle() time.Time {
	now := time.Now()
	for len(m.pending) > 0 && !m.pending[0].at.After(now) {
		e := heap.Pop(&m.pending).(event)
		e.do(e.at)
	}
	return now
}

// side locks for a method of the marketplace's own side.
func (m *Memory) side() (now time.Time, unlock func()) {
	m.mu.Lock()
	return m.settle(), m.mu.Unlock
}

// chance draws true with probability p.
func (m *Memory) chance(p float64) bool { return p > 0 && m.rng.Float64() < p }

// fail returns a channel's error.
func (m *Memory) fail(op Op, class, cause error) *channel.Error {
	return &channel.Error{Channel: m.cfg.ID, Op: string(op), Class: class, Err: cause}
}

// unanswered is the class of a call whose answer did not come.
func unanswered(op Op) error {
	switch op {
	case OpShip, OpSetStock, OpAmend, OpStartBackfill:
		return channel.ErrUnsure
	default:
		return channel.ErrUnavailable
	}
}

// wait waits d or until ctx is done.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// call is one request: it counts, it takes its time, faults strike before its
// effect or after, and act is the effect, under the lock.
func call[T any](ctx context.Context, m *Memory, op Op, act func(now time.Time, f Fault) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, m.fail(op, channel.ErrUnavailable, err)
	}
	m.mu.Lock()
	m.settle()
	m.calls[op]++
	fault := m.strike(op)
	half := m.cfg.Latency.draw(m.rng) / 2
	m.mu.Unlock()

	if err := wait(ctx, half); err != nil {
		return zero, m.fail(op, unanswered(op), err)
	}
	if err := m.before(ctx, op, fault); err != nil {
		return zero, err
	}
	m.mu.Lock()
	v, err := act(m.settle(), fault)
	m.mu.Unlock()

	switch fault.Kind {
	case FaultAnswerLost, FaultTruncated:
		return zero, m.fail(op, unanswered(op), errNoAnswer)
	case FaultStallAfter:
		<-ctx.Done()
		return zero, m.fail(op, unanswered(op), context.Cause(ctx))
	default:
	}
	if werr := wait(ctx, half); werr != nil {
		return zero, m.fail(op, unanswered(op), werr)
	}
	return v, err
}

var errNoAnswer = errors.New("the connection closed before an answer came")

// lacks answers for a capability the account is configured to lack.
func (m *Memory) lacks(op Op, capability string) error {
	if !slices.Contains(m.cfg.Lacks, capability) {
		return nil
	}
	return m.fail(op, channel.ErrForbidden, fmt.Errorf("%s: %w", capability, errors.ErrUnsupported))
}
