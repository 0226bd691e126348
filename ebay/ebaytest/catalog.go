package ebaytest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// NewProduct describes something to sell: an inventory item with its offers or,
// with Trading, a listing made without the Inventory API.
type NewProduct struct {
	SKU    string // "" only with Trading
	Title  string // "" means the SKU
	Price  string
	OnHand int64 // of the inventory item, or available of the listing

	// Marketplaces are where it is offered; nil means the first of the seller's.
	// A Trading-born listing is on one of them.
	Marketplaces []string
	// OfferQuantity is each offer's available quantity; nil means OnHand. Buyers
	// are shown the smaller one.
	OfferQuantity *int64
	Unpublished   bool   // its offers are no listings
	Auction       int64  // units of the item that are set aside for an auction
	Group         string // of an inventory item that is a variation: its group, whose SKUs share a listing
	Aspects       []Aspect

	// Trading makes it a listing of its own; with Variations, one of several
	// variations, and SKU, Price and OnHand are theirs.
	Trading    bool
	Variations []NewVariation
}

// NewVariation describes a variation of a Trading-born listing.
type NewVariation struct {
	SKU     string // may be ""
	Price   string // "" means the listing's
	OnHand  int64
	Aspects []Aspect // nil means a size of its own
}

// Aspect is what a variation varies by.
type Aspect struct{ Name, Value string }

// Product is what AddProduct made.
type Product struct {
	SKU     string
	Title   string
	Trading bool
	Group   string
	Units   []Unit // what buyers can choose from, and unpublished offers
}

// Unit is what a buyer can choose: a listing without variations, or a variation.
type Unit struct {
	ListingID   string // "" of an unpublished offer
	VariationID string
	OfferID     string // "" of a Trading-born listing
	SKU         string
	Marketplace string
}

// item is an inventory item.
type item struct {
	number     int
	sku, title string
	quantity   int64
	auction    int64
	group      string
	aspects    []Aspect
	offers     []*offer
	condition  string
	deleted    bool
}

// offer is an offer of an inventory item in a marketplace.
type offer struct {
	id       string
	item     *item
	m        *marketplace
	quantity int64
	price    amount
	u        *unit // nil while it is unpublished
}

// listing is what a buyer sees on a site.
type listing struct {
	id         string
	number     int
	m          *marketplace
	title      string
	trading    bool
	group      string
	variations bool
	units      []*unit
	created    time.Time
	ended      bool
	endedAt    time.Time
	onHold     bool
	frozen     string // why it cannot be revised just now
	revised    time.Time
	revisions  int // on the day of revised
}

// unit is what a buyer can choose from a listing.
type unit struct {
	l           *listing
	sku         string
	variationID string
	aspects     []Aspect
	price       amount
	left        int64 // of a Trading-born one
	sold        int64
	offer       *offer // of one made with the Inventory API
	gone        bool   // the variation was dropped
	pending     int    // accepted writes without effect yet
}

type catalog struct {
	items     []*item
	bySKU     map[string]*item
	offers    map[string]*offer
	all       []*listing
	byID      map[string]*listing
	units     map[string][]*unit // by SKU
	groups    map[string]*listing
	nextOffer int64
	nextVar   int64
	locations []*location
}

func (cat *catalog) init() {
	cat.bySKU, cat.offers, cat.byID = map[string]*item{}, map[string]*offer{}, map[string]*listing{}
	cat.units, cat.groups = map[string][]*unit{}, map[string]*listing{}
	cat.nextOffer, cat.nextVar = 9040000010, 510000000001
	cat.locations = []*location{{key: defaultLocation, name: "Warehouse"}}
}

// AddProduct adds an inventory item with its offers, or a Trading-born listing.
func (f *Fake) AddProduct(n NewProduct) (Product, error) {
	now := f.lock()
	defer f.mu.Unlock()
	markets, err := f.markets(n.Marketplaces)
	if err != nil {
		return Product{}, err
	}
	if n.Trading {
		return f.addListing(n, markets, now)
	}
	return f.addItem(n, markets, now)
}

func (f *Fake) markets(ids []string) ([]*marketplace, error) {
	if ids == nil {
		return f.home[:1], nil
	}
	var out []*marketplace
	for _, id := range ids {
		m := marketplaceByID[id]
		if m == nil || !slices.Contains(f.home, m) {
			return nil, fmt.Errorf("%w: marketplace %q", ErrNotFound, id)
		}
		out = append(out, m)
	}
	return out, nil
}

func (f *Fake) addItem(n NewProduct, markets []*marketplace, now time.Time) (Product, error) {
	price, err := parseAmount(n.Price)
	count := n.OnHand
	if n.OfferQuantity != nil {
		count = *n.OfferQuantity
	}
	switch {
	case err != nil:
		return Product{}, err
	case n.SKU == "" || len(n.SKU) > maxSKU:
		return Product{}, fmt.Errorf("%w: SKU %q", ErrInvalid, n.SKU)
	case f.catalog.bySKU[n.SKU] != nil:
		return Product{}, fmt.Errorf("%w: SKU %q is taken", ErrInvalid, n.SKU)
	case n.OnHand < 0 || count < 0 || n.Auction < 0 || n.Auction > n.OnHand:
		return Product{}, fmt.Errorf("%w: quantity %d", ErrInvalid, n.OnHand)
	case len(n.Variations) > 0:
		return Product{}, fmt.Errorf("%w: variations of an inventory item are items of one Group", ErrInvalid)
	}
	it := &item{
		number: len(f.catalog.items) + 1, sku: n.SKU, title: cmp.Or(n.Title, n.SKU), quantity: n.OnHand, auction: n.Auction, group: n.Group,
		aspects: slices.Clone(n.Aspects), condition: "NEW",
	}
	f.catalog.items = append(f.catalog.items, it)
	f.catalog.bySKU[it.sku] = it
	for _, m := range markets {
		o := f.addOffer(it, m, count, price)
		if !n.Unpublished {
			f.publish(o, now)
		}
	}
	return it.snapshot(), nil
}

func (f *Fake) addOffer(it *item, m *marketplace, quantity int64, price amount) *offer {
	o := &offer{id: strconv.FormatInt(f.catalog.nextOffer, 10), item: it, m: m, quantity: quantity, price: price}
	f.catalog.nextOffer++
	it.offers = append(it.offers, o)
	f.catalog.offers[o.id] = o
	return o
}

// publish makes an offer a listing, or a variation of its group's.
func (f *Fake) publish(o *offer, now time.Time) {
	u := &unit{sku: o.item.sku, aspects: o.item.aspects, price: o.price, offer: o}
	l := f.catalog.groups[o.m.id+" "+o.item.group]
	if o.item.group == "" || l == nil || l.ended {
		l = f.newListing(o.m, o.item.title, now)
		if l.group = o.item.group; l.group != "" {
			l.variations = true
			f.catalog.groups[o.m.id+" "+l.group] = l
		}
	}
	f.addUnit(l, u)
	o.u = u
}

func (f *Fake) newListing(m *marketplace, title string, now time.Time) *listing {
	number := len(f.catalog.all) + 1
	l := &listing{id: strconv.Itoa(110500000000 + number), number: number, m: m, title: title, created: f.round(now)}
	f.catalog.all = append(f.catalog.all, l)
	f.catalog.byID[l.id] = l
	return l
}

func (f *Fake) addUnit(l *listing, u *unit) {
	u.l = l
	if l.variations {
		u.variationID = strconv.FormatInt(f.catalog.nextVar, 10)
		f.catalog.nextVar++
		if u.aspects == nil {
			u.aspects = []Aspect{{"Size", strconv.Itoa(len(l.units) + 1)}}
		}
	}
	l.units = append(l.units, u)
	f.catalog.units[u.sku] = append(f.catalog.units[u.sku], u)
}

func (f *Fake) addListing(n NewProduct, markets []*marketplace, now time.Time) (Product, error) {
	price, err := parseAmount(n.Price)
	if err != nil {
		return Product{}, err
	}
	if len(markets) != 1 || n.Group != "" || n.Unpublished || n.OfferQuantity != nil || n.Auction != 0 {
		return Product{}, fmt.Errorf("%w: a Trading-born listing is on one marketplace and has no offer", ErrInvalid)
	}
	vars := n.Variations
	if vars == nil {
		vars = []NewVariation{{SKU: n.SKU, OnHand: n.OnHand, Aspects: n.Aspects}}
	}
	var units []*unit
	seen := map[string]bool{}
	for _, v := range vars {
		u := &unit{sku: v.SKU, left: v.OnHand, price: price, aspects: slices.Clone(v.Aspects)}
		if v.Price != "" {
			if u.price, err = parseAmount(v.Price); err != nil {
				return Product{}, err
			}
		}
		if v.OnHand < 0 || v.SKU != "" && seen[v.SKU] || len(v.SKU) > maxTradingSKU {
			return Product{}, fmt.Errorf("%w: variation %q with quantity %d", ErrInvalid, v.SKU, v.OnHand)
		}
		seen[v.SKU] = true
		units = append(units, u)
	}
	l := f.newListing(markets[0], cmp.Or(n.Title, n.SKU, vars[0].SKU, "Item"), now)
	l.trading, l.variations = true, n.Variations != nil
	for _, u := range units {
		f.addUnit(l, u)
	}
	return l.snapshot(), nil
}

const (
	maxSKU        = 50 // the Inventory API's
	maxTradingSKU = 80 // the Trading API's SKUType
)

func (it *item) snapshot() Product {
	p := Product{SKU: it.sku, Title: it.title, Group: it.group}
	for _, o := range it.offers {
		p.Units = append(p.Units, o.snapshot())
	}
	return p
}

func (o *offer) snapshot() Unit {
	u := Unit{OfferID: o.id, SKU: o.item.sku, Marketplace: o.m.id}
	if o.u != nil {
		u.ListingID, u.VariationID = o.u.l.id, o.u.variationID
	}
	return u
}

func (l *listing) snapshot() Product {
	p := Product{Title: l.title, Trading: l.trading, Group: l.group}
	for _, u := range l.units {
		out := Unit{ListingID: l.id, VariationID: u.variationID, SKU: u.sku, Marketplace: l.m.id}
		if u.offer != nil {
			out.OfferID = u.offer.id
		}
		p.Units = append(p.Units, out)
	}
	if !l.variations {
		p.SKU = l.units[0].sku
	}
	return p
}

// Products returns the inventory items, and then the Trading-born listings that
// have not ended.
func (f *Fake) Products() []Product {
	f.lock()
	defer f.mu.Unlock()
	var out []Product
	for _, it := range f.catalog.items {
		if !it.deleted {
			out = append(out, it.snapshot())
		}
	}
	for _, l := range f.catalog.all {
		if l.trading && !l.ended {
			out = append(out, l.snapshot())
		}
	}
	return out
}

// EndListing ends a listing early; orders keep their lines. Its offers become
// unpublished ones.
func (f *Fake) EndListing(id string) error {
	f.lock()
	defer f.mu.Unlock()
	l := f.catalog.byID[id]
	if l == nil || l.ended {
		return fmt.Errorf("%w: listing %s", ErrNotFound, id)
	}
	f.end(l)
	return nil
}

func (f *Fake) end(l *listing) {
	l.ended, l.endedAt = true, f.round(f.now())
	for _, u := range l.units {
		if u.offer != nil {
			u.offer.u = nil
		}
		f.catalog.forget(u)
	}
}

// forget takes a unit out of the index by SKU.
func (cat *catalog) forget(u *unit) {
	rest := slices.DeleteFunc(cat.units[u.sku], func(x *unit) bool { return x == u })
	if cat.units[u.sku] = rest; len(rest) == 0 {
		delete(cat.units, u.sku)
	}
}

// DeleteProduct deletes an inventory item with its offers, which ends their
// listings.
func (f *Fake) DeleteProduct(sku string) error {
	f.lock()
	defer f.mu.Unlock()
	it := f.catalog.bySKU[sku]
	if it == nil {
		return fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	}
	for _, o := range it.offers {
		if o.u != nil {
			f.dropUnit(o.u)
		}
		delete(f.catalog.offers, o.id)
	}
	it.deleted, it.offers = true, nil
	delete(f.catalog.bySKU, sku)
	return nil
}

// dropUnit takes a variation off its listing, and ends a listing without one
// left.
func (f *Fake) dropUnit(u *unit) {
	u.gone = true
	if u.offer != nil {
		u.offer.u = nil
	}
	f.catalog.forget(u)
	if !slices.ContainsFunc(u.l.units, func(x *unit) bool { return !x.gone }) {
		u.l.ended, u.l.endedAt = true, f.round(f.now())
	}
}

// HoldListing puts a listing on hold for a violation of a policy, or lifts that.
// Nobody can buy from it, and it cannot be revised.
func (f *Fake) HoldListing(id string, on bool) error {
	f.lock()
	defer f.mu.Unlock()
	l := f.catalog.byID[id]
	if l == nil {
		return fmt.Errorf("%w: listing %s", ErrNotFound, id)
	}
	l.onHold = on
	return nil
}

// FreezeListing makes every revision of a listing fail for a time, with a reason
// such as its ending within twelve hours; "" lifts that.
func (f *Fake) FreezeListing(id, reason string) error {
	f.lock()
	defer f.mu.Unlock()
	l := f.catalog.byID[id]
	if l == nil {
		return fmt.Errorf("%w: listing %s", ErrNotFound, id)
	}
	l.frozen = reason
	return nil
}

// RenameSKU changes the SKU of a Trading-born listing or variation, as an edit
// in Seller Hub does.
func (f *Fake) RenameSKU(listingID, from, to string) error {
	f.lock()
	defer f.mu.Unlock()
	u, err := f.findUnit(listingID, from)
	if err != nil {
		return err
	}
	if u.offer != nil || len(to) > maxTradingSKU {
		return fmt.Errorf("%w: SKU %q", ErrInvalid, to)
	}
	f.catalog.forget(u)
	u.sku = to
	f.catalog.units[to] = append(f.catalog.units[to], u)
	return nil
}
