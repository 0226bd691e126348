package bigcommerce

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// job is an order of a page on its way to the contract.
type job struct {
	node  *store.Node[store.Order]
	raw   rawOrder
	asked bool // by id, so it comes whatever its status

	mu   sync.Mutex
	gone bool  // deleted while the page was read
	bad  error // why what belongs to it cannot be read
}

// plan takes orders from the front, as many as can be completed with so many
// calls beside the page, and at least one.
func plan(nodes []store.Node[store.Order], calls int) (jobs []*job, handled int) {
	for i := range nodes {
		n := &nodes[i]
		need := sideCalls(n)
		if i > 0 && need > calls {
			break
		}
		calls -= need
		jobs = append(jobs, &job{node: n, raw: rawOrder{Order: n.Raw}})
	}
	return jobs, len(jobs)
}

// sideCalls is how many calls an order needs beside its page: its lines where
// they were cut, its parcels where it has some.
func sideCalls(n *store.Node[store.Order]) int {
	if n.Err != nil || noSale(&n.Value) {
		return 0
	}
	calls := 0
	if n.Value.Cut() {
		calls++ // for each 250 lines: few have more
	}
	if shippedAny(&n.Value, n.Value.Lines()) {
		calls++
	}
	return calls
}

// complete fetches what the page left out of its orders and adds them to page,
// decoded or parked.
func (c *Channel) complete(ctx context.Context, jobs []*job, page *channel.Page[channel.Order]) error {
	var todo []func(context.Context) error
	var refunded []*job
	for i := range jobs {
		j := jobs[i]
		if j.node.Err != nil || noSale(&j.node.Value) && !j.asked {
			continue
		}
		w := &j.node.Value
		if w.Cut() {
			todo = append(todo, func(ctx context.Context) (err error) {
				j.raw.Lines, err = c.orderRows(ctx, "order lines", int64(w.ID), "products")
				return j.absent(err)
			})
		}
		if shippedAny(w, w.Lines()) {
			todo = append(todo, func(ctx context.Context) error {
				rows, err := c.orderRows(ctx, "order shipments", int64(w.ID), "shipments")
				if err == nil {
					j.raw.Shipments = &rows
				}
				return j.absent(err)
			})
		}
		if refundedAny(w, w.Lines()) {
			refunded = append(refunded, j)
		}
	}
	if len(refunded) > 0 {
		todo = append(todo, func(ctx context.Context) error { return c.refunds(ctx, refunded) })
	}
	if err := parallel(ctx, todo); err != nil {
		return err
	}
	for i := range jobs {
		j := jobs[i]
		if j.bad != nil && j.node.Err == nil {
			j.node.Err = j.bad
		}
		if j.gone || j.node.Err == nil && noSale(&j.node.Value) && !j.asked {
			continue
		}
		err := j.node.Err
		if err == nil {
			var o channel.Order
			if o, err = j.raw.order(&j.node.Value); err == nil {
				page.Items = append(page.Items, o)
				continue
			}
		}
		payload, encodeErr := store.Marshal(&j.raw)
		if encodeErr != nil {
			payload = j.node.Raw
		}
		p := channel.Parked{Raw: payload, Err: parkedError(err)}
		if id := nodeID(j.node); id != 0 {
			p.ID = strconv.FormatInt(id, 10)
		}
		page.Parked = append(page.Parked, p)
	}
	return nil
}

// absent notes that an order is gone, or that what belongs to it is refused,
// which is no failure of the page.
func (j *job) absent(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch class := channel.Class(err); {
	case errors.Is(class, channel.ErrNotFound):
		j.gone = true
	case errors.Is(class, channel.ErrInvalid), errors.Is(class, channel.ErrConflict):
		j.bad = err
	default:
		return err
	}
	return nil
}

// parallel runs reads, a few at a time, and returns the first error.
func parallel(ctx context.Context, todo []func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, parallelReads)
	var wg sync.WaitGroup
	for _, f := range todo {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-turns }()
			if err := f(ctx); err != nil {
				cancel(err) // the first one stays
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		err := context.Cause(ctx)
		if e, ok := errors.AsType[*channel.Error](err); ok {
			return e
		}
		return &channel.Error{Op: "order details", Class: channel.ErrUnavailable, Err: err}
	}
	return nil
}

// maxRowPages bounds a walk within one call, so that a server whose pages do not
// end is not followed for ever. A page has 250 rows.
const maxRowPages = 40

// unending is the refusal to read more than maxRowPages.
func (c *Channel) unending(op, of string) error {
	return c.refuse(op, channel.ErrInvalid, "pages of "+of+" do not end")
}

// orderRows returns every row of a list that belongs to an order, as
// BigCommerce sent them.
func (c *Channel) orderRows(ctx context.Context, op string, id int64, name string) ([]jsontext.Value, error) {
	rows := []jsontext.Value{}
	seen := map[int64]bool{}
	for n := 1; n <= maxRowPages; n++ {
		query := url.Values{"page": {strconv.Itoa(n)}, "limit": {strconv.Itoa(maxPage)}}
		nodes, _, err := list[struct {
			ID store.Int `json:"id"`
		}](ctx, c, get(op, "/v2/orders/"+strconv.FormatInt(id, 10)+"/"+name, query))
		if err != nil {
			return nil, err
		}
		fresh := 0
		for i := range nodes {
			row := int64(nodes[i].Value.ID)
			if nodes[i].Err == nil && seen[row] {
				continue
			}
			seen[row] = true
			fresh++
			rows = append(rows, nodes[i].Raw)
		}
		// Past the end comes nothing, or, were pages ignored, the same again.
		// A page that is not full is the last, unless the limit was lowered to
		// the default.
		if fresh == 0 || len(nodes) < maxPage && len(nodes) != defaultPage {
			return rows, nil
		}
	}
	return nil, c.unending(op, "an order")
}

// defaultPage is the limit of a V2 list that asks for none.
const defaultPage = 50

// refunds fetches the refunds of the orders in one call, or as many as their
// pages take. A token that may not read them leaves that part of the orders
// out.
func (c *Channel) refunds(ctx context.Context, jobs []*job) error {
	const op = "order refunds"
	byID := make(map[int64]*job, len(jobs))
	ids := make([]string, 0, len(jobs))
	for _, j := range jobs {
		byID[int64(j.node.Value.ID)] = j
		ids = append(ids, j.node.Value.ID.String())
	}
	slices.Sort(ids)
	found := map[int64][]jsontext.Value{}
	for n := 1; ; n++ {
		query := url.Values{"order_id:in": {strings.Join(ids, ",")}, "page": {strconv.Itoa(n)}, "limit": {strconv.Itoa(maxPage)}}
		nodes, meta, _, err := page[struct {
			OrderID store.Int `json:"order_id"`
		}](ctx, c, get(op, "/v3/orders/payment_actions/refunds", query))
		if errors.Is(err, channel.ErrForbidden) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range nodes {
			id := int64(nodes[i].Value.OrderID)
			if byID[id] != nil {
				found[id] = append(found[id], nodes[i].Raw)
			}
		}
		if len(nodes) == 0 || int64(n) >= int64(meta.Pagination.TotalPages) {
			break
		}
		if n == maxRowPages {
			return c.unending(op, "refunds")
		}
	}
	for id, j := range byID {
		rows := found[id]
		if rows == nil {
			rows = []jsontext.Value{}
		}
		j.raw.Refunds = &rows
	}
	return nil
}
