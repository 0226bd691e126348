package sync_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

var (
	stockSeeds = flag.Uint64("stockseeds", 0, "worlds simulated for each set of channels in the stock tests; 0 is 1, or 20 in a long run")
	long       = os.Getenv("PENSTOCK_LONG") != ""
)

// kinds are the marketplaces of a simulated world by a letter or two.
func kind(name string, id channel.ID, seed uint64) channeltest.MemoryConfig {
	var c channeltest.MemoryConfig
	switch name {
	case "S":
		c = channeltest.LikeShopify()
	case "Ba", "Br":
		c = channeltest.LikeBigCommerce(name == "Br")
	case "Ha", "Hr":
		c = channeltest.LikeBigCommerceAtShipment(name == "Hr")
	case "A", "At":
		c = channeltest.LikeAmazon()
		if name == "At" {
			c.Tickets = 0.3
		}
	case "E":
		c = channeltest.LikeEbay()
	default:
		panic(name)
	}
	return named(c, id, seed)
}

// world is channels that sell one item, and what happens to them.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	r     *rig
	e     *channelsync.Engine
	shops []*channeltest.Memory
	refs  []channel.ListingRef

	counted int64 // and received and adjusted
	orders  []placed
	faults  bool
	asked   int64
	sold    int64
	over    int64 // units sold that were not there
}

type placed struct {
	shop int
	id   channel.OrderID
}

const simSKU = "MUG-01"

func newWorld(t *testing.T, seed uint64, names ...string) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 7))}
	for i, n := range names {
		shop := channeltest.NewMemory(kind(n, channel.ID(fmt.Sprintf("%s-%d", strings.ToLower(n), i)), seed))
		w.shops = append(w.shops, shop)
		w.refs = append(w.refs, shop.AddListing(channeltest.NewListing{SKU: simSKU, Quantity: 1 + w.rng.Int64N(20)}))
	}
	w.r = newRig(t, w.shops...)
	// A sweep would hide a wake-up that was never given.
	w.r.config = func(c *channelsync.Config) { c.Sweep = 12 * time.Hour }
	return w
}

// free is what is there and not spoken for, as one who knows everything counts.
func (w *world) free() int64 {
	n := w.counted
	for _, s := range w.shops {
		for _, o := range s.Orders() {
			for _, l := range o.Lines {
				n -= l.Shipped
				if o.Status.Value != channel.OrderCancelled {
					n -= l.Open()
				}
			}
		}
	}
	return n
}

func (w *world) live(d time.Duration, restless float64) {
	end := time.Now().Add(d)
	for time.Now().Before(end) {
		wait(time.Duration(w.rng.ExpFloat64() * restless * float64(time.Minute)))
		w.happen()
	}
}

// happen makes one thing happen.
func (w *world) happen() {
	i := w.rng.IntN(len(w.shops))
	shop, ref := w.shops[i], w.refs[i]
	switch x := w.rng.Float64(); {
	case x < 0.55:
		n := 1 + w.rng.Int64N(2)
		w.asked += n
		free := w.free()
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: n})
		if err != nil {
			return
		}
		w.sold += n
		w.over += max(0, n-max(0, free))
		w.orders = append(w.orders, placed{i, id})
	case x < 0.60:
		n := 1 + w.rng.Int64N(8)
		w.counted += n
		must(w.t, w.e.Receive(w.t.Context(), simSKU, n))
	case x < 0.63 && w.faults:
		_ = shop.Edit(ref.ID, "", w.rng.Int64N(7)-3)
	case len(w.orders) == 0:
	default:
		p := w.orders[w.rng.IntN(len(w.orders))]
		shop = w.shops[p.shop]
		line := channel.LineID(string(p.id) + "-1")
		switch x := w.rng.Float64(); {
		case x < 0.45:
			_ = shop.ShipOutside(p.id, channel.Tracking{Carrier: "UPS", Number: fmt.Sprint("1Z", p.id)})
		case x < 0.6:
			_ = w.e.Ship(w.t.Context(), channelsync.Shipment{
				Order: channelsync.OrderRef{Channel: shop.ID(), ID: p.id}, Carrier: "UPS", Tracking: fmt.Sprint("1Y", p.id),
			})
		case x < 0.75:
			_ = shop.Cancel(p.id)
		case x < 0.85:
			_ = shop.Refund(p.id, line, 1, w.rng.IntN(2) == 0)
		case x < 0.95:
			_ = shop.EditLine(p.id, line, w.rng.Int64N(4))
		default:
			_ = shop.Touch(p.id)
		}
	}
}

func (w *world) misbehave() {
	w.faults = true
	for _, s := range w.shops {
		for _, f := range []channeltest.Fault{
			{Op: channeltest.OpSetStock, Kind: channeltest.FaultUnavailable, Chance: 0.02},
			{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost, Chance: 0.04},
			{Op: channeltest.OpSetStock, Kind: channeltest.FaultLost, Chance: 0.02},
			{Op: channeltest.OpStock, Kind: channeltest.FaultUnavailable, Chance: 0.02},
			{Op: channeltest.OpOrders, Kind: channeltest.FaultUnavailable, Chance: 0.02},
			{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost, Chance: 0.05},
			{Op: channeltest.OpOrders, Kind: channeltest.FaultThrottled, Chance: 0.02},
		} {
			s.Inject(f)
		}
	}
}

// atRest fails unless every channel shows what is free, and nothing is sent.
func (w *world) atRest(rest time.Duration) {
	w.t.Helper()
	wait(rest)
	free := max(0, w.free())
	writes := 0
	for _, s := range w.shops {
		writes += len(s.Writes())
	}
	wait(5 * time.Hour)
	after := 0
	for _, s := range w.shops {
		after += len(s.Writes())
	}
	bad := after != writes
	if bad {
		w.t.Errorf("%d writes at rest", after-writes)
	}
	for i, s := range w.shops {
		if n := s.Quantity(w.refs[i].ID, ""); n != free {
			w.t.Errorf("%s shows %d, %d are free", s.ID(), n, free)
			bad = true
		}
	}
	if bad {
		w.r.explain(simSKU)
		w.dump()
	}
}

func (w *world) dump() {
	for _, s := range w.shops {
		for _, wr := range s.Writes() {
			expect := "-"
			if wr.Expect != nil {
				expect = strconv.FormatInt(*wr.Expect, 10)
			}
			w.t.Logf("%s %s write %d on %s %s: %d → %d at %s", wr.Sent.Format(time.DateTime), s.ID(), wr.Quantity, expect, wr.State, wr.Before, wr.After, wr.Effective.Format(time.TimeOnly))
		}
	}
}

func TestStockIsLevelAtRest(t *testing.T) {
	sets := []string{"S", "Ba", "Br", "Ha", "Hr", "A", "At", "E", "S Br", "S Ba A", "S Br At E"}
	seeds, lively := *stockSeeds, 12*time.Hour
	switch {
	case seeds > 0:
	case long:
		seeds, lively = 20, 24*time.Hour
		sets = append(sets, "S A E", "S Hr A E")
	case racing || testing.Short():
		seeds, lively = 1, 3*time.Hour
		sets = []string{"S", "S Br At"}
	default:
		seeds = 1
	}
	for _, set := range sets {
		for seed := range seeds {
			for _, faults := range []bool{false, true} {
				if seeds == 1 && len(set) > 2 && !faults {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/%t", strings.ReplaceAll(set, " ", "+"), seed, faults), func(t *testing.T) {
					bubble(t, func(t *testing.T) { simulate(t, seed, lively, faults, strings.Fields(set)) })
				})
			}
		}
	}
}

func simulate(t *testing.T, seed uint64, lively time.Duration, faults bool, names []string) {
	w := newWorld(t, seed, names...)
	w.e = w.r.start()
	wait(2 * time.Minute)
	w.counted = 5 + w.rng.Int64N(20)
	must(t, w.e.Count(t.Context(), simSKU, w.counted))
	wait(time.Hour)
	if faults {
		w.misbehave()
	}
	w.live(lively, 20)
	for _, s := range w.shops {
		s.ClearFaults()
	}
	rest := 12 * time.Hour
	if slices.Contains(names, "E") {
		rest = 110 * time.Hour // until an unpaid sale ends, and its units are given up
	}
	w.atRest(rest)
	t.Logf("asked %d, sold %d, over %d", w.asked, w.sold, w.over)
}
