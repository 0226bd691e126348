package shopify_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

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
