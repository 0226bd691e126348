package sync_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// awaySealer is one whose key service does not answer while away is set.
type awaySealer struct{ away *atomic.Bool }

func (s awaySealer) Seal(b []byte) ([]byte, error) { return xorSealer{}.Seal(b) }

func (s awaySealer) Open(b []byte) ([]byte, error) {
	if s.away.Load() {
		return nil, errors.New("no key")
	}
	return xorSealer{}.Open(b)
}

// A parcel whose answer was lost is not sent again because its order could not
// be read for a while.
func TestAParcelIsNotSentTwiceForWantOfAKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var away atomic.Bool
		r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, func(c *channelsync.Config) { c.Sealer, c.SealOrders = awaySealer{&away}, true })
		shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost})
		o, err := r.engine.Order(t.Context(), refs[0])
		must(t, err)
		r.ship(channelsync.Shipment{Key: "k", Order: refs[0], Lines: []channelsync.ShipmentLine{{Line: o.Order.Lines[0].ID, Quantity: 1}}})
		wait(time.Second)
		away.Store(true)
		wait(5 * time.Minute)
		if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentSent {
			t.Errorf("without a key: %s, %q", got.State, got.Reason)
		}
		away.Store(false)
		wait(time.Hour)
		got := r.parcels(refs[0])[0]
		if len(shop.Parcels()) != 1 || got.State != channelsync.ShipmentConfirmed && got.State != channelsync.ShipmentUnconfirmed {
			t.Errorf("in the end: %s, %q, %d parcels", got.State, got.Reason, len(shop.Parcels()))
		}
	})
}
