package admin

import "strings"

// Access says what of an order is asked for: what the grant lets us. What is
// left out of the query cannot fail it: Shopify answers a field without its
// scope with an error beside the data.
type Access struct {
	Customers         bool // read_customers
	Products          bool // read_products
	FulfillmentOrders bool // any of the fulfilment-order read scopes
	// Units asks for fulfilment orders whole, not only for where they are: dear
	// beside many lines.
	Units bool
}

const fragMoney = `fragment M on MoneyBag { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
`

const fragAddress = `fragment A on MailingAddress { name company address1 address2 city zip province provinceCode country countryCodeV2 phone }
`

const fragLineHead = `fragment L on LineItem {
  id title variantTitle sku quantity currentQuantity unfulfilledQuantity nonFulfillableQuantity requiresShipping isGiftCard
`

const fragLineProducts = `  variant { id } product { id }
`

const fragLineTail = `  lineItemGroup { id } customAttributes { key value }
  originalUnitPriceSet { ...M }
  discountAllocations { allocatedAmountSet { ...M } discountApplication {
    ... on DiscountCodeApplication { code } ... on AutomaticDiscountApplication { title } ... on ManualDiscountApplication { title } ... on ScriptDiscountApplication { title } } }
  taxLines { title rate channelLiable priceSet { ...M } }
}
`

const orderFields = `id name sourceName createdAt processedAt updatedAt cancelledAt cancelReason closedAt closed test edited
    displayFinancialStatus displayFulfillmentStatus email phone note poNumber tags customerLocale taxesIncluded dutiesIncluded
    currencyCode presentmentCurrencyCode discountCodes customAttributes { key value }
    shippingAddress { ...A } billingAddress { ...A }
    totalPriceSet { ...M } subtotalPriceSet { ...M } totalDiscountsSet { ...M } totalTaxSet { ...M }
    originalTotalDutiesSet { ...M } originalTotalAdditionalFeesSet { ...M } totalTipReceivedSet { ...M } totalRefundedSet { ...M }
    totalCashRoundingAdjustment { paymentSet { ...M } }
    taxLines { title rate channelLiable priceSet { ...M } }
    risk { recommendation }
    shippingLines(first: 5) { pageInfo { hasNextPage endCursor } nodes { ` + shippingFields + ` } }
    refunds { id }
    fulfillments { id status createdAt updatedAt location { id } trackingInfo { company number url }
      fulfillmentLineItems(first: $parcel) { pageInfo { hasNextPage endCursor } nodes { quantity lineItem { id } } } }
`

const shippingFields = `id title code isRemoved originalPriceSet { ...M } discountedPriceSet { ...M } taxLines { title rate channelLiable priceSet { ...M } }`

const orderCustomer = `    customer { id firstName lastName defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
`

const orderPlaces = `    fulfillmentOrders(first: 3) { pageInfo { hasNextPage endCursor } nodes { ` + unitPlace + ` } }
`

const orderUnits = `    fulfillmentOrders(first: 3) { pageInfo { hasNextPage endCursor } nodes { ` + unitFields + `
      lineItems(first: $parcel) { ` + unitLineFields + ` } } }
`

// unitPlace is where a fulfilment order is fulfilled, and how what it holds
// gets to the buyer.
const unitPlace = `id status assignedLocation { location { id isFulfillmentService } } deliveryMethod { methodType }`

// unitFields is a fulfilment order but for its lines.
const unitFields = unitPlace + ` requestStatus fulfillAt fulfillBy updatedAt fulfillmentHolds { reason reasonNotes }`

const unitLineFields = `pageInfo { hasNextPage endCursor } nodes { id totalQuantity remainingQuantity lineItem { id } }`

// OrderSelection returns the fields of an order and the fragments they need.
func OrderSelection(a Access) (fields, fragments string) {
	var f, g strings.Builder
	f.WriteString(orderFields)
	if a.Customers {
		f.WriteString(orderCustomer)
	}
	switch {
	case a.FulfillmentOrders && a.Units:
		f.WriteString(orderUnits)
	case a.FulfillmentOrders:
		f.WriteString(orderPlaces)
	}
	f.WriteString("    lineItems(first: $lines) { pageInfo { hasNextPage endCursor } nodes { ...L } }\n")
	g.WriteString(fragMoney)
	g.WriteString(fragAddress)
	g.WriteString(fragLineHead)
	if a.Products {
		g.WriteString(fragLineProducts)
	}
	g.WriteString(fragLineTail)
	return f.String(), g.String()
}

// OrdersPage is one page of orders by the time they changed.
func OrdersPage(a Access) string {
	fields, fragments := OrderSelection(a)
	return `query OrdersPage($first: Int!, $after: String, $query: String!, $lines: Int!, $parcel: Int!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ` + fields + `    }
  }
}
` + fragments
}

// OrdersByID is the same orders by id. A plain list counts once towards the
// cost, however many ids it has.
func OrdersByID(a Access) string {
	fields, fragments := OrderSelection(a)
	return `query OrdersByID($ids: [ID!]!, $lines: Int!, $parcel: Int!) {
  nodes(ids: $ids) { ... on Order { ` + fields + `    } }
}
` + fragments
}

// OldestOrder asks for the oldest order that the grant shows.
const OldestOrder = `query OldestOrder { orders(first: 1, sortKey: CREATED_AT) { nodes { id } } }
`

// OldestOrderCost is the requested cost of OldestOrder.
const OldestOrderCost = 3
