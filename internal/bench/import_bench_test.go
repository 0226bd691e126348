package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// BenchmarkImportEndToEnd is a first import of 5,000 orders of three lines with
// every field, from a fake in another process over loopback to committed rows:
// orders, payloads, demand, totals, events. In the same run the rows it
// committed are read back and upserted into a fresh file, as many orders a
// transaction, by prepared statements through database/sql and the same driver:
// only the upserts are timed. An iteration is one round of these; figures are
// the medians of the rounds. "ratio" is the import's orders per second against
// the upserts', row by row and 25 rows a statement, whichever was faster;
// "row-ratio" against those row by row; "cpu-ratio" the upserts' processor time
// against the import's.
//
// Each comes twice: with the fake at work, which on two cores costs the import
// time, and with a fake that repeats answers it gave before.
func BenchmarkImportEndToEnd(b *testing.B) {
	const orders = 5000
	for _, kind := range []string{onShopify, onBigCommerce} {
		for _, fake := range []string{"at work", "recalling"} {
			b.Run(kind+"/fake "+fake, func(b *testing.B) {
				what := fmt.Sprint(kind, " ", orders)
				if fake == "recalling" {
					what += " recall"
				}
				url := startFake(b, what)
				dir := b.TempDir()
				// Not measured: it lets the fake make its answers, if it keeps
				// them.
				importAll(b, kind, url, filepath.Join(dir, "first.db"), orders)
				figures := map[string][]float64{}
				note := func(unit string, x float64) { figures[unit] = append(figures[unit], x) }
				for n := 0; b.Loop(); n++ {
					stored := filepath.Join(dir, fmt.Sprintf("%d.db", n))
					engine := importAll(b, kind, url, stored, orders)
					rows := upserts(b.Context(), b, stored, filepath.Join(dir, fmt.Sprintf("%d-rows.db", n)), kind, 1)
					bulk := upserts(b.Context(), b, stored, filepath.Join(dir, fmt.Sprintf("%d-bulk.db", n)), kind, 25)
					note("orders/s", orders/engine.wall.Seconds())
					note("row-upserts/s", orders/rows.wall.Seconds())
					note("bulk-upserts/s", orders/bulk.wall.Seconds())
					note("ratio", float64(min(rows.wall, bulk.wall))/float64(engine.wall))
					note("row-ratio", float64(rows.wall)/float64(engine.wall))
					if engine.cpu > 0 {
						note("cpu-µs/order", float64(engine.cpu.Microseconds())/orders)
						note("cpu-ratio", float64(min(rows.cpu, bulk.cpu))/float64(engine.cpu))
					}
				}
				b.ReportMetric(0, "ns/op")
				for unit, all := range figures {
					slices.Sort(all)
					b.ReportMetric(all[len(all)/2], unit)
				}
			})
		}
	}
}

// importAll imports a marketplace into a new file, until its walk is over.
func importAll(tb testing.TB, kind, url, path string, orders int) stretch {
	tb.Helper()
	store, err := sqlitestore.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	ch, err := channelAt(kind, url)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{ch}, NoBackfill: true})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	began := now()
	go func() { done <- e.Run(ctx) }()
	for !imported(ctx, tb, e) {
		select {
		case <-look.C:
		case err := <-done:
			tb.Fatal("the engine ended: ", err)
		}
	}
	spent := began.since()
	cancel()
	if err := <-done; err != nil {
		tb.Fatal(err)
	}
	n := 0
	err = store.View(tb.Context(), func(tx channelsync.Tx) error {
		for after := channel.OrderID(""); ; {
			rows, err := tx.OrderPage(tb.Context(), ch.ID(), after, 1000)
			if err != nil || len(rows) == 0 {
				return err
			}
			n, after = n+len(rows), rows[len(rows)-1].ID
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	if n != orders {
		tb.Fatalf("%d orders stored of %d", n, orders)
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	return spent
}

// imported reports whether every channel's first walk is over.
func imported(ctx context.Context, tb testing.TB, e *channelsync.Engine) bool {
	tb.Helper()
	states, err := e.State(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if len(states) == 0 {
		return false
	}
	for _, s := range states {
		for _, l := range s.Lanes {
			if l.Lane == channelsync.LaneImport && l.Watermark.IsZero() {
				if l.Reason != "" {
					tb.Fatalf("%s: %s", s.Channel, l.Reason)
				}
				return false
			}
		}
	}
	return true
}
