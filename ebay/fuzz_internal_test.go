package ebay

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adaptertest"
)

// Whatever a payload holds, it decodes or is refused, and what decoded adds up
// and decodes the same again.
func FuzzDecodeOrder(f *testing.F) {
	page := pageOfOrders(1, 2)
	f.Add(page[1 : len(page)-1])
	f.Add([]byte(`{"orderId":"1","creationDate":"2026-01-01T00:00:00Z","lastModifiedDate":"2026-01-01T00:00:00Z","lineItems":[]}`))
	f.Add([]byte(`{"order":{"orderId":"1","creationDate":"2026-01-01T00:00:00Z","lastModifiedDate":"2026-01-01T00:00:00Z"},"fulfillments":{"fulfillments":[{"fulfillmentId":"9"}]}}`))
	f.Add([]byte(`null`))
	adaptertest.FuzzOrder(f, &Channel{})
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
