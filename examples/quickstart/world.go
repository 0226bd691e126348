package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/ebay/ebaytest"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// world is the marketplaces, the buyers and the seller: everything but the
// engine.
type world struct {
	markets     []market
	shopify     *shopifytest.Fake
	bigcommerce *bigcommercetest.Fake
	amazon      *amazontest.Fake // nil without
	ebay        *ebaytest.Fake   // nil without
	endpoints   []string
	close       []func() error

	mu        sync.Mutex
	supplies  []supply
	corrected string            // the order on Shopify whose tracking number is corrected
	placed    map[string]placed // by the plan's order number
	sold      int
	refused   map[string]bool // orders of the plan that got nowhere
}

// placed is where an order of the plan went.
type placed struct {
	market int
	id     string
	lines  []plan.Line
}

// newWorld opens so many marketplaces of four.
func newWorld(p *plan.Plan, quota float64, channels int) (*world, error) {
	w := &world{placed: map[string]placed{}, refused: map[string]bool{}}
	index, inventory := scaled(shopifyLag, quota, time.Millisecond), scaled(bigcommerceLag, quota, time.Millisecond)
	w.shopify = shopifytest.New(shopifytest.Config{Currency: string(p.Currency), Quota: quota, IndexLag: index})
	w.bigcommerce = bigcommercetest.New(bigcommercetest.Config{Currency: string(p.Currency), Quota: quota, EffectLag: inventory})
	w.markets = []market{
		&shopifyMarket{id: shopifyID, money: p.Currency, fake: w.shopify, lag: index},
		&bigcommerceMarket{id: bigcommerceID, money: p.Currency, fake: w.bigcommerce, lag: inventory},
	}
	serve := []func(addr string) (*shopifytest.Server, error){w.shopify.Serve, w.bigcommerce.Serve}
	if channels > amazonIndex {
		site, ok := amazonMarketplaces[p.Currency]
		if !ok {
			return nil, fmt.Errorf("no marketplace of Amazon here sells in %s", p.Currency)
		}
		cfg := amazontest.Config{Marketplaces: []string{site}}.Faster(quota)
		w.amazon = amazontest.New(cfg)
		w.markets = append(w.markets, &amazonMarket{
			id: amazonID, money: p.Currency, fake: w.amazon, visible: cfg.VisibilityLag, effect: cfg.EffectLag, quota: quota,
		})
		serve = append(serve, w.amazon.Serve)
	}
	if channels > ebayIndex {
		site, ok := ebayMarketplaces[p.Currency]
		if !ok {
			return nil, fmt.Errorf("no marketplace of eBay here sells in %s", p.Currency)
		}
		cfg := ebaytest.Config{Marketplaces: []string{site}}.Faster(quota)
		w.ebay = ebaytest.New(cfg)
		w.markets = append(w.markets, newEbayMarket(w.ebay, cfg, p.Currency))
		serve = append(serve, w.ebay.Serve)
	}
	for _, g := range p.Goods {
		for _, m := range w.markets {
			if err := m.add(g); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", m.channel(), g.SKU, err)
			}
		}
	}
	for _, open := range serve {
		server, err := open("")
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.endpoints, w.close = append(w.endpoints, server.URL), append(w.close, server.Close)
	}
	return w, nil
}

func (w *world) Close() error {
	var errs []error
	for _, f := range w.close {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (w *world) step(s *plan.Step, tell func(command)) error {
	switch {
	case s.Order != nil:
		id, err := w.markets[s.Order.Channel].place(s.Order)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case errors.Is(err, errRefused):
			w.refused[s.Order.Number] = true
			return nil
		case err != nil:
			return fmt.Errorf("order %s: %w", s.Order.Number, err)
		}
		w.sold++
		w.placed[s.Order.Number] = placed{s.Order.Channel, id, s.Order.Lines}
	case s.Refund != nil:
		return w.refund(s.Refund, tell)
	case s.Adjust != nil:
		if s.Adjust.Service {
			return nil
		}
		w.supply(s.Adjust.SKU, s.Adjust.Delta)
		tell(command{Op: "adjust", Key: fmt.Sprintf("%s/%s/%d", s.Adjust.Number, s.Adjust.SKU, w.serial()), Units: []unitsOf{{s.Adjust.SKU, s.Adjust.Delta}}})
	}
	return nil
}

// refund gives units back. Units not shipped yet are free again by
// themselves; of shipped ones the seller books the goods that come back.
func (w *world) refund(r *plan.Refund, tell func(command)) error {
	w.mu.Lock()
	at, ok := w.placed[r.Order]
	w.mu.Unlock()
	if !ok {
		return nil // its order was refused: the accounts tell
	}
	if m, ok := w.markets[at.market].(interface {
		shipped(id string, line int) bool
	}); ok && !m.shipped(at.id, r.Line) {
		return fmt.Errorf("refund %s of order %s: %w", r.Number, r.Order, errNotShipped)
	}
	back, err := w.markets[at.market].refund(at.id, r.Line, r.Quantity, r.Price)
	if err != nil {
		return fmt.Errorf("refund %s of order %s: %w", r.Number, r.Order, err)
	}
	l := at.lines[r.Line]
	if l.Service {
		return nil
	}
	w.supply(l.SKU, r.Quantity)
	if back > 0 {
		tell(command{Op: "adjust", Key: fmt.Sprintf("%s/%s/%d", r.Number, l.SKU, w.serial()), Units: []unitsOf{{l.SKU, back}}})
	}
	return nil
}

func (w *world) supply(sku string, n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.supplies = append(w.supplies, supply{time.Now(), sku, n})
}

// serial tells two adjustments of the same invoice and SKU apart.
func (w *world) serial() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.supplies)
}

func (w *world) counts() (sold, refused int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sold, len(w.refused)
}

// shown is how many listings show what was counted of their good.
func (w *world) shown(p *plan.Plan) int {
	n := 0
	for _, m := range w.markets {
		shown := m.shown()
		for _, g := range p.Goods {
			if shown[g.SKU] == g.Opening {
				n++
			}
		}
	}
	return n
}

// stallShipment makes the next shipment on Shopify take effect and stay
// unanswered, and calls struck when it does.
func (w *world) stallShipment(struck func()) {
	var once sync.Once
	w.shopify.Fault(shopifytest.Fault{
		Op: "fulfillmentCreate", Kind: shopifytest.StallAfter,
		When: func(*http.Request, []byte) bool { once.Do(func() { go struck() }); return true },
	})
}

// loseShipment makes the next shipment on BigCommerce take effect and loses its
// answer.
func (w *world) loseShipment() {
	w.bigcommerce.Fault(bigcommercetest.Fault{Op: "POST /v2/orders/{id}/shipments", Kind: bigcommercetest.DropAfter})
}
