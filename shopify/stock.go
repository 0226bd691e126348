package shopify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxQuantity is the most Shopify takes for one level.
const maxQuantity = 1_000_000_000

// maxRounds bounds how often what is left of a batch is sent again after lines
// were taken out of it.
const maxRounds = 8

// stockMemory is what writes need to know of listings and locations, kept so
// that most writes are one call.
type stockMemory struct {
	mu        sync.Mutex
	active    map[stockKey]string // where a listing is stocked: its inventory item
	locations []channel.Location
	readAt    time.Time // when locations were read
}

type stockKey struct {
	listing  channel.ListingID
	handle   channel.Handle
	location channel.LocationID
}

// maxKnown bounds the memory; forgetting costs a read.
const maxKnown = 200_000

// locationsFor is how long locations are believed.
const locationsFor = time.Hour

func keyOf(l channel.StockLevel, at channel.LocationID) stockKey {
	k := stockKey{listing: l.Listing.ID, location: at}
	if k.listing == "" {
		k.handle = l.Listing.Handle
	}
	return k
}

func (m *stockMemory) item(k stockKey) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.active[k]
}

func (m *stockMemory) learn(k stockKey, item string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if item == "" {
		delete(m.active, k)
		return
	}
	if m.active == nil || len(m.active) >= maxKnown {
		m.active = map[stockKey]string{}
	}
	m.active[k] = item
}

// places returns the shop's locations, read an hour ago at most.
func (c *Channel) places(ctx context.Context) ([]channel.Location, error) {
	c.stock.mu.Lock()
	known, at := c.stock.locations, c.stock.readAt
	c.stock.mu.Unlock()
	if known != nil && time.Since(at) < locationsFor {
		return known, nil
	}
	read, err := c.locations(ctx)
	if err != nil {
		return nil, err
	}
	c.stock.mu.Lock()
	defer c.stock.mu.Unlock()
	c.stock.locations, c.stock.readAt = read, time.Now()
	return read, nil
}

// write is one level on its way.
type write struct {
	level  channel.StockLevel
	at     channel.LocationID
	item   string // inventory item, a number
	tried  bool   // it was in a call that was refused for others, and may have been written all the same
	result *channel.StockResult
}

// SetStock sets what is available, in batches of 250, each level compared with
// what is expected. A batch is believed to be all or nothing at Shopify: lines
// that are stale or refused are taken out and the rest is sent again under a new
// key. A line that is stale then and shows what was sent has been written. Where a
// listing is not stocked yet it is stocked first, since a quantity set there
// would be taken and not be sold.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	const op = "set stock"
	if len(levels) == 0 {
		return nil, nil
	}
	access, err := c.grantedFor(ctx, op, channel.JobStock)
	if err != nil {
		return nil, err
	}
	places, err := c.places(ctx)
	if err != nil {
		return nil, err
	}
	b := &stockSetter{c: c, op: op, access: access, places: places}
	results := make([]channel.StockResult, len(levels))
	writes := b.check(levels, results)
	for len(writes) > 0 {
		n := min(len(writes), maxInput)
		if err := b.batch(ctx, writes[:n]); err != nil {
			// What follows a batch that failed is not sent.
			if !b.sent {
				return nil, err
			}
			if errors.Is(err, channel.ErrUnsure) {
				err = b.fail(channel.ErrUnavailable, "", "not sent after an earlier batch got no answer")
			}
			b.unsent(writes, err)
			break
		}
		writes = writes[n:]
	}
	for i := range results {
		if results[i].State == "" {
			results[i] = channel.StockResult{State: channel.StockUnsure, Err: b.fail(channel.ErrUnsure, "", "nothing was said about this level")}
		}
	}
	return results, nil
}

// settle notes what became of a write, once.
func (w *write) settle(state channel.StockState, err error) {
	if w.result.State == "" {
		w.result.State, w.result.Err = state, err
	}
}

// unsent settles writes that are not sent, or not sent again.
func (b *stockSetter) unsent(writes []*write, err error) {
	for _, w := range writes {
		if w.tried {
			e := b.fail(channel.ErrUnsure, "", "refused for other levels, and then: %s", err)
			e.RetryAfter = channel.RetryAfter(err)
			w.settle(channel.StockUnsure, e)
		} else {
			w.settle(channel.StockNotSent, err)
		}
	}
}

// stockSetter is one SetStock.
type stockSetter struct {
	c      *Channel
	op     string
	access admin.Access
	places []channel.Location
	sent   bool // something may have had an effect
	whole  bool // a refused call is known to leave all of its levels alone
}

func (b *stockSetter) fail(class error, code, format string, args ...any) *channel.Error {
	return &channel.Error{Channel: b.c.cfg.ID, Op: b.op, Class: class, Code: code, Message: transport.Message(fmt.Sprintf(format, args...))}
}

// check refuses what can be told to be wrong and returns the rest.
func (b *stockSetter) check(levels []channel.StockLevel, results []channel.StockResult) []*write {
	writes := make([]*write, 0, len(levels))
	seen := map[stockKey]*write{}
	for i := range levels {
		w := &write{level: levels[i], result: &results[i]}
		var err error
		if w.at, err = b.place(levels[i].Location); err == nil {
			err = b.sane(w)
		}
		if err != nil {
			w.settle(channel.StockRefused, err)
			continue
		}
		k := keyOf(w.level, w.at)
		if first := seen[k]; first != nil {
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "listing %s is given twice for location %s", w.level.Listing.ID, w.at))
			continue
		}
		seen[k] = w
		writes = append(writes, w)
	}
	return writes
}

func (b *stockSetter) sane(w *write) error {
	switch ref := w.level.Listing; {
	case w.level.Quantity < 0:
		return b.fail(channel.ErrInvalid, "INVALID_QUANTITY_NEGATIVE", "quantity %d is below zero", w.level.Quantity)
	case w.level.Quantity > maxQuantity:
		return b.fail(channel.ErrInvalid, "INVALID_QUANTITY_TOO_HIGH", "quantity %d is above %d, the most Shopify takes", w.level.Quantity, maxQuantity)
	case ref.ID != "" && !isNumber(string(ref.ID)):
		return b.fail(channel.ErrNotFound, "", "listing %s is not one of Shopify's", ref.ID)
	case (ref.ID == "" || !b.access.Products) && !isNumber(string(ref.Handle)):
		return b.fail(channel.ErrStaleHandle, "", "listing %s has no inventory item: read it again", ref.ID)
	}
	return nil
}

// place returns the location to write at: the one given, if its stock is ours,
// or the default.
func (b *stockSetter) place(id channel.LocationID) (channel.LocationID, error) {
	for _, l := range b.places {
		switch {
		case id == "" && l.Default:
			return l.ID, nil
		case l.ID != id:
		case !l.Ours:
			return "", b.fail(channel.ErrInvalid, "", "location %s (%s) belongs to a fulfilment service, which counts its own stock", id, l.Name)
		case !l.Active:
			return "", b.fail(channel.ErrConflict, "", "location %s (%s) is deactivated", id, l.Name)
		default:
			return id, nil
		}
	}
	if id == "" {
		return "", b.fail(channel.ErrInvalid, "", "the shop has no active location of its own: name one")
	}
	return "", b.fail(channel.ErrNotFound, "INVALID_LOCATION", "the shop has no location %s", id)
}

// batch writes up to 250 levels. An error says that nothing of them was
// written, or what was is in their results.
func (b *stockSetter) batch(ctx context.Context, writes []*write) error {
	if err := b.ready(ctx, writes); err != nil {
		return err
	}
	rest := open(writes)
	for round := 0; len(rest) > 0; round++ {
		if round == maxRounds {
			b.unsent(rest, b.fail(channel.ErrConflict, "", "the batch was refused for other lines %d times", maxRounds))
			return nil
		}
		if err := b.round(ctx, rest); err != nil {
			return err
		}
		rest = open(rest)
	}
	return nil
}

// open returns the writes that are not settled.
func open(writes []*write) []*write {
	var out []*write
	for _, w := range writes {
		if w.result.State == "" {
			out = append(out, w)
		}
	}
	return out
}
