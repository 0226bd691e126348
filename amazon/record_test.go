package amazon_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/penstock-go/penstock/internal/spectest"
)

// operations is every operation the adapter sends. Each is held to its
// published model, or to an assert of our own, by the recorder under all of
// these tests.
var operations = []string{
	"DELETE /feeds/2021-06-30/feeds/{feedId}",
	"GET /documents/*",
	"GET /fba/inventory/v1/summaries",
	"GET /feeds/2021-06-30/documents/{feedDocumentId}",
	"GET /feeds/2021-06-30/feeds",
	"GET /feeds/2021-06-30/feeds/{feedId}",
	"GET /listings/2021-08-01/items/{sellerId}",
	"GET /listings/2021-08-01/items/{sellerId}/{sku}",
	"GET /orders/2026-01-01/orders",
	"GET /orders/2026-01-01/orders/{orderId}",
	"GET /reports/2021-06-30/documents/{reportDocumentId}",
	"GET /reports/2021-06-30/reports",
	"GET /reports/2021-06-30/reports/{reportId}",
	"GET /sellers/v1/marketplaceParticipations",
	"PATCH /listings/2021-08-01/items/{sellerId}/{sku}",
	"POST /auth/o2/token",
	"POST /feeds/2021-06-30/documents",
	"POST /feeds/2021-06-30/feeds",
	"POST /orders/v0/orders/{orderId}/shipmentConfirmation",
	"POST /reports/2021-06-30/reports",
	"PUT /documents/*",
}

// seen gathers what the recorders of all tests saw.
var seen spectest.Ledger

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.Amazon(tb, base)
	seen.Keep(tb, rec)
	return rec
}

func TestMain(m *testing.M) { os.Exit(seen.Run(m, operations)) }
