package channeltest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func channelCases() []Case {
	return []Case{
		{
			Name: "capabilities are those listed",
			Why:  "the fixture's list is what the documentation tells users a channel can do",
			run:  capabilitiesListed,
		},
		{
			Name: "identity is steady",
			Why:  "stored state hangs on the channel's id, and an engine plans with its traits",
			run: func(e *env) {
				other := e.w.Open()
				if e.ch.ID() == "" || e.ch.ID() != other.ID() {
					e.Errorf("ids %q and %q", e.ch.ID(), other.ID())
				}
				t := e.ch.Traits()
				if t.Marketplace == "" || t.StockBatch < 1 || t.PollEvery <= 0 || t.CallDeadline <= 0 || t.Hold <= 0 || t.AuditEvery <= 0 {
					e.Errorf("traits are incomplete: %+v", t)
				}
				if t != other.Traits() {
					e.Errorf("traits differ: %+v and %+v", t, other.Traits())
				}
			},
		},
	}
}

func capabilitiesListed(e *env) {
	for _, c := range Capabilities() {
		switch listed := slices.Contains(e.f.Capabilities, c.Name); {
		case listed && !c.Has(e.ch):
			e.Errorf("%s is listed, and the channel does not have it", c.Name)
		case !listed && c.Has(e.ch):
			e.Errorf("%s is not listed, and the channel has it", c.Name)
		}
	}
	for _, name := range e.f.Capabilities {
		if !slices.ContainsFunc(Capabilities(), func(c Capability) bool { return c.Name == name }) {
			e.Errorf("%s is listed, and is no capability", name)
		}
	}
}

func walkCases() []Case {
	return []Case{
		{
			Name: "walk brings every order",
			Why:  "an order that a walk leaves out is never imported; that one repeats is allowed",
			run: func(e *env) {
				ids := e.some(7)
				e.visible()
				got, _ := e.walk(channel.OrderQuery{Limit: 3})
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
			},
		},
		{
			Name: "pages keep to the limit",
			Why:  "a page is the unit of retry and of checkpoint, and the caller chooses how large that is",
			run: func(e *env) {
				e.some(7)
				e.visible()
				for i, p := range e.pages(e.ch, channel.OrderQuery{Limit: 3}) {
					if n := len(p.Items) + len(p.Parked); n > 3 {
						e.Errorf("page %d holds %d records, limit 3", i, n)
					}
				}
			},
		},
		{
			Name: "order placed during a walk",
			Why:  "the next walk begins at Through, so what changed while pages were read must not lie before it",
			run: func(e *env) {
				ids := e.some(4)
				e.visible()
				page, err := e.ch.OrderPage(e.Context(), channel.OrderQuery{Limit: 2})
				e.no("OrderPage", err)
				got := merge([]channel.Page[channel.Order]{page})
				e.wait(time.Minute)
				ids = append(ids, e.some(1)...)
				e.wait(time.Minute)
				pages := e.pages(e.ch, channel.OrderQuery{After: page.Next, Limit: 2})
				e.visible()
				later, _ := e.walk(channel.OrderQuery{Since: pages[len(pages)-1].Through, Limit: 2})
				for _, m := range []map[channel.OrderID]channel.Order{merge(pages), later} {
					maps.Copy(got, m)
				}
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
			},
		},
		{
			Name: "order visible late",
			Why:  "marketplaces show an order some time after it was placed: Through must lie that much before the walk's start",
			run: func(e *env) {
				ids := e.some(1)
				got, through := e.walk(channel.OrderQuery{})
				e.visible()
				later, _ := e.walk(channel.OrderQuery{Since: through})
				maps.Copy(got, later)
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
			},
		},
		{
			Name: "watermark advances on an idle shop",
			Why:  "otherwise a quiet shop looks stuck, and each walk covers more time than the one before",
			run: func(e *env) {
				_, first := e.walk(channel.OrderQuery{})
				e.wait(3 * time.Hour)
				_, second := e.walk(channel.OrderQuery{Since: first})
				if second.Sub(first) < 2*time.Hour {
					e.Errorf("three hours later Through went from %s to %s", first, second)
				}
			},
		},
		{
			Name: "watermark comes with the last page",
			Why:  "a watermark taken from a page in the middle would skip the rest when the walk is cut off there",
			run: func(e *env) {
				e.some(5)
				e.visible()
				pages := e.pages(e.ch, channel.OrderQuery{Limit: 2})
				for i, p := range pages {
					if last := i == len(pages)-1; p.Through.IsZero() == last {
						e.Errorf("page %d of %d: through %s", i+1, len(pages), p.Through)
					}
					if p.ReadAt.IsZero() {
						e.Errorf("page %d does not tell when it was read", i+1)
					}
				}
			},
		},
		{
			Name: "walk since leaves out the old",
			Why:  "a walk that reads everything each time spends the quota on what is known",
			run: func(e *env) {
				old := e.some(1)
				e.wait(10 * 24 * time.Hour)
				since := time.Now()
				ids := e.some(1)
				e.visible()
				got, _ := e.walk(channel.OrderQuery{Since: since})
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
				if _, found := got[old[0]]; found {
					e.Error("an order of ten days ago came too")
				}
			},
		},
		{
			Name: "walk until leaves out the new",
			Why:  "a walk over a closed window must not end the watermark beyond it",
			run: func(e *env) {
				began := time.Now()
				ids := e.some(1)
				e.wait(10 * 24 * time.Hour)
				late := e.some(1)
				e.visible()
				until := began.Add(24 * time.Hour)
				got, through := e.walk(channel.OrderQuery{Since: began.Add(-time.Hour), Until: until})
				if err := missing(ids, got); err != nil {
					e.Error(err)
				}
				if _, found := got[late[0]]; found {
					e.Error("an order of nine days after the window came too")
				}
				if through.After(until) {
					e.Errorf("through %s, and the window ends at %s", through, until)
				}
			},
		},
		{
			Name: "cursor resumes in a new channel",
			Why:  "a walk is continued after a restart, by another process, from the cursor alone",
			run: func(e *env) {
				ids := e.some(5)
				e.visible()
				page, err := e.ch.OrderPage(e.Context(), channel.OrderQuery{Limit: 2})
				e.no("OrderPage", err)
				if page.Next == "" {
					e.Fatal("five orders, pages of two, and no cursor after the first")
				}
				rest := e.pages(e.w.Open(), channel.OrderQuery{After: page.Next, Limit: 2})
				if err := missing(ids, merge(append(rest, page))); err != nil {
					e.Error(err)
				}
			},
		},
		{
			Name: "walks do not disturb each other",
			Why:  "a walk's place is in its cursor: an import and a reconciliation may run at once",
			run: func(e *env) {
				ids := e.some(5)
				e.visible()
				var next [2]channel.Cursor
				var seen [2][]channel.Page[channel.Order]
				for range 20 {
					for i := range next {
						if len(seen[i]) > 0 && next[i] == "" {
							continue
						}
						p, err := e.ch.OrderPage(e.Context(), channel.OrderQuery{After: next[i], Limit: 2})
						e.no("OrderPage", err)
						next[i] = p.Next
						seen[i] = append(seen[i], p)
					}
				}
				for i := range seen {
					if err := missing(ids, merge(seen[i])); err != nil {
						e.Errorf("walk %d: %v", i+1, err)
					}
				}
			},
		},
		{
			Name: "foreign cursor is refused as one",
			Why:  "ErrCursor means walk again from the watermark; any other class would park the walk or retry it for ever",
			run: func(e *env) {
				e.some(1)
				e.visible()
				for _, c := range []channel.Cursor{"no cursor of ours", "e30", "bm8"} {
					if _, err := e.ch.OrderPage(e.Context(), channel.OrderQuery{After: c}); !errors.Is(err, channel.ErrCursor) {
						e.Errorf("orders after %q: %v, want ErrCursor", c, err)
					}
					if _, err := e.ch.ListingPage(e.Context(), channel.ListingQuery{After: c}); !errors.Is(err, channel.ErrCursor) {
						e.Errorf("listings after %q: %v, want ErrCursor", c, err)
					}
				}
			},
		},
		{
			Name: "poisoned record is parked and the rest stand",
			Why:  "one bad record, wherever it stands in a page, must not keep the others from being imported",
			run:  poisonEverywhere,
		},
	}
}

// some places n orders, some time apart.
func (e *env) some(n int) []channel.OrderID {
	e.Helper()
	id := e.listing(fmt.Sprintf("SOME-%d", time.Now().UnixNano()), int64(n))
	ids := make([]channel.OrderID, n)
	for i := range ids {
		ids[i] = e.place(id, 1)
		e.wait(2 * time.Second)
	}
	return ids
}

func poisonEverywhere(e *env) {
	const n = 5
	for bad := range n {
		e.fresh()
		ids := e.some(n)
		e.must(e.w.Poison(ids[bad]))
		e.visible()
		pages := e.pages(e.ch, channel.OrderQuery{Limit: 2})
		var parked []channel.Parked
		for _, p := range pages {
			parked = append(parked, p.Parked...)
		}
		if err := missing(slices.Delete(slices.Clone(ids), bad, bad+1), merge(pages)); err != nil {
			e.Errorf("record %d of %d is bad: %v", bad+1, n, err)
		}
		if pages[len(pages)-1].Through.IsZero() {
			e.Errorf("record %d of %d is bad: no watermark", bad+1, n)
		}
		if len(parked) == 0 {
			e.Errorf("record %d of %d is bad: nothing is parked", bad+1, n)
			continue
		}
		for _, p := range parked {
			if p.ID != string(ids[bad]) || len(p.Raw) == 0 || p.Err == nil {
				e.Errorf("record %d of %d is bad: parked as id %q, %d bytes, error %v", bad+1, n, p.ID, len(p.Raw), p.Err)
			}
		}
	}
}
