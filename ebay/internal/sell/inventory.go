package sell

// BulkItemsRequest asks for inventory items.
type BulkItemsRequest struct {
	Requests []SKU `json:"requests"`
}

// SKU names an inventory item.
type SKU struct {
	SKU string `json:"sku"`
}

// BulkItems are inventory items, each with its own outcome.
type BulkItems struct {
	Responses []struct {
		SKU    string `json:"sku"`
		Status int    `json:"statusCode"`
		Item   *Item  `json:"inventoryItem"`
	} `json:"responses"`
}

// Item is an inventory item.
type Item struct {
	Availability struct {
		Ship struct {
			Quantity   int64 `json:"quantity"`
			Allocation struct {
				Auction int64 `json:"auction"` // set aside for auctions
			} `json:"allocationByFormat"`
		} `json:"shipToLocationAvailability"`
	} `json:"availability"`
}

// Offers are a SKU's.
type Offers struct {
	Total  int     `json:"total"`
	Offers []Offer `json:"offers"`
}

// Offer is a SKU's on one marketplace.
type Offer struct {
	ID          string `json:"offerId"`
	SKU         string `json:"sku"`
	Marketplace string `json:"marketplaceId"`
	Format      string `json:"format"`
	Status      string `json:"status"`
	Available   int64  `json:"availableQuantity"`
	Listing     *struct {
		ID     string `json:"listingId"`
		Status string `json:"listingStatus"`
		OnHold bool   `json:"listingOnHold"`
		Sold   *int64 `json:"soldQuantity"` // in the listing's life, through this offer
	} `json:"listing"`
}

// OfferPublished is an offer's status when it is a listing.
const OfferPublished = "PUBLISHED"

// Quantities sets quantities: of inventory items, and of their offers.
type Quantities struct {
	Requests []ItemQuantity `json:"requests"`
}

// ItemQuantity sets those of one SKU. Of what is left out nothing changes.
type ItemQuantity struct {
	SKU    string          `json:"sku"`
	Ship   ShipQuantity    `json:"shipToLocationAvailability"`
	Offers []OfferQuantity `json:"offers"`
}

// ShipQuantity is that of the item, which all its offers share.
type ShipQuantity struct {
	Quantity int64 `json:"quantity"`
}

// OfferQuantity is that of an offer.
type OfferQuantity struct {
	ID        string `json:"offerId"`
	Available int64  `json:"availableQuantity"`
}
