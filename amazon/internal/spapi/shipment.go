package spapi

// ConfirmShipment is the body of v0's confirmShipment.
type ConfirmShipment struct {
	MarketplaceID string        `json:"marketplaceId"`
	PackageDetail PackageDetail `json:"packageDetail"`
}

// PackageDetail is a parcel to be put on record. The reference is a positive
// number, sent as text: since January 2026 a JSON number is refused.
type PackageDetail struct {
	ReferenceID    string        `json:"packageReferenceId"`
	CarrierCode    string        `json:"carrierCode"`
	CarrierName    string        `json:"carrierName,omitzero"` // required with the code Other
	ShippingMethod string        `json:"shippingMethod,omitzero"`
	TrackingNumber string        `json:"trackingNumber"`
	ShipDate       string        `json:"shipDate"` // RFC 3339
	SupplySourceID string        `json:"shipFromSupplySourceId,omitzero"`
	Items          []ConfirmItem `json:"orderItems"`
}

// ConfirmItem is a quantity of an order's line.
type ConfirmItem struct {
	ID       string `json:"orderItemId"`
	Quantity int64  `json:"quantity"`
}
