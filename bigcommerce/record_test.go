package bigcommerce_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/penstock-go/penstock/internal/spectest"
)

// operations is every operation the adapter sends. Each is held to its
// published contract, or to an assert of our own, by the recorder under all of
// these tests.
var operations = []string{
	"GET /stores/*/v3/settings/inventory",
	"GET /stores/{store_hash}/v2/orders",
	"GET /stores/{store_hash}/v2/orders/{order_id}",
	"GET /stores/{store_hash}/v2/orders/{order_id}/products",
	"GET /stores/{store_hash}/v2/orders/{order_id}/shipments",
	"GET /stores/{store_hash}/v2/store",
	"GET /stores/{store_hash}/v3/catalog/products",
	"GET /stores/{store_hash}/v3/catalog/variants",
	"GET /stores/{store_hash}/v3/inventory/items",
	"GET /stores/{store_hash}/v3/inventory/locations",
	"GET /stores/{store_hash}/v3/orders/payment_actions/refunds",
	"POST /oauth2/token",
	"POST /stores/{store_hash}/v2/orders/{order_id}/shipments",
	"POST /stores/{store_hash}/v3/inventory/adjustments/relative",
	"PUT /stores/{store_hash}/v2/orders/{order_id}/shipments/{shipment_id}",
	"PUT /stores/{store_hash}/v3/inventory/adjustments/absolute",
}

// seen gathers what the recorders of all tests saw.
var seen spectest.Ledger

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.BigCommerce(tb, base)
	seen.Keep(tb, rec)
	return rec
}

func TestMain(m *testing.M) { os.Exit(seen.Run(m, operations)) }
