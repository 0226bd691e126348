package bigcommercetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is a notification that was sent or waits to be.
type Event struct {
	ID          string // the same on every attempt
	Scope       string // of the event, never a wildcard
	Destination string
	Body        []byte
	Created     time.Time
	Attempts    int
	Due         time.Time // of the next attempt
}

// PendingEvents returns the notifications that wait, in the order they will
// be tried.
func (f *Fake) PendingEvents() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Event, len(f.hooks.queue))
	for i, d := range f.hooks.queue {
		out[i] = Event{d.id, d.scope, d.hook.destination, slices.Clone(d.body), d.created, d.attempts, d.due}
	}
	return out
}

// listens reports whether a hook's scope covers an event's. A * stands for one
// segment, or at the end for all that follow.
func (h *hook) listens(scope string) bool {
	want, have := strings.Split(h.scope, "/"), strings.Split(scope, "/")
	for i, w := range want {
		switch {
		case i >= len(have):
			return false
		case w == "*" && i == len(want)-1:
			return true
		case w != "*" && w != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}

type statusChange struct {
	Previous Status `json:"previous_status_id"`
	New      Status `json:"new_status_id"`
}

// orderEvent notifies of an order, with more merged into the data.
func (f *Fake) orderEvent(o *order, name string, more map[string]any) {
	if len(f.hooks.all) == 0 {
		return
	}
	data := map[string]any{"type": "order", "id": o.id}
	channel := map[string]any{"order_id": o.id}
	maps.Copy(data, more)
	maps.Copy(channel, more)
	f.notify("store/order/"+name, data)
	f.notify(fmt.Sprintf("store/channel/%d/order/%s", o.in.Channel, name), channel)
}

func (f *Fake) shipmentEvent(s *shipment, name string) {
	f.notify("store/shipment/"+name, map[string]any{"type": "shipment", "id": s.id, "orderId": s.order})
}

func (f *Fake) transactionEvent(o *order, transaction string) {
	f.notify("store/order/transaction/created", map[string]any{
		"type": "order_transaction", "order_id": strconv.Itoa(o.id), "transaction_id": transaction,
	})
}

// stockChanged notifies of stock. value is the new number of an absolute
// change and the difference of a relative one.
func (f *Fake) stockChanged(it *item, location int, method string, value int64, byOrder bool) {
	if len(f.hooks.all) == 0 {
		return
	}
	verb := "updated"
	if byOrder {
		verb = "order/updated"
	}
	inventory := map[string]any{"product_id": it.p.id, "method": method, "value": value}
	if it.v == nil {
		f.notify("store/product/inventory/"+verb, map[string]any{"type": "product", "id": it.p.id, "inventory": inventory})
	} else {
		inventory["variant_id"] = it.v.id
		f.notify("store/sku/inventory/"+verb, map[string]any{"type": "sku", "id": *it.v.skuID(), "inventory": inventory})
	}
	changed := map[string]any{"product_id": it.p.id, "location_id": location}
	if v := it.single(); v != nil {
		changed["variant_id"] = v.id
	}
	f.notify("store/channel/1/inventory/product/stock_changed", changed)
}
