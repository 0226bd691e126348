package bigcommercetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Tracking says what of a product the store counts, and with it by which
// identity stock may be written.
type Tracking string

// Tracking modes.
const (
	TrackNone    Tracking = "none"
	TrackProduct Tracking = "product" // one number for the product, written by product_id
	TrackVariant Tracking = "variant" // a number for each variant, written by variant_id or sku
)

// NewProduct describes a product to add.
type NewProduct struct {
	Name     string // "" means the SKU
	SKU      string // of the product; the SKU of its one variant when it has no Variants
	Tracking Tracking
	Digital  bool
	Price    string // excluding tax; "" is 0
	Weight   string // decimal
	UPC      string
	Variants []NewVariant

	// OnHand is counted at the default location, for products tracked by
	// product. With Uncounted no location was ever counted, and stock cannot
	// be changed relatively.
	OnHand    int64
	Uncounted bool
}

// NewVariant describes a variant.
type NewVariant struct {
	SKU       string
	Options   []VariantOption
	Price     string // "" inherits the product's
	UPC       string
	OnHand    int64 // see NewProduct.OnHand, for products tracked by variant
	Uncounted bool
}

// VariantOption is a choice that makes a variant, like Size: L.
type VariantOption struct{ Name, Label string }

// Product is a product as it was added.
type Product struct {
	ID       int
	SKU      string
	Tracking Tracking
	Variants []Variant // a product without options has one, its base variant
}

// Variant is a variant of a Product.
type Variant struct {
	ID  int
	SKU string
}

type product struct {
	id       int
	name     string
	sku      string
	digital  bool
	tracking Tracking
	price    amount
	weight   amount
	upc      string
	variants []*variant
	simple   bool  // the only variant is the base variant
	item     *item // when tracked by product
	created  time.Time
	modified time.Time
	deleted  bool
}

type variant struct {
	id      int
	p       *product
	sku     string
	price   *amount
	upc     string
	options []VariantOption
	item    *item // when tracked by variant
	deleted bool
}

// stock returns what is counted for a sale of v; nil when nothing is.
func (v *variant) stock() *item {
	switch v.p.tracking {
	case TrackProduct:
		return v.p.item
	case TrackVariant:
		return v.item
	default:
		return nil
	}
}

type catalog struct {
	products []*product // ids ascending
	variants []*variant // ids ascending
	items    []*item    // of tracked products, in order of creation
	bySKU    map[string][]*variant

	nextProduct, nextVariant int
}

func (cat *catalog) init() {
	cat.bySKU = map[string][]*variant{}
	cat.nextProduct, cat.nextVariant = 77, 180
}

func (cat *catalog) product(id int) *product {
	i, found := slices.BinarySearchFunc(cat.products, id, func(p *product, id int) int { return cmp.Compare(p.id, id) })
	if !found || cat.products[i].deleted {
		return nil
	}
	return cat.products[i]
}

func (cat *catalog) variant(id int) *variant {
	i, found := slices.BinarySearchFunc(cat.variants, id, func(v *variant, id int) int { return cmp.Compare(v.id, id) })
	if !found || cat.variants[i].deleted {
		return nil
	}
	return cat.variants[i]
}

// AddProduct adds a product. SKUs need not be unique, as in stores with old
// data, and may be empty.
func (f *Fake) AddProduct(n NewProduct) (Product, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.Tracking == "" {
		n.Tracking = TrackProduct
		if len(n.Variants) > 0 {
			n.Tracking = TrackVariant
		}
	}
	simple := len(n.Variants) == 0
	if simple && n.Tracking == TrackVariant {
		return Product{}, fmt.Errorf("%w: product %q without variants tracked by variant", ErrInvalid, n.SKU)
	}
	price, err := parseAmount(n.Price)
	if err != nil {
		return Product{}, err
	}
	weight, err := parseAmount(n.Weight)
	if err != nil {
		return Product{}, err
	}
	cat, now := &f.catalog, f.now()
	p := &product{
		id: cat.nextProduct, name: cmp.Or(n.Name, n.SKU, "Product"), sku: n.SKU, digital: n.Digital, tracking: n.Tracking, price: price,
		weight: weight, upc: n.UPC, simple: simple, created: now, modified: now,
	}
	if simple {
		n.Variants = []NewVariant{{SKU: n.SKU, UPC: n.UPC}}
	}
	for i, nv := range n.Variants {
		v := &variant{id: cat.nextVariant + i, p: p, sku: nv.SKU, upc: nv.UPC, options: slices.Clone(nv.Options)}
		if nv.Price != "" {
			a, err := parseAmount(nv.Price)
			if err != nil {
				return Product{}, err
			}
			v.price = &a
		}
		if n.Tracking == TrackVariant {
			v.item = &item{p: p, v: v}
			v.item.open(nv.OnHand, nv.Uncounted)
		}
		p.variants = append(p.variants, v)
	}
	if n.Tracking == TrackProduct {
		p.item = &item{p: p}
		p.item.open(n.OnHand, n.Uncounted)
	}
	cat.nextProduct++
	cat.nextVariant += len(p.variants)
	cat.products = append(cat.products, p)
	cat.variants = append(cat.variants, p.variants...)
	for _, v := range p.variants {
		cat.bySKU[v.sku] = append(cat.bySKU[v.sku], v)
	}
	cat.items = append(cat.items, p.items()...)
	return p.snapshot(), nil
}

func (p *product) items() []*item {
	if p.item != nil {
		return []*item{p.item}
	}
	var out []*item
	for _, v := range p.variants {
		if v.item != nil {
			out = append(out, v.item)
		}
	}
	return out
}

func (p *product) snapshot() Product {
	out := Product{ID: p.id, SKU: p.sku, Tracking: p.tracking}
	for _, v := range p.variants {
		out.Variants = append(out.Variants, Variant{v.id, v.sku})
	}
	return out
}

// Products returns the products of the store.
func (f *Fake) Products() []Product {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Product
	for _, p := range f.catalog.products {
		if !p.deleted {
			out = append(out, p.snapshot())
		}
	}
	return out
}

// SetTracking changes what of a product is counted. Counts of the former mode
// are lost: the new one starts uncounted.
func (f *Fake) SetTracking(productID int, t Tracking) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.catalog.product(productID)
	switch {
	case p == nil:
		return fmt.Errorf("%w: product %d", ErrNotFound, productID)
	case t == TrackVariant && p.simple:
		return fmt.Errorf("%w: product %d has no variants", ErrInvalid, productID)
	case t == p.tracking:
		return nil
	}
	f.catalog.dropItems(p)
	p.tracking, p.modified = t, f.now()
	if t == TrackProduct {
		p.item = &item{p: p}
	}
	if t == TrackVariant {
		for _, v := range p.variants {
			v.item = &item{p: p, v: v}
		}
	}
	f.catalog.items = append(f.catalog.items, p.items()...)
	return nil
}

func (cat *catalog) dropItems(p *product) {
	cat.items = slices.DeleteFunc(cat.items, func(it *item) bool { return it.p == p })
	p.item = nil
	for _, v := range p.variants {
		v.item = nil
	}
}

// DeleteProduct removes a product and its variants; orders keep their lines.
func (f *Fake) DeleteProduct(id int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.catalog.product(id)
	if p == nil {
		return fmt.Errorf("%w: product %d", ErrNotFound, id)
	}
	f.catalog.dropItems(p)
	p.deleted, p.tracking = true, TrackNone
	for _, v := range p.variants {
		v.deleted = true
		f.catalog.bySKU[v.sku] = slices.DeleteFunc(f.catalog.bySKU[v.sku], func(o *variant) bool { return o == v })
	}
	return nil
}

// SetSKU renames a variant's SKU, and its product's when it has no options.
func (f *Fake) SetSKU(variantID int, sku string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.catalog.variant(variantID)
	if v == nil {
		return fmt.Errorf("%w: variant %d", ErrNotFound, variantID)
	}
	f.catalog.rename(v, sku, f.now())
	return nil
}

func (cat *catalog) rename(v *variant, sku string, now time.Time) {
	cat.bySKU[v.sku] = slices.DeleteFunc(cat.bySKU[v.sku], func(o *variant) bool { return o == v })
	v.sku = sku
	if v.p.simple {
		v.p.sku = sku
	}
	cat.bySKU[sku] = append(cat.bySKU[sku], v)
	v.p.modified = now
}
