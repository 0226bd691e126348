package ebay_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/penstock-go/penstock/internal/spectest"
)

// operations is every operation the adapter sends. Each is held to its
// published specification, or to an assert of our own, by the recorder under all of
// these tests.
var operations = []string{
	"GET /commerce/identity/v1/user/",
	"GET /developer/analytics/v1_beta/rate_limit/",
	"GET /sell/feed/v1/task",
	"GET /sell/feed/v1/task/{task_id}",
	"GET /sell/feed/v1/task/{task_id}/download_input_file",
	"GET /sell/feed/v1/task/{task_id}/download_result_file",
	"GET /sell/fulfillment/v1/order",
	"GET /sell/fulfillment/v1/order/{orderId}",
	"GET /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment",
	"GET /sell/inventory/v1/inventory_item",
	"GET /sell/inventory/v1/offer",
	"POST /identity/v1/oauth2/token",
	"POST /sell/feed/v1/task",
	"POST /sell/feed/v1/task/{task_id}/upload_file",
	"POST /sell/fulfillment/v1/order/{orderId}/shipping_fulfillment",
	"POST /sell/inventory/v1/bulk_get_inventory_item",
	"POST /sell/inventory/v1/bulk_update_price_quantity",
	"POST /ws/api.dll",
}

// seen gathers what the recorders of all tests saw.
var seen spectest.Ledger

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.EBay(tb, base)
	seen.Keep(tb, rec)
	return rec
}

func TestMain(m *testing.M) { os.Exit(seen.Run(m, operations)) }
