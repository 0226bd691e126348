package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
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
	s := &setter{c: c, op: op, results: make([]channel.StockResult, len(levels))}
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

// setter is one SetStock on its way.
type setter struct {
	c       *Channel
	op      string
	results []channel.StockResult
	calls   int   // refused ones
	told    bool  // BigCommerce said something of some level, or may have applied it
	stop    error // why nothing more is sent
}

// maxRefusals bounds the calls spent on finding out whom a refusal means.
const maxRefusals = 48

func (s *setter) set(ws []*write, state channel.StockState, err error) {
	for _, w := range ws {
		s.results[w.at] = channel.StockResult{State: state, Err: err}
	}
}

// unsent settles levels that are not sent, or not sent again.
func (s *setter) unsent(ws []*write, err error) {
	for _, w := range ws {
		if w.tried {
			s.set([]*write{w}, channel.StockUnsure, &channel.Error{
				Channel: s.c.cfg.ID, Op: s.op, Class: channel.ErrUnsure, RetryAfter: channel.RetryAfter(err),
				Err: fmt.Errorf("refused for other levels, and then: %s", err), //nolint:errorlint // an error has one class
			})
		} else {
			s.set([]*write{w}, channel.StockNotSent, err)
		}
	}
}

// round writes levels of different places: differences first, then absolute
// quantities.
func (s *setter) round(ctx context.Context, ws []*write) {
	var changes, absolute []*write
	for _, w := range ws {
		switch {
		case w.level.Expect == nil:
			absolute = append(absolute, w)
		case *w.level.Expect == w.level.Quantity:
			// Nothing to change.
			current := w.level.Quantity
			s.results[w.at] = channel.StockResult{State: channel.StockApplied, Current: &current}
			s.told = true
		default:
			w.n = w.level.Quantity - *w.level.Expect
			changes = append(changes, w)
		}
	}
	for chunk := range slices.Chunk(changes, maxAdjust) {
		uncounted, tried := s.send(ctx, chunk, false)
		absolute = append(absolute, uncounted...)
		absolute = append(absolute, s.reread(ctx, tried)...)
	}
	if len(absolute) == 0 {
		return
	}
	ready := s.ready(ctx, absolute)
	for chunk := range slices.Chunk(ready, maxAdjust) {
		s.send(ctx, chunk, true)
	}
}

// reread looks at levels that were in a refused batch of differences and
// returns those to be sent absolutely, which is right whether the batch changed
// them or not. One that shows its quantity is done, and one that shows neither
// that nor what was expected has been sold or changed: the caller decides anew.
func (s *setter) reread(ctx context.Context, ws []*write) (again []*write) {
	if len(ws) == 0 {
		return nil
	}
	shown := map[place]int64{}
	if s.stop == nil {
		ask := map[item]bool{}
		var locations []string
		for _, w := range ws {
			ask[w.place.item] = true
			if id := strconv.FormatInt(w.place.location, 10); !slices.Contains(locations, id) {
				locations = append(locations, id)
			}
		}
		safety := map[place]int64{}
		now := time.Now()
		s.stop = s.c.levels(ctx, s.op, ask, locations, func(it item, l *store.InventoryLevel, _ time.Time) {
			at := place{it, int64(l.LocationID)}
			shown[at], safety[at] = int64(l.Available), int64(l.Settings.SafetyStock)
		})
		s.c.keep(safety, now)
	}
	if s.stop != nil {
		s.unsent(ws, s.stop)
		return nil
	}
	for _, w := range ws {
		n, listed := shown[w.place]
		switch {
		case listed && n == w.level.Quantity:
			s.results[w.at] = channel.StockResult{State: channel.StockApplied, Current: &n}
		case !listed, n == *w.level.Expect:
			again = append(again, w)
		default:
			s.results[w.at] = channel.StockResult{
				State: channel.StockUnsure, Current: &n,
				Err: s.c.refuse(s.op, channel.ErrUnsure, fmt.Sprintf("refused for other levels, it shows %d where %d was expected", n, *w.level.Expect)),
			}
		}
	}
	return again
}

// ready adds to the quantities what the store withholds.
func (s *setter) ready(ctx context.Context, ws []*write) []*write {
	if s.stop == nil {
		s.stop = s.c.withheld(ctx, s.op, ws)
	}
	if s.stop != nil {
		s.unsent(ws, s.stop)
		return nil
	}
	out := ws[:0:0]
	for _, w := range ws {
		if w.n > maxStock {
			s.set([]*write{w}, channel.StockRefused,
				s.c.invalid(s.op, fmt.Sprintf("quantity and safety stock are %d, more than %d", w.n, maxStock)))
			continue
		}
		out = append(out, w)
	}
	return out
}

// send writes a batch until nothing of it is refused. It returns the levels
// that need an absolute quantity first, and, of differences, those that were in
// a refused batch with others.
func (s *setter) send(ctx context.Context, ws []*write, absolute bool) (uncounted, tried []*write) {
	for len(ws) > 0 {
		if s.stop != nil {
			s.unsent(ws, s.stop)
			return uncounted, tried
		}
		err := s.put(ctx, ws, absolute)
		if err == nil {
			s.told = true
			s.set(ws, channel.StockAccepted, nil)
			return uncounted, tried
		}
		status, e := said(err)
		switch {
		case errors.Is(err, channel.ErrUnsure):
			// The next one in flight could overtake this one.
			s.told, s.stop = true, s.c.refuse(s.op, channel.ErrUnavailable, "an earlier batch got no answer")
			s.set(ws, channel.StockUnsure, err)
			return uncounted, tried
		case status != http.StatusUnprocessableEntity && status != http.StatusRequestEntityTooLarge &&
			status != http.StatusBadRequest && status != http.StatusNotFound && status != http.StatusConflict:
			s.stop = err
			s.unsent(ws, err)
			return uncounted, tried
		}
		s.told = true
		s.calls++
		if s.calls > maxRefusals {
			s.stop = err
			s.unsent(ws, err)
			return uncounted, tried
		}
		verdicts := map[*write]error{}
		if status == http.StatusUnprocessableEntity {
			verdicts = s.c.offenders(s.op, e, ws)
		}
		whole := status == http.StatusRequestEntityTooLarge // not looked at, so nothing was changed
		switch {
		case len(ws) == 1 && len(verdicts) == 0:
			verdicts[ws[0]] = err
		case len(verdicts) > 0:
		case whole || absolute:
			half := len(ws) / 2
			for _, part := range [][]*write{ws[:half], ws[half:]} {
				mark(part, !whole)
				more, others := s.send(ctx, part, absolute)
				uncounted, tried = append(uncounted, more...), append(tried, others...)
			}
			return uncounted, tried
		}
		rest := ws[:0:0]
		for _, w := range ws {
			verdict, named := verdicts[w]
			switch {
			case !named:
				rest = append(rest, w)
			case errors.Is(verdict, errUncounted) && !absolute:
				uncounted = append(uncounted, w)
			case errors.Is(verdict, errBelow) && !absolute:
				s.set([]*write{w}, channel.StockStale, verdict)
			default:
				s.set([]*write{w}, channel.StockRefused, verdict)
			}
		}
		mark(rest, true)
		if !absolute {
			return uncounted, append(tried, rest...)
		}
		ws = rest
	}
	return uncounted, tried
}

func mark(ws []*write, tried bool) {
	for _, w := range ws {
		w.tried = w.tried || tried
	}
}

// put sends one batch.
func (s *setter) put(ctx context.Context, ws []*write, absolute bool) error {
	cl := call{op: s.op, method: http.MethodPost, path: "/v3/inventory/adjustments/relative", repeat: transport.Once}
	if absolute {
		cl.method, cl.path = http.MethodPut, "/v3/inventory/adjustments/absolute"
	}
	body := store.Adjustment{Reason: "penstock", Items: make([]store.AdjustmentItem, len(ws))}
	for i, w := range ws {
		body.Items[i] = store.AdjustmentItem{
			LocationID: w.place.location, VariantID: w.place.variant, ProductID: w.place.product, Quantity: w.n,
		}
	}
	cl.body = &body
	_, err := s.c.do(ctx, cl, ignored)
	return err
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

// levels reads the inventory of items at locations (none: at all) and tells
// each level, and when it was asked for. An item of a product with variants is told once for each that is
// counted.
func (c *Channel) levels(ctx context.Context, op string, items map[item]bool, locations []string,
	tell func(it item, l *store.InventoryLevel, at time.Time),
) error {
	var variants, products []int64
	for it := range items {
		if it.variant > 0 {
			variants = append(variants, it.variant)
		} else {
			products = append(products, it.product)
		}
	}
	for _, by := range []struct {
		filter string
		ids    []int64
		key    func(*store.InventoryItem) item
	}{
		{"variant_id:in", variants, func(r *store.InventoryItem) item { return item{variant: int64(r.Identity.VariantID)} }},
		{"product_id:in", products, func(r *store.InventoryItem) item { return item{product: int64(r.Identity.ProductID)} }},
	} {
		slices.Sort(by.ids)
		for chunk := range slices.Chunk(by.ids, maxIDs) {
			query := url.Values{by.filter: {joinIDs(chunk)}, "limit": {strconv.Itoa(maxInventory)}}
			if len(locations) > 0 {
				query.Set("location_id:in", strings.Join(locations, ","))
			}
			for n := 1; ; n++ {
				query.Set("page", strconv.Itoa(n))
				nodes, meta, at, err := page[store.InventoryItem](ctx, c, get(op, "/v3/inventory/items", query))
				if err != nil {
					return err
				}
				for i := range nodes {
					row := &nodes[i].Value
					it := by.key(row)
					if nodes[i].Err != nil || !items[it] {
						continue
					}
					for k := range row.Locations {
						tell(it, &row.Locations[k], at)
					}
				}
				if len(nodes) == 0 || int64(n) >= int64(meta.Pagination.TotalPages) {
					break
				}
				if n == maxRowPages {
					return c.unending(op, "levels")
				}
			}
		}
	}
	return nil
}

func joinIDs(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}
