package channeltest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestFaultsHaveTheirClass(t *testing.T) {
	for kind, class := range classOf {
		t.Run(string(kind), func(t *testing.T) {
			m := NewMemory(MemoryConfig{})
			m.Inject(Fault{Kind: kind, RetryAfter: time.Minute})
			_, err := m.OrderPage(t.Context(), channel.OrderQuery{})
			if !errors.Is(err, class) {
				t.Errorf("err = %v, want %v", err, class)
			}
			if wait := channel.RetryAfter(err); (wait == time.Minute) != (kind == FaultThrottled) {
				t.Errorf("retry after %s", wait)
			}
			if _, err := m.OrderPage(t.Context(), channel.OrderQuery{}); err != nil {
				t.Errorf("it strikes once: %v", err)
			}
		})
	}
}

func TestFaultStrikesWhenItShould(t *testing.T) {
	m := NewMemory(MemoryConfig{})
	m.Inject(Fault{Op: OpOrders, Kind: FaultUnavailable, After: 1, Times: 2})
	var got []bool
	for range 5 {
		if _, err := m.ListingPage(t.Context(), channel.ListingQuery{}); err != nil {
			t.Fatal("another operation is struck", err)
		}
		_, err := m.OrderPage(t.Context(), channel.OrderQuery{})
		got = append(got, err != nil)
	}
	if got[0] || !got[1] || !got[2] || got[3] || got[4] {
		t.Errorf("struck %v", got)
	}
	lift := m.Inject(Fault{Kind: FaultUnavailable, Times: -1})
	if _, err := m.OrderPage(t.Context(), channel.OrderQuery{}); err == nil {
		t.Error("not in force")
	}
	lift()
	if _, err := m.OrderPage(t.Context(), channel.OrderQuery{}); err != nil {
		t.Error("not lifted")
	}
	if m.Calls(OpOrders) != 7 || m.Calls("") != 12 {
		t.Errorf("calls %d of %d", m.Calls(OpOrders), m.Calls(""))
	}
}

func TestFaultByChanceIsSeeded(t *testing.T) {
	run := func(seed uint64) (struck int) {
		m := NewMemory(MemoryConfig{Seed: seed})
		m.Inject(Fault{Kind: FaultUnavailable, Chance: 0.3})
		for i := range 1000 {
			if _, err := m.OrderPage(t.Context(), channel.OrderQuery{}); err != nil {
				struck += i
			}
		}
		return struck
	}
	if a, b := run(1), run(1); a != b {
		t.Errorf("the same seed strikes otherwise: %d, %d", a, b)
	}
	if a, b := run(1), run(2); a == b {
		t.Error("another seed strikes the same")
	}
}

func TestStallObeysTheContext(t *testing.T) {
	for _, tt := range []struct {
		kind  FaultKind
		shown int64
	}{{FaultStall, 10}, {FaultStallAfter, 4}} {
		t.Run(string(tt.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := NewMemory(MemoryConfig{})
				mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
				m.Inject(Fault{Op: OpSetStock, Kind: tt.kind})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				results, err := m.SetStock(ctx, level1(mug, 4))
				if err != nil || results[0].State != channel.StockUnsure || !errors.Is(results[0].Err, context.DeadlineExceeded) {
					t.Errorf("%+v, %v", results, err)
				}
				if got := m.Quantity(mug.ID, ""); got != tt.shown {
					t.Errorf("shown %d, want %d", got, tt.shown)
				}
			})
		})
	}
}

func TestStaleReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 2}}})
		before := orderOf(t, m, id)
		time.Sleep(time.Minute)
		ok(t, m.Cancel(id))
		m.Inject(Fault{Kind: FaultStale, Times: 2})
		page, err := m.OrderPage(t.Context(), channel.OrderQuery{})
		ok(t, err)
		if got := page.Items[0]; !got.UpdatedAt.Equal(before.UpdatedAt) || got.Lines[0].Cancelled != 0 {
			t.Errorf("not the version before: %+v", got)
		}
		stock, err := m.StockPage(t.Context(), channel.StockQuery{})
		ok(t, err)
		if stock.Items[0].Quantity != 8 || m.Quantity(mug.ID, "") != 10 {
			t.Errorf("read %d, shown %d", stock.Items[0].Quantity, m.Quantity(mug.ID, ""))
		}
	})
}

func TestLatencyIsHalfBeforeTheEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{Latency: Exactly(2 * time.Second)})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		start := time.Now()
		setOne(t, m, level1(mug, 4))
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %s", took)
		}
		if at := m.Writes()[0].Effective.Sub(start); at != time.Second {
			t.Errorf("in effect after %s", at)
		}
	})
}

func TestServerClockIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{Offset: time.Hour, Grain: time.Second})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		time.Sleep(1500 * time.Millisecond)
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		want := time.Now().Add(time.Hour).Truncate(time.Second)
		if got := orderOf(t, m, id).UpdatedAt; !got.Equal(want) {
			t.Errorf("updated at %s, want %s", got, want)
		}
		page, err := m.OrderPage(t.Context(), channel.OrderQuery{})
		ok(t, err)
		if !page.ReadAt.Equal(want) || !page.Through.Equal(want) {
			t.Errorf("read at %s through %s", page.ReadAt, page.Through)
		}
	})
}
