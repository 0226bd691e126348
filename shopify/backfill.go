package shopify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// backfillPage is how many records a page of a snapshot has.
const backfillPage = 250

// backfillAgain is how many orders of a page are read by id: two calls, and
// those for long orders.
const backfillAgain = 50

// maxBulkLine bounds a line of a bulk result: one order without its lines, or
// one line.
const maxBulkLine = 4 << 20

// maxBulkParent bounds the lines held of one object with its children: 16,000
// lines of an order. An order with more is read by id.
const maxBulkParent = 16 << 20

// maxStrays bounds the orders of a result whose lines came away from them. Each
// is read by id; with more, the result is not grouped as was asked for.
const maxStrays = 10_000

// StartBackfill starts a bulk operation. Shopify runs up to five of an app at
// once on a shop; one more is ErrThrottled. The ticket holds what was asked for
// beside Shopify's own id.
func (c *Channel) StartBackfill(ctx context.Context, q channel.BackfillQuery) (channel.Ticket, error) {
	const op = "start backfill"
	job := channel.JobOrders
	if q.Kind != channel.BackfillOrders {
		job = channel.JobListings
	}
	access, err := c.grantedFor(ctx, op, job)
	if err != nil {
		return "", err
	}
	w := walk{Phase: phaseOrders, Since: q.Since, Began: c.serverNow()}
	var query string
	switch q.Kind {
	case channel.BackfillOrders:
		query = admin.BulkOrders(access, w.filter())
	case channel.BackfillListings:
		query = admin.BulkVariants
	case channel.BackfillStock:
		query = admin.BulkStock
	default:
		return "", &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid, Message: "no such kind of snapshot"}
	}
	var data struct {
		Run struct {
			Bulk       *admin.Ref  `json:"bulkOperation"`
			UserErrors []userError `json:"userErrors"`
		} `json:"bulkOperationRunQuery"`
	}
	cl := call{op: op, name: "RunBulk", query: admin.RunBulk, vars: map[string]any{"query": query}, cost: admin.RunBulkCost, repeat: transport.Once}
	if _, err := c.do(ctx, cl, &data); err != nil {
		return "", err
	}
	if len(data.Run.UserErrors) > 0 {
		e := data.Run.UserErrors[0]
		err := &channel.Error{Channel: c.cfg.ID, Op: op, Code: e.Code, Message: transport.Message(e.Message), Class: channel.ErrInvalid}
		if e.Code == "OPERATION_IN_PROGRESS" || e.Code == "LIMIT_REACHED" {
			err.Class, err.RetryAfter = channel.ErrThrottled, time.Minute
		}
		return "", err
	}
	if data.Run.Bulk == nil {
		return "", &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnsure, Message: "no operation in the answer"}
	}
	return channel.Ticket(fmt.Sprintf("%s %d %s", q.Kind, w.Began.Unix(), tail(data.Run.Bulk.ID))), nil
}

// parseTicket takes a ticket apart: what was asked for, when, and Shopify's id.
func (c *Channel) parseTicket(t channel.Ticket) (kind channel.BackfillKind, began time.Time, id string, err error) {
	parts := strings.Split(string(t), " ")
	if len(parts) == 3 {
		if sec, err := strconv.ParseInt(parts[1], 10, 64); err == nil && parts[2] != "" {
			return channel.BackfillKind(parts[0]), time.Unix(sec, 0).UTC(), parts[2], nil
		}
	}
	return "", began, "", &channel.Error{Channel: c.cfg.ID, Op: "backfill", Class: channel.ErrInvalid, Message: "ticket is not of this channel's making"}
}

var bulkStates = map[string]channel.TicketState{
	"CREATED": channel.TicketQueued, "RUNNING": channel.TicketRunning, "CANCELING": channel.TicketRunning,
	"COMPLETED": channel.TicketDone, "CANCELED": channel.TicketCancelled, "FAILED": channel.TicketFailed, "EXPIRED": channel.TicketFailed,
}

// BackfillState tells how a bulk operation goes.
func (c *Channel) BackfillState(ctx context.Context, t channel.Ticket) (channel.TicketPage, error) {
	_, _, id, err := c.parseTicket(t)
	if err != nil {
		return channel.TicketPage{}, err
	}
	b, err := c.bulk(ctx, id)
	if err != nil {
		return channel.TicketPage{}, err
	}
	state, ok := bulkStates[b.Status]
	if !ok {
		state = channel.TicketRunning
	}
	p := channel.TicketPage{State: state, Since: b.CreatedAt, Progress: strings.ToLower(b.Status) + ", " + b.ObjectCount + " objects"}
	if b.ErrorCode != "" {
		p.Progress += ", " + b.ErrorCode
	}
	return p, nil
}

func (c *Channel) bulk(ctx context.Context, id string) (*admin.Bulk, error) {
	const op = "backfill state"
	var data struct {
		Bulk *admin.Bulk `json:"bulkOperation"`
	}
	cl := call{op: op, name: "BulkState", query: admin.BulkState, vars: map[string]any{"id": gid("BulkOperation", id)}, cost: admin.BulkStateCost, repeat: transport.Read}
	if _, err := c.do(ctx, cl, &data); err != nil {
		return nil, err
	}
	if data.Bulk == nil {
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrNotFound, Message: "no bulk operation " + id}
	}
	return data.Bulk, nil
}

// results streams the lines of a finished operation: each top-level object
// with the lines that are its children. Shopify is asked to group them; should
// a child come away from its parent, or should there be too many to be held, the
// parent's id is told to stray instead. A failed operation's partial result is
// refused: taken for whole, it would lose what it lacks.
func (c *Channel) results(ctx context.Context, t channel.Ticket, kind channel.BackfillKind, each func(parent bulkLine, children []bulkLine) error, stray func(parent string) error) (began time.Time, err error) {
	const op = "backfill result"
	k, began, id, err := c.parseTicket(t)
	if err != nil {
		return began, err
	}
	if k != kind {
		return began, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid, Message: "the ticket is for " + string(k)}
	}
	b, err := c.bulk(ctx, id)
	if err != nil {
		return began, err
	}
	if b.Status != "COMPLETED" {
		class := channel.ErrConflict
		if s := bulkStates[b.Status]; s == channel.TicketQueued || s == channel.TicketRunning {
			class = channel.ErrUnavailable
		}
		return began, &channel.Error{Channel: c.cfg.ID, Op: op, Code: b.ErrorCode, Class: class, Message: transport.Message("the operation is " + strings.ToLower(b.Status))}
	}
	if b.URL == "" {
		return began, nil // nothing matched
	}
	body, err := c.download(ctx, b.URL)
	if err != nil {
		return began, err
	}
	defer func() { _ = body.Close() }()
	s := bufio.NewScanner(body)
	s.Buffer(make([]byte, 0, 64<<10), maxBulkLine)
	var parent bulkLine
	var children []bulkLine
	held := 0 // bytes
	flush := func() error {
		if parent.Raw == nil {
			return nil
		}
		err := each(parent, children)
		parent, children, held = bulkLine{}, nil, 0
		return err
	}
	for s.Scan() {
		line := bulkLine{Raw: bytes.Clone(s.Bytes())}
		if err := admin.Unmarshal(line.Raw, &line); err != nil {
			return began, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, Message: "a line of the result is not JSON"}
		}
		switch {
		case line.Parent == "":
			if err := flush(); err != nil {
				return began, err
			}
			parent, held = line, len(line.Raw)
		case line.Parent != parent.ID && line.Parent != parent.Item.ID:
			if err := stray(line.Parent); err != nil {
				return began, err
			}
		case held+len(line.Raw) > maxBulkParent:
			if err := stray(parent.ID); err != nil {
				return began, err
			}
			parent, children, held = bulkLine{}, nil, 0
		default:
			children, held = append(children, line), held+len(line.Raw)
		}
	}
	if err := s.Err(); err != nil {
		class := channel.ErrUnavailable
		if errors.Is(err, bufio.ErrTooLong) {
			class = channel.ErrInvalid
		}
		return began, &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Err: transport.Redact(err)}
	}
	return began, flush()
}

// bulkLine is what every line of a result has.
type bulkLine struct {
	ID     string `json:"id"`
	Parent string `json:"__parentId"`
	Item   struct {
		ID string `json:"id"`
	} `json:"inventoryItem"`
	Raw []byte `json:"-"`
}

// ungrouped is a result whose objects do not follow their parents: nothing that
// fits into memory can be made of it.
func (c *Channel) ungrouped() error {
	return &channel.Error{
		Channel: c.cfg.ID, Op: "backfill result", Class: channel.ErrInvalid,
		Message: "objects do not follow their parents; walk page by page instead",
	}
}

// download opens a result. It lies on another host, which gets no token; who
// has its address has the orders, so it is fetched over TLS, or from where
// Config.Endpoint has all calls go.
func (c *Channel) download(ctx context.Context, address string) (io.ReadCloser, error) {
	const op = "backfill result"
	endpoint, err := url.Parse(c.cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != endpoint.Scheme || u.Host != endpoint.Host) {
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrInvalid, Message: "the result's address is not an https URL"}
	}
	client, err := transport.New(transport.Config{
		Channel: c.cfg.ID, Base: c.cfg.Transport, MaxWait: c.cfg.MaxWait, CallDeadline: 30 * time.Second, Stream: true, Logger: c.cfg.Logger, Policy: policy,
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(transport.WithCall(ctx, transport.Call{Op: op}), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, c.fail(call{op: op}, "", channel.ErrInvalid, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		class := transport.Class(resp)
		if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusGone {
			class = channel.ErrNotFound // results are kept for seven days
		}
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Code: resp.Status}
	}
	return resp.Body, nil
}

// BackfillOrders streams the orders of a bulk operation. Those that hold more
// than it can tell, refunds, parcels of part of the order or open lines at
// several locations, are read by id.
func (c *Channel) BackfillOrders(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Order], error] {
	return func(yield func(channel.Page[channel.Order], error) bool) {
		access, err := c.grantedFor(ctx, "backfill result", channel.JobOrders)
		if err != nil {
			yield(channel.Page[channel.Order]{}, err)
			return
		}
		var page channel.Page[channel.Order]
		var again []channel.OrderID
		strays := map[channel.OrderID]bool{}
		send := func(final bool, began time.Time) error {
			if len(again) > 0 {
				more, err := c.OrdersByID(ctx, again)
				if err != nil {
					return err
				}
				page.Items = append(page.Items, more.Items...)
				page.Parked = append(page.Parked, more.Parked...)
				again = again[:0]
			}
			page.ReadAt = began
			if final {
				page.Through = c.through(walk{Began: began})
			}
			ok := yield(page, nil)
			page = channel.Page[channel.Order]{}
			if !ok {
				return errStop
			}
			return nil
		}
		_, start, _, err := c.parseTicket(t)
		if err != nil {
			yield(page, err)
			return
		}
		each := func(parent bulkLine, children []bulkLine) error {
			raw := rawOrder{Order: parent.Raw, Lines: make([]jsontext.Value, 0, len(children)), Bulk: true}
			for _, l := range children {
				if strings.HasPrefix(l.ID, gid("FulfillmentOrder", "")) {
					raw.Units = append(raw.Units, l.Raw)
				} else {
					raw.Lines = append(raw.Lines, l.Raw)
				}
			}
			o, whole, err := c.bulkOrder(access, &raw)
			switch {
			case err != nil:
				payload, _ := marshalRaw(&raw)
				page.Parked = append(page.Parked, channel.Parked{ID: tail(parent.ID), Raw: payload, Err: parkedError(err)})
			case !whole:
				again = append(again, o.ID)
			default:
				page.Items = append(page.Items, o)
			}
			// What is read by id costs calls, and a page of the stream a deadline.
			if len(page.Items)+len(page.Parked) >= backfillPage || len(again) >= backfillAgain {
				return send(false, start)
			}
			return nil
		}
		began, err := c.results(ctx, t, channel.BackfillOrders, each, func(parent string) error {
			strays[channel.OrderID(tail(parent))] = true
			if len(strays) > maxStrays {
				return c.ungrouped()
			}
			return nil
		})
		// In a fixed order: who read some of these pages before skips as many.
		for _, id := range slices.Sorted(maps.Keys(strays)) {
			if err == nil && len(again) >= backfillAgain {
				err = send(false, start)
			}
			again = append(again, id)
		}
		if err == nil {
			err = send(true, began)
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(channel.Page[channel.Order]{}, err)
		}
	}
}

// errStop ends a stream its reader has left.
var errStop = errors.New("stopped")

// bulkOrder crosses over an order of a bulk result. whole is false when the
// result cannot tell all of it.
func (c *Channel) bulkOrder(access admin.Access, raw *rawOrder) (o channel.Order, whole bool, err error) {
	var w struct {
		admin.Order
		ShippingLine *admin.ShippingLine `json:"shippingLine"`
	}
	if err := admin.Unmarshal(raw.Order, &w); err != nil {
		return o, false, err
	}
	if w.ShippingLine != nil {
		w.ShippingLines.Nodes = []admin.ShippingLine{*w.ShippingLine}
	}
	removed := false
	for i := range w.LineItems.Nodes {
		removed = removed || w.LineItems.Nodes[i].CurrentQuantity != w.LineItems.Nodes[i].Quantity
	}
	if o, err = (normalizer{access}).raw(raw, &w.Order); err != nil {
		return o, false, err
	}
	switch {
	case removed || len(w.Refunds) > 0:
		return o, false, nil
	case len(w.Fulfillments) == 0:
		return o, !untold(&w.Order), nil
	case w.DisplayFulfillmentStatus != "FULFILLED":
		return o, false, nil
	}
	// All of it left. What was in which parcel is told only where there is one.
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.FulfilledBy.Value == channel.ByService || l.FulfilledBy.Value == channel.ByDigital {
			continue
		}
		l.Shipped, l.Cancelled, l.Loose = l.Ordered, 0, 0
		if len(o.Shipments) == 1 {
			o.Shipments[0].Lines = append(o.Shipments[0].Lines, channel.ShipmentLine{Line: l.ID, Quantity: l.Ordered})
		}
	}
	return o, true, nil
}

// BackfillListings streams the variants of a bulk operation.
func (c *Channel) BackfillListings(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Listing], error] {
	return stream(c, ctx, t, channel.BackfillListings, func(page *channel.Page[channel.Listing], parent bulkLine, _ []bulkLine) {
		var v admin.Variant
		if err := admin.Unmarshal(parent.Raw, &v); err != nil {
			page.Parked = append(page.Parked, channel.Parked{ID: tail(parent.ID), Raw: parent.Raw, Err: wire.Unfit("decode listing", err)})
			return
		}
		page.Items = append(page.Items, listing(&v))
	})
}

// BackfillStock streams the stock levels of a bulk operation.
func (c *Channel) BackfillStock(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.StockLevel], error] {
	return stream(c, ctx, t, channel.BackfillStock, func(page *channel.Page[channel.StockLevel], parent bulkLine, levels []bulkLine) {
		var v admin.BulkVariantStock
		if err := admin.Unmarshal(parent.Raw, &v); err != nil {
			page.Parked = append(page.Parked, channel.Parked{ID: tail(parent.ID), Raw: parent.Raw, Err: wire.Unfit("decode stock level", err)})
			return
		}
		for _, l := range levels {
			var w admin.BulkLevel
			if err := admin.Unmarshal(l.Raw, &w); err != nil {
				page.Parked = append(page.Parked, channel.Parked{ID: tail(parent.ID), Raw: l.Raw, Err: wire.Unfit("decode stock level", err)})
				continue
			}
			level := channel.StockLevel{
				Listing: channel.ListingRef{
					ID: channel.ListingID(tail(v.ID)), SKU: v.InventoryItem.SKU, Handle: channel.Handle(tail(v.InventoryItem.ID)),
				},
				Location: channel.LocationID(tail(w.Location.ID)), Inactive: !w.IsActive,
			}
			for _, q := range w.Quantities {
				switch {
				case q.Name == "available":
					level.Quantity = q.Quantity
				case q.Name == "committed" && c.cfg.SoldCount:
					n := q.Quantity
					level.Sold = &n
				}
			}
			page.Items = append(page.Items, level)
		}
	})
}

// stream pages what add makes of each object of a result. A child that came
// away from its parent ends it: without its parent it means nothing.
func stream[T any](c *Channel, ctx context.Context, t channel.Ticket, kind channel.BackfillKind, add func(page *channel.Page[T], parent bulkLine, children []bulkLine)) iter.Seq2[channel.Page[T], error] { //nolint:revive // the receiver of a generic method
	return func(yield func(channel.Page[T], error) bool) {
		_, start, _, err := c.parseTicket(t)
		if err != nil {
			yield(channel.Page[T]{}, err)
			return
		}
		page := channel.Page[T]{ReadAt: start}
		each := func(parent bulkLine, children []bulkLine) error {
			add(&page, parent, children)
			if len(page.Items)+len(page.Parked) < backfillPage {
				return nil
			}
			ok := yield(page, nil)
			page = channel.Page[T]{ReadAt: start}
			if !ok {
				return errStop
			}
			return nil
		}
		began, err := c.results(ctx, t, kind, each, func(string) error { return c.ungrouped() })
		switch {
		case errors.Is(err, errStop):
		case err != nil:
			yield(channel.Page[T]{}, err)
		default:
			page.Through = c.through(walk{Began: began})
			yield(page, nil)
		}
	}
}

var _ channel.Backfiller = (*Channel)(nil)
