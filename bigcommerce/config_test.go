package bigcommerce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
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
