package sync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// hintGather is how long a hinted read waits for others to share its call.
const hintGather = 2 * time.Second

// Hint acts on a verified notification: what it says changed is read soon.
// channels tells which of the engine's channels a marketplace's name for a
// seller stands for; names it does not know are left alone. A notification is
// never believed further than to look, but for one that asks to forget the
// buyer of an order, which is done at once.
//
// A hint about stock or a listing has that listing's quantity read, named by its
// id or by its handle, since some marketplaces notify of an inventory item and
// not of the listing. However many hints come for it until then, it is read once,
// together with others; one that tells of no more than what was read, or of a
// write of our own, costs nothing. A hint about stock that names no listing has
// the channel looked at and no more.
func (e *Engine) Hint(ctx context.Context, r channel.Receipt, channels func(account string) []channel.ID) error {
	var errs []error
	read := map[channel.ID][]channel.Hint{}
	for _, h := range r.Hints {
		for _, id := range channels(h.Account) {
			if h.Listing != "" && (h.Kind == channel.HintStock || h.Kind == channel.HintListing) {
				read[id] = append(read[id], h)
			}
			if err := e.hint(ctx, id, h); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for id, hints := range read {
		if b := e.bound[id]; b != nil { // else it is among errs
			errs = append(errs, e.hintLevels(ctx, b, hints))
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) hint(ctx context.Context, id channel.ID, h channel.Hint) error {
	b, err := e.find(id)
	if err != nil {
		return err
	}
	switch h.Kind {
	case channel.HintOrder:
		return e.ask(ctx, id, true, LaneImport)
	case channel.HintListing:
		return e.ask(ctx, id, false, LaneListings)
	case channel.HintGrant:
		b.probeNow.Store(b.prober != nil)
		return e.ask(ctx, id, true)
	case channel.HintErase:
		if h.Order == "" {
			e.log.Warn("a notification asks to forget somebody without naming an order: erase their orders by hand", "channel", id)
			return nil
		}
		return e.EraseBuyer(ctx, OrderRef{id, h.Order})
	case channel.HintStock:
		if h.Listing != "" {
			return nil // hintLevels wakes if there is anything to do
		}
	case channel.HintTicket:
	}
	return e.ask(ctx, id, true) // a ticket, or stock of nothing in particular
}

// hintLevels makes the listings that hints name due for a read.
func (e *Engine) hintLevels(ctx context.Context, b *bound, hints []channel.Hint) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	at := map[string]time.Time{} // latest, by name; zero if any does not tell
	for _, h := range hints {
		name := string(h.Listing)
		if t, ok := at[name]; !ok || (!t.IsZero() && (h.At.IsZero() || h.At.After(t))) {
			at[name] = h.At
		}
	}
	// Most repeats have nothing to do, and need no lock for that.
	var due []LevelRow
	look := func(tx Tx) (err error) {
		due, err = e.levelsToRead(ctx, tx, b, at)
		return err
	}
	if err := e.view(ctx, look); err != nil || len(due) == 0 {
		return err
	}
	return e.update(ctx, func(tx Tx) error {
		if err := tx.Wake(ctx, time.Now(), false, b.id); err != nil {
			return err
		}
		if err := look(tx); err != nil {
			return err
		}
		return tx.PutLevels(ctx, due)
	})
}

// levelsToRead returns the levels of listings that have news, marked to be read.
func (e *Engine) levelsToRead(ctx context.Context, tx Tx, b *bound, at map[string]time.Time) ([]LevelRow, error) {
	loc, why := e.stockLocation(b)
	if why != "" {
		return nil, nil // there are no levels yet
	}
	var ids []channel.ListingID
	var handles []string
	for name := range at {
		ids, handles = append(ids, channel.ListingID(name)), append(handles, name)
	}
	byID, err := tx.Listings(ctx, b.id, ids)
	if err != nil {
		return nil, err
	}
	byHandle, err := tx.ListingsByHandle(ctx, b.id, handles)
	if err != nil {
		return nil, err
	}
	told := map[LevelKey]time.Time{}
	for _, r := range byID {
		told[LevelKey{b.id, r.ID, loc}] = at[string(r.ID)]
	}
	for _, r := range byHandle {
		told[LevelKey{b.id, r.ID, loc}] = at[r.Handle]
	}
	keys := make([]LevelKey, 0, len(told))
	for k := range told {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	rows, err := tx.Levels(ctx, keys)
	if err != nil {
		return nil, err
	}
	var due []LevelRow
	now := time.Now()
	for _, r := range rows {
		l := e.openLevel(r)
		if l.doc.Hinted || l.covers(told[r.LevelKey]) {
			continue
		}
		l.doc.Hinted = true
		l.DueAt = dueBy(l.DueAt, now.Add(hintGather))
		row, _ := l.row()
		due = append(due, row)
	}
	return due, nil
}

// covers reports whether a change at the given time, the server's, is known: it
// was read since, or it is most likely what a write of ours did.
func (l *level) covers(at time.Time) bool {
	if at.IsZero() {
		return false
	}
	s := &l.doc.State
	if !at.After(s.Read) {
		return true
	}
	ours := func(from, to time.Time) bool {
		return !at.Before(from.Add(-l.rules.Epsilon)) && !at.After(to.Add(l.rules.Epsilon))
	}
	for _, w := range s.W {
		if w.Accepted && ours(w.Sent, w.By) {
			return true
		}
	}
	// A write that was applied at once has left its times with what it shows.
	return s.Sent.After(s.Read) && len(s.C) == 1 && ours(s.Sent, s.C[0].To)
}
