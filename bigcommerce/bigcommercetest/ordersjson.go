package bigcommercetest

import (
	"cmp"
	"fmt"
	"strconv"
)

// link is a stub that stands for a sub-resource.
type link struct {
	URL      string `json:"url"`
	Resource string `json:"resource"`
}

func (f *Fake) link(format string, args ...any) link {
	r := fmt.Sprintf(format, args...)
	return link{"https://api.bigcommerce.com/stores/" + f.cfg.StoreHash + "/v2" + r, r}
}

type formField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type addressJSON struct {
	FirstName   string       `json:"first_name"`
	LastName    string       `json:"last_name"`
	Company     string       `json:"company"`
	Street1     string       `json:"street_1"`
	Street2     string       `json:"street_2"`
	City        string       `json:"city"`
	State       string       `json:"state"`
	Zip         string       `json:"zip"`
	Country     string       `json:"country"`
	CountryISO2 string       `json:"country_iso2"`
	Phone       string       `json:"phone"`
	Email       string       `json:"email"`
	FormFields  *[]formField `json:"form_fields,omitempty"`
}

func (a Address) json() addressJSON {
	return addressJSON{
		FirstName: a.FirstName, LastName: a.LastName, Company: a.Company, Street1: a.Street1, Street2: a.Street2, City: a.City,
		State: a.State, Zip: a.Zip, Country: a.Country, CountryISO2: a.CountryISO2, Phone: a.Phone, Email: a.Email,
	}
}

func (a Address) jsonWithForm() addressJSON {
	j := a.json()
	j.FormFields = &[]formField{}
	return j
}

// orderJSON is an order in a V2 answer. Keys that no contract names come with
// it, as they do from the real one.
type orderJSON struct {
	ID                     int         `json:"id"`
	CustomerID             int         `json:"customer_id"`
	DateCreated            string      `json:"date_created"`
	DateModified           string      `json:"date_modified"`
	DateShipped            string      `json:"date_shipped"`
	StatusID               Status      `json:"status_id"`
	Status                 string      `json:"status"`
	SubtotalExTax          string      `json:"subtotal_ex_tax"`
	SubtotalIncTax         string      `json:"subtotal_inc_tax"`
	SubtotalTax            string      `json:"subtotal_tax"`
	BaseShippingCost       string      `json:"base_shipping_cost"`
	ShippingCostExTax      string      `json:"shipping_cost_ex_tax"`
	ShippingCostIncTax     string      `json:"shipping_cost_inc_tax"`
	ShippingCostTax        string      `json:"shipping_cost_tax"`
	ShippingCostTaxClassID int         `json:"shipping_cost_tax_class_id"`
	BaseHandlingCost       string      `json:"base_handling_cost"`
	HandlingCostExTax      string      `json:"handling_cost_ex_tax"`
	HandlingCostIncTax     string      `json:"handling_cost_inc_tax"`
	HandlingCostTax        string      `json:"handling_cost_tax"`
	HandlingCostTaxClassID int         `json:"handling_cost_tax_class_id"`
	BaseWrappingCost       string      `json:"base_wrapping_cost"`
	WrappingCostExTax      string      `json:"wrapping_cost_ex_tax"`
	WrappingCostIncTax     string      `json:"wrapping_cost_inc_tax"`
	WrappingCostTax        string      `json:"wrapping_cost_tax"`
	WrappingCostTaxClassID int         `json:"wrapping_cost_tax_class_id"`
	TotalExTax             string      `json:"total_ex_tax"`
	TotalIncTax            string      `json:"total_inc_tax"`
	TotalTax               string      `json:"total_tax"`
	IsTaxInclusivePricing  bool        `json:"is_tax_inclusive_pricing"`
	ItemsTotal             int         `json:"items_total"`
	ItemsShipped           int         `json:"items_shipped"`
	PaymentMethod          string      `json:"payment_method"`
	PaymentProviderID      string      `json:"payment_provider_id"`
	PaymentStatus          string      `json:"payment_status"`
	RefundedAmount         string      `json:"refunded_amount"`
	OrderIsDigital         bool        `json:"order_is_digital"`
	StoreCreditAmount      string      `json:"store_credit_amount"`
	GiftCertificateAmount  string      `json:"gift_certificate_amount"`
	IPAddress              string      `json:"ip_address"`
	IPAddressV6            string      `json:"ip_address_v6"`
	GeoipCountry           string      `json:"geoip_country"`
	GeoipCountryISO2       string      `json:"geoip_country_iso2"`
	CurrencyID             int         `json:"currency_id"`
	CurrencyCode           string      `json:"currency_code"`
	CurrencyExchangeRate   string      `json:"currency_exchange_rate"`
	DefaultCurrencyID      int         `json:"default_currency_id"`
	DefaultCurrencyCode    string      `json:"default_currency_code"`
	StaffNotes             string      `json:"staff_notes"`
	CustomerMessage        string      `json:"customer_message"`
	DiscountAmount         string      `json:"discount_amount"`
	CouponDiscount         string      `json:"coupon_discount"`
	ShippingAddressCount   int         `json:"shipping_address_count"`
	IsDeleted              bool        `json:"is_deleted"`
	EbayOrderID            string      `json:"ebay_order_id"`
	CartID                 string      `json:"cart_id"`
	BillingAddress         addressJSON `json:"billing_address"`
	IsEmailOptIn           bool        `json:"is_email_opt_in"`
	CreditCardType         any         `json:"credit_card_type"`
	OrderSource            string      `json:"order_source"`
	ChannelID              int         `json:"channel_id"`
	ExternalSource         *string     `json:"external_source"`
	Consignments           any         `json:"consignments"`
	Products               link        `json:"products"`
	ShippingAddresses      link        `json:"shipping_addresses"`
	Coupons                link        `json:"coupons"`
	Fees                   any         `json:"fees"`
	ExternalID             *string     `json:"external_id"`
	ExternalMerchantID     *string     `json:"external_merchant_id"`
	TaxProviderID          string      `json:"tax_provider_id"`
	CustomerLocale         string      `json:"customer_locale"`
	ExternalOrderID        string      `json:"external_order_id"`
	StoreDefaultCurrency   string      `json:"store_default_currency_code"`
	StoreDefaultRate       string      `json:"store_default_to_transactional_exchange_rate"`

	CustomStatus string         `json:"custom_status"`
	Undocumented map[string]any `json:"sales_channel_context"`
}

// include says what of an order an answer carries whole.
type include struct {
	consignments bool
	lines        bool // the consignments' line_items
	fees         bool
	object       bool // consignment_structure=object
}

func (f *Fake) orderJSON(o *order, inc include) orderJSON {
	m := func(a amount) string { return a.format(f.cfg.MoneyScale) }
	t := o.totals()
	total, shipped := o.units(0)
	base := func(ex, tax amount) string {
		if o.in.TaxIncluded {
			return m(ex + tax)
		}
		return m(ex)
	}
	digital := true
	for i := range o.lines {
		digital = digital && o.lines[i].typ == Digital
	}
	out := orderJSON{
		ID: o.id, CustomerID: o.in.CustomerID, DateCreated: v2Date(o.created), DateModified: v2Date(o.modified), DateShipped: v2Date(o.shipped),
		StatusID: o.status, Status: o.status.String(),
		SubtotalExTax: m(t.subtotalEx), SubtotalIncTax: m(t.subtotalInc()), SubtotalTax: m(t.subtotalTax),
		BaseShippingCost: base(o.shipping, o.shippingTax), ShippingCostExTax: m(o.shipping), ShippingCostIncTax: m(o.shipping + o.shippingTax),
		ShippingCostTax: m(o.shippingTax), ShippingCostTaxClassID: 2,
		BaseHandlingCost: base(o.handling, o.handlingTax), HandlingCostExTax: m(o.handling), HandlingCostIncTax: m(o.handling + o.handlingTax),
		HandlingCostTax: m(o.handlingTax), HandlingCostTaxClassID: 2,
		BaseWrappingCost: base(o.wrapping, o.wrappingTax), WrappingCostExTax: m(o.wrapping), WrappingCostIncTax: m(o.wrapping + o.wrappingTax),
		WrappingCostTax: m(o.wrappingTax), WrappingCostTaxClassID: 3,
		TotalExTax: m(t.totalEx), TotalIncTax: m(t.totalInc()), TotalTax: m(t.totalTax), IsTaxInclusivePricing: o.in.TaxIncluded,
		ItemsTotal: total, ItemsShipped: shipped, PaymentMethod: o.in.PaymentMethod, PaymentStatus: o.in.PaymentStatus,
		RefundedAmount: m(0), OrderIsDigital: digital, StoreCreditAmount: m(o.storeCredit), GiftCertificateAmount: m(o.giftCertificate),
		CurrencyID: 1, CurrencyCode: o.in.DisplayCurrency, CurrencyExchangeRate: "1.0000000000", DefaultCurrencyID: 1,
		DefaultCurrencyCode: o.in.Currency, StaffNotes: o.in.StaffNotes, CustomerMessage: o.in.Message,
		DiscountAmount: m(o.discount), CouponDiscount: m(o.couponDiscount), ShippingAddressCount: len(o.addresses), IsDeleted: o.archived,
		EbayOrderID: "0", CartID: fmt.Sprintf("%08x-ef68-4fe5-9ec1-442e6a767364", o.id), BillingAddress: o.in.Billing.jsonWithForm(),
		OrderSource: o.in.Source, ChannelID: o.in.Channel, ExternalSource: nullable(o.in.ExternalSource),
		Consignments: f.link("/orders/%d/consignments", o.id), Products: f.link("/orders/%d/products", o.id),
		ShippingAddresses: f.link("/orders/%d/shippingaddresses", o.id), Coupons: f.link("/orders/%d/coupons", o.id),
		Fees: f.link("/orders/%d/fees", o.id), ExternalID: nullable(o.in.ExternalID), TaxProviderID: "BasicTaxProvider", CustomerLocale: "en",
		ExternalOrderID: o.in.ExternalOrderID, StoreDefaultRate: rate(o.in.ExchangeRate),
		CustomStatus: f.label(o.status), Undocumented: map[string]any{"origin": "fake", "revision": o.seq},
	}
	if o.in.Currency != f.cfg.Currency || o.in.DisplayCurrency != o.in.Currency {
		out.StoreDefaultCurrency = f.cfg.Currency
	}
	if o.in.PaymentMethod != "Credit Card" {
		out.CreditCardType = map[string]any{} // seen in the marketplace's own samples, beside null
	}
	if inc.fees {
		out.Fees = f.feesJSON(o)
	}
	if inc.consignments {
		cons := f.consignmentsJSON(o, inc.lines)
		out.Consignments = cons
		if !inc.object {
			out.Consignments = []consignmentsJSON{cons}
		}
	}
	return out
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// rate prints an exchange rate with ten decimals.
func rate(s string) string {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		x = 1
	}
	return strconv.FormatFloat(x, 'f', 10, 64)
}

type feeJSON struct {
	ID         int    `json:"id"`
	Type       string `json:"type"`
	Customer   string `json:"display_name_customer"`
	Merchant   string `json:"display_name_merchant"`
	Source     string `json:"source"`
	BaseCost   any    `json:"base_cost"`
	CostExTax  any    `json:"cost_ex_tax"`
	CostIncTax any    `json:"cost_inc_tax"`
	CostTax    any    `json:"cost_tax"`
	TaxClassID *int   `json:"tax_class_id"`
}

// feesJSON prints each other fee's money as numbers: the contract allows
// both.
func (f *Fake) feesJSON(o *order) []feeJSON {
	out := []feeJSON{}
	for i, fe := range o.fees {
		m := func(a amount) any {
			if i%2 == 1 {
				return a.number()
			}
			return a.format(f.cfg.MoneyScale)
		}
		out = append(out, feeJSON{
			ID: fe.id, Type: "custom_fee", Customer: fe.name, Merchant: fe.name, Source: "AA", BaseCost: m(fe.cost), CostExTax: m(fe.cost),
			CostIncTax: m(fe.cost + fe.tax), CostTax: m(fe.tax),
		})
	}
	return out
}

type lineJSON struct {
	ID                   int            `json:"id"`
	OrderID              int            `json:"order_id"`
	ProductID            int            `json:"product_id"`
	VariantID            int            `json:"variant_id"`
	OrderPickupMethodID  int            `json:"order_pickup_method_id"`
	OrderAddressID       int            `json:"order_address_id"`
	Name                 string         `json:"name"`
	NameCustomer         string         `json:"name_customer"`
	NameMerchant         string         `json:"name_merchant"`
	SKU                  string         `json:"sku"`
	UPC                  string         `json:"upc"`
	Type                 LineType       `json:"type"`
	BasePrice            string         `json:"base_price"`
	PriceExTax           string         `json:"price_ex_tax"`
	PriceIncTax          string         `json:"price_inc_tax"`
	PriceTax             string         `json:"price_tax"`
	BaseTotal            string         `json:"base_total"`
	TotalExTax           string         `json:"total_ex_tax"`
	TotalIncTax          string         `json:"total_inc_tax"`
	TotalTax             string         `json:"total_tax"`
	Weight               any            `json:"weight"`
	Width                string         `json:"width"`
	Height               string         `json:"height"`
	Depth                string         `json:"depth"`
	Quantity             int            `json:"quantity"`
	BaseCostPrice        string         `json:"base_cost_price"`
	CostPriceIncTax      string         `json:"cost_price_inc_tax"`
	CostPriceExTax       string         `json:"cost_price_ex_tax"`
	CostPriceTax         string         `json:"cost_price_tax"`
	IsRefunded           bool           `json:"is_refunded"`
	QuantityRefunded     int            `json:"quantity_refunded"`
	RefundAmount         string         `json:"refund_amount"`
	ReturnID             int            `json:"return_id"`
	WrappingID           int            `json:"wrapping_id"`
	WrappingName         *string        `json:"wrapping_name"`
	BaseWrappingCost     string         `json:"base_wrapping_cost"`
	WrappingCostExTax    string         `json:"wrapping_cost_ex_tax"`
	WrappingCostIncTax   string         `json:"wrapping_cost_inc_tax"`
	WrappingCostTax      string         `json:"wrapping_cost_tax"`
	WrappingMessage      string         `json:"wrapping_message"`
	QuantityShipped      int            `json:"quantity_shipped"`
	EventName            *string        `json:"event_name"`
	EventDate            *string        `json:"event_date"`
	FixedShippingCost    string         `json:"fixed_shipping_cost"`
	EbayItemID           string         `json:"ebay_item_id"`
	EbayTransactionID    string         `json:"ebay_transaction_id"`
	OptionSetID          *int           `json:"option_set_id"`
	ParentOrderProductID *int           `json:"parent_order_product_id"`
	IsBundledProduct     bool           `json:"is_bundled_product"`
	BinPickingNumber     string         `json:"bin_picking_number"`
	ExternalID           *string        `json:"external_id"`
	FulfillmentSource    string         `json:"fulfillment_source"` // in no contract
	Brand                string         `json:"brand"`
	AppliedDiscounts     []discountJSON `json:"applied_discounts"`
	ProductOptions       []optionJSON   `json:"product_options"`
	ConfigurableFields   []struct{}     `json:"configurable_fields"`
	GiftCertificateID    *int           `json:"gift_certificate_id"`
	DiscountedTotal      string         `json:"discounted_total_inc_tax"`
}

type discountJSON struct {
	ID     string  `json:"id"`
	Amount string  `json:"amount"`
	Name   string  `json:"name"`
	Code   *string `json:"code"`
	Target string  `json:"target"`
}

type optionJSON struct {
	ID              int    `json:"id"`
	OptionID        int    `json:"option_id"`
	OrderProductID  int    `json:"order_product_id"`
	ProductOptionID int    `json:"product_option_id"`
	DisplayName     string `json:"display_name"`
	NameCustomer    string `json:"display_name_customer"`
	NameMerchant    string `json:"display_name_merchant"`
	DisplayValue    string `json:"display_value"`
	ValueCustomer   string `json:"display_value_customer"`
	ValueMerchant   string `json:"display_value_merchant"`
	Value           string `json:"value"`
	Type            string `json:"type"`
	Name            string `json:"name"`
	DisplayStyle    string `json:"display_style"`
}

func (f *Fake) lineJSON(o *order, l *line) lineJSON {
	m := func(a amount) string { return a.format(f.cfg.MoneyScale) }
	zero := m(0)
	q := amount(l.qty)
	base := l.price
	if o.in.TaxIncluded {
		base += l.tax
	}
	out := lineJSON{
		ID: l.id, OrderID: o.id, OrderPickupMethodID: l.pickup, OrderAddressID: l.address, Name: l.name, NameCustomer: l.name, NameMerchant: l.name,
		SKU: l.sku, Type: l.typ, BasePrice: m(base), PriceExTax: m(l.price), PriceIncTax: m(l.price + l.tax), PriceTax: m(l.tax),
		BaseTotal: m(base * q), TotalExTax: m(l.price * q), TotalIncTax: m((l.price + l.tax) * q), TotalTax: m(l.tax * q),
		Weight: zero, Width: zero, Height: zero, Depth: zero, Quantity: l.qty, BaseCostPrice: zero, CostPriceIncTax: zero,
		CostPriceExTax: zero, CostPriceTax: zero, IsRefunded: l.refunded >= l.qty && l.qty > 0, QuantityRefunded: l.refunded, RefundAmount: zero,
		BaseWrappingCost: zero, WrappingCostExTax: zero, WrappingCostIncTax: zero, WrappingCostTax: zero, QuantityShipped: l.shipped,
		FixedShippingCost: zero, IsBundledProduct: l.parent != 0, AppliedDiscounts: []discountJSON{}, ProductOptions: []optionJSON{},
		ConfigurableFields: []struct{}{}, DiscountedTotal: m((l.price+l.tax)*q - l.discounted()),
	}
	if l.parent != 0 {
		parent := l.parent
		out.ParentOrderProductID = &parent
	}
	if l.typ == GiftCertificate {
		id := l.id
		out.GiftCertificateID = &id
	}
	for _, d := range l.discounts {
		target := "order"
		if d.onProduct {
			target = "product"
		}
		out.AppliedDiscounts = append(out.AppliedDiscounts, discountJSON{d.id, m(d.amount), d.name, nullable(d.code), target})
	}
	v := l.v
	if v == nil {
		return out
	}
	out.ProductID, out.VariantID, out.UPC = v.p.id, v.id, cmp.Or(v.upc, v.p.upc)
	if out.Weight = v.p.weight.format(FourDecimals); l.id%2 == 0 {
		out.Weight = v.p.weight.number() // the contract allows both
	}
	for i, opt := range v.options {
		out.ProductOptions = append(out.ProductOptions, optionJSON{
			ID: l.id*10 + i, OptionID: v.p.id*10 + i, OrderProductID: l.id, ProductOptionID: v.p.id*10 + i, DisplayName: opt.Name,
			NameCustomer: opt.Name, NameMerchant: opt.Name, DisplayValue: opt.Label, ValueCustomer: opt.Label, ValueMerchant: opt.Label,
			Value: strconv.Itoa(v.id*10 + i), Type: "Multiple choice", Name: opt.Name, DisplayStyle: "Rectangle",
		})
	}
	return out
}
