package admin

import "math"

// MaxCost is the most one query may cost: Shopify refuses what would be more
// before it runs.
const MaxCost = 1000

// ConnCost returns the requested cost of a connection asked for n nodes whose
// selection costs node each, the node itself included. The formula was fitted
// to recorded answers of 2026: 2 + ⌊2·ln n⌋ × node, the factor at least 1.
// Scalars and money bags cost nothing, an object 1.
func ConnCost(n, node int) int {
	return 2 + max(1, int(2*math.Log(float64(n))))*node
}

// The costs of parts of an order's selection, the object itself included.
const (
	costLine = 1 + // the line
		1 + // lineItemGroup
		1 + // customAttributes
		2 + // discountAllocations, discountApplication
		1 // taxLines
	costLineProducts = 2                       // variant, product
	costOrder        = 1 + 1 + 2 + 1 + 1 + 1 + // order, attributes, addresses, rounding, taxLines, risk
		1 + // refunds
		1 + 1 + 1 // fulfillments, location, trackingInfo
	costShippingLine = 1 + 1         // the line, taxLines
	costCustomer     = 1 + 1 + 1     // customer, e-mail, phone
	costParcelLine   = 1 + 1         // the line, lineItem
	costPlace        = 1 + 1 + 1 + 1 // the fulfilment order, its place, the location, delivery method
	costUnit         = costPlace + 1 // its holds
	costUnitLine     = 1 + 1         // the line, lineItem
)

// OrderCost returns the requested cost of one order with up to lines lines.
func OrderCost(a Access, lines, parcel int) int {
	line := costLine
	if a.Products {
		line += costLineProducts
	}
	c := costOrder + ConnCost(5, costShippingLine) + ConnCost(parcel, costParcelLine) + ConnCost(lines, line)
	if a.Customers {
		c += costCustomer
	}
	switch {
	case a.FulfillmentOrders && a.Units:
		c += ConnCost(3, costUnit+ConnCost(parcel, costUnitLine))
	case a.FulfillmentOrders:
		c += ConnCost(3, costPlace)
	}
	return c
}

// OrdersPageCost returns the requested cost of OrdersPage.
func OrdersPageCost(a Access, first, lines, parcel int) int {
	return ConnCost(first, OrderCost(a, lines, parcel))
}
