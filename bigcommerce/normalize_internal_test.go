package bigcommerce

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
)

// pageOfOrders is a page with every field that real orders have.
func pageOfOrders(tb testing.TB, orders, lines int) []byte {
	tb.Helper()
	addr := func(i int) string {
		return fmt.Sprintf(`"first_name":"First %d","last_name":"Last","company":"","street_1":"%d Example Street","street_2":"Floor 2","city":"Austin","state":"Texas","zip":"78%03d","country":"United States","country_iso2":"US","phone":"5550100","email":"b%d@example.com","form_fields":[]`, i, i, i, i)
	}
	link := func(what string, i int) string {
		return fmt.Sprintf(`{"url":"https://api.bigcommerce.com/stores/abc/v2/orders/%d/%s","resource":"/orders/%d/%s"}`, i, what, i, what)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range orders {
		if i > 0 {
			b.WriteByte(',')
		}
		id := 1000 + i
		fmt.Fprintf(&b, `{"id":%d,"customer_id":%d,"date_created":"Tue, 20 Nov 2026 10:00:00 +0000","date_modified":"Tue, 20 Nov 2026 10:%02d:00 +0000","date_shipped":"","status_id":11,"status":"Awaiting Fulfillment",`, id, i%3, i%60)
		for _, k := range []string{"subtotal", "shipping_cost", "handling_cost", "wrapping_cost", "total"} {
			ex := map[string]int{"subtotal": 60, "shipping_cost": 5, "total": 65}[k]
			fmt.Fprintf(&b, `"%s_ex_tax":"%d.0000","%s_inc_tax":"%d.5000","%s_tax":"0.5000","base_%s":"%d.0000",`, k, ex, k, ex, k, k, ex)
		}
		fmt.Fprintf(&b, `"is_tax_inclusive_pricing":false,"items_total":%d,"items_shipped":0,"payment_method":"Credit Card","payment_provider_id":"ch_%d","payment_status":"captured","refunded_amount":"0.0000","order_is_digital":false,"store_credit_amount":"0.0000","gift_certificate_amount":"0.0000","ip_address":"192.0.2.1","geoip_country":"United States","geoip_country_iso2":"US","currency_id":1,"currency_code":"USD","currency_exchange_rate":"1.0000000000","default_currency_id":1,"default_currency_code":"USD","staff_notes":"","customer_message":"please ring","discount_amount":"0.0000","coupon_discount":"%d.0000","shipping_address_count":1,"is_deleted":false,"ebay_order_id":"0","cart_id":"a8458391-ef68-4fe5-9ec1-442e6a767364","billing_address":{%s},"is_email_opt_in":false,"credit_card_type":null,"order_source":"www","channel_id":1,"external_source":null,"products":%s,"shipping_addresses":%s,"coupons":%s,"external_id":null,"external_merchant_id":null,"tax_provider_id":"BasicTaxProvider","customer_locale":"en","external_order_id":"","store_default_currency_code":"USD","store_default_to_transactional_exchange_rate":"1.0000000000","custom_status":"Awaiting Fulfillment",`,
			lines, i, lines, addr(i), link("products", id), link("shippingaddresses", id), link("coupons", id))
		b.WriteString(`"fees":[{"id":1,"type":"custom_fee","display_name_customer":"Rush","base_cost":1.5,"cost_ex_tax":"1.5000","cost_inc_tax":"1.5000","cost_tax":0}],`)
		fmt.Fprintf(&b, `"consignments":{"pickups":[],"downloads":[],"email":{"gift_certificates":[]},"shipping":[{"id":%d,%s,"items_total":%d,"items_shipped":0,"shipping_method":"Flat Rate","base_cost":5,"cost_ex_tax":5,"cost_inc_tax":5.5,"cost_tax":0.5,"shipping_zone_id":1,"shipping_zone_name":"US","shipping_quotes":%s,"line_items":[`, i, addr(i), lines, link("quotes", id))
		for k := range lines {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":%d,"order_id":%d,"product_id":%d,"variant_id":%d,"order_pickup_method_id":0,"order_address_id":%d,"name":"Mug number %d","name_customer":"Mug number %d","name_merchant":"Mug number %d","sku":"MUG-%05d","upc":"","type":"physical",`, id*10+k, id, i, i*10+k, i, k, k, k, i*10+k)
			for _, f := range []string{"price", "total"} {
				fmt.Fprintf(&b, `"%s_ex_tax":"20.0000","%s_inc_tax":"21.6500","%s_tax":"1.6500","base_%s":"20.0000",`, f, f, f, f)
			}
			b.WriteString(`"weight":"0.4000","width":"0.0000","height":"0.0000","depth":"0.0000","quantity":1,"base_cost_price":"0.0000","cost_price_inc_tax":"0.0000","cost_price_ex_tax":"0.0000","cost_price_tax":"0.0000","is_refunded":false,"quantity_refunded":0,"refund_amount":"0.0000","return_id":0,"wrapping_id":0,"wrapping_name":null,"base_wrapping_cost":"0.0000","wrapping_cost_ex_tax":"0.0000","wrapping_cost_inc_tax":"0.0000","wrapping_cost_tax":"0.0000","wrapping_message":"","quantity_shipped":0,"event_name":null,"event_date":null,"fixed_shipping_cost":"0.0000","ebay_item_id":"","ebay_transaction_id":"","option_set_id":null,"parent_order_product_id":null,"is_bundled_product":false,"bin_picking_number":"","external_id":null,"fulfillment_source":"","brand":"","gift_certificate_id":null,"discounted_total_inc_tax":"20.6500","applied_discounts":[{"id":"coupon","amount":"1.0000","name":"SAVE","code":"SAVE","target":"order"}],"configurable_fields":[],"product_options":[{"id":1,"option_id":2,"order_product_id":3,"product_option_id":4,"display_name":"Size","display_name_customer":"Size","display_name_merchant":"Size","display_value":"L","display_value_customer":"L","display_value_merchant":"L","value":"12","type":"Multiple choice","name":"Size","display_style":"Rectangle"}]}`)
		}
		b.WriteString(`]}]}}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func normalise(page []byte) ([]channel.Order, error) {
	nodes, err := store.DecodeNodes[store.Order](page)
	if err != nil {
		return nil, err
	}
	out := make([]channel.Order, 0, len(nodes))
	for i := range nodes {
		if nodes[i].Err != nil {
			return nil, nodes[i].Err
		}
		r := rawOrder{Order: nodes[i].Raw}
		o, err := r.order(&nodes[i].Value)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// BenchmarkDecodeOrders measures from the bytes of a page of 250 orders of 3
// lines to orders of the contract, raw payload kept, one bad order spoiling no
// other. The other two merely unmarshal the same bytes into the wire structs.
func BenchmarkDecodeOrders(b *testing.B) {
	const orders = 250
	page := pageOfOrders(b, orders, 3)
	run := func(name string, f func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if n, err := f(); n != orders || err != nil {
					b.Fatalf("%d orders, %v", n, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(orders)/float64(time.Microsecond), "µs/order")
		})
	}
	run("normalise", func() (int, error) {
		out, err := normalise(page)
		return len(out), err
	})
	run("encodingjson", func() (int, error) {
		var out []stdOrder
		err := stdjson.Unmarshal(page, &out)
		return len(out), err
	})
	run("jsonexperiment", func() (int, error) {
		var out []store.Order
		err := json.Unmarshal(page, &out)
		return len(out), err
	})
}

// stdOrder is store.Order as encoding/json can decode it: the object form of
// consignments alone.
type stdOrder struct {
	store.Order
	Fees         []store.Fee `json:"fees"`
	Consignments struct {
		Shipping []struct {
			ID     store.Int  `json:"id"`
			Method store.Text `json:"shipping_method"`
			store.Address
			LineItems []store.Line `json:"line_items"`
		} `json:"shipping"`
	} `json:"consignments"`
}

func TestPageOfTheBenchmarkIsWhole(t *testing.T) {
	orders, err := normalise(pageOfOrders(t, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	o := orders[1]
	if len(o.Lines) != 3 || o.Recipient.City != "Austin" || len(o.Charges) != 2 || o.Lines[2].Variant != "L" || len(o.Raw) == 0 {
		t.Errorf("%d lines, %d charges", len(o.Lines), len(o.Charges))
	}
}

// The published list has every courier our table names.
func TestCarrierTableIsOfThePublishedList(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(spectest.Dir(t), "..", "data", "carriers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	has := func(field, value string) bool {
		return bytes.Contains(text, []byte("\nbigcommerce,"+field+","+value+","))
	}
	for code, v := range providers {
		if _, ok := channel.LookupCarrier(code); !ok || !has("shipping_provider", v) {
			t.Errorf("%s: no provider %q, or no such carrier", code, v)
		}
	}
	for code, v := range slugs {
		c, ok := channel.LookupCarrier(code)
		if !ok || c.Code != code || !has("tracking_carrier", v) {
			t.Errorf("%s: no courier %q, or no such carrier", code, v)
		}
	}
	for _, tt := range [][3]string{
		{"ups", "", "ups"}, {"upsonline", "", "upsonline"}, {"custom", "", ""}, {"", "dhl", "dhl"}, {"", "fedex", "fedex"}, {"", "zebra", "zebra"},
	} {
		if got := carrierName(tt[0], tt[1]); got != tt[2] {
			t.Errorf("carrierName(%q, %q) = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestOffenders(t *testing.T) {
	ws := []*write{
		{place: place{item{variant: 106}, 1}}, {place: place{item{product: 113}, 1}}, {place: place{item{product: 106}, 2}},
	}
	tests := []struct {
		said  apiError
		named []int
		class error
	}{
		{apiError{Title: "[Item with variant_id 106 is tracked by product, please update stock by product id]"}, []int{0}, channel.ErrStaleHandle},
		{apiError{Title: "Items with identity: [product_id 113] requires absolute adjustment before relative"}, []int{1}, channel.ErrConflict},
		{apiError{Title: "Items with identity: [product_id 113, variant_id 106] would fall below their safety stock"}, []int{0, 1}, channel.ErrConflict},
		{apiError{Title: "Location not found, identities: [3,2]"}, []int{2}, channel.ErrInvalid},
		{apiError{Title: "Items not found, identities: [106]"}, []int{0, 2}, channel.ErrNotFound},
		{apiError{Title: "Payload contains invalid fields", Fields: map[string]string{"items.1.quantity": "too large", "items[2]": "odd"}}, []int{1, 2}, channel.ErrInvalid},
		{apiError{Title: "Items with identity: [product_id 999] are odd"}, nil, nil},
		{apiError{Title: "Something is wrong"}, nil, nil},
		{apiError{}, nil, nil},
	}
	c := &Channel{}
	for _, tt := range tests {
		got := c.offenders("set stock", tt.said, ws)
		var named []int
		for i, w := range ws {
			err, ok := got[w]
			if !ok {
				continue
			}
			named = append(named, i)
			if channel.Class(err) != tt.class { //nolint:errorlint // the class itself is asked for
				t.Errorf("%q: %v, want %v", tt.said.text(), err, tt.class)
			}
		}
		if !slices.Equal(named, tt.named) {
			t.Errorf("%q names %v, want %v", tt.said.text(), named, tt.named)
		}
	}
}

// An index beyond the batch or a number beyond an integer names nobody.
func FuzzOffenders(f *testing.F) {
	f.Add("Items with identity: [product_id 113]", "items.1.quantity")
	f.Add("identities: [99999999999999999999,1]", "items.99999999999999999999")
	ws := []*write{{place: place{item{product: 113}, 1}}}
	f.Fuzz(func(t *testing.T, title, key string) {
		for w := range (&Channel{}).offenders("op", apiError{Title: title, Fields: map[string]string{key: "x"}}, ws) {
			if w != ws[0] {
				t.Error("somebody else is named")
			}
		}
	})
}

func FuzzParseError(f *testing.F) {
	for _, s := range []string{"", "[", "{}", `[{"message":1}]`, `{"title":"t","errors":[{}]}`, "<html>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = parseError(b).text() })
}

func FuzzDecodeOrder(f *testing.F) {
	f.Add([]byte(`{"order":{}}`))
	f.Add(append(append([]byte(`{"order":`), bytes.TrimSuffix(bytes.TrimPrefix(pageOfOrders(f, 1, 1), []byte("[")), []byte("]"))...), '}'))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o, err := (&Channel{}).DecodeOrder(raw); err != nil && channel.Class(err) == nil {
			t.Errorf("%v has no class", err)
		} else if err == nil && o.ID == "" {
			t.Error("an order without an id")
		}
	})
}

func TestScalars(t *testing.T) {
	for in, want := range map[string]string{
		`"361.9500"`: "361.95", `924.47`: "924.47", `"0"`: "0", `12.5`: "12.5", `""`: "0.00", `null`: "0.00", `1e2`: "100", `"5.00"`: "5.00",
		`-3`: "-3", `1.5e-1`: "0.15", `"7.1234"`: "7.1234",
	} {
		var d store.Dec
		if err := store.Unmarshal([]byte(in), &d); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if m, err := (&normalizer{cur: "USD"}).money(d); err != nil || m.Amount() != want {
			t.Errorf("%s: %v, %v, want %s", in, m, err, want)
		}
	}
	for _, in := range []string{`"12,50"`, `"a lot"`, `"12345678901234567890.1"`} {
		var d store.Dec
		if err := store.Unmarshal([]byte(in), &d); err == nil {
			if _, err = (&normalizer{cur: "USD"}).money(d); err == nil {
				t.Errorf("%s was taken for money", in)
			}
		}
	}
	if m, err := (&normalizer{cur: "JPY"}).money("1200.0000"); err != nil || m.Amount() != "1200" {
		t.Errorf("%v, %v", m, err)
	}
	for in, want := range map[string]store.Int{`7`: 7, `"7"`: 7, `7.0`: 7, `null`: 0, `""`: 0} {
		var n store.Int
		if err := store.Unmarshal([]byte(in), &n); err != nil || n != want {
			t.Errorf("%s: %d, %v", in, n, err)
		}
	}
	for in, want := range map[string]bool{`true`: true, `"1"`: true, `1`: true, `"true"`: true, `false`: false, `null`: false, `"0"`: false} {
		var f store.Flag
		if err := store.Unmarshal([]byte(in), &f); err != nil || bool(f) != want {
			t.Errorf("%s: %t, %v", in, f, err)
		}
	}
	for _, in := range []string{`"Tue, 20 Nov 2012 00:00:00 +0000"`, `"2012-11-20T00:00:00Z"`, `"2012-11-20T00:00:00+00:00"`, `"Tue, 20 Nov 2012 02:00:00 +0200"`} {
		var d store.Date
		if err := store.Unmarshal([]byte(in), &d); err != nil || !d.Equal(time.Date(2012, 11, 20, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %v, %v", in, d, err)
		}
	}
	for _, in := range []string{`""`, `null`, `"0000-00-00 00:00:00"`} {
		var d store.Date
		if err := store.Unmarshal([]byte(in), &d); err != nil || !d.IsZero() {
			t.Errorf("%s: %v, %v", in, d, err)
		}
	}
	var long strings.Builder
	long.WriteString(`"1e999999999"`)
	var d store.Dec
	if err := store.Unmarshal([]byte(long.String()), &d); err == nil {
		t.Error("a number of a billion digits was written out")
	}
}

// What a buyer chose makes the variant, what a buyer wrote is an attribute.
func TestOptions(t *testing.T) {
	var l channel.Line
	(&normalizer{}).options(&l, []store.Option{
		{Name: "Size", Value: "L", Type: "Multiple choice"},
		{Name: "Colour", Value: "Blue", Type: "Swatch"},
		{Name: "Engraving", Value: "Anna", Type: "Text field"},
		{Name: "Day", Value: "12 May", Type: "Date field"},
	})
	if l.Variant != "L / Blue" || len(l.Attributes) != 2 || l.Attributes[0] != (channel.Attribute{Name: "Engraving", Value: "Anna"}) {
		t.Errorf("variant %q, %d attributes", l.Variant, len(l.Attributes))
	}
}

// A status, a type and a payment that are new keep their words.
func TestWordsThatAreNew(t *testing.T) {
	w := store.Order{
		ID: 1, StatusID: 15, Status: "Teleported", PaymentStatus: "Bartered", DefaultCurrencyCode: "usd", ItemsTotal: 1,
		Consignments: store.Consignments{Pickups: []store.Pickup{{LineItems: store.Lines{Items: []store.Line{{ID: 1, Quantity: 1, Type: "hologram"}}}}}},
	}
	o, err := (&rawOrder{}).order(&w)
	if err != nil || o.Status.Value != "" || o.Status.Raw != "Teleported" || o.Payment.Value != "" || o.Payment.Raw != "Bartered" ||
		o.Lines[0].FulfilledBy.Value != "" || o.Lines[0].FulfilledBy.Raw != "hologram" || o.Lines[0].Open() != 1 {
		t.Errorf("%v %v %v, %v", o.Status, o.Payment, o.Lines, err)
	}
}
