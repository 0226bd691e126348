package ebaytest

import (
	"fmt"
	"slices"
	"time"
)

// shown is the quantity buyers are shown.
func (u *unit) shown() int64 {
	switch {
	case u.gone || u.l.ended || u.l.onHold:
		return 0
	case u.offer != nil:
		return max(min(u.offer.item.quantity-u.offer.item.auction, u.offer.quantity), 0)
	default:
		return u.left
	}
}

// move changes what is left of a unit by n, which is no write: units were sold
// or came back.
func (u *unit) move(n int64) {
	u.sold -= n
	if u.offer == nil {
		u.left = max(u.left+n, 0)
		return
	}
	u.offer.quantity = max(u.offer.quantity+n, 0)
	u.offer.item.quantity = max(u.offer.item.quantity+n, 0)
}

// zero lets a unit at quantity 0 become what the seller's preference makes of
// it.
func (f *Fake) zero(u *unit) {
	switch {
	case u.gone || u.l.ended || u.l.onHold || u.shown() > 0:
	case u.offer != nil && f.cfg.Believed.ZeroOffersEnd, u.offer == nil && f.cfg.Stock.EndAtZero:
		if u.l.variations {
			f.dropUnit(u)
			return
		}
		f.end(u.l)
	}
}

// findUnit returns what of a listing has a SKU; listing "" is the first that
// has it, and of a listing without variations the SKU may be "".
func (f *Fake) findUnit(listingID, sku string) (*unit, error) {
	if listingID == "" {
		if units := f.catalog.units[sku]; len(units) > 0 && sku != "" {
			return units[0], nil
		}
		return nil, fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	}
	l := f.catalog.byID[listingID]
	if l == nil {
		return nil, fmt.Errorf("%w: listing %s", ErrNotFound, listingID)
	}
	if u := l.unit(sku); u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("%w: SKU %q of listing %s", ErrNotFound, sku, listingID)
}

// unit returns what of a listing has a SKU.
func (l *listing) unit(sku string) *unit {
	for _, u := range l.units {
		if !u.gone && (u.sku == sku || sku == "" && !l.variations) {
			return u
		}
	}
	return nil
}

// SetOnHand counts a SKU, as an edit in Seller Hub does, at once: of an
// inventory item both its quantity and that of each offer, of Trading-born
// listings what is available of it. Seller Hub keeps a listing at 0 that a
// Trading call would end.
func (f *Fake) SetOnHand(sku string, onHand int64) error {
	f.lock()
	defer f.mu.Unlock()
	it, units := f.catalog.bySKU[sku], f.catalog.units[sku]
	switch {
	case it == nil && len(units) == 0 || sku == "":
		return fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	case onHand < 0:
		return fmt.Errorf("%w: quantity %d", ErrInvalid, onHand)
	}
	if it != nil {
		it.quantity = onHand
		for _, o := range it.offers {
			o.quantity = onHand
		}
	}
	for _, u := range units {
		if u.offer == nil {
			u.left = onHand
		}
	}
	return nil
}

// Quantity is the stock of what a buyer can choose.
type Quantity struct {
	Unit
	Available     int64 // what buyers are shown
	ItemQuantity  int64 // of the inventory item; 0 of a Trading-born listing
	OfferQuantity int64 // of the offer
	Sold          int64
	Pending       int // writes accepted and not yet effective; those of a feed that has not ended are none
}

// Quantities returns the stock of everything that buyers can choose, by listing
// in the order they were made.
func (f *Fake) Quantities() []Quantity {
	f.lock()
	defer f.mu.Unlock()
	var out []Quantity
	for _, l := range f.catalog.all {
		if l.ended {
			continue
		}
		for i, p := range l.snapshot().Units {
			u := l.units[i]
			if u.gone {
				continue
			}
			q := Quantity{Unit: p, Available: u.shown(), Sold: u.sold, Pending: u.pending}
			if u.offer != nil {
				q.ItemQuantity, q.OfferQuantity = u.offer.item.quantity, u.offer.quantity
			}
			out = append(out, q)
		}
	}
	return out
}

// Available returns what buyers are shown of a SKU, the most where several
// listings carry it.
func (f *Fake) Available(sku string) (int64, error) {
	f.lock()
	defer f.mu.Unlock()
	units := f.catalog.units[sku]
	if len(units) == 0 {
		return 0, fmt.Errorf("%w: SKU %q", ErrNotFound, sku)
	}
	most := slices.MaxFunc(units, func(a, b *unit) int { return int(a.shown() - b.shown()) })
	return most.shown(), nil
}

// Shown returns what buyers are shown of a listing's SKU; of a listing without
// variations it may be "".
func (f *Fake) Shown(listingID, sku string) (int64, error) {
	f.lock()
	defer f.mu.Unlock()
	u, err := f.findUnit(listingID, sku)
	if err != nil {
		return 0, err
	}
	return u.shown(), nil
}

// Write is a quantity that was accepted, by a call or a feed.
type Write struct {
	Op        string // bulkUpdatePriceQuantity, ReviseInventoryStatus and so on
	TaskID    string // of a feed
	ListingID string // "" of an inventory item's own quantity
	OfferID   string
	SKU       string
	Quantity  int64
	Sent      time.Time // when it was accepted: answered, or its task done
	Effective time.Time // when it is the live quantity
	Dropped   bool      // it never is
}

// Writes returns the accepted quantities so far, in order.
func (f *Fake) Writes() []Write {
	f.lock()
	defer f.mu.Unlock()
	return slices.Clone(f.writes)
}

// LoseEffects makes accepted quantities of the SKUs that match be dropped; nil
// ends it.
func (f *Fake) LoseEffects(match func(sku string) bool) {
	f.lock()
	defer f.mu.Unlock()
	f.loseEffects = match
}

// RejectWrites makes every quantity for the SKUs that match be refused, as for a
// listing with missing item specifics; nil ends it.
func (f *Fake) RejectWrites(match func(sku string) bool) {
	f.lock()
	defer f.mu.Unlock()
	f.rejectWrites = match
}

// SetEffectLag changes how long an accepted quantity takes from now on to be
// the live one.
func (f *Fake) SetEffectLag(d time.Duration) {
	f.lock()
	defer f.mu.Unlock()
	f.cfg.EffectLag = max(0, d)
}

// accept records a quantity and lets set make it the live one after the lag. u
// is what of a listing it is for, nil where it is for an inventory item's.
func (f *Fake) accept(w Write, u *unit, now time.Time, set func()) {
	w.Sent, w.Effective = now, now.Add(f.cfg.EffectLag)
	w.Dropped = f.loseEffects != nil && f.loseEffects(w.SKU)
	f.writes = append(f.writes, w)
	if w.Dropped {
		return
	}
	if f.cfg.EffectLag == 0 {
		set()
		return
	}
	if u != nil {
		u.pending++
	}
	f.due.Add(w.Effective, func(time.Time) {
		if u != nil {
			u.pending--
		}
		set()
	})
}

// mayRevise reports whether the day has room for another revision of a listing.
func (f *Fake) mayRevise(l *listing, now time.Time) bool {
	if day := midnight(now); !day.Equal(l.revised) {
		l.revised, l.revisions = day, 0
	}
	return int64(l.revisions) < f.scaled(int64(f.cfg.RevisionsPerDay))
}

// revise counts a revision of a listing, or says that the day has had too many.
func (f *Fake) revise(l *listing, now time.Time) bool {
	if !f.mayRevise(l, now) {
		return false
	}
	l.revisions++
	return true
}

// UseRevisions counts n revisions of a listing today, as another program makes
// them.
func (f *Fake) UseRevisions(listingID string, n int) error {
	now := f.lock()
	defer f.mu.Unlock()
	l := f.catalog.byID[listingID]
	if l == nil {
		return fmt.Errorf("%w: listing %s", ErrNotFound, listingID)
	}
	for range n {
		if !f.revise(l, now) {
			break
		}
	}
	return nil
}
