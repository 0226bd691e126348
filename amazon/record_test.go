package amazon_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

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
var seen struct {
	sync.Mutex
	ops map[string]spectest.Tally
}

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.Amazon(tb, base)
	tb.Cleanup(func() {
		for _, p := range rec.Problems() {
			if len(p) > 1500 {
				p = p[:1500] + " …"
			}
			tb.Error(p)
		}
		seen.Lock()
		defer seen.Unlock()
		if seen.ops == nil {
			seen.ops = map[string]spectest.Tally{}
		}
		for op, t := range rec.Ops() {
			sum := seen.ops[op]
			sum.Seen += t.Seen
			sum.Validated += t.Validated
			seen.ops[op] = sum
		}
	})
	return rec
}

// sampled records the first exchanges, and lets the rest pass unseen: some
// conformance cases make thousands of the same.
type sampled struct {
	rec, base http.RoundTripper

	mu   sync.Mutex
	left int
}

func (s *sampled) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.left--
	look := s.left >= 0
	s.mu.Unlock()
	if look {
		return s.rec.RoundTrip(req)
	}
	return s.base.RoundTrip(req)
}

// TestMain checks, when all tests ran, that what was sent is what is listed and
// that none of it went unvalidated.
func TestMain(m *testing.M) {
	code := m.Run()
	some := false
	flag.Visit(func(f *flag.Flag) {
		some = some || f.Name == "test.run" || f.Name == "test.bench" || f.Name == "test.fuzz"
	})
	if code == 0 && !some && len(seen.ops) > 0 {
		for op, t := range seen.ops {
			if t.Validated == 0 {
				fmt.Fprintf(os.Stderr, "%s was sent and never validated\n", op)
				code = 1
			}
		}
		if diff := cmp.Diff(operations, slices.Sorted(maps.Keys(seen.ops))); diff != "" {
			fmt.Fprintf(os.Stderr, "operations (-listed +sent):\n%s", diff)
			code = 1
		}
	}
	os.Exit(code)
}
