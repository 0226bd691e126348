package admin

import "time"

// shipFields are what a look at an order needs: 21 a fulfilment order, 19 for
// all fulfilments.
const shipFields = `id name cancelledAt
    fulfillmentOrders(first: 10, after: $after) { pageInfo { hasNextPage endCursor } nodes { id status requestStatus fulfillAt
      assignedLocation { name location { id isFulfillmentService } }
      supportedActions { action }
      fulfillmentHolds { reason reasonNotes }
      lineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { id totalQuantity remainingQuantity lineItem { id } } } } }
    fulfillments { id status createdAt updatedAt location { id } trackingInfo { company number url }
      fulfillmentLineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { quantity lineItem { id } } } }
`

// ShipLook asks what several orders have to ship and have shipped. A list of
// ids counts once.
const ShipLook = `query ShipLook($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on Order { ` + shipFields + `    } }
}
`

// ShipLookCost is the requested cost of ShipLook.
const ShipLookCost = 1 + // nodes
	2 + 4*(1+1+1+1+1+2+7*2) + // fulfillmentOrders: themselves, place, its location, actions, holds, lines
	1 + 1 + 1 + 2 + 7*2 // fulfillments: themselves, location, tracking, lines

// ShipOrder is what ShipLook answers for one order.
type ShipOrder struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	CancelledAt  time.Time     `json:"cancelledAt"`
	Units        Conn[Unit]    `json:"fulfillmentOrders"`
	Fulfillments []Fulfillment `json:"fulfillments"`
}

// Fulfill records a parcel of one location.
const Fulfill = `mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status createdAt updatedAt location { id } trackingInfo { company number url } }
    userErrors { field message }
  }
}
`

// FulfillCost is the requested cost of Fulfill.
const FulfillCost = 12

// FulfillInput is FulfillmentInput.
type FulfillInput struct {
	Units    []FulfillUnit  `json:"lineItemsByFulfillmentOrder"`
	Tracking *TrackingInput `json:"trackingInfo,omitempty"`
	Notify   bool           `json:"notifyCustomer"`
}

// FulfillUnit is FulfillmentOrderLineItemsInput. Lines left out would mean all
// of them.
type FulfillUnit struct {
	ID    string        `json:"fulfillmentOrderId"`
	Lines []FulfillLine `json:"fulfillmentOrderLineItems"`
}

// FulfillLine is FulfillmentOrderLineItemInput.
type FulfillLine struct {
	ID       string `json:"id"`
	Quantity int64  `json:"quantity"`
}

// TrackingInput is FulfillmentTrackingInput: number and url, or numbers and
// urls, never both.
type TrackingInput struct {
	Company string   `json:"company,omitempty"`
	Number  string   `json:"number,omitempty"`
	URL     string   `json:"url,omitempty"`
	Numbers []string `json:"numbers,omitempty"`
	URLs    []string `json:"urls,omitempty"`
}

// ParcelTracking asks how a fulfilment stands.
const ParcelTracking = `query ParcelTracking($id: ID!) {
  node(id: $id) { ... on Fulfillment { id status trackingInfo { company number url } } }
}
`

// ParcelTrackingCost is the requested cost of ParcelTracking.
const ParcelTrackingCost = 2

// AmendTracking replaces the whole tracking of a fulfilment.
const AmendTracking = `mutation AmendTracking($id: ID!, $tracking: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking) {
    fulfillment { id status trackingInfo { company number url } }
    userErrors { field message }
  }
}
`

// AmendTrackingCost is the requested cost of AmendTracking.
const AmendTrackingCost = 51
