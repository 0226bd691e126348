package bench

import (
	"context"
	"fmt"
	"path/filepath"
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
// only the upserts are timed. "ratio" is the import's orders per second against
// the faster upserts', "cpu-ratio" the upserts' processor time against the
// import's.
//
// Each comes twice: with the fake at work, which on two cores costs the import
// time, and with a fake that repeats answers it gave before.
func BenchmarkImportEndToEnd(b *testing.B) {
	const orders = 5000
	for _, kind := range []string{onShopify, onShopifyOne, onBigCommerce} {
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
				var engine, rows, bulk stretch
				n := 0
				for b.Loop() {
					n++
					stored := filepath.Join(dir, fmt.Sprintf("%d.db", n))
					engine.add(importAll(b, kind, url, stored, orders))
					rows.add(upserts(b.Context(), b, stored, filepath.Join(dir, fmt.Sprintf("%d-rows.db", n)), kind, 1))
					bulk.add(upserts(b.Context(), b, stored, filepath.Join(dir, fmt.Sprintf("%d-bulk.db", n)), kind, 25))
				}
				perSecond := func(s stretch) float64 { return float64(n*orders) / s.wall.Seconds() }
				best, cpu := max(perSecond(rows), perSecond(bulk)), min(rows.cpu, bulk.cpu)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(perSecond(engine), "orders/s")
				b.ReportMetric(perSecond(rows), "row-upserts/s")
				b.ReportMetric(perSecond(bulk), "bulk-upserts/s")
				b.ReportMetric(perSecond(engine)/best, "ratio")
				b.ReportMetric(float64(engine.cpu.Microseconds())/float64(n*orders), "cpu-µs/order")
				if engine.cpu > 0 {
					b.ReportMetric(float64(cpu)/float64(engine.cpu), "cpu-ratio")
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
