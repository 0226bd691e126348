package sync

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Engine keeps the channels of one Config in step. Its methods are safe for
// concurrent use and work whether Run is running or not: they store what is to
// be done, and Run does it.
type Engine struct {
	cfg    Config
	store  Store
	log    *slog.Logger
	runner Runner
	owner  string // of leases; new for every Engine

	// relaxed commits without waiting for the disk, where the store can.
	relaxed func(context.Context, func(Tx) error) error

	bound map[channel.ID]*bound
	ids   []channel.ID // of bound, sorted

	subscribers subscribers
	running     atomic.Bool

	openMu sync.Mutex
	opened bool
}

// New returns an engine over cfg. It checks the whole Config and returns every
// complaint at once; it touches neither the store nor a marketplace and starts
// nothing.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, store: cfg.Store, log: cfg.Logger, runner: cfg.Runner,
		owner: rand.Text(),
		bound: make(map[channel.ID]*bound, len(cfg.Channels)),
	}
	e.relaxed = e.store.Update
	if s, ok := e.store.(RelaxedStore); ok {
		e.relaxed = s.UpdateRelaxed
	}
	e.subscribers.init(e)
	if e.runner == nil {
		e.runner = newLocalRunner(cfg.Workers)
	}
	for _, ch := range cfg.Channels {
		e.bound[ch.ID()] = bind(&e.cfg, ch, e.log)
	}
	e.ids = slices.Sorted(maps.Keys(e.bound))
	return e, nil
}

// ErrRunning is returned by Run while another Run of the same engine is in
// progress.
var ErrRunning = errors.New("the engine is running already")

// Run does the work of every channel until ctx ends, and returns nil once what
// was in hand is finished, committed and released: at most the longest call
// later. It returns an error only when it cannot start, or when the runner
// gives up.
func (e *Engine) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer e.running.Store(false)
	free, err := holdStore(e.cfg.Store)
	if err != nil {
		return fmt.Errorf("sync: start: %w", err)
	}
	defer free()
	if err := e.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("sync: start: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	var all sync.WaitGroup
	for _, part := range []func(context.Context){e.sweep, e.subscribers.run, e.housekeep} {
		all.Go(func() { part(ctx) })
	}
	err = e.runner.Run(ctx, visits{e})
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	stop()
	all.Wait()
	for _, b := range e.bound {
		b.closeStream()
	}
	return err
}

// runningStores has the stores that an engine of this process runs over.
var runningStores sync.Map

// holdStore makes sure that one engine at a time runs over a store that is
// Exclusive: it takes every lease it finds for a dead one's.
func holdStore(s Store) (free func(), err error) {
	if !s.Exclusive() || !reflect.ValueOf(s).Comparable() {
		return func() {}, nil
	}
	if _, taken := runningStores.LoadOrStore(s, true); taken {
		return nil, fmt.Errorf("another engine of this process is running over Config.Store: give one engine the channels of both: %w", ErrLocked)
	}
	return func() { runningStores.Delete(s) }, nil
}

// start prepares the store for this engine's visits.
func (e *Engine) start(ctx context.Context) error {
	if err := e.subscribers.complaints(); err != nil {
		return err
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx Tx) error {
		if e.store.Exclusive() {
			// Nobody else can have the store open: whoever held a lease is dead.
			if err := tx.FreeAll(ctx); err != nil {
				return err
			}
		}
		return e.subscribers.add(ctx, tx)
	})
}

// open makes the store know the engine's channels, once.
func (e *Engine) open(ctx context.Context) error {
	e.openMu.Lock()
	defer e.openMu.Unlock()
	if e.opened {
		return nil
	}
	rows := make([]ChannelRow, 0, len(e.ids))
	for _, id := range e.ids {
		b := e.bound[id]
		rows = append(rows, ChannelRow{ID: id, Account: b.account, Marketplace: b.traits.Marketplace})
	}
	var known []ChannelRow
	err := e.store.Update(ctx, func(tx Tx) (err error) {
		if err := tx.AddChannels(ctx, rows); err != nil {
			return err
		}
		known, err = tx.Channels(ctx, e.ids...)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range known {
		notes := decodeNotes(row.Doc)
		e.bound[row.ID].notes.Store(&notes)
	}
	e.opened = true
	return nil
}

// find returns the channel with the given id.
func (e *Engine) find(id channel.ID) (*bound, error) {
	if b := e.bound[id]; b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("sync: no channel %q: %w: it is not among Config.Channels", id, channel.ErrNotFound)
}

// update runs f in a write transaction and, once that is committed, tells the
// runner and the subscribers what f gave them to do.
//
// Every transaction that changes what a visit also changes begins by locking
// the channel's row: a visit's with Hold, any other with Wake.
func (e *Engine) update(ctx context.Context, f func(tx Tx) error) error {
	return e.commit(ctx, e.store.Update, f)
}

// updateRelaxed is update for what only says when to look and who may. A power
// cut may undo it, so nothing that a call outside follows from is stored by it.
func (e *Engine) updateRelaxed(ctx context.Context, f func(tx Tx) error) error {
	return e.commit(ctx, e.relaxed, f)
}

func (e *Engine) commit(ctx context.Context, update func(context.Context, func(Tx) error) error, f func(tx Tx) error) error {
	var told tellingTx
	err := update(ctx, func(tx Tx) error {
		told = tellingTx{Tx: tx}
		return f(&told)
	})
	if err != nil {
		return err
	}
	for urgent, ids := range told.woken {
		maps.DeleteFunc(ids, func(id channel.ID, _ bool) bool { return e.bound[id] == nil })
		if len(ids) > 0 {
			e.runner.Wake(ctx, urgent, slices.Sorted(maps.Keys(ids))...)
		}
	}
	e.subscribers.kick(told.events)
	return nil
}

// view runs f in a read transaction.
func (e *Engine) view(ctx context.Context, f func(tx Tx) error) error { return e.store.View(ctx, f) }

// tellingTx notes what others are to be told of once it is committed.
type tellingTx struct {
	Tx
	woken  map[bool]map[channel.ID]bool // by urgency
	events map[channel.ID]bool
}

func (t *tellingTx) Wake(ctx context.Context, now time.Time, urgent bool, ids ...channel.ID) error {
	if t.woken == nil {
		t.woken = map[bool]map[channel.ID]bool{}
	}
	if t.woken[urgent] == nil {
		t.woken[urgent] = map[channel.ID]bool{}
	}
	for _, id := range ids {
		t.woken[urgent][id] = true
	}
	return t.Tx.Wake(ctx, now, urgent, ids...)
}

func (t *tellingTx) AppendOutbox(ctx context.Context, rows []OutboxRow) error {
	if t.events == nil {
		t.events = map[channel.ID]bool{}
	}
	for _, r := range rows {
		t.events[r.Channel] = true
	}
	return t.Tx.AppendOutbox(ctx, rows)
}
