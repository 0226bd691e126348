package admin

// Shop asks who the shop is and what it granted.
const Shop = `query Shop {
  shop { name myshopifyDomain currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}
`

// ShopCost is the requested cost of Shop.
const ShopCost = 3

// Scopes asks what the shop granted.
const Scopes = `query Scopes { currentAppInstallation { accessScopes { handle } } }
`

// ScopesCost is the requested cost of Scopes.
const ScopesCost = 2

// Locations asks for a page of locations, those of fulfilment services too.
const Locations = `query Locations($after: String) {
  locations(first: 50, after: $after, includeInactive: true, includeLegacy: true) { pageInfo { hasNextPage endCursor } nodes { id name isActive fulfillsOnlineOrders isFulfillmentService } }
}
`

// LocationsCost is the requested cost of Locations: 2 + 7 × 1.
const LocationsCost = 9

// LocationIDs asks for the ids of active locations of the seller's own: all that
// is shown without read_locations.
const LocationIDs = `query Locations($after: String) {
  locations(first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes { id } }
}
`

// Location is a place a shop keeps stock.
type Location struct {
	ID                   string `json:"id"`
	Name                 string `json:"name"`
	IsActive             bool   `json:"isActive"`
	FulfillsOnlineOrders bool   `json:"fulfillsOnlineOrders"`
	IsFulfillmentService bool   `json:"isFulfillmentService"`
}
