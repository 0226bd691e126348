package bigcommerce_test

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
var seen struct {
	sync.Mutex
	ops map[string]spectest.Tally
}

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.BigCommerce(tb, base)
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
