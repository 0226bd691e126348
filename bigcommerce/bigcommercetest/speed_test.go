package bigcommercetest

import (
	"fmt"
	"testing"
	"time"
)

// Streams of a year's orders go through the fake in tests, so placing and
// listing them must not grow with how many there are. The bounds leave room
// for a slow machine under the race detector.
func TestLargeStreamsStayFast(t *testing.T) {
	f := New(Config{Quota: 1000})
	for i := range 500 {
		must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("S-%d", i), OnHand: maxStock}))
	}
	place := func(lines int) {
		n := NewOrder{Lines: make([]NewLine, lines)}
		for i := range n.Lines {
			n.Lines[i] = NewLine{SKU: fmt.Sprintf("S-%d", i%500)}
		}
		must(f.PlaceOrder(n))
	}
	start := time.Now()
	for i := range 20000 {
		place(1 + i%3)
	}
	place(1114)
	if d := time.Since(start); d > 15*time.Second {
		t.Errorf("20,000 orders took %v", d)
	}
	c := newClient(t, f)
	check(t, f.Touch(100))
	since := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	start = time.Now()
	for last := 100; last < 20000; last += 500 {
		if n := len(c.get(fmt.Sprintf("/v2/orders?sort=id&limit=50&min_id=%d&min_date_modified=%s", last, since)).ids()); n != 50 {
			t.Fatalf("%d orders from %d", n, last)
		}
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("40 pages took %v", d)
	}
	if n := len(c.get("/v2/orders/20100/products?limit=250&page=5").ids()); n != 114 {
		t.Errorf("%d lines on the last page", n)
	}
}

func BenchmarkPlaceOrder(b *testing.B) {
	f := New(Config{})
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: maxStock}))
	n := NewOrder{Lines: []NewLine{{SKU: "MUG"}, {SKU: "MUG", Quantity: 2}, {Name: "Custom"}}}
	b.ReportAllocs()
	for b.Loop() {
		must(f.PlaceOrder(n))
	}
}
