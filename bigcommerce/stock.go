package bigcommerce

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// item is what is counted: a product, or a variant. One of the two is 0.
type item struct{ product, variant int64 }

// place is an item at a location.
type place struct {
	item
	location int64
}

// write is one level on its way.
type write struct {
	at    int // in the caller's levels
	place place
	level *channel.StockLevel
	n     int64 // to be sent: on hand, or the change
	tried bool  // it was in a batch that was refused for others, and may have been written all the same
}

// SetStock writes levels in batches of up to 2,000, one at a time for a store,
// each accepted as a whole or not at all; what is accepted is shown within
// Traits.EffectLag.
//
// A level with an expectation is sent as the difference, which a sale in
// between does not spoil. One without, and one whose stock was never counted,
// is sent as what must be on hand: the quantity and the location's safety
// stock, read just before. Levels that BigCommerce names in a refusal are
// refused, and the rest is sent.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	const op = "set stock"
	s := &stockSetter{c: c, op: op, results: make([]channel.StockResult, len(levels))}
	var rounds [][]*write
	seen := map[place]int{}
	for i := range levels {
		w, err := c.prepare(op, &levels[i])
		if err != nil {
			s.results[i] = channel.StockResult{State: channel.StockRefused, Err: err}
			continue
		}
		w.at = i
		// The same item again goes with a later call: in one the order would
		// not be sure.
		n := seen[w.place]
		seen[w.place]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], w)
	}
	if len(rounds) == 0 {
		return s.results, nil
	}
	unlock, err := c.cfg.Limiter.lock(ctx, c.cfg.StoreHash)
	if err != nil {
		return nil, c.fail(call{op: op}, "", channel.ErrUnavailable, err)
	}
	defer unlock()
	for _, round := range rounds {
		s.round(ctx, round)
	}
	if s.stop != nil && !s.told {
		return nil, s.stop
	}
	return s.results, nil
}

// prepare finds out what a level is to be written to, or why it cannot be.
func (c *Channel) prepare(op string, l *channel.StockLevel) (*write, error) {
	loc := l.Location
	if loc == "" {
		loc = c.cfg.Location
	}
	location, ok := number(string(loc))
	if !ok {
		return nil, c.invalid(op, "there is no location "+strconv.Quote(string(loc)))
	}
	h, ok := parseHandle(l.Listing)
	if !ok {
		return nil, c.refuse(op, channel.ErrStaleHandle, "the listing's handle is not this channel's: read the listing again")
	}
	w := &write{level: l, place: place{location: location}}
	switch h.mode {
	case store.TrackVariant:
		w.place.variant = h.variant
	case store.TrackProduct:
		w.place.product = h.product
	case modeShared:
		return nil, c.invalid(op, "the variant is counted with its siblings: set the stock of listing "+string(productListing(h.product)))
	default:
		return nil, c.invalid(op, "the store does not count the stock of this product")
	}
	if l.Quantity < 0 || l.Quantity > maxStock {
		return nil, c.invalid(op, fmt.Sprintf("quantity %d is not between 0 and %d", l.Quantity, maxStock))
	}
	return w, nil
}

// stockSetter is one SetStock on its way.
type stockSetter struct {
	c       *Channel
	op      string
	results []channel.StockResult
	calls   int   // refused ones
	told    bool  // BigCommerce said something of some level, or may have applied it
	stop    error // why nothing more is sent
}

func (s *stockSetter) settle(ws []*write, state channel.StockState, err error) {
	for _, w := range ws {
		s.results[w.at] = channel.StockResult{State: state, Err: err}
	}
}

// unsent settles levels that are not sent, or not sent again.
func (s *stockSetter) unsent(ws []*write, err error) {
	for _, w := range ws {
		if w.tried {
			s.settle([]*write{w}, channel.StockUnsure, &channel.Error{
				Channel: s.c.cfg.ID, Op: s.op, Class: channel.ErrUnsure, RetryAfter: channel.RetryAfter(err),
				Err: fmt.Errorf("refused for other levels, and then: %s", err), //nolint:errorlint // an error has one class
			})
		} else {
			s.settle([]*write{w}, channel.StockNotSent, err)
		}
	}
}

// withheldFor is how long a safety stock that was read is believed.
const withheldFor = time.Minute

// withheld is a location's safety stock of an item, when it was read.
type withheld struct {
	units int64
	at    time.Time
}

// maxWithheld bounds what is remembered.
const maxWithheld = 100_000

// keep remembers safety stocks that were read.
func (c *Channel) keep(safety map[place]int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.safety) > maxWithheld {
		maps.DeleteFunc(c.safety, func(_ place, w withheld) bool { return now.Sub(w.at) >= withheldFor })
	}
	for at, n := range safety {
		c.safety[at] = withheld{n, now}
	}
}

// withheld turns quantities to be shown into quantities on hand: it reads the
// safety stocks that are not known. An item the store lists no stock for has
// none.
func (c *Channel) withheld(ctx context.Context, op string, ws []*write) error {
	now := time.Now()
	ask, unknown := map[item]bool{}, map[place]bool{}
	var locations []string
	c.mu.Lock()
	for _, w := range ws {
		if got, ok := c.safety[w.place]; ok && now.Sub(got.at) < withheldFor {
			continue
		}
		ask[w.place.item], unknown[w.place] = true, true
		if id := strconv.FormatInt(w.place.location, 10); !slices.Contains(locations, id) {
			locations = append(locations, id)
		}
	}
	c.mu.Unlock()
	read := map[place]int64{}
	for at := range unknown {
		read[at] = 0 // what the store does not list withholds nothing
	}
	err := c.levels(ctx, op, ask, locations, func(it item, l *store.InventoryLevel, _ time.Time) {
		if at := (place{it, int64(l.LocationID)}); unknown[at] {
			read[at] = int64(l.Settings.SafetyStock)
		}
	})
	if err != nil {
		return err
	}
	c.keep(read, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range ws {
		w.n = w.level.Quantity + c.safety[w.place].units
	}
	return nil
}
