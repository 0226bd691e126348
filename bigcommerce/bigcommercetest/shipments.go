package bigcommercetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

var shipmentRoutes = []route{
	{method: "GET", path: "/v2/orders/{id}/shipments", scopes: readers, query: paging, handle: withOrder((*Fake).listShipments)},
	{method: "GET", path: "/v2/orders/{id}/shipments/count", scopes: readers, handle: withOrder((*Fake).countShipments)},
	{method: "GET", path: "/v2/orders/{id}/shipments/{id}", scopes: readers, handle: withShipment((*Fake).getShipment)},
	{method: http.MethodPost, path: "/v2/orders/{id}/shipments", scopes: writers, handle: withOrder((*Fake).postShipment)},
	{method: http.MethodPut, path: "/v2/orders/{id}/shipments/{id}", scopes: writers, handle: withShipment((*Fake).putShipment)},
	{method: http.MethodDelete, path: "/v2/orders/{id}/shipments/{id}", scopes: writers, handle: withShipment((*Fake).deleteShipment)},
	{method: http.MethodDelete, path: "/v2/orders/{id}/shipments", scopes: writers, handle: withOrder((*Fake).deleteShipments)},
}

type shipment struct {
	id       int
	order    int
	address  int
	created  time.Time
	f        shipmentFields
	items    []shipmentItem
	external bool
}

type shipmentItem struct{ line, quantity int }

// shipmentFields are what both POST and PUT write.
type shipmentFields struct {
	TrackingNumber       string
	TrackingLink         string
	MerchantShippingCost string
	ShippingMethod       string
	ShippingProvider     string
	TrackingCarrier      string
	Comments             string
}

// limits of the writable text fields, in characters.
var shipmentText = map[string]struct {
	most int
	of   func(*shipmentFields) *string
}{
	"tracking_number":        {50, func(s *shipmentFields) *string { return &s.TrackingNumber }},
	"tracking_link":          {500, func(s *shipmentFields) *string { return &s.TrackingLink }},
	"merchant_shipping_cost": {32, func(s *shipmentFields) *string { return &s.MerchantShippingCost }},
	"shipping_method":        {255, func(s *shipmentFields) *string { return &s.ShippingMethod }},
	"shipping_provider":      {255, func(s *shipmentFields) *string { return &s.ShippingProvider }},
	"tracking_carrier":       {255, func(s *shipmentFields) *string { return &s.TrackingCarrier }},
	"comments":               {65535, func(s *shipmentFields) *string { return &s.Comments }},
}

var shipmentReadOnly = []string{
	"id", "order_id", "customer_id", "date_created", "billing_address", "shipping_address", "shipping_provider_display_name",
	"generated_tracking_link",
}

// providers are the carriers the marketplace makes links for, with the name
// it shows.
var providers = map[string]string{
	"": "", "auspost": "Australia Post", "canadapost": "Canada Post", "endicia": "Endicia", "usps": "USPS", "fedex": "FedEx",
	"royalmail": "Royal Mail", "ups": "UPS", "upsready": "UPS", "upsonline": "UPS", "shipperhq": "ShipperHQ",
}

type shipmentJSON struct {
	ID                   int                `json:"id"`
	OrderID              int                `json:"order_id"`
	CustomerID           int                `json:"customer_id"`
	OrderAddressID       int                `json:"order_address_id"`
	DateCreated          string             `json:"date_created"`
	TrackingNumber       string             `json:"tracking_number"`
	MerchantShippingCost string             `json:"merchant_shipping_cost"`
	ShippingMethod       string             `json:"shipping_method"`
	Comments             string             `json:"comments"`
	ShippingProvider     string             `json:"shipping_provider"`
	TrackingCarrier      string             `json:"tracking_carrier"`
	TrackingLink         string             `json:"tracking_link"`
	BillingAddress       addressJSON        `json:"billing_address"`
	ShippingAddress      addressJSON        `json:"shipping_address"`
	Items                []shipmentItemJSON `json:"items"`
	ProviderDisplayName  string             `json:"shipping_provider_display_name"`
	GeneratedLink        string             `json:"generated_tracking_link"`
	LabelURL             *string            `json:"label_url"` // in no contract
}

type shipmentItemJSON struct {
	OrderProductID int `json:"order_product_id"`
	ProductID      int `json:"product_id"` // always 0, as the marketplace's samples show
	Quantity       int `json:"quantity"`
}

func (f *Fake) shipmentJSON(o *order, s *shipment) shipmentJSON {
	out := shipmentJSON{
		ID: s.id, OrderID: o.id, CustomerID: o.in.CustomerID, OrderAddressID: s.address, DateCreated: v2Date(s.created),
		TrackingNumber: s.f.TrackingNumber, MerchantShippingCost: cmp.Or(s.f.MerchantShippingCost, amount(0).format(f.cfg.MoneyScale)),
		ShippingMethod: s.f.ShippingMethod, Comments: s.f.Comments, ShippingProvider: s.f.ShippingProvider, TrackingCarrier: s.f.TrackingCarrier,
		TrackingLink: s.f.TrackingLink, BillingAddress: o.in.Billing.json(), ProviderDisplayName: providers[s.f.ShippingProvider],
		GeneratedLink: s.f.generatedLink(), Items: []shipmentItemJSON{},
	}
	if a := o.address(s.address); a != nil {
		out.ShippingAddress = a.to.json()
	}
	for _, it := range s.items {
		out.Items = append(out.Items, shipmentItemJSON{OrderProductID: it.line, Quantity: it.quantity})
	}
	return out
}

// generatedLink is made from the number and a known provider or a carrier;
// a number alone, or a provider without a link, makes none.
func (s *shipmentFields) generatedLink() string {
	switch {
	case s.TrackingNumber == "":
		return ""
	case s.ShippingProvider != "" && providers[s.ShippingProvider] != "":
		return "https://" + s.ShippingProvider + ".example.com/track?n=" + url.QueryEscape(s.TrackingNumber)
	case s.TrackingCarrier != "":
		return "https://aftership.example.com/" + s.TrackingCarrier + "/" + url.PathEscape(s.TrackingNumber)
	default:
		return ""
	}
}

func withShipment(handle func(f *Fake, c *call, o *order, s *shipment) answer) func(*Fake, *call) answer {
	return withOrder(func(f *Fake, c *call, o *order) answer {
		for _, s := range o.shipments {
			if s.id == c.vars[1] {
				return handle(f, c, o, s)
			}
		}
		return c.notFound()
	})
}

func (f *Fake) listShipments(c *call, o *order) answer {
	var out []shipmentJSON
	for _, s := range o.shipments {
		out = append(out, f.shipmentJSON(o, s))
	}
	return v2Page(c, out)
}

func (f *Fake) countShipments(_ *call, o *order) answer {
	return ok(map[string]int{"count": len(o.shipments)})
}

func (f *Fake) getShipment(_ *call, o *order, s *shipment) answer { return ok(f.shipmentJSON(o, s)) }

// readShipment judges the fields of a POST or PUT body and reads them into s.
// rest are the fields the caller must read.
func (c *call) readShipment(s *shipmentFields) (rest map[string]json.RawMessage, refusal answer, bad bool) {
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return nil, c.refuse(http.StatusBadRequest, "Input is invalid."), true
	}
	rest = map[string]json.RawMessage{}
	for _, k := range sortedKeys(body) {
		if slices.Contains(shipmentReadOnly, k) {
			return nil, c.notWritable(k), true
		}
		text, known := shipmentText[k]
		if !known {
			rest[k] = body[k]
			continue
		}
		var v string
		if json.Unmarshal(body[k], &v) != nil || !utf8.ValidString(v) {
			return nil, c.invalidField(k), true
		}
		if utf8.RuneCountInString(v) > text.most {
			return nil, c.refuse(http.StatusBadRequest, "The field '%s' must be at most %d characters long.", k, text.most), true
		}
		*text.of(s) = v
	}
	return rest, answer{}, false
}

// addressID reads order_address_id, an integer.
func (c *call) addressID(raw json.RawMessage) (int, bool) {
	if c.f.cfg.Believed.StringAddressAccepted {
		raw = bytes.Trim(raw, `"`)
	}
	n, err := strconv.Atoi(string(raw))
	return n, err == nil
}

func (f *Fake) postShipment(c *call, o *order) answer {
	s := &shipment{order: o.id}
	if !f.cfg.Believed.OmittedProviderEmpty {
		s.f.ShippingProvider = "custom"
	}
	rest, refusal, bad := c.readShipment(&s.f)
	if bad {
		return refusal
	}
	for _, k := range sortedKeys(rest) {
		if k != "order_address_id" && k != "items" {
			return c.unsupportedField(k)
		}
	}
	for _, k := range []string{"order_address_id", "items"} {
		if rest[k] == nil {
			return c.refuse(http.StatusBadRequest, "The required field '%s' was not supplied.", k)
		}
	}
	var intact bool
	if s.address, intact = c.addressID(rest["order_address_id"]); !intact {
		return c.invalidField("order_address_id")
	}
	var items []map[string]json.RawMessage
	if json.Unmarshal(rest["items"], &items) != nil || len(items) == 0 {
		return c.invalidField("items")
	}
	for _, in := range items {
		var it shipmentItem
		for _, k := range sortedKeys(in) {
			var dst *int
			switch k {
			case "order_product_id":
				dst = &it.line
			case "quantity":
				dst = &it.quantity
			case "product_id":
				return c.notWritable("product_id")
			default:
				return c.unsupportedField(k)
			}
			if json.Unmarshal(in[k], dst) != nil {
				return c.invalidField(k)
			}
		}
		s.items = append(s.items, it)
	}
	if status, msg := f.shippable(o, s); status != 0 {
		return c.refuse(status, "%s", msg)
	}
	f.ship(o, s, c.now)
	return answer{status: http.StatusCreated, body: f.shipmentJSON(o, s)}
}

// shippable returns why a shipment is refused, or 0.
func (f *Fake) shippable(o *order, s *shipment) (status int, msg string) {
	unshippable := http.StatusBadRequest
	if f.cfg.Believed.UnshippableConflicts {
		unshippable = http.StatusConflict
	}
	if o.status == Incomplete {
		return unshippable, "An incomplete order cannot be shipped."
	}
	if o.address(s.address) == nil {
		return http.StatusBadRequest, "The field 'order_address_id' is invalid."
	}
	want := map[int]int{}
	for _, it := range s.items {
		l := o.line(it.line)
		switch {
		case l == nil:
			return http.StatusBadRequest, fmt.Sprintf("The order product %d does not belong to the order.", it.line)
		case l.typ != Physical || l.address == 0:
			return unshippable, fmt.Sprintf("The order product %d cannot be shipped.", it.line)
		case l.address != s.address:
			return http.StatusBadRequest, fmt.Sprintf("The order product %d does not ship to the order address %d.", it.line, s.address)
		case it.quantity <= 0:
			return http.StatusBadRequest, "The field 'quantity' is invalid."
		}
		want[it.line] += it.quantity
		if want[it.line] > f.open(l) {
			return http.StatusBadRequest, fmt.Sprintf("The quantity %d of order product %d is more than the %d left to ship.", want[it.line], it.line, f.open(l))
		}
	}
	return 0, ""
}

// ship records a shipment and what follows from it.
func (f *Fake) ship(o *order, s *shipment, now time.Time) {
	s.id, s.created = f.orders.nextShipment, now.Truncate(time.Second)
	f.orders.nextShipment++
	for _, it := range s.items {
		o.line(it.line).shipped += it.quantity
	}
	o.shipments = append(o.shipments, s)
	f.emails = append(f.emails, Email{Time: now, Kind: EmailShipment, OrderID: o.id, Tracking: numbers(s), To: o.email()})
	f.shipmentEvent(s, "created")
	left := o.has(func(l *line) bool { return l.typ == Physical && l.address != 0 && f.open(l) > 0 })
	next := o.status
	switch {
	case !left:
		next = Shipped
	case !f.cfg.Believed.PartialKeepsStatus:
		next = PartiallyShipped
	}
	if !left && o.shipped.IsZero() {
		o.shipped = s.created
	}
	if next != o.status {
		_ = f.setStatus(o, next, now) // a shippable order is not incomplete
		return
	}
	f.applyStock(o, now)
	f.orders.touch(o, now)
	f.orderEvent(o, "updated", nil)
}

func numbers(ss ...*shipment) []string {
	var out []string
	for _, s := range ss {
		if s.f.TrackingNumber != "" {
			out = append(out, s.f.TrackingNumber)
		}
	}
	return out
}

func (o *order) tracking() []string { return numbers(o.shipments...) }

func (f *Fake) putShipment(c *call, o *order, s *shipment) answer {
	fields := s.f
	rest, refusal, bad := c.readShipment(&fields)
	if bad {
		return refusal
	}
	for _, k := range sortedKeys(rest) {
		switch k {
		case "items":
			return c.notWritable("items")
		case "order_address_id":
			// Its lines ship to one address, so there is no other to name.
			if n, intact := c.addressID(rest[k]); !intact || n != s.address {
				return c.invalidField(k)
			}
		default:
			return c.unsupportedField(k)
		}
	}
	s.f = fields
	f.orders.touch(o, c.now)
	f.shipmentEvent(s, "updated")
	return ok(f.shipmentJSON(o, s))
}

func (f *Fake) deleteShipment(c *call, o *order, s *shipment) answer {
	f.unship(o, c.now, s)
	return noContent()
}

func (f *Fake) deleteShipments(c *call, o *order) answer {
	f.unship(o, c.now, slices.Clone(o.shipments)...)
	return noContent()
}

// unship takes shipments back. The order's status stays.
func (f *Fake) unship(o *order, now time.Time, gone ...*shipment) {
	for _, s := range gone {
		for _, it := range s.items {
			if l := o.line(it.line); l != nil {
				l.shipped -= it.quantity
			}
		}
		o.shipments = slices.DeleteFunc(o.shipments, func(x *shipment) bool { return x == s })
		f.shipmentEvent(s, "deleted")
	}
	f.orders.touch(o, now)
}
