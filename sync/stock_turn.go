package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// turnEntry is a level that is to be read or written. It is a hint on what
// comes first: whatever is done about a level is decided again in the
// transaction that records it.
type turnEntry struct {
	key    LevelKey
	action stock.Action
	prio   int
	zero   bool
	job    bool // can wait for a job
	item   string
	wanted int64
}

// pendingPush is a first push waiting for the plan of its channel to be
// complete.
type pendingPush struct{ zero bool }

// turn is one transaction of the stock lane: what happened to some levels is
// applied, what to do about each is decided, and up to most writes are recorded
// to be sent.
type turn struct {
	keys   []LevelKey
	begin  func()                                           // each time the transaction runs
	before func(ctx context.Context, tx Tx, l *level) error // tells a level what happened to it
	after  func(ctx context.Context, tx Tx) error
	most   int
}

// intentDoc is a write as it was recorded before it was sent.
type intentDoc struct {
	Key   string       `json:"key"` // of the arithmetic's Sent
	Lines []intentLine `json:"lines"`

	Unknown   int       `json:"unknown,omitempty"`   // answers in a row that its ticket is not known
	UnknownAt time.Time `json:"unknown_at,omitzero"` // the first of them
}

type intentLine struct {
	Listing  channel.ListingID  `json:"listing"`
	Location channel.LocationID `json:"location,omitempty"`
	Want     int64              `json:"want"`
	Was      *int64             `json:"was,omitempty"` // expected or subtracted; nil for an absolute quantity
	Seal     string             `json:"seal"`          // of the listing as it was sent
}

// line is what was sent for a level.
func (d *intentDoc) line(k LevelKey) intentLine {
	for _, l := range d.Lines {
		if l.Listing == k.Listing && l.Location == k.Location {
			return l
		}
	}
	return intentLine{}
}

func (d *intentDoc) keys(id channel.ID) []LevelKey {
	keys := make([]LevelKey, len(d.Lines))
	for i, l := range d.Lines {
		keys[i] = LevelKey{id, l.Listing, l.Location}
	}
	return keys
}

// sending is a recorded write about to leave.
type sending struct {
	intent IntentRow
	doc    intentDoc
	levels []channel.StockLevel

	at     time.Time           // server's, when it was recorded
	states map[LevelKey][]byte // as recorded, where an answer can tell what is shown
}

// run commits the turn and returns what is to be sent, nil if nothing is.
func (t *turn) run(ctx context.Context, e *Engine, v *visit) (*sending, error) {
	work := v.stockWork()
	window := v.b.side.window()
	var out *sending
	var queue []turnEntry
	var first map[LevelKey]pendingPush
	var touched map[string]bool
	err := v.update(ctx, func(tx Tx) error {
		out, queue, first, touched = nil, nil, map[LevelKey]pendingPush{}, map[string]bool{}
		window = v.b.side.window()
		if t.begin != nil {
			t.begin()
		}
		rows, err := tx.Levels(ctx, t.keys)
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(a, b LevelRow) int { return compareKeys(a.LevelKey, b.LevelKey) })
		levels := make([]*level, len(rows))
		for i, r := range rows {
			levels[i] = e.openLevel(r)
			if t.before != nil {
				if err := t.before(ctx, tx, levels[i]); err != nil {
					return err
				}
			}
		}
		if t.after != nil {
			if err := t.after(ctx, tx); err != nil {
				return err
			}
		}
		p, err := e.newPlanner(ctx, tx, v, levels)
		if err != nil {
			return err
		}
		writes, more, err := t.decide(p, levels, &window, touched)
		if err != nil {
			return err
		}
		queue = more
		for _, l := range levels {
			if l.first != nil {
				first[l.LevelKey] = *l.first
			}
		}
		if len(writes) > 0 {
			if out, err = e.record(ctx, tx, v, p, writes); err != nil {
				return err
			}
		}
		return e.storeLevels(ctx, tx, v.b, levels, touched, p.scarce(levels))
	})
	if err != nil {
		return nil, err
	}
	for k := range first {
		work.first[k] = first[k]
	}
	work.queue = append(work.queue, queue...)
	if window != v.b.side.window() {
		v.b.side.zeros.Store(&window)
	}
	return out, nil
}

// decide plans every level: those with nothing to do now are finished, up to
// most writes are returned, and the rest is left due and queued.
func (t *turn) decide(p *planner, levels []*level, window *zeroWindow, touched map[string]bool) (writes []plannedWrite, queue []turnEntry, err error) {
	e, work := p.e, &p.v.stock
	local := time.Now()
	held := p.holding(levels)
	entry := func(l *level, st step) turnEntry {
		shown, known := l.doc.State.Shown()
		return turnEntry{
			key: l.LevelKey, action: st.Action, prio: l.prio(st), zero: st.zero, item: l.Item, wanted: st.want,
			job: known && st.wanted && !st.first && (st.Action == stock.DoWrite || st.Why == stock.WhyFresh) && p.v.b.fitsJob(st.want, shown),
		}
	}
	stay := func(l *level, st step) { // due until it is done
		l.Wanted, l.Reason, l.DueAt = st.want, st.Why, dueBy(l.DueAt, local)
	}
	var zeros []plannedWrite
	for _, l := range levels {
		st := p.plan(l, held[l.Item])
		if p.err != nil {
			return nil, nil, p.err
		}
		switch {
		case st.adopt:
			if err := e.adoptNow(p, l); err != nil {
				return nil, nil, err
			}
			touched[l.Item] = true
			stay(l, st)
		case work.blocked[l.LevelKey] && (st.Action == stock.DoRead || st.Action == stock.DoWrite):
			// A request of a turn that died may still arrive.
			stay(l, st)
			l.DueAt = later(l.DueAt, work.blockedUntil)
		case l.rest > 0 && st.Action == stock.DoRead:
			st.Why, st.Until = l.restWhy, p.now.Add(l.rest)
			p.finish(l, st)
		case local.Before(l.doc.Quiet) && (st.Action == stock.DoWrite || st.Why == stock.WhyFresh):
			// A read settles what became of the last write; another can wait.
			st.Why = fmt.Sprintf("the marketplace said nothing of the last %d quantities sent: the next goes after a rest", l.doc.Mute)
			st.Until = p.now.Add(l.doc.Quiet.Sub(local))
			p.finish(l, st)
		case work.tries[l.LevelKey] > triesMost && st.Action != stock.Nothing && st.Action != stock.Wait:
			// The marketplace contradicts itself: not before a while has passed.
			st.Until = p.now.Add(triesRest)
			p.finish(l, st)
		case st.Action == stock.DoRead && p.v.b.stock == nil:
			st.Why, st.Until = "the channel cannot tell what its listings show: nothing is written blindly", p.now.Add(24*time.Hour)
			p.finish(l, st)
		case st.first && st.Action != stock.DoRead || st.first && st.Why == stock.WhyFresh:
			stay(l, st)
			l.Reason = "its first quantity waits until all of the channel's plan is read"
			l.first = &pendingPush{zero: st.zero}
		case st.Action == stock.DoRead:
			stay(l, st)
			queue = append(queue, entry(l, st))
		case st.Action == stock.DoWrite && e.cfg.DryRun:
			why := "dry run: would " + st.String()
			if why != l.Reason {
				e.log.Info("dry run: would set stock", "channel", l.Channel, "listing", l.Listing, "quantity", st.Want, "was", st.Was)
			}
			st.Command = stock.Command{Action: stock.Wait, Why: why, Until: p.audit(l)}
			p.finish(l, st)
		case st.Action == stock.DoWrite && st.zero && !work.zeroOK[l.LevelKey] && t.most > 0:
			zeros = append(zeros, plannedWrite{l, st})
		case st.Action == stock.DoWrite:
			writes = append(writes, plannedWrite{l, st})
		default:
			p.finish(l, st)
		}
	}
	if len(zeros) > 0 {
		held, err := e.holdsZeros(p.ctx, p.tx, p.v, window, len(zeros))
		if err != nil {
			return nil, nil, err
		}
		for _, w := range zeros {
			if held == "" {
				writes = append(writes, w)
				continue
			}
			w.level.hold(held)
			w.level.DueAt = p.v.b.localTime(p.audit(w.level))
		}
	}
	slices.SortStableFunc(writes, func(a, b plannedWrite) int { return a.level.prio(a.step) - b.level.prio(b.step) })
	for i, w := range writes {
		if i >= t.most || (i > 0 && (work.alone[w.level.LevelKey] || work.alone[writes[0].level.LevelKey])) {
			stay(w.level, w.step)
			queue = append(queue, entry(w.level, w.step))
			writes[i].level = nil
		}
	}
	writes = slices.DeleteFunc(writes, func(w plannedWrite) bool { return w.level == nil })
	return writes, queue, nil
}

type plannedWrite struct {
	level *level
	step  step
}

// hold keeps a level from being set to zero until a person lets it, or until
// it is to show something again.
func (l *level) hold(why string) {
	l.Wanted, l.Reason = 0, why
	l.Released, l.doc.Held, l.doc.Again = false, true, true
}

const (
	// triesMost is how often one level is read or written in one visit before
	// it rests.
	triesMost = 6
	triesRest = 30 * time.Second
)

// record notes the writes as sent, before they are.
func (e *Engine) record(ctx context.Context, tx Tx, v *visit, p *planner, writes []plannedWrite) (*sending, error) {
	work := &v.stock
	now := time.Now()
	s := &sending{
		intent: IntentRow{Channel: v.b.id, Fence: v.lease.Fence, SentAt: now, Deadline: now.Add(v.b.deadline)},
		doc:    intentDoc{Key: fmt.Sprintf("%d-%d", v.lease.Fence, work.seq+1)},
		at:     p.now, states: map[LevelKey][]byte{},
	}
	for _, w := range writes {
		l, st := w.level, w.step
		l.apply(l.rules, st.Sent(s.doc.Key, p.now))
		line := intentLine{Listing: l.Listing, Location: l.Location, Want: st.Want, Seal: p.listings[l.Listing].seal()}
		send := channel.StockLevel{Listing: p.listings[l.Listing].ref(l.Listing), Location: l.Location, Quantity: st.Want}
		was := st.Was
		switch {
		case st.Mode != stock.Absolute:
			line.Was, send.Expect = &was, &was
		case v.b.traits.StockWrite == channel.StockAbsolute:
			send.Expect = &was // tells only whether it falls
		}
		s.doc.Lines = append(s.doc.Lines, line)
		s.levels = append(s.levels, send)
		// Whoever finds the write without an outcome looks at it when it is
		// settled.
		l.Wanted, l.Reason = st.want, st.Why
		if ws := l.doc.State.W; len(ws) > 0 {
			l.DueAt = v.b.localTime(ws[len(ws)-1].By.Add(l.rules.Epsilon))
		}
		if v.b.traits.StockWrite == channel.StockCompareAndSet {
			row, _ := l.row()
			s.states[l.LevelKey] = row.State
		}
	}
	s.intent.Doc = encode(&s.doc)
	id, err := tx.PutIntent(ctx, s.intent)
	if err != nil {
		return nil, err
	}
	s.intent.ID = id
	work.seq++
	return s, nil
}

// zeroWindow counts listings set to zero that no orders explain.
type zeroWindow struct {
	since time.Time
	n     int
}

// window is what was set to zero of late.
func (s *stockSide) window() zeroWindow {
	if w := s.zeros.Load(); w != nil {
		return *w
	}
	return zeroWindow{}
}

// holdsZeros says why n more listings must not be set to zero without a
// person's word, or "" when they may.
func (e *Engine) holdsZeros(ctx context.Context, tx Tx, v *visit, w *zeroWindow, n int) (string, error) {
	const window = time.Hour
	share, least := e.cfg.Stock.zeroShare(), e.cfg.Stock.zeroLeast()
	now := time.Now()
	if now.Sub(w.since) > window {
		*w = zeroWindow{since: now}
	}
	if share < 0 || w.n+n < least {
		w.n += n
		return "", nil
	}
	all, _, _, err := tx.CountLevels(ctx, v.b.id, now)
	if err != nil {
		return "", err
	}
	if float64(w.n+n) <= share*float64(all) {
		w.n += n
		return "", nil
	}
	e.log.Error("held: too many listings would be set to zero at once", "channel", v.b.id, "listings", w.n+n, "of", all)
	return fmt.Sprintf("held: %d of the channel's %d listings would be set to zero at once; release the channel if that is right", w.n+n, all), nil
}
