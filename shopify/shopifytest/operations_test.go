package shopifytest

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/penstock-go/penstock/internal/spectest"
)

// The operations a connector needs, in full.

const moneyPart = `
fragment M on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }`

const ordersQuery = `
query OrdersPage($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id legacyResourceId name number confirmationNumber sourceName sourceIdentifier
      createdAt processedAt updatedAt cancelledAt cancelReason closedAt closed confirmed test edited
      displayFinancialStatus displayFulfillmentStatus returnStatus requiresShipping fulfillable
      email phone note poNumber tags customerLocale taxesIncluded taxExempt dutiesIncluded estimatedTaxes
      currencyCode presentmentCurrencyCode paymentGatewayNames discountCodes
      subtotalLineItemsQuantity currentSubtotalLineItemsQuantity
      attribution { handle displayName } customAttributes { key value }
      customer { id firstName lastName defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
      shippingAddress { ...Addr } billingAddress { ...Addr } billingAddressMatchesShippingAddress
      originalTotalPriceSet { ...M } totalPriceSet { ...M } currentTotalPriceSet { ...M }
      subtotalPriceSet { ...M } currentSubtotalPriceSet { ...M }
      totalDiscountsSet { ...M } currentTotalDiscountsSet { ...M } cartDiscountAmountSet { ...M }
      totalShippingPriceSet { ...M } currentShippingPriceSet { ...M } totalTaxSet { ...M } currentTotalTaxSet { ...M }
      originalTotalDutiesSet { ...M } currentTotalDutiesSet { ...M } currentTotalAdditionalFeesSet { ...M }
      totalTipReceivedSet { ...M } totalRefundedSet { ...M } totalReceivedSet { ...M }
      totalOutstandingSet { ...M } totalCapturableSet { ...M } netPaymentSet { ...M }
      totalCashRoundingAdjustment { paymentSet { ...M } refundSet { ...M } }
      taxLines { title rate source channelLiable priceSet { ...M } }
      risk { recommendation assessments { riskLevel } }
      lineItems(first: 10) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
      shippingLines(first: 3) { pageInfo { hasNextPage endCursor }
        nodes { id title code source carrierIdentifier deliveryCategory isRemoved
          originalPriceSet { ...M } discountedPriceSet { ...M } currentDiscountedPriceSet { ...M } taxLines { title rate priceSet { ...M } } } }
      refunds(first: 10) { id createdAt totalRefundedSet { ...M } }
      transactions(first: 10) { id kind status gateway test processedAt amountSet { ...M } parentTransaction { id } }
      fulfillments(first: 10) { id name status displayStatus createdAt updatedAt totalQuantity trackingInfo(first: 10) { company number url } }
    } } }
fragment Addr on MailingAddress { name firstName lastName company address1 address2 city zip province provinceCode country countryCodeV2 phone }
fragment Line on LineItem {
  id name title variantTitle sku vendor quantity currentQuantity unfulfilledQuantity nonFulfillableQuantity refundableQuantity
  requiresShipping taxable isGiftCard variant { id } product { id } lineItemGroup { id title quantity } customAttributes { key value } weight { value unit }
  originalUnitPriceSet { ...M } originalTotalSet { ...M } discountedUnitPriceSet { ...M } discountedUnitPriceAfterAllDiscountsSet { ...M }
  discountedTotalSet(withCodeDiscounts: true) { ...M } totalDiscountSet { ...M } priceAfterAllDiscountsBeforeTaxesSet { ...M }
  discountAllocations { allocatedAmountSet { ...M } discountApplication { index targetType allocationMethod
    ... on DiscountCodeApplication { code } ... on AutomaticDiscountApplication { title } ... on ManualDiscountApplication { title } ... on ScriptDiscountApplication { title } } }
  taxLines(first: 10) { title rate priceSet { ...M } } duties { id harmonizedSystemCode countryCodeOfOrigin price { ...M } }
}` + moneyPart

const orderDetail = `
query OrderDetail($id: ID!, $lineAfter: String) {
  order(id: $id) {
    id updatedAt
    lineItems(first: 100, after: $lineAfter) { pageInfo { hasNextPage endCursor } nodes { id sku quantity currentQuantity unfulfilledQuantity } }
    discountApplications(first: 20) { nodes { index targetType targetSelection allocationMethod value { ... on MoneyV2 { amount currencyCode } ... on PricingPercentageValue { percentage } } ... on DiscountCodeApplication { code } } }
    refunds(first: 25) {
      id createdAt processedAt note totalRefundedSet { ...M } return { id }
      refundLineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { id quantity restockType restocked location { id } lineItem { id } subtotalSet { ...M } totalTaxSet { ...M } } }
      refundShippingLines(first: 5) { nodes { id subtotalAmountSet { ...M } taxAmountSet { ...M } shippingLine { id } } }
      orderAdjustments(first: 10) { nodes { id reason amountSet { ...M } taxAmountSet { ...M } } }
      transactions(first: 10) { nodes { id kind status amountSet { ...M } } }
    }
    returns(first: 10) { nodes { id name status } }
    agreements(first: 10) { nodes { id happenedAt reason } }
    cancellation { staffNote }
  }
}` + moneyPart

const fulfilmentOrdersQuery = `
query FulfillmentOrders($orderId: ID!, $after: String) {
  order(id: $orderId) {
    id name displayFulfillmentStatus cancelledAt
    fulfillmentOrders(first: 20, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id status requestStatus fulfillAt fulfillBy updatedAt
        assignedLocation { name location { id } }
        deliveryMethod { methodType }
        supportedActions { action }
        fulfillmentHolds { id reason reasonNotes handle heldByRequestingApp }
        lineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { id sku totalQuantity remainingQuantity inventoryItemId requiresShipping lineItem { id } } }
      }
    }
    fulfillments(first: 50) { id status displayStatus totalQuantity trackingInfo(first: 20) { company number url }
      fulfillmentLineItems(first: 50) { nodes { id quantity lineItem { id } } } }
  }
}`

const (
	openFOs = `
query OpenFOs($after: String, $query: String = "status:open") { fulfillmentOrders(first: 100, after: $after, includeClosed: false, sortKey: UPDATED_AT, query: $query) { pageInfo { hasNextPage endCursor } nodes { id status requestStatus updatedAt orderId orderName } } }`
	fulfil = `
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id name status trackingInfo(first: 20) { company number url } }
    userErrors { field message }
  }
}`
	retrack = `
mutation UpdateTracking($id: ID!, $info: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info, notifyCustomer: $notify) {
    fulfillment { id status trackingInfo(first: 20) { company number url } }
    userErrors { field message }
  }
}`
	setStock = `
mutation SetInventory($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri changes { name delta quantityAfterChange item { id } location { id } } }
    userErrors { code field message }
  }
}`
	adjustStock = `
mutation AdjustInventory($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta quantityAfterChange item { id } location { id } } }
    userErrors { code field message }
  }
}`
	activate = `
mutation Activate($itemId: ID!, $locId: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $itemId, locationId: $locId, available: $available) @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available", "on_hand"]) { name quantity } }
    userErrors { field message }
  }
}`
	stockByItem = `
query InventoryByItem($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id sku tracked requiresShipping updatedAt
      inventoryLevels(first: 50) { pageInfo { hasNextPage endCursor }
        nodes { id isActive updatedAt location { id } quantities(names: ["available", "on_hand", "committed", "incoming", "reserved"]) { name quantity updatedAt } } }
    }
  }
}`
	stockByPlace = `
query InventoryAtLocation($loc: ID!, $after: String) {
  location(id: $loc) {
    id name isActive
    inventoryLevels(first: 250, after: $after) { pageInfo { hasNextPage endCursor }
      nodes { id updatedAt isActive quantities(names: ["available", "on_hand", "committed"]) { name quantity } item { id sku tracked } } }
  }
}`
	variantsQuery = `
query Variants($first: Int!, $after: String, $query: String) {
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes { id legacyResourceId sku barcode title displayName price compareAtPrice updatedAt inventoryPolicy inventoryQuantity requiresComponents
      selectedOptions { name value }
      inventoryItem { id sku tracked requiresShipping duplicateSkuCount }
      product { id title status handle vendor productType } }
  }
}`
	locationsQuery = `
query Locations($after: String) {
  locations(first: 50, after: $after, includeInactive: true) { pageInfo { hasNextPage endCursor }
    nodes { id legacyResourceId name isActive fulfillsOnlineOrders shipsInventory hasActiveInventory isFulfillmentService fulfillmentService { id handle } } }
}`
	subscribe = `
mutation Subscribe($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri format name includeFields filter apiVersion { handle supported } }
    userErrors { field message }
  }
}`
	webhooksQuery = `
query Webhooks($after: String) { webhookSubscriptions(first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes { id topic uri name filter includeFields createdAt updatedAt } } }`
	runBulk   = `mutation Bulk($q: String!) { bulkOperationRunQuery(query: $q, groupObjects: false) { bulkOperation { id status } userErrors { code field message } } }`
	pollBulk  = `query BulkPoll($id: ID!) { bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url partialDataUrl createdAt completedAt } }`
	shopQuery = `query Shop { shop { id name myshopifyDomain currencyCode ianaTimezone plan { publicDisplayName partnerDevelopment shopifyPlus } } currentAppInstallation { id accessScopes { handle } } publicApiVersions { handle supported } }`
)

// aBusyShop has one of everything the operations read.
func aBusyShop(f *Fake) (order Order, product Product) {
	product = must(f.AddProduct(Product{Title: "Mug", Vendor: "Acme", Type: "Kitchen", Variants: []Variant{
		{SKU: "MUG-R", Title: "Red", Price: "12.50", Available: 20, Grams: 300, Barcode: "0123"},
		{SKU: "MUG-B", Title: "Blue", Price: "12.50", Available: 20},
		{SKU: "", Title: "Secret", Price: "1", Available: 5},
	}}))
	must(f.AddProduct(Product{Title: "Pair", Variants: []Variant{{SKU: "PAIR", Price: "20", Components: []Component{{SKU: "MUG-R"}, {SKU: "MUG-B"}}}}}))
	order = must(f.PlaceOrder(NewOrder{
		Lines: []NewLine{
			{SKU: "MUG-R", Quantity: 3, Attributes: map[string]string{"engraving": "A"}},
			{SKU: "PAIR", Quantity: 1, Duty: "0"},
			{Title: "Gift wrap", Price: "2"},
			{SKU: "MUG-B", Quantity: 2, Duty: "1.20"},
		},
		Currency: "EUR", Rate: "1.08", Taxes: []Tax{{Title: "VAT", Rate: "0.19"}}, Discounts: []Discount{
			{Code: "TEN", Percent: "10"}, {Title: "Two off", Amount: "2", Lines: []int{0}}, {Manual: true, Amount: "1"}, {Script: true, Percent: "1"},
		},
		Shipping: []Shipping{{Title: "Post", Price: "4.90", Carrier: "dhl"}}, Tip: "1",
		Buyer:   Buyer{First: "Ada", Last: "Byron", Email: "ada@example.com", Phone: "+4930123456"},
		Address: &Address{First: "Ada", Last: "Byron", Line1: "Allee 1", City: "Berlin", Zip: "10115", Province: "Berlin", ProvinceCode: "BE", Country: "Germany", CountryCode: "DE"},
		Note:    "ring twice", Tags: []string{"vip"}, Attributes: map[string]string{"gift": "yes"}, Risk: "INVESTIGATE",
	}))
	if err := f.Ship(order.ID, Shipped{Units: map[string]int{order.Lines[0].ID: 1}, Company: "UPS", Numbers: []string{"1Z1"}}); err != nil {
		panic(err)
	}
	if err := f.Refund(order.ID, NewRefund{Shipping: true, Lines: []RefundedLine{
		{Line: order.Lines[0].ID, Quantity: 1, Restock: RestockReturn}, {Line: order.Lines[4].ID, Quantity: 1, Restock: RestockCancel},
	}, Note: "sorry", Amount: "20"}); err != nil {
		panic(err)
	}
	must(f.Hold(order.ID, "INCORRECT_ADDRESS"))
	return must(f.Order(order.ID)), product
}

func TestEveryOperationCostsAndAnswersAsDocumented(t *testing.T) { everyOperation(t, schema()) }

func TestEveryAnswerFitsTheRealSchema(t *testing.T) {
	everyOperation(t, spectest.ShopifyAdmin(t, Version).Schema)
}

func everyOperation(t *testing.T, s *ast.Schema) {
	t.Helper()
	bubble(t, Config{Quota: 10}, func(f *Fake, a *app) {
		t := a.t
		o, p := aBusyShop(f)
		two := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG-R"}}}))
		settled()
		loc := f.LocationList()[0].ID
		line := two.FulfilmentOrders[0].Lines[0]
		row := map[string]any{"inventoryItemId": p.Variants[0].ItemID, "locationId": loc, "changeFromQuantity": nil}
		with := func(k string, v any) map[string]any {
			m := map[string]any{k: v}
			maps.Copy(m, row)
			return m
		}
		var shipped string
		for _, tc := range []struct {
			name, query string
			cost        float64
			vars        func() map[string]any
		}{
			{"orders, a page of 10", ordersQuery, 262, vars("first", 10, "query", "updated_at:>='2026-01-01T00:00:00Z'")},
			{"orders, a page of 25", ordersQuery, 392, vars("first", 25, "query", "")},
			{"orders, a page of 50", ordersQuery, 457, vars("first", 50, "query", "")},
			{"orders, a page of 100", ordersQuery, 587, vars("first", 100, "query", "")},
			{"orders, a page of 250", ordersQuery, 717, vars("first", 250, "query", "")},
			{"order detail", orderDetail, 82, vars("id", o.ID)},
			{"fulfilment orders", fulfilmentOrdersQuery, 131, vars("orderId", o.ID)},
			{"open fulfilment orders", openFOs, 11, vars()},
			{"fulfil", fulfil, 11, vars("fulfillment", map[string]any{
				"lineItemsByFulfillmentOrder": []any{map[string]any{
					"fulfillmentOrderId": two.FulfilmentOrders[0].ID, "fulfillmentOrderLineItems": []any{map[string]any{"id": line.ID, "quantity": 1}},
				}},
				"trackingInfo": map[string]any{"company": "UPS", "numbers": []any{"1Z1", "1Z2"}},
			})},
			{"tracking", retrack, 51, func() map[string]any {
				return map[string]any{"id": shipped, "info": map[string]any{"company": "GLS", "number": "7", "url": "https://example.com/7"}}
			}},
			{"set stock", setStock, 13, vars("key", "a", "input", map[string]any{"name": "available", "reason": "correction", "referenceDocumentUri": "gid://app/SyncJob/1", "quantities": []any{with("quantity", 7)}})},
			{"adjust stock", adjustStock, 13, vars("key", "b", "input", map[string]any{"name": "available", "reason": "correction", "changes": []any{with("delta", 1)}})},
			{"activate", activate, 11, vars("key", "c", "itemId", p.Variants[0].ItemID, "locId", loc)},
			{"stock by item", stockByItem, 24, vars("ids", []any{p.Variants[0].ItemID, p.Variants[1].ItemID})},
			{"stock by location", stockByPlace, 36, vars("loc", loc)},
			{"variants", variantsQuery, 46, vars("first", 250)},
			{"locations", locationsQuery, 16, vars()},
			{"subscribe", subscribe, 11, vars("topic", "ORDERS_UPDATED", "sub", map[string]any{"uri": "https://app.example.com/hooks", "format": "JSON"})},
			{"subscriptions", webhooksQuery, 9, vars()},
			{"bulk", runBulk, 10, vars("q", "{ productVariants { edges { node { id sku } } } }")},
			{"bulk poll", pollBulk, 1, func() map[string]any { return map[string]any{"id": f.bulks[0].gid()} }},
			{"shop", shopQuery, 5, vars()},
		} {
			r := a.run(tc.query, tc.vars())
			cost := r.Extensions.Cost
			if cost.RequestedQueryCost != tc.cost {
				t.Errorf("%s costs %v, want %v", tc.name, cost.RequestedQueryCost, tc.cost)
			}
			if cost.ActualQueryCost == nil || *cost.ActualQueryCost > cost.RequestedQueryCost || *cost.ActualQueryCost < 1 {
				t.Errorf("%s really costs %v of %v", tc.name, cost.ActualQueryCost, cost.RequestedQueryCost)
			}
			for k, v := range r.Data {
				if m, ok := v.(map[string]any); ok && m["userErrors"] != nil && len(m["userErrors"].([]any)) > 0 {
					t.Errorf("%s: %s: %v", tc.name, k, m["userErrors"])
				}
			}
			conforms(t, s, tc.name, tc.query, r)
			if tc.name == "fulfil" {
				shipped = r.str("fulfillmentCreate.fulfillment.id")
			}
			time.Sleep(time.Second)
		}
		if used := f.Deprecated(); len(used) > 0 {
			t.Errorf("deprecated: %v", used)
		}
	})
}

// vars pairs names and values.
func vars(kv ...any) func() map[string]any {
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		m[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return func() map[string]any { return m }
}
