package bench

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// counted counts the calls that reach a marketplace, by operation. Every
// attempt is one.
type counted struct {
	mu sync.Mutex
	by map[string]int
}

func (c *counted) call(op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]int{}
	}
	c.by[op]++
}

// take returns what was counted since it was last taken.
func (c *counted) take() calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := c.by
	c.by = nil
	return by
}

type calls map[string]int

// of sums the operations named, all when none is.
func (c calls) of(ops ...string) (n int) {
	for op, k := range c {
		if len(ops) == 0 || slices.Contains(ops, op) {
			n += k
		}
	}
	return n
}

// less returns what c has more than before.
func (c calls) less(before calls) calls {
	out := calls{}
	for op, n := range c {
		if n -= before[op]; n > 0 {
			out[op] = n
		}
	}
	return out
}

func (c calls) String() string {
	var b strings.Builder
	for i, op := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", c[op], op)
	}
	return b.String()
}

// shop is a marketplace in this process, its side and ours.
type shop struct {
	kind    string
	channel channel.Channel
	calls   counted

	shopify     *shopifytest.Fake
	bigcommerce *bigcommercetest.Fake
}

// received is what the marketplace has been asked so far, in its own words.
func (s *shop) received() calls {
	if s.shopify != nil {
		return s.shopify.Calls()
	}
	return s.bigcommerce.Calls()
}

func (s *shop) id() channel.ID { return s.channel.ID() }

// newShop opens a shop whose quota is lifted and whose changes show at once.
// base, if not nil, goes between it and the adapter.
func newShop(tb testing.TB, kind, currency string, base func(http.RoundTripper) http.RoundTripper) *shop {
	tb.Helper()
	s := &shop{kind: kind}
	if base == nil {
		base = func(rt http.RoundTripper) http.RoundTripper { return rt }
	}
	var err error
	if kind == onShopify {
		s.shopify = shopifytest.New(shopifytest.Config{Quota: lifted, IndexLag: -1, Currency: currency})
		cfg := s.shopify.Config()
		cfg.ID, cfg.Hook = onShopify, func(e shopify.Event) { s.calls.call(e.Op) }
		cfg.Transport = base(cfg.Transport)
		s.channel, err = shopify.New(cfg)
	} else {
		s.bigcommerce = bigcommercetest.New(bigcommercetest.Config{Quota: lifted, EffectLag: -1, Currency: currency})
		cfg := s.bigcommerce.Config()
		cfg.ID, cfg.Hook = onBigCommerce, func(e bigcommerce.Event) { s.calls.call(e.Op) }
		cfg.Transport = base(cfg.Transport)
		s.channel, err = bigcommerce.New(cfg)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// stock lists goods, each with so many units.
func (s *shop) stock(tb testing.TB, units int, goods ...plan.Good) {
	tb.Helper()
	for _, g := range goods {
		var err error
		if s.shopify != nil {
			_, err = s.shopify.AddProduct(shopifytest.Product{Title: g.Title, Variants: []shopifytest.Variant{{SKU: g.SKU, Price: g.Price, Available: units}}})
		} else {
			_, err = s.bigcommerce.AddProduct(bigcommercetest.NewProduct{
				Name: g.Title, SKU: g.SKU, Price: g.Price, Tracking: bigcommercetest.TrackProduct, OnHand: int64(units),
			})
		}
		if err != nil {
			tb.Fatal(g.SKU, ": ", err)
		}
	}
}

// shown is what the listings show, by SKU.
func (s *shop) shown() map[string]int64 {
	out := map[string]int64{}
	if s.shopify != nil {
		for _, q := range s.shopify.Quantities() {
			out[q.SKU] += int64(q.Available)
		}
		return out
	}
	for _, q := range s.bigcommerce.Quantities() {
		out[q.SKU] += q.AvailableToSell
	}
	return out
}

// place is a buyer's checkout.
func (s *shop) place(tb testing.TB, o *plan.Order) (id string) {
	tb.Helper()
	if s.shopify != nil {
		n := shopifytest.NewOrder{
			Note: o.Number, Buyer: shopifytest.Buyer{First: "Buyer", Last: o.Customer, Email: "buyer" + o.Customer + "@example.com"},
			Address: &shopifytest.Address{First: "Buyer", Last: o.Customer, Line1: "1 Example Street", City: "Town", Zip: "12345", CountryCode: o.Country},
		}
		for _, l := range o.Lines {
			line := shopifytest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price}
			if l.Service {
				line = shopifytest.NewLine{Title: l.Title, Quantity: int(l.Quantity), Price: l.Price, NothingToFulfil: true}
			}
			n.Lines = append(n.Lines, line)
		}
		placed, err := s.shopify.PlaceOrder(n)
		if err != nil {
			tb.Fatalf("order %s: %v", o.Number, err)
		}
		return placed.ID
	}
	n := bigcommercetest.NewOrder{
		Message: o.Number,
		ShipTo: []bigcommercetest.ShipTo{{Address: bigcommercetest.Address{
			FirstName: "Buyer", LastName: o.Customer, Street1: "1 Example Street", City: "Town", Zip: "12345",
			CountryISO2: o.Country, Email: "buyer" + o.Customer + "@example.com",
		}}},
	}
	for _, l := range o.Lines {
		line := bigcommercetest.NewLine{SKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price}
		if l.Service {
			line = bigcommercetest.NewLine{Name: l.Title, CustomSKU: l.SKU, Quantity: int(l.Quantity), Price: l.Price, Type: bigcommercetest.Digital}
		}
		n.Lines = append(n.Lines, line)
	}
	number, err := s.bigcommerce.PlaceOrder(n)
	if err != nil {
		tb.Fatalf("order %s: %v", o.Number, err)
	}
	return strconv.Itoa(number)
}

// refund takes units off a line that has not shipped.
func (s *shop) refund(tb testing.TB, id string, line int, units int64) {
	tb.Helper()
	if s.shopify != nil {
		o, err := s.shopify.Order(id)
		if err != nil {
			tb.Fatal(err)
		}
		l, kind := o.Lines[line], shopifytest.RestockCancel
		if !l.RequiresShipping {
			kind = shopifytest.NoRestock
		}
		err = s.shopify.Refund(id, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: l.ID, Quantity: int(units), Restock: kind}}})
		if err != nil {
			tb.Fatalf("refund of %s: %v", id, err)
		}
		return
	}
	number, err := strconv.Atoi(id)
	if err != nil {
		tb.Fatal(err)
	}
	o, _ := s.bigcommerce.Order(number)
	if _, err := s.bigcommerce.Refund(number, bigcommercetest.NewRefund{Lines: map[int]int{o.Lines[line].ID: int(units)}}); err != nil {
		tb.Fatalf("refund of %s: %v", id, err)
	}
}

// service is an engine over shops, inside a bubble.
type service struct {
	tb     testing.TB
	engine *channelsync.Engine
	store  *sqlitestore.Store
}

// serve runs an engine over the shops until the test ends.
func serve(t *testing.T, change func(*channelsync.Config), shops ...*shop) *service {
	t.Helper()
	store, err := sqlitestore.Open(filepath.Join(t.TempDir(), "penstock.db"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := channelsync.Config{Store: store, NoBackfill: true}
	for _, s := range shops {
		cfg.Channels = append(cfg.Channels, s.channel)
	}
	if change != nil {
		change(&cfg)
	}
	engine, err := channelsync.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background()) //nolint:usetesting // it ends in a cleanup
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &service{t, engine, store}
}

// until lets simulated time pass, a second at a time, until something is so.
func (s *service) until(what string, so func() bool) {
	s.tb.Helper()
	for range 600 {
		synctest.Wait()
		if so() {
			return
		}
		time.Sleep(time.Second)
	}
	states, err := s.engine.State(context.Background())
	s.tb.Fatalf("after ten minutes: not %s: %+v, %v", what, states, err)
}

// orders returns the stored orders of a shop.
func (s *service) orders(sh *shop) (out []channel.Order) {
	s.tb.Helper()
	for o, err := range s.engine.Orders(context.Background(), channelsync.OrderFilter{Channel: sh.id()}) {
		if err != nil {
			s.tb.Fatal(err)
		}
		out = append(out, o.Order)
	}
	return out
}
