package shopify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify"
)

// operations is everything the adapter sends. Each is held to the published
// schema, or to an assert of our own, by the recorder under all of these tests.
var operations = []string{
	"Activate", "AmendTracking", "BulkState", "Fulfill",
	"GET /__bulk/*/*", // results of bulk operations
	"Locations", "OldestOrder", "OrderLines", "OrderRefunds", "OrderShipping", "OrderUnits", "OrdersByID", "OrdersPage",
	"POST /admin/oauth/access_token",
	"ParcelLines", "ParcelTracking", "RefundLinesAfter", "RunBulk", "Scopes", "SetQuantities", "ShipLook", "Shop",
	"StockAtLocation", "StockByListing", "StockStates", "UnitLines", "UnitsPage", "VariantsPage",
}

// seen gathers what the recorders of all tests saw.
var seen spectest.Ledger

// sentQueries are the whole texts of the queries sent.
var sentQueries sync.Map

// published tells whether the schema is at hand: tests that only use the
// recorder run without it.
var published = sync.OnceValue(func() bool {
	dir := os.Getenv("PENSTOCK_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	_, err := os.Stat(filepath.Join(dir, "specs", "shopify", "admin_"+shopify.Version+".json.gz"))
	return err == nil
})

// recorded holds what passes to the published schema.
func recorded(tb testing.TB, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	if !published() {
		return base
	}
	rec := spectest.Shopify(tb, shopify.Version, base)
	rec.Provoked = unheardOf
	silent := rec.Assert
	rec.Assert = func(c *spectest.GraphCall) error {
		var sent struct{ Query string }
		_ = json.Unmarshal(c.Sent, &sent)
		sentQueries.Store(sent.Query, true)
		return errors.Join(silent(c), predicted(c), searchable(c))
	}
	seen.Keep(tb, &rec.Recorder)
	return rec
}

// unheardOf are codes that tests make the fake answer with though the schema
// has none of the name: lists of codes grow.
var unheardOf = regexp.MustCompile(`^SetQuantities: answer: \S+ (A_CODE_OF_NEXT_YEAR|SERVICE_UNAVAILABLE) is no \w+$`)

// searchable holds a search to the terms that there are: Shopify disregards one
// that it does not know, and says so beside the answer.
func searchable(c *spectest.GraphCall) error {
	if warned, ok := c.Extra["search"]; ok {
		return fmt.Errorf("the search is not understood: %v", warned)
	}
	return nil
}

// predicted compares what the limiter was told a call costs with what it does.
func predicted(c *spectest.GraphCall) error {
	call, ok := transport.CallFrom(c.Request.Context())
	if !ok {
		return errors.New("the call is not announced to the limiter")
	}
	cost, _ := c.Extra["cost"].(map[string]any)
	if n, ok := cost["requestedQueryCost"].(json.Number); ok {
		if f, err := n.Float64(); err != nil || f != call.Cost {
			return fmt.Errorf("predicted to cost %v, costs %v", call.Cost, n)
		}
	}
	return nil
}

func TestMain(m *testing.M) { os.Exit(seen.Run(m, operations, neverSent)) }

// neverSent says which of the fixed queries no test sent.
func neverSent() (out []string) {
	for name, query := range fixedQueries() {
		if _, sent := sentQueries.Load(query); !sent && !strings.HasPrefix(query, "{") {
			out = append(out, "admin."+name+" was never sent")
		}
	}
	slices.Sort(out)
	return out
}
