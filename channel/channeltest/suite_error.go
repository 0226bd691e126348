package channeltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// callsOf are the calls of the core, each with what a failure of it is.
type coreCall struct {
	name  string
	write bool
	do    func(ctx context.Context) error
}

// core returns the calls of the core on prepared ground.
func (e *env) core() []coreCall {
	e.Helper()
	id := e.mug(10)
	o := e.read(e.place(id, 2))
	levels := e.levels(5, id)
	ch := e.ch
	return []coreCall{
		{"OrderPage", false, func(ctx context.Context) error {
			_, err := ch.OrderPage(ctx, channel.OrderQuery{})
			return err
		}},
		{"ListingPage", false, func(ctx context.Context) error {
			_, err := ch.ListingPage(ctx, channel.ListingQuery{})
			return err
		}},
		{"Ship", true, func(ctx context.Context) error {
			_, err := ch.Ship(ctx, parcelOf(o, 1, parcelA, 1))
			return err
		}},
		{"SetStock", true, func(ctx context.Context) error {
			results, err := ch.SetStock(ctx, levels)
			if err != nil {
				return err
			}
			for _, r := range results {
				if r.Err != nil {
					return r.Err
				}
			}
			return nil
		}},
	}
}

// troubled runs every core call in trouble and checks its class.
func (e *env) troubled(t Trouble, reads, writes []error) {
	e.Helper()
	calls := e.core()
	lift := e.inject(t)
	for _, c := range calls {
		e.prompt(c.name, 2*time.Minute, func() {
			want := reads
			if c.write {
				want = writes
			}
			if err := c.do(e.Context()); !oneOf(err, want...) {
				e.Errorf("%s: %v, want one of %v", c.name, err, want)
			}
		})
	}
	lift()
}

func errorCases() []Case {
	return []Case{
		{
			Name: "throttled comes back with a time",
			Why:  "a lane that sleeps holds up the others: it comes back at once, and says when to try again",
			run: func(e *env) {
				calls := e.core()
				e.inject(TroubleThrottled)
				for _, c := range calls {
					e.prompt(c.name, soon, func() {
						err := c.do(e.Context())
						if !errors.Is(err, channel.ErrThrottled) {
							e.Errorf("%s: %v, want ErrThrottled", c.name, err)
						} else if wait := channel.RetryAfter(err); wait < time.Minute || wait > time.Hour {
							e.Errorf("%s: ten minutes were asked for, retry after %s", c.name, wait)
						}
					})
				}
			},
		},
		{
			Name: "unavailable is said",
			Why:  "an error of the marketplace's own passes: it is not a grant that died, nor an empty page",
			run: func(e *env) {
				e.troubled(TroubleUnavailable,
					[]error{channel.ErrUnavailable}, []error{channel.ErrUnavailable, channel.ErrUnsure})
			},
		},
		{
			Name: "unauthorized is said",
			Why:  "only the seller can mend a dead grant, so the channel is paused and the seller told",
			run: func(e *env) {
				e.troubled(TroubleUnauthorized, []error{channel.ErrUnauthorized}, []error{channel.ErrUnauthorized})
			},
		},
		{
			Name: "forbidden is said",
			Why:  "a missing scope pauses one lane and names it; silence would look like a shop without orders",
			run: func(e *env) {
				e.troubled(TroubleForbidden, []error{channel.ErrForbidden}, []error{channel.ErrForbidden})
			},
		},
		{
			Name: "suspended is said",
			Why:  "a frozen shop is asked again daily, not every minute, and its grant lives on",
			run: func(e *env) {
				e.troubled(TroubleSuspended, []error{channel.ErrSuspended}, []error{channel.ErrSuspended})
			},
		},
		{
			Name: "page that breaks off",
			Why:  "half an answer taken for a page would skip the other half for good",
			run: func(e *env) {
				ids := e.some(6)
				e.visible()
				e.inject(TroubleTruncated)
				got := map[channel.OrderID]channel.Order{}
				q := channel.OrderQuery{Limit: 3}
				for tries := 0; ; tries++ {
					page, err := e.ch.OrderPage(e.Context(), q)
					if err != nil && tries < 5 {
						if !errors.Is(err, channel.ErrUnavailable) {
							e.Errorf("err = %v, want ErrUnavailable", err)
						}
						continue
					}
					e.no("OrderPage", err)
					maps.Copy(got, merge([]channel.Page[channel.Order]{page}))
					if q.After = page.Next; page.Next == "" || tries > 100 {
						break
					}
				}
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
			},
		},
		{
			Name: "context that is done",
			Why:  "a visit whose time is up ends now, and a call not made surely had no effect",
			run: func(e *env) {
				calls := e.core()
				ctx, cancel := context.WithCancel(e.Context())
				cancel()
				for _, c := range calls {
					e.prompt(c.name, time.Second, func() {
						if err := c.do(ctx); !errors.Is(err, context.Canceled) {
							e.Errorf("%s: %v, want context.Canceled within", c.name, err)
						}
					})
				}
			},
		},
		{
			Name: "context that ends while waiting",
			Why:  "a marketplace that does not answer must not hold a worker beyond its deadline",
			run: func(e *env) {
				calls := e.core()
				e.inject(TroubleStall)
				for _, c := range calls {
					ctx, cancel := e.within(5 * time.Second)
					e.prompt(c.name, 6*time.Second, func() {
						err := c.do(ctx)
						if !errors.Is(err, context.DeadlineExceeded) {
							e.Errorf("%s: %v, want context.DeadlineExceeded within", c.name, err)
						}
						if c.write && !oneOf(err, channel.ErrUnsure, channel.ErrUnavailable) {
							e.Errorf("%s: %v, want ErrUnsure or ErrUnavailable", c.name, err)
						}
					})
					cancel()
				}
			},
		},
		{
			Name: "errors have one class",
			Why:  "above an adapter nobody looks at a status code: what has no class is not understood",
			run: func(e *env) {
				for _, t := range []Trouble{TroubleUnavailable, TroubleThrottled, TroubleUnauthorized} {
					e.fresh()
					calls := e.core()
					lift := e.inject(t)
					for _, c := range calls {
						if err := classed(c.do(e.Context())); err != nil {
							e.Errorf("%s while %s: %v", c.name, t, err)
						}
					}
					lift()
				}
			},
		},
	}
}

// classed complains about an error that is not an Error of exactly one class.
func classed(err error) error {
	var typed *channel.Error
	if !errors.As(err, &typed) {
		return fmt.Errorf("%w (%T) is no *channel.Error", err, err)
	}
	n := 0
	for _, c := range channel.Classes() {
		if errors.Is(err, c) {
			n++
		}
	}
	if n != 1 || typed.Channel == "" || typed.Op == "" {
		return fmt.Errorf("%w has %d classes, channel %q, operation %q", err, n, typed.Channel, typed.Op)
	}
	return nil
}
