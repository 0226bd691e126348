package admin

import "time"

// RunBulk starts a bulk query. Children follow their parent in its result, so
// that the result can be read in bounded memory.
const RunBulk = `mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) { bulkOperation { id status } userErrors { code field message } }
}
`

// RunBulkCost is the requested cost of RunBulk.
const RunBulkCost = 10

// BulkState asks how a bulk operation goes.
const BulkState = `query BulkState($id: ID!) {
  bulkOperation(id: $id) { id status errorCode objectCount url partialDataUrl createdAt completedAt }
}
`

// BulkStateCost is the requested cost of BulkState.
const BulkStateCost = 1

// Bulk is a BulkOperation. Counts are strings on the wire.
type Bulk struct {
	ID             string    `json:"id"`
	Status         string    `json:"status"`
	ErrorCode      string    `json:"errorCode"`
	ObjectCount    string    `json:"objectCount"`
	URL            string    `json:"url"`
	PartialDataURL string    `json:"partialDataUrl"`
	CreatedAt      time.Time `json:"createdAt"`
	CompletedAt    time.Time `json:"completedAt"`
}

// BulkOrders is the bulk query for orders that match a search. A bulk query
// asks for edges, and for no connection inside a list: what parcels and refunds
// hold is not in it. Nor is there a third level: a fulfilment order is told
// without its lines.
func BulkOrders(a Access, search string) string {
	fields := bulkOrderFields
	if a.Customers {
		fields += orderCustomer
	}
	if a.FulfillmentOrders {
		fields += "    fulfillmentOrders { edges { node { " + unitPlace + " } } }\n"
	}
	return "{ orders(query: " + quote(search) + ", sortKey: UPDATED_AT) { edges { node { " + fields +
		"    lineItems { edges { node { ...L } } } } } } }\n" + fragAddress + lineFragments(a)
}

const bulkOrderFields = `id name sourceName createdAt processedAt updatedAt cancelledAt cancelReason closedAt closed test edited
    displayFinancialStatus displayFulfillmentStatus email phone note poNumber tags customerLocale taxesIncluded dutiesIncluded
    currencyCode presentmentCurrencyCode discountCodes customAttributes { key value }
    shippingAddress { ...A } billingAddress { ...A }
    totalPriceSet { ...M } subtotalPriceSet { ...M } totalDiscountsSet { ...M } totalTaxSet { ...M }
    originalTotalDutiesSet { ...M } originalTotalAdditionalFeesSet { ...M } totalTipReceivedSet { ...M } totalRefundedSet { ...M }
    totalCashRoundingAdjustment { paymentSet { ...M } }
    taxLines { title rate channelLiable priceSet { ...M } }
    risk { recommendation }
    shippingLine { id title code isRemoved originalPriceSet { ...M } discountedPriceSet { ...M } taxLines { title rate channelLiable priceSet { ...M } } }
    refunds { id }
    fulfillments { id status createdAt updatedAt location { id } trackingInfo { company number url } }
`

// BulkVariants is the bulk query for every variant.
const BulkVariants = `{ productVariants { edges { node { ` + variantFields + ` } } } }`

// BulkStock is the bulk query for every stock level.
const BulkStock = `{ productVariants { edges { node { id inventoryItem { id sku inventoryLevels { edges { node { id isActive location { id } quantities(names: ["available", "committed"]) { name quantity } } } } } } } } }`

// BulkVariantStock is a variant with its levels' parent.
type BulkVariantStock struct {
	ID            string `json:"id"`
	InventoryItem struct {
		ID  string `json:"id"`
		SKU string `json:"sku"`
	} `json:"inventoryItem"`
}

// BulkLevel is a stock level as BulkStock asks for it.
type BulkLevel struct {
	IsActive   bool `json:"isActive"`
	Location   Ref  `json:"location"`
	Quantities []struct {
		Name     string `json:"name"`
		Quantity int64  `json:"quantity"`
	} `json:"quantities"`
}

// quote writes s as a GraphQL string.
func quote(s string) string {
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			out = append(out, '\\')
		}
		out = append(out, s[i])
	}
	return string(append(out, '"'))
}
