package shopify_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// However the fake is set up, its Config makes a channel that works: granted,
// with lags that fit, and with the quota learnt from the answers.
func TestConfigOfTheFakeIsEnough(t *testing.T) {
	for name, shop := range map[string]shopifytest.Config{
		"nothing set":          {},
		"another shop":         {Shop: "acme.myshopify.com", Token: "shpat_other", ClientID: "c", ClientSecret: "s", Currency: "JPY"},
		"no static token":      {Token: "-"},
		"static ones refused":  {RequireExpiring: true},
		"an index far behind":  {IndexLag: 10 * time.Minute},
		"an index at once":     {IndexLag: -1},
		"a larger plan":        {Quota: 20},
		"a tenth of the quota": {Quota: 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := shopifytest.New(shop)
				ch, err := shopify.New(fake.Config())
				if err != nil {
					t.Fatal(err)
				}
				r := rig{t, fake, ch}
				a, err := ch.Probe(r.Context())
				r.must(err)
				if len(a.Missing) > 0 {
					t.Errorf("missing %v", a.Missing)
				}
				r.product("MUG", 10)
				time.Sleep(700 * time.Millisecond) // not at a whole second
				placed := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
				// A walk whose watermark has passed the sale has found it.
				since, found := time.Now().Add(-time.Hour), false
				for began := time.Now(); since.Before(placed.CreatedAt) && time.Since(began) < time.Hour; time.Sleep(10 * time.Second) {
					for p, err := range channel.OrderPages(r.Context(), ch, channel.OrderQuery{Since: since}) {
						r.must(err)
						for _, o := range p.Items {
							found = found || o.ID == shopifytest.ID[channel.OrderID](placed.ID)
						}
						if p.Next == "" {
							since = p.Through
						}
					}
				}
				if !found {
					t.Error("the watermark passed an order that no walk found")
				}
			})
		})
	}
}

// A plan twenty times the Standard one is used from its first answer on.
func TestQuotaOfTheFakeIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := shopifytest.New(shopifytest.Config{Quota: 20})
		ch, err := shopify.New(fake.Config())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 30 { // of some 900 points each, where the Standard plan has 2,000
			if _, err := ch.OrderPage(t.Context(), channel.OrderQuery{}); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d > 0 || fake.Throttled() > 0 {
			t.Errorf("took %s, refused %d", d, fake.Throttled())
		}
	})
}
