package store

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Order is what the adapter reads of an order of V2, asked for with
// consignments.line_items and fees.
type Order struct {
	ID           Int  `json:"id"`
	CustomerID   Int  `json:"customer_id"`
	DateCreated  Date `json:"date_created"`
	DateModified Date `json:"date_modified"`

	StatusID      Int    `json:"status_id"`
	Status        string `json:"status"`
	PaymentStatus Text   `json:"payment_status"`
	PaymentMethod Text   `json:"payment_method"`
	IsDeleted     Flag   `json:"is_deleted"`
	ItemsTotal    Int    `json:"items_total"`
	ItemsShipped  Int    `json:"items_shipped"`

	DefaultCurrencyCode string `json:"default_currency_code"`
	CurrencyCode        string `json:"currency_code"`
	StoreCurrencyCode   Text   `json:"store_default_currency_code"`
	StoreExchangeRate   Text   `json:"store_default_to_transactional_exchange_rate"`

	TaxInclusive    Flag `json:"is_tax_inclusive_pricing"`
	TotalIncTax     Dec  `json:"total_inc_tax"`
	TotalTax        Dec  `json:"total_tax"`
	ShippingExTax   Dec  `json:"shipping_cost_ex_tax"`
	ShippingIncTax  Dec  `json:"shipping_cost_inc_tax"`
	ShippingTax     Dec  `json:"shipping_cost_tax"`
	HandlingExTax   Dec  `json:"handling_cost_ex_tax"`
	HandlingIncTax  Dec  `json:"handling_cost_inc_tax"`
	HandlingTax     Dec  `json:"handling_cost_tax"`
	WrappingExTax   Dec  `json:"wrapping_cost_ex_tax"`
	WrappingIncTax  Dec  `json:"wrapping_cost_inc_tax"`
	WrappingTax     Dec  `json:"wrapping_cost_tax"`
	DiscountAmount  Dec  `json:"discount_amount"`
	CouponDiscount  Dec  `json:"coupon_discount"`
	StoreCredit     Dec  `json:"store_credit_amount"`
	GiftCertificate Dec  `json:"gift_certificate_amount"`
	Fees            Fees `json:"fees"`

	BillingAddress  *Address     `json:"billing_address"`
	CustomerMessage Text         `json:"customer_message"`
	CustomerLocale  Text         `json:"customer_locale"`
	OrderSource     Text         `json:"order_source"`
	ChannelID       Int          `json:"channel_id"`
	ExternalID      Text         `json:"external_id"`
	ExternalOrderID Text         `json:"external_order_id"`
	ExternalSource  Text         `json:"external_source"`
	Consignments    Consignments `json:"consignments"`
}

// Address is a postal address with its person.
type Address struct {
	FirstName   Text `json:"first_name"`
	LastName    Text `json:"last_name"`
	Company     Text `json:"company"`
	Street1     Text `json:"street_1"`
	Street2     Text `json:"street_2"`
	City        Text `json:"city"`
	State       Text `json:"state"`
	Zip         Text `json:"zip"`
	Country     Text `json:"country"`
	CountryISO2 Text `json:"country_iso2"`
	Phone       Text `json:"phone"`
	Email       Text `json:"email"`
}

// Line is a row of /orders/{id}/products, and of a consignment's line_items.
type Line struct {
	ID              Int        `json:"id"`
	ProductID       Int        `json:"product_id"`
	VariantID       Int        `json:"variant_id"`
	PickupMethodID  Int        `json:"order_pickup_method_id"`
	AddressID       Int        `json:"order_address_id"`
	Name            Text       `json:"name"`
	SKU             Text       `json:"sku"`
	Type            string     `json:"type"`
	PriceExTax      Dec        `json:"price_ex_tax"`
	PriceIncTax     Dec        `json:"price_inc_tax"`
	TotalExTax      Dec        `json:"total_ex_tax"`
	TotalIncTax     Dec        `json:"total_inc_tax"`
	TotalTax        Dec        `json:"total_tax"`
	Quantity        Int        `json:"quantity"`
	Shipped         Int        `json:"quantity_shipped"`
	Refunded        Int        `json:"quantity_refunded"`
	ParentID        Int        `json:"parent_order_product_id"`
	WrappingID      Int        `json:"wrapping_id"`
	WrappingMessage Text       `json:"wrapping_message"`
	Discounts       []Discount `json:"applied_discounts"`
	Options         []Option   `json:"product_options"`
}

// Discount is a discount as it falls on a line.
type Discount struct {
	ID     Text `json:"id"`
	Amount Dec  `json:"amount"`
	Name   Text `json:"name"`
	Code   Text `json:"code"`
}

// Option is a choice the buyer made, or a text the buyer gave.
type Option struct {
	Name  Text `json:"display_name"`
	Value Text `json:"display_value"`
	Type  Text `json:"type"`
}

// Fee is a charge of the seller's own.
type Fee struct {
	ID         Int  `json:"id"`
	Type       Text `json:"type"`
	Customer   Text `json:"display_name_customer"`
	CostExTax  Dec  `json:"cost_ex_tax"`
	CostIncTax Dec  `json:"cost_inc_tax"`
	CostTax    Dec  `json:"cost_tax"`
}

// Fees are an order's fees: a list where they were asked for, a link where
// not.
type Fees []Fee

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (f *Fees) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		*f = nil
		return dec.SkipValue()
	}
	return json.UnmarshalDecode(dec, (*[]Fee)(f))
}

// Consignments are an order's lines by how they reach the buyer. They come as
// an object, in a legacy form as an array of such objects, or as a link.
type Consignments struct {
	Pickups   []Pickup
	Shipping  []Shipping
	Downloads []Download
	Gifts     []Download
}

// consignments is the object form.
type consignments struct {
	Pickups   []Pickup   `json:"pickups"`
	Shipping  []Shipping `json:"shipping"`
	Downloads []Download `json:"downloads"`
	Email     struct {
		GiftCertificates []Download `json:"gift_certificates"`
	} `json:"email"`
}

// Lines are the line_items of a consignment.
type Lines struct {
	Items   []Line
	Missing bool // they are links, or not there
}

// Pickup is what is collected at a location.
type Pickup struct {
	ID       Int  `json:"id"`
	Name     Text `json:"pickup_method_display_name"`
	Location struct {
		ID Int `json:"id"`
	} `json:"location"`
	LineItems Lines          `json:"line_items"`
	Warning   jsontext.Value `json:"__warning__"`
}

// Shipping is what goes to one address, which is told in place.
type Shipping struct {
	ID     Int  `json:"id"`
	Method Text `json:"shipping_method"`
	Address
	LineItems Lines          `json:"line_items"`
	Warning   jsontext.Value `json:"__warning__"`
}

// Download is what is sent by e-mail.
type Download struct {
	LineItems Lines          `json:"line_items"`
	Warning   jsontext.Value `json:"__warning__"`
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (c *Consignments) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*c = Consignments{}
	switch dec.PeekKind() {
	case '{':
		var w consignments
		if err := json.UnmarshalDecode(dec, &w); err != nil {
			return err
		}
		c.add(&w)
		return nil
	case '[':
		var list []consignments
		if err := json.UnmarshalDecode(dec, &list); err != nil {
			return err
		}
		for i := range list {
			c.add(&list[i])
		}
		return nil
	default:
		return dec.SkipValue()
	}
}

func (c *Consignments) add(w *consignments) {
	c.Pickups = append(c.Pickups, w.Pickups...)
	c.Shipping = append(c.Shipping, w.Shipping...)
	c.Downloads = append(c.Downloads, w.Downloads...)
	c.Gifts = append(c.Gifts, w.Email.GiftCertificates...)
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (l *Lines) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = Lines{}
	if dec.PeekKind() != '[' {
		l.Missing = true
		return dec.SkipValue()
	}
	if err := json.UnmarshalDecode(dec, &l.Items); err != nil {
		return err
	}
	for i := range l.Items {
		if l.Items[i].ID == 0 { // a link
			*l = Lines{Missing: true}
			break
		}
	}
	return nil
}

// Each calls f with the lines of every consignment, and whether the answer
// says or shows that they are not all of them.
func (c *Consignments) Each(f func(l *Lines, cut bool)) {
	cut := func(l *Lines, warning jsontext.Value) bool {
		return l.Missing || len(warning) > 0 && warning.Kind() != 'n'
	}
	for i := range c.Shipping {
		f(&c.Shipping[i].LineItems, cut(&c.Shipping[i].LineItems, c.Shipping[i].Warning))
	}
	for i := range c.Pickups {
		f(&c.Pickups[i].LineItems, cut(&c.Pickups[i].LineItems, c.Pickups[i].Warning))
	}
	for _, list := range [...][]Download{c.Downloads, c.Gifts} {
		for i := range list {
			f(&list[i].LineItems, cut(&list[i].LineItems, list[i].Warning))
		}
	}
}

// Cut reports whether the order's consignments lack some of its lines: they
// are cut at 50 with a warning that no document names, and have been seen
// empty. Either way they do not sum to items_total.
func (o *Order) Cut() bool {
	var units Int
	cut := false
	o.Consignments.Each(func(l *Lines, short bool) {
		cut = cut || short
		for i := range l.Items {
			units += l.Items[i].Quantity
		}
	})
	return cut || units != o.ItemsTotal
}

// Lines returns the lines of all consignments.
func (o *Order) Lines() []Line {
	n := 0
	o.Consignments.Each(func(l *Lines, _ bool) { n += len(l.Items) })
	out := make([]Line, 0, n)
	o.Consignments.Each(func(l *Lines, _ bool) { out = append(out, l.Items...) })
	return out
}
