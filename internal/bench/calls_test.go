//go:build !race

package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/internal/spectest"
)

// The calls of an import, by adapter. All else (what the account may do, its
// listings and levels) does not grow with the orders.
var importOps = []string{
	"order page", "fulfilment order page", "order lines", "parcel lines", "order refunds", "refund lines",
	"fulfilment order lines", "orders by id", "order shipments",
}

// placed is what of a shop's orders decides how many calls they need.
type placed struct {
	lines    []int // by order
	refunded map[int]bool
}

// leastCalls is what a walk over the orders takes at least when each order
// that was refunded, or whose lines no page could hold, has a call of its own:
// pages of orders as large as the marketplace allows for so many lines, and on
// Shopify pages of fulfilment orders beside them.
func leastCalls(kind string, p *placed) int {
	n := len(p.lines)
	own := func(lines int) (k int) {
		for i, l := range p.lines {
			if l > lines || p.refunded[i] {
				k++
			}
		}
		return k
	}
	if kind == onBigCommerce {
		return pages(n, 250) + own(50)
	}
	best := math.MaxInt
	for lines := range 251 {
		if first := shopifyFirst(lines); first > 0 {
			best = min(best, pages(n, first)+own(lines))
		}
	}
	return best + pages(n, 250) // every order has one fulfilment order here
}

func pages(n, size int) int { return (n + size - 1) / size }

// shopifyFirst is how many orders of so many lines Shopify gives at once: at
// most 250, and as many as cost 1,000 points.
func shopifyFirst(lines int) int {
	for first := 250; first > 0; first-- {
		if shopifyCost(first, lines, min(lines, 25), false) <= 1000 {
			return first
		}
	}
	return 0
}

// shopifyCost is what the adapter's page of orders costs, with their fulfilment
// orders or with only where they are. That this is so is held to the calls
// made, below.
func shopifyCost(first, lines, parcel int, units bool) int {
	conn := func(n, node int) int {
		if n == 0 {
			return 2
		}
		return 2 + max(1, int(2*math.Log(float64(n))))*node
	}
	unit := 4
	if units {
		unit += 1 + conn(parcel, 2)
	}
	return conn(first, orderPoints+conn(5, 2)+conn(3, unit)+conn(parcel, 2)+conn(lines, 8))
}

// orderPoints is what an order costs without its connections.
const orderPoints = 14

// costs is a transport that looks at the sizes of Shopify's order pages.
type costs struct {
	t    *testing.T
	base http.RoundTripper
}

func (c *costs) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := c.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	var asked struct {
		Name  string                             `json:"operationName"`
		Query string                             `json:"query"`
		Vars  struct{ First, Lines, Parcel int } `json:"variables"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	if asked.Name != "OrdersPage" {
		return resp, nil
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	var told struct {
		Extensions struct {
			Cost struct{ RequestedQueryCost int }
		}
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		return nil, err
	}
	if got, want := told.Extensions.Cost.RequestedQueryCost, shopifyCost(asked.Vars.First, asked.Vars.Lines, asked.Vars.Parcel, strings.Contains(asked.Query, "fulfillmentHolds")); got != want {
		c.t.Errorf("a page of %+v costs %d, by our count %d", asked.Vars, got, want)
	}
	return resp, nil
}

// countImport imports what a shop holds and returns the calls of that.
func countImport(t *testing.T, s *shop, p *placed) calls {
	t.Helper()
	e := serve(t, nil, s)
	e.until("imported", func() bool { return imported(t.Context(), t, e.engine) })
	made := s.calls.take()
	orders := e.orders(s)
	if len(orders) != len(p.lines) {
		t.Fatalf("%d orders stored of %d", len(orders), len(p.lines))
	}
	lines, want, refunds := 0, 0, 0
	for _, o := range orders {
		lines += len(o.Lines)
		if len(o.Refunds) > 0 {
			refunds++
		}
	}
	for _, n := range p.lines {
		want += n
	}
	if lines != want || refunds != len(p.refunded) {
		t.Errorf("%d lines stored of %d, %d orders with refunds of %d", lines, want, refunds, len(p.refunded))
	}
	// Nothing has happened since: the next walks are what an idle poll costs.
	time.Sleep(20 * time.Minute)
	synctest.Wait()
	s.calls.take()
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	idle := s.calls.take()
	t.Logf("ten idle minutes: %v", idle)
	if s.kind == onBigCommerce && idle.of(importOps...) > 10 || idle.of(importOps...) > 20 {
		t.Errorf("ten idle polls cost %d calls", idle.of(importOps...))
	}
	return made
}

func report(t *testing.T, s *shop, p *placed, made calls) float64 {
	t.Helper()
	least, n := leastCalls(s.kind, p), made.of(importOps...)
	ratio := float64(n) / float64(least)
	t.Logf("%s: %d orders, %d with refunds: %d calls, at least %d: %.2f of it, %.4f an order (%v)",
		s.kind, len(p.lines), len(p.refunded), n, least, ratio, float64(n)/float64(len(p.lines)), made)
	return ratio
}

// What a first import of 1,000 orders of three lines costs, and that refunds
// cost less than a call an order.
func TestCallsOfAThousandOrders(t *testing.T) {
	thousand := 1000
	for _, kind := range []string{onShopify, onBigCommerce} {
		for _, refunded := range []int{0, thousand / 16} {
			t.Run(fmt.Sprint(kind, " with ", refunded, " refunds"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newShop(t, kind, "EUR", func(rt http.RoundTripper) http.RoundTripper { return &costs{t, rt} })
					s.stock(t, 1<<30, plan.Good{SKU: "A", Title: "Mug", Price: "10.00"}, plan.Good{SKU: "B", Title: "Bowl", Price: "12.00"}, plan.Good{SKU: "C", Title: "Jug", Price: "14.00"})
					p := &placed{refunded: map[int]bool{}}
					for i := range thousand {
						id := s.place(t, &plan.Order{Number: strconv.Itoa(i), Customer: "1", Country: "DE", Lines: []plan.Line{
							{SKU: "A", Quantity: 2, Price: "10.00"}, {SKU: "B", Quantity: 1, Price: "12.00"}, {SKU: "C", Quantity: 1, Price: "14.00"},
						}})
						p.lines = append(p.lines, 3)
						if refunded > 0 && i%16 == 0 && len(p.refunded) < refunded {
							p.refunded[i] = true
							s.refund(t, id, 0, 1)
						}
						if i%10 == 0 {
							time.Sleep(time.Second)
						}
					}
					made := countImport(t, s, p)
					most := 1.0
					if refunded == 0 {
						most = 1.5 // a walk ends with a call that finds nothing
					}
					if ratio := report(t, s, p, made); ratio > most {
						t.Errorf("%.2f of the least, at most %.2f", ratio, most)
					}
				})
			})
		}
	}
}

// What the orders of a real week cost, or with PENSTOCK_LONG=1 of a real year,
// spread over the two marketplaces as the main job does and imported at once.
// Their carts are large: a third have more than 25 lines.
func TestCallsOfRealOrders(t *testing.T) {
	file, long := "online-retail-week.csv.gz", false
	if os.Getenv("PENSTOCK_LONG") != "" {
		file, long = "online-retail.csv.gz", true
	}
	kinds := []string{onShopify, onBigCommerce}
	year, err := plan.Open(filepath.Join(spectest.DataDir(t), file), plan.ReplayConfig{Channels: len(kinds), FineMoney: 1, Every: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for which, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, kind, string(year.Currency), func(rt http.RoundTripper) http.RoundTripper { return &costs{t, rt} })
				s.stock(t, 1<<30, year.Goods...)
				p := &placed{refunded: map[int]bool{}}
				index, ids := map[string]int{}, []string(nil)
				for i := range year.Steps {
					switch step := &year.Steps[i]; {
					case step.Order != nil && step.Order.Channel == which:
						index[step.Order.Number] = len(ids)
						ids = append(ids, s.place(t, step.Order))
						p.lines = append(p.lines, len(step.Order.Lines))
						time.Sleep(time.Second)
					case step.Refund != nil:
						if at, ok := index[step.Refund.Order]; ok {
							p.refunded[at] = true
							s.refund(t, ids[at], step.Refund.Line, step.Refund.Quantity)
						}
					}
				}
				made := countImport(t, s, p)
				if ratio, most := report(t, s, p, made), mostOfLeast(kind, long); ratio > most {
					t.Errorf("%.2f of the least, at most %.2f", ratio, most)
				}
			})
		})
	}
}

// mostOfLeast bounds what real orders cost. On BigCommerce pages end early where
// many orders are cut.
func mostOfLeast(kind string, long bool) float64 {
	switch {
	case kind == onShopify && long:
		return 0.3
	case kind == onShopify:
		return 0.8
	case long:
		return 0.7
	}
	return 1.1
}
