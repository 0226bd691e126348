package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// shipTogether is how many parcels of one channel are under way at once,
	// each of another order.
	shipTogether = 8
	// shipWaits is how often a parcel whose order must not be shipped now is
	// looked at when nothing is heard of the order.
	shipWaits = 15 * time.Minute
	// shipRereads is how often a parcel is decided again because the
	// marketplace disagreed about the order, before it is refused.
	shipRereads = 4

	parcelRest    = 5 * time.Second
	parcelRestMax = time.Hour
)

// parcelStep is what is to be done about a parcel now.
type parcelStep int

const (
	parcelSend  parcelStep = iota // look, send, look again: the adapter's Ship
	parcelLook                    // sent once without a number: look only
	parcelAmend                   // correct its tracking
)

// parcelJob is one parcel in hand.
type parcelJob struct {
	parcel
	step   parcelStep
	send   channel.Shipment
	result channel.ShipResult
	err    error
	// found is what a look by id brought, to be stored with the outcome.
	found *intake
}

// runShip tells the marketplace of the parcels that are due: a few at once,
// one of an order. What is about to be sent is stored before it is sent.
func (e *Engine) runShip(ctx context.Context, v *visit) laneResult {
	now := time.Now()
	var due []ShipmentRow
	var oldest time.Time
	err := e.view(ctx, func(tx Tx) (err error) {
		if due, err = tx.DueShipments(ctx, v.b.id, now, 1); err != nil || len(due) > 0 {
			return err
		}
		_, oldest, err = tx.CountShipments(ctx, v.b.id)
		return err
	})
	if err != nil || len(due) == 0 {
		return laneResult{Next: oldest, Err: err, Idle: !oldest.IsZero()}
	}
	jobs, err := e.beginParcels(ctx, v, now)
	if err != nil {
		return laneResult{Err: err}
	}
	e.sendParcels(ctx, v, jobs)
	worst := v.judgeParcels(ctx, jobs)
	if err := e.endParcels(ctx, v, jobs); err != nil {
		return laneResult{Err: err}
	}
	return laneResult{Next: time.Now(), Err: worst}
}

// beginParcels chooses what to do and stores it as intent.
func (e *Engine) beginParcels(ctx context.Context, v *visit, now time.Time) (jobs []*parcelJob, err error) {
	err = v.update(ctx, func(tx Tx) error {
		jobs = nil
		due, err := tx.DueShipments(ctx, v.b.id, now, 8*shipTogether)
		if err != nil {
			return err
		}
		var ids []channel.OrderID
		for _, r := range due {
			ids = append(ids, r.Order)
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		orders, err := tx.Orders(ctx, v.b.id, ids)
		if err != nil {
			return err
		}
		siblings, err := tx.OrderShipments(ctx, v.b.id, ids)
		if err != nil {
			return err
		}
		var decided []*parcel
		busy := map[channel.OrderID]bool{}
		for _, r := range due {
			if busy[r.Order] || len(jobs) == shipTogether {
				continue
			}
			busy[r.Order] = true
			p := openParcel(r)
			i := slices.IndexFunc(orders, func(o OrderRow) bool { return o.ID == r.Order })
			var order *OrderRow
			if i >= 0 {
				order = &orders[i]
			}
			var ours []ShipmentRow
			for _, s := range siblings {
				if s.Order == r.Order {
					ours = append(ours, s)
				}
			}
			job := e.decideParcel(v, &p, order, ours, now)
			if job != nil {
				decided = append(decided, &job.parcel)
				jobs = append(jobs, job)
			} else {
				decided = append(decided, &p)
			}
		}
		return e.storeParcels(ctx, tx, v.b, decided, now, false)
	})
	return jobs, err
}

// decideParcel returns what to do with a parcel that is due, or nil when it
// only waits or is refused, which p then says.
func (e *Engine) decideParcel(v *visit, p *parcel, order *OrderRow, ours []ShipmentRow, now time.Time) *parcelJob {
	refuse := func(why, remedy string) *parcelJob {
		p.State, p.NextAt, p.Reason = ShipmentRefused, time.Time{}, withRemedy("", why, remedy)
		return nil
	}
	const another = "Ship what is open under another Key, then Dismiss this one"
	wait := func(until time.Time, why string) *parcelJob {
		p.NextAt, p.Reason, p.doc.Waiting = until, why, true
		return nil
	}
	if p.State == ShipmentSent && now.Before(p.Deadline) {
		// Whoever sent it may still be answered.
		p.NextAt = p.Deadline
		return nil
	}
	if order == nil || len(p.doc.Lines) == 0 {
		if p.State == ShipmentSent { // nothing tells how to look for it, and it may have arrived
			p.State, p.NextAt = ShipmentUnconfirmed, time.Time{}
			p.Reason = withRemedy("", "sent, and its stored record cannot be read, or its order is not stored",
				"look on the marketplace whether it has the parcel, then SettleShipment")
			return nil
		}
		return refuse("its stored record cannot be read, or its order is not stored", "Ship it under another Key, then Dismiss this one")
	}
	d, err := e.openDoc(order.Doc)
	if err != nil {
		if p.State == ShipmentSent { // it may have arrived: never sent again because we cannot read
			return wait(now.Add(shipWaits), "its outcome is not known, and its order cannot be read: "+reason(err))
		}
		return refuse("its order cannot be read: "+reason(err), "mend Config.Sealer, then Replay")
	}
	for _, s := range ours {
		if s.Key != p.Key && s.State == ShipmentSent && p.State != ShipmentSent {
			// What became of that one decides what a look may take for this one.
			p.NextAt = later(s.NextAt, now.Add(time.Second))
			return nil
		}
	}
	if p.State == ShipmentPending {
		o := &d.Order
		switch {
		case order.Gone:
			return refuse("the marketplace no longer has the order", "stop the parcel, then Dismiss it")
		case o.Status.Value == channel.OrderCancelled:
			return refuse("the order is cancelled", "stop the parcel, or have the buyer order again, then Dismiss it")
		case o.Status.Value == channel.OrderHeld:
			return wait(now.Add(shipWaits), "waits: the marketplace holds the order"+holdReasons(o.Units))
		case o.Status.Value == channel.OrderPending:
			return wait(now.Add(shipWaits), "waits: the order is not confirmed yet")
		}
		if why := heldUnits(o, p.doc.Lines); why != "" {
			return wait(now.Add(shipWaits), why)
		}
		for _, l := range p.doc.Lines {
			i := slices.IndexFunc(o.Lines, func(ol channel.Line) bool { return ol.ID == l.Line })
			if i < 0 {
				return refuse(fmt.Sprintf("line %q is no longer in the order", l.Line), another)
			}
			if !sellers(&o.Lines[i]) {
				return refuse(fmt.Sprintf("line %q is no longer the seller's to ship: it is fulfilled by %s", l.Line,
					cmp.Or(string(o.Lines[i].FulfilledBy.Value), o.Lines[i].FulfilledBy.Raw)), another)
			}
		}
		if e.cfg.DryRun {
			e.log.Info("dry run: would ship", "channel", v.b.id, "order", p.Order, "parcel", p.Seq,
				"carrier", p.doc.Tracking.Carrier, "numbered", p.doc.numbered())
			return wait(now.Add(time.Hour), "dry run: would be sent")
		}
	}
	job := &parcelJob{parcel: *p}
	job.send.Known = knownRecords(p, ours)
	deadline := now.Add(v.b.deadline)
	switch {
	case p.State == ShipmentConfirmed && p.doc.Amend == nil:
		p.NextAt = time.Time{}
		return nil
	case p.State == ShipmentConfirmed && v.b.editor == nil:
		p.NextAt, p.doc.Amend, p.Reason = time.Time{}, nil, "the marketplace cannot change a parcel it has"
		return nil
	case p.State == ShipmentConfirmed:
		// The same correction twice is one: it needs no intent.
		job.step = parcelAmend
		return job
	case p.State == ShipmentSent && !p.doc.numbered():
		job.step = parcelLook
		return job
	case p.State != ShipmentPending && p.State != ShipmentSent:
		p.NextAt = time.Time{}
		return nil
	}
	if p.State == ShipmentPending {
		for _, s := range d.Order.Shipments {
			if !s.Cancelled {
				job.doc.Before = append(job.doc.Before, s.ID)
			}
		}
		slices.Sort(job.doc.Before)
		job.doc.Before = slices.Compact(job.doc.Before)
	}
	job.State, job.SentAt, job.Deadline, job.NextAt = ShipmentSent, now, deadline, deadline
	job.Fence, job.Reason, job.doc.Waiting = v.lease.Fence, "", false
	job.Attempts++
	job.send = channel.Shipment{
		Key: p.Key, Seq: p.Seq, Order: p.Order, Tracking: p.doc.Tracking, Location: p.doc.Location,
		ShippedAt: p.doc.ShippedAt, NotifyBuyer: p.doc.NotifyBuyer, Known: job.send.Known,
	}
	for _, l := range p.doc.Lines {
		line := channel.ShipmentLine{Line: l.Line, Quantity: l.Quantity}
		for _, ol := range d.Order.Lines {
			if ol.ID == l.Line {
				line.Handle = ol.Handle
			}
		}
		job.send.Lines = append(job.send.Lines, line)
	}
	return job
}

// knownRecords are the marketplace's records of the order's other parcels.
func knownRecords(p *parcel, ours []ShipmentRow) []channel.RemoteShipmentID {
	var known []channel.RemoteShipmentID
	for _, s := range ours {
		if s.Key == p.Key {
			continue
		}
		sibling := openParcel(s)
		for _, r := range sibling.doc.Remote {
			known = append(known, r.ID)
		}
	}
	return known
}

// heldUnits tells why a parcel's lines cannot be shipped now, when every
// fulfilment unit that has one of them still open is held or scheduled.
func heldUnits(o *channel.Order, lines []ShipmentLine) string {
	for _, l := range lines {
		var held, scheduled []channel.Unit
		free := false
		for _, u := range o.Units {
			if !slices.ContainsFunc(u.Lines, func(ul channel.UnitLine) bool { return ul.Line == l.Line && ul.Remaining > 0 }) {
				continue
			}
			switch u.Status.Value {
			case channel.UnitHeld:
				held = append(held, u)
			case channel.UnitScheduled:
				scheduled = append(scheduled, u)
			default:
				free = true
			}
		}
		switch {
		case free:
		case len(held) > 0:
			return "waits: the marketplace holds it" + holdReasons(held)
		case len(scheduled) > 0:
			return "waits: it is scheduled for " + scheduled[0].FulfilAt.UTC().Format(time.DateTime)
		}
	}
	return ""
}

// holdReasons names why units are held, each reason once: all have to be dealt
// with.
func holdReasons(units []channel.Unit) string {
	var reasons []string
	for _, u := range units {
		for _, h := range u.Holds {
			if h.Reason != "" && !slices.Contains(reasons, h.Reason) {
				reasons = append(reasons, h.Reason)
			}
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, ", ")
}

// sendParcels makes the calls, each with its deadline.
func (e *Engine) sendParcels(ctx context.Context, v *visit, jobs []*parcelJob) {
	var all sync.WaitGroup
	for _, j := range jobs {
		all.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					j.err = panicError(r)
					e.log.Error("ship", "channel", v.b.id, "order", j.Order, "error", j.err, "stack", string(debug.Stack()))
				}
			}()
			switch j.step {
			case parcelSend:
				ctx, cancel := v.writing(ctx, j.Deadline)
				defer cancel()
				j.result, j.err = v.b.ch.Ship(ctx, j.send)
			case parcelLook:
				if v.b.orders != nil {
					j.found, j.err = e.readByID(ctx, v, []channel.OrderID{j.Order})
				}
			case parcelAmend:
				ctx, cancel := v.writing(ctx, time.Now().Add(v.b.deadline))
				defer cancel()
				for _, r := range j.doc.Remote {
					if err := v.b.editor.AmendShipment(ctx, r, *j.doc.Amend); err != nil {
						j.err = err
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// judgeParcels decides what became of each parcel and returns the error that
// concerns the lane, if any.
func (v *visit) judgeParcels(ctx context.Context, jobs []*parcelJob) error {
	var worst error
	rank := 0
	unavailable := 0
	for _, j := range jobs {
		switch j.step {
		case parcelSend:
			v.judgeSend(ctx, j)
		case parcelLook:
			v.judgeLook(j)
		case parcelAmend:
			v.judgeAmend(j)
		}
		class := channel.Class(j.err)
		if errors.Is(class, channel.ErrUnavailable) {
			unavailable++
		}
		for i, c := range []error{channel.ErrThrottled, channel.ErrForbidden, channel.ErrSuspended, channel.ErrUnauthorized} {
			if errors.Is(class, c) && i+1 > rank {
				worst, rank = j.err, i+1
			}
		}
	}
	if worst == nil && unavailable > 0 && unavailable == len(jobs) {
		worst = jobs[0].err
	}
	return worst
}

// again makes a parcel due after a rest that grows with its attempts.
func (j *parcelJob) again(state ShipmentState, now time.Time) {
	j.State = state
	j.NextAt = now.Add(backoff(parcelRest, parcelRestMax, j.Attempts, j.Key))
	j.Reason = reason(j.err)
}

// refused notes that the marketplace will not take the parcel as it is.
func (j *parcelJob) refused() {
	j.State, j.NextAt, j.Reason = ShipmentRefused, time.Time{}, withRemedy("", reason(j.err), shipRemedy(j.err))
}

func (v *visit) judgeSend(ctx context.Context, j *parcelJob) {
	now := time.Now()
	if j.err == nil && !slices.ContainsFunc(j.result.Remote, func(r channel.RemoteShipment) bool { return r.ID != "" }) {
		j.err = &channel.Error{Channel: v.b.id, Op: "ship", Class: channel.ErrUnsure, Message: "the adapter names no record of the parcel"}
	}
	class := channel.Class(j.err)
	switch {
	case j.err == nil:
		j.State, j.NextAt, j.Reason = ShipmentConfirmed, time.Time{}, ""
		j.doc.Remote, j.doc.Found, j.doc.Notes = j.result.Remote, j.result.Found, j.result.Notes
		if j.doc.Amend != nil {
			j.NextAt = now
		}
	case errors.Is(j.err, errDryRun):
		j.State, j.NextAt, j.Reason = ShipmentPending, now.Add(time.Hour), "dry run: would be sent"
	case oneOf(class, channel.ErrThrottled, channel.ErrUnauthorized, channel.ErrSuspended, channel.ErrForbidden):
		// Not taken, and nothing about this parcel: it waits for its lane.
		j.State, j.NextAt, j.Reason = ShipmentPending, now, reason(j.err)
		j.Attempts--
	case oneOf(class, channel.ErrUnavailable, channel.ErrCursor):
		j.again(ShipmentPending, now)
	case oneOf(class, channel.ErrConflict, channel.ErrStaleHandle):
		j.reconsider(ctx, v, now)
	case oneOf(class, channel.ErrInvalid, channel.ErrNotFound):
		j.refused()
	default: // unsure, or an answer we cannot read: it may be there
		j.again(ShipmentSent, now)
		j.NextAt = later(j.NextAt, j.Deadline)
		if !j.doc.numbered() {
			j.NextAt = j.Deadline
		}
	}
}

// reconsider has the order read again, because the marketplace sees it
// otherwise than we do, and then decides anew.
func (j *parcelJob) reconsider(ctx context.Context, v *visit, now time.Time) {
	j.doc.Rereads++
	if j.doc.Rereads > shipRereads {
		j.refused()
		return
	}
	j.again(ShipmentPending, now)
	if v.b.orders == nil {
		// The next walk brings it.
		j.NextAt = later(j.NextAt, v.rows[LaneImport].NextAt.Add(time.Second))
		return
	}
	if v.renew(ctx) != nil { // storing the outcome will tell
		return
	}
	in, err := v.e.readByID(ctx, v, []channel.OrderID{j.Order})
	if err != nil {
		return
	}
	j.found, j.NextAt = in, now
}

// judgeLook decides a parcel that was sent once, without a number, and not
// answered: a new record of its lines is it.
func (v *visit) judgeLook(j *parcelJob) {
	now := time.Now()
	j.doc.Looks++
	if j.err == nil && j.found != nil {
		for i := range j.found.orders {
			if r, ok := j.match(&j.found.orders[i]); ok {
				j.State, j.NextAt, j.Reason = ShipmentConfirmed, time.Time{}, ""
				j.doc.Remote = []channel.RemoteShipment{r}
				return
			}
		}
	}
	settled := now.After(j.Deadline.Add(v.b.traits.VisibilityLag + time.Minute))
	switch class := channel.Class(j.err); {
	case v.b.orders == nil || errors.Is(j.err, errors.ErrUnsupported),
		j.err == nil && settled,
		oneOf(class, channel.ErrInvalid, channel.ErrNotFound):
		j.State, j.NextAt = ShipmentUnconfirmed, time.Time{}
		j.Reason = withRemedy("", "sent once without a tracking number and never answered",
			"look on the marketplace whether it has the parcel, then SettleShipment")
	case oneOf(class, channel.ErrThrottled, channel.ErrUnauthorized, channel.ErrSuspended, channel.ErrForbidden):
		j.NextAt, j.Reason = now, reason(j.err)
	default:
		j.NextAt = now.Add(backoff(20*time.Second, parcelRestMax, j.doc.Looks, j.Key))
		j.Reason = "sent once without a tracking number and not answered: looking whether the marketplace has it"
	}
}

// match finds the record of a parcel without a number: one that was not there
// before, is no other parcel's, and has its lines.
func (j *parcelJob) match(o *channel.Order) (channel.RemoteShipment, bool) {
	if o.ID != j.Order || !o.Has(channel.PartShipments) {
		return channel.RemoteShipment{}, false
	}
	want := j.doc.quantities()
	for _, r := range o.Shipments {
		numbered := slices.ContainsFunc(r.Tracking, func(t channel.Tracking) bool { return channel.NormalTracking(t.Number) != "" })
		if r.Cancelled || numbered || slices.Contains(j.doc.Before, r.ID) || slices.Contains(j.send.Known, r.ID) {
			continue
		}
		have := map[channel.LineID]int64{}
		for _, l := range r.Lines {
			have[l.Line] += l.Quantity
		}
		same := len(have) == len(want)
		for line, n := range want {
			same = same && have[line] == n
		}
		if same {
			return r, true
		}
	}
	return channel.RemoteShipment{}, false
}

func (v *visit) judgeAmend(j *parcelJob) {
	now := time.Now()
	class := channel.Class(j.err)
	switch {
	case j.err == nil:
		j.doc.Tracking, j.doc.Amend = *j.doc.Amend, nil
		j.NextAt, j.Reason, j.Attempts = time.Time{}, "", 0
	case errors.Is(j.err, errors.ErrUnsupported), oneOf(class, channel.ErrInvalid, channel.ErrNotFound):
		j.doc.Amend, j.NextAt = nil, time.Time{}
		j.Reason = "its tracking was not corrected: " + reason(j.err)
		j.doc.Notes = append(j.doc.Notes, j.Reason)
	case oneOf(class, channel.ErrThrottled, channel.ErrUnauthorized, channel.ErrSuspended, channel.ErrForbidden):
		j.NextAt, j.Reason = now, reason(j.err)
	default:
		j.Attempts++
		j.again(ShipmentConfirmed, now)
	}
}

func oneOf(class error, of ...error) bool {
	return class != nil && slices.Contains(of, class)
}

// endParcels stores what became of the parcels in hand.
func (e *Engine) endParcels(ctx context.Context, v *visit, jobs []*parcelJob) error {
	if len(jobs) == 0 {
		return nil
	}
	store := func(dumb bool) error {
		return v.update(ctx, func(tx Tx) error {
			keys := make([]string, len(jobs))
			for i, j := range jobs {
				keys[i] = j.Key
			}
			stored, err := tx.Shipments(ctx, keys)
			if err != nil {
				return err
			}
			var parcels []*parcel
			for _, j := range jobs {
				p := j.parcel
				if i := slices.IndexFunc(stored, func(r ShipmentRow) bool { return r.Key == j.Key }); i >= 0 && j.step != parcelAmend {
					// A correction that arrived meanwhile is still to be made.
					if was := openParcel(stored[i]); was.doc.Amend != nil && p.doc.Amend == nil {
						p.doc.Amend = was.doc.Amend
						if p.State == ShipmentConfirmed {
							p.NextAt = time.Now()
						}
					}
				}
				if j.found != nil {
					j.found.dumb = dumb
					if err := e.takeIn(ctx, tx, v.b, j.found); err != nil {
						return err
					}
				}
				parcels = append(parcels, &p)
			}
			return e.storeParcels(ctx, tx, v.b, parcels, time.Now(), dumb)
		})
	}
	err := store(false)
	if errors.Is(err, errArithmetic) {
		e.log.Error("the stock arithmetic failed on a shipment and is left out of it", "channel", v.b.id, "error", err)
		err = store(true)
	}
	return err
}

// storeParcels stores parcels, parks and frees them, and lets those that are
// confirmed count as shipped.
func (e *Engine) storeParcels(ctx context.Context, tx Tx, b *bound, parcels []*parcel, now time.Time, dumb bool) error {
	if len(parcels) == 0 {
		return nil
	}
	var rows []ShipmentRow
	var parked []ParkedRow
	var confirmed []channel.OrderID
	sentAt := map[channel.OrderID]time.Time{}
	for _, p := range parcels {
		rows = append(rows, p.row())
		switch p.State {
		case ShipmentRefused, ShipmentUnconfirmed:
			parked = append(parked, ParkedRow{
				Channel: b.id, Kind: parkedShipment, Ref: p.Key, Class: string(p.State), At: now, Digest: hash(p.Reason),
				Reason: fmt.Sprintf("parcel %s of order %s: %s", p.Key, p.Order, p.Reason),
			})
		case ShipmentConfirmed:
			confirmed = append(confirmed, p.Order)
			sentAt[p.Order] = later(sentAt[p.Order], b.serverTime(p.SentAt))
			fallthrough
		case ShipmentPending, ShipmentSent:
			if err := tx.Unpark(ctx, b.id, parkedShipment, p.Key); err != nil {
				return err
			}
		}
	}
	if err := tx.PutShipments(ctx, rows); err != nil {
		return err
	}
	if err := tx.Park(ctx, parked); err != nil {
		return err
	}
	if len(confirmed) == 0 {
		return nil
	}
	slices.Sort(confirmed)
	states, ids, err := e.loadStates(ctx, tx, b, &intake{gone: slices.Compact(confirmed)})
	if err != nil {
		return err
	}
	var changed []*orderState
	for _, id := range ids {
		if st := states[id]; st != nil && st.before != nil {
			st.shipped = sentAt[id]
			changed = append(changed, st)
		}
	}
	if err := e.redemand(ctx, tx, b, changed, dumb); err != nil {
		return err
	}
	var orders []OrderRow
	for _, st := range changed {
		if st.dirty {
			orders = append(orders, st.row)
		}
	}
	return tx.PutOrders(ctx, orders)
}

// wakeWaiting makes parcels due that waited for their orders to change.
func (e *Engine) wakeWaiting(ctx context.Context, tx Tx, b *bound, changed []*orderState, now time.Time) error {
	var rows []ShipmentRow
	for _, st := range changed {
		for _, r := range st.ours {
			if r.State != ShipmentPending {
				continue
			}
			if p := openParcel(r); p.doc.Waiting {
				p.doc.Waiting, p.NextAt = false, now
				rows = append(rows, p.row())
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.PutShipments(ctx, rows); err != nil {
		return err
	}
	return tx.Wake(ctx, now, true, b.id)
}
