package sync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Kinds of parked records.
const (
	parkedOrder    = "order"
	parkedShipment = "shipment"
)

// intake is what a read brought, to be stored in one transaction.
type intake struct {
	orders []channel.Order
	parked []channel.Parked
	gone   []channel.OrderID // the marketplace says that these are no more
	leave  []channel.OrderID // read by id to no avail: not to be read again at once
	readAt time.Time         // server's, when the read began
	// reread says that the read decides what an earlier one left unsure, so it
	// asks for no further one.
	reread bool
	// again says that the read brings what was most likely read before: one that
	// has no news is not even noted.
	again bool
	added int // orders that were not stored; set by takeIn
	// dumb leaves the stock arithmetic out, after it failed: it must not refuse
	// an order. Its audits find what it missed.
	dumb bool
}

// errArithmetic marks a failure of the stock side inside an import.
var errArithmetic = errors.New("stock arithmetic")

// orderState is an order inside an intake.
type orderState struct {
	row     OrderRow
	before  *orderDoc // nil when new
	doc     *orderDoc
	ours    []ShipmentRow
	dirty   bool // the document is to be stored
	touched bool // figures may have changed
	gone    bool
	back    bool // was gone
	raw     []RawRow
	shipped time.Time // when our own shipment left, for a change that is only that
}

// takeIn stores what a read brought: orders as merged, demand, totals, events,
// payloads and parked records, and moves the stock arithmetic. Nothing about
// mapping can make it fail, and a record that does is parked.
func (e *Engine) takeIn(ctx context.Context, tx Tx, b *bound, in *intake) error {
	now := time.Now()
	states, order, err := e.loadStates(ctx, tx, b, in)
	if err != nil {
		return err
	}
	in.added = 0
	var parked []ParkedRow
	var good []channel.OrderID
	for i := range in.orders {
		o := &in.orders[i]
		st := states[o.ID]
		if st == nil || !st.wanted(b, o) {
			continue
		}
		if err := e.mergeInto(st, b, o, in, now); err != nil {
			row := e.park(b.id, parkedOrder, string(o.ID), err, o.Raw, now)
			if st.doc.Erased {
				row.Raw = nil
			}
			parked = append(parked, row)
			continue
		}
		good = append(good, o.ID)
		if st.before == nil {
			in.added++
		}
	}
	for _, id := range in.gone {
		if st := states[id]; st != nil && st.before != nil && !st.row.Gone {
			st.gone, st.touched, st.dirty = true, true, true
			st.row.Gone, st.row.Reread, st.row.SeenAt = true, false, now
			parked = append(parked, e.park(b.id, parkedOrder, string(id),
				&channel.Error{Op: "read order", Class: channel.ErrNotFound, Message: "the marketplace no longer has it; its units are free again"}, nil, now))
		}
	}
	for _, id := range in.leave {
		if st := states[id]; st != nil && st.before != nil {
			st.row.Reread, st.row.SeenAt, st.dirty = false, now, true
		}
	}
	erased, err := erasedOrders(ctx, tx, b.id, in.parked)
	if err != nil {
		return err
	}
	for _, p := range in.parked {
		ref := p.ID
		if ref == "" {
			sum := sha256.Sum256(p.Raw)
			ref = "raw:" + hex.EncodeToString(sum[:8])
		}
		row := e.park(b.id, parkedOrder, ref, p.Err, p.Raw, now)
		if erased[channel.OrderID(p.ID)] {
			row.Raw = nil
		}
		parked = append(parked, row)
	}
	if err := tx.Park(ctx, parked); err != nil {
		return err
	}
	if err := e.unparkGood(ctx, tx, b, good); err != nil {
		return err
	}
	return e.storeStates(ctx, tx, b, in, states, order, now)
}

// erasedOrders returns which of the records set aside are of orders whose buyer
// is forgotten: their payloads are not to be kept.
func erasedOrders(ctx context.Context, tx Tx, ch channel.ID, parked []channel.Parked) (map[channel.OrderID]bool, error) {
	var ids []channel.OrderID
	for _, p := range parked {
		if p.ID != "" {
			ids = append(ids, channel.OrderID(p.ID))
		}
	}
	rows, err := tx.Orders(ctx, ch, ids)
	erased := map[channel.OrderID]bool{}
	for _, r := range rows {
		erased[r.ID] = r.Erased
	}
	return erased, err
}

// wanted reports whether a read is to be merged: not of an order placed before
// the start date, and not a part of an order nothing else is known of, unless
// the whole can be read by id.
func (st *orderState) wanted(b *bound, o *channel.Order) bool {
	if !st.stub() {
		return true
	}
	if o.Has(channel.PartHead) && !b.since.IsZero() && o.PlacedAt.Before(b.since) {
		st.dirty = st.dirty || st.row.Reread
		st.row.Reread = false
		return false
	}
	return o.Has(channel.PartLines) || b.orders != nil
}

// stub reports whether the order's lines are still to come. Until then it is
// stored, and nobody hears of it.
func (st *orderState) stub() bool { return !st.doc.Order.Has(channel.PartLines) }

// loadStates reads what is stored of the orders of in.
func (e *Engine) loadStates(ctx context.Context, tx Tx, b *bound, in *intake) (map[channel.OrderID]*orderState, []channel.OrderID, error) {
	states := map[channel.OrderID]*orderState{}
	var ids []channel.OrderID
	for i := range in.orders {
		ids = append(ids, in.orders[i].ID)
	}
	ids = slices.Concat(ids, in.gone, in.leave)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rows, err := tx.Orders(ctx, b.id, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		doc, err := e.openDoc(row.Doc)
		if err != nil {
			// Not to be overwritten: what it holds, a key or a person may bring back.
			e.log.Error("a stored order cannot be read", "channel", b.id, "order", row.ID, "error", err)
			states[row.ID] = nil
			continue
		}
		before := *doc
		before.Order.Lines = slices.Clone(doc.Order.Lines)
		before.Order.Units = slices.Clone(doc.Order.Units)
		states[row.ID] = &orderState{row: row, before: &before, doc: doc, gone: row.Gone}
	}
	var known []channel.OrderID
	for _, id := range ids {
		if st, stored := states[id]; stored {
			if st != nil {
				known = append(known, id)
			}
			continue
		}
		states[id] = &orderState{row: OrderRow{Channel: b.id, ID: id}, doc: newOrderDoc(id, time.Now())}
	}
	shipments, err := tx.OrderShipments(ctx, b.id, known)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range shipments {
		if st := states[s.Order]; st != nil {
			st.ours = append(st.ours, s)
		}
	}
	return states, ids, nil
}

// mergeInto merges one order and contains its panics: one odd order must not
// hold up the others.
func (e *Engine) mergeInto(st *orderState, b *bound, o *channel.Order, in *intake, now time.Time) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e.log.Error("merge", "channel", b.id, "order", o.ID, "error", panicError(r), "stack", string(debug.Stack()))
			err = panicError(r)
		}
	}()
	if err := plausible(o); err != nil {
		return err
	}
	next := st.doc.clone()
	m := next.merge(o, in.readAt)
	st.doc = next
	row := &st.row
	changed := m.Took != 0
	st.touched = st.touched || changed || st.before == nil
	reread := (m.Unsure || st.stub()) && !in.reread && b.orders != nil
	if in.reread {
		row.Reread, st.dirty = false, st.dirty || row.Reread
	}
	if reread && !row.Reread {
		row.Reread, st.dirty = true, true
	}
	if row.Gone { // it is back
		row.Gone, st.gone, st.back, st.touched, st.dirty = false, false, true, true, true
	}
	// Seen is stored now and then, not with every idle read.
	stale := now.Sub(row.SeenAt) > time.Hour && !in.again
	if changed || st.before == nil || stale || !sameVersions(st.before, next) {
		st.dirty = true
	}
	row.SeenAt = now
	if changed && len(o.Raw) > 0 && !next.Erased {
		payload, err := e.seal(o.Raw)
		if err != nil {
			return fmt.Errorf("seal payload: %w: %w", errSeal, err)
		}
		st.raw = append(st.raw, RawRow{Channel: b.id, Order: o.ID, Part: o.Parts, ReadAt: in.readAt, Payload: payload})
	}
	return nil
}

// clone returns a copy that merging does not write through to d.
func (d *orderDoc) clone() *orderDoc {
	c := *d
	c.Order.Lines, c.Order.Units = slices.Clone(d.Order.Lines), slices.Clone(d.Order.Units)
	c.Versions, c.Units = slices.Clone(d.Versions), cloneMap(d.Units)
	c.Shipped, c.Notes = cloneMap(d.Shipped), cloneMap(d.Notes)
	return &c
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return nil
	}
	c := make(map[K]V, len(m)+1)
	maps.Copy(c, m)
	return c
}

// sameVersions reports whether a merge moved no version. Read times alone are
// worth no write, unless they are to decide between two contents later.
func sameVersions(before, after *orderDoc) bool {
	if before == nil || len(before.Units) != len(after.Units) {
		return false
	}
	for p := channel.PartHead; p <= channel.PartsAll; p <<= 1 {
		was, _ := before.Versions.of(p)
		if is, _ := after.Versions.of(p); !was.UpdatedAt.Equal(is.UpdatedAt) {
			return false
		}
	}
	for id, v := range after.Units {
		if !before.Units[id].UpdatedAt.Equal(v.UpdatedAt) {
			return false
		}
	}
	return true
}

// park returns the row of an order or a listing set aside. Sealing that fails
// keeps the reason and drops the payload.
func (e *Engine) park(id channel.ID, kind, ref string, why error, raw []byte, now time.Time) ParkedRow {
	if why == nil {
		why = errors.New("no reason given")
	}
	payload, err := e.seal(raw)
	if err != nil {
		e.log.Error("seal a parked record", "channel", id, "error", err)
		payload = nil
	}
	digest := digestOf(why)
	if len(raw) > 0 {
		digest = hash(raw)
	}
	return ParkedRow{
		Channel: id, Kind: kind, Ref: ref, Class: className(why), Reason: withRemedy(recordName(kind, ref), reason(why), remedyFor(kind, why)),
		Raw: payload, At: now, Digest: digest,
	}
}

// unparkGood frees the orders that came through after all.
func (e *Engine) unparkGood(ctx context.Context, tx Tx, b *bound, good []channel.OrderID) error {
	if len(good) == 0 {
		return nil
	}
	if some, err := anyParked(ctx, tx, b.id, parkedOrder); err != nil || !some {
		return err
	}
	for _, id := range good {
		if err := tx.Unpark(ctx, b.id, parkedOrder, string(id)); err != nil {
			return err
		}
	}
	return nil
}

// storeStates writes what changed.
func (e *Engine) storeStates(ctx context.Context, tx Tx, b *bound, in *intake, states map[channel.OrderID]*orderState, ids []channel.OrderID, now time.Time) error {
	var changed []*orderState
	var events []OutboxRow
	var raws []RawRow
	for _, id := range ids {
		st := states[id]
		if st == nil || (st.before == nil && !st.dirty) {
			continue
		}
		if st.touched && !st.stub() {
			changed = append(changed, st)
			if ev, ok := e.event(b, st, now); ok {
				events = append(events, ev)
			}
		}
		if st.doc.Erased && (st.before == nil || !st.before.Erased) {
			if err := e.wipe(ctx, tx, b.id, id); err != nil {
				return err
			}
			continue
		}
		raws = append(raws, st.raw...)
	}
	// Documents are encoded while the database is busy with the rest.
	sealed := e.sealing(states, ids)
	defer sealed.wait()
	if err := e.redemand(ctx, tx, b, changed, in.dumb); err != nil {
		return err
	}
	if err := tx.PutRaw(ctx, raws); err != nil {
		return err
	}
	if err := tx.AppendOutbox(ctx, events); err != nil {
		return err
	}
	sealed.wait()
	var rows []OrderRow
	for _, id := range ids {
		st := states[id]
		if st == nil || !st.dirty {
			continue
		}
		doc, err := sealed.doc(e, st)
		if err != nil {
			return fmt.Errorf("seal order: %w: %w", errSeal, err)
		}
		o := &st.doc.Order
		st.row.Number, st.row.PlacedAt, st.row.UpdatedAt, st.row.Erased, st.row.Doc = o.Number, o.PlacedAt, o.UpdatedAt, st.doc.Erased, doc
		rows = append(rows, st.row)
	}
	if err := tx.PutOrders(ctx, rows); err != nil {
		return err
	}
	return e.wakeWaiting(ctx, tx, b, changed, now)
}

// sealing is documents on their way to be stored.
type sealing struct {
	docs map[*orderState][]byte
	errs map[*orderState]error
	done chan struct{}
}

// sealing begins to encode the documents that are to be stored. Nobody changes
// one until wait returns.
func (e *Engine) sealing(states map[channel.OrderID]*orderState, ids []channel.OrderID) *sealing {
	s := &sealing{docs: map[*orderState][]byte{}, errs: map[*orderState]error{}, done: make(chan struct{})}
	var dirty []*orderState
	for _, id := range ids {
		if st := states[id]; st != nil && st.dirty {
			dirty = append(dirty, st)
		}
	}
	go func() {
		defer close(s.done)
		for _, st := range dirty {
			s.docs[st], s.errs[st] = e.containedDoc(st.doc)
		}
	}()
	return s
}

func (s *sealing) wait() { <-s.done }

// doc returns a document. One that was found to be stored only later is encoded
// now.
func (s *sealing) doc(e *Engine, st *orderState) ([]byte, error) {
	if doc, ok := s.docs[st]; ok {
		return doc, s.errs[st]
	}
	return e.sealDoc(st.doc)
}

// containedDoc is sealDoc for a goroutine of its own.
func (e *Engine) containedDoc(d *orderDoc) (doc []byte, err error) {
	defer contain(&err)
	return e.sealDoc(d)
}

// redemand brings demand and totals in line with the orders' present state and
// tells the stock arithmetic. Whether an order has open demand is set in its
// row, which the caller stores.
func (e *Engine) redemand(ctx context.Context, tx Tx, b *bound, states []*orderState, dumb bool) error {
	var known []channel.OrderID
	for _, st := range states {
		if st.before != nil {
			known = append(known, st.row.ID)
		}
	}
	stored, err := tx.Demand(ctx, b.id, known)
	if err != nil {
		return err
	}
	had := map[channel.OrderID]map[channel.LineID]DemandRow{}
	for _, r := range stored {
		if had[r.Order] == nil {
			had[r.Order] = map[channel.LineID]DemandRow{}
		}
		had[r.Order][r.Line] = r
	}
	lines := 0
	for _, st := range states {
		lines += len(st.doc.Order.Lines)
	}
	changes := make([]lineChange, 0, lines)
	rows := make([]DemandRow, 0, lines)
	for _, st := range states {
		id := st.row.ID
		has := e.figures(b, st.doc, st.gone, confirmedUnits(st.doc, st.ours))
		open := false
		for _, r := range has {
			open = open || r.Open > 0
		}
		if st.row.Open != open {
			st.row.Open, st.dirty = open, true
		}
		before := st.before
		if before != nil && !before.Order.Has(channel.PartLines) {
			before = nil // only now is the order known
		}
		first := len(changes)
		changes = lineChanges(changes, before, st.doc, st.gone, had[id], has)
		for i := range changes[first:] {
			c := &changes[first+i]
			if !st.shipped.IsZero() {
				c.ShippedAt = st.shipped
			}
			if c.FirstSeen || !sameDemand(c.Before, c.After) {
				rows = append(rows, c.After)
			}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := tx.PutDemand(ctx, rows); err != nil {
		return err
	}
	totals := totalDeltas(b, changes)
	if err := e.linkNew(ctx, tx, b, totals); err != nil {
		return err
	}
	if err := tx.AddTotals(ctx, totals); err != nil {
		return err
	}
	if dumb {
		return nil
	}
	return arithmetic(func() error { return e.stockChanges(ctx, tx, b, changes) })
}

// arithmetic runs a part of the stock side and marks its failures and panics.
func arithmetic(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %w", errArithmetic, panicError(r))
		}
	}()
	if err := f(); err != nil {
		if errors.Is(err, ErrFenced) {
			return err
		}
		return fmt.Errorf("%w: %w", errArithmetic, err)
	}
	return nil
}

// linkNew sets the item of totals whose listing is linked already, for rows
// that are new.
func (e *Engine) linkNew(ctx context.Context, tx Tx, b *bound, totals []TotalRow) error {
	var ids []channel.ListingID
	for _, t := range totals {
		if t.Listing != "" {
			ids = append(ids, t.Listing)
		}
	}
	if len(ids) == 0 {
		return nil // none would be all of the channel's
	}
	slices.Sort(ids)
	links, err := tx.Links(ctx, b.id, slices.Compact(ids))
	if err != nil {
		return err
	}
	byListing := map[channel.ListingID]LinkRow{}
	for _, l := range links {
		byListing[l.Listing] = l
	}
	for i := range totals {
		if l, ok := byListing[totals[i].Listing]; ok {
			totals[i].Account, totals[i].Item, totals[i].Units = l.Account, l.Item, l.Units
		}
	}
	return nil
}

// wipe deletes an order's payloads: as they arrived, and parked.
func (e *Engine) wipe(ctx context.Context, tx Tx, ch channel.ID, id channel.OrderID) error {
	raws, err := tx.Raw(ctx, ch, id)
	if err != nil {
		return err
	}
	for i := range raws {
		raws[i].Payload = nil
	}
	if err := tx.PutRaw(ctx, raws); err != nil {
		return err
	}
	parked, err := tx.Parked(ctx, ParkedFilter{Channel: ch, Kind: parkedOrder, Ref: string(id), State: ParkedAny})
	if err != nil {
		return err
	}
	for i := range parked {
		parked[i].Raw = nil
	}
	return tx.Park(ctx, parked)
}
