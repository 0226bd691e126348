package ebaytest

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Streams of a year's orders go through the fake in tests, so placing and
// finding them must not grow with how many there are. The bounds leave room for
// a slow machine under the race detector.
func TestLargeStreamsStayFast(t *testing.T) {
	f := New(Config{Quota: 1e6, VisibilityLag: -1})
	for i := range 500 {
		must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("S-%d", i), OnHand: math.MaxInt32}))
	}
	place := func(lines int) string {
		n := NewOrder{Lines: make([]NewLine, lines)}
		for i := range n.Lines {
			n.Lines[i] = NewLine{SKU: fmt.Sprintf("S-%d", i%500), Price: "3.75"}
		}
		return must(f.PlaceOrder(n))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	const orders = 10_000
	for i := range orders {
		place(1 + i%3)
	}
	placed := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (after.HeapAlloc - before.HeapAlloc) / orders
	t.Logf("%d orders in %v, %d bytes each", orders, placed, each)
	if placed > 15*time.Second || each > 4000 {
		t.Errorf("%d orders took %v, %d bytes each", orders, placed, each)
	}
	c := unheld(t, f)
	since := stamp(time.Now().Truncate(time.Millisecond)) // what the account writes down is no finer
	all := f.Orders()
	for i := range 40 {
		check(t, f.Touch(all[i*200].ID))
	}
	start = time.Now()
	for range 40 {
		if n := len(c.get(filtered("lastmodifieddate:["+since+"..]", "limit", "200")).ids()); n < 40 {
			t.Fatalf("%d orders", n)
		}
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("40 searches took %v", d)
	}
	start = time.Now()
	for page := range 10 {
		at := orders - (page+1)*200
		if n := len(c.get(ordersPath + query("limit", "200", "offset", strconv.Itoa(at))).ids()); n != 200 {
			t.Errorf("%d orders at %d", n, at)
		}
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("10 pages took %v", d)
	}
}

// A feed of ten thousand quantities is one task.
func TestLargeFeedsStayFast(t *testing.T) {
	f := New(Config{FeedQueue: -1, FeedRun: -1})
	const listings = 10_000
	var all []string
	for i := range listings / maxNodes {
		var nodes strings.Builder
		for k := range maxNodes {
			sku := fmt.Sprintf("T-%d", i*maxNodes+k)
			p := must(f.AddProduct(NewProduct{SKU: sku, Price: "1", OnHand: 1, Trading: true}))
			nodes.WriteString(status(p.Units[0].ListingID, sku, 5))
		}
		all = append(all, nodes.String())
	}
	c := unheld(t, f)
	start := time.Now()
	task := c.submit(all...)
	got := c.get(task)
	if d := time.Since(start); got.text("status") != "COMPLETED" || d > 20*time.Second || len(f.Writes()) != listings {
		t.Errorf("%s after %v, %d writes", got.body, d, len(f.Writes()))
	}
}

func BenchmarkPlaceOrder(b *testing.B) {
	f := New(Config{})
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: math.MaxInt32}))
	n := NewOrder{Lines: []NewLine{{SKU: "MUG"}, {SKU: "MUG", Quantity: 2}, {Title: "Custom"}}}
	b.ReportAllocs()
	for b.Loop() {
		must(f.PlaceOrder(n))
	}
}

// BenchmarkSearchPage is a page of 200 orders with all that an import asks for.
func BenchmarkSearchPage(b *testing.B) {
	f := New(Config{Quota: 1e9, VisibilityLag: -1})
	must(f.AddProduct(NewProduct{SKU: "MUG", Price: "12.5", OnHand: math.MaxInt32}))
	for range 200 {
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}, {SKU: "MUG", Quantity: 2, CollectedTax: "1"}, {Title: "Custom", Price: "3"}}}))
	}
	rt := f.Transport()
	f.access["token"] = &access{app: f.first(), grant: f.grants[DefaultRefreshToken], scopes: AllScopes(), expires: time.Now().Add(time.Hour)}
	b.ReportAllocs()
	for b.Loop() {
		req := must(http.NewRequestWithContext(b.Context(), http.MethodGet, apiHost+ordersPath+"?limit=200&fieldGroups="+taxBreakdown, nil))
		req.Header.Set("Authorization", "Bearer token")
		resp := must(rt.RoundTrip(req))
		n := must(io.Copy(io.Discard, resp.Body))
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
		b.SetBytes(n)
	}
}
