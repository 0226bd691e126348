package ebay

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/channel"
)

// Whatever a payload holds, it decodes or is refused, and what decoded adds up
// and decodes the same again.
func FuzzDecodeOrder(f *testing.F) {
	page := pageOfOrders(1, 2)
	f.Add(page[1 : len(page)-1])
	f.Add([]byte(`{"orderId":"1","creationDate":"2026-01-01T00:00:00Z","lastModifiedDate":"2026-01-01T00:00:00Z","lineItems":[]}`))
	f.Add([]byte(`{"order":{"orderId":"1","creationDate":"2026-01-01T00:00:00Z","lastModifiedDate":"2026-01-01T00:00:00Z"},"fulfillments":{"fulfillments":[{"fulfillmentId":"9"}]}}`))
	f.Add([]byte(`null`))
	ch := &Channel{}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ch.DecodeOrder(raw)
		if err != nil {
			if !errors.Is(err, channel.ErrInvalid) {
				t.Fatalf("%v, want ErrInvalid", err)
			}
			return
		}
		for _, l := range o.Lines {
			if l.Ordered < 0 || l.Shipped < 0 || l.Cancelled < 0 || l.Refunded < 0 || l.Unshipped > l.Refunded || l.Shipped+l.Cancelled > l.Ordered {
				t.Errorf("line %+v", l)
			}
		}
		again := o.Totals
		if err := again.Reconcile(o.TaxIncluded); err != nil || !again.Residual.Shop.Equal(o.Totals.Residual.Shop) {
			t.Errorf("totals %+v: %v", o.Totals, err)
		}
		second, err := ch.DecodeOrder(o.Raw)
		if diff := cmp.Diff(o, second, cmpopts.EquateEmpty(), cmp.Comparer(channel.Money.Equal)); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// Whatever is taken for a cursor of ours asks for a page that can be asked for,
// and leads to an end.
func FuzzParseWalk(f *testing.F) {
	ch := &Channel{}
	now := time.Now().UTC().Truncate(time.Millisecond)
	f.Add(string(walk{Kind: walkModified, From: now.Add(-time.Hour), To: now, Last: now, Size: 200, Next: 400, Total: 500}.cursor()), 500)
	f.Add(string(walk{Kind: walkCreated, From: now.Add(-time.Hour), To: now, Last: now, Since: now, Through: now, Size: 1}.cursor()), 3)
	f.Add("", 0)
	f.Add("e30", 1)
	f.Fuzz(func(t *testing.T, s string, total int) {
		w, err := ch.parseWalk("test", channel.Cursor(s))
		if err != nil {
			if !errors.Is(err, channel.ErrCursor) {
				t.Fatalf("%v, want ErrCursor", err)
			}
			return
		}
		if w.Size < 1 || w.Size > maxPage || w.Next < 0 || w.To.Before(w.From) {
			t.Errorf("taken: %+v", w)
		}
		if _, err := ch.parseWalk("test", w.cursor()); err != nil {
			t.Errorf("not taken again: %v", err)
		}
		next, more := w.after(max(total, 0) % 10_000)
		if more {
			if _, err := ch.parseWalk("test", next.cursor()); err != nil {
				t.Errorf("%+v leads to %+v: %v", w, next, err)
			}
		}
	})
}
