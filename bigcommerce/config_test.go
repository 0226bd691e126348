package bigcommerce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	_, err := bigcommerce.New(bigcommerce.Config{
		Lag: -1, VisibilityLag: -1, Location: "main", Endpoint: "ftp://x", Limiter: &bigcommerce.Limiter{},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"StoreHash", "Token", "Lag", "VisibilityLag", "Location", "Endpoint", "NewLimiter"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

func TestStoreHashIsTakenAsPeopleCopyIt(t *testing.T) {
	for _, in := range []string{"abc123", " ABC123 ", "stores/abc123", "https://api.bigcommerce.com/stores/abc123/v3/", "/stores/abc123"} {
		ch, err := bigcommerce.New(bigcommerce.Config{StoreHash: in, Token: "t"})
		if err != nil {
			t.Errorf("%q: %v", in, err)
		} else if ch.ID() != "bigcommerce:abc123" {
			t.Errorf("%q: id %s", in, ch.ID())
		}
	}
	for _, in := range []string{"abc-123", "{hash}", "stores/"} {
		if _, err := bigcommerce.New(bigcommerce.Config{StoreHash: in, Token: "t"}); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

func TestTraits(t *testing.T) {
	ch := must(bigcommerce.New(bigcommerce.Config{StoreHash: "abc", Token: "t", Lag: 5 * time.Second, VisibilityLag: time.Second}))
	got := ch.Traits()
	if got.StockWrite != channel.StockRelative || got.Falls != channel.FallsBySetting || got.FallsAtOnce || got.Notify ||
		got.EffectLag != 5*time.Second || got.VisibilityLag != time.Second || got.StockBatch != 2000 {
		t.Errorf("%+v", got)
	}
}

// A buyer who pays elsewhere takes a while: the units go after the order's time
// and not after the time of the change that first shows it.
func TestTimeOfASaleIsNotExact(t *testing.T) {
	onStore(t, storeConfig{}, nil, func(r *rig) {
		r.product("MUG", 10)
		pass(300 * time.Millisecond) // between two whole seconds
		begun := time.Now()
		id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, Incomplete: true})
		pass(3 * time.Minute)
		if _, n := r.onHand("MUG", 1); n != 10 {
			t.Errorf("shows %d before it is paid", n)
		}
		paid := time.Now()
		check(t, r.fake.SetStatus(id, bigcommercetest.AwaitingFulfillment))
		if _, n := r.onHand("MUG", 1); n != 9 {
			t.Errorf("shows %d once it is paid", n)
		}
		o, traits := r.order(id), r.ch.Traits()
		near := func(a, b time.Time) bool { return a.Sub(b).Abs() <= traits.ClockError }
		if traits.ExactTimes || !near(o.PlacedAt, begun) || !near(o.UpdatedAt, paid) {
			t.Errorf("exact %v, placed %s, updated %s; begun %s, paid %s", traits.ExactTimes, o.PlacedAt, o.UpdatedAt, begun, paid)
		}
	})
}
