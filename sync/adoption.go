package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// Adopt takes the quantities of items from what one channel shows: those of
// the SKUs named, or with none, of every listing there whose SKU no other
// listing of the channel carries. Items that have a counted quantity are left
// alone, and so are listings that cannot be written.
//
// It is done by Run once orders are imported up to a read of the listing: on
// hand is then what that channel shows and what its stored orders still need,
// so that the channel itself shows what it did before. It returns how many
// listings it asked to be read.
func (e *Engine) Adopt(ctx context.Context, id channel.ID, skus ...string) (int, error) {
	b, err := e.find(id)
	if err != nil {
		return 0, err
	}
	if err := e.open(ctx); err != nil {
		return 0, err
	}
	n := 0
	err = e.update(ctx, func(tx Tx) error {
		n = 0
		now := time.Now()
		if err := tx.Wake(ctx, now, false, id); err != nil {
			return err
		}
		rows, err := e.adoptable(ctx, tx, b, skus)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(rows, 500) {
			asked, err := e.askAdoption(ctx, tx, b, chunk, now)
			if err != nil {
				return err
			}
			n += asked
		}
		return nil
	})
	return n, err
}

// adoptable returns the listings items may be adopted from.
func (e *Engine) adoptable(ctx context.Context, tx Tx, b *bound, skus []string) ([]ListingRow, error) {
	if _, why := e.stockLocation(b); why != "" {
		return nil, fmt.Errorf("sync: adopt from %q: %s: %w", b.id, why, channel.ErrConflict)
	}
	var rows []ListingRow
	var err error
	if len(skus) == 0 {
		rows, err = tx.Listings(ctx, b.id, nil)
	} else {
		names := make([]string, len(skus))
		for i, s := range skus {
			if names[i] = strings.TrimSpace(s); names[i] == "" {
				return nil, fmt.Errorf("sync: adopt from %q: SKU %d is empty: %w", b.id, i, channel.ErrInvalid)
			}
		}
		rows, err = tx.ListingsBySKU(ctx, b.id, names)
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("sync: adopt from %q: none of its listings that were read carries one of %q: %w", b.id, names, channel.ErrNotFound)
		}
	}
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, r := range rows {
		if !r.Gone {
			count[r.SKU]++
		}
	}
	return slices.DeleteFunc(rows, func(r ListingRow) bool {
		return r.Gone || r.SKU == "" || count[r.SKU] != 1 || openListing(r).unwritable() != ""
	}), nil
}

// askAdoption makes items of listings, links them, and marks their levels.
func (e *Engine) askAdoption(ctx context.Context, tx Tx, b *bound, rows []ListingRow, now time.Time) (int, error) {
	var skus []string
	for _, r := range rows {
		skus = append(skus, r.SKU)
	}
	items, err := tx.Items(ctx, b.account, skus)
	if err != nil {
		return 0, err
	}
	counted, known := map[string]bool{}, map[string]bool{}
	for _, i := range items {
		known[i.SKU], counted[i.SKU] = true, i.Managed
	}
	var made []ItemRow
	for _, r := range rows {
		if !known[r.SKU] {
			made = append(made, ItemRow{Account: b.account, SKU: r.SKU})
		}
	}
	if err := tx.PutItems(ctx, made); err != nil {
		return 0, err
	}
	for _, i := range made {
		if err := e.linkItem(ctx, tx, b.account, i.SKU, now); err != nil {
			return 0, err
		}
	}
	loc, _ := e.stockLocation(b)
	var keys []LevelKey
	for _, r := range rows {
		if !counted[r.SKU] {
			keys = append(keys, LevelKey{b.id, r.ID, loc})
		}
	}
	levels, err := tx.Levels(ctx, keys)
	if err != nil {
		return 0, err
	}
	var marked []LevelRow
	for _, row := range levels {
		l := e.openLevel(row)
		l.doc.Adopt = true
		l.doc.State.Reread = len(l.doc.State.C) > 0 // what is shown now, not an hour ago
		l.DueAt, l.Busy = now, true
		r, _ := l.row()
		marked = append(marked, r)
	}
	return len(marked), tx.PutLevels(ctx, marked)
}

// adoptNow counts an item by what a level shows and what its channel's orders
// still need. The level's state and the demand are of one transaction, so an
// order that is not imported yet is in neither.
func (e *Engine) adoptNow(p *planner, l *level) error {
	shown, _ := l.doc.State.Shown()
	item := p.items[l.Item]
	onHand := (max(0, shown) + item.openHere(l.Channel, l.Listing)) * max(1, l.Units)
	now := time.Now()
	delta := onHand + item.shipped - item.row.Base
	_, err := p.tx.AppendLedger(p.ctx, []LedgerRow{{
		Account: item.row.Account, SKU: item.row.SKU, Kind: ledgerAdoption, Delta: delta, At: now,
		Note: fmt.Sprintf("from %s, listing %s", l.Channel, l.Listing),
	}})
	if err != nil {
		return err
	}
	item.change(delta)
	item.row.Managed, item.row.CountedAt = true, now
	l.doc.Adopt = false
	return p.tx.PutItems(p.ctx, []ItemRow{item.row})
}

// FirstPushPlan is what a channel's listings are to show for the first time.
type FirstPushPlan struct {
	Channel channel.ID
	Lines   []FirstPushLine
	Unread  int  // lines whose present quantity is not known yet
	Zeros   int  // lines that show something and are to show nothing
	Held    bool // too much would be set to zero: only Release lets it go
	Review  bool // Config.Stock.FirstPush says that a person releases it
}

// FirstPushLine is one listing of a FirstPushPlan.
type FirstPushLine struct {
	Listing  channel.ListingID
	Location channel.LocationID
	SKU      string
	Title    string
	Item     string
	Shown    *int64 // nil while it is not known
	Wanted   int64
	Why      string
}

// FirstPush returns the quantities of a channel's listings that were never
// sent, or are held: what each shows now, what it is to show, and why it waits.
func (e *Engine) FirstPush(ctx context.Context, id channel.ID) (FirstPushPlan, error) {
	plan := FirstPushPlan{Channel: id, Review: e.cfg.Stock.FirstPush == FirstPushReview}
	if _, err := e.find(id); err != nil {
		return plan, err
	}
	err := e.view(ctx, func(tx Tx) error {
		plan.Lines, plan.Unread, plan.Zeros, plan.Held = nil, 0, 0, false
		return e.eachUnreleased(ctx, tx, id, func(levels []*level) error {
			var ids []channel.ListingID
			for _, l := range levels {
				ids = append(ids, l.Listing)
			}
			known, err := readListings(ctx, tx, id, ids)
			if err != nil {
				return err
			}
			for _, l := range levels {
				line := FirstPushLine{
					Listing: l.Listing, Location: l.Location, Item: l.Item, Shown: l.Shown, Wanted: l.Wanted, Why: l.Reason,
				}
				if ls := known[l.Listing]; ls != nil {
					line.SKU, line.Title = ls.SKU, ls.doc.Title
				}
				switch {
				case l.Shown == nil:
					plan.Unread++
				case *l.Shown > 0 && l.Wanted == 0:
					plan.Zeros++
				}
				plan.Held = plan.Held || l.doc.Held
				plan.Lines = append(plan.Lines, line)
			}
			return nil
		})
	})
	slices.SortFunc(plan.Lines, func(a, b FirstPushLine) int { return cmp.Compare(a.Listing, b.Listing) })
	return plan, err
}

// Release lets a channel's first quantities be sent, and those that are held,
// and returns how many listings it released. What is linked or counted later
// is a plan of its own.
func (e *Engine) Release(ctx context.Context, id channel.ID) (int, error) {
	if _, err := e.find(id); err != nil {
		return 0, err
	}
	if err := e.open(ctx); err != nil {
		return 0, err
	}
	n := 0
	err := e.update(ctx, func(tx Tx) error {
		n = 0
		now := time.Now()
		if err := tx.Wake(ctx, now, true, id); err != nil {
			return err
		}
		return e.eachUnreleased(ctx, tx, id, func(levels []*level) error {
			rows := make([]LevelRow, len(levels))
			for i, l := range levels {
				l.Released, l.doc.Held, l.doc.Again, l.doc.Pass = true, false, false, true
				l.DueAt = now
				rows[i], _ = l.row()
			}
			n += len(rows)
			return tx.PutLevels(ctx, rows)
		})
	})
	return n, err
}

// eachUnreleased calls f with the unreleased levels of counted items, a page at
// a time.
func (e *Engine) eachUnreleased(ctx context.Context, tx Tx, id channel.ID, f func([]*level) error) error {
	var after LevelKey
	account := e.bound[id].account
	for {
		rows, err := tx.ChannelLevels(ctx, id, after, 1000)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].LevelKey
		var skus []string
		for _, r := range rows {
			if !r.Released {
				skus = append(skus, r.Item)
			}
		}
		if len(skus) == 0 {
			continue
		}
		slices.Sort(skus)
		items, err := tx.Items(ctx, account, slices.Compact(skus))
		if err != nil {
			return err
		}
		counted := map[string]bool{}
		for _, i := range items {
			counted[i.SKU] = i.Managed
		}
		var levels []*level
		for _, r := range rows {
			if !r.Released && counted[r.Item] {
				levels = append(levels, e.openLevel(r))
			}
		}
		if len(levels) > 0 {
			if err := f(levels); err != nil {
				return err
			}
		}
	}
}

// decideFirst releases the first pushes of a plan that is complete, or holds
// them all.
func (e *Engine) decideFirst(ctx context.Context, v *visit) laneResult {
	work := &v.stock
	keys := make([]LevelKey, 0, len(work.first))
	zeros := 0
	for k, f := range work.first {
		keys = append(keys, k)
		if f.zero {
			zeros++
		}
	}
	clear(work.first)
	slices.SortFunc(keys, compareKeys)
	var window zeroWindow
	err := v.update(ctx, func(tx Tx) error {
		window = v.b.side.window()
		held := ""
		if zeros > 0 {
			var err error
			if held, err = e.holdsZeros(ctx, tx, v, &window, zeros); err != nil {
				return err
			}
		}
		now := time.Now()
		rows, err := tx.Levels(ctx, keys)
		if err != nil {
			return err
		}
		var out []LevelRow
		for _, r := range rows {
			l := e.openLevel(r)
			if l.Released {
				continue
			}
			l.DueAt = now
			if held == "" {
				l.Released = true
				l.doc.Pass = true // judged with the plan
			} else {
				l.doc.Held, l.Reason = true, held
			}
			row, _ := l.row()
			out = append(out, row)
		}
		return tx.PutLevels(ctx, out)
	})
	if err == nil {
		v.b.side.zeros.Store(&window)
	}
	return laneResult{Next: time.Now(), Err: err}
}

// judgeZeros holds what a pass would set to zero without orders to explain it,
// if that is too much.
func (e *Engine) judgeZeros(ctx context.Context, v *visit) error {
	work := &v.stock
	var keys []LevelKey
	for _, q := range work.queue {
		if q.zero && q.action == stock.DoWrite {
			keys = append(keys, q.key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var window zeroWindow
	held := ""
	err := v.update(ctx, func(tx Tx) (err error) {
		window = v.b.side.window()
		if held, err = e.holdsZeros(ctx, tx, v, &window, len(keys)); err != nil || held == "" {
			return err
		}
		rows, err := tx.Levels(ctx, keys)
		if err != nil {
			return err
		}
		var out []LevelRow
		for _, r := range rows {
			l := e.openLevel(r)
			l.hold(held)
			row, _ := l.row()
			out = append(out, row)
		}
		return tx.PutLevels(ctx, out)
	})
	if err != nil {
		return err
	}
	v.b.side.zeros.Store(&window)
	if held == "" {
		for _, k := range keys {
			work.zeroOK[k] = true
		}
		return nil
	}
	work.queue = slices.DeleteFunc(work.queue, func(q turnEntry) bool { return slices.Contains(keys, q.key) })
	return nil
}

// replayLevel lets a refused level be tried again.
func (e *Engine) replayLevel(ctx context.Context, b *bound, row ParkedRow) error {
	var key LevelKey
	if err := decode(row.Raw, &key); err != nil || key.Listing == "" {
		return fmt.Errorf("it clears by itself when its cause is mended: %w", errors.ErrUnsupported)
	}
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		if err := tx.Wake(ctx, now, true, b.id); err != nil {
			return err
		}
		if err := tx.Unpark(ctx, b.id, row.Kind, row.Ref); err != nil {
			return err
		}
		rows, err := tx.Levels(ctx, []LevelKey{key})
		if err != nil || len(rows) == 0 {
			return err
		}
		l := e.openLevel(rows[0])
		l.doc.Paused, l.doc.Seal, l.doc.Misses = "", "", 0
		l.DueAt = now
		out, _ := l.row()
		return tx.PutLevels(ctx, []LevelRow{out})
	})
}
