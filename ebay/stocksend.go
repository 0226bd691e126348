package ebay

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/ebay/internal/trading"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	codeContended = "25025" // two writes to one SKU at once: this one was not applied
	codeBatch     = "25727" // too many inventory items in a call
)

// skuWrite is what one request for an inventory item carries.
type skuWrite struct {
	sku      string
	quantity int64 // of the item
	lines    []*stockLine
}

// setOffers sets the quantities of listings of the Inventory API. What meets
// another write to its SKU is sent once more.
func (s *stockSetter) setOffers(ctx context.Context, lines []*stockLine) {
	again := s.writesOf(ctx, lines)
	for last := false; len(again) > 0; last = true {
		todo := again
		again = nil
		for len(todo) > 0 {
			n := min(len(todo), s.c.routes.batch(s.c.cfg.StockBatch))
			again = append(again, s.setBatch(ctx, todo[:n], last)...)
			todo = todo[n:]
		}
	}
}

// writesOf gathers levels by SKU. Where a SKU has other offers, they are read:
// the item's quantity must not be less than theirs.
func (s *stockSetter) writesOf(ctx context.Context, lines []*stockLine) (writes []*skuWrite) {
	by := map[string]*skuWrite{}
	var shared []string
	for _, l := range lines {
		w := by[l.sku]
		if w == nil {
			w = &skuWrite{sku: l.sku}
			by[l.sku] = w
			writes = append(writes, w)
		}
		w.lines = append(w.lines, l)
		w.quantity = max(w.quantity, l.level.Quantity+l.handle.auction)
		if l.handle.shared {
			shared = append(shared, l.sku)
		}
	}
	if len(shared) == 0 {
		return writes
	}
	err := s.halted(ctx, routeOffer, s.room+writeRoom)
	var known map[string]*stocked
	if err == nil {
		known, err = s.c.inventory(ctx, s.op, shared, false)
	}
	if err != nil {
		s.halt(routeOffer, err)
		return writes // which are not sent
	}
	return slices.DeleteFunc(writes, func(w *skuWrite) bool {
		if !slices.Contains(shared, w.sku) {
			return false
		}
		now := known[w.sku]
		if now == nil {
			for _, l := range w.lines {
				s.settle(l, channel.StockRefused, s.c.refuse(s.op, channel.ErrNotFound, "there is no such inventory item any more"))
			}
			return true
		}
		for i := range now.offers {
			o := &now.offers[i]
			if !slices.ContainsFunc(w.lines, func(l *stockLine) bool { return l.handle.offer == o.ID }) {
				w.quantity = max(w.quantity, o.Available+now.auction)
			}
		}
		return false
	})
}

// quantityAnswer tells what became of each entry.
type quantityAnswer struct {
	Responses []quantityEntry `json:"responses"`
}

type quantityEntry struct {
	SKU     string `json:"sku"`
	OfferID string `json:"offerId"`
	Status  int    `json:"statusCode"`
	apiErrors
}

// setBatch sends one call, and returns what is to be sent again. One that is
// refused as a whole is sent item by item.
func (s *stockSetter) setBatch(ctx context.Context, writes []*skuWrite, last bool) (again []*skuWrite) {
	settle := func(state channel.StockState, err error) {
		for _, w := range writes {
			for _, l := range w.lines {
				s.settle(l, state, err)
			}
		}
	}
	if err := s.halted(ctx, routeOffer, s.room+writeRoom); err != nil {
		settle(channel.StockNotSent, err)
		return nil
	}
	in := sell.Quantities{}
	for _, w := range writes {
		q := sell.ItemQuantity{SKU: w.sku, Ship: sell.ShipQuantity{Quantity: w.quantity}}
		for _, l := range w.lines {
			q.Offers = append(q.Offers, sell.OfferQuantity{ID: l.handle.offer, Available: l.level.Quantity})
		}
		in.Requests = append(in.Requests, q)
	}
	cl := call{
		op: s.op, api: apiInventory, operation: "bulkUpdatePriceQuantity", job: jobStock, method: http.MethodPost,
		path: pathInventory + "/bulk_update_price_quantity", body: in, repeat: transport.Idempotent, entries: true,
	}
	body, _, err := s.c.do(ctx, cl)
	var w quantityAnswer
	if err == nil && (wire.Unmarshal(body, &w) != nil || len(w.Responses) == 0) {
		err = s.c.garbled(cl, "the answer does not say what became of the quantities")
	}
	if err == nil {
		for _, x := range writes {
			if s.judge(x, w.Responses, last) {
				again = append(again, x)
			}
		}
		return again
	}
	e, _ := errors.AsType[*channel.Error](err)
	switch state := stateOf(err); {
	case e != nil && e.Code == codeContended && !last:
		return writes
	case e != nil && e.Code == codeContended:
		settle(channel.StockNotSent, err)
	case state == channel.StockRefused && len(writes) > 1:
		if e != nil && e.Code == codeBatch {
			s.c.routes.oneByOne()
		}
		for i := range writes {
			again = append(again, s.setBatch(ctx, writes[i:i+1], last)...)
		}
	case state == channel.StockUnsure:
		settle(state, err)
		s.doubt(routeOffer)
	case state == channel.StockNotSent:
		s.halt(routeOffer, err)
		settle(state, err)
	default:
		settle(state, err)
	}
	return again
}

// judge settles the levels of a SKU by the entries about it, and reports whether
// they are to be sent again. An answer need not tell of the item apart from its
// offers; of an offer it must.
func (s *stockSetter) judge(w *skuWrite, entries []quantityEntry, last bool) (again bool) {
	entryOf := func(sku, offer string) *quantityEntry {
		i := slices.IndexFunc(entries, func(e quantityEntry) bool { return e.OfferID == offer && (e.SKU == sku || offer != "" && e.SKU == "") })
		if i < 0 {
			return nil
		}
		return &entries[i]
	}
	item := entryOf(w.sku, "")
	for _, l := range w.lines {
		offer := entryOf(w.sku, l.handle.offer)
		wrongItem, wrongOffer := s.entryError(item), s.entryError(offer)
		wrong := wrongOffer
		if wrong == nil {
			wrong = wrongItem
		}
		switch {
		case wrong == nil && offer == nil:
			s.settle(l, channel.StockUnsure, s.c.refuse(s.op, channel.ErrUnsure, "the answer leaves the offer out"))
		case wrong == nil:
			s.settle(l, channel.StockAccepted, nil)
		case wrong.Code == codeContended && !last:
			again = true
		default:
			state := stateOf(wrong)
			half := offer != nil && (wrongItem == nil) != (wrongOffer == nil)
			if half && state == channel.StockNotSent {
				// One of the two quantities was set.
				state = channel.StockUnsure
				wrong.Class = channel.ErrUnsure
			}
			s.settle(l, state, wrong)
		}
	}
	return again
}

// entryError is what an entry says went wrong, nil for nothing.
func (s *stockSetter) entryError(e *quantityEntry) *channel.Error {
	if e == nil || e.Status >= 200 && e.Status < 300 {
		return nil
	}
	out := &channel.Error{
		Channel: s.c.cfg.ID, Op: s.op, Code: e.code(), Message: transport.Message(e.text()), Class: itemClass(e.Status, &e.apiErrors),
	}
	if out.Code == "" {
		out.Code = strconv.Itoa(e.Status)
	}
	if len(e.Errors) > 0 && remedies[e.Errors[0].ID] != "" {
		out.Message += ": " + remedies[e.Errors[0].ID]
	}
	if errors.Is(out.Class, channel.ErrThrottled) {
		out.RetryAfter = shortPause
	}
	return out
}

// reviseAll revises Trading-born listings, four levels in a call and those of one
// listing beside each other.
func (s *stockSetter) reviseAll(ctx context.Context, lines []*stockLine) {
	var order []string
	by := map[string][]*stockLine{}
	for _, l := range lines {
		if by[l.item] == nil {
			order = append(order, l.item)
		}
		by[l.item] = append(by[l.item], l)
	}
	sorted := make([]*stockLine, 0, len(lines))
	for _, item := range order {
		sorted = append(sorted, by[item]...)
	}
	todo := make(chan []*stockLine, len(sorted)/trading.MaxNodes+1)
	for nodes := range slices.Chunk(sorted, trading.MaxNodes) {
		todo <- nodes
	}
	close(todo)
	var workers sync.WaitGroup
	for range min(reviseWorkers, len(todo)) {
		workers.Go(func() {
			for nodes := range todo {
				s.revise(ctx, nodes)
			}
		})
	}
	workers.Wait()
}

// status is a level as Trading takes it. A SKU is named of a variation only: one
// that does not match is refused.
func (l *stockLine) status() trading.Status {
	out := trading.Status{ItemID: l.item, Quantity: l.level.Quantity}
	if l.variation {
		out.SKU = l.sku
	}
	return out
}

// revise sends one call. Of one that fails, eBay does not promise what was done:
// what it does not name is sent again, one by one.
func (s *stockSetter) revise(ctx context.Context, lines []*stockLine) {
	settle := func(state channel.StockState, err error) {
		for _, l := range lines {
			s.settle(l, state, err)
		}
	}
	if err := s.halted(ctx, routeTrading, s.room+writeRoom); err != nil {
		settle(channel.StockNotSent, err)
		return
	}
	in := trading.ReviseRequest{}
	for _, l := range lines {
		in.Nodes = append(in.Nodes, l.status())
	}
	body, err := trading.Marshal(&in)
	if err != nil {
		settle(channel.StockRefused, s.c.invalid(s.op, "the SKU holds what XML cannot"))
		return
	}
	text, _, err := s.c.trade(ctx, s.op, opRevise, jobStock, body, transport.Idempotent)
	var out trading.ReviseResponse
	if err == nil {
		if bad := trading.Unmarshal(text, opRevise+"Response", &out); bad != nil {
			err = s.c.refuse(s.op, channel.ErrUnsure, "the answer cannot be read: "+unreadable(bad))
		}
	}
	if err != nil {
		state := stateOf(err)
		settle(state, err)
		if state == channel.StockUnsure {
			s.doubt(routeTrading)
		} else if state == channel.StockNotSent {
			s.halt(routeTrading, err)
		}
		return
	}
	rest := lines
	if out.Ack != trading.AckFailure {
		rest = nil
		for _, l := range lines {
			if told(l, out.Nodes) {
				s.settle(l, channel.StockAccepted, nil)
			} else {
				rest = append(rest, l)
			}
		}
	}
	switch {
	case out.OK():
		for _, l := range rest {
			s.settle(l, channel.StockUnsure, s.c.refuse(s.op, channel.ErrUnsure, "the answer leaves the listing out"))
		}
	case len(lines) == 1 && len(rest) == 1:
		err := s.c.headError(s.op, transport.Idempotent, &out.Head)
		s.settle(lines[0], stateOf(err), err)
	default:
		for _, l := range rest {
			s.revise(ctx, []*stockLine{l})
		}
	}
}

// told reports whether an answer names a level's listing.
func told(l *stockLine, nodes []trading.Status) bool {
	return slices.ContainsFunc(nodes, func(n trading.Status) bool { return n.ItemID == l.item && (!l.variation || n.SKU == l.sku) })
}
