package amazon

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// included are the datasets of an order that are asked for. Lines always come,
// a status only with FULFILLMENT.
const included = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX"

const pathOrders = "/orders/2026-01-01/orders"

// OrderPage returns one page of the orders that changed. Amazon names the time
// up to which it has searched; without an upper bound that is two minutes ago,
// which is also the latest it takes. Orders that Amazon ships for sales made
// elsewhere are left out.
//
// A search refills one call in three minutes: what comes beyond is throttled
// with the time until the next, and nothing else waits with it.
func (c *Channel) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	var none channel.Page[channel.Order]
	const op = "order page"
	var w walk
	if q.After != "" {
		var err error
		if w, err = c.parseWalk(op, q.After, walkOrders); err != nil {
			return none, err
		}
	} else {
		var empty bool
		if w, empty = c.newWalk(q); empty {
			now := c.serverNow()
			return channel.Page[channel.Order]{ReadAt: now, Through: earlier(q.Until, now.Add(-max(c.cfg.Lag, boundAge)))}, nil
		}
	}
	limit := maxPage
	if q.Limit > 0 {
		limit = min(limit, q.Limit)
	}
	query := url.Values{
		"lastUpdatedAfter": {w.After}, "marketplaceIds": {strings.Join(w.In, ",")}, "includedData": {included},
		"maxResultsPerPage": {strconv.Itoa(limit)},
	}
	if w.Before != "" {
		query.Set("lastUpdatedBefore", w.Before)
	}
	if w.Token != "" {
		query.Set("paginationToken", w.Token)
	}
	cl := get(op, opSearchOrders, pathOrders, query)
	var list spapi.OrderList
	began, err := c.read(ctx, cl, &list)
	if err != nil {
		return none, pageError(err, w.Token != "")
	}
	records, err := wire.Records[spapi.Order](list.Orders)
	if err != nil {
		return none, c.garbled(cl, "answer holds no orders")
	}
	if w.Began.IsZero() {
		w.Began = began
	}
	if edge := list.LastUpdatedBefore.Time; !edge.IsZero() {
		w.Edge = earlier(w.Edge, edge)
	}
	out := channel.Page[channel.Order]{ReadAt: began, Items: make([]channel.Order, 0, len(records))}
	for i := range records {
		if r := &records[i]; r.Err != nil || r.Value.SalesChannel.Name != channelOther {
			keep(&out, r)
		}
	}
	c.faces.learn(out.Items)
	if next := list.Pagination.NextToken; next != "" {
		if next == w.Token {
			return none, c.refuse(op, channel.ErrCursor, "the answer names the page token it was asked with")
		}
		w.Token, w.Given = next, began
		out.Next = w.cursor()
		return out, nil
	}
	out.Through = c.through(w)
	return out, nil
}

// newWalk begins a walk; empty says that there is nothing between its bounds.
func (c *Channel) newWalk(q channel.OrderQuery) (w walk, empty bool) {
	now := c.serverNow()
	latest := now.Add(-min(boundAge, c.cfg.Lag) - clockError)
	from := q.Since
	if oldest := c.cfg.Region.oldest(now); from.Before(oldest) {
		from = oldest
	}
	// A later beginning would be refused; what it adds is not there yet.
	from = earlier(from, latest)
	w = walk{Kind: walkOrders, After: stamp(from, false), In: c.cfg.MarketplaceIDs, Until: q.Until}
	if q.Until.IsZero() || q.Until.After(latest) {
		return w, false
	}
	w.Before = stamp(q.Until, true)
	return w, q.Until.Before(from)
}

// through is the time up to which a walk missed nothing: what Amazon says it
// has searched, less what an index that lags longer than Amazon says may have
// kept from it.
func (c *Channel) through(w walk) time.Time {
	t := w.Began.Add(-c.cfg.Lag)
	if w.Edge.IsZero() {
		t = w.Began.Add(-max(c.cfg.Lag, boundAge))
	}
	return earlier(earlier(w.Until, w.Edge), t)
}

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// pageError classes a refusal of a page. With a token, whatever is invalid is
// the token: the filters were taken before.
func pageError(err error, token bool) error {
	e, ok := errors.AsType[*channel.Error](err)
	if !ok || !token || !errors.Is(e.Class, channel.ErrInvalid) {
		return err
	}
	again := *e
	again.Class = channel.ErrCursor
	return &again
}

// keep adds a record to a page, decoded or parked.
func keep(page *channel.Page[channel.Order], r *wire.Record[spapi.Order]) {
	err := r.Err
	if err == nil {
		var o channel.Order
		if o, err = (&normalizer{w: &r.Value}).order(); err == nil {
			o.Raw = r.Raw
			page.Items = append(page.Items, o)
			return
		}
	}
	var id struct {
		OrderID text `json:"orderId"`
	}
	_ = wire.Unmarshal(r.Raw, &id)
	page.Parked = append(page.Parked, channel.Parked{ID: string(id.OrderID), Raw: r.Raw, Err: wire.Unfit(opDecode, err)})
}

const opDecode = "decode order"

// DecodeOrder decodes a raw payload again.
func (c *Channel) DecodeOrder(raw []byte) (channel.Order, error) {
	var w spapi.Order
	if err := wire.Unmarshal(raw, &w); err != nil {
		return channel.Order{}, wire.Unfit(opDecode, err)
	}
	o, err := (&normalizer{w: &w}).order()
	if err != nil {
		return channel.Order{}, wire.Unfit(opDecode, err)
	}
	o.Raw = bytes.Clone(raw)
	return o, nil
}

// faces counts orders that must have an address by whether they have one: a
// role that is missing shows only in that.
type faces struct {
	mu            sync.Mutex
	with, without int
}

func (f *faces) learn(orders []channel.Order) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range orders {
		switch o := &orders[i]; {
		case o.Recipient.Missing == channel.MissingNotGranted:
			f.without++
		case o.Recipient.Missing == channel.MissingNothing && o.Status.Value == channel.OrderOpen:
			f.with++
			f.without = 0
		}
	}
}

// hidden reports whether orders have come without the address that they must
// have, and none with it since.
func (f *faces) hidden() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.without > 0
}

var _ channel.OrderDecoder = (*Channel)(nil)
