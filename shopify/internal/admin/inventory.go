package admin

// SetQuantities sets what is available, up to 250 levels at once, all or none.
// Its group is null when nothing changed.
const SetQuantities = `mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}
`

// SetQuantitiesCost is the requested cost of SetQuantities.
const SetQuantitiesCost = 10

// SetInput is InventorySetQuantitiesInput.
type SetInput struct {
	Name       string     `json:"name"`
	Reason     string     `json:"reason"`
	Document   string     `json:"referenceDocumentUri"`
	Quantities []SetLevel `json:"quantities"`
}

// SetLevel is InventoryQuantityInput. From is sent even when it is null: a call
// that leaves the name out is refused, null opts out of the comparison.
type SetLevel struct {
	Item     string `json:"inventoryItemId"`
	Location string `json:"locationId"`
	Quantity int64  `json:"quantity"`
	From     *int64 `json:"changeFromQuantity"`
}

// Activate stocks an item at a location where it is not, with a quantity.
const Activate = `mutation Activate($item: ID!, $location: ID!, $available: Int!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location, available: $available) @idempotent(key: $key) {
    inventoryLevel { id isActive }
    userErrors { field message }
  }
}
`

// ActivateCost is the requested cost of Activate.
const ActivateCost = 10

// StockStates asks how several listings stand at one location: by variant, or
// by inventory item where variants may not be read. A list of ids counts once,
// and of the two branches the dearer.
const StockStates = `query StockStates($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on ProductVariant { id requiresComponents inventoryItem { ...S } }
    ... on InventoryItem { ...S }
  }
}
fragment S on InventoryItem { id tracked inventoryLevel(locationId: $location, includeInactive: true) { isActive quantities(names: ["available"]) { name quantity } } }
`

// StockStatesByItem is StockStates for a grant that may not read variants.
const StockStatesByItem = `query StockStates($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) { ... on InventoryItem { id tracked inventoryLevel(locationId: $location, includeInactive: true) { isActive quantities(names: ["available"]) { name quantity } } } }
}
`

// The requested costs of StockStates and StockStatesByItem.
const (
	StockStatesCost       = 4
	StockStatesByItemCost = 3
)

// StockByListing asks for the levels of several variants or inventory items.
const StockByListing = `query StockByListing($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) {
    ... on ProductVariant { id inventoryItem { ...S } }
    ... on InventoryItem { ...S }
  }
}
fragment S on InventoryItem { id sku tracked inventoryLevels(first: 50, after: $after, includeInactive: true) { pageInfo { hasNextPage endCursor } nodes { isActive location { id } quantities(names: ["available", "committed"]) { name quantity } } } }
`

// StockByItem is StockByListing for a grant that may not read variants.
const StockByItem = `query StockByListing($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) { ... on InventoryItem { id sku tracked inventoryLevels(first: 50, after: $after, includeInactive: true) { pageInfo { hasNextPage endCursor } nodes { isActive location { id } quantities(names: ["available", "committed"]) { name quantity } } } } }
}
`

// The requested costs of StockByListing, 1 + 1 + 2 + 7 × 3, and StockByItem.
const (
	StockByListingCost = 25
	StockByItemCost    = 24
)

// StockAtLocation is one page of everything stocked at a location. An item is
// shared by two variants at most.
const StockAtLocation = `query StockAtLocation($location: ID!, $first: Int!, $after: String) {
  location(id: $location) {
    inventoryLevels(first: $first, after: $after, includeInactive: true) {
      pageInfo { hasNextPage endCursor }
      nodes { id isActive quantities(names: ["available", "committed"]) { name quantity } item { id sku tracked variants(first: 2) { nodes { id } } } }
    }
  }
}
`

// StockAtLocationCost returns the requested cost of StockAtLocation.
func StockAtLocationCost(first int) int { return 1 + ConnCost(first, 1+1+1+3) }

// Level is an InventoryLevel.
type Level struct {
	IsActive   bool       `json:"isActive"`
	Location   Ref        `json:"location"`
	Quantities []Quantity `json:"quantities"`
	Item       struct {
		ID       string    `json:"id"`
		SKU      string    `json:"sku"`
		Tracked  bool      `json:"tracked"`
		Variants Conn[Ref] `json:"variants"`
	} `json:"item"`
}

// Quantity is one state's number.
type Quantity struct {
	Name     string `json:"name"`
	Quantity *int64 `json:"quantity"`
}

// Of returns the quantity of a state, nil where the level does not tell.
func (l *Level) Of(name string) *int64 {
	for _, q := range l.Quantities {
		if q.Name == name {
			return q.Quantity
		}
	}
	return nil
}

// StockItem is an InventoryItem with one level or a page of them.
type StockItem struct {
	ID      string      `json:"id"`
	SKU     string      `json:"sku"`
	Tracked bool        `json:"tracked"`
	Level   *Level      `json:"inventoryLevel"`
	Levels  Conn[Level] `json:"inventoryLevels"`
}

// StockNode is a variant, whose item is inside, or an item itself.
type StockNode struct {
	StockItem
	RequiresComponents bool       `json:"requiresComponents"`
	Inner              *StockItem `json:"inventoryItem"`
}

// Item returns the inventory item of either.
func (n *StockNode) Item() *StockItem {
	if n.Inner != nil {
		return n.Inner
	}
	return &n.StockItem
}
