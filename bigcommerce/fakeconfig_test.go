package bigcommerce_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// However the fake is set up, its Config makes a channel that works: granted,
// with lags that fit, and with the quota learnt from the answers.
func TestConfigOfTheFakeIsEnough(t *testing.T) {
	for name, cfg := range map[string]storeConfig{
		"nothing set":             {},
		"another store":           {StoreHash: "acme1", Token: "other", Currency: "EUR"},
		"slow to show":            {EffectLag: 5 * time.Minute, VisibilityLag: 10 * time.Minute},
		"shown at once":           {EffectLag: -1},
		"the Pro plan":            {Quota: 3},
		"a tenth of the quota":    {Quota: 0.1},
		"a clock an hour ahead":   {ClockOffset: time.Hour},
		"a clock an hour behind":  {ClockOffset: -time.Hour},
		"slow answers":            {Latency: 2 * time.Second},
		"others take most of it":  {OtherApps: 140},
		"stock falls at shipment": {Stock: bigcommercetest.StockSetting{FallsAtShipment: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := bigcommercetest.New(cfg)
				ch, err := bigcommerce.New(fake.Config())
				if err != nil {
					t.Fatal(err)
				}
				r := &rig{T: t, fake: fake, ch: ch, wire: &wire{}}
				a := must(ch.Probe(r.Context()))
				if len(a.Missing) > 0 {
					t.Errorf("missing %v", a.Missing)
				}
				r.product("MUG", 10)
				pass(700 * time.Millisecond) // not at a whole second
				id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
				o, _ := fake.Order(id)
				// A walk whose watermark has passed the sale has found it.
				since, found := o.Created.Add(-time.Hour), false
				for began := time.Now(); since.Before(o.Created) && time.Since(began) < time.Hour; pass(10 * time.Second) {
					for p, err := range channel.OrderPages(r.Context(), ch, channel.OrderQuery{Since: since}) {
						check(t, err)
						for _, o := range p.Items {
							found = found || bigcommercetest.Number(o.ID) == id
						}
						if p.Next == "" {
							since = p.Through
						}
					}
				}
				if !found {
					t.Error("the watermark passed an order that no walk found")
				}
				// A quantity is shown when it should be.
				r.want(r.set(level(r.listings()["MUG"], 4, -1)), channel.StockAccepted)
				pass(ch.Traits().EffectLag)
				if _, n := r.onHand("MUG", 1); n != 4 {
					t.Errorf("shows %d after the effect lag", n)
				}
			})
		})
	}
}

// A plan twenty times the Standard one is used from its first answer on.
func TestQuotaOfTheFakeIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := bigcommercetest.New(storeConfig{Quota: 20})
		ch := must(bigcommerce.New(fake.Config()))
		began := time.Now()
		for range 2500 { // in a window of 3,000, where the Standard plan has 150
			must(ch.OrderPage(t.Context(), channel.OrderQuery{}))
		}
		if d := time.Since(began); d > 0 || fake.Throttled() > 0 {
			t.Errorf("took %s, refused %d", d, fake.Throttled())
		}
	})
}
