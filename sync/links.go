package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Sources of a link.
const (
	linkSKU    = "sku"
	linkSeller = "seller"
)

// Link is a listing tied to an item.
type Link struct {
	Channel channel.ID
	Listing channel.ListingID
	SKU     string // the listing's, as last read
	Title   string
	Account AccountID
	Item    string // the item's SKU
	Units   int64  // of the item a sale takes
	ByHand  bool   // by Link; otherwise because the SKUs are the same
	At      time.Time
}

// Link ties a listing to an item of its channel's account, whatever its SKU;
// one sale of the listing takes so many units of the item. An item that does
// not exist is made, without a counted quantity. What the listing sold and is
// not yet shipped moves to the item with it.
//
// What was sold and shipped before the item was last counted stays out of the
// item's quantity; when in doubt, count the item after linking.
func (e *Engine) Link(ctx context.Context, id channel.ID, listing channel.ListingID, sku string, units int64) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("sync: link %s/%s: "+format+": %w", append(append([]any{id, listing}, args...), channel.ErrInvalid)...)
	}
	b, err := e.find(id)
	if err != nil {
		return err
	}
	sku = strings.TrimSpace(sku)
	switch {
	case sku == "":
		return bad("the item's SKU is empty")
	case units < 1 || units > 1_000_000:
		return bad("units is %d: a sale takes at least 1", units)
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, false, id); err != nil {
			return err
		}
		rows, err := tx.Listings(ctx, id, []channel.ListingID{listing})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("sync: link: channel %q has no listing %q that was read: %w: listings are read at start and every %s; check the id",
				id, listing, channel.ErrNotFound, listingsEvery)
		}
		items, err := tx.Items(ctx, b.account, []string{sku})
		if err != nil {
			return err
		}
		if len(items) == 0 {
			items = []ItemRow{{Account: b.account, SKU: sku}}
			if err := tx.PutItems(ctx, items); err != nil {
				return err
			}
		}
		return e.linkTo(ctx, tx, b, LinkRow{
			Channel: id, Listing: listing, Account: b.account, Item: sku, Units: units, Source: linkSeller, At: now,
		}, now)
	})
}

// Unlink takes a listing's tie to its item away. What it sold no longer takes
// from the item, and its quantity is no longer kept; it is not linked again by
// its SKU until [Engine.Link].
func (e *Engine) Unlink(ctx context.Context, id channel.ID, listing channel.ListingID) error {
	b, err := e.find(id)
	if err != nil {
		return err
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, false, id); err != nil {
			return err
		}
		return e.linkTo(ctx, tx, b, LinkRow{Channel: id, Listing: listing, Account: b.account, Units: 1, Source: linkSeller, At: now}, now)
	})
}

// Links returns the links of a channel, by listing.
func (e *Engine) Links(ctx context.Context, id channel.ID) ([]Link, error) {
	if _, err := e.find(id); err != nil {
		return nil, err
	}
	var out []Link
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		rows, err := tx.Links(ctx, id, nil)
		if err != nil {
			return err
		}
		all, err := tx.Listings(ctx, id, nil)
		if err != nil {
			return err
		}
		known := map[channel.ListingID]*listing{}
		for _, l := range all {
			known[l.ID] = openListing(l)
		}
		for _, r := range rows {
			if r.Item == "" {
				continue
			}
			link := Link{
				Channel: r.Channel, Listing: r.Listing, Account: r.Account, Item: r.Item, Units: r.Units, ByHand: r.Source == linkSeller, At: r.At,
			}
			if l := known[r.Listing]; l != nil {
				link.SKU, link.Title = l.SKU, l.doc.Title
			}
			out = append(out, link)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Link) int { return cmp.Compare(a.Listing, b.Listing) })
	return out, err
}

// linkTo ties a listing to an item, or with no item to none, and moves its
// demand, its level and what they hold.
func (e *Engine) linkTo(ctx context.Context, tx Tx, b *bound, link LinkRow, now time.Time) error {
	old, err := tx.Links(ctx, b.id, []channel.ListingID{link.Listing})
	if err != nil {
		return err
	}
	touched := map[string]bool{}
	var was LinkRow
	if len(old) > 0 {
		was = old[0]
		if was.Item == link.Item && was.Units == link.Units && was.Source == link.Source {
			return nil
		}
		touched[was.Item] = true
	}
	touched[link.Item] = true
	if err := e.moveTotals(ctx, tx, b, was, link, func() error {
		return tx.LinkTotals(ctx, b.id, link.Listing, "", link.Account, link.Item, link.Units)
	}, func(t TotalRow) bool { return t.Channel == b.id && t.Listing == link.Listing }); err != nil {
		return err
	}
	if err := tx.PutLinks(ctx, []LinkRow{link}); err != nil {
		return err
	}
	loc, why := e.stockLocation(b)
	if why != "" {
		// Another process may have read the account since.
		rows, err := tx.Channels(ctx, b.id)
		if err != nil {
			return err
		}
		for _, r := range rows {
			notes := decodeNotes(r.Doc)
			b.notes.Store(&notes)
		}
		loc, why = e.stockLocation(b)
	}
	if why == "" { // else the level is made when the location is known
		if err := e.linkLevel(ctx, tx, b, link, loc, now); err != nil {
			return err
		}
	}
	return e.touch(ctx, tx, b, touched, now, false)
}

// linkLevel makes or changes the level of a link.
func (e *Engine) linkLevel(ctx context.Context, tx Tx, b *bound, link LinkRow, loc channel.LocationID, now time.Time) error {
	key := LevelKey{b.id, link.Listing, loc}
	if link.Item == "" {
		return tx.DeleteLevels(ctx, []LevelKey{key})
	}
	rows, err := tx.Levels(ctx, []LevelKey{key})
	if err != nil {
		return err
	}
	row := LevelRow{LevelKey: key}
	if len(rows) > 0 {
		row = rows[0]
	}
	row.Account, row.Item, row.Units = link.Account, link.Item, link.Units
	row.Released, row.DueAt = false, now // its quantity for this item is a first push
	return tx.PutLevels(ctx, []LevelRow{row})
}

// moveTotals changes which item totals count for and keeps what was shipped
// before an item's count out of its quantity: the count saw those units gone.
func (e *Engine) moveTotals(ctx context.Context, tx Tx, b *bound, from, to LinkRow, move func() error, moved func(TotalRow) bool) error {
	var items []string
	for _, item := range []string{from.Item, to.Item} {
		if item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	read := func() (map[string][]TotalRow, error) {
		out := map[string][]TotalRow{}
		if len(items) == 0 {
			return out, nil
		}
		rows, err := tx.ItemTotals(ctx, b.account, items)
		for _, t := range rows {
			if moved(t) {
				out[t.Item] = append(out[t.Item], t)
			}
		}
		return out, err
	}
	before, err := read()
	if err != nil {
		return err
	}
	if err := move(); err != nil {
		return err
	}
	after, err := read()
	if err != nil || len(items) == 0 {
		return err
	}
	rows, err := tx.Items(ctx, b.account, items)
	if err != nil {
		return err
	}
	var changed []ItemRow
	for _, item := range rows {
		shift := int64(0) // of Base, so that what was shipped before the count makes no difference
		old := func(t TotalRow) bool {
			return item.CountedAt.IsZero() || !t.OldestAt.After(b.serverTime(item.CountedAt))
		}
		for _, t := range before[item.SKU] {
			if old(t) {
				shift -= t.Shipped * max(1, t.Units)
			}
		}
		for _, t := range after[item.SKU] {
			if old(t) {
				shift += t.Shipped * max(1, t.Units)
			}
		}
		if shift != 0 {
			item.Base += shift
			changed = append(changed, item)
		}
	}
	return tx.PutItems(ctx, changed)
}

// linkBySKU links listings to items of the same SKU: the same bytes once
// trimmed, one listing of it on the channel, and never against a person's word.
func (e *Engine) linkBySKU(ctx context.Context, tx Tx, b *bound, rows []ListingRow, now time.Time) error {
	var skus []string
	var ids []channel.ListingID
	for _, r := range rows {
		ids = append(ids, r.ID)
		if r.SKU != "" {
			skus = append(skus, r.SKU)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(skus)
	skus = slices.Compact(skus)
	links, err := tx.Links(ctx, b.id, ids)
	if err != nil {
		return err
	}
	had := map[channel.ListingID]LinkRow{}
	for _, l := range links {
		had[l.Listing] = l
	}
	items := map[string]bool{}
	count := map[string]int{}
	if len(skus) > 0 {
		found, err := tx.Items(ctx, b.account, skus)
		if err != nil {
			return err
		}
		for _, i := range found {
			items[i.SKU] = true
		}
		same, err := tx.ListingsBySKU(ctx, b.id, skus)
		if err != nil {
			return err
		}
		for _, l := range same {
			if !l.Gone {
				count[l.SKU]++
			}
		}
	}
	for _, r := range rows {
		link, linked := had[r.ID]
		switch {
		case linked && link.Source == linkSeller:
		case linked && link.Item == r.SKU:
		case items[r.SKU] && count[r.SKU] == 1:
			err = e.linkTo(ctx, tx, b, LinkRow{
				Channel: b.id, Listing: r.ID, Account: b.account, Item: r.SKU, Units: 1, Source: linkSKU, At: now,
			}, now)
		case linked && link.Item != "":
			// It carries another SKU now, of which there is no item.
			e.log.Warn("a listing changed its SKU and is linked to nothing now", "channel", b.id, "listing", r.ID, "was", link.Item)
			err = e.linkTo(ctx, tx, b, LinkRow{Channel: b.id, Listing: r.ID, Account: b.account, Units: 1, Source: linkSKU, At: now}, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linkAll links every listing of a channel that can be.
func (e *Engine) linkAll(ctx context.Context, tx Tx, b *bound, now time.Time) error {
	rows, err := tx.Listings(ctx, b.id, nil)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r ListingRow) bool { return r.Gone || r.SKU == "" })
	for chunk := range slices.Chunk(rows, 1000) {
		if err := e.linkBySKU(ctx, tx, b, chunk, now); err != nil {
			return err
		}
	}
	return nil
}

// linkItem links an item to the listings that carry its SKU, one on each
// channel of the account at most, and takes over demand that named the SKU
// and no listing. A channel whose listings are not read yet links at the end
// of that walk.
func (e *Engine) linkItem(ctx context.Context, tx Tx, account AccountID, sku string, now time.Time) error {
	for _, b := range e.channelsOf(account) {
		rows, err := tx.ListingsBySKU(ctx, b.id, []string{sku})
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r ListingRow) bool { return r.Gone })
		if len(rows) == 1 {
			if err := tx.Wake(ctx, now, false, b.id); err != nil {
				return err
			}
			if err := e.linkBySKU(ctx, tx, b, rows, now); err != nil {
				return err
			}
		}
		to := LinkRow{Item: sku, Units: 1}
		if err := e.moveTotals(ctx, tx, b, LinkRow{}, to, func() error {
			return tx.LinkTotals(ctx, b.id, "", sku, account, sku, 1)
		}, func(t TotalRow) bool { return t.Channel == b.id && t.Listing == "" && t.SKU == sku }); err != nil {
			return err
		}
	}
	return nil
}

// Suggestion is a listing that is linked to nothing, and what could be done.
type Suggestion struct {
	Channel channel.ID
	Listing channel.ListingID
	SKU     string
	Title   string
	Item    string // what it could be linked to, "" when nothing offers itself
	Why     string
}

// Suggestions returns the listings of an account's channels that are linked to
// nothing and what each could be linked to. Nothing is linked by it: a match by
// case alone, or one of several, is for a person to take.
func (e *Engine) Suggestions(ctx context.Context, account AccountID) ([]Suggestion, error) {
	var out []Suggestion
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		items, err := tx.Items(ctx, account, nil)
		if err != nil {
			return err
		}
		exact, folded := map[string]bool{}, map[string][]string{}
		for _, i := range items {
			exact[i.SKU] = true
			f := strings.ToLower(i.SKU)
			folded[f] = append(folded[f], i.SKU)
		}
		for _, b := range e.channelsOf(account) {
			found, err := e.suggest(ctx, tx, b, exact, folded)
			if err != nil {
				return err
			}
			out = append(out, found...)
		}
		return nil
	})
	return out, err
}

func (e *Engine) suggest(ctx context.Context, tx Tx, b *bound, exact map[string]bool, folded map[string][]string) ([]Suggestion, error) {
	links, err := tx.Links(ctx, b.id, nil)
	if err != nil {
		return nil, err
	}
	linked := map[channel.ListingID]bool{}
	for _, l := range links {
		linked[l.Listing] = l.Item != ""
	}
	rows, err := tx.Listings(ctx, b.id, nil)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, r := range rows {
		if !r.Gone {
			count[r.SKU]++
		}
	}
	var out []Suggestion
	for _, r := range rows {
		if r.Gone || linked[r.ID] {
			continue
		}
		s := Suggestion{Channel: b.id, Listing: r.ID, SKU: r.SKU, Title: openListing(r).doc.Title}
		near := folded[strings.ToLower(r.SKU)]
		switch {
		case r.SKU == "":
			s.Why = "it carries no SKU: link it by hand, or give it one on the marketplace"
		case count[r.SKU] > 1:
			s.Why = fmt.Sprintf("%d listings of the channel carry this SKU: link each by hand, or tell them apart on the marketplace", count[r.SKU])
			if exact[r.SKU] {
				s.Item = r.SKU
			}
		case exact[r.SKU]:
			s.Item, s.Why = r.SKU, "it was unlinked by hand"
		case len(near) == 1:
			s.Item, s.Why = near[0], "the SKUs differ in upper and lower case only"
		case len(near) > 1:
			s.Why = fmt.Sprintf("several items differ from its SKU in case only: %q", near)
		default:
			s.Why = "there is no item with its SKU: count one, adopt it, or link it to another"
		}
		out = append(out, s)
	}
	return out, nil
}

// refit brings the levels of a channel in line with the location that is kept,
// and plans all of them anew when the rules or the policy changed. It reports
// whether the channel's stock can be kept at all.
func (e *Engine) refit(ctx context.Context, v *visit) (bool, error) {
	side := &v.b.side
	loc, why := e.stockLocation(v.b)
	if why != "" {
		if v.b.prober != nil && v.b.notes.Load().ProbedAt.IsZero() {
			return false, nil
		}
		var links []LinkRow
		err := e.view(ctx, func(tx Tx) (err error) {
			links, err = tx.Links(ctx, v.b.id, nil)
			return err
		})
		if err == nil && len(links) > 0 {
			err = &channel.Error{Channel: v.b.id, Op: "keep stock", Class: channel.ErrInvalid, Message: why}
		}
		return false, err
	}
	fit := fmt.Sprintf("%q %+v %+v %+v", loc, e.rules(v.b), e.cfg.Stock.Policy, e.cfg.Stock.PolicyFor[v.b.id])
	if was := side.fitted.Load(); was != nil && *was == fit {
		return true, nil
	}
	row := v.rows[LaneStock]
	fit64 := hash(fit)
	if string(row.State) == fit64 {
		side.fitted.Store(&fit)
		return true, nil
	}
	if err := e.refitLevels(ctx, v, loc); err != nil {
		return false, err
	}
	row.State, v.dirty[LaneStock] = []byte(fit64), true
	side.fitted.Store(&fit)
	side.changed.Store(true)
	return true, v.update(ctx, func(Tx) error { return nil })
}

func (e *Engine) refitLevels(ctx context.Context, v *visit, loc channel.LocationID) error {
	var after LevelKey
	have := map[channel.ListingID]bool{}
	for {
		if err := v.renew(ctx); err != nil {
			return err
		}
		var page []LevelRow
		err := v.update(ctx, func(tx Tx) error {
			now := time.Now()
			rows, err := tx.ChannelLevels(ctx, v.b.id, after, 1000)
			if err != nil {
				return err
			}
			page = rows
			var gone []LevelKey
			var due []LevelRow
			for _, r := range rows {
				if r.Location != loc {
					gone = append(gone, r.LevelKey)
					continue
				}
				have[r.Listing] = true
				r.DueAt = dueBy(r.DueAt, now)
				due = append(due, r)
			}
			if err := tx.DeleteLevels(ctx, gone); err != nil {
				return err
			}
			return tx.PutLevels(ctx, due)
		})
		if err != nil {
			return err
		}
		if len(page) < 1000 {
			break
		}
		after = page[len(page)-1].LevelKey
	}
	return v.update(ctx, func(tx Tx) error { return e.levelLinks(ctx, tx, v.b, loc, have, time.Now()) })
}

// checkLevels makes sure that every link has its level.
func (e *Engine) checkLevels(ctx context.Context, tx Tx, b *bound, loc channel.LocationID, now time.Time) error {
	have := map[channel.ListingID]bool{}
	var after LevelKey
	for {
		rows, err := tx.ChannelLevels(ctx, b.id, after, 1000)
		if err != nil {
			return err
		}
		for _, r := range rows {
			have[r.Listing] = have[r.Listing] || r.Location == loc
		}
		if len(rows) < 1000 {
			return e.levelLinks(ctx, tx, b, loc, have, now)
		}
		after = rows[len(rows)-1].LevelKey
	}
}

// levelLinks makes the levels that links lack.
func (e *Engine) levelLinks(ctx context.Context, tx Tx, b *bound, loc channel.LocationID, have map[channel.ListingID]bool, now time.Time) error {
	links, err := tx.Links(ctx, b.id, nil)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Item == "" || have[l.Listing] {
			continue
		}
		if err := e.linkLevel(ctx, tx, b, l, loc, now); err != nil {
			return err
		}
	}
	return nil
}
