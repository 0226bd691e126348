package sync

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

const (
	// passMost is how many due levels one pass plans.
	passMost = 10_000
	// passChunk is how many of them one transaction plans.
	passChunk = 500
	// readMost is how many listings one read asks for at most.
	readMost = 250
	// readAhead is the part of an audit interval by which a listing is read
	// early to fill a read up.
	readAhead = 8
)

// stockLook is what one read of the tables found to do.
type stockLook struct {
	next    time.Time // when the next level is due, zero for never
	due     []LevelKey
	intents []IntentRow
}

// lookStock finds what is due: levels, tickets, and writes without an outcome.
func (e *Engine) lookStock(ctx context.Context, v *visit) (*stockLook, error) {
	look := &stockLook{}
	now := time.Now()
	err := e.view(ctx, func(tx Tx) error {
		look.next, look.due = time.Time{}, nil
		rows, err := tx.DueLevels(ctx, v.b.id, now.Add(longest), 1)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			look.next = rows[0].DueAt
			if !look.next.After(now) {
				if rows, err = tx.DueLevels(ctx, v.b.id, now, passMost); err != nil {
					return err
				}
				for _, r := range rows {
					look.due = append(look.due, r.LevelKey)
				}
			}
		}
		look.intents, err = tx.Intents(ctx, v.b.id)
		return err
	})
	return look, err
}

// stockWork returns what the stock lanes keep during the visit.
func (v *visit) stockWork() *stockWork {
	if w := &v.stock; w.tries == nil {
		w.first, w.zeroOK = map[LevelKey]pendingPush{}, map[LevelKey]bool{}
		w.tries, w.alone = map[LevelKey]int{}, map[LevelKey]bool{}
	}
	return &v.stock
}

// lookedStock returns what the tickets lane found a moment ago, if it still stands.
func (v *visit) lookedStock(ctx context.Context) (*stockLook, error) {
	look := v.stock.looked
	v.stock.looked = nil
	if look != nil && !v.b.side.changed.Load() {
		return look, nil
	}
	v.b.side.changed.Store(false)
	return v.e.lookStock(ctx, v)
}

// heedStock makes lanes due that something else in the visit gave work.
func (v *visit) heedStock() {
	now := time.Now()
	side := &v.b.side
	if side.changed.Load() {
		v.due[LaneStock] = now
	}
	if row := v.rows[LaneListings]; side.listings.Load() && row.Failures == 0 {
		if soon := later(now, row.OKAt.Add(listingsSoon)); row.NextAt.After(soon) {
			row.NextAt, v.due[LaneListings] = soon, soon
			v.dirty[LaneListings] = true
		}
	}
}

// runStock is one step of the stock lane: a plan of what is due, or one batch
// read or written.
func (e *Engine) runStock(ctx context.Context, v *visit) laneResult {
	work := v.stockWork()
	if done, err := e.refit(ctx, v); err != nil || !done {
		return laneResult{Next: time.Now().Add(time.Minute), Err: err}
	}
	// What became due meanwhile may be more urgent than what is queued; planning
	// takes a tenth of the time at most.
	stale := len(work.queue) > 0 && v.b.side.changed.Load() && time.Since(work.passAt) > 10*work.passed
	if len(work.queue) == 0 || stale {
		return e.passStock(ctx, v)
	}
	job, held := work.takeJob(v.b)
	if len(job) > 0 {
		return e.runJob(ctx, v, job)
	}
	action, keys := work.take(v.b)
	t := &turn{keys: keys, most: v.b.stockBatch()}
	work.queue = append(work.queue, held...)
	if action == stock.DoRead {
		answers, err := e.readLevels(ctx, v, keys)
		if err != nil {
			return laneResult{Err: err}
		}
		t.before, t.keys = answers.tell, answers.keys
		if work.gathering(v.b) || slices.ContainsFunc(work.queue, func(q turnEntry) bool { return q.action == stock.DoWrite }) {
			t.most = 0 // what was read goes with what is read next
		}
		if v.b.job.on(time.Now()) {
			t.most = 0
		}
	}
	res := e.runTurn(ctx, v, t)
	res.Idle = res.Idle && action != stock.DoRead // which was done
	return res
}

// passStock plans everything that is due. Planning alone is no success: what
// failed before has not been tried again.
func (e *Engine) passStock(ctx context.Context, v *visit) laneResult {
	work := &v.stock
	began := time.Now()
	look, err := v.lookedStock(ctx)
	if err != nil {
		return laneResult{Err: err}
	}
	work.queue = nil
	if err := e.settleOrphans(ctx, v, look.intents); err != nil {
		return laneResult{Err: err}
	}
	due := slices.DeleteFunc(look.due, func(k LevelKey) bool { return work.blocked[k] })
	if len(due) == 0 {
		if len(work.first) > 0 {
			return e.decideFirst(ctx, v)
		}
		next := look.next
		if len(work.blocked) > 0 && (next.IsZero() || next.Before(work.blockedUntil)) {
			next = work.blockedUntil
		}
		return laneResult{Next: next}
	}
	clear(work.zeroOK)
	if len(due) <= v.b.stockBatch() && len(due) <= passChunk {
		clear(work.first)
		res := e.runTurn(ctx, v, &turn{keys: due, most: v.b.stockBatch()})
		if res.Err == nil && len(work.queue) == 0 && len(work.first) > 0 {
			return e.decideFirst(ctx, v)
		}
		return res
	}
	clear(work.first)
	for chunk := range slices.Chunk(due, passChunk) {
		if err := v.renew(ctx); err != nil {
			return laneResult{Err: err}
		}
		if _, err := (&turn{keys: chunk}).run(ctx, e, v); err != nil {
			return laneResult{Err: err}
		}
	}
	work.passed, work.passAt = time.Since(began), time.Now()
	if err := e.judgeZeros(ctx, v); err != nil {
		return laneResult{Err: err}
	}
	work.planJob(v.b, look)
	slices.SortStableFunc(work.queue, func(a, b turnEntry) int { return a.prio - b.prio })
	if len(work.queue) == 0 && len(work.first) > 0 {
		return e.decideFirst(ctx, v)
	}
	return laneResult{Next: time.Now(), Idle: true}
}

// take returns the first batch of the queue: entries of one action, by urgency.
func (s *stockWork) take(b *bound) (stock.Action, []LevelKey) {
	slices.SortStableFunc(s.queue, func(a, b turnEntry) int { return a.prio - b.prio })
	action := s.queue[0].action
	if action == stock.DoRead && s.readFrom.IsZero() {
		s.readFrom = time.Now()
	}
	if action == stock.DoWrite && s.gathering(b) {
		action = stock.DoRead // there are some
	}
	if action == stock.DoWrite {
		s.readFrom = time.Time{}
	}
	most := b.stockBatch()
	if action == stock.DoRead {
		if most = b.readBatch(); b.job.on(time.Now()) {
			most = readMost
		}
	}
	var keys []LevelKey
	taken := map[LevelKey]bool{}
	rest := s.queue[:0]
	for _, q := range s.queue {
		single := s.alone[q.key] || (len(keys) > 0 && s.alone[keys[0]])
		if q.action != action || len(keys) == most || (single && len(keys) > 0) {
			rest = append(rest, q)
			continue
		}
		if taken[q.key] {
			continue
		}
		taken[q.key] = true
		keys = append(keys, q.key)
	}
	s.queue = rest
	for _, k := range keys {
		s.tries[k]++
	}
	return action, keys
}

// gatherMost is how long writes wait for more of what is being read, where a
// write takes more levels than a read: less than a read is good for.
const gatherMost = 8 * time.Second

// gathering reports whether writes wait: more is to be read, they do not fill a
// batch yet, and none of them lowers a quantity.
func (s *stockWork) gathering(b *bound) bool {
	if s.readFrom.IsZero() || time.Since(s.readFrom) > gatherMost || b.stockBatch() <= b.readBatch() {
		return false
	}
	reads, writes := 0, 0
	for _, q := range s.queue {
		if q.action == stock.DoRead {
			reads++
		} else {
			if q.prio < prioFirst {
				return false
			}
			writes++
		}
	}
	return reads > 0 && writes < b.stockBatch()
}

// stockBatch is how many levels one ordinary write takes: fewer than would go as
// a job, which is sent when it is meant to be one.
func (b *bound) stockBatch() int {
	n := max(1, b.traits.StockBatch)
	if least := b.traits.StockJob.Least; least > 1 {
		n = min(n, least-1)
	}
	return n
}

// readBatch is how many listings one read asks for.
func (b *bound) readBatch() int { return min(max(b.stockBatch(), 10), readMost) }

// runTurn runs a turn, and sends what it recorded; with nothing to send it is
// idle.
func (e *Engine) runTurn(ctx context.Context, v *visit, t *turn) laneResult {
	s, err := t.run(ctx, e, v)
	if err != nil || s == nil {
		return laneResult{Next: time.Now(), Err: err, Idle: true}
	}
	return laneResult{Next: time.Now(), Err: e.send(ctx, v, s)}
}

// runJob sends raises as a job. What becomes of it a ticket tells.
func (e *Engine) runJob(ctx context.Context, v *visit, job []turnEntry) laneResult {
	t := &turn{most: len(job)}
	for _, q := range job {
		t.keys = append(t.keys, q.key)
		v.stock.tries[q.key]++
	}
	res := e.runTurn(ctx, v, t)
	v.b.job.putOff(time.Now().Add(jobApart))
	return res
}

// answers are what a read told.
type answers struct {
	v       *visit
	keys    []LevelKey
	now     time.Time // server's, when the request left
	sent    map[LevelKey][]byte
	levels  map[LevelKey]channel.StockLevel
	readAt  map[LevelKey]time.Time // asked
	until   map[LevelKey]time.Time // answered
	refused map[LevelKey]error
	split   bool // the batch was refused: each is read by itself
}

// readLevels asks what listings show. No transaction is open meanwhile.
func (e *Engine) readLevels(ctx context.Context, v *visit, keys []LevelKey) (*answers, error) {
	a := &answers{
		v: v, now: v.b.stockNow(), sent: map[LevelKey][]byte{}, levels: map[LevelKey]channel.StockLevel{},
		readAt: map[LevelKey]time.Time{}, until: map[LevelKey]time.Time{}, refused: map[LevelKey]error{},
	}
	q := channel.StockQuery{}
	err := e.view(ctx, func(tx Tx) error {
		clear(a.sent)
		q = channel.StockQuery{}
		a.keys = slices.Clone(keys)
		rows, err := tx.Levels(ctx, keys)
		if err != nil {
			return err
		}
		if most := v.b.readBatch(); len(keys) < most && !v.stock.alone[keys[0]] {
			// There is room for what is due soon, which saves a call of its own.
			soon, err := tx.DueLevels(ctx, v.b.id, time.Now().Add(e.rules(v.b).Audit/readAhead), most)
			if err != nil {
				return err
			}
			for _, r := range soon {
				if len(a.keys) < most && !slices.Contains(a.keys, r.LevelKey) {
					a.keys, rows = append(a.keys, r.LevelKey), append(rows, r)
				}
			}
		}
		var ids []channel.ListingID
		for _, r := range rows {
			a.sent[r.LevelKey] = r.State
			ids = append(ids, r.Listing)
			if !slices.Contains(q.Locations, r.Location) {
				q.Locations = append(q.Locations, r.Location)
			}
		}
		found, err := readListings(ctx, tx, v.b.id, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			q.Listings = append(q.Listings, found[id].ref(id))
		}
		return nil
	})
	if err != nil || len(q.Listings) == 0 {
		return a, err
	}
	for {
		callCtx, cancel := v.reading(ctx)
		page, err := v.b.stock.StockPage(callCtx, q)
		cancel()
		class := channel.Class(err)
		switch {
		case err == nil:
		case errors.Is(err, errors.ErrUnsupported), oneOf(class, channel.ErrInvalid, channel.ErrNotFound, channel.ErrStaleHandle, channel.ErrConflict):
			if len(a.keys) > 1 && !errors.Is(err, errors.ErrUnsupported) {
				for _, k := range a.keys { // one of them: which, they tell by themselves
					v.stock.alone[k] = true
				}
				a.split = true
				return a, nil
			}
			for _, k := range a.keys {
				a.refused[k] = err
			}
			return a, nil
		default:
			return nil, err
		}
		at, until := page.ReadAt, v.b.stockNow()
		if at.IsZero() {
			at = a.now
		}
		for _, lv := range page.Items {
			k := LevelKey{v.b.id, lv.Listing.ID, lv.Location}
			if _, asked := a.sent[k]; !asked {
				k.Location = "" // asked for as the default location
				if _, asked = a.sent[k]; !asked {
					continue
				}
			}
			a.levels[k], a.readAt[k], a.until[k] = lv, at, until
			if !lv.ReadAt.IsZero() {
				a.readAt[k] = lv.ReadAt
			}
		}
		if page.Next == "" {
			return a, nil
		}
		if page.Next == q.After {
			return nil, &channel.Error{Channel: v.b.id, Op: "stock page", Class: channel.ErrCursor, Message: "the marketplace returned the cursor it was given"}
		}
		q.After = page.Next
		if err := v.renew(ctx); err != nil {
			return nil, err
		}
	}
}

// tell applies a read to a level. A read that something overtook is thrown
// away: it would be taken for what was shown after that.
func (a *answers) tell(ctx context.Context, tx Tx, l *level) error {
	l.DueAt = dueBy(l.DueAt, time.Now())
	sent, asked := a.sent[l.LevelKey]
	if a.split || !asked || !bytes.Equal(sent, l.was.State) {
		return nil
	}
	lv, told := a.levels[l.LevelKey]
	if !told {
		a.silent(l)
		return nil
	}
	at := a.readAt[l.LevelKey]
	if last := l.doc.State.Read; !at.After(last) {
		at = last.Add(time.Millisecond) // it was asked for after that one was answered
	}
	read := stock.Read{Shown: lv.Quantity, At: at, Until: a.until[l.LevelKey]}
	switch {
	case l.rules.SoldCount == stock.SoldEver && lv.SoldEver != nil:
		read.Sold = &stock.Sold{Count: *lv.SoldEver}
	case l.rules.SoldCount == stock.SoldOpen && lv.Sold != nil:
		totals, err := tx.ItemTotals(ctx, l.Account, []string{l.Item})
		if err != nil {
			return err
		}
		s := itemSum{totals: totals}
		read.Sold = &stock.Sold{Count: *lv.Sold, Imported: s.openHere(l.Channel, l.Listing)}
	}
	l.apply(l.rules, read)
	l.doc.Misses, l.doc.Hinted, l.fresh = 0, false, true
	delete(a.v.stock.alone, l.LevelKey)
	return nil
}

const (
	silentRest    = 30 * time.Second
	silentRestMax = 2 * time.Hour
)

// silent counts a read that did not tell of a level, and lets it rest.
func (a *answers) silent(l *level) {
	l.doc.Misses++
	a.v.b.side.listings.Store(true) // it may be gone
	l.rest = backoff(silentRest, silentRestMax, l.doc.Misses, string(l.Listing))
	l.restWhy = "the marketplace did not tell what the listing shows"
	if err := a.refused[l.LevelKey]; err != nil {
		l.restWhy = reason(err)
		l.rest = silentRestMax
	}
}
