package ebay

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	maxPage = 200     // orders of a page: getOrders, which refuses more
	maxLine = 1 << 31 // of a line: no figure is published

	// goesBack is how far back orders can be asked for, which is two years by
	// getOrders, less a day of ours.
	goesBack = 2*365*24*time.Hour - 24*time.Hour
	// changesGoBack is how far back the change of an order is surely found by:
	// further, it is asked for by its creation too. getOrders, on filter.
	changesGoBack = 90*24*time.Hour - time.Hour
	// maxWindow is how many orders a window has at most: one that grows while it
	// is read is read again.
	maxWindow = 50 * maxPage
	// minWindow is a window that is not divided any more.
	minWindow = time.Second

	// breakdown makes the tax that eBay collects stand in all totals alike.
	breakdown = "TAX_BREAKDOWN"
)

// OrderPage returns one page of the orders that changed. eBay tells orders once
// they are paid for, for two years. It knows no cursor and no order of its
// lists, only offsets, and an order that changes leaves its place to the next:
// so a closed window of time is read from the last offset to the first, where
// what moves is read twice and never missed; a window that grew is read again.
// Orders can come more than once.
//
// Beyond 90 days back orders are asked for by their creation, too. eBay has
// neither street nor name of those, and of orders older than two weeks no mail
// address.
//
// The list leaves requests to cancel out, and how much of a line that is partly
// shipped was shipped: each such order costs a call more, and where that fails it
// stops no other.
func (c *Channel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	const op = "order page"
	var none channel.Page[channel.Order]
	if q.After != "" {
		w, err := c.parseWalk(op, q.After)
		if err != nil {
			return none, err
		}
		return c.window(ctx, op, w)
	}
	w, empty := c.newWalk(q)
	if empty {
		return channel.Page[channel.Order]{ReadAt: c.serverNow(), Through: w.To}, nil
	}
	page, err := c.window(ctx, op, w)
	if e, ok := errors.AsType[*channel.Error](err); ok && e.Code == codeFuture {
		// Our clock is ahead of eBay's. What it has no dates in tells by how much.
		ask := func() error {
			_, err := c.read(ctx, get(op, apiFulfillment, opGetOrders, jobOrders, pathOrders, url.Values{"limit": {"1"}}), &sell.OrderList{})
			return err
		}
		if err := ask(); err != nil {
			return none, err
		}
		if err := c.clock.Decide(ctx, ask); err != nil {
			return none, err
		}
		w, _ = c.newWalk(q)
		return c.window(ctx, op, w)
	}
	return page, err
}

const (
	opGetOrders = "getOrders"
	codeFuture  = "30850"
)

// newWalk begins a walk; empty says that there is nothing between its bounds.
func (c *Channel) newWalk(q channel.OrderQuery) (w walk, empty bool) {
	now := c.serverNow()
	latest := now.Add(-c.cfg.Lag).Truncate(time.Millisecond)
	if !q.Until.IsZero() && q.Until.Before(latest) {
		latest = q.Until.UTC().Truncate(time.Millisecond)
	}
	from := q.Since.UTC().Truncate(time.Millisecond)
	if oldest := now.Add(-goesBack).Truncate(time.Millisecond).Add(time.Minute); from.Before(oldest) {
		from = oldest
	}
	if latest.Before(from) {
		return walk{To: earlier(latest, from)}, true
	}
	w = walk{Kind: walkModified, From: from, To: latest, Last: latest, Size: maxPage}
	if q.Limit > 0 {
		w.Size = min(q.Limit, maxPage)
	}
	if old := now.Add(-changesGoBack).Truncate(time.Millisecond); from.Before(old) {
		w.Kind, w.Since, w.Through = walkCreated, from, latest
		w.To, w.Last = earlier(old, latest), earlier(old, latest)
	}
	return w, false
}

// window reads one page of a window.
func (c *Channel) window(ctx context.Context, op string, w walk) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	query := url.Values{
		"filter": {w.Kind + ":[" + stamp(w.From) + ".." + stamp(w.To) + "]"}, "fieldGroups": {breakdown},
		"limit": {strconv.Itoa(w.Size)}, "offset": {strconv.Itoa(w.Next)},
	}
	cl := get(op, apiFulfillment, opGetOrders, jobOrders, pathOrders, query)
	var list sell.OrderList
	began, err := c.read(ctx, cl, &list)
	if err != nil {
		return none, err
	}
	records, err := wire.Records[sell.Order](list.Orders)
	if err != nil || list.Total < 0 {
		return none, c.garbled(cl, "answer holds no orders")
	}
	page := channel.Page[channel.Order]{ReadAt: began, Items: make([]channel.Order, 0, len(records))}
	told, failed := false, 0
	for i := range records {
		o, more, err := c.complete(ctx, op, &records[i])
		switch {
		case err == nil:
			told = told || more
		case !mayBeOfOne(ctx, err):
			return none, err
		default:
			if failed++; !told && failed == failedAll {
				return none, err
			}
			o.Record = &wire.Record[sell.Order]{Raw: o.Raw, Err: err}
		}
		o.keep(&page, began)
	}
	next, more := w.after(list.Total)
	if more {
		page.Next = next.cursor()
		return page, nil
	}
	page.Through = w.Last
	return page, nil
}

// after is where a walk goes on after a page of a window with so many records.
func (w walk) after(total int) (walk, bool) {
	first := w.Total == 0 && w.Next == 0
	switch {
	case first && total > maxWindow && w.halve():
		return w, true
	case first && total > w.Size:
		w.Total, w.Next = total, (total-1)/w.Size*w.Size
		return w, true
	case first:
		return w.nextWindow()
	case total > w.Total:
		// Something came into a window that is past: what was read may have moved
		// up, to where it was read before.
		if !w.Again || !w.halve() {
			if w.Again { // as small as it gets
				return w.nextWindow()
			}
			w.Again = true
		}
		w.Total, w.Next, w.Moved = 0, 0, false
		return w, true
	case total < w.Total:
		w.Moved = true
	}
	switch {
	case w.Next > w.Size:
		w.Next -= w.Size
	case w.Next > 0 && w.Moved:
		w.Next = 0
	default:
		return w.nextWindow()
	}
	return w, true
}

// halve makes the window half as long.
func (w *walk) halve() bool {
	half := w.To.Sub(w.From) / 2
	if half < minWindow {
		return false
	}
	w.To = w.From.Add(half).Truncate(time.Millisecond)
	w.Total, w.Next, w.Moved, w.Again = 0, 0, false, false
	return true
}

// nextWindow goes on behind the window, and from creations to changes.
func (w walk) nextWindow() (walk, bool) {
	w.Total, w.Next, w.Moved, w.Again = 0, 0, false, false
	switch {
	case w.To.Before(w.Last):
		w.From, w.To = w.To, w.Last
	case w.Kind == walkCreated:
		w.Kind, w.From, w.To, w.Last = walkModified, w.Since, w.Through, w.Through
		w.Since, w.Through = time.Time{}, time.Time{}
	default:
		return w, false
	}
	return w, true
}

// found is a record with what lists leave out.
type found struct {
	*wire.Record[sell.Order]
	parcels *sell.ShipmentList
}

// failedAll is how many orders in a row whose details cannot be read are taken
// for a failure of eBay's. Fewer are set aside, for the list itself was answered.
const failedAll = 4

// mayBeOfOne reports whether what failed for one order may go well for others.
func mayBeOfOne(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, channel.ErrInvalid) || errors.Is(err, channel.ErrConflict) || errors.Is(err, channel.ErrUnavailable))
}

// complete reads what the list leaves out of an order, if it has any: requests to
// cancel, and how much of its lines was shipped. It tells whether anything was
// asked for.
func (c *Channel) complete(ctx context.Context, op string, r *wire.Record[sell.Order]) (f found, more bool, err error) {
	f = found{Record: r}
	if unreadable := r.Err != nil || !orderID(channel.OrderID(r.Value.OrderID)); unreadable {
		return f, false, nil
	}
	if asked(&r.Value.Cancel) && len(r.Value.Cancel.Requests) == 0 {
		more = true
		whole, _, err := c.order(ctx, op, channel.OrderID(r.Value.OrderID))
		switch {
		case err == nil && whole.Err == nil:
			f.Record = whole
		case err == nil, errors.Is(err, channel.ErrNotFound):
		default:
			return f, true, err
		}
	}
	for i := range f.Value.Lines {
		if f.Value.Lines[i].Fulfillment == inProgress {
			return f, true, c.withParcels(ctx, op, &f)
		}
	}
	return f, more, nil
}

// withParcels reads an order's parcels, and has its raw payload hold both.
func (c *Channel) withParcels(ctx context.Context, op string, f *found) error {
	var raw jsontext.Value
	cl := parcelsCall(op, channel.OrderID(f.Value.OrderID))
	if _, err := c.read(ctx, cl, &raw); err != nil {
		return err
	}
	parcels := &sell.ShipmentList{}
	if err := wire.Unmarshal(raw, parcels); err != nil {
		return c.garbled(cl, "answer holds no parcels")
	}
	f.parcels = parcels
	both := make([]byte, 0, len(f.Raw)+len(raw)+40)
	both = append(append(append(both, `{"order":`...), f.Raw...), `,"fulfillments":`...)
	again := *f.Record
	again.Raw = append(append(both, raw...), '}')
	f.Record = &again
	return nil
}

// keep adds a record to a page, decoded or parked.
func (f *found) keep(page *channel.Page[channel.Order], now time.Time) {
	err := f.Err
	if err == nil {
		var o channel.Order
		if o, err = (&normalizer{w: &f.Value, parcels: f.parcels, now: now}).order(); err == nil {
			o.Raw = f.Raw
			page.Items = append(page.Items, o)
			return
		}
	}
	var id struct {
		OrderID text `json:"orderId"`
		Order   struct {
			OrderID text `json:"orderId"`
		} `json:"order"`
	}
	_ = wire.Unmarshal(f.Raw, &id)
	page.Parked = append(page.Parked, channel.Parked{ID: string(id.OrderID + id.Order.OrderID), Raw: f.Raw, Err: wire.Unfit(opDecode, err)})
}

// text is text that may come as anything else, and then is that.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	switch err := wire.Unmarshal(b, &s); {
	case err == nil:
		*t = text(s)
	case string(b) != "null":
		*t = text(b)
	}
	return nil
}

const opDecode = "decode order"

// DecodeOrder decodes a raw payload again.
func (c *Channel) DecodeOrder(raw []byte) (channel.Order, error) {
	raw = []byte(strings.Clone(string(raw)))
	f := found{Record: &wire.Record[sell.Order]{Raw: raw}}
	var both struct {
		Order   jsontext.Value     `json:"order"`
		Parcels *sell.ShipmentList `json:"fulfillments"`
	}
	f.Err = wire.Unmarshal(raw, &both)
	if f.Err == nil && len(both.Order) > 0 {
		f.parcels = both.Parcels
		f.Err = wire.Unmarshal(both.Order, &f.Value)
	} else if f.Err == nil {
		f.Err = wire.Unmarshal(raw, &f.Value)
	}
	var page channel.Page[channel.Order]
	f.keep(&page, c.serverNow())
	if len(page.Parked) > 0 {
		return channel.Order{}, page.Parked[0].Err
	}
	return page.Items[0], nil
}

var _ channel.OrderDecoder = (*Channel)(nil)
