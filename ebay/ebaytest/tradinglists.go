package ebaytest

import (
	"strings"
	"time"
)

const (
	maxEntries     = 200 // on a page of a Trading list, believed
	defaultEntries = 25
	listRange      = 120 * 24 * time.Hour // of GetSellerList
	renewal        = 30 * 24 * time.Hour  // of a listing that is good till cancelled
)

// ends returns when a listing ends: one that is good till cancelled does so, and
// begins anew, every thirty days.
func (l *listing) ends(now time.Time) time.Time {
	if l.ended {
		return l.endedAt
	}
	return l.created.Add((now.Sub(l.created)/renewal + 1) * renewal)
}

// total is the quantity as Trading tells it, which counts what is sold.
func (u *unit) total() int64 {
	if u.offer != nil {
		return max(min(u.offer.item.quantity, u.offer.quantity), 0) + u.sold
	}
	return u.left + u.sold
}

// sums are a listing's own quantities, of all its variations.
func (l *listing) sums() (total, sold int64) {
	for _, u := range l.units {
		if !u.gone {
			total += u.total()
			sold += u.sold
		}
	}
	return total, sold
}

// tradingNode tells a listing. end is the time it ends in the list it is told
// in.
func (l *listing) tradingNode(end time.Time, variations bool) *node {
	total, sold := l.sums()
	status := "Active"
	if l.ended {
		status = "Completed"
	}
	u := l.units[0]
	n := el("Item", leaf("ItemID", l.id))
	if !l.variations && u.sku != "" {
		n.add(leaf("SKU", u.sku))
	}
	n.add(
		leaf("Title", l.title), leaf("Currency", l.m.currency), leaf("Site", l.m.name), leaf("ListingType", "FixedPriceItem"), leaf("ListingDuration", "GTC"),
		el("ListingDetails", moment("StartTime", l.created), moment("EndTime", end)), count("Quantity", total),
		el("SellingStatus", price("CurrentPrice", u.price, l.m.currency), count("QuantitySold", sold), leaf("ListingStatus", status)),
	)
	if l.onHold {
		n.add(flag("HideFromSearch", true), leaf("ReasonHideFromSearch", "PolicyViolation"))
	} else if total == sold && !l.ended {
		n.add(flag("HideFromSearch", true), leaf("ReasonHideFromSearch", "OutOfStock"))
	}
	if l.variations && variations {
		vars := el("Variations")
		for _, u := range l.units {
			if !u.gone {
				vars.add(u.variationNode())
			}
		}
		n.add(vars)
	}
	return n
}

func (u *unit) variationNode() *node {
	n := el("Variation")
	if u.sku != "" {
		n.add(leaf("SKU", u.sku))
	}
	specifics := el("VariationSpecifics")
	for _, a := range u.aspects {
		specifics.add(el("NameValueList", leaf("Name", a.Name), leaf("Value", a.Value)))
	}
	return n.add(
		price("StartPrice", u.price, u.l.m.currency), count("Quantity", u.total()), specifics,
		el("SellingStatus", count("QuantitySold", u.sold)),
	)
}

func (f *Fake) tradingItem(c *call, root *node) result {
	for _, name := range []string{"IncludeItemSpecifics", "IncludeWatchCount", "VariationSKU", "SKU"} {
		root.all(name)
	}
	l := f.catalog.byID[root.value("ItemID")]
	if l == nil {
		return failed(wrongWith(17, "Item cannot be accessed.", "This item cannot be accessed because the listing has been deleted or you are not the seller.", root.value("ItemID")))
	}
	return result{kids: []*node{l.tradingNode(l.ends(c.now), true)}}
}

// entries reads a Pagination.
func entries(n *node) (size, page int, wrong *tradingError) {
	p := n.one("Pagination")
	s, goodSize := p.number("EntriesPerPage", defaultEntries)
	k, goodPage := p.number("PageNumber", 1)
	if !goodSize || !goodPage || s < 1 || s > maxEntries || k < 1 || k > 1<<30 {
		e := invalidTag("Pagination")
		return 0, 0, &e
	}
	return int(s), int(k), nil
}

func pages(n, size int) int { return (n + size - 1) / size }

func paging(n, size int) *node {
	return el("PaginationResult", count("TotalNumberOfPages", int64(pages(n, size))), count("TotalNumberOfEntries", int64(n)))
}

// beyond refuses a page after the last.
func beyond(n, size, page int) *tradingError {
	if page == 1 || page <= pages(n, size) {
		return nil
	}
	e := wrongWith(340, "Page number is out of range.", "The requested page number is higher than the number of pages.")
	return &e
}

// mySelling lists the active listings, of both worlds.
func (f *Fake) mySelling(c *call, root *node) result {
	list := root.one("ActiveList")
	list.all("Sort")
	root.all("HideVariations")
	size, page, wrong := entries(list)
	if wrong != nil {
		return failed(*wrong)
	}
	if root.has("ActiveList") && !list.isTrue("Include") && list.has("Include") {
		return result{}
	}
	var active []*listing
	for _, l := range f.catalog.all {
		if !l.ended {
			active = append(active, l)
		}
	}
	if wrong := beyond(len(active), size, page); wrong != nil {
		return failed(*wrong)
	}
	items := el("ItemArray")
	for _, l := range slice(active, size, page-1) {
		n := l.tradingNode(l.ends(c.now), !root.isTrue("HideVariations"))
		total, sold := l.sums()
		items.add(n.add(count("QuantityAvailable", total-sold)))
	}
	return result{kids: []*node{el("ActiveList", items, paging(len(active), size))}}
}

// sellerList lists the listings that began or ended in a range of times: one
// that renews itself, once for each time it ends in the range.
func (f *Fake) sellerList(c *call, root *node) result {
	for _, name := range []string{"GranularityLevel", "IncludeVariations", "IncludeWatchCount", "Sort", "UserID"} {
		root.all(name)
	}
	kind := "Start"
	if root.has("EndTimeFrom") || root.has("EndTimeTo") {
		kind = "End"
	}
	from, goodFrom := readStamp(root.value(kind + "TimeFrom"))
	to, goodTo := readStamp(root.value(kind + "TimeTo"))
	switch {
	case !goodFrom || !goodTo || to.Before(from):
		return failed(invalidTag(kind + "TimeFrom"))
	case to.Sub(from) > listRange:
		return failed(wrongWith(21, "Invalid date range.", "The range of dates must not be longer than 120 days."))
	case !root.has("Pagination"):
		return failed(invalidTag("Pagination"))
	}
	size, page, wrong := entries(root)
	if wrong != nil {
		return failed(*wrong)
	}
	type row struct {
		l  *listing
		at time.Time
	}
	var rows []row
	for _, l := range f.catalog.all {
		if kind == "Start" {
			if !l.created.Before(from) && !l.created.After(to) {
				rows = append(rows, row{l, l.ends(c.now)})
			}
			continue
		}
		for at := l.ends(c.now); !at.After(to); at = at.Add(renewal) {
			if !at.Before(from) {
				rows = append(rows, row{l, at})
			}
			if l.ended {
				break
			}
		}
	}
	if wrong := beyond(len(rows), size, page); wrong != nil {
		return failed(*wrong)
	}
	on := slice(rows, size, page-1)
	items := el("ItemArray")
	whole := strings.TrimSpace(root.value("IncludeVariations")) == "true"
	for _, r := range on {
		items.add(r.l.tradingNode(r.at, whole))
	}
	return result{kids: []*node{
		paging(len(rows), size), flag("HasMoreItems", page < pages(len(rows), size)), items, count("ItemsPerPage", int64(size)),
		count("PageNumber", int64(page)), count("ReturnedItemCountActual", int64(len(on))),
	}}
}
