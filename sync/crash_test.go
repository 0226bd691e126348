package sync_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// racing is set under the race detector, where SQLite is twenty times slower.
var racing bool

// every returns how many of the possible crashes to go on by: all of them with
// PENSTOCK_LONG=1.
func every(usually, hurried int) int {
	switch {
	case os.Getenv("PENSTOCK_LONG") != "":
		return 1
	case testing.Short() || racing:
		return hurried
	}
	return usually
}

var errKilled = errors.New("the process is dead")

// mortalStore dies at its nth write: before it is committed, or after, before
// anybody hears of it. From then on it does nothing.
type mortalStore struct {
	channelsync.RelaxedStore
	mu     sync.Mutex
	writes int
	dieAt  int // 0 never
	after  bool
	dead   bool
	died   chan struct{}
	disk   *disk // for a death by a power cut; nil for a kill
}

func (s *mortalStore) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.write(ctx, s.RelaxedStore.Update, true, f)
}

func (s *mortalStore) UpdateRelaxed(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.write(ctx, s.RelaxedStore.UpdateRelaxed, false, f)
}

func (s *mortalStore) write(ctx context.Context, update func(context.Context, func(channelsync.Tx) error) error, synced bool, f func(channelsync.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errKilled
	}
	s.writes++
	dies := s.writes == s.dieAt
	if !dies || s.after {
		if err := update(ctx, f); err != nil {
			return err
		}
		if synced && s.disk != nil && s.writes > s.dieAt-20 {
			s.disk.save()
		}
	} else {
		_ = update(ctx, func(tx channelsync.Tx) error {
			if err := f(tx); err != nil {
				return err
			}
			return errKilled
		})
	}
	if !dies {
		return nil
	}
	s.dead = true
	close(s.died)
	return errKilled
}

// disk is what a power cut leaves of a store: what was there at the last commit
// that waited for it.
type disk struct {
	t     *testing.T
	path  string
	files map[string][]byte
}

func (d *disk) names() []string { return []string{d.path, d.path + "-wal"} }

func (d *disk) save() {
	d.files = map[string][]byte{}
	for _, name := range d.names() {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			d.t.Error(err)
		}
		d.files[name] = b
	}
}

func (d *disk) restore() {
	for _, name := range d.names() {
		if err := os.WriteFile(name, d.files[name], 0o600); err != nil {
			d.t.Error(err)
		}
	}
	if err := os.Remove(d.path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Error(err)
	}
}

func (s *mortalStore) View(ctx context.Context, f func(channelsync.Tx) error) error {
	s.mu.Lock()
	dead := s.dead
	s.mu.Unlock()
	if dead {
		return errKilled
	}
	return s.RelaxedStore.View(ctx, f)
}

// crashWorld is a marketplace, an engine that may die once, and a seller who
// goes on.
type crashWorld struct {
	*rig
	shop   *channeltest.Memory
	mortal *mortalStore
	events map[channel.OrderID][]string // kinds, as told
	lively int                          // writes until only idle ones are left
}

func newCrashWorld(t *testing.T, shop *channeltest.Memory, dieAt int, after bool) *crashWorld {
	t.Helper()
	w := &crashWorld{rig: newRig(t, shop), shop: shop, events: map[channel.OrderID][]string{}}
	w.mortal = &mortalStore{dieAt: dieAt, after: after, died: make(chan struct{})}
	w.wrap = func(s channelsync.Store) channelsync.Store {
		if w.mortal.dead {
			return s
		}
		w.mortal.RelaxedStore = s.(channelsync.RelaxedStore)
		if w.mortal.disk != nil {
			w.mortal.disk.save()
		}
		return w.mortal
	}
	// Often enough to die in.
	w.config = func(c *channelsync.Config) { c.ReconcileEvery = 25 * time.Minute }
	var mu sync.Mutex
	w.onNew = func(e *channelsync.Engine) {
		e.OnOrder("warehouse", func(_ context.Context, ev channelsync.OrderEvent) error {
			mu.Lock()
			defer mu.Unlock()
			kinds := w.events[ev.Order.ID]
			entry := fmt.Sprintf("%d %s", ev.Seq, ev.Kind)
			if !slices.Contains(kinds, entry) { // told again after a crash
				w.events[ev.Order.ID] = append(kinds, entry)
			}
			return nil
		})
	}
	return w
}

// pass lets time pass, through a death and the restart after it.
func (w *crashWorld) pass(d time.Duration) {
	w.t.Helper()
	end := time.Now().Add(d)
	select {
	case <-time.After(d):
	case <-w.mortal.died:
		w.restart()
		time.Sleep(time.Until(end))
	}
}

func (w *crashWorld) restart() {
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Log("the dead one says:", err)
	}
	w.stop = nil
	if err := w.file.Close(); err != nil {
		w.t.Fatal(err)
	}
	if w.mortal.disk != nil {
		w.mortal.disk.restore()
	}
	w.mortal.died = make(chan struct{})
	w.start()
}

// byPowerCut makes the engine's death take from the disk what never waited for
// it.
func (w *crashWorld) byPowerCut() *crashWorld {
	w.mortal.disk = &disk{t: w.t, path: w.path}
	return w
}

// do makes a call, again after a death.
func (w *crashWorld) do(f func(e *channelsync.Engine) error) {
	w.t.Helper()
	err := f(w.engine)
	if errors.Is(err, errKilled) {
		w.restart()
		err = f(w.engine)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// live is a seller's hour: orders, edits, parcels with and without numbers, a
// cancellation, a refund, and a lost answer.
func (w *crashWorld) live() {
	w.t.Helper()
	t, shop := w.t, w.shop
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ids := placeOrders(t, shop, 8)
	w.start()
	w.pass(time.Minute)
	ref := func(i int) channelsync.OrderRef { return channelsync.OrderRef{Channel: shop.ID(), ID: ids[i]} }
	line := func(i int) channel.LineID {
		o, err := shop.Order(ids[i])
		must(err)
		return o.Lines[0].ID
	}
	shop.Inject(channeltest.Fault{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost, After: 1})
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(context.Background(), channelsync.Shipment{Order: ref(0), Carrier: "UPS", Tracking: "1Z1"})
	})
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(context.Background(), channelsync.Shipment{Order: ref(1), Carrier: "UPS", Tracking: "1Z2", Lines: []channelsync.ShipmentLine{{Line: line(1), Quantity: 1}}})
	})
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(context.Background(), channelsync.Shipment{Key: "no-number", Order: ref(2)})
	})
	must(shop.Cancel(ids[3]))
	must(shop.EditLine(ids[4], line(4), 3))
	w.pass(10 * time.Minute)
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(context.Background(), channelsync.Shipment{Order: ref(1), Carrier: "UPS", Tracking: "1Z3"})
	})
	w.do(func(e *channelsync.Engine) error {
		return e.Ship(context.Background(), channelsync.Shipment{Order: ref(4), Carrier: "DHL", Tracking: "00340"})
	})
	must(shop.Refund(ids[5], line(5), 1, true))
	w.pass(30 * time.Minute)
	w.pass(30 * time.Minute)
}

// endState is what must be the same however the engine died on the way.
type endState struct {
	Orders  []string
	Parcels []string
	Demand  []string
	Totals  map[string]int64
	Told    []string
}

func (w *crashWorld) end() endState {
	w.t.Helper()
	w.sameOrders(w.shop)
	var s endState
	ctx := context.Background()
	var ids []channel.OrderID
	for _, o := range w.stored(w.shop.ID()) {
		ids = append(ids, o.Order.ID)
		s.Orders = append(s.Orders, fmt.Sprint(o.Order.ID, o.Open, o.Order.Status.Value, quantities(o.Order)))
		ships, err := w.engine.Shipments(ctx, channelsync.OrderRef{Channel: w.shop.ID(), ID: o.Order.ID})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, p := range ships {
			s.Parcels = append(s.Parcels, fmt.Sprint(o.Order.ID, " ", p.Seq, " ", p.Tracking.Number, " ", p.State, " ", p.Lines))
		}
		kinds := slices.Clone(w.events[o.Order.ID])
		for i := range kinds {
			_, kinds[i], _ = strings.Cut(kinds[i], " ")
		}
		if len(kinds) == 0 || kinds[0] != string(channelsync.OrderCreated) {
			w.t.Errorf("order %s: told %v", o.Order.ID, kinds)
		}
		s.Told = append(s.Told, fmt.Sprint(o.Order.ID, " created"))
	}
	// What really is on the marketplace: one record for each parcel at most.
	keys := map[string]int{}
	for _, p := range w.shop.Parcels() {
		keys[p.Key]++
	}
	for key, n := range keys {
		if n > 1 {
			w.t.Errorf("parcel %q has %d records on the marketplace", key, n)
		}
	}
	err := w.store.View(ctx, func(tx channelsync.Tx) error {
		rows, err := tx.Demand(ctx, w.shop.ID(), ids)
		if err != nil {
			return err
		}
		var open int64
		for _, d := range rows {
			open += d.Open
			s.Demand = append(s.Demand, fmt.Sprint(d.Order, " ", d.Line, " ", d.SKU, " ", d.Open, " ", d.Shipped))
		}
		slices.Sort(s.Demand)
		totals, err := tx.UnlinkedTotals(ctx, w.shop.ID())
		s.Totals = map[string]int64{}
		for _, t := range totals {
			s.Totals[t.SKU] += t.Open
		}
		for sku, n := range s.Totals {
			if n != open {
				w.t.Errorf("totals of %s say %d open, the lines %d", sku, n, open)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// settle does what a person does about a parcel that ended unconfirmed: looks,
// and says whether the marketplace has it. Only the one without a number may
// need that.
func (w *crashWorld) settle() {
	w.t.Helper()
	ctx := context.Background()
	parked, err := w.engine.Parked(ctx, channelsync.ParkedFilter{Kind: "shipment"})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range parked {
		if p.Ref != "no-number" || p.Class != string(channelsync.ShipmentUnconfirmed) {
			w.t.Errorf("parked: %+v", p)
			continue
		}
		reached := slices.ContainsFunc(w.shop.Parcels(), func(r channeltest.Parcel) bool { return r.Key == p.Ref })
		if err := w.engine.SettleShipment(ctx, p.Ref, reached); err != nil {
			w.t.Error(err)
		}
	}
	if len(parked) > 0 {
		wait(10 * time.Minute)
	}
}

func crashShop() *channeltest.Memory {
	return channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 3, Latency: channeltest.Exactly(200 * time.Millisecond)})
}

// Killed at any write to its store, before the commit or right after it, the
// engine ends where an undisturbed one does.
func TestCrashAtEveryWrite(t *testing.T) {
	var want endState
	writes := 0
	bubble(t, func(t *testing.T) {
		w := newCrashWorld(t, crashShop(), 0, false)
		w.live()
		want = w.end()
		writes = w.mortal.writes
	})
	t.Logf("%d writes", writes)
	for i, after := range []bool{false, true} {
		for at := 1 + i; at <= writes; at += every(3, 37) {
			t.Run(fmt.Sprintf("write %d after=%v", at, after), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newCrashWorld(t, crashShop(), at, after)
					w.live()
					w.settle()
					got := w.end()
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("(-undisturbed +killed):\n%s", d)
					}
				})
			})
		}
	}
}

// A power cut takes what was committed last, and still the end is the same:
// what the engine told anybody else was on the disk before.
func TestPowerCutAtEveryWrite(t *testing.T) {
	var want endState
	writes := 0
	bubble(t, func(t *testing.T) {
		w := newCrashWorld(t, crashShop(), 0, false)
		w.live()
		want = w.end()
		writes = w.mortal.writes
	})
	step := every(5, 61)
	for i, after := range []bool{false, true} {
		for at := 1 + i*step/2; at <= writes; at += step {
			t.Run(fmt.Sprintf("write %d after=%v", at, after), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newCrashWorld(t, crashShop(), at, after).byPowerCut()
					w.live()
					w.settle()
					if d := cmp.Diff(want, w.end()); d != "" {
						t.Errorf("(-undisturbed +cut off):\n%s", d)
					}
				})
			})
		}
	}
}

// Whatever goes wrong at any one request, the end is the same.
func TestFaultAtEveryRequest(t *testing.T) {
	var want endState
	calls := 0
	bubble(t, func(t *testing.T) {
		w := newCrashWorld(t, crashShop(), 0, false)
		w.live()
		want = w.end()
		calls = w.shop.Calls("")
	})
	t.Logf("%d calls", calls)
	step := every(7, 83)
	for i, kind := range []channeltest.FaultKind{
		channeltest.FaultUnavailable, channeltest.FaultThrottled, channeltest.FaultLost, channeltest.FaultAnswerLost, channeltest.FaultTruncated,
		channeltest.FaultStall, channeltest.FaultStallAfter, channeltest.FaultStale, channeltest.FaultRepeat, channeltest.FaultCursorLost,
		channeltest.FaultConflict, channeltest.FaultStaleHandle,
	} {
		for at := i % step; at < calls; at += step {
			t.Run(fmt.Sprintf("%s at %d", kind, at), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					shop := crashShop()
					w := newCrashWorld(t, shop, 0, false)
					shop.Inject(channeltest.Fault{Kind: kind, After: at})
					w.live()
					w.settle()
					if d := cmp.Diff(want, w.end()); d != "" {
						t.Errorf("(-undisturbed +disturbed):\n%s", d)
					}
				})
			})
		}
	}
}
