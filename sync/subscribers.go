package sync

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// OrderHandler handles one event. It returns nil when the event is dealt with;
// after an error, a panic, or no answer within Config.SubscriberTimeout the
// same event comes again, later each time. Events of one channel come one
// after the other, in the order in which they were stored; each at least once.
type OrderHandler func(ctx context.Context, e OrderEvent) error

const (
	subscriberTogether = 8               // channels a subscriber is told of at once
	subscriberBatch    = 64              // events in one claim
	subscriberTurn     = 5 * time.Second // a claim begins no event after that
	subscriberRest     = time.Second
	subscriberRestMax  = 5 * time.Minute
	// subscriberSkips is after how many failures an order that cannot be read,
	// while others can, is left out.
	subscriberSkips = 8
	// subscriberGrace is how long an event in hand may go on when Run ends.
	subscriberGrace = 5 * time.Second
)

// OnOrder has fn told of every order that is stored or changes, under a name
// that keeps its place in the store: a new name begins with the oldest event
// kept. Call it before Run, which returns what is wrong with the names.
//
// A handler is never in the way: orders are stored whatever it does, and it
// delays neither other subscribers nor the same one's other channels.
func (e *Engine) OnOrder(name string, fn OrderHandler) { e.subscribers.register(name, fn) }

// subscribers are the handlers of an engine. They are no lane: each
// (subscriber, channel) has its own claim, time and place.
type subscribers struct {
	e *Engine

	mu   sync.Mutex
	list []*subscriber
	errs []error
}

type subscriber struct {
	e      *Engine
	name   string
	handle OrderHandler
	claims atomic.Int64
	poke   chan struct{}

	mu      sync.Mutex
	pending map[channel.ID]time.Time // channels to look at, and when
	busy    map[channel.ID]bool      // being told, or hung
}

func (s *subscribers) init(e *Engine) { s.e = e }

func (s *subscribers) register(name string, fn OrderHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == "" || fn == nil:
		s.errs = append(s.errs, fmt.Errorf("sync: OnOrder(%q): a subscriber needs a name and a function", name))
	case slices.ContainsFunc(s.list, func(o *subscriber) bool { return o.name == name }):
		s.errs = append(s.errs, fmt.Errorf("sync: OnOrder(%q): the name is taken: it keeps a subscriber's place", name))
	case s.e.running.Load():
		s.errs = append(s.errs, fmt.Errorf("sync: OnOrder(%q) came after Run", name))
		s.e.log.Error("OnOrder came after Run: the subscriber is not told of anything", "subscriber", name)
	default:
		s.list = append(s.list, &subscriber{
			e: s.e, name: name, handle: fn, poke: make(chan struct{}, 1),
			pending: map[channel.ID]time.Time{}, busy: map[channel.ID]bool{},
		})
	}
}

func (s *subscribers) complaints() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.errs...)
}

// add gives every subscriber its rows.
func (s *subscribers) add(ctx context.Context, tx Tx) error {
	for _, sub := range s.list {
		if _, err := tx.AddSubscriber(ctx, sub.name); err != nil {
			return err
		}
	}
	return nil
}

// kick says that channels have new events.
func (s *subscribers) kick(channels map[channel.ID]bool) {
	if len(channels) == 0 {
		return
	}
	s.mu.Lock()
	list := s.list
	s.mu.Unlock()
	now := time.Now()
	for _, sub := range list {
		for id := range channels {
			sub.ask(id, now)
		}
	}
}

// run tells subscribers until ctx ends.
func (s *subscribers) run(ctx context.Context) {
	s.mu.Lock()
	list := s.list
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, sub := range list {
		all.Go(func() { sub.run(ctx) })
	}
	all.Wait()
}

// ask has a channel looked at, at the given time. A channel that rests after a
// failure goes on resting.
func (s *subscriber) ask(id channel.ID, at time.Time) {
	s.mu.Lock()
	if _, ok := s.pending[id]; !ok {
		s.pending[id] = at
	}
	s.mu.Unlock()
	s.prod()
}

// rest has a channel looked at no sooner than at the given time.
func (s *subscriber) rest(id channel.ID, at time.Time) {
	s.mu.Lock()
	s.pending[id] = at
	s.mu.Unlock()
	s.prod()
}

func (s *subscriber) prod() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// next takes a channel that is due, or tells how long there is none.
func (s *subscriber) next(now time.Time) (channel.ID, time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first channel.ID
	var at time.Time
	for id, t := range s.pending {
		if !s.busy[id] && (at.IsZero() || t.Before(at) || t.Equal(at) && id < first) {
			first, at = id, t
		}
	}
	switch {
	case at.IsZero():
		return "", -1, false
	case !isDue(at, now):
		return "", at.Sub(now), false
	}
	delete(s.pending, first)
	s.busy[first] = true
	return first, 0, true
}

func (s *subscriber) free(id channel.ID) {
	s.mu.Lock()
	delete(s.busy, id)
	s.mu.Unlock()
	s.prod()
}

func (s *subscriber) run(ctx context.Context) {
	s.resume(ctx)
	slots := make(chan struct{}, subscriberTogether)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		id, wait, ok := s.next(time.Now())
		if ok {
			all.Go(func() {
				defer func() { <-slots }()
				s.turn(ctx, id)
			})
			continue
		}
		<-slots
		if wait >= 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.poke:
		}
	}
}

// resume looks at what an earlier Run left.
func (s *subscriber) resume(ctx context.Context) {
	now := time.Now()
	rows := map[channel.ID]time.Time{}
	err := s.e.view(ctx, func(tx Tx) error {
		clear(rows)
		all, err := tx.Subscribers(ctx)
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.Name != s.name || s.e.bound[r.Channel] == nil {
				continue
			}
			n, err := tx.Backlog(ctx, r.Channel, r.Position)
			if err != nil {
				return err
			}
			if n > 0 {
				rows[r.Channel] = later(r.NextAt, now)
				if r.Owner != "" {
					rows[r.Channel] = later(rows[r.Channel], r.Until)
				}
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		// Look everywhere then.
		s.e.log.Error("subscriber", "subscriber", s.name, "error", err)
		for _, id := range s.e.ids {
			rows[id] = now
		}
	}
	for id, at := range rows {
		s.ask(id, at)
	}
}

// turn tells the subscriber of a channel's events for a while.
func (s *subscriber) turn(ctx context.Context, id channel.ID) {
	hung := false
	defer func() {
		if !hung {
			s.free(id)
		}
	}()
	work := context.WithoutCancel(ctx)
	began := time.Now()
	owner := s.e.owner + "/" + strconv.FormatInt(s.claims.Add(1), 10)
	until := began.Add(subscriberTurn + s.e.cfg.SubscriberTimeout + 10*time.Second)
	var row SubscriberRow
	var claimed bool
	err := s.e.relaxed(work, func(tx Tx) (err error) {
		row, claimed, err = tx.ClaimSubscriber(work, s.name, id, owner, began, until)
		return err
	})
	if err != nil {
		s.e.log.Error("subscriber", "subscriber", s.name, "channel", id, "error", err)
		s.rest(id, began.Add(subscriberRestMax/10))
		return
	}
	if !claimed {
		return
	}
	more := false
	events, odd, err := s.load(work, row)
	for _, ev := range events {
		if ctx.Err() != nil || time.Since(began) > subscriberTurn {
			more = true
			break
		}
		if why := odd[ev.Seq]; why != nil {
			if err = s.skip(work, ev, why); err != nil {
				break
			}
			row.Position, row.Failures, row.Reason = ev.Seq, 0, ""
			continue
		}
		var stuck <-chan struct{}
		stuck, err = s.call(ctx, ev)
		if stuck != nil {
			hung = true
			go func() {
				<-stuck
				s.free(id)
			}()
		}
		if err != nil {
			break
		}
		row.Position, row.Failures, row.Reason = ev.Seq, 0, ""
	}
	now := time.Now()
	row.NextAt = time.Time{}
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled):
		// Interrupted by us; told again by the next Run.
	case err != nil:
		row.Failures++
		row.Reason = reason(err)
		row.NextAt = now.Add(backoff(subscriberRest, subscriberRestMax, row.Failures, s.name+"/"+string(id)))
		s.e.log.Warn("subscriber failed", "subscriber", s.name, "channel", id, "failures", row.Failures, "error", err)
		s.rest(id, row.NextAt)
	case more || len(events) == subscriberBatch:
		s.ask(id, now)
	}
	err = s.e.relaxed(work, func(tx Tx) error { return tx.PutSubscriber(work, row) })
	if err != nil {
		s.e.log.Error("subscriber", "subscriber", s.name, "channel", id, "error", err)
		s.rest(id, until)
	}
}

// skip sets aside an order whose event cannot be told.
func (s *subscriber) skip(ctx context.Context, ev OrderEvent, why error) error {
	s.e.log.Error("an event is not told: its order cannot be read", "subscriber", s.name, "channel", ev.Channel, "event", ev, "error", why)
	return s.e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, false, ev.Channel); err != nil {
			return err
		}
		ref := string(ev.Order.ID)
		had, err := tx.Parked(ctx, ParkedFilter{Channel: ev.Channel, Kind: parkedOrder, Ref: ref, State: ParkedAny})
		if err != nil || len(had) > 0 { // what is there may hold a payload
			return err
		}
		why := fmt.Errorf("subscriber %s was not told of its event %d: %w", s.name, ev.Seq, why)
		return tx.Park(ctx, []ParkedRow{s.e.park(ev.Channel, parkedOrder, ref, why, nil, now)})
	})
}

// load returns the events after a position, each with its order as it is now.
// When the first has failed often because its order cannot be read, while
// others can, those that cannot are in odd, by Seq.
func (s *subscriber) load(ctx context.Context, row SubscriberRow) (events []OrderEvent, odd map[int64]error, err error) {
	var broken error
	err = s.e.view(ctx, func(tx Tx) error {
		events, odd, broken = nil, map[int64]error{}, nil
		rows, err := tx.Outbox(ctx, row.Channel, row.Position, subscriberBatch)
		if err != nil {
			return err
		}
		var ids []channel.OrderID
		for _, r := range rows {
			ids = append(ids, r.Order)
		}
		stored, err := tx.Orders(ctx, row.Channel, ids)
		if err != nil {
			return err
		}
		orders := map[channel.OrderID]*orderDoc{}
		for _, o := range stored {
			d, err := s.e.openDoc(o.Doc)
			if err != nil {
				broken = errors.Join(broken, fmt.Errorf("stored order %s: %w", o.ID, err))
				continue
			}
			orders[o.ID] = d
		}
		for _, r := range rows {
			d := orders[r.Order]
			if d == nil {
				if broken == nil {
					broken = fmt.Errorf("order %s of event %d is not stored", r.Order, r.Seq)
				}
				// What comes before it is told. That none can be read is no fault
				// of theirs: they wait.
				if row.Failures < subscriberSkips || len(orders) == 0 {
					return nil
				}
				odd[r.Seq] = broken
				events = append(events, OrderEvent{
					Seq: r.Seq, Channel: r.Channel, Kind: EventKind(r.Kind), At: r.At, Order: channel.Order{ID: r.Order},
				})
				continue
			}
			ev := OrderEvent{Seq: r.Seq, Channel: r.Channel, Kind: EventKind(r.Kind), At: r.At, Order: d.Order}
			if len(r.Doc) > 0 {
				if err := decode(r.Doc, &ev.Was); err != nil {
					ev.Was = OrderSummary{}
				}
			}
			events = append(events, ev)
		}
		broken = nil
		return nil
	})
	if err == nil && len(events) == 0 {
		err = broken
	}
	return events, odd, err
}

// call tells the subscriber of one event. When it does not return in time,
// stuck is closed once it does; until then the channel is not tried again.
func (s *subscriber) call(ctx context.Context, ev OrderEvent) (stuck <-chan struct{}, err error) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.e.cfg.SubscriberTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		grace := time.AfterFunc(subscriberGrace, cancel)
		<-work.Done()
		grace.Stop()
	})()
	returned := make(chan struct{})
	result := make(chan error, 1)
	go func() {
		defer close(returned)
		defer func() {
			if r := recover(); r != nil {
				err := panicError(r)
				s.e.log.Error("subscriber", "subscriber", s.name, "channel", ev.Channel, "error", err, "stack", string(debug.Stack()))
				result <- err
			}
		}()
		result <- s.handle(work, ev)
	}()
	select {
	case err := <-result:
		return nil, err
	case <-work.Done():
	}
	select {
	case err := <-result: // it obeyed
		return nil, err
	case <-time.After(time.Second):
	}
	return returned, fmt.Errorf("did not return within %s: %w", s.e.cfg.SubscriberTimeout, context.DeadlineExceeded)
}
