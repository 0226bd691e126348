package shopify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
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
var seen struct {
	sync.Mutex
	ops     map[string]spectest.Tally
	queries map[string]bool // whole texts
}

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
	silent := rec.Assert
	rec.Assert = func(c *spectest.GraphCall) error {
		seen.Lock()
		if seen.queries == nil {
			seen.queries = map[string]bool{}
		}
		var sent struct{ Query string }
		_ = json.Unmarshal(c.Sent, &sent)
		seen.queries[sent.Query] = true
		seen.Unlock()
		return errors.Join(silent(c), predicted(c), searchable(c))
	}
	tb.Cleanup(func() {
		for _, p := range slices.Compact(rec.Problems()) {
			if !unheardOf.MatchString(p) {
				tb.Error(p[:min(len(p), 1500)])
			}
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
	if code == 0 && !some && published() {
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
		for name, query := range fixedQueries() {
			if !seen.queries[query] && !strings.HasPrefix(query, "{") {
				fmt.Fprintf(os.Stderr, "admin.%s was never sent\n", name)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// fixedQueries are the queries whose text is always the same, by the names of
// their constants.
func fixedQueries() map[string]string {
	return map[string]string{
		"Activate": admin.Activate, "AmendTracking": admin.AmendTracking, "BulkState": admin.BulkState, "BulkStock": admin.BulkStock,
		"BulkVariants": admin.BulkVariants, "Fulfill": admin.Fulfill, "LocationIDs": admin.LocationIDs, "Locations": admin.Locations,
		"OldestOrder": admin.OldestOrder, "OrderUnits": admin.OrderUnits, "OrderShipping": admin.OrderShipping, "OrderRefunds": admin.OrderRefunds, "ParcelLines": admin.ParcelLines, "ParcelTracking": admin.ParcelTracking,
		"RefundLinesAfter": admin.RefundLinesAfter, "RunBulk": admin.RunBulk, "Scopes": admin.Scopes, "SetQuantities": admin.SetQuantities,
		"ShipLook": admin.ShipLook, "Shop": admin.Shop, "StockAtLocation": admin.StockAtLocation, "StockByItem": admin.StockByItem,
		"StockByListing": admin.StockByListing, "StockStates": admin.StockStates, "StockStatesByItem": admin.StockStatesByItem,
		"UnitLines": admin.UnitLines, "UnitsPage": admin.UnitsPage, "VariantsPage": admin.VariantsPage,
	}
}

// builtQueries are the queries that depend on what the grant allows.
func builtQueries(a admin.Access) map[string]string {
	return map[string]string{
		"BulkOrders": admin.BulkOrders(a, `updated_at:>='2026-11-22T10:00:00Z'`), "OrderLines": admin.OrderLines(a),
		"OrdersByID": admin.OrdersByID(a), "OrdersPage": admin.OrdersPage(a),
	}
}

// everyAccess is each of the ways a grant can be.
func everyAccess() (all []admin.Access) {
	for i := range 8 {
		all = append(all, admin.Access{Customers: i&1 > 0, Products: i&2 > 0, FulfillmentOrders: i&4 > 0})
	}
	return all
}

// The queries are found in the source, so that a new one is not forgotten
// above.
func TestEveryQueryIsListed(t *testing.T) {
	begins := regexp.MustCompile(`(?m)\b(query|mutation) \w+|^\{ \w+`)
	names := map[string]bool{}
	files, err := filepath.Glob("internal/admin/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	fset := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			var name string
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					name = n.Name.Name
				case *ast.ValueSpec:
					name = n.Names[0].Name
				case *ast.BasicLit:
					if n.Kind == token.STRING && begins.MatchString(strings.Trim(n.Value, "`\"")) {
						names[name] = true
					}
				}
				return true
			})
		}
	}
	listed := map[string]bool{}
	for _, m := range []map[string]string{fixedQueries(), builtQueries(admin.Access{})} {
		for name := range m {
			listed[name] = true
		}
	}
	if diff := cmp.Diff(listed, names); diff != "" {
		t.Errorf("queries (-listed +in the source):\n%s", diff)
	}
}

func TestEveryQueryFitsThePublishedSchema(t *testing.T) {
	rec := spectest.Shopify(t, shopify.Version, nil)
	check := func(queries map[string]string) {
		for name, query := range queries {
			if err := rec.Check(query); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	check(fixedQueries())
	for _, a := range everyAccess() {
		check(builtQueries(a))
	}
}

// denials counts answers that lack something for want of a scope.
type denials struct {
	base http.RoundTripper
	said []string
}

func (d *denials) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if at := bytes.Index(body, []byte(`"ACCESS_DENIED"`)); at >= 0 {
		d.said = append(d.said, string(body[max(0, at-200):at]))
	}
	return resp, err
}

// What the grant lacks must not be asked for: Shopify answers such a field with
// an error beside the data.
func TestAGrantIsNotAskedForMoreThanItHas(t *testing.T) {
	for _, a := range everyAccess() {
		t.Run(fmt.Sprintf("%+v", a), func(t *testing.T) {
			scopes := []string{"read_orders", "read_locations"}
			if a.Customers {
				scopes = append(scopes, "read_customers")
			}
			if a.Products {
				scopes = append(scopes, "read_products", "write_inventory")
			}
			if a.FulfillmentOrders {
				scopes = append(scopes, "write_merchant_managed_fulfillment_orders")
			}
			d := &denials{}
			onShop(t, shopifytest.Config{Scopes: scopes}, func(c *shopify.Config) { d.base, c.Transport = c.Transport, d }, func(r rig) {
				r.product("MUG", 100)
				var lines []shopifytest.NewLine
				for range 60 {
					lines = append(lines, shopifytest.NewLine{SKU: "MUG"})
				}
				r.must(r.fake.Ship(r.order(shopifytest.NewOrder{Lines: lines}).ID, shopifytest.Shipped{Numbers: []string{"1Z"}}))
				o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
				r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: "MUG", Quantity: 1}}}))
				if orders, _, _ := r.walk(); len(orders) != 2 || len(orders[0].Lines) != 60 || len(orders[1].Refunds) != 1 {
					r.Errorf("%d orders", len(orders))
				}
				if _, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(shopify.Tail(o.ID))}); err != nil {
					r.Error(err)
				}
				ticket, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders})
				r.must(err)
				time.Sleep(time.Minute)
				n := 0
				for page, err := range r.ch.BackfillOrders(r.Context(), ticket) {
					r.must(err)
					n += len(page.Items)
				}
				if n != 2 {
					r.Errorf("%d orders in bulk", n)
				}
				if a.Products {
					_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
					r.must(err)
					_, err = r.ch.StockPage(r.Context(), channel.StockQuery{})
					r.must(err)
				}
				if a.FulfillmentOrders {
					_, err := r.ch.Ship(r.Context(), channel.Shipment{
						Key: "1", Seq: 1, Order: channel.OrderID(shopify.Tail(o.ID)), Tracking: channel.Tracking{Carrier: "ups", Number: "1Z1"},
						Lines: []channel.ShipmentLine{{Line: channel.LineID(shopify.Tail(o.Lines[0].ID)), Quantity: 1}},
					})
					r.must(err)
				}
			})
			for _, s := range d.said {
				t.Errorf("denied: …%s", s)
			}
		})
	}
}
