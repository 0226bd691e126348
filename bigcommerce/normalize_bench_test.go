package bigcommerce

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
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
	adaptertest.BenchDecode[stdOrder, store.Order](b, page, orders, func() int {
		out, err := normalise(page)
		if err != nil {
			b.Fatal(err)
		}
		return len(out)
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
