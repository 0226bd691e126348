package shopify

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// pageOfOrders returns the nodes of a page with every field of the production
// query present, in two currencies.
func pageOfOrders(tb testing.TB, orders, lines int) []byte {
	tb.Helper()
	bag := func(n int) string {
		return fmt.Sprintf(`{"shopMoney":{"amount":"%d.%02d","currencyCode":"EUR"},"presentmentMoney":{"amount":"%d.%02d","currencyCode":"USD"}}`, n, n%100, n+1, n%100)
	}
	addr := func(i int) string {
		return fmt.Sprintf(`{"name":"Buyer %d","company":"Company %d","address1":"Street %d","address2":"Floor 2","city":"Berlin","zip":"10%03d","province":"Berlin","provinceCode":"BE","country":"Germany","countryCodeV2":"DE","phone":"+49 30 %06d"}`, i, i, i, i, i)
	}
	tax := func(n int) string {
		return `[{"title":"VAT","rate":0.19,"channelLiable":false,"priceSet":` + bag(n) + `}]`
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range orders {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"gid://shopify/Order/%d","name":"#%d","sourceName":"web","createdAt":"2026-11-20T10:00:00Z","processedAt":"2026-11-20T10:00:00Z","updatedAt":"2026-11-20T10:%02d:00Z","cancelledAt":null,"cancelReason":null,"closedAt":null,"closed":false,"test":false,"edited":false,"displayFinancialStatus":"PAID","displayFulfillmentStatus":"PARTIALLY_FULFILLED","email":"b%d@example.com","phone":"+49 30 1","note":"please ring","poNumber":"PO-%d","tags":["vip","gift"],"customerLocale":"de-DE","taxesIncluded":true,"dutiesIncluded":false,"currencyCode":"EUR","presentmentCurrencyCode":"USD","discountCodes":["TEN"],"customAttributes":[{"key":"gift","value":"yes"}],`,
			5000000000+i, 1000+i, i%60, i, i)
		fmt.Fprintf(&b, `"shippingAddress":%s,"billingAddress":%s,"totalPriceSet":%s,"subtotalPriceSet":%s,"totalDiscountsSet":%s,"totalTaxSet":%s,"originalTotalDutiesSet":%s,"originalTotalAdditionalFeesSet":%s,"totalTipReceivedSet":%s,"totalRefundedSet":%s,"totalCashRoundingAdjustment":{"paymentSet":%s},"taxLines":%s,"risk":{"recommendation":"ACCEPT"},`,
			addr(i), addr(i+1), bag(100+i), bag(90+i), bag(10), bag(19), bag(3), bag(2), bag(0), bag(0), bag(0), tax(i))
		fmt.Fprintf(&b, `"shippingLines":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[{"id":"gid://shopify/ShippingLine/%d","title":"Standard","code":"STD","isRemoved":false,"originalPriceSet":%s,"discountedPriceSet":%s,"taxLines":%s}]},"refunds":[],`, i, bag(5), bag(4), tax(1))
		fmt.Fprintf(&b, `"fulfillments":[{"id":"gid://shopify/Fulfillment/%d","status":"SUCCESS","createdAt":"2026-11-20T11:00:00Z","updatedAt":"2026-11-20T11:00:00Z","location":{"id":"gid://shopify/Location/1"},"trackingInfo":[{"company":"UPS","number":"1Z%09d","url":"https://example.com/%d"}],"fulfillmentLineItems":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[{"quantity":1,"lineItem":{"id":"gid://shopify/LineItem/%d"}}]}}],`, i, i, i, i*10)
		fmt.Fprintf(&b, `"customer":{"id":"gid://shopify/Customer/%d","firstName":"First","lastName":"Last %d","defaultEmailAddress":{"emailAddress":"b%d@example.com"},"defaultPhoneNumber":{"phoneNumber":"+49"}},`, i, i, i)
		fmt.Fprintf(&b, `"fulfillmentOrders":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[{"id":"gid://shopify/FulfillmentOrder/%d","status":"IN_PROGRESS","assignedLocation":{"location":{"id":"gid://shopify/Location/1","isFulfillmentService":false}},"deliveryMethod":{"methodType":"SHIPPING"},"requestStatus":"UNSUBMITTED","fulfillAt":"2026-11-20T10:00:00Z","fulfillBy":null,"updatedAt":"2026-11-20T11:00:00Z","fulfillmentHolds":[],"lineItems":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[`, i)
		for k := range lines {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"gid://shopify/FulfillmentOrderLineItem/%d","totalQuantity":2,"remainingQuantity":1,"lineItem":{"id":"gid://shopify/LineItem/%d"}}`, i*10+k, i*10+k)
		}
		b.WriteString(`]}}]},`)
		b.WriteString(`"lineItems":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"nodes":[`)
		for k := range lines {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"gid://shopify/LineItem/%d","title":"Mug number %d","variantTitle":"Blue / L","sku":"MUG-%05d","quantity":2,"currentQuantity":2,"unfulfilledQuantity":1,"nonFulfillableQuantity":0,"requiresShipping":true,"isGiftCard":false,"variant":{"id":"gid://shopify/ProductVariant/%d"},"product":{"id":"gid://shopify/Product/%d"},"lineItemGroup":null,"customAttributes":[{"key":"text","value":"Anna"}],"originalUnitPriceSet":%s,"discountAllocations":[{"allocatedAmountSet":%s,"discountApplication":{"code":"TEN"}}],"taxLines":%s}`,
				i*10+k, k, i*10+k, i*10+k, i, bag(20+k), bag(2), tax(3))
		}
		b.WriteString(`]}}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// BenchmarkDecodeOrders measures from the bytes of a page of 250 orders of 3
// lines to orders of the contract, raw payload kept, one bad order spoiling no
// other. The other two merely unmarshal the same bytes into the wire structs.
func BenchmarkDecodeOrders(b *testing.B) {
	const orders = 250
	page := pageOfOrders(b, orders, 3)
	adaptertest.BenchDecode[admin.Order, admin.Order](b, page, orders, func() int {
		var nodes admin.Nodes[admin.Order]
		if err := admin.Unmarshal(page, &nodes); err != nil {
			b.Fatal(err)
		}
		good := 0
		for i := range nodes {
			o, err := normalizer{}.order(&nodes[i].Value)
			if err != nil || nodes[i].Err != nil {
				b.Fatal(err, nodes[i].Err)
			}
			if len(o.Lines) == 3 {
				good++
			}
		}
		return good
	})
}
