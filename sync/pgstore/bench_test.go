package pgstore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/pgtest"
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

func newPage(ch channel.ID, n int, at time.Time) *page {
	p := &page{lane: channelsync.LaneRow{Channel: ch, Lane: channelsync.LaneImport, OKAt: at, State: []byte("cursor")}}
	doc, payload, event := make([]byte, 1500), make([]byte, 2500), make([]byte, 120)
	for i := range pageOrders {
		id := channel.OrderID(fmt.Sprintf("gid://shopify/Order/%012d", n*pageOrders+i))
		p.ids = append(p.ids, id)
		p.orders = append(p.orders, channelsync.OrderRow{
			Channel: ch, ID: id, Number: fmt.Sprint("#", i), PlacedAt: at, UpdatedAt: at, SeenAt: at, Open: true, Doc: doc,
		})
		p.raw = append(p.raw, channelsync.RawRow{Channel: ch, Order: id, Part: 1, ReadAt: at, Payload: payload})
		p.outbox = append(p.outbox, channelsync.OutboxRow{Channel: ch, Kind: "order", Order: id, At: at, Doc: event})
		for line := range 3 {
			sku := fmt.Sprintf("SKU-%04d", (i*3+line)%400)
			p.demand = append(p.demand, channelsync.DemandRow{
				Channel: ch, Order: id, Line: channel.LineID(fmt.Sprintf("%s/%d", id, line)), SKU: sku,
				Listing: channel.ListingID(sku), Open: 1, PlacedAt: at,
			})
			p.totals = append(p.totals, channelsync.TotalRow{
				Channel: ch, Listing: channel.ListingID(sku), SKU: sku, Account: "acme", Item: sku, Units: 1, Open: 1, OldestAt: at,
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
		b.Error(err)
	}
}

func openBench(b *testing.B) *Store {
	b.Helper()
	return openAt(b, pgtest.DurableURL(b))
}

func benchLeases(b *testing.B, s *Store, n int) (all []channelsync.Lease) {
	b.Helper()
	ctx := b.Context()
	must(b, s.Update(ctx, func(tx channelsync.Tx) error {
		all = nil
		for i := range n {
			id := channel.ID(fmt.Sprintf("shop-%d", i))
			if err := tx.AddChannels(ctx, []channelsync.ChannelRow{{ID: id}}); err != nil {
				return err
			}
			l, _, err := tx.Claim(ctx, id, "bench", time.Now(), time.Now().Add(time.Hour))
			if err != nil {
				return err
			}
			all = append(all, l)
		}
		return nil
	}))
	return all
}

func perSecond(b *testing.B, n int, what string) {
	b.Helper()
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), what+"/s")
}

func BenchmarkInsertPage(b *testing.B) {
	s := openBench(b)
	l := benchLeases(b, s, 1)[0]
	at := time.Now()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		p := newPage(l.Channel, n, at)
		n++
		b.StartTimer()
		p.store(b, s, l)
	}
	perSecond(b, pageOrders, "orders")
}

// BenchmarkInsertPages has four channels at once.
func BenchmarkInsertPages(b *testing.B) {
	s := openBench(b)
	leases := benchLeases(b, s, 4)
	at := time.Now()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		pages := make([]*page, len(leases))
		for i, l := range leases {
			pages[i] = newPage(l.Channel, n, at)
		}
		n++
		b.StartTimer()
		var group sync.WaitGroup
		for i, l := range leases {
			group.Go(func() { pages[i].store(b, s, l) })
		}
		group.Wait()
	}
	perSecond(b, pageOrders*len(leases), "orders")
}

func BenchmarkUpdatePage(b *testing.B) {
	s := openBench(b)
	l := benchLeases(b, s, 1)[0]
	at := time.Now()
	pages := make([]*page, 20)
	for n := range pages {
		pages[n] = newPage(l.Channel, n, at)
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
	s := openBench(b)
	l := benchLeases(b, s, 1)[0]
	p := newPage(l.Channel, 0, time.Now())
	p.store(b, s, l)
	b.ReportAllocs()
	for b.Loop() {
		err := s.View(b.Context(), func(tx channelsync.Tx) error {
			orders, err := tx.Orders(b.Context(), l.Channel, p.ids)
			if err != nil || len(orders) != pageOrders {
				return fmt.Errorf("%d orders: %w", len(orders), err)
			}
			_, err = tx.Demand(b.Context(), l.Channel, p.ids)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, pageOrders, "orders")
}

// addMany adds channels that are due at once.
func addMany(b *testing.B, s *Store, n int) []channel.ID {
	b.Helper()
	ids := make([]channel.ID, n)
	rows := make([]channelsync.ChannelRow, n)
	for i := range ids {
		ids[i] = channel.ID(fmt.Sprintf("channel-%05d", i))
		rows[i].ID = ids[i]
	}
	must(b, s.Update(b.Context(), func(tx channelsync.Tx) error { return tx.AddChannels(b.Context(), rows) }))
	return ids
}

func turn(b *testing.B, s *Store, id channel.ID, now time.Time) {
	b.Helper()
	var l channelsync.Lease
	err := s.UpdateRelaxed(b.Context(), func(tx channelsync.Tx) (err error) {
		l, _, err = tx.Claim(b.Context(), id, "me", now, now.Add(time.Minute))
		return err
	})
	if err == nil {
		err = s.UpdateRelaxed(b.Context(), func(tx channelsync.Tx) error {
			_, err := tx.Release(b.Context(), l, now, now.Add(time.Minute))
			return err
		})
	}
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkClaimRelease(b *testing.B) { // as a visit does
	s := openBench(b)
	ids := addMany(b, s, 5000)
	now := time.Now()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		turn(b, s, ids[i%len(ids)], now)
		i++
	}
	perSecond(b, 1, "turns")
}

// BenchmarkClaimReleaseParallel has eight workers.
func BenchmarkClaimReleaseParallel(b *testing.B) {
	s := openBench(b)
	ids := addMany(b, s, 5000)
	now := time.Now()
	b.ReportAllocs()
	b.ResetTimer()
	b.SetParallelism(4)
	var i atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			turn(b, s, ids[int(i.Add(1))%len(ids)], now)
		}
	})
	perSecond(b, 1, "turns")
}

func BenchmarkDueChannels(b *testing.B) {
	s := openBench(b)
	addMany(b, s, 5000)
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

func BenchmarkOpen(b *testing.B) {
	address := pgtest.DurableURL(b)
	closeStore(b, openAt(b, address))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(b.Context(), address)
		if err != nil {
			b.Fatal(err)
		}
		closeStore(b, s)
	}
}
