package shopify_test

import (
	"strings"
	"testing"

	"github.com/penstock-go/penstock/shopify"
)

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	_, err := shopify.New(shopify.Config{Lag: -1, PollEvery: -1, Deadline: -1, Endpoint: "ftp://x"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"Shop", "Token", "Lag", "PollEvery", "Deadline", "Endpoint"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// A wrong shop is one complaint, and none about what follows from it.
func TestAWrongShopIsTheOneThingWrong(t *testing.T) {
	for _, shop := range []string{"", "acme.example", "a b", "https://acme.example/"} {
		_, err := shopify.New(shopify.Config{Shop: shop, Token: "t"})
		if err == nil || !strings.HasPrefix(err.Error(), "shopify: the Shop ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", shop, err)
		}
	}
}
