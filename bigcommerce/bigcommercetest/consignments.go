package bigcommercetest

import "encoding/json"

// linesCut is how many line_items a consignment carries at most.
const linesCut = 50

type consignmentsJSON struct {
	Pickups   []pickupJSON   `json:"pickups"`
	Shipping  []shippingJSON `json:"shipping"`
	Downloads []downloadJSON `json:"downloads"`
	Email     emailJSON      `json:"email"`
}

type emailJSON struct {
	GiftCertificates []downloadJSON `json:"gift_certificates"`
}

// lineItems is the line_items of a consignment, and the key that warns when
// they are cut.
type lineItems struct {
	LineItems any      `json:"line_items"`
	Warning   *warning `json:"__warning__,omitempty"`
}

type warning struct {
	Message string `json:"message"`
}

type pickupJSON struct {
	ID              int                `json:"id"`
	PickupMethodID  int                `json:"pickup_method_id"`
	DisplayName     string             `json:"pickup_method_display_name"`
	Instructions    string             `json:"collection_instructions"`
	TimeDescription string             `json:"collection_time_description"`
	Location        pickupLocationJSON `json:"location"`
	lineItems
}

type pickupLocationJSON struct {
	ID            int    `json:"id"`
	Name          string `json:"name"`
	Code          string `json:"code"`
	AddressLine1  string `json:"address_line_1"`
	AddressLine2  string `json:"address_line_2"`
	City          string `json:"city"`
	State         string `json:"state"`
	PostalCode    string `json:"postal_code"`
	CountryAlpha2 string `json:"country_alpha2"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
}

type downloadJSON struct {
	RecipientEmail string `json:"recipient_email"`
	lineItems
}

// shippingJSON is a shipping consignment; unlike everywhere else in V2 its
// money is numbers.
type shippingJSON struct {
	ID int `json:"id"`
	addressJSON
	ItemsTotal           int         `json:"items_total"`
	ItemsShipped         int         `json:"items_shipped"`
	ShippingMethod       string      `json:"shipping_method"`
	BaseCost             json.Number `json:"base_cost"`
	CostExTax            json.Number `json:"cost_ex_tax"`
	CostIncTax           json.Number `json:"cost_inc_tax"`
	CostTax              json.Number `json:"cost_tax"`
	CostTaxClassID       int         `json:"cost_tax_class_id"`
	BaseHandlingCost     json.Number `json:"base_handling_cost"`
	HandlingCostExTax    json.Number `json:"handling_cost_ex_tax"`
	HandlingCostIncTax   json.Number `json:"handling_cost_inc_tax"`
	HandlingCostTax      json.Number `json:"handling_cost_tax"`
	HandlingCostTaxClass int         `json:"handling_cost_tax_class_id"`
	ShippingZoneID       int         `json:"shipping_zone_id"`
	ShippingZoneName     string      `json:"shipping_zone_name"`
	ShippingQuotes       link        `json:"shipping_quotes"`
	lineItems
}

// consignmentsJSON sorts an order's lines into its consignments, with line
// items whole or as links.
func (f *Fake) consignmentsJSON(o *order, whole bool) consignmentsJSON {
	out := consignmentsJSON{Pickups: []pickupJSON{}, Shipping: []shippingJSON{}, Downloads: []downloadJSON{}, Email: emailJSON{[]downloadJSON{}}}
	for _, p := range o.pickups {
		loc := f.location(p.location)
		out.Pickups = append(out.Pickups, pickupJSON{
			ID: p.id, PickupMethodID: 1, DisplayName: "Pick up in store", Instructions: "Bring your order number", TimeDescription: "9 to 5",
			Location: pickupLocationJSON{
				ID: loc.ID, Name: loc.Label, Code: loc.Code, AddressLine1: "1 Warehouse Way", City: "Austin", State: "Texas",
				PostalCode: "78701", CountryAlpha2: "US", Email: "warehouse@example.com", Phone: "5550100",
			},
			lineItems: f.lineItems(o, whole, func(l *line) bool { return l.pickup == p.id }),
		})
	}
	for i := range o.addresses {
		a := &o.addresses[i]
		total, shipped := o.units(a.id)
		out.Shipping = append(out.Shipping, shippingJSON{
			ID: a.id, addressJSON: a.to.jsonWithForm(), ItemsTotal: total, ItemsShipped: shipped, ShippingMethod: a.to.Method,
			BaseCost: o.base(a.shipping, a.shippingTax).number(), CostExTax: a.shipping.number(), CostIncTax: (a.shipping + a.shippingTax).number(),
			CostTax: a.shippingTax.number(), CostTaxClassID: 2, BaseHandlingCost: o.base(a.handling, a.handlingTax).number(),
			HandlingCostExTax: a.handling.number(), HandlingCostIncTax: (a.handling + a.handlingTax).number(),
			HandlingCostTax: a.handlingTax.number(), HandlingCostTaxClass: 2, ShippingZoneID: 1, ShippingZoneName: "Everywhere",
			ShippingQuotes: f.link("/orders/%d/consignments/shipping/%d/shipping_quotes", o.id, a.id),
			lineItems:      f.lineItems(o, whole, func(l *line) bool { return l.address == a.id }),
		})
	}
	digital := func(l *line) bool { return l.typ == Digital && l.address == 0 && l.pickup == 0 }
	if o.has(digital) {
		out.Downloads = append(out.Downloads, downloadJSON{o.email(), f.emailItems(o, whole, digital)})
	}
	seen := map[string]bool{}
	for i := range o.lines {
		l := &o.lines[i]
		if l.typ != GiftCertificate || l.pickup != 0 || seen[l.recipient] {
			continue
		}
		seen[l.recipient] = true
		to := l.recipient
		if to == "" {
			to = o.email()
		}
		out.Email.GiftCertificates = append(out.Email.GiftCertificates, downloadJSON{to, f.emailItems(o, whole, func(m *line) bool {
			return m.typ == GiftCertificate && m.pickup == 0 && m.recipient == l.recipient
		})})
	}
	return out
}

// base returns a base cost: the price as the seller entered it.
func (o *order) base(ex, tax amount) amount {
	if o.in.TaxIncluded {
		return ex + tax
	}
	return ex
}

func (o *order) has(match func(*line) bool) bool {
	for i := range o.lines {
		if match(&o.lines[i]) {
			return true
		}
	}
	return false
}

func (f *Fake) lineItems(o *order, whole bool, match func(*line) bool) lineItems {
	if !whole {
		links := []link{}
		for i := range o.lines {
			if l := &o.lines[i]; match(l) {
				links = append(links, f.link("/orders/%d/products/%d", o.id, l.id))
			}
		}
		return lineItems{LineItems: links}
	}
	rows := []lineJSON{}
	if f.blankLines != nil && f.blankLines(o.id) {
		return lineItems{LineItems: rows}
	}
	for i := range o.lines {
		l := &o.lines[i]
		if !match(l) {
			continue
		}
		if len(rows) == linesCut {
			return lineItems{rows, &warning{"Only the first 50 line items are shown. To get all of them use the /v2/orders/{order_id}/products endpoint."}}
		}
		rows = append(rows, f.lineJSON(o, l))
	}
	return lineItems{LineItems: rows}
}

// emailItems is lineItems for what is not sent by post; its links have been
// seen as one object instead of an array.
func (f *Fake) emailItems(o *order, whole bool, match func(*line) bool) lineItems {
	li := f.lineItems(o, whole, match)
	if links, isLinks := li.LineItems.([]link); isLinks && f.cfg.Believed.LinkStubObjects && len(links) > 0 {
		li.LineItems = links[0]
	}
	return li
}
