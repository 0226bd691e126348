package sync

import (
	"context"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// stockChanges moves the arithmetic of the listings whose lines changed. It
// runs inside the transaction that stores the change, since what it is told
// carries no key: each unit is told once.
func (e *Engine) stockChanges(ctx context.Context, tx Tx, b *bound, changes []lineChange) error {
	sold, err := e.whatSold(ctx, tx, b, changes)
	if err != nil {
		return err
	}
	now := time.Now()
	touched := map[string]bool{}
	moved := map[string]int64{} // units of an item that A loses
	urgent := false
	used := map[*level]bool{}
	for i := range changes {
		c := &changes[i]
		before, after := sold.of(c.Before.Listing, c.Before.SKU), sold.of(c.After.Listing, c.After.SKU)
		moved[before.item] -= (c.Before.Open + c.Before.Shipped) * before.units
		moved[after.item] += (c.After.Open + c.After.Shipped) * after.units
		l := sold.levels[after.listing]
		if l == nil || c.Elsewhere || (c.Location != "" && c.Location != l.Location) {
			continue
		}
		if events := eventsOf(b, c); len(events) > 0 {
			rules := l.rules
			if c.FirstSeen && !c.SoldExact || !c.FirstSeen && c.Sold > 0 {
				rules.ExactTimes = false // some time before
			}
			l.apply(rules, events...)
			l.DueAt = dueBy(l.DueAt, now)
			used[l] = true
			urgent = urgent || (c.Sold > 0 && l.Wanted-c.Sold <= scarce)
		}
		if c.Shipped > 0 {
			l.doc.Shipped = l.doc.Shipped.add(b.localTime(c.ShippedAt), c.Shipped, now)
			used[l] = true
		}
	}
	for item, n := range moved {
		if n != 0 {
			touched[item] = true
		}
	}
	levels := make([]*level, 0, len(used))
	for l := range used {
		levels = append(levels, l)
	}
	slices.SortFunc(levels, func(a, b *level) int { return compareKeys(a.LevelKey, b.LevelKey) })
	if len(levels) > 0 {
		b.side.changed.Store(true)
	}
	return e.storeLevels(ctx, tx, b, levels, touched, urgent)
}

// eventsOf is what a change tells the arithmetic of its listing.
func eventsOf(b *bound, c *lineChange) []stock.Event {
	var events []stock.Event
	if c.Sold > 0 {
		f := stock.Fall{Units: c.Sold, At: c.SoldAt}
		if !b.traits.ExactTimes {
			f.At = later(f.At, c.UpdatedAt) // some time before this was told, placed and paid
			if b.traits.PlacedFirst && c.SoldExact {
				f.After = c.SoldAt
			}
		}
		events = append(events, f)
	}
	if c.Shipped > 0 {
		events = append(events, stock.Fall{Units: c.Shipped, At: c.ShippedAt, Shipment: true})
	}
	if c.Restocked > 0 {
		events = append(events, stock.Rise{Units: c.Restocked, At: c.RestockedAt, Certain: true})
	}
	if c.Loose > 0 {
		events = append(events, stock.Rise{Units: c.Loose, At: c.RestockedAt})
	} else if c.Gone && c.Restocked == 0 && c.Before.Open > 0 {
		// An order deleted there: whether its units went back is anybody's guess.
		events = append(events, stock.Rise{Units: c.Before.Open, At: b.stockNow()})
	}
	return events
}

// soldAs is what a line was sold as.
type soldAs struct {
	listing channel.ListingID
	item    string // "" while nothing links it
	units   int64
}

// sales tells of the lines of an import what they were sold as.
type sales struct {
	links  map[channel.ListingID]LinkRow
	bySKU  map[string]soldAs // of lines that name no listing
	levels map[channel.ListingID]*level
}

func (s *sales) of(listing channel.ListingID, sku string) soldAs {
	if listing == "" {
		return s.bySKU[sku]
	}
	l := s.links[listing]
	return soldAs{listing, l.Item, max(1, l.Units)}
}

// whatSold reads the links and levels of the listings that changed.
func (e *Engine) whatSold(ctx context.Context, tx Tx, b *bound, changes []lineChange) (*sales, error) {
	s := &sales{links: map[channel.ListingID]LinkRow{}, levels: map[channel.ListingID]*level{}}
	var ids []channel.ListingID
	var skus []string
	for i := range changes {
		for _, d := range []*DemandRow{&changes[i].Before, &changes[i].After} {
			switch {
			case d.Listing != "":
				ids = append(ids, d.Listing)
			case d.SKU != "":
				skus = append(skus, d.SKU)
			}
		}
	}
	if len(skus) > 0 {
		found, err := e.soldBySKU(ctx, tx, b, skus)
		if err != nil {
			return nil, err
		}
		s.bySKU = found
		for _, as := range found {
			if as.listing != "" {
				ids = append(ids, as.listing)
			}
		}
	}
	if len(ids) == 0 {
		return s, nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	links, err := tx.Links(ctx, b.id, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		s.links[l.Listing] = l
	}
	if len(links) < len(ids) {
		// Something was sold that is linked to nothing: perhaps nobody has read
		// its listing yet.
		known, err := tx.Listings(ctx, b.id, ids)
		if err != nil {
			return nil, err
		}
		if len(known) < len(ids) {
			b.side.listings.Store(true)
		}
	}
	loc, why := e.stockLocation(b)
	if why != "" || len(links) == 0 {
		return s, nil
	}
	keys := make([]LevelKey, 0, len(links))
	for _, l := range links {
		keys = append(keys, LevelKey{b.id, l.Listing, loc})
	}
	rows, err := tx.Levels(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		s.levels[r.Listing] = e.openLevel(r)
	}
	return s, nil
}

// soldBySKU finds what lines that name a SKU and no listing were sold as: the
// one listing that carries it, or the item of that name. Their totals are
// linked as they are found.
func (e *Engine) soldBySKU(ctx context.Context, tx Tx, b *bound, skus []string) (map[string]soldAs, error) {
	slices.Sort(skus)
	skus = slices.Compact(skus)
	found := map[string]soldAs{}
	listings, err := tx.ListingsBySKU(ctx, b.id, skus)
	if err != nil {
		return nil, err
	}
	items, err := tx.Items(ctx, b.account, skus)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		found[i.SKU] = soldAs{item: i.SKU, units: 1}
	}
	for _, sku := range skus {
		var here []ListingRow
		for _, l := range listings {
			if l.SKU == sku && !l.Gone {
				here = append(here, l)
			}
		}
		if len(here) != 1 {
			continue
		}
		links, err := tx.Links(ctx, b.id, []channel.ListingID{here[0].ID})
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			found[sku] = soldAs{l.Listing, l.Item, max(1, l.Units)}
		}
	}
	for sku, as := range found {
		if err := tx.LinkTotals(ctx, b.id, "", sku, b.account, as.item, as.units); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// stockThrough tells the arithmetic that every order up to through is stored.
func (e *Engine) stockThrough(ctx context.Context, tx Tx, b *bound, through time.Time) error {
	b.side.imported.Store(b.stockNow().UnixNano())
	rows, err := tx.BusyLevels(ctx, b.id)
	if err != nil || len(rows) == 0 {
		return err
	}
	unread, err := e.unread(ctx, tx, b)
	if err != nil {
		return err
	}
	now := time.Now()
	levels := make([]*level, 0, len(rows))
	for _, r := range rows {
		l := e.openLevel(r)
		l.apply(l.rules, stock.Through{At: through, Unread: unread})
		s := &l.doc.State
		waits := l.doc.Adopt || (l.Shown != nil && l.Wanted > *l.Shown) ||
			(l.rules.Low > 0 && l.Shown != nil && min(l.Wanted, *l.Shown) <= l.rules.Low)
		if waits || len(l.drift) > 0 || len(s.U)+len(s.R) == 0 {
			l.DueAt = dueBy(l.DueAt, now)
			b.side.changed.Store(true)
		}
		levels = append(levels, l)
	}
	return e.storeLevels(ctx, tx, b, levels, nil, false)
}

// unreadMost is how many orders that cannot be read are looked at for when the
// last of them was told; of more the last is taken to be told now.
const unreadMost = 100

// unread returns when a channel last told an order that cannot be read and that
// nobody has dismissed, by the marketplace's clock; zero is never.
func (e *Engine) unread(ctx context.Context, tx Tx, b *bound) (time.Time, error) {
	rows, err := tx.Parked(ctx, ParkedFilter{Channel: b.id, Kind: parkedOrder, Limit: unreadMost})
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for _, r := range rows {
		if len(r.Raw) > 0 { // without a record, it is a stored order that is gone or that a subscriber fails on
			last = later(last, b.serverTime(r.At))
		}
	}
	if len(rows) == unreadMost {
		last = b.serverTime(time.Now())
	}
	return last, nil
}
