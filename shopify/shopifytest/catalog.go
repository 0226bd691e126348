package shopifytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Location is a place the shop keeps stock.
type Location struct {
	ID   string // set by the fake
	Name string
	// Country code of the address; "" means US.
	Country string
	// Inactive locations hold stock that cannot be sold.
	Inactive bool
	// Offline locations sell over the counter and fulfil no online orders.
	Offline bool
	// Service is the handle of the fulfilment service that runs the place; ""
	// means the merchant.
	Service string
}

// Product is a product with its variants.
type Product struct {
	ID                          string // set by the fake
	Title, Handle, Vendor, Type string
	Status                      string // "" means ACTIVE
	Variants                    []Variant
}

// Variant is what a buyer can put in the cart.
type Variant struct {
	ID, ItemID string // set by the fake
	SKU        string // may be empty and need not be unique
	Title      string // "" means Default Title
	Barcode    string
	Price      string // in the shop's currency; "" means 10
	// Untracked variants sell whatever their quantity says.
	Untracked bool
	// Oversell lets the variant sell below zero: inventory policy CONTINUE.
	Oversell bool
	// Components make the variant a bundle: it has no stock of its own.
	Components []Component
	// Available is the stock at the first location.
	Available int
	// Stock is the stock by location name or id, beside Available. The variant
	// is stocked at exactly these locations and the first one.
	Stock map[string]int
	// Digital variants are not shipped.
	Digital bool
	// TaxFree variants carry no tax.
	TaxFree  bool
	GiftCard bool
	Grams    int
}

// Component is a part of a bundle.
type Component struct {
	SKU      string
	Quantity int // 0 means 1
}

type location struct {
	id                        int64
	name, country             string
	active, online            bool
	service                   *service
	levels                    []*level
	createdAt, updatedAt      time.Time
	priority                  int
	address1, city, zip, code string
}

func (l *location) gid() string { return gid("Location", l.id) }

// service is a third party that fulfils orders.
type service struct {
	id       int64
	handle   string
	location *location
}

func (s *service) gid() string { return gid("FulfillmentService", s.id) + "?id=true" }

type product struct {
	id                          int64
	title, handle, vendor, kind string
	status                      string
	variants                    []*variant
	createdAt, updatedAt        time.Time
}

func (p *product) gid() string { return gid("Product", p.id) }

type variant struct {
	id                   int64
	product              *product
	title, barcode       string
	price                int64
	oversell             bool
	components           []component
	taxable, giftCard    bool
	grams, position      int
	item                 *item
	deleted              bool
	createdAt, updatedAt time.Time
}

type component struct {
	v *variant
	n int
}

func (v *variant) gid() string { return gid("ProductVariant", v.id) }

func (v *variant) displayName() string { return v.product.title + " - " + v.title }

// AddLocation opens a location, the last in priority.
func (f *Fake) AddLocation(l Location) Location {
	defer f.lock()()
	loc := f.addLocation(l)
	l.ID = loc.gid()
	return l
}

func (f *Fake) addLocation(l Location) *location {
	loc := register(f, &location{
		id: f.ids.next(), name: or(l.Name, "Location"), country: or(l.Country, "US"), active: !l.Inactive, online: !l.Offline,
		createdAt: f.now(), updatedAt: f.now(), priority: len(f.locations),
		address1: "1 Dock Road", city: "Springfield", zip: "12345", code: "NY",
	})
	if l.Service != "" {
		loc.service = register(f, &service{id: f.ids.next(), handle: l.Service, location: loc})
	}
	f.locations = append(f.locations, loc)
	f.emit("locations/create", loc)
	return loc
}

// location finds a location by id or name; "" is the first.
func (f *Fake) location(ref string) (*location, error) {
	for _, l := range f.locations {
		if ref == "" || l.gid() == ref || l.name == ref || strconv.FormatInt(l.id, 10) == ref {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%w: location %q", ErrUnknown, ref)
}

// AddProduct puts a product on sale and returns it with its ids.
func (f *Fake) AddProduct(p Product) (Product, error) {
	defer f.lock()()
	prod := &product{
		id: f.ids.next(), title: or(p.Title, "Product"), vendor: p.Vendor, kind: p.Type, status: or(p.Status, "ACTIVE"),
		createdAt: f.now(), updatedAt: f.now(),
	}
	prod.handle = or(p.Handle, strings.ToLower(strings.ReplaceAll(prod.title, " ", "-")))
	if len(p.Variants) == 0 {
		p.Variants = []Variant{{}}
	}
	p.Variants = slices.Clone(p.Variants)
	var made []*variant
	for i, v := range p.Variants {
		nv, err := f.newVariant(prod, v)
		if err != nil {
			return Product{}, err
		}
		nv.position = i + 1
		made = append(made, nv)
	}
	register(f, prod)
	f.products = append(f.products, prod)
	prod.variants = made
	for i, v := range made {
		f.stockVariant(v, p.Variants[i])
		p.Variants[i].ID, p.Variants[i].ItemID = v.gid(), v.item.gid()
	}
	p.ID = prod.gid()
	f.emit("products/create", prod)
	return p, nil
}

func (f *Fake) newVariant(p *product, v Variant) (*variant, error) {
	price, err := minor(or(v.Price, "10"), f.cfg.Currency)
	if err != nil {
		return nil, err
	}
	for at := range v.Stock {
		if _, err := f.location(at); err != nil {
			return nil, err
		}
	}
	nv := &variant{
		id: f.ids.next(), product: p, title: or(v.Title, "Default Title"), barcode: v.Barcode, price: price,
		oversell: v.Oversell, taxable: !v.TaxFree, giftCard: v.GiftCard, grams: v.Grams, createdAt: f.now(), updatedAt: f.now(),
	}
	for _, c := range v.Components {
		its := f.itemsBySKU[c.SKU]
		if len(its) == 0 {
			return nil, fmt.Errorf("%w: component SKU %q", ErrUnknown, c.SKU)
		}
		nv.components = append(nv.components, component{its[0].variant, or(c.Quantity, 1)})
	}
	nv.item = &item{
		id: f.ids.next(), variant: nv, sku: v.SKU, tracked: !v.Untracked && len(v.Components) == 0, shipped: !v.Digital,
		createdAt: f.now(), updatedAt: f.now(),
	}
	return nv, nil
}

func (f *Fake) stockVariant(v *variant, want Variant) {
	register(f, v)
	register(f, v.item)
	f.variants = append(f.variants, v)
	f.itemsBySKU[v.item.sku] = append(f.itemsBySKU[v.item.sku], v.item)
	if len(v.components) == 0 {
		first := f.locations[0]
		f.levelAt(v.item, first).q[available] = want.Available
		for _, l := range f.locations {
			for ref, n := range want.Stock {
				if ref == l.name || ref == l.gid() {
					f.levelAt(v.item, l).q[available] = n
				}
			}
		}
	}
	f.emit("inventory_items/create", v.item)
}

// DeleteVariant takes a variant off the shop. Orders keep their lines, which
// then name no variant; ids of the variant and its item read as null.
func (f *Fake) DeleteVariant(sku string) error {
	defer f.lock()()
	v, err := f.variantBySKU(sku)
	if err != nil {
		return err
	}
	v.deleted = true
	delete(f.entities, v.gid())
	delete(f.entities, v.item.gid())
	v.product.variants = slices.DeleteFunc(v.product.variants, func(o *variant) bool { return o == v })
	f.variants = slices.DeleteFunc(f.variants, func(o *variant) bool { return o == v })
	f.itemsBySKU[sku] = slices.DeleteFunc(f.itemsBySKU[sku], func(i *item) bool { return i == v.item })
	for _, l := range v.item.levels {
		l.loc.levels = slices.DeleteFunc(l.loc.levels, func(o *level) bool { return o == l })
		delete(f.entities, l.gid())
	}
	v.product.updatedAt = f.now()
	f.emit("inventory_items/delete", v.item)
	f.emit("products/update", v.product)
	return nil
}

// RenameSKU gives a variant another SKU.
func (f *Fake) RenameSKU(from, to string) error {
	defer f.lock()()
	v, err := f.variantBySKU(from)
	if err != nil {
		return err
	}
	f.itemsBySKU[from] = slices.DeleteFunc(f.itemsBySKU[from], func(i *item) bool { return i == v.item })
	v.item.sku = to
	f.itemsBySKU[to] = append(f.itemsBySKU[to], v.item)
	v.updatedAt, v.item.updatedAt, v.product.updatedAt = f.now(), f.now(), f.now()
	f.emit("inventory_items/update", v.item)
	f.emit("products/update", v.product)
	return nil
}

// variantBySKU finds the one variant with a SKU, or by its id.
func (f *Fake) variantBySKU(ref string) (*variant, error) {
	if v, ok := find[*variant](f, ref); ok {
		return v, nil
	}
	switch its := f.itemsBySKU[ref]; len(its) {
	case 0:
		if v, ok := find[*variant](f, gid("ProductVariant", number(ref))); ok {
			return v, nil
		}
		return nil, fmt.Errorf("%w: SKU %q", ErrUnknown, ref)
	case 1:
		return its[0].variant, nil
	default:
		return nil, fmt.Errorf("%w: SKU %q names %d variants; use a variant's id", ErrState, ref, len(its))
	}
}
