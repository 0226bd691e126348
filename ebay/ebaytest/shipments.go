package ebaytest

import (
	"net/http"
	"slices"
	"time"
)

// maxTracking is how many tracking numbers an order may have, believed; that
// there is a limit is errorId 34100.
const maxTracking = 100

const fulfilmentsPath = "/order/{orderId}/shipping_fulfillment"

var shipmentRoutes = []route{
	{
		op: "createShippingFulfillment", api: APIFulfillment, method: http.MethodPost, path: fulfilmentsPath, scopes: []string{ScopeFulfillment},
		handle: withOrder((*Fake).createFulfilment),
	},
	{
		op: "getShippingFulfillments", api: APIFulfillment, method: http.MethodGet, path: fulfilmentsPath, scopes: orderReaders,
		handle: withOrder((*Fake).getFulfilments),
	},
	{
		op: "getShippingFulfillment", api: APIFulfillment, method: http.MethodGet, path: fulfilmentsPath + "/{fulfillmentId}", scopes: orderReaders,
		handle: withOrder((*Fake).getFulfilment),
	},
}

// withOrder finds the order; these operations know no 404 for it.
func withOrder(handle func(f *Fake, c *call, o *order) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		o := f.seen(c.vars[0], c.now)
		if o == nil {
			return bad(32100, "orderId", c.vars[0])
		}
		return handle(f, c, o)
	}
}

type fulfilmentBody struct {
	LineItems []struct {
		LineItemID string `json:"lineItemId"`
		Quantity   *int   `json:"quantity"`
	} `json:"lineItems"`
	ShippedDate         *string `json:"shippedDate"`
	ShippingCarrierCode *string `json:"shippingCarrierCode"`
	TrackingNumber      *string `json:"trackingNumber"`
}

func (f *Fake) createFulfilment(c *call, o *order) answer {
	var in fulfilmentBody
	if a, refused := c.read(&in); refused {
		return a
	}
	p := &pack{shipped: f.round(c.now)}
	if a, refused := f.readTracking(&in, o, p, c); refused {
		return a
	}
	if a, refused := readUnits(&in, o, p); refused {
		return a
	}
	tracked := 0
	for _, other := range o.packages {
		if other.track != "" {
			tracked++
		}
		if p.track != "" && other.track == p.track && f.cfg.Believed.RepeatsRefused {
			return bad(32300)
		}
	}
	program := o.in.Program
	switch {
	case f.suspended:
		return bad(32400)
	case o.cancel == Canceled:
		return refuse(http.StatusConflict, 32600)
	case slices.Contains([]Program{ProgramFulfilment, ProgramDigital, ProgramPickup}, program):
		f.violate("createShippingFulfillment: order %s is not the seller's to ship", o.id)
		return bad(32600)
	case o.fulfilment() == Fulfilled && f.cfg.Believed.MarkedOnceOnly:
		return bad(34500)
	case p.track != "" && tracked >= maxTracking:
		return bad(34100)
	}
	if a, refused := globalShipping(o, p); refused {
		return a
	}
	if o.fulfilment() == Fulfilled {
		f.violate("createShippingFulfillment: order %s is shipped already", o.id)
	}
	f.pack(o, p, c.now)
	a := empty(http.StatusCreated)
	a.header = http.Header{"Location": {c.origin() + c.r.URL.EscapedPath() + "/" + p.id}}
	return a
}

// readTracking reads the date, the carrier and the number.
func (f *Fake) readTracking(in *fulfilmentBody, o *order, p *pack, c *call) (answer, bool) {
	if in.ShippedDate != nil {
		at, good := readStamp(*in.ShippedDate)
		if !good || at.After(c.now) || at.Before(o.created.Add(-time.Millisecond)) && !f.cfg.Believed.AnyShippedDate {
			return bad(32500), true
		}
		p.shipped = at
	}
	if (in.ShippingCarrierCode == nil) != (in.TrackingNumber == nil) {
		return bad(32600), true
	}
	if in.TrackingNumber == nil {
		return answer{}, false
	}
	p.carrier, p.track = *in.ShippingCarrierCode, *in.TrackingNumber
	known := f.cfg.Carriers == nil || slices.Contains(f.cfg.Carriers, p.carrier)
	if p.carrier == "" || p.track == "" || (!known || !alphanumeric(p.track)) && !f.cfg.Believed.CarrierFree {
		return bad(32300), true
	}
	return answer{}, false
}

func alphanumeric(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// readUnits reads which lines the package holds; a quantity is 1 where none is
// given.
func readUnits(in *fulfilmentBody, o *order, p *pack) (answer, bool) {
	if len(in.LineItems) == 0 {
		return bad(32600), true
	}
	seen := map[string]bool{}
	for _, it := range in.LineItems {
		l := o.lineByText(it.LineItemID)
		n := 1
		if it.Quantity != nil {
			n = *it.Quantity
		}
		switch {
		case l == nil:
			return bad(32200, "lineItemId", it.LineItemID), true
		case seen[it.LineItemID]:
			return bad(32210), true
		case n < 1 || n > l.qty:
			return bad(32600), true
		}
		seen[it.LineItemID] = true
		p.items = append(p.items, packItem{l.id, n})
	}
	return answer{}, false
}

// globalShipping keeps lines that go through a hub apart.
func globalShipping(o *order, p *pack) (answer, bool) {
	if o.in.Program != ProgramInternational {
		return answer{}, false
	}
	global := 0
	for _, it := range p.items {
		if !o.line(it.line).x.in.Domestic {
			global++
		}
	}
	switch {
	case global > 0 && global < len(p.items):
		return bad(34200), true
	case global > 1:
		return bad(34300), true
	}
	return answer{}, false
}

type fulfilmentsJSON struct {
	Fulfillments []packageJSON `json:"fulfillments"`
	Total        int           `json:"total"`
}

type packageJSON struct {
	FulfillmentID          string         `json:"fulfillmentId"`
	ShipmentTrackingNumber string         `json:"shipmentTrackingNumber,omitzero"`
	ShippingCarrierCode    string         `json:"shippingCarrierCode,omitzero"`
	ShippedDate            string         `json:"shippedDate,omitzero"`
	LineItems              []packUnitJSON `json:"lineItems"`
}

type packUnitJSON struct {
	LineItemID string `json:"lineItemId"`
	Quantity   int    `json:"quantity"`
}

func (p *pack) json() packageJSON {
	out := packageJSON{
		FulfillmentID: p.id, ShipmentTrackingNumber: p.track, ShippingCarrierCode: p.carrier, ShippedDate: stampOr(p.shipped),
		LineItems: []packUnitJSON{},
	}
	for _, it := range p.items {
		out.LineItems = append(out.LineItems, packUnitJSON{lineID(it.line), it.quantity})
	}
	return out
}

func (f *Fake) getFulfilments(_ *call, o *order) answer {
	out := fulfilmentsJSON{Fulfillments: []packageJSON{}, Total: len(o.packages)}
	for _, p := range o.packages {
		out.Fulfillments = append(out.Fulfillments, p.json())
	}
	return ok(out)
}

func (f *Fake) getFulfilment(c *call, o *order) answer {
	for _, p := range o.packages {
		if p.id == c.vars[1] {
			return ok(p.json())
		}
	}
	return refuse(http.StatusNotFound, 32110, "fulfillmentId", c.vars[1])
}
