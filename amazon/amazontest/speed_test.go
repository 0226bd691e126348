package amazontest

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// Streams of a year's orders go through the fake in tests, so placing and
// finding them must not grow with how many there are. The bounds leave room for
// a slow machine under the race detector.
func TestLargeStreamsStayFast(t *testing.T) {
	f := New(Config{Quota: 1e6, VisibilityLag: -1, BoundAge: -1})
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
	const orders = 20000
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
	long := place(1114)
	c := unheld(t, f)
	since := stamp(time.Now().Truncate(time.Millisecond)) // what the account writes down is no finer
	for i := range 40 {
		check(t, f.Touch(orderID(i*400+1)))
	}
	start = time.Now()
	for range 40 {
		if n := len(c.get(ordersPath + query("lastUpdatedAfter", since, "includedData", "FULFILLMENT")).ids()); n < 40 {
			t.Fatalf("%d orders", n)
		}
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("40 searches took %v", d)
	}
	kv := []string{"lastUpdatedAfter", longAgo}
	start = time.Now()
	ids, pages := pageFurther(t, c, c.get(ordersPath+query(kv...)), kv...)
	if d := time.Since(start); d > 60*time.Second || len(ids) != orders+1 {
		t.Errorf("%d orders on %d pages took %v", len(ids), pages, d)
	}
	c.get(ordersPath + "/" + long + "?includedData=" + everything).want(200)
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

// BenchmarkSearchPage is a page of 100 orders with all that an import asks for.
func BenchmarkSearchPage(b *testing.B) {
	f := New(Config{Quota: 1e9, VisibilityLag: -1, BoundAge: -1})
	must(f.AddProduct(NewProduct{SKU: "MUG", Price: "12.5", OnHand: math.MaxInt32}))
	for range 100 {
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}, {SKU: "MUG", Quantity: 2, Tax: "1"}, {Title: "Custom", Price: "3"}}}))
	}
	rt := f.Transport()
	f.access["token"] = &access{app: f.first(), expires: time.Now().Add(time.Hour)}
	url := apiHost + ordersPath + query("lastUpdatedAfter", longAgo, "includedData", "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES")
	b.ReportAllocs()
	for b.Loop() {
		req := must(http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil))
		req.Header.Set("User-Agent", testAgent)
		req.Header.Set("X-Amz-Access-Token", "token")
		resp := must(rt.RoundTrip(req))
		n := must(io.Copy(io.Discard, resp.Body))
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
		b.SetBytes(n)
	}
}
