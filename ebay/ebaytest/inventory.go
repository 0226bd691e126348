package ebaytest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxOffers       = 25 // of a SKU in one bulk update, the operation's description
	maxMigrations   = 5
	defaultLocation = "default"
)

var (
	inventoryWriters = []string{ScopeInventory}

	inventoryRoutes = []route{
		{
			op: "bulkUpdatePriceQuantity", api: APIInventory, method: http.MethodPost, path: "/bulk_update_price_quantity", scopes: inventoryWriters,
			writes: bulkSKUs, handle: (*Fake).bulkUpdate,
		},
		{
			op: "bulkMigrateListing", api: APIInventory, method: http.MethodPost, path: "/bulk_migrate_listing", scopes: inventoryWriters,
			handle: (*Fake).bulkMigrate,
		},
		{
			op: "createOrReplaceInventoryItem", api: APIInventory, method: http.MethodPut, path: "/inventory_item/{sku}", scopes: inventoryWriters,
			language: true, writes: func(c *call) []string { return c.vars }, handle: (*Fake).putItem,
		},
	}
)

type quantityBody struct {
	Quantity                  *int64           `json:"quantity"`
	AllocationByFormat        jsontext.Value   `json:"allocationByFormat"` // ignored
	AvailabilityDistributions []jsontext.Value `json:"availabilityDistributions"`
}

type priceBody struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

type offerUpdate struct {
	OfferID           string     `json:"offerId"`
	AvailableQuantity *int64     `json:"availableQuantity"`
	Price             *priceBody `json:"price"`
}

type skuUpdate struct {
	SKU    string        `json:"sku"`
	Ship   *quantityBody `json:"shipToLocationAvailability"`
	Offers []offerUpdate `json:"offers"`
}

type bulkBody struct {
	Requests []skuUpdate `json:"requests"`
}

// bulkSKUs are the SKUs a bulk update writes to.
func bulkSKUs(c *call) []string {
	var in bulkBody
	if json.Unmarshal(c.body, &in) != nil {
		return nil
	}
	var skus []string
	for _, r := range in.Requests {
		if r.SKU != "" {
			skus = append(skus, r.SKU)
		}
	}
	return skus
}

// entryJSON is the outcome of one entry of a bulk call.
type entryJSON struct {
	SKU        string      `json:"sku,omitzero"`
	OfferID    string      `json:"offerId,omitzero"`
	StatusCode int         `json:"statusCode"`
	Errors     []errorJSON `json:"errors"`
	Warnings   []errorJSON `json:"warnings"`
}

func entry(sku, offerID string, wrong *errorJSON) entryJSON {
	e := entryJSON{sku, offerID, http.StatusOK, []errorJSON{}, []errorJSON{}}
	if wrong != nil {
		e.StatusCode, e.Errors = http.StatusBadRequest, []errorJSON{*wrong}
		if wrong.Category == "APPLICATION" {
			e.StatusCode = http.StatusInternalServerError
		}
	}
	return e
}

func fails(id int, params ...string) *errorJSON {
	e := newError(id, params...)
	return &e
}

// outcome is the status of a bulk call whose entries have theirs.
func outcome(n int, status func(i int) int) int {
	good, system := 0, 0
	for i := range n {
		switch s := status(i); {
		case s < http.StatusBadRequest:
			good++
		case s >= http.StatusInternalServerError:
			system++
		}
	}
	switch {
	case good == n:
		return http.StatusOK
	case good > 0:
		return http.StatusMultiStatus
	case system == n:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

func (f *Fake) bulkUpdate(c *call) answer {
	var in bulkBody
	if a, refused := c.read(&in); refused {
		return a
	}
	most := f.cfg.Batch
	if f.cfg.Believed.OneSKUPerCall {
		most = 1
	}
	seen := map[string]bool{}
	for _, r := range in.Requests {
		if r.SKU != "" && seen[r.SKU] {
			return bad(25734)
		}
		seen[r.SKU] = true
		if len(r.Offers) > maxOffers {
			return bad(25002, "additionalInfo", "A request cannot have more than 25 offers.")
		}
	}
	switch {
	case len(in.Requests) == 0:
		return bad(25709, "fieldName", "requests")
	case len(in.Requests) > most:
		return bad(25727, "additionalInfo", strconv.Itoa(most))
	}
	out := []entryJSON{}
	for i := range in.Requests {
		out = append(out, f.update(c, &in.Requests[i])...)
	}
	status := outcome(len(out), func(i int) int { return out[i].StatusCode })
	if status == http.StatusInternalServerError {
		return answer{status: status, body: errorsJSON{Errors: out[0].Errors}}
	}
	if f.cfg.ShuffleResponses {
		slices.Reverse(out)
	}
	return answer{status: status, body: map[string]any{"responses": out}}
}

// update carries out what is asked for one SKU: an entry for the item's own
// quantity and one for each offer.
func (f *Fake) update(c *call, r *skuUpdate) []entryJSON {
	it := f.catalog.bySKU[r.SKU]
	wrong := f.judgeUpdate(c, r, it)
	var out []entryJSON
	counted := map[*listing]*errorJSON{} // revisions, one for each listing
	revise := func(o *offer) *errorJSON {
		if o.u == nil {
			return nil
		}
		l := o.u.l
		if _, done := counted[l]; !done {
			counted[l] = f.reviseOffer(l, c.now)
		}
		return counted[l]
	}
	if r.Ship != nil || wrong != nil && len(r.Offers) == 0 {
		e := wrong
		if e == nil {
			e = f.updateItem(c, it, *r.Ship.Quantity, revise)
		}
		out = append(out, entry(r.SKU, "", e))
	}
	for i := range r.Offers {
		u, e := &r.Offers[i], wrong
		if e == nil {
			e = f.updateOffer(c, r, u, revise)
		}
		sku := r.SKU
		if o := f.catalog.offers[u.OfferID]; o != nil {
			sku = o.item.sku
		}
		out = append(out, entry(sku, u.OfferID, e))
	}
	return out
}

// judgeUpdate says what is wrong with the whole of a request for one SKU.
func (f *Fake) judgeUpdate(c *call, r *skuUpdate, it *item) *errorJSON {
	ids := map[string]bool{}
	for _, o := range r.Offers {
		if ids[o.OfferID] {
			return fails(25002, "additionalInfo", "Duplicate offerId "+o.OfferID+".")
		}
		ids[o.OfferID] = true
	}
	switch {
	case r.Ship == nil && len(r.Offers) == 0:
		return fails(25709, "fieldName", "shipToLocationAvailability")
	case r.SKU == "" && r.Ship != nil:
		return fails(25709, "fieldName", "sku")
	case r.SKU != "" && it == nil:
		return fails(25702, "skuValue", r.SKU)
	case c.contended[r.SKU]:
		return fails(25025)
	case r.Ship != nil && r.Ship.Quantity == nil && len(r.Ship.AvailabilityDistributions) == 0:
		return fails(25709, "fieldName", "quantity")
	case r.Ship != nil && len(r.Ship.AvailabilityDistributions) > 0:
		return fails(25709, "fieldName", "availabilityDistributions")
	case f.rejectWrites != nil && f.rejectWrites(r.SKU):
		return fails(25002, "additionalInfo", "The item specific Brand is missing.")
	default:
		return nil
	}
}

// reviseOffer counts a revision of an offer's listing, or says why it cannot be
// revised.
func (f *Fake) reviseOffer(l *listing, now time.Time) *errorJSON {
	switch {
	case l.onHold:
		return fails(25097)
	case l.frozen != "":
		return fails(25040, "additionalInfo", l.frozen)
	case !f.revise(l, now):
		return fails(25019, "additionalInfo", "You have exceeded the number of revisions of a listing on one day.")
	default:
		return nil
	}
}

// updateItem sets the quantity of an inventory item.
func (f *Fake) updateItem(c *call, it *item, n int64, revise func(*offer) *errorJSON) *errorJSON {
	switch {
	case n < 0:
		return fails(25004, "additionalInfo", "The quantity must be zero or more.")
	case n < it.auction:
		return fails(25759)
	}
	if n != it.quantity || f.cfg.Believed.NoChangeCounts {
		for _, o := range it.offers {
			if wrong := revise(o); wrong != nil {
				return wrong
			}
		}
	}
	f.accept(Write{Op: c.op, SKU: it.sku, Quantity: n}, nil, c.now, func() {
		it.quantity = n
		f.zeroOffers(it)
	})
	return nil
}

func (f *Fake) zeroOffers(it *item) {
	for _, o := range it.offers {
		if o.u != nil {
			f.zero(o.u)
		}
	}
}

// updateOffer sets the quantity or the price of a published offer.
func (f *Fake) updateOffer(c *call, r *skuUpdate, u *offerUpdate, revise func(*offer) *errorJSON) *errorJSON {
	o := f.catalog.offers[u.OfferID]
	switch {
	case u.OfferID == "":
		return fails(25709, "fieldName", "offerId")
	case o == nil:
		return fails(25713, "additionalInfo", u.OfferID)
	case r.SKU != "" && o.item.sku != r.SKU:
		return fails(25709, "fieldName", "offerId", "additionalInfo", "The offer belongs to another SKU.")
	case o.u == nil:
		return fails(25002, "additionalInfo", "The offer "+o.id+" is not published.")
	case u.AvailableQuantity == nil && u.Price == nil:
		return fails(25709, "fieldName", "availableQuantity")
	case u.AvailableQuantity != nil && *u.AvailableQuantity < 0:
		return fails(25004, "additionalInfo", "The quantity must be zero or more.")
	}
	price := o.price
	if u.Price != nil {
		var err error
		if price, err = parseAmount(u.Price.Value); err != nil || u.Price.Currency != o.m.currency {
			return fails(25709, "fieldName", "price")
		}
	}
	same := price == o.price && (u.AvailableQuantity == nil || *u.AvailableQuantity == o.quantity)
	if !same || f.cfg.Believed.NoChangeCounts {
		if wrong := revise(o); wrong != nil {
			return wrong
		}
	}
	o.price, o.u.price = price, price
	if u.AvailableQuantity == nil {
		return nil
	}
	n := *u.AvailableQuantity
	w := Write{Op: c.op, ListingID: o.u.l.id, OfferID: o.id, SKU: o.item.sku, Quantity: n}
	f.accept(w, o.u, c.now, func() {
		if o.quantity = n; o.u != nil {
			f.zero(o.u)
		}
	})
	return nil
}

type putItemBody struct {
	Availability *struct {
		Ship   *quantityBody  `json:"shipToLocationAvailability"`
		Pickup jsontext.Value `json:"pickupAtLocationAvailability"`
	} `json:"availability"`
	Product *struct {
		Title  string                    `json:"title"`
		Others map[string]jsontext.Value `json:",unknown"`
	} `json:"product"`
	Condition            string         `json:"condition"`
	ConditionDescription string         `json:"conditionDescription"`
	ConditionDescriptors jsontext.Value `json:"conditionDescriptors"`
	PackageWeightAndSize jsontext.Value `json:"packageWeightAndSize"`
}

// putItem creates an inventory item or replaces all of it: what the body leaves
// out is lost, the quantity too.
func (f *Fake) putItem(c *call) answer {
	var in putItemBody
	if a, refused := c.read(&in); refused {
		return a
	}
	sku := c.vars[0]
	quantity := int64(0)
	if in.Availability != nil && in.Availability.Ship != nil && in.Availability.Ship.Quantity != nil {
		quantity = *in.Availability.Ship.Quantity
	}
	it := f.catalog.bySKU[sku]
	switch {
	case len(sku) > maxSKU:
		return bad(25707)
	case quantity < 0:
		return bad(25004, "additionalInfo", "The quantity must be zero or more.")
	case c.contended[sku]:
		return refuse(http.StatusInternalServerError, 25025)
	}
	status := http.StatusNoContent
	if it == nil {
		status = http.StatusCreated
		it = &item{number: len(f.catalog.items) + 1, sku: sku}
		f.catalog.items = append(f.catalog.items, it)
		f.catalog.bySKU[sku] = it
	}
	for _, o := range it.offers {
		if o.u == nil {
			continue
		}
		if wrong := f.reviseOffer(o.u.l, c.now); wrong != nil {
			return answer{status: http.StatusBadRequest, body: errorsJSON{Errors: []errorJSON{*wrong}}}
		}
	}
	it.title, it.condition = "", in.Condition
	if in.Product != nil {
		it.title = in.Product.Title
	}
	f.accept(Write{Op: c.op, SKU: sku, Quantity: quantity}, nil, c.now, func() {
		it.quantity = quantity
		f.zeroOffers(it)
	})
	if status == http.StatusCreated {
		return answer{status: status, body: struct{}{}}
	}
	return empty(status)
}

type migrationJSON struct {
	ListingID             string         `json:"listingId"`
	MarketplaceID         string         `json:"marketplaceId,omitzero"`
	InventoryItemGroupKey string         `json:"inventoryItemGroupKey,omitzero"`
	InventoryItems        []migratedJSON `json:"inventoryItems,omitzero"`
	StatusCode            int            `json:"statusCode"`
	Errors                []errorJSON    `json:"errors"`
	Warnings              []errorJSON    `json:"warnings"`
}

type migratedJSON struct {
	SKU     string `json:"sku"`
	OfferID string `json:"offerId"`
}

// bulkMigrate gives Trading-born listings inventory items and offers.
func (f *Fake) bulkMigrate(c *call) answer {
	var in struct {
		Requests []struct {
			ListingID string `json:"listingId"`
		} `json:"requests"`
	}
	if a, refused := c.read(&in); refused {
		return a
	}
	if n := len(in.Requests); n < 1 || n > maxMigrations {
		return bad(25718, "additionalInfo", "One to five listings can be migrated in one call.")
	}
	out := []migrationJSON{}
	for _, r := range in.Requests {
		out = append(out, f.migrate(r.ListingID))
	}
	status := outcome(len(out), func(i int) int { return out[i].StatusCode })
	return answer{status: status, body: map[string]any{"responses": out}}
}

func (f *Fake) migrate(id string) migrationJSON {
	out := migrationJSON{ListingID: id, StatusCode: http.StatusBadRequest, Errors: []errorJSON{}, Warnings: []errorJSON{}}
	cannot := func(why string) migrationJSON {
		out.Errors = append(out.Errors, newError(25718, "additionalInfo", why))
		return out
	}
	l := f.catalog.byID[id]
	if l == nil || l.ended {
		return cannot("The listing is not active.")
	}
	if !l.trading {
		return cannot("The listing is managed by the Inventory API already.")
	}
	for _, u := range l.units {
		switch {
		case u.gone:
		case u.sku == "":
			return cannot("The listing or one of its variations has no SKU.")
		case f.catalog.bySKU[u.sku] != nil || len(u.sku) > maxSKU:
			return cannot("The SKU " + u.sku + " is taken, or too long.")
		}
	}
	l.trading = false
	if l.variations {
		l.group = "migrated-" + l.id
		f.catalog.groups[l.m.id+" "+l.group] = l
	}
	for _, u := range l.units {
		if u.gone {
			continue
		}
		it := &item{
			number: len(f.catalog.items) + 1, sku: u.sku, title: l.title, quantity: u.left, group: l.group, aspects: u.aspects, condition: "NEW",
		}
		f.catalog.items = append(f.catalog.items, it)
		f.catalog.bySKU[it.sku] = it
		o := f.addOffer(it, l.m, u.left, u.price)
		o.u, u.offer, u.left = u, o, 0
		out.InventoryItems = append(out.InventoryItems, migratedJSON{u.sku, o.id})
	}
	out.StatusCode, out.MarketplaceID, out.InventoryItemGroupKey = http.StatusOK, l.m.id, l.group
	return out
}
