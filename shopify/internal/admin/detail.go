package admin

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// What a page of orders cut off or left out is asked for by id. A plain list of
// nodes counts once towards the cost, however many ids it has.

// OrderLines asks for up to 250 lines of each of several orders.
func OrderLines(a Access) string {
	return `query OrderLines($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on Order { id lineItems(first: 250, after: $after) { pageInfo { hasNextPage endCursor } nodes { ...L } } } }
}
` + lineFragments(a)
}

// OrderLinesCost is the requested cost of OrderLines.
func OrderLinesCost(a Access) int {
	line := costLine
	if a.Products {
		line += costLineProducts
	}
	return 1 + ConnCost(250, line)
}

func lineFragments(a Access) string {
	s := fragMoney + fragLineHead
	if a.Products {
		s += fragLineProducts
	}
	return s + fragLineTail
}

// OrderWithLines is what OrderLines answers for one order.
type OrderWithLines[L any] struct {
	ID        string  `json:"id"`
	LineItems Conn[L] `json:"lineItems"`
}

// OrderShipping asks for up to 100 shipping lines of each of several orders.
const OrderShipping = fragMoney + `query OrderShipping($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on Order { id shippingLines(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { ` + shippingFields + ` } } } }
}
`

// OrderShippingCost is the requested cost of OrderShipping: 1 + 2 + 9 × 2.
const OrderShippingCost = 21

// OrderWithShipping is what OrderShipping answers for one order.
type OrderWithShipping struct {
	ID            string               `json:"id"`
	ShippingLines Conn[jsontext.Value] `json:"shippingLines"`
}

// ParcelLines asks for up to 250 lines of each of several fulfilments.
const ParcelLines = `query ParcelLines($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on Fulfillment { id fulfillmentLineItems(first: 250, after: $after) { pageInfo { hasNextPage endCursor } nodes { quantity lineItem { id } } } } }
}
`

// ParcelLinesCost is the requested cost of ParcelLines: 1 + 2 + 11 × 2.
const ParcelLinesCost = 25

// ParcelWithLines is what ParcelLines answers for one fulfilment.
type ParcelWithLines struct {
	ID    string           `json:"id"`
	Lines Conn[ParcelLine] `json:"fulfillmentLineItems"`
}

// ParcelLine is a quantity of an order line inside a fulfilment.
type ParcelLine struct {
	Quantity int64 `json:"quantity"`
	LineItem Ref   `json:"lineItem"`
}

// OrderRefunds asks for the refunds of several orders, line by line.
const OrderRefunds = fragMoney + `query OrderRefunds($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Order { id refunds { id createdAt note totalRefundedSet { ...M }
    refundLineItems(first: 100) { pageInfo { hasNextPage endCursor } nodes { quantity restockType restocked location { id } lineItem { id } subtotalSet { ...M } totalTaxSet { ...M } } } } } }
}
`

// OrderRefundsCost is the requested cost of OrderRefunds: 1 + 1 + 2 + 9 × 3.
const OrderRefundsCost = 31

// RefundLinesAfter asks for the lines of one refund beyond the first hundred.
const RefundLinesAfter = fragMoney + `query RefundLinesAfter($id: ID!, $after: String) {
  node(id: $id) { ... on Refund { id refundLineItems(first: 250, after: $after) { pageInfo { hasNextPage endCursor } nodes { quantity restockType restocked location { id } lineItem { id } subtotalSet { ...M } totalTaxSet { ...M } } } } }
}
`

// RefundLinesAfterCost is the requested cost of RefundLinesAfter: 1 + 2 + 11 × 3.
const RefundLinesAfterCost = 36

// OrderWithRefunds is what OrderRefunds answers for one order.
type OrderWithRefunds struct {
	ID      string   `json:"id"`
	Refunds []Refund `json:"refunds"`
}

// Refund is money given back.
type Refund struct {
	ID               string           `json:"id"`
	CreatedAt        time.Time        `json:"createdAt"`
	Note             string           `json:"note"`
	TotalRefundedSet Bag              `json:"totalRefundedSet"`
	Lines            Conn[RefundLine] `json:"refundLineItems"`
}

// RefundLine is what was given back for one line.
type RefundLine struct {
	Quantity    int64  `json:"quantity"`
	RestockType string `json:"restockType"`
	Restocked   bool   `json:"restocked"`
	Location    *Ref   `json:"location"`
	LineItem    Ref    `json:"lineItem"`
	SubtotalSet Bag    `json:"subtotalSet"`
	TotalTaxSet Bag    `json:"totalTaxSet"`
}

// UnitsPage is one page of fulfilment orders by the time they changed, closed
// ones included: a hold or a move does not always touch the order.
const UnitsPage = `query UnitsPage($first: Int!, $after: String, $query: String!, $lines: Int!) {
  fulfillmentOrders(first: $first, after: $after, includeClosed: true, sortKey: UPDATED_AT, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes { orderId ` + unitFields + `
      lineItems(first: $lines) { ` + unitLineFields + ` } }
  }
}
`

// UnitsPageCost returns the requested cost of UnitsPage.
func UnitsPageCost(first, lines int) int {
	return ConnCost(first, costUnit+ConnCost(lines, costUnitLine))
}

// OrderUnits asks for the fulfilment orders of several orders.
const OrderUnits = `query OrderUnits($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on Order { id fulfillmentOrders(first: 10, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { ` + unitFields + `
      lineItems(first: 50) { ` + unitLineFields + ` } } } } }
}
`

// OrderUnitsCost is the requested cost of OrderUnits: 1 + 2 + 4 × (5 + 16).
const OrderUnitsCost = 87

// OrderWithUnits is what OrderUnits answers for one order.
type OrderWithUnits struct {
	ID    string     `json:"id"`
	Units Conn[Unit] `json:"fulfillmentOrders"`
}

// UnitLines asks for the lines of one fulfilment order beyond its first page.
const UnitLines = `query UnitLines($id: ID!, $after: String) {
  node(id: $id) { ... on FulfillmentOrder { id lineItems(first: 250, after: $after) { ` + unitLineFields + ` } } }
}
`

// UnitLinesCost is the requested cost of UnitLines: 1 + 2 + 11 × 2.
const UnitLinesCost = 25

// Unit is a FulfillmentOrder.
type Unit struct {
	ID               string    `json:"id"`
	Status           string    `json:"status"`
	RequestStatus    string    `json:"requestStatus"`
	OrderID          string    `json:"orderId"`
	FulfillAt        time.Time `json:"fulfillAt"`
	FulfillBy        time.Time `json:"fulfillBy"`
	UpdatedAt        time.Time `json:"updatedAt"`
	AssignedLocation Assigned  `json:"assignedLocation"`
	DeliveryMethod   *Method   `json:"deliveryMethod"`
	Holds            []struct {
		Reason string `json:"reason"`
		Notes  string `json:"reasonNotes"`
	} `json:"fulfillmentHolds"`
	SupportedActions []struct {
		Action string `json:"action"`
	} `json:"supportedActions"`
	Lines Conn[UnitLine] `json:"lineItems"`
}

// Whole reports whether u was asked for with all its fields, not only for where
// it is.
func (u *Unit) Whole() bool { return !u.UpdatedAt.IsZero() }

// UnitLine is a quantity of an order line inside a fulfilment order.
type UnitLine struct {
	ID                string `json:"id"`
	TotalQuantity     int64  `json:"totalQuantity"`
	RemainingQuantity int64  `json:"remainingQuantity"`
	LineItem          Ref    `json:"lineItem"`
}
