package bigcommercetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxAdjustments = 2000

var inventoryRoutes = []route{
	{method: http.MethodPut, path: "/v3/inventory/adjustments/absolute", scopes: []string{ScopeInventory}, handle: (*Fake).putAbsolute},
	{method: http.MethodPost, path: "/v3/inventory/adjustments/relative", scopes: []string{ScopeInventory}, handle: (*Fake).postRelative},
	{method: "GET", path: "/v3/inventory/items", scopes: []string{ScopeInventoryRead}, query: []string{
		"sku:in", "variant_id:in", "product_id:in", "location_id:in", "location_code:in", "page", "limit",
	}, handle: (*Fake).listItems},
	{method: "GET", path: "/v3/inventory/locations/{id}/items", scopes: []string{ScopeInventoryRead}, query: []string{
		"sku:in", "variant_id:in", "product_id:in", "page", "limit",
	}, handle: (*Fake).listLocationItems},
	{method: http.MethodPut, path: "/v3/inventory/locations/{id}/items", scopes: []string{ScopeInventory}, handle: (*Fake).putSettings},
}

// Write is an adjustment that was accepted.
type Write struct {
	TransactionID string
	Absolute      bool
	Reason        string
	Sent          time.Time // when it was answered
	Effective     time.Time // when reads show it
	Items         []WriteItem
}

// WriteItem is an item of a Write.
type WriteItem struct {
	SKU       string
	ProductID int
	VariantID int // 0 for a product tracked by product
	Location  int
	Quantity  int64 // on hand, or the change
}

// Writes returns the accepted adjustments so far, in order.
func (f *Fake) Writes() []Write {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Write, len(f.writes))
	for i, w := range f.writes {
		out[i] = *w
		out[i].Items = slices.Clone(w.Items)
	}
	return out
}

// flight is an absolute adjustment between its arrival and its answer.
type flight struct {
	ctx     context.Context // done when its caller has given up
	overlap bool            // it began while another was in flight
}

type flightKey struct{}

// enterAbsolute notes that an absolute adjustment is in flight until leave is
// called. Two at a time are a violation: their order is undefined.
func (f *Fake) enterAbsolute(r *http.Request) (marked *http.Request, leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl := &flight{ctx: r.Context()}
	for _, other := range f.absolutes {
		if other.ctx.Err() == nil { // its caller still waits
			f.violate("two absolute adjustments in flight at once")
			fl.overlap = true
			break
		}
	}
	f.absolutes = append(f.absolutes, fl)
	return r.WithContext(context.WithValue(r.Context(), flightKey{}, fl)), func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.absolutes = slices.DeleteFunc(f.absolutes, func(x *flight) bool { return x == fl })
	}
}

type adjustmentBody struct {
	Reason string           `json:"reason"`
	Items  []adjustmentItem `json:"items"`
}

type adjustmentItem struct {
	LocationID *int    `json:"location_id"`
	SKU        *string `json:"sku"`
	VariantID  *int    `json:"variant_id"`
	ProductID  *int    `json:"product_id"`
	Quantity   *int64  `json:"quantity"`
}

// identity names the item as the request did.
func (a adjustmentItem) identity() string {
	switch {
	case a.SKU != nil:
		return "sku " + *a.SKU
	case a.VariantID != nil:
		return fmt.Sprintf("variant_id %d", *a.VariantID)
	case a.ProductID != nil:
		return fmt.Sprintf("product_id %d", *a.ProductID)
	default:
		return ""
	}
}

// target is an item that an adjustment was found to be for.
type target struct {
	it       *item // nil: untracked, and silently so
	location int
	n        int64
}

// refusals gathers what is wrong with the items of a request, by kind, so that
// one title names all offenders of the first kind, as the marketplace's do.
type refusals struct {
	kinds []string
	ids   map[string][]string
}

func (rs *refusals) add(kind, id string) {
	if rs.ids == nil {
		rs.ids = map[string][]string{}
	}
	if rs.ids[kind] == nil {
		rs.kinds = append(rs.kinds, kind)
	}
	rs.ids[kind] = append(rs.ids[kind], id)
}

func (rs *refusals) title() string {
	kind := rs.kinds[0]
	if strings.Contains(kind, "%s") {
		return fmt.Sprintf(kind, strings.Join(rs.ids[kind], ", "))
	}
	return "[" + strings.Join(rs.ids[kind], ", ") + "]"
}

// Kinds of refusal: those with %s list identities, the others whole sentences.
const (
	refuseNotFound   = "Items not found, identities: [%s]"
	refuseAmbiguous  = "Items with more than one match, identities: [%s]"
	refuseLocation   = "Location not found, identities: [%s]"
	refuseDisabled   = "Location is disabled, identities: [%s]"
	refuseUncounted  = "Items with identity: [%s] requires absolute adjustment before relative"
	refuseSafety     = "Items with identity: [%s] would fall below their safety stock"
	refuseRange      = "Items with identity: [%s] have a quantity out of range"
	refuseTracking   = "tracking mode"
	refuseNotTracked = "Items with identity: [%s] are not tracked"
)

func (f *Fake) putAbsolute(c *call) answer  { return f.adjust(c, true) }
func (f *Fake) postRelative(c *call) answer { return f.adjust(c, false) }

func (f *Fake) adjust(c *call, absolute bool) answer {
	var body adjustmentBody
	if json.Unmarshal(c.body, &body) != nil {
		return problem(http.StatusUnprocessableEntity, "Payload contains invalid fields", nil)
	}
	if len(body.Items) > maxAdjustments {
		return c.inContentType(tooManyItems(maxAdjustments))
	}
	if a, bad := body.check(); bad {
		return a
	}
	var rs refusals
	var targets []target
	moved := map[*level]int64{} // by earlier items of this request
	for _, in := range body.Items {
		t, good := f.target(c.now, in, absolute, moved, &rs)
		if good {
			targets = append(targets, t)
		}
	}
	if len(rs.kinds) > 0 {
		if f.cfg.Believed.InvalidItemsSkipped {
			f.accept(c, body.Reason, targets, absolute)
		}
		return problem(http.StatusUnprocessableEntity, rs.title(), nil)
	}
	return ok(map[string]string{"transaction_id": f.accept(c, body.Reason, targets, absolute)})
}

// check refuses a payload that the contract's schema does not allow.
func (b *adjustmentBody) check() (answer, bool) {
	errs := map[string]string{}
	if b.Items == nil {
		errs["items"] = "items is required"
	}
	for i, it := range b.Items {
		names := 0
		for _, set := range []bool{it.SKU != nil, it.VariantID != nil, it.ProductID != nil} {
			if set {
				names++
			}
		}
		if names != 1 {
			errs[fmt.Sprintf("items.%d", i)] = "Exactly one of sku, variant_id and product_id must be specified"
		}
		if it.LocationID == nil {
			errs[fmt.Sprintf("items.%d.location_id", i)] = "location_id is required"
		}
		if it.Quantity == nil {
			errs[fmt.Sprintf("items.%d.quantity", i)] = "quantity is required"
		}
	}
	if len(errs) == 0 {
		return answer{}, false
	}
	return problem(http.StatusUnprocessableEntity, "Payload contains invalid fields", errs), true
}

// target judges one item of a request against the store.
func (f *Fake) target(now time.Time, in adjustmentItem, absolute bool, moved map[*level]int64, rs *refusals) (target, bool) {
	id := in.identity()
	loc := f.location(*in.LocationID)
	if loc == nil {
		rs.add(refuseLocation, strconv.Itoa(*in.LocationID))
		return target{}, false
	}
	if !loc.Enabled {
		rs.add(refuseDisabled, strconv.Itoa(*in.LocationID))
		return target{}, false
	}
	it, tracked, good := f.identify(in, rs)
	if !good {
		return target{}, false
	}
	if !tracked {
		if f.cfg.Believed.UntrackedSilent {
			return target{}, true
		}
		rs.add(refuseNotTracked, id)
		return target{}, false
	}
	l := f.settled(it, loc.ID, now)
	t := target{it: it, location: loc.ID, n: *in.Quantity}
	if absolute {
		if f.cfg.Believed.AbsoluteSetsSellable {
			t.n += l.safety
		}
		if t.n > maxStock || t.n < 0 && !f.cfg.Believed.NegativeAccepted {
			rs.add(refuseRange, id)
			return target{}, false
		}
		return t, true
	}
	after := l.onHand + l.underway() + moved[l] + t.n
	switch {
	case !l.counted:
		rs.add(refuseUncounted, id)
		return target{}, false
	case after > maxStock:
		rs.add(refuseRange, id)
		return target{}, false
	case t.n < 0 && after < l.safety:
		rs.add(refuseSafety, id)
		return target{}, false
	}
	moved[l] += t.n
	return t, true
}

// underway sums the relative changes that are accepted and not yet shown.
func (l *level) underway() int64 {
	var n int64
	for _, e := range l.pending {
		if !e.absolute {
			n += e.n
		}
	}
	return n
}

// identify finds the item a request names, which must be by the identity that
// goes with its product's tracking.
func (f *Fake) identify(in adjustmentItem, rs *refusals) (it *item, tracked, good bool) {
	id := in.identity()
	if in.ProductID != nil {
		p := f.catalog.product(*in.ProductID)
		switch {
		case p == nil:
			rs.add(refuseNotFound, id)
			return nil, false, false
		case p.tracking == TrackVariant:
			rs.add(refuseTracking, "Item with "+id+" is tracked by variant, please update stock by variant id")
			return nil, false, false
		}
		return p.item, p.item != nil, true
	}
	var v *variant
	if in.VariantID != nil {
		v = f.catalog.variant(*in.VariantID)
	} else {
		same := f.catalog.bySKU[*in.SKU]
		if len(same) > 1 {
			rs.add(refuseAmbiguous, id)
			return nil, false, false
		}
		if len(same) == 1 && *in.SKU != "" {
			v = same[0]
		}
	}
	if v == nil {
		rs.add(refuseNotFound, id)
		return nil, false, false
	}
	if v.p.tracking == TrackProduct && (in.SKU == nil || !f.cfg.Believed.SKUFindsProducts) {
		rs.add(refuseTracking, "Item with "+id+" is tracked by product, please update stock by product id")
		return nil, false, false
	}
	return v.stock(), v.stock() != nil, true
}

// accept queues the effects of a request and logs it.
func (f *Fake) accept(c *call, reason string, targets []target, absolute bool) string {
	f.nextEvent++
	w := &Write{
		TransactionID: uuid(f.nextEvent), Absolute: absolute, Reason: reason, Sent: c.now, Effective: c.now.Add(f.cfg.EffectLag),
	}
	if fl, _ := c.r.Context().Value(flightKey{}).(*flight); fl != nil && fl.overlap {
		// It lands before the one it ran beside, so that the one sent first
		// wins: callers cannot rely on any order.
		w.Effective = c.now
	}
	for _, t := range targets {
		if t.it == nil {
			continue
		}
		f.queue(t, w, absolute)
		wi := WriteItem{SKU: t.it.sku(), ProductID: t.it.p.id, Location: t.location, Quantity: t.n}
		if t.it.v != nil {
			wi.VariantID = t.it.v.id
		}
		w.Items = append(w.Items, wi)
	}
	f.writes = append(f.writes, w)
	return w.TransactionID
}

func (f *Fake) queue(t target, w *Write, absolute bool) {
	l := t.it.level(t.location)
	e := effect{at: w.Effective, absolute: absolute, n: t.n}
	overtaken := !absolute && slices.ContainsFunc(l.pending, func(e effect) bool { return e.absolute })
	if overtaken && !f.cfg.Believed.RelativeSeesPending {
		e.at = w.Sent // it builds on the old value, and the absolute lands on top
	}
	l.wait(e)
	l.settle(w.Sent, f.cfg.Believed.StockStopsAtZero)
	method := "relative"
	if absolute {
		method = "absolute"
	}
	f.stockChanged(t.it, t.location, method, t.n, false)
}

// uuid returns the nth transaction id.
func uuid(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n) }
