package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// slowToShow is a marketplace that takes differences and shows them half a
// minute later, whose one listing shows 10.
func slowToShow(t *testing.T) (*rig, *channeltest.Memory) {
	t.Helper()
	cfg := channeltest.LikeBigCommerce(true)
	cfg.ID, cfg.Effect, cfg.Late, cfg.Phases = "shop", channeltest.Exactly(30*time.Second), 0, false
	cfg.Traits.EffectLag, cfg.Traits.AuditEvery = time.Minute, 6*time.Hour
	shop := channeltest.NewMemory(cfg)
	shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 4})
	r := newRig(t, shop)
	e := r.start()
	wait(time.Minute)
	must(t, e.Count(t.Context(), "MUG-01", 10))
	wait(10 * time.Minute)
	return r, shop
}

// Of a quantity that was accepted, Stock says that it is, that the other is
// shown until then, and when it is no more; no read is made for that.
func TestStockTellsWhatIsAcceptedAndNotYetShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop := slowToShow(t)
		must(t, r.engine.Adjust(t.Context(), "MUG-01", -3))
		wait(time.Second)
		reads := shop.Calls(channeltest.OpStock)
		l := r.stock("MUG-01").Listings[0]
		if l.Shown == nil || *l.Shown != 10 || l.Sent == nil || *l.Sent != 7 || !l.Accepted || l.SentAt.IsZero() {
			t.Errorf("just sent: shown %v, sent %v, accepted %v", l.Shown, l.Sent, l.Accepted)
		}
		if !strings.HasPrefix(l.Why, "7 is accepted, not yet shown; it is by ") || !strings.Contains(l.Detail, "not yet seen to be shown") {
			t.Errorf("just sent: %q\n%s", l.Why, l.Detail)
		}
		wait(59 * time.Second) // its time is up; nothing has looked at it since
		l = r.stock("MUG-01").Listings[0]
		if l.Shown == nil || *l.Shown != 7 || l.Sent != nil || l.Accepted || strings.Contains(l.Detail, "write") {
			t.Errorf("a minute later: shown %v, sent %v, %q\n%s", l.Shown, l.Sent, l.Why, l.Detail)
		}
		wait(10 * time.Second)
		if l = r.stock("MUG-01").Listings[0]; l.Why != "shows what it should" || *l.Shown != 7 {
			t.Errorf("then: shown %d, %q", *l.Shown, l.Why)
		}
		if n := shop.Calls(channeltest.OpStock); n != reads {
			t.Errorf("%d reads", n-reads)
		}
	})
}

// A write without an answer is told as such.
func TestStockTellsOfAWriteWithoutAnAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop := slowToShow(t)
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost})
		must(t, r.engine.Adjust(t.Context(), "MUG-01", -3))
		wait(time.Second)
		l := r.stock("MUG-01").Listings[0]
		if l.Sent == nil || *l.Sent != 7 || l.Accepted || !strings.Contains(l.Why, "was sent and not answered") {
			t.Errorf("sent %v, accepted %v, %q", l.Sent, l.Accepted, l.Why)
		}
	})
}

// A raise that waits for the import goes out when the import has caught up,
// although the fall before it was never read.
func TestARaiseAfterAnUnreadFallDoesNotWaitForTheAudit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop := slowToShow(t)
		must(t, r.engine.Adjust(t.Context(), "MUG-01", -3))
		wait(2 * time.Minute)
		lift := shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultUnavailable, Times: -1})
		wait(10 * time.Minute) // the import is behind
		must(t, r.engine.Receive(t.Context(), "MUG-01", 2, channelsync.Entry{}))
		wait(time.Minute)
		if l := r.stock("MUG-01").Listings[0]; l.Wanted != 9 || *l.Shown != 7 || !strings.Contains(l.Why, "catch up") {
			r.explain("MUG-01")
			t.Fatal("the raise does not wait")
		}
		lift()
		wait(20 * time.Minute)
		if n := shop.Quantity("L-1", ""); n != 9 {
			r.explain("MUG-01")
			t.Errorf("%d shown, 9 free", n)
		}
	})
}
