package amazontest

import (
	"fmt"
	"time"
)

// move changes a product's quantity by n, by itself: an order was placed or
// cancelled.
func (f *Fake) move(p *product, count *int64, n int64, now time.Time) {
	*count += n
	p.modified = f.round(now)
	if count == p.live {
		f.quantityChanged(p, now)
	}
}

// set makes n the live quantity.
func (f *Fake) set(p *product, n int64, now time.Time, own bool) {
	if p.deleted || p.live == nil || *p.live == n {
		return
	}
	*p.live = n
	p.modified = f.round(now)
	if !own || !f.cfg.Believed.OwnWritesSilent {
		f.quantityChanged(p, now)
	}
}

func (f *Fake) productBySKU(sku string) (*product, error) {
	p := f.catalog.bySKU[sku]
	if p == nil {
		return nil, fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	}
	return p, nil
}

// SetOnHand counts a SKU, as an edit in Seller Central does: at once. Of goods
// that Amazon holds it is Amazon's count.
func (f *Fake) SetOnHand(sku string, onHand int64) error {
	now := f.lock()
	defer f.mu.Unlock()
	p, err := f.productBySKU(sku)
	switch {
	case err != nil:
		return err
	case onHand < 0:
		return fmt.Errorf("%w: quantity %d", ErrInvalid, onHand)
	case p.held != nil:
		*p.held = onHand
		p.modified = f.round(now)
	default:
		f.set(p, onHand, now, false)
	}
	return nil
}

// Quantity is the stock of a SKU.
type Quantity struct {
	SKU       string
	Available int64 // live
	ByAmazon  bool  // Amazon holds it
	Pending   int   // writes accepted and not yet effective; those of a feed that has not ended are none
}

// Quantities returns the stock of every listing, in the order they were added.
func (f *Fake) Quantities() []Quantity {
	f.lock()
	defer f.mu.Unlock()
	var out []Quantity
	for _, p := range f.catalog.all {
		if p.deleted {
			continue
		}
		q := Quantity{SKU: p.sku, Pending: p.pending}
		if p.held != nil {
			q.Available, q.ByAmazon = *p.held, true
		} else {
			q.Available = *p.live
		}
		out = append(out, q)
	}
	return out
}

// Available returns what buyers are shown of a SKU.
func (f *Fake) Available(sku string) (int64, error) {
	f.lock()
	defer f.mu.Unlock()
	p, err := f.productBySKU(sku)
	switch {
	case err != nil:
		return 0, err
	case p.held != nil:
		return *p.held, nil
	}
	return *p.live, nil
}
