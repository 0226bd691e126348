package stall

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/penstock-go/penstock/channel"
)

// SetStock sets what listings show, 50 in a call. Where Expect is known Stall
// compares, and writes only if it still shows that.
//
// A write whose answer is lost is not repeated: sent again it would be stale if
// it had taken effect, and that says nothing of who wrote.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	const op = "set stock"
	results := make([]channel.StockResult, len(levels))
	var good []int // levels that can be sent
	for i, l := range levels {
		if l.Location != "" || l.Listing.ID == "" || l.Quantity < 0 || l.Quantity > maxQuantity {
			what := fmt.Sprintf("a listing, no location and a quantity from 0 to %d are taken", maxQuantity)
			results[i] = channel.StockResult{State: channel.StockRefused, Err: c.fail(op, channel.ErrInvalid, what)}
			continue
		}
		good = append(good, i)
	}
	for sent := 0; sent < len(good); {
		some := good[sent:min(sent+maxLevels, len(good))]
		err := c.write(ctx, op, levels, some, results)
		switch {
		case err == nil:
			sent += len(some)
			continue
		case errors.Is(err, channel.ErrUnsure):
			mark(results, some, channel.StockUnsure, err)
			sent += len(some)
		case sent == 0 && len(good) == len(levels):
			return nil, err // nothing was sent
		}
		mark(results, good[sent:], channel.StockNotSent, err)
		break
	}
	return results, nil
}

func mark(results []channel.StockResult, which []int, state channel.StockState, err error) {
	for _, i := range which {
		results[i] = channel.StockResult{State: state, Err: err}
	}
}

// write sends some of the levels, and fills in their results.
func (c *Channel) write(ctx context.Context, op string, levels []channel.StockLevel, some []int, results []channel.StockResult) error {
	var body wireLevels
	for _, i := range some {
		l := levels[i]
		body.Levels = append(body.Levels, wireLevel{Listing: string(l.Listing.ID), Quantity: l.Quantity, Expect: l.Expect})
	}
	var answer struct {
		Results []wireOutcome `json:"results"`
	}
	if _, err := c.do(ctx, call{op: op, method: http.MethodPut, path: "/v1/stock", body: body}, &answer); err != nil {
		return err
	}
	for n, i := range some {
		var w wireOutcome // silence about a level is never success
		if n < len(answer.Results) && answer.Results[n].Listing == body.Levels[n].Listing {
			w = answer.Results[n]
		}
		results[i] = c.outcome(op, &w)
	}
	return nil
}

func (c *Channel) outcome(op string, w *wireOutcome) channel.StockResult {
	r := channel.StockResult{Current: w.Quantity}
	switch w.Outcome {
	case "set":
		r.State = channel.StockApplied
	case "stale":
		r.State, r.Err = channel.StockStale, c.fail(op, channel.ErrConflict, "another quantity is shown than was expected")
	case "gone":
		r.State, r.Err = channel.StockRefused, c.fail(op, channel.ErrNotFound, "there is no such listing")
	default:
		r.State, r.Err = channel.StockUnsure, c.fail(op, channel.ErrUnsure, "answer says nothing of this level")
	}
	return r
}

// StockPage reads what listings show, of the listings asked for or of all. It
// costs one call.
func (c *Channel) StockPage(ctx context.Context, q channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	const op = "stock page"
	fresh := walk{Kind: walkStock}
	for _, l := range q.Listings {
		fresh.IDs = append(fresh.IDs, string(l.ID))
	}
	w, err := c.parse(op, q.After, fresh)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	rows, at, err := c.rows(ctx, op, listingsPath, &w, q.Limit)
	if err != nil {
		return channel.Page[channel.StockLevel]{}, err
	}
	p := page(rows, at, decodeLevel)
	if p.Next = w.next(); p.Next == "" {
		p.Through = w.through(0) // quantities are shown as they are
	}
	return p, nil
}

func decodeLevel(raw []byte) (channel.StockLevel, error) {
	w, err := unmarshalListing(raw)
	if err != nil {
		return channel.StockLevel{}, err
	}
	return channel.StockLevel{Listing: ref(&w), Quantity: *w.Quantity}, nil
}
