package sqlitestore

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// page is what importing 250 orders of three lines writes.
type page struct {
	orders []channelsync.OrderRow
	raw    []channelsync.RawRow
	demand []channelsync.DemandRow
	totals []channelsync.TotalRow
	outbox []channelsync.OutboxRow
	lane   channelsync.LaneRow
	ids    []channel.OrderID
}

const pageOrders = 250

func newPage(n int, at time.Time) *page {
	p := &page{lane: channelsync.LaneRow{Channel: "shop", Lane: channelsync.LaneImport, OKAt: at, State: []byte("cursor")}}
	doc, payload, event := make([]byte, 1500), make([]byte, 2500), make([]byte, 120)
	for i := range pageOrders {
		id := channel.OrderID(fmt.Sprintf("gid://shopify/Order/%012d", n*pageOrders+i))
		p.ids = append(p.ids, id)
		p.orders = append(p.orders, channelsync.OrderRow{
			Channel: "shop", ID: id, Number: fmt.Sprint("#", i), PlacedAt: at, UpdatedAt: at, SeenAt: at, Open: true, Doc: doc,
		})
		p.raw = append(p.raw, channelsync.RawRow{Channel: "shop", Order: id, Part: 1, ReadAt: at, Payload: payload})
		p.outbox = append(p.outbox, channelsync.OutboxRow{Channel: "shop", Kind: "order", Order: id, At: at, Doc: event})
		for line := range 3 {
			sku := fmt.Sprintf("SKU-%04d", (i*3+line)%400)
			p.demand = append(p.demand, channelsync.DemandRow{
				Channel: "shop", Order: id, Line: channel.LineID(fmt.Sprintf("%s/%d", id, line)), SKU: sku,
				Listing: channel.ListingID(sku), Open: 1, PlacedAt: at,
			})
			p.totals = append(p.totals, channelsync.TotalRow{
				Channel: "shop", Listing: channel.ListingID(sku), SKU: sku, Account: "acme", Item: sku, Units: 1, Open: 1, OldestAt: at,
			})
		}
	}
	return p
}

func (p *page) store(b *testing.B, s *Store, l channelsync.Lease) {
	b.Helper()
	ctx := b.Context()
	err := s.Update(ctx, func(tx channelsync.Tx) error {
		if err := tx.Hold(ctx, l); err != nil {
			return err
		}
		if err := tx.PutOrders(ctx, p.orders); err != nil {
			return err
		}
		if err := tx.PutRaw(ctx, p.raw); err != nil {
			return err
		}
		if err := tx.PutDemand(ctx, p.demand); err != nil {
			return err
		}
		if err := tx.AddTotals(ctx, p.totals); err != nil {
			return err
		}
		if err := tx.AppendOutbox(ctx, p.outbox); err != nil {
			return err
		}
		return tx.PutLanes(ctx, []channelsync.LaneRow{p.lane})
	})
	if err != nil {
		b.Fatal(err)
	}
}

func benchLease(b *testing.B, s *Store) (l channelsync.Lease) {
	b.Helper()
	err := s.Update(b.Context(), func(tx channelsync.Tx) (err error) {
		if err := tx.AddChannels(b.Context(), []channelsync.ChannelRow{{ID: "shop"}}); err != nil {
			return err
		}
		l, _, err = tx.Claim(b.Context(), "shop", "bench", time.Now(), time.Now().Add(time.Hour))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func perSecond(b *testing.B, n int, what string) {
	b.Helper()
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), what+"/s")
}

func BenchmarkInsertPage(b *testing.B) { benchInsert(b, openBench(b, false)) }

func BenchmarkInsertPageRelaxed(b *testing.B) { benchInsert(b, openBench(b, true)) }

func openBench(b *testing.B, relax bool) *Store {
	b.Helper()
	s, err := OpenConfig(Config{Path: filepath.Join(b.TempDir(), "penstock.db"), RelaxCommits: relax})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { closeStore(b, s) })
	return s
}

func benchInsert(b *testing.B, s *Store) {
	b.Helper()
	l := benchLease(b, s)
	at := time.Now()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		p := newPage(n, at)
		n++
		b.StartTimer()
		p.store(b, s, l)
	}
	perSecond(b, pageOrders, "orders")
}

func BenchmarkUpdatePage(b *testing.B) {
	s := openBench(b, false)
	l := benchLease(b, s)
	at := time.Now()
	pages := make([]*page, 20)
	for n := range pages {
		pages[n] = newPage(n, at)
		pages[n].store(b, s, l)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		pages[n%len(pages)].store(b, s, l)
		n++
	}
	perSecond(b, pageOrders, "orders")
}

func BenchmarkReadPage(b *testing.B) {
	s := openBench(b, false)
	p := newPage(0, time.Now())
	p.store(b, s, benchLease(b, s))
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(b.Context(), func(tx channelsync.Tx) error {
			orders, err := tx.Orders(b.Context(), "shop", p.ids)
			if err != nil || len(orders) != pageOrders {
				return fmt.Errorf("%d orders: %w", len(orders), err)
			}
			_, err = tx.Demand(b.Context(), "shop", p.ids)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, pageOrders, "orders")
}

func BenchmarkClaimRelease(b *testing.B) { // as a visit does
	s := openBench(b, false)
	benchClaim(b, s, s.UpdateRelaxed)
}

func BenchmarkClaimReleaseSynced(b *testing.B) {
	s := openBench(b, false)
	benchClaim(b, s, s.Update)
}

func benchClaim(b *testing.B, s *Store, update func(context.Context, func(channelsync.Tx) error) error) {
	b.Helper()
	const n = 5000
	ids := make([]channel.ID, n)
	rows := make([]channelsync.ChannelRow, n)
	for i := range ids {
		ids[i] = channel.ID(fmt.Sprintf("channel-%04d", i))
		rows[i].ID = ids[i]
	}
	err := s.Update(b.Context(), func(tx channelsync.Tx) error { return tx.AddChannels(b.Context(), rows) })
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		var l channelsync.Lease
		err := update(b.Context(), func(tx channelsync.Tx) (err error) {
			l, _, err = tx.Claim(b.Context(), ids[i%n], "me", now, now.Add(time.Minute))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		err = update(b.Context(), func(tx channelsync.Tx) error {
			_, err := tx.Release(b.Context(), l, now, now.Add(time.Minute))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		i++
	}
	perSecond(b, 1, "turns")
}

func BenchmarkDueChannels(b *testing.B) {
	s := openBench(b, false)
	const n = 5000
	rows := make([]channelsync.ChannelRow, n)
	for i := range rows {
		rows[i].ID = channel.ID(fmt.Sprintf("channel-%04d", i))
	}
	err := s.Update(b.Context(), func(tx channelsync.Tx) error { return tx.AddChannels(b.Context(), rows) })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(b.Context(), func(tx channelsync.Tx) error {
			due, _, err := tx.DueChannels(b.Context(), time.Now(), 64)
			if err == nil && len(due) != 64 {
				err = fmt.Errorf("%d due", len(due))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnwoken(b *testing.B) {
	s := openBench(b, false)
	const n = 5000
	rows := make([]channelsync.ChannelRow, n)
	var levels []channelsync.LevelRow
	for i := range rows {
		rows[i].ID = channel.ID(fmt.Sprintf("channel-%04d", i))
		levels = append(levels, channelsync.LevelRow{LevelKey: channelsync.LevelKey{Channel: rows[i].ID, Listing: "1"}, DueAt: time.Now().Add(time.Hour)})
	}
	err := s.Update(b.Context(), func(tx channelsync.Tx) error {
		if err := tx.AddChannels(b.Context(), rows); err != nil {
			return err
		}
		for _, r := range rows {
			l, _, err := tx.Claim(b.Context(), r.ID, "me", time.Now(), time.Now())
			if err != nil {
				return err
			}
			if _, err := tx.Release(b.Context(), l, time.Now(), time.Now().Add(time.Hour)); err != nil {
				return err
			}
		}
		return tx.PutLevels(b.Context(), levels)
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(b.Context(), func(tx channelsync.Tx) error {
			ids, err := tx.Unwoken(b.Context(), time.Now(), 1000)
			if err == nil && len(ids) != 0 {
				err = fmt.Errorf("%d unwoken", len(ids))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(filepath.Join(b.TempDir(), "penstock.db"))
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInsertPageDatabaseSQL puts the same rows through database/sql, with
// the same statements prepared once: what speaking to the driver directly is
// measured against.
func BenchmarkInsertPageDatabaseSQL(b *testing.B) {
	s := openBench(b, false)
	benchLease(b, s)
	db := other(b, s.writeDSN)
	stmts := map[*query]*stdsql.Stmt{}
	for _, q := range []*query{sqlPutOrder[0], sqlPutRaw[0], sqlPutDemand[0], sqlAddTotal[0], sqlAppendOutbox[0], sqlPutLane} {
		stmt, err := db.PrepareContext(b.Context(), q.text)
		if err != nil {
			b.Fatal(err)
		}
		defer stmt.Close()
		stmts[q] = stmt
	}
	at := time.Now()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		p := newPage(n, at)
		n++
		b.StartTimer()
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		exec := func(q *query) func(args ...any) {
			stmt := tx.StmtContext(b.Context(), stmts[q])
			return func(args ...any) {
				if _, err := stmt.ExecContext(b.Context(), args...); err != nil {
					b.Fatal(err)
				}
			}
		}
		put := exec(sqlPutOrder[0])
		for _, r := range p.orders {
			put(string(r.Channel), string(r.ID), r.Number, r.PlacedAt.UnixNano(), r.UpdatedAt.UnixNano(), r.SeenAt.UnixNano(), r.Open, r.Gone, r.Erased, r.Reread, r.Doc)
		}
		put = exec(sqlPutRaw[0])
		for _, r := range p.raw {
			put(string(r.Channel), string(r.Order), int64(r.Part), r.ReadAt.UnixNano(), r.Payload)
		}
		put = exec(sqlPutDemand[0])
		for _, r := range p.demand {
			put(string(r.Channel), string(r.Order), string(r.Line), r.SKU, string(r.Listing), r.Open, r.Shipped, r.PlacedAt.UnixNano())
		}
		put = exec(sqlAddTotal[0])
		for _, r := range p.totals {
			put(string(r.Channel), string(r.Listing), r.SKU, string(r.Account), r.Item, r.Units, r.Open, r.Shipped, r.OldestAt.UnixNano())
		}
		put = exec(sqlAppendOutbox[0])
		for _, r := range p.outbox {
			put(string(r.Channel), r.Kind, string(r.Order), r.At.UnixNano(), r.Doc)
		}
		exec(sqlPutLane)("shop", "import", 0, 0, 0, 0, "", "", false, []byte("cursor"))
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, pageOrders, "orders")
}
