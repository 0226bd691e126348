package sync_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// parked returns what is parked, of every kind.
func (r *rig) parked(state channelsync.ParkedState) []channelsync.ParkedRow {
	r.t.Helper()
	rows, err := r.engine.Parked(context.Background(), channelsync.ParkedFilter{State: state})
	must(r.t, err)
	return rows
}

// one returns the one thing that is parked and not dismissed.
func (r *rig) one() channelsync.ParkedRow {
	r.t.Helper()
	rows := r.parked(channelsync.ParkedOpen)
	if len(rows) != 1 {
		r.t.Fatalf("%d records are parked, want one: %+v", len(rows), rows)
	}
	return rows[0]
}

// dismiss dismisses the one thing that is parked.
func (r *rig) dismiss() channelsync.ParkedRow {
	r.t.Helper()
	row := r.one()
	must(r.t, r.engine.Dismiss(context.Background(), row.ID))
	if n := len(r.parked(channelsync.ParkedOpen)); n != 0 {
		r.t.Fatalf("%d records are shown after the one was dismissed", n)
	}
	got := r.parked(channelsync.ParkedDismissed)
	if !slices.ContainsFunc(got, func(d channelsync.ParkedRow) bool { return d.ID == row.ID && !d.DismissedAt.IsZero() }) {
		r.t.Fatalf("dismissed: %+v", got)
	}
	return row
}

// otherPoison changes what does not decode.
type otherPoison struct {
	*channeltest.Memory
	suffix string
}

func (o *otherPoison) OrderPage(ctx context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	page, err := o.Memory.OrderPage(ctx, q)
	for i := range page.Parked {
		page.Parked[i].Raw = append(page.Parked[i].Raw, o.suffix...)
	}
	return page, err
}

// A dismissed order is not shown again however often it fails, until it fails
// for other content; and it is stored all the same once it can be.
func TestDismissAnOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := &otherPoison{Memory: channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})}
		ids := placeOrders(t, shop.Memory, 2)
		must(t, shop.Poison(ids[0]))
		r := newRig(t)
		r.config = func(c *channelsync.Config) {
			c.Channels, c.Sealer = []channel.Channel{shop}, &saltedSealer{}
		}
		e := r.start()
		wait(time.Minute)
		row := r.dismiss()
		counts := func(open, dismissed int) {
			t.Helper()
			if s := r.state("shop"); s.Parked["order"] != open || s.Dismissed["order"] != dismissed {
				t.Errorf("counted %v and dismissed %v, want %d and %d", s.Parked, s.Dismissed, open, dismissed)
			}
		}
		counts(0, 1)
		must(t, e.Dismiss(t.Context(), row.ID)) // twice is no error
		if why, err := e.Explain(t.Context(), row.ID); err != nil || !strings.Contains(why, "dismissed ") {
			t.Errorf("explained as %q, %v", why, err)
		}
		r.end() // it is stored
		e = r.start()
		must(t, shop.Touch(ids[0]))
		wait(10 * time.Minute)
		counts(0, 1)
		if got := r.parked(channelsync.ParkedAny); len(got) != 1 || got[0].Tries <= row.Tries {
			t.Errorf("it was not even tried again: %+v", got)
		}
		shop.suffix = " "
		must(t, shop.Touch(ids[0]))
		wait(10 * time.Minute)
		counts(1, 0)
		if got := r.dismiss(); got.ID != row.ID {
			t.Errorf("parked under %d, was %d", got.ID, row.ID)
		}
		must(t, shop.Heal(ids[0]))
		must(t, e.Replay(t.Context(), row.ID)) // dismissed, and replayed after all
		r.sameOrders(shop.Memory)
		if got := r.parked(channelsync.ParkedAny); len(got) != 0 {
			t.Errorf("still parked: %+v", got)
		}
		if err := e.Dismiss(t.Context(), row.ID); !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("dismissing what is parked no more: %v", err)
		}
	})
}

// saltedSealer seals equal bytes differently each time, as it should.
type saltedSealer struct{ n byte }

func (s *saltedSealer) Seal(b []byte) ([]byte, error) {
	s.n++
	return append([]byte{s.n}, b...), nil
}
func (s *saltedSealer) Open(b []byte) ([]byte, error) { return b[1:], nil }

// A dismissed parcel stays refused. Its units are as open as they were, and
// another parcel can have them.
func TestDismissARefusedParcel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultInvalid})
		r.ship(channelsync.Shipment{Key: "first", Order: refs[0], Tracking: "A"})
		wait(time.Minute)
		r.dismiss()
		wait(24 * time.Hour)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentRefused || len(shop.Parcels()) != 0 {
			t.Errorf("%s, %d records", got.State, len(shop.Parcels()))
		}
		o, err := r.engine.Order(t.Context(), refs[0])
		must(t, err)
		if !o.Open {
			t.Error("its units are not open any more")
		}
		if n := len(r.parked(channelsync.ParkedOpen)); n != 0 {
			t.Errorf("%d are shown again", n)
		}
		r.ship(channelsync.Shipment{Key: "second", Order: refs[0], Tracking: "B"})
		wait(time.Minute)
		if got := r.parcels(refs[0])[1]; got.State != channelsync.ShipmentConfirmed || len(shop.Parcels()) != 1 {
			t.Errorf("%s, %d records", got.State, len(shop.Parcels()))
		}
	})
}

// Whether an unconfirmed parcel left is not to be forgotten.
func TestDismissNoUnconfirmedParcel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{Lacks: []string{channeltest.CapOrderReader}}, 1, nil)
		shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost})
		r.ship(channelsync.Shipment{Key: "k", Order: refs[0]})
		wait(2 * time.Hour)
		if err := r.engine.Dismiss(t.Context(), r.one().ID); !errors.Is(err, channel.ErrConflict) || !strings.Contains(err.Error(), "settle it") {
			t.Errorf("dismissed: %v", err)
		}
		r.one()
	})
}

// Dismissed drift is gone, and later drift of the listing is told by itself.
func TestDismissDrift(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		ref := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 10))
		wait(10 * time.Minute)
		drift := func(by int64) []channelsync.Drift {
			t.Helper()
			must(t, shop.Edit(ref.ID, "", by))
			wait(4 * time.Hour)
			all, err := e.Drifts(t.Context(), "shop")
			must(t, err)
			return all
		}
		first := drift(-4)
		if len(first) != 1 || first[0].ID != r.one().ID {
			t.Fatalf("drift %+v", first)
		}
		r.dismiss()
		if all, err := e.Drifts(t.Context(), "shop"); err != nil || len(all) != 0 {
			t.Errorf("after it was dismissed: %+v, %v", all, err)
		}
		if second := drift(2); len(second) != 1 || second[0].Units != 2 || !strings.Contains(r.one().Reason, "+2") {
			t.Errorf("later drift: %+v", second)
		}
		if n := shop.Quantity(ref.ID, ""); n != 10 {
			t.Errorf("shown %d", n)
		}
	})
}

// What is sold and not kept here stays dismissed however much more is sold, and
// a refused quantity until it is refused for another reason.
func TestDismissWhatIsNotKeptHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(named(channeltest.LikeShopify(), "shop", 1))
		shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 5})
		gift := shop.AddListing(channeltest.NewListing{SKU: "GIFT", Quantity: 50})
		r := newRig(t, shop)
		e := r.start()
		wait(2 * time.Minute)
		must(t, e.Count(t.Context(), "MUG-01", 5))
		buy(t, shop, gift, 2)
		wait(26 * time.Hour)
		row := r.dismiss()
		buy(t, shop, gift, 3)
		wait(26 * time.Hour)
		got := r.parked(channelsync.ParkedAny)
		if len(got) != 1 || got[0].DismissedAt.IsZero() || got[0].Reason == row.Reason {
			t.Fatalf("parked %+v", got)
		}
		shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultRefused, Times: 2})
		must(t, e.Adjust(t.Context(), "MUG-01", -1))
		wait(10 * time.Minute)
		refused := r.dismiss()
		must(t, e.Replay(t.Context(), refused.ID)) // refused once more: it was asked for
		wait(10 * time.Minute)
		if again := r.one(); again.Kind != "stock" || again.Ref != refused.Ref {
			t.Errorf("parked %+v", again)
		}
	})
}
