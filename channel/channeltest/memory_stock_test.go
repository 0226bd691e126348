package channeltest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func level1(ref channel.ListingRef, quantity int64, expect ...int64) []channel.StockLevel {
	l := channel.StockLevel{Listing: ref, Quantity: quantity}
	if len(expect) > 0 {
		l.Expect = &expect[0]
	}
	return []channel.StockLevel{l}
}

func setOne(t *testing.T, m *Memory, levels []channel.StockLevel) channel.StockResult {
	t.Helper()
	results, err := m.SetStock(t.Context(), levels)
	if err != nil || len(results) != len(levels) {
		t.Fatalf("%d results, %v", len(results), err)
	}
	return results[0]
}

func TestStockWriteModes(t *testing.T) {
	tests := []struct {
		name   string
		mode   channel.StockWrite
		expect []int64
		state  channel.StockState
		shown  int64 // of 10, less a sale of 1 that the writer of 8 did not see
	}{
		{"absolute overwrites the sale", channel.StockAbsolute, []int64{10}, channel.StockApplied, 8},
		{"compare-and-set refuses", channel.StockCompareAndSet, []int64{10}, channel.StockStale, 9},
		{"compare-and-set holds when right", channel.StockCompareAndSet, []int64{9}, channel.StockApplied, 8},
		{"compare-and-set with nothing to compare", channel.StockCompareAndSet, nil, channel.StockApplied, 8},
		{"relative keeps the sale", channel.StockRelative, []int64{10}, channel.StockApplied, 7},
		{"relative without a base is absolute", channel.StockRelative, nil, channel.StockApplied, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory(MemoryConfig{Traits: channel.Traits{StockWrite: tt.mode}})
			mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
			place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
			if r := setOne(t, m, level1(mug, 8, tt.expect...)); r.State != tt.state {
				t.Errorf("state %q, want %q (%v)", r.State, tt.state, r.Err)
			}
			if got := m.Quantity(mug.ID, ""); got != tt.shown {
				t.Errorf("shown %d, want %d", got, tt.shown)
			}
		})
	}
}

func TestWriteTakesEffectLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{Effect: Exactly(time.Minute)})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		if r := setOne(t, m, level1(mug, 4)); r.State != channel.StockAccepted {
			t.Fatalf("state %q", r.State)
		}
		place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		if got := m.Quantity(mug.ID, ""); got != 9 || m.Settled() {
			t.Errorf("before its effect: shown %d, settled %t", got, m.Settled())
		}
		time.Sleep(time.Minute)
		if got := m.Quantity(mug.ID, ""); got != 4 || !m.Settled() {
			t.Errorf("after: shown %d, settled %t", got, m.Settled())
		}
		w := m.Writes()[0]
		if w.Effective.Sub(w.Sent) != time.Minute || w.Before != 9 || w.After != 4 {
			t.Errorf("log: %+v", w)
		}
		if got := m.QuantityAt(mug.ID, "", w.Sent.Add(30*time.Second)); got != 9 {
			t.Errorf("half a minute after it was sent, %d was shown", got)
		}
	})
}

func TestDroppedWriteIsAcceptedAndNeverShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{Effect: Exactly(time.Second)})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		m.Inject(Fault{Op: OpSetStock, Kind: FaultDropped})
		if r := setOne(t, m, level1(mug, 4)); r.State != channel.StockAccepted {
			t.Fatalf("state %q", r.State)
		}
		time.Sleep(time.Hour)
		if got := m.Quantity(mug.ID, ""); got != 10 || !m.Writes()[0].Dropped {
			t.Errorf("shown %d, log %+v", got, m.Writes()[0])
		}
	})
}

func TestTicketEndsWithAResultForEachLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{Tickets: 1, TicketTime: Exactly(time.Hour), PageSize: 1})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		levels := append(level1(mug, 4), channel.StockLevel{Listing: channel.ListingRef{ID: "none"}})
		r := setOne(t, m, levels)
		if r.State != channel.StockAccepted || r.Ticket == "" {
			t.Fatalf("%+v", r)
		}
		for _, step := range []struct {
			wait  time.Duration
			state channel.TicketState
			shown int64
		}{{0, channel.TicketQueued, 10}, {30 * time.Minute, channel.TicketRunning, 10}, {30 * time.Minute, channel.TicketDone, 4}} {
			time.Sleep(step.wait)
			page, err := m.TicketPage(t.Context(), r.Ticket, "")
			ok(t, err)
			if page.State != step.state || m.Quantity(mug.ID, "") != step.shown {
				t.Errorf("%s: state %q, shown %d", step.wait, page.State, m.Quantity(mug.ID, ""))
			}
		}
		page, err := m.TicketPage(t.Context(), r.Ticket, "")
		ok(t, err)
		rest, err := m.TicketPage(t.Context(), r.Ticket, page.Next)
		ok(t, err)
		if page.Results[0].Result.State != channel.StockApplied || rest.Results[0].Result.State != channel.StockRefused || rest.Next != "" {
			t.Errorf("results %+v, %+v", page.Results, rest.Results)
		}
	})
}

func TestBatchThatFails(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		want  []channel.StockState // nil: an error and nothing sent
	}{
		{"the first, for sure", Fault{Kind: FaultUnavailable}, nil},
		{"the first, perhaps", Fault{Kind: FaultAnswerLost}, []channel.StockState{"unsure", "unsure", "not sent"}},
		{"the second, for sure", Fault{Kind: FaultThrottled, After: 1}, []channel.StockState{"applied", "applied", "not sent"}},
		{"the second, perhaps", Fault{Kind: FaultLost, After: 1}, []channel.StockState{"applied", "applied", "unsure"}},
		{"one line", Fault{Kind: FaultRefused}, []channel.StockState{"refused", "applied", "applied"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory(MemoryConfig{Traits: channel.Traits{StockBatch: 2}})
			var levels []channel.StockLevel
			for range 3 {
				levels = append(levels, level1(m.AddListing(NewListing{}), 5)...)
			}
			m.Inject(tt.fault)
			results, err := m.SetStock(t.Context(), levels)
			if tt.want == nil {
				if err == nil || results != nil {
					t.Errorf("%v, %v", results, err)
				}
				return
			}
			ok(t, err)
			for i, r := range results {
				if r.State != tt.want[i] {
					t.Errorf("level %d: %q, want %q", i, r.State, tt.want[i])
				}
			}
		})
	}
}

func TestWhatWillNotBeTaken(t *testing.T) {
	m := NewMemory(MemoryConfig{})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
	kit := m.AddListing(NewListing{SKU: "KIT", Bundle: true})
	moved := m.AddListing(NewListing{SKU: "MOVED"})
	ok(t, m.ChangeHandle(moved.ID))
	for _, tt := range []struct {
		name  string
		level channel.StockLevel
		class error
	}{
		{"no such listing", channel.StockLevel{Listing: channel.ListingRef{ID: "none"}}, channel.ErrNotFound},
		{"no such location", channel.StockLevel{Listing: mug, Location: "none"}, channel.ErrNotFound},
		{"below zero", channel.StockLevel{Listing: mug, Quantity: -1}, channel.ErrInvalid},
		{"a bundle", channel.StockLevel{Listing: kit, Quantity: 1}, channel.ErrInvalid},
		{"a stale handle", channel.StockLevel{Listing: moved, Quantity: 1}, channel.ErrStaleHandle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setOne(t, m, []channel.StockLevel{tt.level})
			if r.State != channel.StockRefused || !errors.Is(r.Err, tt.class) {
				t.Errorf("%q, %v", r.State, r.Err)
			}
		})
	}
}

func TestSoldCountFollowsSalesAndShipments(t *testing.T) {
	m := NewMemory(LikeShopify())
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
	id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 4}}})
	o := orderOf(t, m, id)
	ok(t, m.ShipOutside(id, channel.Tracking{Number: "1Z"}, channel.ShipmentLine{Line: o.Lines[0].ID, Quantity: 1}))
	ok(t, m.CancelUnits(id, o.Lines[0].ID, 1))
	page, err := m.StockPage(t.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug}})
	ok(t, err)
	if got := page.Items[0]; got.Quantity != 7 || got.Sold == nil || *got.Sold != 2 {
		t.Errorf("%d shown, sold %v; want 7 and 2", got.Quantity, got.Sold)
	}
}

func TestUnitsSoldEverStayCounted(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		m := NewMemory(MemoryConfig{Traits: channel.Traits{SoldCount: channel.SoldEver}, CountKeeps: keeps})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		id := place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 4}}})
		o := orderOf(t, m, id)
		ok(t, m.ShipOutside(id, channel.Tracking{Number: "1Z"}, channel.ShipmentLine{Line: o.Lines[0].ID, Quantity: 1}))
		ok(t, m.CancelUnits(id, o.Lines[0].ID, 1))
		page, err := m.StockPage(t.Context(), channel.StockQuery{Listings: []channel.ListingRef{mug}})
		ok(t, err)
		want := int64(3)
		if keeps {
			want = 4
		}
		if got := page.Items[0]; got.Sold != nil || got.SoldEver == nil || *got.SoldEver != want {
			t.Errorf("sold %v, ever %v; want %d ever", got.Sold, got.SoldEver, want)
		}
	}
}

func TestStockOfEveryLocation(t *testing.T) {
	m := NewMemory(MemoryConfig{PageSize: 2, Locations: []channel.Location{{ID: "A"}, {ID: "B"}}})
	mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 1, At: map[string]int64{"B": 2}})
	pen := m.AddListing(NewListing{SKU: "PEN", Quantity: 3})
	type row struct {
		id       channel.ListingID
		loc      channel.LocationID
		quantity int64
	}
	read := func(q channel.StockQuery) (rows []row) {
		for page, err := range channel.StockPages(t.Context(), m, q) {
			ok(t, err)
			for _, l := range page.Items {
				rows = append(rows, row{l.Listing.ID, l.Location, l.Quantity})
			}
		}
		return rows
	}
	if got := read(channel.StockQuery{}); len(got) != 3 || got[1] != (row{mug.ID, "B", 2}) {
		t.Errorf("all: %v", got)
	}
	if got := read(channel.StockQuery{Listings: []channel.ListingRef{pen, {ID: "none"}}}); len(got) != 1 || got[0] != (row{pen.ID, "A", 3}) {
		t.Errorf("asked for: %v", got)
	}
}

func TestBackfillIsASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(MemoryConfig{PageSize: 2})
		mug := m.AddListing(NewListing{SKU: "MUG", Quantity: 10})
		for range 3 {
			place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		}
		began := time.Now()
		job, err := m.StartBackfill(t.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
		ok(t, err)
		place(t, m, Sale{Lines: []SaleLine{{Listing: mug.ID, Quantity: 1}}})
		for _, err := range m.BackfillOrders(t.Context(), job) {
			if !errors.Is(err, channel.ErrConflict) {
				t.Errorf("before it is ready: %v", err)
			}
		}
		time.Sleep(time.Minute)
		n := 0
		for page, err := range m.BackfillOrders(t.Context(), job) {
			ok(t, err)
			n += len(page.Items)
			if n == 3 && !page.Through.Equal(began) {
				t.Errorf("through %s", page.Through)
			}
		}
		if n != 3 {
			t.Errorf("%d orders, want the 3 of when it was asked for", n)
		}
	})
}

func TestCapabilityThatTheAccountLacks(t *testing.T) {
	m := NewMemory(MemoryConfig{Lacks: []string{CapStockReader, CapProber}})
	if _, err := m.StockPage(t.Context(), channel.StockQuery{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("StockPage: %v", err)
	}
	if _, err := m.Probe(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Probe: %v", err)
	}
}
