package store

// Product is what the adapter reads of a product of V3, variants included.
type Product struct {
	ID           Int       `json:"id"`
	Name         Text      `json:"name"`
	Type         string    `json:"type"`
	SKU          Text      `json:"sku"`
	Tracking     string    `json:"inventory_tracking"`
	Visible      Flag      `json:"is_visible"`
	Availability string    `json:"availability"`
	UPC          Text      `json:"upc"`
	DateModified Date      `json:"date_modified"`
	Variants     []Variant `json:"variants"`
}

// Variant is what can be put into a cart. Every product has at least one.
type Variant struct {
	ID        Int           `json:"id"`
	ProductID Int           `json:"product_id"`
	SKU       Text          `json:"sku"`
	UPC       Text          `json:"upc"`
	GTIN      Text          `json:"gtin"`
	Disabled  Flag          `json:"purchasing_disabled"`
	Options   []OptionValue `json:"option_values"`
}

// OptionValue is one of the choices that make a variant.
type OptionValue struct {
	Name  Text `json:"option_display_name"`
	Label Text `json:"label"`
}

// Tracking modes of a product.
const (
	TrackNone    = "none"
	TrackProduct = "product"
	TrackVariant = "variant"
)

// InventoryItem is what is counted, at each location.
type InventoryItem struct {
	Identity struct {
		SKU       Text `json:"sku"`
		SKUID     Int  `json:"sku_id"` // 0 for a base variant
		VariantID Int  `json:"variant_id"`
		ProductID Int  `json:"product_id"`
	} `json:"identity"`
	Locations []InventoryLevel `json:"locations"`
}

// InventoryLevel is an item at a location. What is available is what is on
// hand less the safety stock; writes are of what is on hand.
type InventoryLevel struct {
	LocationID Int  `json:"location_id"`
	Enabled    Flag `json:"location_enabled"`
	Available  Int  `json:"available_to_sell"`
	OnHand     Int  `json:"total_inventory_onhand"`
	Settings   struct {
		SafetyStock Int `json:"safety_stock"`
	} `json:"settings"`
}

// Adjustment is the body of an inventory write.
type Adjustment struct {
	Reason string           `json:"reason,omitempty"`
	Items  []AdjustmentItem `json:"items"`
}

// AdjustmentItem names an item by the one identity that goes with its
// product's tracking.
type AdjustmentItem struct {
	LocationID int64 `json:"location_id"`
	VariantID  int64 `json:"variant_id,omitzero"`
	ProductID  int64 `json:"product_id,omitzero"`
	Quantity   int64 `json:"quantity"`
}

// Location is a place that holds stock.
type Location struct {
	ID       Int  `json:"id"`
	Code     Text `json:"code"`
	Label    Text `json:"label"`
	Enabled  Flag `json:"enabled"`
	External Flag `json:"managed_by_external_source"`
}
