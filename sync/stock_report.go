package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// ItemStock is how an item stands. Quantities are in units of the item.
type ItemStock struct {
	Account   AccountID
	SKU       string
	Managed   bool // has a counted quantity, so its listings are kept
	OnHand    int64
	Reserved  int64 // orders need them, on all channels
	Held      int64 // seen to go on a marketplace, their orders still awaited
	Available int64 // on hand less reserved; below 0 when sold more than there is
	CountedAt time.Time
	Policy    map[channel.ID]StockPolicy // of the item itself; "" is every channel
	Listings  []ListingStock
}

// ListingStock is how one listing of an item stands, in units of the listing.
type ListingStock struct {
	Channel  channel.ID
	Listing  channel.ListingID
	Location channel.LocationID
	SKU      string // as it carries it
	Title    string
	Units    int64  // of the item a sale takes
	Shown    *int64 // last known to be shown; nil while in doubt or never read
	Wanted   int64

	// Sent is the quantity last sent, as long as it is not known to be shown, and
	// SentAt when it was sent, the marketplace's clock. Accepted says that the
	// marketplace has taken it: some show a quantity a while after that. Until
	// then buyers may see either Shown or Sent. Nil when nothing is under way.
	Sent     *int64
	SentAt   time.Time
	Accepted bool

	Why    string // what is under way, or else the last decision
	Waits  string // its first quantity has not been released
	ReadAt time.Time
	DueAt  time.Time // when it is looked at next; zero when something happens
	Detail string    // what is known of it and what is waited for, a fact a line
}

// Stock tells how items of an account stand: those named, or all.
func (e *Engine) Stock(ctx context.Context, account AccountID, skus ...string) ([]ItemStock, error) {
	var out []ItemStock
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		names := make([]string, len(skus))
		for i, s := range skus {
			names[i] = strings.TrimSpace(s)
		}
		if len(names) == 0 {
			rows, err := tx.Items(ctx, account, nil)
			if err != nil {
				return err
			}
			for _, r := range rows {
				names = append(names, r.SKU)
			}
		}
		slices.Sort(names)
		for chunk := range slices.Chunk(slices.Compact(names), 500) {
			sums, err := e.sumItems(ctx, tx, account, chunk)
			if err != nil {
				return err
			}
			for _, sku := range chunk {
				s := sums[sku]
				if !s.known {
					continue
				}
				item, err := e.itemStock(ctx, tx, s)
				if err != nil {
					return err
				}
				out = append(out, item)
			}
		}
		return nil
	})
	return out, err
}

func (e *Engine) itemStock(ctx context.Context, tx Tx, s *itemSum) (ItemStock, error) {
	item := ItemStock{
		Account: s.row.Account, SKU: s.row.SKU, Managed: s.row.Managed, OnHand: s.onHand(), Reserved: s.reserved,
		Available: s.available(), CountedAt: s.row.CountedAt, Policy: s.doc.Policy,
	}
	for _, row := range s.levels {
		l := e.openLevel(row)
		item.Held += l.held * max(1, l.Units)
		state := l.doc.State
		if b := e.bound[l.Channel]; b != nil {
			state = state.Settled(b.serverTime(time.Now()))
		}
		ls := ListingStock{
			Channel: l.Channel, Listing: l.Listing, Location: l.Location, Units: l.Units, Wanted: l.Wanted,
			Why: l.Reason, ReadAt: state.Read, DueAt: l.DueAt, Detail: stock.Explain(state, l.rules),
		}
		if n, ok := state.Shown(); ok {
			ls.Shown = &n
		}
		if len(state.W) > 0 {
			w := state.W[len(state.W)-1]
			ls.Sent, ls.SentAt, ls.Accepted, ls.Why = &w.Want, w.Sent, w.Accepted, underWay(&w)
		}
		if !l.Released {
			ls.Waits = l.Reason
		}
		rows, err := tx.Listings(ctx, l.Channel, []channel.ListingID{l.Listing})
		if err != nil {
			return item, err
		}
		for _, r := range rows {
			ls.SKU, ls.Title = r.SKU, openListing(r).doc.Title
		}
		item.Listings = append(item.Listings, ls)
	}
	slices.SortFunc(item.Listings, func(a, b ListingStock) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Listing, b.Listing))
	})
	return item, nil
}

// underWay says how the last write stands.
func underWay(w *stock.Write) string {
	by := w.By.UTC().Format(time.TimeOnly)
	switch {
	case w.Open:
		return fmt.Sprintf("%d is in a feed the marketplace has not ended", w.Want)
	case w.Seen:
		return fmt.Sprintf("%d is accepted and was seen to be shown; that is sure by %s", w.Want, by)
	case w.Accepted:
		return fmt.Sprintf("%d is accepted, not yet shown; it is by %s", w.Want, by)
	}
	return fmt.Sprintf("%d was sent and not answered; a read after %s will tell", w.Want, by)
}

// Drift is units that came or went on a marketplace without an order, and were
// given up waiting for.
type Drift struct {
	ID       int64 // for Dismiss, which takes all drift of the listing that was found so far
	Channel  channel.ID
	Listing  channel.ListingID
	Location channel.LocationID
	Item     string
	Units    int64     // of the listing: negative went, positive came
	From, To time.Time // between which reads
	Why      string
	FoundAt  time.Time
}

// Drifts returns the drift that was found on a channel and not dismissed, the
// oldest first; with id "", on all. Ours wins: the item's quantity was sent
// again. If goods did come or go, [Engine.Adjust] says so; either way
// [Engine.Dismiss] takes it off the list.
func (e *Engine) Drifts(ctx context.Context, id channel.ID) ([]Drift, error) {
	var out []Drift
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		rows, err := tx.Parked(ctx, ParkedFilter{Channel: id, Kind: parkedDrift})
		if err != nil {
			return err
		}
		for _, r := range rows {
			var doc driftDoc
			if decode(r.Raw, &doc) != nil {
				continue
			}
			for _, s := range doc.Seen {
				out = append(out, Drift{r.ID, r.Channel, doc.Listing, doc.Location, doc.Item, s.N, s.From, s.To, s.Why, s.At})
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Drift) int { return a.FoundAt.Compare(b.FoundAt) })
	return out, err
}
