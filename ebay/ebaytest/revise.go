package ebaytest

import (
	"time"
)

// maxNodes is how many nodes one ReviseInventoryStatus takes, by error 21916254.
const maxNodes = 4

// tooManyRevisions is the code of a refusal that is not documented.
const tooManyRevisions = 21919165

// revision is one node of a ReviseInventoryStatus.
type revision struct {
	u        *unit
	quantity int64
	price    amount
	priced   bool
	counted  bool // it has a quantity
	same     bool // it changes nothing
	counts   bool // it is one of the day's revisions
}

// reviseStatus sets quantities of Trading-born listings. The quantity is what is
// available, sold units not counted.
func (f *Fake) reviseStatus(c *call, root *node) result {
	l := f.reviseLimit()
	if !f.quota.take(f.sellerKey(c, opRevise), l, 1, c.now) {
		f.throttles[c.op]++
		return failed(wrongWith(518, "Call usage limit has been reached.", "Your application has exceeded usage limit on this call."))
	}
	return f.reviseNodes(Write{Op: opRevise}, root, c.now)
}

// reviseNodes carries out a ReviseInventoryStatus, of a call or of a feed: as a
// whole, or not at all where a node is wrong.
func (f *Fake) reviseNodes(w Write, root *node, now time.Time) result {
	nodes := root.all("InventoryStatus")
	switch {
	case f.suspended:
		return suspendedUser()
	case len(nodes) == 0:
		return failed(invalidTag("InventoryStatus"))
	case len(nodes) > maxNodes:
		return failed(wrongWith(21916254, "Too many InventoryStatus nodes.", "The maximum number of InventoryStatus nodes in a request is 4."))
	}
	var out result
	var good []revision
	seen := map[*unit]bool{}
	for _, n := range nodes {
		r, wrong := f.readRevision(n)
		if wrong == nil && seen[r.u] {
			wrong = &tradingError{code: 37, short: "Input data is invalid.", long: "An InventoryStatus is given twice.", params: []string{n.value("ItemID")}}
		}
		r.counts = !r.same || f.cfg.Believed.NoChangeCounts
		if wrong == nil && r.counts && !f.mayRevise(r.u.l, now) {
			e := wrongWith(tooManyRevisions, "Too many revisions.", "You have exceeded the number of revisions of a listing on one day.", r.u.l.id)
			wrong = &e
		}
		if wrong != nil {
			out.wrong = append(out.wrong, *wrong)
			continue
		}
		seen[r.u] = true
		good = append(good, r)
	}
	if len(out.wrong) > 0 && (!f.cfg.Believed.PartlyApplied || len(good) == 0) {
		return out
	}
	out.partly = len(out.wrong) > 0
	revised := map[*listing]bool{} // a call is one revision of each listing in it
	for i := range good {
		if l := good[i].u.l; good[i].counts && !revised[l] {
			revised[l] = f.revise(l, now)
		}
		out.wrong = append(out.wrong, f.apply(&good[i], w, now)...)
		u := good[i].u
		n := el("InventoryStatus", leaf("ItemID", u.l.id))
		if u.sku != "" {
			n.add(leaf("SKU", u.sku))
		}
		out.kids = append(out.kids, n.add(price("StartPrice", u.price, u.l.m.currency), count("Quantity", good[i].quantity)))
	}
	return out
}

// readRevision judges a node.
func (f *Fake) readRevision(n *node) (r revision, wrong *tradingError) {
	refuse := func(e tradingError) (revision, *tradingError) { return r, &e }
	id, sku := n.value("ItemID"), n.value("SKU")
	for _, name := range []string{"Quantity", "StartPrice", "MarketplaceID"} {
		n.all(name)
	}
	u, l, e := f.tradingUnit(id, sku)
	if e != nil {
		return r, e
	}
	r.u = u
	var good bool
	if r.quantity, good = n.number("Quantity", u.left); !good || r.quantity < 0 {
		return refuse(wrongWith(515, "The quantity must be a valid number greater than 0.", "The quantity must be a valid number greater than 0.", id))
	}
	if !n.has("Quantity") && !n.has("StartPrice") {
		return refuse(invalidTag("Quantity"))
	}
	if r.price = u.price; n.has("StartPrice") {
		var err error
		if r.price, err = parseAmount(n.value("StartPrice")); err != nil || r.price <= 0 {
			return refuse(wrongWith(73, "Invalid price.", "The start price is invalid.", id))
		}
	}
	r.priced, r.counted = n.has("StartPrice"), n.has("Quantity")
	r.same = r.price == u.price && r.quantity == u.left
	switch {
	case f.rejectWrites != nil && f.rejectWrites(u.sku):
		return refuse(wrongWith(21919303, "The item specific Brand is missing.", "The item specific Brand is missing. Add Brand to this listing, enter a valid value, and then try again.", id))
	case l.onHold:
		return refuse(wrongWith(240, "The item cannot be listed or modified.", "The listing is on hold due to a policy violation.", id))
	case l.frozen != "":
		return refuse(wrongWith(240, "The item cannot be listed or modified.", l.frozen, id))
	}
	return r, nil
}

// tradingUnit finds what a Trading call names by ItemID and SKU, or by one of
// them.
func (f *Fake) tradingUnit(id, sku string) (*unit, *listing, *tradingError) {
	refuse := func(code int, short, long string) *tradingError {
		e := wrongWith(code, short, long, id)
		return &e
	}
	mismatch := refuse(21916799, "SKU Mismatch.", "The SKU "+sku+" in the request does not match that of the listing.")
	if id == "" {
		units := f.catalog.units[sku]
		if sku == "" || len(units) != 1 {
			return nil, nil, mismatch
		}
		id = units[0].l.id
	}
	l := f.catalog.byID[id]
	switch {
	case l == nil:
		return nil, nil, refuse(17, "Item cannot be accessed.", "This item cannot be accessed because the listing has been deleted or you are not the seller.")
	case l.ended:
		return nil, nil, refuse(291, "Auction ended.", "You are not allowed to revise ended listings.")
	case !l.trading:
		return nil, nil, refuse(21919474, "Inventory-based listing.", "Inventory-based listing management is not currently supported by this tool. Please refer to the tool used to create this listing.")
	}
	u := l.unit(sku)
	if u == nil {
		return nil, nil, mismatch
	}
	return u, l, nil
}

// apply carries a judged node out and returns its warnings.
func (f *Fake) apply(r *revision, w Write, now time.Time) []tradingError {
	var warnings []tradingError
	warn := func(code int, short, long string) {
		warnings = append(warnings, tradingError{code: code, short: short, long: long, params: []string{r.u.l.id}, warning: true})
	}
	if r.same {
		warn(21917091, "Requested revision is redundant.", "The requested Quantity or StartPrice is what the listing has already.")
	}
	if r.priced {
		r.u.price = r.price
	}
	if !r.counted {
		return warnings
	}
	u, n := r.u, r.quantity
	if n == 0 && f.cfg.Stock.EndAtZero && u.l.variations {
		warn(21916620, "Variations with quantity '0' will be removed.", "Variations with quantity '0' will be removed.")
	}
	w.ListingID, w.SKU, w.Quantity = u.l.id, u.sku, n
	f.accept(w, u, now, func() {
		u.left = n
		f.zero(u)
	})
	return warnings
}
