package sell

import "github.com/penstock-go/penstock/internal/wire"

// ShipmentList is what eBay has of an order's parcels.
type ShipmentList struct {
	Shipments []Shipment `json:"fulfillments"`
	Total     int        `json:"total"`
}

// Shipment is a parcel as it is read.
type Shipment struct {
	ID       string         `json:"fulfillmentId"`
	Tracking string         `json:"shipmentTrackingNumber"`
	Carrier  string         `json:"shippingCarrierCode"`
	Shipped  wire.Time      `json:"shippedDate"`
	Lines    []ShipmentLine `json:"lineItems"`
}

// ShipmentLine is so much of a line in a parcel.
type ShipmentLine struct {
	ID       string `json:"lineItemId"`
	Quantity int64  `json:"quantity"`
}

// NewShipment is a parcel as it is written. Carrier and Tracking need each other.
type NewShipment struct {
	Lines    []ShipmentLine `json:"lineItems"`
	Shipped  string         `json:"shippedDate,omitzero"`
	Carrier  string         `json:"shippingCarrierCode,omitzero"`
	Tracking string         `json:"trackingNumber,omitzero"`
}
