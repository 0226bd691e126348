package amazontest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Whoever walks from the edge that one search echoes to the edge of the next
// sees every order in its last state, however they change meanwhile. Only
// searches that are further behind than their bound break that.
func TestWalksFromEdgeToEdgeLoseNothing(t *testing.T) {
	for _, cfg := range []Config{
		{}, {Believed: Believed{NewestFirst: true, WholeSeconds: true}}, Config{}.Faster(1000), {BoundAge: -1},
	} {
		for seed := range 5 {
			t.Run(fmt.Sprintf("bound %v seed %d", cfg.BoundAge, seed), func(t *testing.T) {
				bubble(t, func(t *testing.T) { walk(t, cfg, uint64(seed)) })
			})
		}
	}
}

func walk(t *testing.T, cfg Config, seed uint64) {
	t.Helper()
	cfg.Rates = map[string]Rate{"searchOrders": {1000, 100000}}
	cfg.TokenLifetime = 10000 * time.Hour
	f := New(cfg)
	age := f.cfg.BoundAge + time.Second
	c := unheld(t, f)
	rng := rand.New(rand.NewPCG(seed, 7))
	seen := map[string]string{} // lastUpdatedTime, by order
	since := longAgo
	var ids []string
	act := func() {
		for range rng.IntN(4) {
			if len(ids) == 0 || rng.IntN(3) == 0 {
				ids = append(ids, must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}})))
			} else {
				check(t, f.Touch(ids[rng.IntN(len(ids))]))
			}
			time.Sleep(time.Duration(rng.Int64N(int64(age) / 3)))
		}
	}
	f.AfterPage(func(int) { act() })
	once := func() {
		kv := []string{"lastUpdatedAfter", since, "maxResultsPerPage", "3"}
		r := c.get(searchFor(kv...))
		edge := r.text("lastUpdatedBefore")
		for {
			for i, id := range r.ids() {
				seen[id] = r.text(fmt.Sprintf("orders.%d.lastUpdatedTime", i))
			}
			token, more := r.at("pagination.nextToken").(string)
			if !more {
				break
			}
			r = c.get(searchFor(append(kv, "paginationToken", token)...)).want(200)
		}
		since = edge
	}
	for range 20 {
		act()
		once()
	}
	f.AfterPage(nil)
	time.Sleep(2 * age)
	once()
	for _, id := range ids {
		if o, _ := f.Order(id); seen[id] != stamp(o.Modified) {
			t.Errorf("order %s of %s was last seen at %q", id, stamp(o.Modified), seen[id])
		}
	}
	if len(ids) < 10 {
		t.Errorf("%d orders", len(ids))
	}
}
