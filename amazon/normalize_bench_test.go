package amazon

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/wire"
)

// pageOfOrders returns the orders of a page with every dataset that is asked
// for, a parcel each, and lines with tax, shipping, discounts and a promotion.
func pageOfOrders(orders, lines int) []byte {
	money := func(n int) string { return fmt.Sprintf(`{"amount":"%d.%02d","currencyCode":"USD"}`, n, n%100) }
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range orders {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"orderId":"111-%07d-%07d","orderAliases":[{"aliasId":"R-%d","aliasType":"SELLER_ORDER_ID"}],"createdTime":"2026-11-20T10:00:00.000Z","lastUpdatedTime":"2026-11-20T10:%02d:00.123Z","programs":["PRIME","AMAZON_BUSINESS"],"associatedOrders":[],"salesChannel":{"channelName":"AMAZON","marketplaceId":"ATVPDKIKX0DER","marketplaceName":"Amazon.com"},`, i, i, i, i%60)
		fmt.Fprintf(&b, `"buyer":{"buyerName":"Buyer %d","buyerEmail":"b%d@marketplace.amazon.com","buyerCompanyName":"Company %d","buyerPurchaseOrderNumber":"PO-%d"},"recipient":{"deliveryAddress":{"name":"Buyer %d","companyName":"Company %d","addressLine1":"%d Example Street","addressLine2":"Floor 2","addressLine3":"","city":"Austin","districtOrCounty":"Travis","stateOrRegion":"TX","municipality":"","postalCode":"78701","countryCode":"US","phone":"+1 555 %07d","addressType":"RESIDENTIAL"},"deliveryPreference":{"dropOffLocation":"PORCH","addressInstruction":"ring twice"}},`, i, i, i, i, i, i, i, i)
		fmt.Fprintf(&b, `"proceeds":{"grandTotal":%s,"breakdowns":[{"type":"ITEM","subtotal":%s},{"type":"SHIPPING","subtotal":%s},{"type":"TAX","subtotal":%s},{"type":"DISCOUNT","subtotal":%s},{"type":"DELIVERY_TIP","status":"FINALIZED","subtotal":%s}]},`, money(30*lines), money(20*lines), money(5*lines), money(4*lines), money(2*lines), money(3))
		fmt.Fprintf(&b, `"fulfillment":{"fulfillmentStatus":"PARTIALLY_SHIPPED","fulfilledBy":"MERCHANT","fulfillmentServiceLevel":"STANDARD","shipByWindow":{"earliestDateTime":"2026-11-20T08:00:00Z","latestDateTime":"2026-11-22T07:59:59Z"},"deliverByWindow":{"earliestDateTime":"2026-11-24T08:00:00Z","latestDateTime":"2026-11-28T07:59:59Z"}},`)
		fmt.Fprintf(&b, `"packages":[{"packageReferenceId":"1","createdTime":"2026-11-20T12:00:00Z","packageStatus":{"status":"SHIPPED"},"carrier":"UPS","shipTime":"2026-11-20T12:00:00Z","shippingService":"Ground","trackingNumber":"1Z%09d","packageItems":[{"orderItemId":"%d","quantity":1}]}],"orderItems":[`, i, i*10)
		for k := range lines {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"orderItemId":"%d","quantityOrdered":2,"programs":["TRANSPARENCY"],"product":{"asin":"B0%08d","title":"Mug number %d, blue, with a handle","sellerSku":"MUG-%05d","condition":{"conditionType":"NEW","conditionSubtype":"NEW"},"price":{"unitPrice":%s}},`, i*10+k, i*10+k, k, i*10+k, money(10))
			fmt.Fprintf(&b, `"proceeds":{"proceedsTotal":%s,"breakdowns":[{"type":"ITEM","subtotal":%s},{"type":"SHIPPING","subtotal":%s},{"type":"TAX","subtotal":%s,"detailedBreakdowns":[{"subtype":"ITEM","value":%s},{"subtype":"SHIPPING","value":%s}]},{"type":"DISCOUNT","subtotal":%s,"detailedBreakdowns":[{"subtype":"ITEM","value":%s}]}]},`, money(27), money(20), money(5), money(4), money(3), money(1), money(2), money(2))
			b.WriteString(`"promotion":{"breakdowns":[{"promotionId":"SAVE-2"}]},"cancellation":{},"fulfillment":{"quantityFulfilled":1,"quantityUnfulfilled":1,"packing":{"giftOption":{"giftMessage":"To Ada","giftWrapLevel":"STANDARD"}}},"tax":{"taxCollections":[{"model":"MARKETPLACE_FACILITATOR","responsibleParty":"Amazon Services, Inc."}]}}`)
		}
		b.WriteString(`]}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// BenchmarkDecodeOrders measures from the bytes of a page of 100 orders of 3
// lines to orders of the contract, raw payload kept, one bad order spoiling no
// other. The other two merely unmarshal the same bytes into the wire structs.
func BenchmarkDecodeOrders(b *testing.B) {
	const orders = 100
	page := pageOfOrders(orders, 3)
	adaptertest.BenchDecode[spapi.Order, spapi.Order](b, page, orders, func() int {
		records, err := wire.Records[spapi.Order](page)
		if err != nil {
			b.Fatal(err)
		}
		var out channel.Page[channel.Order]
		for i := range records {
			keep(&out, &records[i])
		}
		if len(out.Parked) > 0 {
			b.Fatal(out.Parked[0].Err)
		}
		return len(out.Items)
	})
}
