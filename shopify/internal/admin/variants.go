package admin

import "time"

// VariantsPage is one page of variants. Ids do not change, so a walk by them
// neither skips nor repeats.
const VariantsPage = `query VariantsPage($first: Int!, $after: String, $query: String) {
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes { ` + variantFields + ` }
  }
}
`

// variantFields are what a Variant decodes.
const variantFields = `id title barcode updatedAt inventoryPolicy requiresComponents
      inventoryItem { id sku tracked requiresShipping }
      product { id title status }`

// VariantsPageCost returns the requested cost of VariantsPage.
func VariantsPageCost(first int) int { return ConnCost(first, 3) }

// Variant is a ProductVariant.
type Variant struct {
	ID                 string    `json:"id"`
	Title              string    `json:"title"`
	Barcode            string    `json:"barcode"`
	UpdatedAt          time.Time `json:"updatedAt"`
	InventoryPolicy    string    `json:"inventoryPolicy"`
	RequiresComponents bool      `json:"requiresComponents"`
	InventoryItem      struct {
		ID               string `json:"id"`
		SKU              string `json:"sku"`
		Tracked          bool   `json:"tracked"`
		RequiresShipping bool   `json:"requiresShipping"`
	} `json:"inventoryItem"`
	Product struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Status string `json:"status"`
	} `json:"product"`
}
