package sync

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// itemDoc is the stored part of an item that no query needs.
type itemDoc struct {
	Policy map[channel.ID]StockPolicy `json:"policy,omitempty"` // "" is every channel

	// Left is what was on hand after the seller's last word: a count, goods in
	// or out, an adoption. What orders took since is explained.
	Left int64 `json:"left,omitempty"`
}

func openItem(row *ItemRow) itemDoc {
	var d itemDoc
	if len(row.Doc) > 0 && decode(row.Doc, &d) != nil {
		return itemDoc{}
	}
	return d
}

// itemSum is an item with what hangs on it, as of one read of the tables.
type itemSum struct {
	row    ItemRow
	doc    itemDoc
	known  bool // is stored
	totals []TotalRow
	levels []LevelRow // of every channel, as stored

	shipped, reserved int64
	held              int64 // of levels other than those in hand
}

func (s *itemSum) onHand() int64 { return s.row.Base - s.shipped }

// change adds to what the seller has of the item.
func (s *itemSum) change(delta int64) {
	s.row.Base += delta
	s.doc.Left = s.onHand()
	s.row.Doc = encode(&s.doc)
}

func (s *itemSum) available() int64 { return s.onHand() - s.reserved }

// sumItems reads items with their demand and levels.
func (e *Engine) sumItems(ctx context.Context, tx Tx, account AccountID, skus []string) (map[string]*itemSum, error) {
	sums := make(map[string]*itemSum, len(skus))
	if len(skus) == 0 {
		return sums, nil // none would be all
	}
	rows, err := tx.Items(ctx, account, skus)
	if err != nil {
		return nil, err
	}
	totals, err := tx.ItemTotals(ctx, account, skus)
	if err != nil {
		return nil, err
	}
	levels, err := tx.ItemLevels(ctx, account, skus)
	if err != nil {
		return nil, err
	}
	for _, sku := range skus {
		sums[sku] = &itemSum{row: ItemRow{Account: account, SKU: sku}}
	}
	for i := range rows {
		if s := sums[rows[i].SKU]; s != nil {
			s.row, s.known, s.doc = rows[i], true, openItem(&rows[i])
		}
	}
	for _, t := range totals {
		if s := sums[t.Item]; s != nil {
			s.totals = append(s.totals, t)
			s.shipped += t.Shipped * max(1, t.Units)
			s.reserved += t.Open * max(1, t.Units)
		}
	}
	for _, l := range levels {
		if s := sums[l.Item]; s != nil {
			s.levels = append(s.levels, l)
		}
	}
	return sums, nil
}

// openHere is what stored orders need of a listing, in its units.
func (s *itemSum) openHere(id channel.ID, listing channel.ListingID) int64 {
	var n int64
	for _, t := range s.totals {
		if t.Channel == id && t.Listing == listing {
			n += t.Open
		}
	}
	return n
}

// planner decides what to do about levels of one channel, on one read of the
// tables.
type planner struct {
	e   *Engine
	v   *visit
	ctx context.Context
	tx  Tx
	now time.Time // the server's

	items    map[string]*itemSum
	listings map[channel.ListingID]*listing
	rules    stock.Rules

	watermark time.Time
	behind    bool
	imported  time.Time

	unlinked *unlinkedDemand // read when a raise is planned
	err      error           // of that read: the transaction is lost
}

// newPlanner reads what a plan of the levels hangs on.
func (e *Engine) newPlanner(ctx context.Context, tx Tx, v *visit, levels []*level) (*planner, error) {
	p := &planner{e: e, v: v, ctx: ctx, tx: tx, now: v.b.stockNow(), rules: e.rules(v.b)}
	p.watermark, p.behind = v.imported(p.now)
	if at := v.b.side.imported.Load(); at != 0 {
		p.imported = time.Unix(0, at)
	}
	var skus []string
	var ids []channel.ListingID
	mine := make(map[LevelKey]bool, len(levels))
	for _, l := range levels {
		skus = append(skus, l.Item)
		ids = append(ids, l.Listing)
		mine[l.LevelKey] = true
	}
	slices.Sort(skus)
	var err error
	if p.items, err = e.sumItems(ctx, tx, v.b.account, slices.Compact(skus)); err != nil {
		return nil, err
	}
	for _, s := range p.items {
		for i := range s.levels {
			r := &s.levels[i]
			// Levels that are not busy have no lots, and hold nothing.
			if r.Busy && !mine[r.LevelKey] && e.bound[r.Channel] != nil {
				s.held += e.openLevel(*r).held * max(1, r.Units)
			}
		}
	}
	if p.listings, err = readListings(ctx, tx, v.b.id, ids); err != nil {
		return nil, err
	}
	return p, nil
}

// imported returns the watermark, and whether the import is unfinished, failing
// or late.
func (v *visit) imported(now time.Time) (time.Time, bool) {
	row := v.rows[LaneImport]
	st := importStateOf(row.State)
	late := 3*v.b.poll + v.b.traits.VisibilityLag + time.Minute
	behind := !st.BeganAt.IsZero() || row.Failures > 0 || row.Paused || now.Sub(st.Watermark) > late
	return st.Watermark, behind
}

// holding is the levels' own part in what their items hold.
func (p *planner) holding(levels []*level) map[string]int64 {
	held := map[string]int64{}
	for _, l := range levels {
		held[l.Item] += l.doc.State.Held(l.rules) * max(1, l.Units)
	}
	return held
}

// scarce reports whether what happened to the levels left an item so short that
// its other listings are urgent.
func (p *planner) scarce(levels []*level) bool {
	var held map[string]int64
	for _, l := range levels {
		if l.doc.State.Held(l.rules) == l.held {
			continue
		}
		if held == nil {
			held = p.holding(levels)
		}
		if s := p.items[l.Item]; s.row.Managed && s.available()-s.held-held[l.Item] <= scarce {
			return true
		}
	}
	return false
}

// step is what to do about a level.
type step struct {
	stock.Command
	want   int64
	wanted bool // there is a quantity to show: the item is counted and the listing ours to write
	idle   bool // not to be read or written at all, for the reason given
	first  bool // the first push: decided with the others of its channel
	adopt  bool // the item is to be adopted from what the level shows
	zero   bool // would set to zero what no order explains
}

// plan decides one level. A fault in it concerns that level only.
func (p *planner) plan(l *level, held int64) (st step) {
	defer func() {
		if r := recover(); r != nil {
			err := panicError(r)
			p.e.log.Error("plan a level", "channel", l.Channel, "listing", l.Listing, "error", err, "stack", string(debug.Stack()))
			st = step{Command: stock.Command{Action: stock.Wait, Why: reason(err), Until: p.now.Add(time.Hour)}, idle: true}
		}
	}()
	item := p.items[l.Item]
	ls := p.listings[l.Listing]
	// What is decided on is stored: when it is due again hangs on it too.
	l.doc.State = l.doc.State.Settled(p.now)
	if why := ls.unwritable(); why != "" {
		l.doc.Hinted = false
		return step{Command: stock.Command{Action: stock.Nothing, Why: why}, idle: true}
	}
	if l.doc.Paused != "" && l.doc.Seal != ls.seal() {
		l.doc.Paused, l.doc.Seal = "", "" // it is another listing now
	}
	if !item.row.Managed {
		l.doc.Hinted = false
		return p.planUncounted(l)
	}
	l.doc.Adopt = false
	free := item.available() - item.held - held
	st.want = p.e.policy(l.Channel, &item.doc).Want(free, l.Units)
	st.wanted = true
	rules := l.rules
	if l.fresh {
		rules.Fresh = max(time.Minute, p.now.Sub(l.doc.State.Read)+time.Minute)
	}
	if shown, known := l.doc.State.Shown(); known && p.v.b.job.on(time.Now()) && p.v.b.fitsJob(st.want, shown) {
		rules.Fresh = max(rules.Fresh, jobGather)
	}
	if !l.Released {
		rules.Low = 0 // nothing of ours is sold there yet, and every read puts the first push off
	}
	in := stock.Listing{
		Rules: rules, State: l.doc.State, Units: l.Units,
		Watermark: p.watermark, Imported: p.imported, Behind: p.behind, Paused: l.doc.Paused,
	}
	st.Command = in.Next(st.want, p.now)
	shown, known := l.doc.State.Shown()
	if known && st.want > shown && (st.Action == stock.DoWrite || st.Why == stock.WhyFresh) {
		until, err := p.unresolved(l, ls)
		if err != nil {
			p.err = err
		}
		if !until.IsZero() {
			in.Unresolved = true
			st.Command = in.Next(st.want, p.now)
			if st.Until.IsZero() || until.Before(st.Until) {
				st.Until = until
			}
		}
	}
	if st.want > 0 || (known && shown == 0) {
		l.doc.Pass = false
	}
	if until, ok := inFeed(l, st); ok {
		st.Command = stock.Command{Action: stock.Wait, Why: "what it is to show is in an open feed", Until: p.soonest(l, until)}
		return st
	}
	if known && st.want > shown && (st.Action == stock.DoWrite || st.Why == stock.WhyFresh) {
		// A read has settled the write, and the work can still set what it was sent.
		if until := p.inTicket(l.LevelKey); until.After(time.Now()) {
			st.Command = stock.Command{Action: stock.Wait, Why: stock.WhyFeed, Until: p.soonest(l, p.v.b.serverTime(until))}
			return st
		}
	}
	if l.doc.Hinted {
		st.Command = stock.Command{Action: stock.DoRead, Why: "the marketplace told of a change"}
	}
	if st.Action == stock.DoRead && st.Why != stock.WhyFresh {
		return st
	}
	if l.doc.Again && st.want > 0 {
		l.Released, l.doc.Held, l.doc.Again = true, false, false
	}
	if !l.Released && known {
		if l.doc.Held || p.e.cfg.Stock.FirstPush == FirstPushReview {
			why := fmt.Sprintf("its first quantity, %d, waits to be released", st.want)
			if l.doc.Held {
				why = fmt.Sprintf("held: too many listings would be set to zero at once; %d waits to be released", st.want)
			}
			st.Command = stock.Command{Action: stock.Wait, Why: why, Until: p.audit(l)}
			return st
		}
		if p.e.cfg.DryRun {
			why := fmt.Sprintf("dry run: its first quantity would be %d", st.want)
			st.Command = stock.Command{Action: stock.Wait, Why: why, Until: p.audit(l)}
			return st
		}
		st.first = true
		st.zero = st.want == 0 && shown > 0
		return st
	}
	// What orders took off is never held; what left the shelf without them is
	// looked at twice.
	st.zero = st.Action == stock.DoWrite && st.want == 0 && shown > 0 && item.doc.Left <= 0 && !l.doc.Pass
	return st
}

// inFeed reports whether the last thing sent is a feed with just what is wanted,
// and until when that is to be waited for. The same again would not be quicker.
func inFeed(l *level, st step) (time.Time, bool) {
	ws := l.doc.State.W
	if len(ws) == 0 || (st.Action != stock.DoWrite && st.Why != stock.WhyFresh) {
		return time.Time{}, false
	}
	w := ws[len(ws)-1]
	return w.By.Add(l.rules.Epsilon), w.Feed && w.Want == st.want
}

// inTicket returns until when, by our clock, raises of a level wait for a ticket
// that it is a line of and that has not ended; zero when it is in none. Tickets
// are read once a visit.
func (p *planner) inTicket(k LevelKey) time.Time {
	if p.v.b.tickets == nil {
		return time.Time{}
	}
	work := p.v.stockWork()
	if work.open == nil {
		rows, err := p.tx.Intents(p.ctx, p.v.b.id)
		if err != nil {
			p.err = err
			return time.Time{}
		}
		work.open = map[LevelKey]time.Time{}
		for _, row := range rows {
			var doc intentDoc
			if row.Ticket == "" || decode(row.Doc, &doc) != nil {
				continue
			}
			for _, k := range doc.keys(row.Channel) {
				work.open[k] = later(work.open[k], row.SentAt.Add(ticketHolds))
			}
		}
	}
	return work.open[k]
}

// soonest is the earlier of a time and the next audit.
func (p *planner) soonest(l *level, t time.Time) time.Time {
	if at := p.audit(l); at.Before(t) {
		return at
	}
	return t
}

// planUncounted decides a level of an item without a counted quantity: nothing,
// but for one the item is to be adopted from.
func (p *planner) planUncounted(l *level) step {
	if !l.doc.Adopt {
		return step{Command: stock.Command{Action: stock.Nothing, Why: stock.WhyUncounted}, idle: true}
	}
	s := &l.doc.State
	switch {
	case len(s.C) != 1 || len(s.W) > 0 || s.Reread:
		return step{Command: stock.Command{Action: stock.DoRead, Why: "read for its adoption"}}
	case p.watermark.Before(s.Read):
		return step{Command: stock.Command{
			Action: stock.Wait, Why: "its adoption waits until orders are imported up to the read", Until: p.audit(l),
		}}
	}
	return step{Command: stock.Command{Action: stock.Wait, Why: "being adopted"}, adopt: true}
}

// audit is when the level is to be read at the latest.
func (p *planner) audit(l *level) time.Time {
	return later(l.doc.State.Read.Add(p.rules.Audit), p.now.Add(time.Minute))
}

// finish notes the decision in the level's row. A level that waits for
// something the watermark brings is kept busy.
func (p *planner) finish(l *level, st step) {
	l.Wanted, l.Reason = st.want, st.Why
	l.DueAt = p.v.b.localTime(st.Until)
	s := &l.doc.State
	shown, known := s.Shown()
	l.Busy = len(s.U)+len(s.R) > 0 || l.doc.Adopt ||
		(st.wanted && known && (st.want > shown || (l.rules.Low > 0 && min(st.want, shown) <= l.rules.Low)))
	if st.idle {
		l.Busy = len(s.U)+len(s.R) > 0
	}
}

// Urgencies of what is due: what would oversell first, audits last.
const (
	prioScarce = iota // falls to little
	prioFall
	prioFirst // its first quantity
	prioRaise
	prioAudit
)

func (l *level) prio(st step) int {
	shown, known := l.doc.State.Shown()
	switch {
	case !st.wanted:
		return prioAudit
	case !known:
		return prioFirst
	case st.want < shown && st.want <= scarce:
		return prioScarce
	case st.want < shown:
		return prioFall
	case st.want > shown:
		return prioRaise
	}
	return prioAudit
}

// unlinkedDemand is demand that no item is known for, on the channels of one
// seller, and until when it holds.
type unlinkedDemand struct {
	skus     map[string]time.Time
	listings map[channel.ListingID]time.Time
}

// unresolved returns until when demand not yet matched to an item holds raises
// of the level; zero when none does.
func (p *planner) unresolved(l *level, ls *listing) (time.Time, error) {
	hold := p.e.cfg.Stock.unresolvedHold()
	if hold == 0 {
		return time.Time{}, nil
	}
	if p.unlinked == nil {
		u := &unlinkedDemand{map[string]time.Time{}, map[channel.ListingID]time.Time{}}
		for _, b := range p.e.channelsOf(p.v.b.account) {
			rows, err := p.tx.UnlinkedTotals(p.ctx, b.id)
			if err != nil {
				return time.Time{}, err
			}
			for _, t := range rows {
				until := t.OldestAt.Add(hold)
				if !until.After(p.now) {
					continue
				}
				if t.SKU != "" {
					u.skus[t.SKU] = later(u.skus[t.SKU], until)
				}
				if b.id == p.v.b.id && t.Listing != "" {
					u.listings[t.Listing] = later(u.listings[t.Listing], until)
				}
			}
		}
		p.unlinked = u
	}
	until := later(p.unlinked.listings[l.Listing], p.unlinked.skus[l.Item])
	if ls.SKU != "" {
		until = later(until, p.unlinked.skus[ls.SKU])
	}
	return until, nil
}

func compareKeys(a, b LevelKey) int {
	return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Listing, b.Listing), cmp.Compare(a.Location, b.Location))
}

// dueBy returns the earlier of a due time, which may be none, and now.
func dueBy(at, now time.Time) time.Time {
	if at.IsZero() {
		return now
	}
	return earliest(at, now)
}
