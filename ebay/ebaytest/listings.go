package ebaytest

import (
	"net/http"
	"slices"
	"strconv"
)

const (
	maxItems          = 200
	defaultItems      = 25
	maxOfferPage      = 100
	maxBulkItems      = 25
	maxLocations      = 100
	listingActive     = "ACTIVE"
	listingOutOfStock = "OUT_OF_STOCK"
)

var (
	inventoryReaders = []string{ScopeInventory, ScopeInventoryReadonly}

	listingRoutes = []route{
		{
			op: "getInventoryItems", api: APIInventory, method: http.MethodGet, path: "/inventory_item", scopes: inventoryReaders,
			query: []string{"limit", "offset"}, handle: (*Fake).getItems,
		},
		{
			op: "getInventoryItem", api: APIInventory, method: http.MethodGet, path: "/inventory_item/{sku}", scopes: inventoryReaders,
			handle: (*Fake).getItem,
		},
		{
			op: "bulkGetInventoryItem", api: APIInventory, method: http.MethodPost, path: "/bulk_get_inventory_item", scopes: inventoryReaders,
			handle: (*Fake).bulkGetItem,
		},
		{
			op: "getOffers", api: APIInventory, method: http.MethodGet, path: "/offer", scopes: inventoryReaders,
			query: []string{"format", "limit", "marketplace_id", "offset", "sku"}, handle: (*Fake).getOffers,
		},
		{
			op: "getOffer", api: APIInventory, method: http.MethodGet, path: "/offer/{offerId}", scopes: inventoryReaders, handle: (*Fake).getOffer,
		},
		{
			op: "getInventoryLocations", api: APIInventory, method: http.MethodGet, path: "/location", scopes: inventoryReaders,
			query: []string{"limit", "offset"}, handle: (*Fake).getLocations,
		},
	}
)

type itemJSON struct {
	SKU                    string           `json:"sku"`
	Locale                 string           `json:"locale"`
	Condition              string           `json:"condition,omitzero"`
	Product                productJSON      `json:"product"`
	Availability           availabilityJSON `json:"availability"`
	GroupIDs               []string         `json:"groupIds,omitzero"`
	InventoryItemGroupKeys []string         `json:"inventoryItemGroupKeys,omitzero"`
}

type productJSON struct {
	Title   string              `json:"title,omitzero"`
	Aspects map[string][]string `json:"aspects,omitzero"`
}

type availabilityJSON struct {
	Ship struct {
		Quantity   int64          `json:"quantity"`
		Allocation allocationJSON `json:"allocationByFormat"`
	} `json:"shipToLocationAvailability"`
}

type allocationJSON struct {
	Auction    int64 `json:"auction"`
	FixedPrice int64 `json:"fixedPrice"`
}

func (f *Fake) itemJSON(it *item, bulk bool) itemJSON {
	out := itemJSON{SKU: it.sku, Locale: localeOf(f.home[0].tag), Condition: it.condition, Product: productJSON{Title: it.title}}
	for _, a := range it.aspects {
		if out.Product.Aspects == nil {
			out.Product.Aspects = map[string][]string{}
		}
		out.Product.Aspects[a.Name] = append(out.Product.Aspects[a.Name], a.Value)
	}
	out.Availability.Ship.Quantity = it.quantity
	out.Availability.Ship.Allocation = allocationJSON{it.auction, max(it.quantity-it.auction, 0)}
	if it.group != "" {
		out.InventoryItemGroupKeys = []string{it.group}
		if !bulk {
			out.GroupIDs = []string{it.group}
		}
	}
	return out
}

func localeOf(tag string) string { return tag[:2] + "_" + tag[3:] }

type itemsJSON struct {
	Href           string     `json:"href"`
	Total          int        `json:"total"`
	Size           int        `json:"size"` // pages
	Limit          int        `json:"limit"`
	Next           string     `json:"next,omitzero"`
	Prev           string     `json:"prev,omitzero"`
	InventoryItems []itemJSON `json:"inventoryItems"`
}

// pageNumbers reads limit and offset where offset is the number of a page.
func (c *call) pageNumbers(absent, most int) (limit, page int, a answer, refused bool) {
	limit, goodLimit := c.number("limit", absent)
	page, goodPage := c.number("offset", 0)
	if !goodLimit || !goodPage || limit < 1 || limit > most || page < 0 {
		return 0, 0, bad(25706, "additionalInfo", "limit must be 1 to "+strconv.Itoa(most)+" and offset a page number"), true
	}
	return limit, page, answer{}, false
}

// around gives the addresses of the pages beside one.
func (c *call) around(limit, page, pages int) (next, prev string) {
	if page+1 < pages {
		next = c.page(limit, page+1)
	}
	if page > 0 {
		prev = c.page(limit, page-1)
	}
	return next, prev
}

// slice returns a page of a list, by the page's number.
func slice[T any](list []T, limit, page int) []T {
	lo := min(page*limit, len(list))
	return list[lo:min(lo+limit, len(list))]
}

func (f *Fake) getItems(c *call) answer {
	limit, page, a, refused := c.pageNumbers(defaultItems, maxItems)
	if refused {
		return a
	}
	all := slices.DeleteFunc(slices.Clone(f.catalog.items), func(it *item) bool { return it.deleted })
	pages := (len(all) + limit - 1) / limit
	out := itemsJSON{Href: c.self(), Total: len(all), Size: pages, Limit: limit, InventoryItems: []itemJSON{}}
	for _, it := range slice(all, limit, page) {
		out.InventoryItems = append(out.InventoryItems, f.itemJSON(it, false))
	}
	out.Next, out.Prev = c.around(limit, page, pages)
	return ok(out)
}

func (f *Fake) getItem(c *call) answer {
	it := f.catalog.bySKU[c.vars[0]]
	if it == nil {
		return refuse(http.StatusNotFound, 25710)
	}
	return ok(f.itemJSON(it, false))
}

type gotItemJSON struct {
	SKU           string      `json:"sku"`
	StatusCode    int         `json:"statusCode"`
	InventoryItem *itemJSON   `json:"inventoryItem,omitzero"`
	Errors        []errorJSON `json:"errors"`
	Warnings      []errorJSON `json:"warnings"`
}

func (f *Fake) bulkGetItem(c *call) answer {
	var in struct {
		Requests []struct {
			SKU string `json:"sku"`
		} `json:"requests"`
	}
	if a, refused := c.read(&in); refused {
		return a
	}
	if n := len(in.Requests); n > maxBulkItems {
		return bad(25727, "additionalInfo", strconv.Itoa(maxBulkItems))
	} else if n == 0 {
		return bad(25709, "fieldName", "requests")
	}
	seen := map[string]bool{}
	out := []gotItemJSON{}
	for _, r := range in.Requests {
		if seen[r.SKU] {
			return bad(25734)
		}
		seen[r.SKU] = true
		got := gotItemJSON{SKU: r.SKU, StatusCode: http.StatusOK, Errors: []errorJSON{}, Warnings: []errorJSON{}}
		if it := f.catalog.bySKU[r.SKU]; it != nil {
			j := f.itemJSON(it, true)
			got.InventoryItem = &j
		} else {
			got.StatusCode = http.StatusNotFound
			got.Errors = append(got.Errors, newError(25702, "skuValue", r.SKU))
		}
		out = append(out, got)
	}
	if f.cfg.ShuffleResponses {
		slices.Reverse(out)
	}
	return answer{status: outcome(len(out), func(i int) int { return out[i].StatusCode }), body: map[string]any{"responses": out}}
}

type offerJSON struct {
	OfferID           string           `json:"offerId"`
	SKU               string           `json:"sku"`
	MarketplaceID     string           `json:"marketplaceId"`
	Format            string           `json:"format"`
	AvailableQuantity int64            `json:"availableQuantity"`
	PricingSummary    offerPriceJSON   `json:"pricingSummary"`
	LocationKey       string           `json:"merchantLocationKey"`
	Status            string           `json:"status"`
	Listing           *listingInfoJSON `json:"listing,omitzero"`
}

type offerPriceJSON struct {
	Price offerAmountJSON `json:"price"`
}

type offerAmountJSON struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

type listingInfoJSON struct {
	ListingID     string `json:"listingId"`
	ListingStatus string `json:"listingStatus"`
	SoldQuantity  int64  `json:"soldQuantity"`
	ListingOnHold bool   `json:"listingOnHold,omitzero"`
}

func (o *offer) json() offerJSON {
	out := offerJSON{
		OfferID: o.id, SKU: o.item.sku, MarketplaceID: o.m.id, Format: "FIXED_PRICE", AvailableQuantity: o.quantity,
		PricingSummary: offerPriceJSON{offerAmountJSON{o.price.text(2), o.m.currency}}, LocationKey: defaultLocation, Status: "UNPUBLISHED",
	}
	if o.u == nil {
		return out
	}
	out.Status = "PUBLISHED"
	out.Listing = &listingInfoJSON{o.u.l.id, listingActive, o.u.sold, o.u.l.onHold}
	if o.u.shown() == 0 && !o.u.l.onHold {
		out.Listing.ListingStatus = listingOutOfStock
	}
	return out
}

type offersJSON struct {
	Href   string      `json:"href"`
	Total  int         `json:"total"`
	Size   int         `json:"size"` // offers on this page
	Limit  int         `json:"limit"`
	Next   string      `json:"next,omitzero"`
	Prev   string      `json:"prev,omitzero"`
	Offers []offerJSON `json:"offers"`
}

func (f *Fake) getOffers(c *call) answer {
	sku := c.query.Get("sku")
	if sku == "" {
		return bad(25709, "fieldName", "sku")
	}
	limit, page, a, refused := c.pageNumbers(maxOfferPage, maxOfferPage)
	if refused {
		return a
	}
	market, format := c.query.Get("marketplace_id"), c.query.Get("format")
	switch {
	case market != "" && marketplaceByID[market] == nil:
		return bad(25709, "fieldName", "marketplace_id")
	case format != "" && format != "FIXED_PRICE" && format != "AUCTION":
		return bad(25709, "fieldName", "format")
	}
	var all []*offer
	if it := f.catalog.bySKU[sku]; it != nil && format != "AUCTION" {
		all = slices.DeleteFunc(slices.Clone(it.offers), func(o *offer) bool { return market != "" && o.m.id != market })
	}
	if len(all) == 0 {
		return refuse(http.StatusNotFound, 25713, "additionalInfo", sku)
	}
	on := slice(all, limit, page)
	out := offersJSON{Href: c.self(), Total: len(all), Size: len(on), Limit: limit, Offers: []offerJSON{}}
	for _, o := range on {
		out.Offers = append(out.Offers, o.json())
	}
	out.Next, out.Prev = c.around(limit, page, (len(all)+limit-1)/limit)
	return ok(out)
}

func (f *Fake) getOffer(c *call) answer {
	o := f.catalog.offers[c.vars[0]]
	if o == nil {
		return refuse(http.StatusNotFound, 25713, "additionalInfo", c.vars[0])
	}
	return ok(o.json())
}

// location is a place the seller ships from.
type location struct {
	key, name string
	store     bool // buyers collect there
	disabled  bool
}

// NewLocation describes a location.
type NewLocation struct {
	Key, Name string
	Store     bool // buyers collect there
	Disabled  bool
}

// AddLocation adds a place the seller ships from; one with the key "default"
// is there already.
func (f *Fake) AddLocation(n NewLocation) {
	f.lock()
	defer f.mu.Unlock()
	f.catalog.locations = append(f.catalog.locations, &location{n.Key, n.Name, n.Store, n.Disabled})
}

type locationsJSON struct {
	Href      string         `json:"href"`
	Total     int            `json:"total"`
	Limit     int            `json:"limit"`
	Offset    int            `json:"offset"`
	Next      string         `json:"next,omitzero"`
	Prev      string         `json:"prev,omitzero"`
	Locations []locationJSON `json:"locations"`
}

type locationJSON struct {
	Key      string            `json:"merchantLocationKey"`
	Name     string            `json:"name"`
	Status   string            `json:"merchantLocationStatus"`
	Types    []string          `json:"locationTypes"`
	Location map[string]locale `json:"location"`
}

type locale struct {
	City    string `json:"city"`
	Country string `json:"country"`
}

// getLocations pages by records, unlike the other lists of this API.
func (f *Fake) getLocations(c *call) answer {
	limit, goodLimit := c.number("limit", maxLocations)
	offset, goodOffset := c.number("offset", 0)
	if !goodLimit || !goodOffset || limit < 1 || limit > maxLocations || offset < 0 {
		return bad(25706, "additionalInfo", "limit or offset")
	}
	all := f.catalog.locations
	out := locationsJSON{Href: c.self(), Total: len(all), Limit: limit, Offset: offset, Locations: []locationJSON{}}
	for _, l := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		j := locationJSON{l.key, l.name, "ENABLED", []string{"WAREHOUSE"}, map[string]locale{"address": {"Springfield", f.home[0].country}}}
		if l.disabled {
			j.Status = "DISABLED"
		}
		if l.store {
			j.Types = []string{"STORE"}
		}
		out.Locations = append(out.Locations, j)
	}
	if offset+limit < len(all) {
		out.Next = c.page(limit, offset+limit)
	}
	if offset > 0 {
		out.Prev = c.page(limit, max(offset-limit, 0))
	}
	return ok(out)
}
