package amazontest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// NewProduct describes a listing to add.
type NewProduct struct {
	SKU         string
	Title       string // "" means the SKU
	ASIN        string // "" means an invented one
	ProductType string // "" means PRODUCT
	Price       string
	Condition   string   // "" means new_new
	Marketplace []string // where it is listed; nil means on all of the seller's

	// OnHand is the live quantity the seller ships from.
	OnHand int64
	// ByAmazon has Amazon ship it: OnHand then lies with Amazon, and the listing
	// has no quantity of the seller's.
	ByAmazon bool
	Unlisted bool // it is not buyable
	LeadTime int  // lead_time_to_ship_max_days, 0 none
	Restock  string
}

// Product is a listing as it was added.
type Product struct {
	SKU, ASIN, Title, ProductType string
	ByAmazon                      bool
	Created                       time.Time
}

type product struct {
	sku, asin, title, ptype string
	condition               string
	price                   amount
	markets                 []*marketplace
	unlisted                bool
	live                    *int64 // the seller's quantity; nil when Amazon ships
	held                    *int64 // what Amazon has; nil when the seller ships
	number                  int
	created, modified       time.Time
	attrs                   map[string]*availability // as last submitted, by marketplace
	others                  map[string]attributes    // other attributes that were written, by marketplace
	pending                 int                      // accepted writes without effect yet
	deleted                 bool
}

// availability is the attribute fulfillment_availability.
type availability struct {
	quantity *int64
	leadTime *int64
	restock  string
}

type catalog struct {
	all   []*product
	bySKU map[string]*product
}

func (cat *catalog) init() { cat.bySKU = map[string]*product{} }

// named returns the listings of SKUs.
func (cat *catalog) named(skus []string) []*product {
	var out []*product
	for _, sku := range slices.Compact(slices.Sorted(slices.Values(skus))) {
		if p := cat.bySKU[sku]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

// AddProduct adds a listing. A SKU names one listing.
func (f *Fake) AddProduct(n NewProduct) (Product, error) {
	now := f.lock()
	defer f.mu.Unlock()
	price, err := parseAmount(n.Price)
	if err != nil {
		return Product{}, err
	}
	switch {
	case n.SKU == "":
		return Product{}, fmt.Errorf("%w: a listing without SKU", ErrInvalid)
	case f.catalog.bySKU[n.SKU] != nil:
		return Product{}, fmt.Errorf("%w: SKU %q is taken", ErrInvalid, n.SKU)
	case n.OnHand < 0:
		return Product{}, fmt.Errorf("%w: quantity %d", ErrInvalid, n.OnHand)
	}
	p := &product{
		sku: n.SKU, title: cmp.Or(n.Title, n.SKU), ptype: cmp.Or(n.ProductType, "PRODUCT"), condition: cmp.Or(n.Condition, "new_new"),
		price: price, unlisted: n.Unlisted, number: len(f.catalog.all) + 1, created: f.round(now), modified: f.round(now), markets: f.home,
	}
	p.asin = cmp.Or(n.ASIN, fmt.Sprintf("B0%08d", p.number))
	if n.Marketplace != nil {
		p.markets = nil
		for _, id := range n.Marketplace {
			if !f.sellsOn(id) {
				return Product{}, fmt.Errorf("%w: marketplace %q", ErrNotFound, id)
			}
			p.markets = append(p.markets, marketplaceByID[id])
		}
	}
	count := n.OnHand
	if n.ByAmazon {
		p.held = &count
	} else {
		p.live = &count
	}
	if n.LeadTime != 0 || n.Restock != "" {
		p.attrs = map[string]*availability{}
		for _, m := range p.markets {
			q := count
			a := &availability{quantity: &q, restock: n.Restock}
			if n.LeadTime != 0 {
				days := int64(n.LeadTime)
				a.leadTime = &days
			}
			p.attrs[m.id] = a
		}
	}
	f.catalog.all = append(f.catalog.all, p)
	f.catalog.bySKU[p.sku] = p
	return p.snapshot(), nil
}

func (p *product) snapshot() Product {
	return Product{p.sku, p.asin, p.title, p.ptype, p.held != nil, p.created}
}

// Products returns the listings.
func (f *Fake) Products() []Product {
	f.lock()
	defer f.mu.Unlock()
	var out []Product
	for _, p := range f.catalog.all {
		if !p.deleted {
			out = append(out, p.snapshot())
		}
	}
	return out
}

// DeleteProduct removes a listing; orders keep their lines.
func (f *Fake) DeleteProduct(sku string) error {
	f.lock()
	defer f.mu.Unlock()
	p := f.catalog.bySKU[sku]
	if p == nil {
		return fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	}
	p.deleted = true
	delete(f.catalog.bySKU, sku)
	if len(f.catalog.all) > 2*len(f.catalog.bySKU)+1024 {
		f.catalog.all = slices.DeleteFunc(f.catalog.all, func(p *product) bool { return p.deleted })
	}
	return nil
}
