package ebay

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/wire"
)

// pageOfOrders returns the orders of a page as eBay writes them, with every part
// that is read and those that are not, and lines with tax, shipping, a discount
// and a promotion.
func pageOfOrders(orders, lines int) []byte {
	money := func(n int) string { return fmt.Sprintf(`{"value":"%d.%02d","currency":"USD"}`, n, n%100) }
	contact := func(i int) string {
		return fmt.Sprintf(`{"fullName":"Buyer %d","companyName":"Company %d","contactAddress":{"addressLine1":"%d Example Street","addressLine2":"Floor 2","city":"Austin","stateOrProvince":"TX","postalCode":"78701","countryCode":"US"},"primaryPhone":{"phoneNumber":"555 %07d"},"email":"b%d@example.com"}`, i, i, i, i, i)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range orders {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"orderId":"11-%05d-%05d","creationDate":"2026-11-20T10:00:00.000Z","lastModifiedDate":"2026-11-20T10:%02d:00.123Z","orderFulfillmentStatus":"FULFILLED","orderPaymentStatus":"PAID","sellerId":"testseller","buyer":{"username":"buyer_%d","taxAddress":{"city":"Austin","stateOrProvince":"TX","postalCode":"78701","countryCode":"US"},"buyerRegistrationAddress":%s},"buyerCheckoutNotes":"ring twice",`, i, i, i%60, i, contact(i))
		fmt.Fprintf(&b, `"pricingSummary":{"priceSubtotal":%s,"priceDiscount":{"value":"-2.00","currency":"USD"},"deliveryCost":%s,"tax":%s,"total":%s},"cancelStatus":{"cancelState":"NONE_REQUESTED","cancelRequests":[]},`, money(20*lines), money(5*lines), money(4*lines), money(27*lines))
		fmt.Fprintf(&b, `"paymentSummary":{"totalDueSeller":%s,"refunds":[],"payments":[{"paymentMethod":"EBAY","paymentReferenceId":"%d","paymentDate":"2026-11-20T10:00:01.000Z","amount":%s,"paymentStatus":"PAID"}]},`, money(27*lines), i, money(27*lines))
		fmt.Fprintf(&b, `"fulfillmentStartInstructions":[{"fulfillmentInstructionsType":"SHIP_TO","minEstimatedDeliveryDate":"2026-11-24T08:00:00.000Z","maxEstimatedDeliveryDate":"2026-11-28T08:00:00.000Z","ebaySupportedFulfillment":false,"shippingStep":{"shipTo":%s,"shippingCarrierCode":"USPS","shippingServiceCode":"USPSPriority"}}],"fulfillmentHrefs":["https://api.ebay.com/sell/fulfillment/v1/order/11-%05d/shipping_fulfillment/9400%018d"],"lineItems":[`, contact(i), i, i)
		for k := range lines {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"lineItemId":"%d","legacyItemId":"2%011d","legacyVariationId":"%d","variationAspects":[{"name":"Colour","value":"Blue"}],"sku":"MUG-%05d","title":"Mug number %d, blue, with a handle","lineItemCost":%s,"discountedLineItemCost":%s,"quantity":2,"soldFormat":"FIXED_PRICE","listingMarketplaceId":"EBAY_US","purchaseMarketplaceId":"EBAY_US","lineItemFulfillmentStatus":"FULFILLED","total":%s,`, i*10+k, i*10+k, i, i*10+k, k, money(20), money(18), money(27))
			fmt.Fprintf(&b, `"deliveryCost":{"shippingCost":%s,"importCharges":%s},"appliedPromotions":[{"discountAmount":%s,"promotionId":"5001","description":"Sale"}],"taxes":[{"amount":%s,"taxType":"STATE_SALES_TAX"}],"ebayCollectAndRemitTaxes":[{"taxType":"STATE_SALES_TAX","amount":%s,"collectionMethod":"NET"}],`, money(5), money(1), money(2), money(4), money(4))
			b.WriteString(`"properties":{"buyerProtection":true,"soldViaAdCampaign":true},"lineItemFulfillmentInstructions":{"minEstimatedDeliveryDate":"2026-11-24T08:00:00.000Z","maxEstimatedDeliveryDate":"2026-11-28T08:00:00.000Z","shipByDate":"2026-11-22T07:59:59.000Z","guaranteedDelivery":false},"itemLocation":{"location":"Austin, Texas","countryCode":"US","postalCode":"787**"}}`)
		}
		fmt.Fprintf(&b, `],"salesRecordReference":"%d","totalFeeBasisAmount":%s,"totalMarketplaceFee":%s}`, i, money(27*lines), money(3*lines))
	}
	b.WriteByte(']')
	return b.Bytes()
}

// BenchmarkDecodeOrders measures from the bytes of a page of 200 orders of 3
// lines to orders of the contract, raw payload kept, one bad order spoiling no
// other. The other two merely unmarshal the same bytes into the wire structs.
func BenchmarkDecodeOrders(b *testing.B) {
	const orders = maxPage
	page := pageOfOrders(orders, 3)
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	adaptertest.BenchDecode[sell.Order, sell.Order](b, page, orders, func() int {
		records, err := wire.Records[sell.Order](page)
		if err != nil {
			b.Fatal(err)
		}
		out := channel.Page[channel.Order]{Items: make([]channel.Order, 0, len(records))}
		for i := range records {
			f := found{Record: &records[i]}
			f.keep(&out, now)
		}
		if len(out.Parked) > 0 {
			b.Fatal(out.Parked[0].Err)
		}
		return len(out.Items)
	})
}
