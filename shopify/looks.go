package shopify

import (
	"context"
	"slices"
	"sync"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// looks gathers looks at orders: a list of ids costs what one id does. The
// first look goes at once; what comes while it is on its way goes together
// after it.
type looks struct {
	mu      sync.Mutex
	running bool
	waiting *lookBatch
}

type lookBatch struct {
	ids    []string
	users  int // who still waits for it; without any it ends
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	orders map[string]*admin.ShipOrder
	err    error
}

// maxLook bounds the answer of one call.
const maxLook = 25

// look reads what an order has to ship and has shipped, whole.
func (c *Channel) look(ctx context.Context, op string, id channel.OrderID) (*admin.ShipOrder, error) {
	want := gid("Order", string(id))
	if err := ctx.Err(); err != nil {
		return nil, c.fail(call{op: op}, "", channel.ErrUnavailable, err)
	}
	b := c.looks.join(ctx, want, func() { go c.runLooks() })
	select {
	case <-b.done:
	case <-ctx.Done():
		c.looks.leave(b)
		return nil, c.fail(call{op: op}, "", channel.ErrUnavailable, ctx.Err())
	}
	if b.err != nil {
		return nil, b.err
	}
	o := b.orders[want]
	if o == nil {
		return nil, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrNotFound, Message: "the shop has no order " + string(id)}
	}
	// Several may look at one order: what is completed is a copy.
	own := *o
	own.Units.Nodes = slices.Clone(o.Units.Nodes)
	own.Fulfillments = slices.Clone(o.Fulfillments)
	return &own, c.wholeLook(ctx, &own)
}

// join adds an order to the batch that goes next, and calls start when none is
// on its way.
func (l *looks) join(ctx context.Context, id string, start func()) *lookBatch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		b := &lookBatch{done: make(chan struct{})}
		// It serves others than who began it, and lasts as long as any of them.
		b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
		l.waiting = b
	}
	b := l.waiting
	b.users++
	if !slices.Contains(b.ids, id) {
		b.ids = append(b.ids, id)
	}
	if !l.running {
		l.running = true
		start()
	}
	return b
}

// leave gives up waiting. The last to leave ends the batch: nobody would hear
// of it.
func (l *looks) leave(b *lookBatch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.users--; b.users > 0 {
		return
	}
	b.cancel()
	if l.waiting == b {
		l.waiting = nil
	}
}

// runLooks makes the looks that wait, batch after batch, until none does.
func (c *Channel) runLooks() {
	for {
		c.looks.mu.Lock()
		b := c.looks.waiting
		if c.looks.waiting = nil; b == nil {
			c.looks.running = false
			c.looks.mu.Unlock()
			return
		}
		c.looks.mu.Unlock()
		b.orders = make(map[string]*admin.ShipOrder, len(b.ids))
		for ids := range slices.Chunk(b.ids, maxLook) {
			if b.err = c.lookAt(b.ctx, ids, "", b.orders); b.err != nil {
				break
			}
		}
		b.cancel()
		close(b.done)
	}
}

// lookAt reads orders into out; those that are gone are left out.
func (c *Channel) lookAt(ctx context.Context, ids []string, after string, out map[string]*admin.ShipOrder) error {
	var data struct {
		Nodes []*admin.ShipOrder `json:"nodes"`
	}
	vars := map[string]any{"ids": ids}
	if after != "" {
		vars["after"] = after
	}
	cl := call{op: "ship look", name: "ShipLook", query: admin.ShipLook, vars: vars, cost: admin.ShipLookCost, repeat: transport.Read}
	denied, err := c.do(ctx, cl, &data)
	if err != nil {
		return err
	}
	for _, o := range data.Nodes {
		if o != nil && o.ID != "" {
			out[o.ID] = o
		}
	}
	// Locations may be denied: their names are told all the same.
	if len(out) == 0 && len(denied) > 0 {
		return c.denied(cl, denied)
	}
	return nil
}

// wholeLook fetches what the look cut off.
func (c *Channel) wholeLook(ctx context.Context, o *admin.ShipOrder) error {
	for pages := 0; o.Units.PageInfo.HasNextPage; pages++ {
		after := o.Units.PageInfo.EndCursor
		more := map[string]*admin.ShipOrder{}
		if err := c.lookAt(ctx, []string{o.ID}, after, more); err != nil {
			return err
		}
		next := more[o.ID]
		if next == nil {
			return &channel.Error{Channel: c.cfg.ID, Op: "ship look", Class: channel.ErrNotFound, Message: "the order is gone"}
		}
		if pages == maxDetailPages || next.Units.PageInfo.HasNextPage && next.Units.PageInfo.EndCursor == after {
			return &channel.Error{Channel: c.cfg.ID, Op: "ship look", Class: channel.ErrInvalid, Message: "pages of fulfilment orders do not end"}
		}
		o.Units.Nodes = append(o.Units.Nodes, next.Units.Nodes...)
		o.Units.PageInfo = next.Units.PageInfo
	}
	for i := range o.Units.Nodes {
		u := &o.Units.Nodes[i]
		u.Lines.Nodes = slices.Clip(u.Lines.Nodes)
		if err := c.unitLines(ctx, u); err != nil {
			return err
		}
	}
	var cut []string
	for _, f := range o.Fulfillments {
		if f.Lines.PageInfo.HasNextPage {
			cut = append(cut, f.ID)
		}
	}
	lines, err := c.allParcelLines(ctx, cut)
	if err != nil {
		return err
	}
	for i := range o.Fulfillments {
		if f := &o.Fulfillments[i]; f.Lines.PageInfo.HasNextPage {
			f.Lines = admin.Conn[admin.ParcelLine]{Nodes: lines[f.ID]}
		}
	}
	return nil
}
