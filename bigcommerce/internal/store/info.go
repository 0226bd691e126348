package store

// Info is what the adapter reads of the store's own record.
type Info struct {
	ID       Text `json:"id"`
	Name     Text `json:"name"`
	Domain   Text `json:"domain"`
	Currency Text `json:"currency"`
	Status   Text `json:"status"`
	Plan     Text `json:"plan_level"`
	TimeZone struct {
		Name Text `json:"name"`
	} `json:"timezone"`
}

// InventorySettings is when orders change stock.
type InventorySettings struct {
	Data struct {
		When   string `json:"update_stock_behavior"`
		Edit   *Flag  `json:"edit_order_stock_adjustment"`
		Delete *Flag  `json:"delete_order_stock_adjustment"`
		Refund *Flag  `json:"refund_order_stock_adjustment"`
	} `json:"data"`
}

// When stock falls.
const (
	FallsWhenPlaced    = "order_placed"
	FallsWhenCompleted = "order_completed_or_shipped"
)
