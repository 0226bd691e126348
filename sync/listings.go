package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

const (
	// listingsFull is between two walks over every listing, listingsEvery
	// between two over those that changed.
	listingsFull  = 24 * time.Hour
	listingsEvery = 15 * time.Minute
	// listingsSoon is how soon after the last walk something sold that nobody
	// knows makes another.
	listingsSoon = time.Minute
	// goneMost is the share of the known listings that one walk may leave out,
	// if they are more than goneLeast: a marketplace that answers with an empty
	// list has most likely lost a permission, not a catalogue.
	goneMost  = 0.5
	goneLeast = 20
)

// listing is a stored listing with its document.
type listing struct {
	ListingRow
	doc channel.Listing
}

func openListing(row ListingRow) *listing {
	l := &listing{ListingRow: row}
	if decode(row.Doc, &l.doc) != nil {
		l.doc = channel.Listing{Tracked: true}
	}
	return l
}

// readListings returns listings by id.
func readListings(ctx context.Context, tx Tx, id channel.ID, ids []channel.ListingID) (map[channel.ListingID]*listing, error) {
	out := make(map[channel.ListingID]*listing, len(ids))
	if len(ids) == 0 {
		return out, nil // none would be all
	}
	rows, err := tx.Listings(ctx, id, ids)
	for _, r := range rows {
		out[r.ID] = openListing(r)
	}
	return out, err
}

// ref is how the adapter is told of the listing.
func (l *listing) ref(id channel.ListingID) channel.ListingRef {
	if l == nil {
		return channel.ListingRef{ID: id}
	}
	ref := l.doc.Ref
	ref.ID = id
	return ref
}

// unwritable says why the listing's quantity is not ours to keep, "" if it is.
func (l *listing) unwritable() string {
	switch {
	case l == nil:
		return "its listing has not been read yet"
	case l.Gone:
		return "the marketplace no longer has the listing"
	case l.doc.Bundle:
		return "made of other listings: the marketplace counts those"
	case l.doc.FulfilledBy == channel.ByMarketplace || l.doc.FulfilledBy == channel.ByOther:
		return "fulfilled by " + string(l.doc.FulfilledBy) + ": its stock is not the seller's to write"
	case !l.doc.Tracked:
		return "the marketplace does not count its stock: turn tracking on there"
	}
	return ""
}

// seal is what a refusal holds for: while it is the same, so is the answer.
func (l *listing) seal() string {
	d := &l.doc
	return fmt.Sprintf("%q %q %q %t %t", d.Ref.Handle, d.Ref.SKU, d.Status, d.Active, d.Tracked)
}

// listingsState is the listings lane's state.
type listingsState struct {
	Cursor   channel.Cursor `json:"cursor,omitempty"`
	BeganAt  time.Time      `json:"began_at,omitzero"` // the walk, our clock; zero between walks
	Since    time.Time      `json:"since,omitzero"`    // zero for a walk over all
	Restarts int            `json:"restarts,omitempty"`
	Seen     int            `json:"seen,omitempty"`      // in this walk
	FullAt   time.Time      `json:"full_at,omitzero"`    // when the last walk over all began
	Through  time.Time      `json:"through,omitzero"`    // server time up to which changes are known
	NoFilter bool           `json:"no_filter,omitempty"` // the marketplace tells all listings whatever is asked
}

func (st *listingsState) encode() []byte {
	doc, err := json.Marshal(st)
	if err != nil {
		panic("sync: encode listings state: " + err.Error()) // plain fields only
	}
	return doc
}

// runListings is one step of the walk over a channel's listings: one page.
func (e *Engine) runListings(ctx context.Context, v *visit) laneResult {
	var st listingsState
	if doc := v.rows[LaneListings].State; len(doc) > 0 && json.Unmarshal(doc, &st) != nil {
		st = listingsState{}
	}
	now := time.Now()
	v.b.side.listings.Store(false)
	if st.BeganAt.IsZero() {
		st.BeganAt, st.Cursor, st.Restarts, st.Seen, st.Since = now.UTC(), "", 0, 0, st.Through
		if st.FullAt.IsZero() || now.Sub(st.FullAt) >= listingsFull || st.NoFilter {
			st.Since = time.Time{}
		}
		if !st.Since.IsZero() {
			st.Since = st.Since.Add(-v.b.overlap())
		}
	}
	callCtx, cancel := v.reading(ctx)
	page, err := v.b.ch.ListingPage(callCtx, channel.ListingQuery{Since: st.Since, After: st.Cursor})
	cancel()
	if err == nil && page.Next != "" && page.Next == st.Cursor {
		err = &channel.Error{Channel: v.b.id, Op: "listing page", Class: channel.ErrCursor, Message: "the marketplace returned the cursor it was given"}
	}
	switch {
	case errors.Is(err, channel.ErrCursor) && st.Cursor != "" && st.Restarts < restartsMost:
		st.Cursor, st.Seen = "", 0
		st.Restarts++
		err := v.withLane(LaneListings, st.encode(), now, func() error {
			return v.update(ctx, func(Tx) error { return nil })
		})
		return laneResult{Next: now, Err: err}
	case errors.Is(err, errors.ErrUnsupported):
		return laneResult{Next: now.Add(listingsFull)}
	case err != nil:
		return laneResult{Err: err}
	}
	st.Cursor = page.Next
	st.Seen += len(page.Items)
	first := st.FullAt.IsZero() // links are made at its end, when duplicates are known
	next := now
	if page.Next != "" {
		err := v.withLane(LaneListings, st.encode(), next, func() error {
			return v.update(ctx, func(tx Tx) error { return e.takeListings(ctx, tx, v.b, page, first, now) })
		})
		return laneResult{Next: next, Err: err}
	}
	return e.endListings(ctx, v, st, page, first, now)
}

// endListings stores the last page of a walk, finds what is gone, and makes the
// links that had to wait.
func (e *Engine) endListings(ctx context.Context, v *visit, st listingsState, page channel.Page[channel.Listing], first bool, now time.Time) laneResult {
	full, began := st.Since.IsZero(), st.BeganAt
	if !full && st.Seen > 100 && slices.ContainsFunc(page.Items, func(l channel.Listing) bool { return l.UpdatedAt.Before(st.Since.Add(-time.Hour)) }) {
		st.NoFilter = true
	}
	through := page.Through
	if through.IsZero() {
		through = v.b.serverTime(began).Add(-v.b.traits.VisibilityLag)
	}
	st.Through = later(st.Through, through.UTC())
	if full {
		st.FullAt = began
	}
	st.BeganAt, st.Cursor, st.Since = time.Time{}, "", time.Time{}
	every := listingsEvery
	if st.NoFilter {
		every = listingsFull
	}
	next := later(began.Add(every), now.Add(time.Second))
	err := v.withLane(LaneListings, st.encode(), next, func() error {
		return v.update(ctx, func(tx Tx) error {
			if err := e.takeListings(ctx, tx, v.b, page, first, now); err != nil {
				return err
			}
			if full {
				if err := e.missListings(ctx, tx, v.b, began, now); err != nil {
					return err
				}
			}
			if first {
				if err := e.linkAll(ctx, tx, v.b, now); err != nil {
					return err
				}
			}
			if loc, why := e.stockLocation(v.b); full && why == "" {
				if err := e.checkLevels(ctx, tx, v.b, loc, now); err != nil {
					return err
				}
			}
			return e.reportUnlinked(ctx, tx, v.b, now)
		})
	})
	return laneResult{Next: next, Err: err}
}

// takeListings stores a page of listings and follows what changed in them.
func (e *Engine) takeListings(ctx context.Context, tx Tx, b *bound, page channel.Page[channel.Listing], first bool, now time.Time) error {
	var parked []ParkedRow
	for _, p := range page.Parked {
		if p.ID != "" {
			parked = append(parked, e.park(b.id, parkedListing, p.ID, p.Err, p.Raw, now))
		}
	}
	if err := tx.Park(ctx, parked); err != nil {
		return err
	}
	ids := make([]channel.ListingID, 0, len(page.Items))
	for i := range page.Items {
		ids = append(ids, page.Items[i].Ref.ID)
	}
	known, err := readListings(ctx, tx, b.id, ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	var rows, news []ListingRow
	var changed []channel.ListingID
	for i := range page.Items {
		in := &page.Items[i]
		if in.Ref.ID == "" {
			continue
		}
		row := ListingRow{Channel: b.id, ID: in.Ref.ID, SKU: strings.TrimSpace(in.Ref.SKU), Handle: string(in.Ref.Handle), SeenAt: now, Doc: encode(in)}
		old := known[in.Ref.ID]
		rows = append(rows, row)
		switch {
		case old == nil, old.Gone, old.SKU != row.SKU:
			news = append(news, row)
			changed = append(changed, row.ID)
		case old.seal() != openListing(row).seal(), old.unwritable() != openListing(row).unwritable():
			changed = append(changed, row.ID)
		}
	}
	if err := tx.PutListings(ctx, rows); err != nil {
		return err
	}
	if err := e.freeListings(ctx, tx, b, rows); err != nil {
		return err
	}
	if !first {
		if err := e.linkBySKU(ctx, tx, b, news, now); err != nil {
			return err
		}
	}
	return e.dueListings(ctx, tx, b, changed, now)
}

// freeListings frees listings that could not be read once.
func (e *Engine) freeListings(ctx context.Context, tx Tx, b *bound, rows []ListingRow) error {
	if some, err := anyParked(ctx, tx, b.id, parkedListing); err != nil || !some {
		return err
	}
	for _, r := range rows {
		if err := tx.Unpark(ctx, b.id, parkedListing, string(r.ID)); err != nil {
			return err
		}
	}
	return nil
}

// dueListings makes the levels of listings due.
func (e *Engine) dueListings(ctx context.Context, tx Tx, b *bound, ids []channel.ListingID, now time.Time) error {
	loc, why := e.stockLocation(b)
	if len(ids) == 0 || why != "" {
		return nil
	}
	keys := make([]LevelKey, len(ids))
	for i, id := range ids {
		keys[i] = LevelKey{b.id, id, loc}
	}
	rows, err := tx.Levels(ctx, keys)
	if err != nil || len(rows) == 0 {
		return err
	}
	for i := range rows {
		rows[i].DueAt = dueBy(rows[i].DueAt, now)
	}
	b.side.changed.Store(true)
	return tx.PutLevels(ctx, rows)
}

// missListings marks what a walk over all listings left out as gone.
func (e *Engine) missListings(ctx context.Context, tx Tx, b *bound, began, now time.Time) error {
	rows, err := tx.Listings(ctx, b.id, nil)
	if err != nil {
		return err
	}
	var gone []ListingRow
	var ids []channel.ListingID
	here := 0
	for _, r := range rows {
		if r.Gone {
			continue
		}
		here++
		if r.SeenAt.Before(began) {
			r.Gone = true
			gone = append(gone, r)
			ids = append(ids, r.ID)
		}
	}
	const ref = "all"
	if len(gone) > goneLeast && float64(len(gone)) > goneMost*float64(here) {
		e.log.Error("most listings are missing from the marketplace's list: they are kept", "channel", b.id, "missing", len(gone), "of", here)
		return tx.Park(ctx, []ParkedRow{{
			Channel: b.id, Kind: parkedListing, Ref: ref, Class: channel.ErrConflict.Error(), At: now, Digest: fmt.Sprint(len(gone), "/", here),
			Reason: withRemedy("listings", fmt.Sprintf("%d of %d are missing from the marketplace's list: they are kept as they were", len(gone), here),
				"check the grant's permissions, and Dismiss it if they are gone for good; the list is read again every day"),
		}})
	}
	if err := tx.Unpark(ctx, b.id, parkedListing, ref); err != nil {
		return err
	}
	if err := tx.PutListings(ctx, gone); err != nil {
		return err
	}
	return e.dueListings(ctx, tx, b, ids, now)
}

// reportUnlinked parks demand that has held raises for as long as it may, for
// the seller to link.
func (e *Engine) reportUnlinked(ctx context.Context, tx Tx, b *bound, now time.Time) error {
	// Who keeps no stock with us has nothing to link.
	kept, _, _, err := tx.CountLevels(ctx, b.id, now)
	if err != nil || kept == 0 {
		return err
	}
	rows, err := tx.UnlinkedTotals(ctx, b.id)
	if err != nil {
		return err
	}
	const most = 200 // more are the same news
	told := map[string]bool{}
	var parked []ParkedRow
	for _, t := range rows {
		if len(parked) == most || b.serverTime(now).Sub(t.OldestAt) < e.cfg.Stock.unresolvedHold() {
			continue
		}
		ref := fmt.Sprintf("unlinked %s %s", t.Listing, t.SKU)
		told[ref] = true
		parked = append(parked, ParkedRow{
			Channel: b.id, Kind: parkedStock, Ref: ref, Class: "unlinked", At: now,
			Reason: withRemedy(unlinkedName(&t), fmt.Sprintf("%d units are sold and linked to no item: nothing is reserved for them", t.Open),
				"Link the listing to an item, or Count an item of that SKU; Dismiss it if its stock is not kept here"),
		})
	}
	old, err := tx.Parked(ctx, ParkedFilter{Channel: b.id, Kind: parkedStock, State: ParkedAny})
	if err != nil {
		return err
	}
	for _, p := range old {
		if p.Class == "unlinked" && !told[p.Ref] {
			if err := tx.Unpark(ctx, b.id, p.Kind, p.Ref); err != nil {
				return err
			}
		}
		if p.Class == "unlinked" && told[p.Ref] {
			parked = slices.DeleteFunc(parked, func(n ParkedRow) bool { return n.Ref == p.Ref && n.Reason == p.Reason })
		}
	}
	return tx.Park(ctx, parked)
}
