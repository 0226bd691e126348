package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// maxRefusals bounds the calls spent on finding out whom a refusal means.
const maxRefusals = 48

// round writes levels of different places: differences first, then absolute
// quantities.
func (s *stockSetter) round(ctx context.Context, ws []*write) {
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
func (s *stockSetter) reread(ctx context.Context, ws []*write) (again []*write) {
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
func (s *stockSetter) ready(ctx context.Context, ws []*write) []*write {
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
			s.settle([]*write{w}, channel.StockRefused,
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
func (s *stockSetter) send(ctx context.Context, ws []*write, absolute bool) (uncounted, tried []*write) {
	for len(ws) > 0 {
		if s.stop != nil {
			s.unsent(ws, s.stop)
			return uncounted, tried
		}
		err := s.put(ctx, ws, absolute)
		if err == nil {
			s.told = true
			s.settle(ws, channel.StockAccepted, nil)
			return uncounted, tried
		}
		status, e := said(err)
		switch {
		case errors.Is(err, channel.ErrUnsure):
			// The next one in flight could overtake this one.
			s.told, s.stop = true, s.c.refuse(s.op, channel.ErrUnavailable, "an earlier batch got no answer")
			s.settle(ws, channel.StockUnsure, err)
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
				s.settle([]*write{w}, channel.StockStale, verdict)
			default:
				s.settle([]*write{w}, channel.StockRefused, verdict)
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
func (s *stockSetter) put(ctx context.Context, ws []*write, absolute bool) error {
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
