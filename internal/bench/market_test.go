package bench

import (
	"fmt"
	"net/http"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// The marketplaces that are measured.
const (
	onShopify     = "shopify"
	onBigCommerce = "bigcommerce"
)

// lifted is a quota that nothing here reaches.
const lifted = 1e6

// stocked is how many goods the fakes of full orders sell.
const stocked = 400

func sku(i int) string { return fmt.Sprintf("SKU-%04d", i%stocked) }

// fullMarket is a fake that holds orders of three lines with every field that
// an adapter reads filled in.
type fullMarket struct {
	shopify     *shopifytest.Fake
	bigcommerce *bigcommercetest.Fake
}

func newFullMarket(kind string, orders int) (*fullMarket, error) {
	m := &fullMarket{}
	place := m.placeOnBigCommerce
	switch kind {
	case onShopify:
		m.shopify, place = shopifytest.New(shopifytest.Config{Quota: lifted, IndexLag: -1, Currency: "EUR"}), m.placeOnShopify
		p := shopifytest.Product{Title: "Mug"}
		for i := range stocked {
			p.Variants = append(p.Variants, shopifytest.Variant{
				SKU: sku(i), Title: fmt.Sprint("Colour ", i), Price: fmt.Sprintf("%d.%02d", 10+i%50, i%100), Available: 1 << 30, Grams: 350,
			})
		}
		if _, err := m.shopify.AddProduct(p); err != nil {
			return nil, err
		}
	case onBigCommerce:
		m.bigcommerce = bigcommercetest.New(bigcommercetest.Config{Quota: lifted, EffectLag: -1})
		for i := range stocked {
			_, err := m.bigcommerce.AddProduct(bigcommercetest.NewProduct{
				SKU: sku(i), Name: fmt.Sprint("Mug, colour ", i), Price: fmt.Sprintf("%d.%02d", 10+i%50, i%100),
				Tracking: bigcommercetest.TrackProduct, OnHand: 1 << 30,
			})
			if err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("no such marketplace: %s", kind)
	}
	for i := range orders {
		if err := place(i); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *fullMarket) handler() http.Handler {
	if m.shopify != nil {
		return m.shopify
	}
	return m.bigcommerce
}

// placeOnShopify places an order in two currencies, taxed, discounted, with
// duties, a tip and notes, and ships one of its units.
func (m *fullMarket) placeOnShopify(i int) error {
	to := shopifytest.Address{
		First: "Buyer", Last: fmt.Sprint("Number ", i), Company: "Example Ltd", Line1: fmt.Sprint(i, " Example Street"), Line2: "Floor 2",
		City: "Berlin", Zip: fmt.Sprintf("10%03d", i%1000), Province: "Berlin", ProvinceCode: "BE", Country: "Germany", CountryCode: "DE",
		Phone: fmt.Sprintf("+4930%06d", i),
	}
	n := shopifytest.NewOrder{
		Currency: "USD", Rate: "0.9", TaxesIncluded: true, Taxes: []shopifytest.Tax{{Title: "VAT", Rate: "0.19"}},
		Discounts: []shopifytest.Discount{{Code: "TEN", Percent: "10"}},
		Shipping:  []shopifytest.Shipping{{Title: "Standard", Code: "STD", Carrier: "ups", Price: "4.90"}},
		Tip:       "1.00", Risk: "ACCEPT", Note: "please ring twice", Tags: []string{"vip", "gift"},
		Buyer:   shopifytest.Buyer{First: "Buyer", Last: to.Last, Email: fmt.Sprintf("buyer%d@example.com", i), Phone: to.Phone, Locale: "de-DE"},
		Address: &to, Attributes: map[string]string{"gift": "yes"},
	}
	billing := to
	billing.Line1 = fmt.Sprint(i+1, " Billing Street")
	n.Billing = &billing
	for k := range 3 {
		n.Lines = append(n.Lines, shopifytest.NewLine{
			SKU: sku(3*i + k), Quantity: 2, Price: fmt.Sprintf("%d.50", 12+k), Duty: "0.30", Attributes: map[string]string{"engraving": "Anna"},
		})
	}
	o, err := m.shopify.PlaceOrder(n)
	if err != nil {
		return err
	}
	return m.shopify.Ship(o.ID, shopifytest.Shipped{
		Units: map[string]int{o.Lines[0].ID: 1}, Company: "UPS", Numbers: []string{fmt.Sprintf("1Z%09d", i)},
		URLs: []string{fmt.Sprintf("https://example.com/track/%d", i)},
	})
}

// placeOnBigCommerce places an order with everything that comes within a page
// of orders. Parcels and refunds are asked for by the order, so it has none.
func (m *fullMarket) placeOnBigCommerce(i int) error {
	to := bigcommercetest.Address{
		FirstName: "Buyer", LastName: fmt.Sprint("Number ", i), Company: "Example Ltd", Street1: fmt.Sprint(i, " Example Street"), Street2: "Floor 2",
		City: "Berlin", State: "Berlin", Zip: fmt.Sprintf("10%03d", i%1000), Country: "Germany", CountryISO2: "DE",
		Phone: fmt.Sprintf("+4930%06d", i), Email: fmt.Sprintf("buyer%d@example.com", i),
	}
	n := bigcommercetest.NewOrder{
		Billing: to, ShipTo: []bigcommercetest.ShipTo{{Address: to, Method: "Standard", Shipping: "4.90", ShippingTax: "0.93", Handling: "1.00", HandlingTax: "0.19"}},
		DisplayCurrency: "EUR", Wrapping: "2.00", WrappingTax: "0.38", Discount: "1.00",
		Coupons: []bigcommercetest.Coupon{{Code: "TEN", Amount: "3.00", Discount: "3.00"}},
		Fees:    []bigcommercetest.Fee{{Name: "Deposit", Cost: "0.50", Tax: "0.10"}},
		Taxes:   []bigcommercetest.Tax{{Name: "VAT", Class: "Default", Rate: "19", Amount: "7.00"}},
		Message: "please ring twice", StaffNotes: "vip", ExternalID: fmt.Sprint("X-", i), ExternalSource: "legacy",
	}
	for k := range 3 {
		n.Lines = append(n.Lines, bigcommercetest.NewLine{
			SKU: sku(3*i + k), Quantity: 2, Price: fmt.Sprintf("%d.50", 12+k), Tax: "2.38", Discount: "0.20",
		})
	}
	_, err := m.bigcommerce.PlaceOrder(n)
	return err
}

// channelAt connects to a fake of newFullMarket in another process.
func channelAt(kind, url string) (channel.Channel, error) {
	if kind != onBigCommerce {
		return shopify.New(shopify.Config{ID: channel.ID(kind), Shop: "penstock-test", Token: "shpat_fake", Endpoint: url})
	}
	return bigcommerce.New(bigcommerce.Config{
		ID: onBigCommerce, StoreHash: bigcommercetest.DefaultStoreHash, Token: bigcommercetest.DefaultToken, Endpoint: url,
	})
}
