package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// New returns every complaint at once.
func TestNewChecksItsConfig(t *testing.T) {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
	_, err := channelsync.New(channelsync.Config{
		Channels:       []channel.Channel{shop, nil, channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})},
		ImportSinceFor: map[channel.ID]time.Time{"elsewhere": time.Now()},
		Workers:        -1,
		Slice:          -time.Second,
		RawRetention:   -5,
		PollEvery:      40 * time.Hour,
		SealOrders:     true,
	})
	if err == nil {
		t.Fatal("no complaint")
	}
	for _, says := range []string{
		"Config.Store is required", "Channels[1] is nil", `Channels[2]: the ID "shop" is taken`, `"elsewhere", which is not among`,
		"Workers is -1", "Slice is -1s", "RawRetention is -5ns: use -1", "PollEvery is 40h0m0s: at most", "SealOrders needs a Config.Sealer",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("no complaint says %q in:\n%v", says, err)
		}
	}
	if _, err := channelsync.New(channelsync.Config{}); err == nil || !strings.Contains(err.Error(), "Config.Channels is empty") {
		t.Errorf("an empty Config: %v", err)
	}
}

// nilRunner and nilSealer are what a constructor returns beside an error.
type (
	nilRunner struct{ channelsync.Runner }
	nilSealer struct{ channelsync.Sealer }
)

// A constructor's error that was passed over is found here, and not as a panic
// in the middle of a night.
func TestNewNoticesNilsOfATypeOfTheirOwn(t *testing.T) {
	var (
		store  *sqlitestore.Store
		shop   *channeltest.Memory
		runner *nilRunner
		sealer *nilSealer
	)
	_, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}, Runner: runner, Sealer: sealer})
	if err == nil {
		t.Fatal("no complaint")
	}
	for _, says := range []string{
		"Config.Store is a nil *sqlitestore.Store", "Config.Channels[0] is a nil *channeltest.Memory",
		"Config.Runner is a nil *sync_test.nilRunner", "Config.Sealer is a nil *sync_test.nilSealer",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("no complaint says %q in:\n%v", says, err)
		}
	}
}

// What is sealed is read again, before and after a Sealer is set.
func TestSealedOrdersAreRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 2)
		r := newRig(t, shop)
		r.start()
		wait(time.Minute)
		r.end()
		r.config = func(c *channelsync.Config) { c.Sealer, c.SealOrders = xorSealer{}, true }
		r.start()
		r.sameOrders(shop)
		if err := shop.Cancel(ids[0]); err != nil {
			t.Fatal(err)
		}
		wait(10 * time.Minute)
		r.sameOrders(shop)
		err := r.store.View(t.Context(), func(tx channelsync.Tx) error {
			rows, err := tx.Orders(t.Context(), "shop", ids[:1])
			if err == nil && strings.Contains(string(rows[0].Doc), "MUG") {
				t.Error("the order is not sealed")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r.end()
		r.config = nil
		r.start()
		if _, err := r.engine.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[0]}); err == nil || !strings.Contains(err.Error(), "Sealer") {
			t.Errorf("read without its Sealer: %v", err)
		}
		if _, err := r.engine.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[1]}); err != nil {
			t.Error(err)
		}
	})
}
