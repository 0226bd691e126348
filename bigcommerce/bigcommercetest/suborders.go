package bigcommercetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
)

func (f *Fake) listLines(c *call, o *order) answer {
	p := params{c: c}
	pg, tooLarge := p.page(maxLimit)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	from, to := pg.bounds(len(o.lines))
	out := []lineJSON{}
	for i := from; i < to; i++ {
		out = append(out, f.lineJSON(o, &o.lines[i]))
	}
	return v2List(c, out)
}

func (f *Fake) getLine(c *call, o *order) answer {
	l := o.line(c.vars[1])
	if l == nil {
		return c.notFound()
	}
	return ok(f.lineJSON(o, l))
}

type shippingAddressJSON struct {
	ID      int `json:"id"`
	OrderID int `json:"order_id"`
	addressJSON
	ItemsTotal           int    `json:"items_total"`
	ItemsShipped         int    `json:"items_shipped"`
	ShippingMethod       string `json:"shipping_method"`
	BaseCost             string `json:"base_cost"`
	CostExTax            string `json:"cost_ex_tax"`
	CostIncTax           string `json:"cost_inc_tax"`
	CostTax              string `json:"cost_tax"`
	CostTaxClassID       int    `json:"cost_tax_class_id"`
	BaseHandlingCost     string `json:"base_handling_cost"`
	HandlingCostExTax    string `json:"handling_cost_ex_tax"`
	HandlingCostIncTax   string `json:"handling_cost_inc_tax"`
	HandlingCostTax      string `json:"handling_cost_tax"`
	HandlingCostTaxClass int    `json:"handling_cost_tax_class_id"`
	ShippingZoneID       int    `json:"shipping_zone_id"`
	ShippingZoneName     string `json:"shipping_zone_name"`
	ShippingQuotes       link   `json:"shipping_quotes"`
}

func (f *Fake) addressJSON(o *order, a *address) shippingAddressJSON {
	m := func(x amount) string { return x.format(f.cfg.MoneyScale) }
	total, shipped := o.units(a.id)
	return shippingAddressJSON{
		ID: a.id, OrderID: o.id, addressJSON: a.to.jsonWithForm(), ItemsTotal: total, ItemsShipped: shipped, ShippingMethod: a.to.Method,
		BaseCost: m(o.base(a.shipping, a.shippingTax)), CostExTax: m(a.shipping), CostIncTax: m(a.shipping + a.shippingTax), CostTax: m(a.shippingTax),
		CostTaxClassID: 2, BaseHandlingCost: m(o.base(a.handling, a.handlingTax)), HandlingCostExTax: m(a.handling),
		HandlingCostIncTax: m(a.handling + a.handlingTax), HandlingCostTax: m(a.handlingTax), HandlingCostTaxClass: 2, ShippingZoneID: 1,
		ShippingZoneName: "Everywhere", ShippingQuotes: f.link("/orders/%d/shippingaddresses/%d/shippingquotes", o.id, a.id),
	}
}

func (f *Fake) listAddresses(c *call, o *order) answer {
	out := make([]shippingAddressJSON, len(o.addresses))
	for i := range o.addresses {
		out[i] = f.addressJSON(o, &o.addresses[i])
	}
	return v2Page(c, out)
}

func (f *Fake) getAddress(c *call, o *order) answer {
	a := o.address(c.vars[1])
	if a == nil {
		return c.notFound()
	}
	return ok(f.addressJSON(o, a))
}

func (f *Fake) noQuotes(*call, *order) answer { return noContent() }

// addressWritable are the fields of a shipping address a PUT may carry.
var addressWritable = map[string]func(*ShipTo) *string{
	"first_name": func(s *ShipTo) *string { return &s.FirstName }, "last_name": func(s *ShipTo) *string { return &s.LastName },
	"company": func(s *ShipTo) *string { return &s.Company }, "street_1": func(s *ShipTo) *string { return &s.Street1 },
	"street_2": func(s *ShipTo) *string { return &s.Street2 }, "city": func(s *ShipTo) *string { return &s.City },
	"state": func(s *ShipTo) *string { return &s.State }, "zip": func(s *ShipTo) *string { return &s.Zip },
	"country": func(s *ShipTo) *string { return &s.Country }, "country_iso2": func(s *ShipTo) *string { return &s.CountryISO2 },
	"phone": func(s *ShipTo) *string { return &s.Phone }, "email": func(s *ShipTo) *string { return &s.Email },
	"shipping_method": func(s *ShipTo) *string { return &s.Method },
}

func (f *Fake) putAddress(c *call, o *order) answer {
	a := o.address(c.vars[1])
	if a == nil {
		return c.notFound()
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return c.refuse(http.StatusBadRequest, "Input is invalid.")
	}
	to := a.to
	for _, k := range sortedKeys(body) {
		field := addressWritable[k]
		if field == nil {
			if k == "form_fields" {
				continue
			}
			return c.notWritable(k)
		}
		if json.Unmarshal(body[k], field(&to)) != nil {
			return c.invalidField(k)
		}
	}
	a.to = to
	f.orders.touch(o, c.now)
	f.orderEvent(o, "updated", nil)
	return ok(f.addressJSON(o, a))
}

func (f *Fake) getConsignments(c *call, o *order) answer {
	p := params{c: c}
	inc := p.include()
	if inc.fees || p.has("include") && !inc.lines {
		p.fail("include")
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	return ok(f.consignmentsJSON(o, inc.lines))
}

type couponJSON struct {
	ID       int         `json:"id"`
	CouponID int         `json:"coupon_id"`
	OrderID  int         `json:"order_id"`
	Code     *string     `json:"code"`
	Amount   string      `json:"amount"`
	Type     int         `json:"type"`
	Discount json.Number `json:"discount"`
}

func (f *Fake) listCoupons(c *call, o *order) answer {
	var out []couponJSON
	for _, cp := range o.coupons {
		out = append(out, couponJSON{
			ID: cp.id, CouponID: cp.id, OrderID: o.id, Code: nullable(cp.c.Code), Amount: cp.amount.format(f.cfg.MoneyScale), Type: cp.c.Type,
			Discount: cp.discount.number(),
		})
	}
	return v2Page(c, out)
}

func (f *Fake) listFees(_ *call, o *order) answer { return ok(map[string]any{"fees": f.feesJSON(o)}) }

type taxJSON struct {
	ID                  int    `json:"id"`
	OrderID             int    `json:"order_id"`
	OrderAddressID      int    `json:"order_address_id"`
	TaxRateID           int    `json:"tax_rate_id"`
	SalesTaxID          string `json:"sales_tax_id"`
	TaxClassID          int    `json:"tax_class_id"`
	Name                string `json:"name"`
	Class               string `json:"class"`
	Rate                string `json:"rate"`
	Priority            int    `json:"priority"`
	PriorityAmount      string `json:"priority_amount"`
	LineAmount          string `json:"line_amount"`
	OrderPickupMethodID int    `json:"order_pickup_method_id"`
}

func (f *Fake) listTaxes(c *call, o *order) answer {
	var out []taxJSON
	for i, t := range o.in.Taxes {
		a, _ := parseAmount(t.Amount)
		r, _ := parseAmount(t.Rate)
		row := taxJSON{
			ID: o.id*10 + i, OrderID: o.id, TaxRateID: 1, SalesTaxID: fmt.Sprintf("tax-%d", i+1), Name: cmp.Or(t.Name, "Tax"),
			Class: cmp.Or(t.Class, "Default Tax Class"), Rate: r.format(FourDecimals), PriorityAmount: a.format(f.cfg.MoneyScale),
			LineAmount: a.format(f.cfg.MoneyScale),
		}
		if len(o.addresses) > 0 {
			row.OrderAddressID = o.addresses[0].id
		}
		out = append(out, row)
	}
	return v2Page(c, out)
}

func (f *Fake) listMessages(c *call, _ *order) answer { return v2Page(c, []struct{}{}) }

// orderReadOnly are fields of an order that no request may carry.
var orderReadOnly = map[string]bool{
	"id": true, "date_modified": true, "date_shipped": true, "cart_id": true, "status": true, "subtotal_tax": true, "shipping_cost_tax": true,
	"handling_cost_tax": true, "wrapping_cost_tax": true, "payment_status": true, "store_credit_amount": true, "gift_certificate_amount": true,
	"currency_id": true, "currency_code": true, "currency_exchange_rate": true, "coupon_discount": true, "shipping_address_count": true,
	"total_tax": true, "is_email_opt_in": true, "coupons": true,
}

// putOrder changes what of an order the three jobs may want changed. Other
// writable fields are refused as unsupported.
func (f *Fake) putOrder(c *call, o *order) answer {
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return c.refuse(http.StatusBadRequest, "Input is invalid.")
	}
	in, status, archive := o.in, o.status, false
	fields := map[string]any{
		"status_id": &status, "is_deleted": &archive, "staff_notes": &in.StaffNotes, "customer_message": &in.Message,
		"external_order_id": &in.ExternalOrderID, "payment_method": &in.PaymentMethod, "customer_id": &in.CustomerID,
	}
	for _, k := range sortedKeys(body) {
		switch dst := fields[k]; {
		case orderReadOnly[k]:
			return c.notWritable(k)
		case dst == nil:
			return c.unsupportedField(k)
		case json.Unmarshal(body[k], dst) != nil:
			return c.invalidField(k)
		}
	}
	if status < 0 || status >= statuses {
		return c.invalidField("status_id")
	}
	o.in = in
	if status == o.status {
		f.orders.touch(o, c.now)
		f.orderEvent(o, "updated", nil)
	} else if err := f.setStatus(o, status, c.now); err != nil {
		return c.refuse(http.StatusConflict, "The order's items are not in stock.")
	}
	if archive {
		f.archive(o, c.now)
	}
	return ok(f.orderJSON(o, include{}))
}
