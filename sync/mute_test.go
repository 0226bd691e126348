package sync_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// mute is an adapter at fault: while it is on, it answers writes without an
// error and without a word of what became of them. Those that lose never arrive.
type mute struct {
	*channeltest.Memory
	on, loses atomic.Bool
	writes    atomic.Int64
	only      channel.ListingID // the one level it says nothing of; "" is all
}

func (m *mute) Unwrap() channel.Channel { return m.Memory }

func (m *mute) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	if !m.on.Load() {
		return m.Memory.Ship(ctx, s)
	}
	m.writes.Add(1)
	if m.loses.Load() {
		return channel.ShipResult{}, nil
	}
	_, err := m.Memory.Ship(ctx, s)
	return channel.ShipResult{}, err
}

func (m *mute) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	if !m.on.Load() {
		return m.Memory.SetStock(ctx, levels)
	}
	var rest []channel.StockLevel
	for _, l := range levels {
		if m.only == "" || l.Listing.ID == m.only {
			m.writes.Add(1)
		} else {
			rest = append(rest, l)
		}
	}
	if len(rest) == 0 {
		return nil, nil
	}
	told, err := m.Memory.SetStock(ctx, rest)
	var results []channel.StockResult
	for _, l := range levels {
		if m.only == "" || l.Listing.ID == m.only {
			results = append(results, channel.StockResult{})
			continue
		}
		results, told = append(results, told[0]), told[1:]
	}
	return results, err
}

// A parcel of which the marketplace names no record is not confirmed: what was
// sent is looked for, and sent again if it never arrived.
func TestAParcelWithoutARecordIsNotConfirmed(t *testing.T) {
	for name, loses := range map[string]bool{"it arrived": false, "it did not": true} {
		for _, tracking := range []string{"1Z999", ""} {
			t.Run(name+", number "+tracking, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m := &mute{}
					r, shop, refs := shipRig(t, channeltest.MemoryConfig{}, 1, func(c *channelsync.Config) {
						m.Memory = c.Channels[0].(*channeltest.Memory)
						c.Channels[0] = m
					})
					m.on.Store(true)
					m.loses.Store(loses)
					r.ship(channelsync.Shipment{Order: refs[0], Carrier: "UPS", Tracking: tracking})
					wait(time.Second)
					if got := r.parcels(refs[0])[0]; got.State != channelsync.ShipmentSent {
						t.Errorf("it is %s: %s", got.State, got.Reason)
					} else if tracking != "" && !strings.Contains(got.Reason, "names no record") {
						t.Errorf("its reason is %q", got.Reason)
					}
					wait(10 * time.Minute)
					if n := m.writes.Load(); tracking == "" && n != 1 || n > 10 {
						t.Errorf("sent %d times", n)
					}
					m.on.Store(false)
					wait(3 * time.Hour)
					want, records := channelsync.ShipmentConfirmed, 1
					if tracking == "" && loses {
						want, records = channelsync.ShipmentUnconfirmed, 0
					}
					if got := r.parcels(refs[0])[0]; got.State != want || len(shop.Parcels()) != records {
						t.Errorf("%s, %d records: %s", got.State, len(shop.Parcels()), got.Reason)
					}
				})
			})
		}
	}
}

// An adapter that says nothing of a level is not asked again and again, and holds
// up no other: the level rests in between, and its reason says why.
func TestALevelOfWhichNothingIsSaid(t *testing.T) {
	for _, cfg := range []channeltest.MemoryConfig{channeltest.LikeShopify(), channeltest.LikeBigCommerce(true), channeltest.LikeAmazon(), channeltest.LikeEbay()} {
		cfg = named(cfg, "shop", 1)
		for name, all := range map[string]bool{"of all": true, "of one": false} {
			t.Run(cfg.Traits.Marketplace+", "+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					shop := channeltest.NewMemory(cfg)
					m := &mute{Memory: shop}
					var refs []channel.ListingRef
					for _, sku := range []string{"A", "B", "C"} {
						refs = append(refs, shop.AddListing(channeltest.NewListing{SKU: sku, Quantity: 5}))
					}
					if !all {
						m.only = refs[0].ID
					}
					r := newRig(t, shop)
					r.config = func(c *channelsync.Config) { c.Channels[0] = m }
					r.start()
					wait(2 * time.Minute)
					r.countAll(refs, func(int) int64 { return 5 })
					wait(time.Hour)
					m.on.Store(true)
					r.countAll(refs, func(int) int64 { return 3 })
					reason := ""
					for range 60 {
						wait(time.Minute)
						if why := r.stock("A").Listings[0].Why; strings.Contains(why, "said nothing") {
							reason = why
						}
					}
					levels := int64(1)
					if all {
						levels = 3
					}
					if n := m.writes.Load(); n < 3*levels || n > 60*levels {
						t.Errorf("written %d times in an hour", n)
					}
					if reason == "" && cfg.Traits.EffectLag < time.Minute { // else a read is waited for, which is longer
						t.Errorf("its reason is %q", r.stock("A").Listings[0].Why)
					}
					if !all {
						for _, ref := range refs[1:] {
							if n := shop.Quantity(ref.ID, ""); n != 3 {
								t.Errorf("%s shows %d", ref.SKU, n)
							}
						}
					}
					m.on.Store(false)
					wait(3 * time.Hour)
					if got := shown(shop, refs); got[3] != len(refs) {
						t.Errorf("shown %v", got)
					}
				})
			})
		}
	}
}
