package channel

import (
	"context"
	"errors"
	"iter"
)

// OrderPages ranges over the pages of a walk. It yields a page and nil, or an
// error once, as the last element. When the marketplace drops the cursor the
// walk begins again from q, once; pages then repeat.
//
// The query is copied: ranging twice walks twice.
func OrderPages(ctx context.Context, ch Channel, q OrderQuery) iter.Seq2[Page[Order], error] {
	return pages(q, func(q OrderQuery, after Cursor) (Page[Order], error) {
		if after != "" {
			q.After = after
		}
		return ch.OrderPage(ctx, q)
	})
}

// Orders ranges over the orders of a walk. A parked record is yielded as a
// zero Order and a [*ParkedError], and ranging goes on; any other error is the
// last element. An order may come more than once.
func Orders(ctx context.Context, ch Channel, q OrderQuery) iter.Seq2[Order, error] {
	return items(OrderPages(ctx, ch, q))
}

// ListingPages ranges over the pages of a walk over listings, as OrderPages.
func ListingPages(ctx context.Context, ch Channel, q ListingQuery) iter.Seq2[Page[Listing], error] {
	return pages(q, func(q ListingQuery, after Cursor) (Page[Listing], error) {
		if after != "" {
			q.After = after
		}
		return ch.ListingPage(ctx, q)
	})
}

// Listings ranges over the listings of a walk, as Orders.
func Listings(ctx context.Context, ch Channel, q ListingQuery) iter.Seq2[Listing, error] {
	return items(ListingPages(ctx, ch, q))
}

// StockPages ranges over the pages of a walk over stock levels, as OrderPages.
func StockPages(ctx context.Context, r StockReader, q StockQuery) iter.Seq2[Page[StockLevel], error] {
	return pages(q, func(q StockQuery, after Cursor) (Page[StockLevel], error) {
		if after != "" {
			q.After = after
		}
		return r.StockPage(ctx, q)
	})
}

// errRepeatedCursor ends a walk that a marketplace would make endless.
var errRepeatedCursor = errors.New("the marketplace returned the cursor it was given")

func pages[Q, T any](q Q, page func(q Q, after Cursor) (Page[T], error)) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		var after Cursor
		restarted := false
		for {
			p, err := page(q, after)
			if errors.Is(err, ErrCursor) && after != "" && !restarted {
				after, restarted = "", true
				continue
			}
			if err == nil && p.Next != "" && p.Next == after {
				err = &Error{Op: "page", Class: ErrCursor, Err: errRepeatedCursor}
			}
			if err != nil {
				yield(Page[T]{}, err)
				return
			}
			if !yield(p, nil) || p.Next == "" {
				return
			}
			after = p.Next
		}
	}
}

func items[T any](pages iter.Seq2[Page[T], error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for p, err := range pages {
			if err != nil {
				yield(zero, err)
				return
			}
			for _, it := range p.Items {
				if !yield(it, nil) {
					return
				}
			}
			for _, parked := range p.Parked {
				if !yield(zero, &ParkedError{parked}) {
					return
				}
			}
		}
	}
}
