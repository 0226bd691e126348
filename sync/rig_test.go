package sync_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// rig is an engine over a store in a file and in-memory marketplaces, inside a
// bubble.
type rig struct {
	t      *testing.T
	path   string
	shops  []*channeltest.Memory
	config func(*channelsync.Config)
	wrap   func(channelsync.Store) channelsync.Store
	onNew  func(*channelsync.Engine)

	file   *sqlitestore.Store
	store  channelsync.Store
	engine *channelsync.Engine
	stop   context.CancelFunc
	done   chan error
}

// bubble runs f in a synctest bubble.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func newRig(t *testing.T, shops ...*channeltest.Memory) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "penstock.db"), shops: shops}
	t.Cleanup(r.end)
	return r
}

// open opens the store and makes an engine over it.
func (r *rig) open() *channelsync.Engine {
	r.t.Helper()
	// Nobody pulls the plug on it, and waiting for the disk is a good part of a test.
	file, err := sqlitestore.OpenConfig(sqlitestore.Config{Path: r.path, RelaxCommits: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.file, r.store = file, file
	if r.wrap != nil {
		r.store = r.wrap(file)
	}
	// A sweep hardly ever: nothing but the test of the sweep needs one.
	cfg := channelsync.Config{Store: r.store, Sweep: 12 * time.Hour, NoBackfill: true}
	for _, s := range r.shops {
		cfg.Channels = append(cfg.Channels, s)
	}
	if r.config != nil {
		r.config(&cfg)
	}
	if r.engine, err = channelsync.New(cfg); err != nil {
		r.t.Fatal(err)
	}
	if r.onNew != nil {
		r.onNew(r.engine)
	}
	return r.engine
}

// start opens the store and runs an engine over it.
func (r *rig) start() *channelsync.Engine {
	r.t.Helper()
	r.open()
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan error, 1)
	go func() { r.done <- r.engine.Run(ctx) }()
	return r.engine
}

// end stops the engine and closes the store.
func (r *rig) end() {
	if r.stop != nil {
		r.readable()
		r.stop()
		if err := <-r.done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
		r.stop = nil
	}
	if r.file != nil {
		if err := r.file.Close(); err != nil {
			r.t.Errorf("close store: %v", err)
		}
		r.file = nil
	}
}

// readable checks that whatever is parked says which record it is and what a
// person can do about it.
func (r *rig) readable() {
	r.t.Helper()
	rows, err := r.engine.Parked(context.Background(), channelsync.ParkedFilter{State: channelsync.ParkedAny})
	if err != nil {
		return // the engine of a test of crashes may be dead
	}
	for _, p := range rows {
		record, rest, _ := strings.Cut(p.Reason, ": ")
		why, remedy, ok := strings.Cut(rest, "; remedy: ")
		named := strings.Contains(record, p.Ref) || p.Class == "unlinked" || p.Ref == "all"
		if !ok || !named || why == "" || remedy == "" {
			r.t.Errorf("%s %s is parked with the reason %q", p.Kind, p.Ref, p.Reason)
		}
	}
}

// stored returns every stored order of a channel.
func (r *rig) stored(id channel.ID) []channelsync.StoredOrder {
	r.t.Helper()
	var out []channelsync.StoredOrder
	for o, err := range r.engine.Orders(context.Background(), channelsync.OrderFilter{Channel: id}) {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// sameOrders fails unless the store has exactly the shop's orders, as they are
// there.
func (r *rig) sameOrders(shop *channeltest.Memory) {
	r.t.Helper()
	want := shop.Orders()
	got := r.stored(shop.ID())
	slices.SortFunc(want, func(a, b channel.Order) int { return cmp.Compare(a.ID, b.ID) })
	if len(got) != len(want) {
		r.t.Fatalf("%d orders stored, %d placed", len(got), len(want))
	}
	for i := range want {
		g, w := got[i].Order, want[i]
		if g.ID != w.ID || !g.UpdatedAt.Equal(w.UpdatedAt) || fmt.Sprint(quantities(g)) != fmt.Sprint(quantities(w)) || g.Status != w.Status {
			r.t.Errorf("stored order differs:\n got %v %v %v %v\nwant %v %v %v %v", g.ID, g.UpdatedAt, g.Status, quantities(g), w.ID, w.UpdatedAt, w.Status, quantities(w))
		}
	}
}

func quantities(o channel.Order) []string {
	var out []string
	for _, l := range o.Lines {
		out = append(out, fmt.Sprintf("%s:%d-%d-%d-%d/%d", l.ID, l.Ordered, l.Cancelled, l.Refunded, l.Unshipped, l.Shipped))
	}
	return out
}

// placeOrders sells n orders of one unit.
func placeOrders(t *testing.T, shop *channeltest.Memory, n int) []channel.OrderID {
	t.Helper()
	ref := shop.AddListing(channeltest.NewListing{SKU: "MUG", Quantity: int64(n) * 10})
	var ids []channel.OrderID
	for range n {
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: 2})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// logged keeps what an engine logs.
type logged struct {
	mu    sync.Mutex
	lines []loggedLine
}

type loggedLine struct {
	level slog.Level
	text  string
}

func (l *logged) logger() *slog.Logger { return slog.New(l) }

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := loggedLine{r.Level, r.Message}
	r.Attrs(func(a slog.Attr) bool {
		line.text += " " + a.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

// atLeast returns what was logged at a level or above it.
func (l *logged) atLeast(level slog.Level) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, line := range l.lines {
		if line.level >= level {
			out = append(out, line.text)
		}
	}
	return out
}
