package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A parcel whose record does not decode is refused, and the record kept: once it
// can be read again the parcel leaves as it was given.
func TestAParcelThatCannotBeReadKeepsItsRecord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, nil)
		must(t, r.engine.Pause(t.Context(), "shop", channelsync.LaneShip, "a test"))
		r.ship(channelsync.Shipment{Key: "k", Order: refs[0], Carrier: "UPS", Tracking: "1Z9"})
		// change stores what f makes of the record, and returns it.
		change := func(f func(doc []byte) []byte) (doc []byte) {
			must(t, r.store.Update(t.Context(), func(tx channelsync.Tx) error {
				rows, err := tx.Shipments(t.Context(), []string{"k"})
				if err != nil {
					return err
				}
				doc = f(rows[0].Doc)
				rows[0].Doc = doc
				return tx.PutShipments(t.Context(), rows)
			}))
			return doc
		}
		good := change(func(doc []byte) []byte { return doc })
		spoiled := change(func(doc []byte) []byte { return append([]byte("?"), doc...) })
		must(t, r.engine.Resume(t.Context(), "shop", channelsync.LaneShip))
		wait(time.Minute)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentRefused || !strings.Contains(got.Reason, "record cannot be read") {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		parked, err := r.engine.Parked(t.Context(), channelsync.ParkedFilter{Kind: "shipment"})
		if err != nil || len(parked) != 1 {
			t.Fatalf("parked %+v, %v", parked, err)
		}
		if err := r.engine.Replay(t.Context(), parked[0].ID); err == nil || !strings.Contains(err.Error(), "record cannot be read") {
			t.Errorf("replayed: %v", err)
		}
		if err := r.engine.CorrectTracking(t.Context(), "k", channel.Tracking{Number: "2"}); err == nil || !strings.Contains(err.Error(), "record cannot be read") {
			t.Errorf("corrected: %v", err)
		}
		if kept := change(func(doc []byte) []byte { return doc }); string(kept) != string(spoiled) {
			t.Errorf("the record is %q now", kept)
		}
		change(func([]byte) []byte { return good })
		must(t, r.engine.Replay(t.Context(), parked[0].ID))
		wait(time.Minute)
		if p := shop.Parcels(); len(p) != 1 || p[0].Tracking[0].Number != "1Z9" {
			t.Errorf("on the marketplace: %+v", p)
		}
	})
}
