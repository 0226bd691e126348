package sync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/sync/internal/stock"
)

// Kinds of records that the stock side sets aside.
const (
	parkedStock   = "stock"
	parkedDrift   = "drift"
	parkedListing = "listing"
)

// levelDoc is the stored part of a level that no query needs.
type levelDoc struct {
	State stock.State `json:"state,omitzero"`

	// Paused is why the marketplace refused the listing's quantity; Seal is the
	// listing as it was then, and a change of it lets the next write through.
	Paused string `json:"paused,omitempty"`
	Seal   string `json:"seal,omitempty"`

	Held   bool `json:"held,omitempty"`   // unreleased because too much would be set to zero
	Again  bool `json:"again,omitempty"`  // held after it had been released: only zero is
	Pass   bool `json:"pass,omitempty"`   // zero was allowed by a person
	Adopt  bool `json:"adopt,omitempty"`  // the item is to be adopted from this listing
	Hinted bool `json:"hinted,omitzero"`  // the marketplace told of a change: to be read
	Misses int  `json:"misses,omitempty"` // reads in a row that did not tell
	Clash  int  `json:"clash,omitempty"`  // writes in a row that the marketplace's state forbade

	Mute  int       `json:"mute,omitempty"` // writes in a row of which no answer said what became
	Quiet time.Time `json:"quiet,omitzero"` // none is sent before, by our clock

	Shipped shippedLog `json:"left,omitempty"` // for counts as of a time ago
}

// level is a level with its document.
type level struct {
	LevelRow
	doc   levelDoc
	rules stock.Rules

	was   LevelRow // as stored
	held  int64    // as stored
	drift []stock.Drift
	first *pendingPush // of the plan in progress
	fresh bool         // was read a moment ago, whatever the marketplace's clock says

	rest    time.Duration // before it is read again
	restWhy string
}

// openLevel decodes a row. A document that does not decode is of a listing
// never read: the next read tells what it shows.
func (e *Engine) openLevel(row LevelRow) *level {
	l := &level{LevelRow: row, was: row}
	if b := e.bound[row.Channel]; b != nil {
		l.rules = e.rules(b)
	}
	if len(row.State) > 0 {
		if err := decode(row.State, &l.doc); err != nil {
			e.log.Error("a stored level cannot be read: its listing is read anew", "channel", row.Channel, "listing", row.Listing, "error", err)
			l.doc = levelDoc{}
		}
	}
	l.held = l.doc.State.Held(l.rules)
	return l
}

// apply applies events.
func (l *level) apply(r stock.Rules, events ...stock.Event) {
	for _, ev := range events {
		s, drift := l.doc.State.Apply(r, ev)
		l.doc.State = s
		l.drift = append(l.drift, drift...)
	}
}

const (
	// muteFree is how many writes in a row may stay without an answer before the
	// level rests between two.
	muteFree = 2
	// muteRestMax is how long it rests at most: what must fall meanwhile waits as
	// long.
	muteRestMax = 2 * time.Minute
)

// answered notes whether an answer said what became of a write.
func (l *level) answered(told bool, now time.Time) {
	if told {
		l.doc.Mute, l.doc.Quiet = 0, time.Time{}
		return
	}
	if l.doc.Mute++; l.doc.Mute > muteFree {
		l.doc.Quiet = now.Add(backoff(silentRest, muteRestMax, l.doc.Mute-muteFree, string(l.Listing))).UTC().Round(0)
	}
}

// row returns the level as it is stored, and whether that is news.
func (l *level) row() (LevelRow, bool) {
	if n, ok := l.doc.State.Shown(); ok {
		l.Shown = &n
	} else {
		l.Shown = nil
	}
	if s := &l.doc.State; len(s.U)+len(s.R) > 0 {
		l.Busy = true // besides, a plan sets it
	}
	row := l.LevelRow
	row.State = encode(&l.doc)
	if string(row.State) == "{}" {
		row.State = nil
	}
	same := bytes.Equal(row.State, l.was.State) && row.Item == l.was.Item && row.Units == l.was.Units && row.Account == l.was.Account &&
		row.Released == l.was.Released && row.DueAt.Equal(l.was.DueAt) && row.Busy == l.was.Busy &&
		row.Wanted == l.was.Wanted && row.Reason == l.was.Reason
	return row, !same
}

// storeLevels stores what changed, makes every listing of an item due whose
// held units moved or which is among touched, and reports drift.
func (e *Engine) storeLevels(ctx context.Context, tx Tx, b *bound, levels []*level, touched map[string]bool, urgent bool) error {
	now := time.Now()
	var rows []LevelRow
	var reports []*level
	for _, l := range levels {
		if l.doc.State.Held(l.rules) != l.held {
			if touched == nil {
				touched = map[string]bool{}
			}
			touched[l.Item] = true
		}
		if len(l.drift) > 0 {
			reports = append(reports, l)
		}
		if row, news := l.row(); news {
			rows = append(rows, row)
		}
	}
	if err := tx.PutLevels(ctx, rows); err != nil {
		return err
	}
	if err := e.reportDrift(ctx, tx, b, reports, now); err != nil {
		return err
	}
	return e.touch(ctx, tx, b, touched, now, urgent)
}

// touch makes every listing of the items due and wakes their channels, but for
// b, whose visit is told in memory.
func (e *Engine) touch(ctx context.Context, tx Tx, b *bound, touched map[string]bool, now time.Time, urgent bool) error {
	delete(touched, "")
	if len(touched) == 0 {
		return nil
	}
	items := make([]string, 0, len(touched))
	for item := range touched {
		items = append(items, item)
	}
	slices.Sort(items)
	ids, err := tx.TouchLevels(ctx, b.account, items, now)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id channel.ID) bool { return id == b.id })
	b.side.changed.Store(true)
	if len(ids) == 0 {
		return nil
	}
	return tx.Wake(ctx, now, urgent, ids...)
}

// driftDoc is what is kept of the drift of one listing.
type driftDoc struct {
	Listing  channel.ListingID  `json:"listing"`
	Location channel.LocationID `json:"location,omitempty"`
	Item     string             `json:"item"`
	Seen     []driftSeen        `json:"seen"` // newest last
}

type driftSeen struct {
	N    int64     `json:"n"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why"`
	At   time.Time `json:"at"`
}

const driftKept = 20

func levelRef(k LevelKey) string {
	if k.Location == "" {
		return string(k.Listing)
	}
	return string(k.Listing) + " at " + string(k.Location)
}

// reportDrift sets aside, for a person to see, that units came or went on the
// marketplace without an order. The item's count stands: ours is sent.
func (e *Engine) reportDrift(ctx context.Context, tx Tx, b *bound, levels []*level, now time.Time) error {
	for _, l := range levels {
		ref := levelRef(l.LevelKey)
		doc := driftDoc{Listing: l.Listing, Location: l.Location, Item: l.Item}
		old, err := tx.Parked(ctx, ParkedFilter{Channel: b.id, Kind: parkedDrift, Ref: ref, State: ParkedAny})
		if err != nil {
			return err
		}
		if len(old) > 0 && old[0].DismissedAt.IsZero() {
			var was driftDoc
			if decode(old[0].Raw, &was) == nil {
				doc.Seen = was.Seen
			}
		}
		var sum int64
		for _, d := range l.drift {
			sum += d.N
			doc.Seen = append(doc.Seen, driftSeen{d.N, d.From, d.To, d.Why, now.UTC().Round(0)})
		}
		if n := len(doc.Seen); n > driftKept {
			doc.Seen = doc.Seen[n-driftKept:]
		}
		last := l.drift[len(l.drift)-1]
		why := withRemedy(l.name(), fmt.Sprintf("the marketplace showed %+d units that no order explains, the last by %s (%s): our quantity is put back",
			sum, last.To.UTC().Format(time.DateTime), last.Why), "Adjust the item if goods did come or go, then Dismiss")
		e.log.Warn("drift", "channel", b.id, "listing", l.Listing, "units", sum, "why", last.Why)
		row := ParkedRow{Channel: b.id, Kind: parkedDrift, Ref: ref, Class: "drift", Reason: why, Raw: encode(&doc), At: now, Digest: hash(&doc)}
		if err := tx.Park(ctx, []ParkedRow{row}); err != nil {
			return err
		}
	}
	return nil
}

// refuseLevel notes that the marketplace refused the quantity that line was to bring
// about, and returns the row that sets the level aside with the reason.
func (e *Engine) refuseLevel(b *bound, l *level, line intentLine, why error, now time.Time) ParkedRow {
	if why == nil {
		why = errors.New("refused without a reason")
	}
	l.doc.Paused, l.doc.Seal = withRemedy("", "refused by the marketplace: "+reason(why), stockRemedy(why)), line.Seal
	return ParkedRow{
		Channel: b.id, Kind: parkedStock, Ref: levelRef(l.LevelKey), Class: className(why),
		Reason: withRemedy(l.name(), fmt.Sprintf("the quantity %d is refused: %s", line.Want, reason(why)), stockRemedy(why)),
		Raw:    encode(&l.LevelKey), At: now, Digest: digestOf(why),
	}
}
