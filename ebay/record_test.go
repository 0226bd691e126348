package ebay_test

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
var seen struct {
	sync.Mutex
	ops map[string]spectest.Tally
}

// recorded holds what passes to the published contracts.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	rec := spectest.EBay(tb, base)
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
