package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Kinds of ledger entries.
const (
	ledgerCount      = "count"
	ledgerReceipt    = "receipt"
	ledgerAdjustment = "adjustment"
	ledgerAdoption   = "adoption"
)

// Entry says more about a change of an item's quantity. Every field is
// optional.
type Entry struct {
	Account AccountID // whose item; a service with one seller leaves it empty
	At      time.Time // of a count: when the units were counted, at most 7 days ago; zero is now
	Key     string    // yours, to make a repeat for the item harmless
	Note    string    // for people
}

const (
	quantityMost = 1_000_000_000
	ledgerLook   = 1000
)

// Count says how many units of an item are in the house, those that orders
// have reserved and that are not yet shipped included. It makes the item one
// whose quantity is kept: every listing linked to it follows, the first time
// as Config.Stock.FirstPush says. Listings that carry the SKU, and no other
// listing of their channel does, are linked to it.
func (e *Engine) Count(ctx context.Context, sku string, quantity int64, more ...Entry) error {
	return e.enter(ctx, ledgerCount, sku, quantity, more)
}

// Receive says that units of an item came in.
func (e *Engine) Receive(ctx context.Context, sku string, quantity int64, more ...Entry) error {
	return e.enter(ctx, ledgerReceipt, sku, quantity, more)
}

// Adjust says that units of an item came or, with a negative delta, went by
// something that is no sale: breakage, a find, a return put back on the shelf.
func (e *Engine) Adjust(ctx context.Context, sku string, delta int64, more ...Entry) error {
	return e.enter(ctx, ledgerAdjustment, sku, delta, more)
}

func (e *Engine) enter(ctx context.Context, kind, sku string, quantity int64, more []Entry) error {
	var entry Entry
	if len(more) > 1 {
		return fmt.Errorf("sync: %s of %q: %d entries are given, one at most: %w", kind, sku, len(more), channel.ErrInvalid)
	}
	if len(more) == 1 {
		entry = more[0]
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.update(ctx, func(tx Tx) error { return e.enterTx(ctx, tx, kind, sku, quantity, entry) })
}

// CountTx is Count inside a transaction of the caller's, which may do more. The
// engine looks at it by the next sweep, or at once after [Engine.Wake].
func (e *Engine) CountTx(ctx context.Context, tx Tx, sku string, quantity int64, entry Entry) error {
	return e.enterTx(ctx, tx, ledgerCount, sku, quantity, entry)
}

// ReceiveTx is Receive inside a transaction of the caller's, as CountTx.
func (e *Engine) ReceiveTx(ctx context.Context, tx Tx, sku string, quantity int64, entry Entry) error {
	return e.enterTx(ctx, tx, ledgerReceipt, sku, quantity, entry)
}

// AdjustTx is Adjust inside a transaction of the caller's, as CountTx.
func (e *Engine) AdjustTx(ctx context.Context, tx Tx, sku string, delta int64, entry Entry) error {
	return e.enterTx(ctx, tx, ledgerAdjustment, sku, delta, entry)
}

func (e *Engine) enterTx(ctx context.Context, tx Tx, kind, sku string, quantity int64, entry Entry) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("sync: %s of %q: "+format+": %w", append(append([]any{kind, sku}, args...), channel.ErrInvalid)...)
	}
	now := time.Now()
	given := sku
	sku = strings.TrimSpace(sku)
	switch {
	case sku == "":
		return bad("the SKU is empty")
	case quantity > quantityMost || quantity < -quantityMost:
		return bad("the quantity is %d: it is at most %d, either way", quantity, int64(quantityMost))
	case kind == ledgerCount && quantity < 0:
		return bad("the quantity is %d: nobody counts less than 0", quantity)
	case kind == ledgerReceipt && quantity < 1:
		return bad("the quantity is %d: it is at least 1; use Adjust for what went", quantity)
	case entry.At.After(now.Add(time.Minute)):
		return bad("At is in the future (%s)", entry.At.Format(time.RFC3339))
	case kind == ledgerCount && !entry.At.IsZero() && now.Sub(entry.At) > countedBack:
		return bad("At is %s ago: a count is dated at most %s back", now.Sub(entry.At).Round(time.Hour), countedBack)
	case kind == ledgerAdjustment && quantity == 0:
		return nil
	}
	at := now
	if !entry.At.IsZero() {
		at = entry.At
	}
	// The channels' rows are locked before anything is read that a visit could
	// change.
	links, err := tx.ItemLinks(ctx, entry.Account, []string{sku})
	if err != nil {
		return err
	}
	var ids []channel.ID
	for _, l := range links {
		ids = append(ids, l.Channel)
	}
	if len(ids) > 0 {
		if err := tx.Wake(ctx, now, false, ids...); err != nil {
			return err
		}
	}
	sums, err := e.sumItems(ctx, tx, entry.Account, []string{sku})
	if err != nil {
		return err
	}
	item := sums[sku]
	fresh := !item.known
	delta := quantity
	if kind == ledgerCount {
		if item.row.Managed && at.Before(item.row.CountedAt) {
			return fmt.Errorf("sync: %s of %q: the item was counted after %s, at %s: %w", kind, given,
				at.Format(time.RFC3339), item.row.CountedAt.Format(time.RFC3339), channel.ErrConflict)
		}
		since, err := e.changedSince(ctx, tx, item, at, now)
		if err != nil {
			return err
		}
		delta = quantity + since - item.onHand()
	}
	added, err := tx.AppendLedger(ctx, []LedgerRow{{
		Account: entry.Account, SKU: sku, Kind: kind, Delta: delta, At: at, Note: entry.Note, Key: entry.Key,
	}})
	if err != nil || added == 0 {
		return err // known by its key
	}
	was := item.row.Managed
	item.change(delta)
	if kind == ledgerCount {
		item.row.Managed, item.row.CountedAt = true, at
	}
	if err := tx.PutItems(ctx, []ItemRow{item.row}); err != nil {
		return err
	}
	if fresh || kind == ledgerCount && !was {
		if err := e.linkItem(ctx, tx, entry.Account, sku, now); err != nil {
			return err
		}
	}
	touched, err := tx.TouchLevels(ctx, entry.Account, []string{sku}, now)
	if err != nil || len(touched) == 0 {
		return err
	}
	return tx.Wake(ctx, now, delta < 0 && item.available() <= scarce, touched...)
}

// changedSince returns how the quantity on hand changed since a time: what came
// in less what was shipped.
func (e *Engine) changedSince(ctx context.Context, tx Tx, item *itemSum, at, now time.Time) (int64, error) {
	if !at.Before(now) || !item.known {
		return 0, nil
	}
	rows, err := tx.Ledger(ctx, item.row.Account, item.row.SKU, ledgerLook)
	if err != nil {
		return 0, err
	}
	var n int64
	for _, r := range rows {
		if r.At.After(at) && (r.Kind == ledgerReceipt || r.Kind == ledgerAdjustment) {
			n += r.Delta
		}
	}
	for _, r := range item.levels {
		l := e.openLevel(r)
		n -= l.doc.Shipped.since(at) * max(1, l.Units)
	}
	return n, nil
}

// SetPolicy sets how much of what is free of an item its listings show, on one
// channel or, with id "", on all that have no policy of their own for it. Nil
// takes it away.
func (e *Engine) SetPolicy(ctx context.Context, account AccountID, sku string, id channel.ID, p *StockPolicy) error {
	if p != nil {
		if err := p.validate(fmt.Sprintf("sync: policy of %q: StockPolicy", sku)); err != nil {
			return fmt.Errorf("%w: %w", err, channel.ErrInvalid)
		}
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	sku = strings.TrimSpace(sku)
	return e.update(ctx, func(tx Tx) error {
		now := time.Now()
		rows, err := tx.Items(ctx, account, []string{sku})
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("sync: policy of %q: there is no such item: count it first: %w", sku, channel.ErrNotFound)
		}
		if err != nil {
			return err
		}
		doc := openItem(&rows[0])
		if doc.Policy == nil {
			doc.Policy = map[channel.ID]StockPolicy{}
		}
		delete(doc.Policy, id)
		if p != nil {
			doc.Policy[id] = *p
		}
		rows[0].Doc = encode(&doc)
		if err := tx.PutItems(ctx, rows); err != nil {
			return err
		}
		ids, err := tx.TouchLevels(ctx, account, []string{sku}, now)
		if err != nil || len(ids) == 0 {
			return err
		}
		return tx.Wake(ctx, now, false, ids...)
	})
}

// LedgerEntry is one change of an item's quantity by the seller.
type LedgerEntry struct {
	Kind  string // "count", "receipt", "adjustment", "adoption"
	Delta int64  // what it changed; of a count, what it found more or less
	At    time.Time
	Note  string
	Key   string
}

// Ledger returns an item's latest changes by the seller, newest first; limit
// below 1 is all.
func (e *Engine) Ledger(ctx context.Context, account AccountID, sku string, limit int) ([]LedgerEntry, error) {
	var out []LedgerEntry
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		rows, err := tx.Ledger(ctx, account, strings.TrimSpace(sku), limit)
		for _, r := range rows {
			out = append(out, LedgerEntry{r.Kind, r.Delta, r.At, r.Note, r.Key})
		}
		return err
	})
	return out, err
}
