package store

// Shipment is a parcel as V2 reads it.
type Shipment struct {
	ID             Int            `json:"id"`
	OrderID        Int            `json:"order_id"`
	AddressID      Int            `json:"order_address_id"`
	DateCreated    Date           `json:"date_created"`
	TrackingNumber Text           `json:"tracking_number"`
	Provider       Text           `json:"shipping_provider"`
	Carrier        Text           `json:"tracking_carrier"`
	Link           Text           `json:"tracking_link"`
	GeneratedLink  Text           `json:"generated_tracking_link"`
	Method         Text           `json:"shipping_method"`
	Items          []ShipmentItem `json:"items"`
}

// ShipmentItem is a quantity of an order line in a parcel.
type ShipmentItem struct {
	LineID   Int `json:"order_product_id"`
	Quantity Int `json:"quantity"`
}

// ShipmentFields are what both POST and PUT write. An empty provider is sent:
// left out it becomes "custom", which makes no link.
type ShipmentFields struct {
	TrackingNumber string `json:"tracking_number"`
	Provider       string `json:"shipping_provider"`
	Carrier        string `json:"tracking_carrier"`
	Link           string `json:"tracking_link"`
	Method         string `json:"shipping_method,omitempty"`
}

// NewShipment is the body of a POST.
type NewShipment struct {
	AddressID int64 `json:"order_address_id"`
	ShipmentFields
	Items []NewShipmentItem `json:"items"`
}

// NewShipmentItem names a line by its order product id alone: a product_id is
// refused.
type NewShipmentItem struct {
	LineID   int64 `json:"order_product_id"`
	Quantity int64 `json:"quantity"`
}

// Refund is a refund as V3 lists it.
type Refund struct {
	ID          Int             `json:"id"`
	OrderID     Int             `json:"order_id"`
	Created     Date            `json:"created"`
	Reason      Text            `json:"reason"`
	TotalAmount Dec             `json:"total_amount"`
	TotalTax    Dec             `json:"total_tax"`
	Items       []RefundItem    `json:"items"`
	Payments    []RefundPayment `json:"payments"`
}

// RefundItem is what a refund was for. Only a PRODUCT has a quantity, and often
// no amount.
type RefundItem struct {
	Type   string `json:"item_type"`
	ItemID Int    `json:"item_id"`
	Units  Int    `json:"quantity"`
	Amount Dec    `json:"requested_amount"`
}

// RefundPayment is money on its way back.
type RefundPayment struct {
	Declined Flag `json:"is_declined"`
}
