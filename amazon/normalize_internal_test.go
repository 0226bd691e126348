package amazon

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

// A whole order as the contract has it, to be read in review.
func TestNormalisedOrder(t *testing.T) {
	page := pageOfOrders(1, 1)
	o, err := (&Channel{}).DecodeOrder(page[1 : len(page)-1])
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "order.golden")
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test -update and read what it writes", err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("(-%s +got):\n%s", file, diff)
	}
}

// orderOf is an order of one line with the given proceeds.
func orderOf(t *testing.T, total, orderParts, line string) channel.Order {
	t.Helper()
	o, err := (&Channel{}).DecodeOrder(fmt.Appendf(nil, `{"orderId":"1","createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00Z",
		"salesChannel":{"channelName":"AMAZON"},"fulfillment":{"fulfillmentStatus":"UNSHIPPED","fulfilledBy":"MERCHANT"},
		"proceeds":{"grandTotal":{"amount":"%s","currencyCode":"EUR"},"breakdowns":[%s]},
		"orderItems":[{"orderItemId":"9","quantityOrdered":2,"product":{"price":{"unitPrice":{"amount":"50","currencyCode":"EUR"}}},%s}]}`,
		total, orderParts, line))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func part(kind, amount, details string) string {
	return fmt.Sprintf(`{"type":"%s","subtotal":{"amount":"%s","currencyCode":"EUR"},"detailedBreakdowns":[%s]}`, kind, amount, details)
}

func detail(kind, amount string) string {
	return fmt.Sprintf(`{"subtype":"%s","value":{"amount":"%s","currencyCode":"EUR"}}`, kind, amount)
}

// Where the tax is, and what of the total is whose, follows from the sums; what
// fits nothing stays over and parks nothing.
func TestSums(t *testing.T) {
	lineOf := func(parts ...string) string { return `"proceeds":{"breakdowns":[` + strings.Join(parts, ",") + `]}` }
	collected := `,"tax":{"taxCollections":[{"model":"MARKETPLACE_FACILITATOR"}]}`
	goods, tax := part("ITEM", "100", ""), part("TAX", "19", "")
	for _, tt := range []struct {
		name              string
		total, order      string
		line              string
		included          bool
		tax, marketplaces string
		residual          string
	}{
		{"tax on top", "119", "", lineOf(goods, tax), false, "19", "0", "0"},
		{"tax within", "100", "", lineOf(goods, tax), true, "19", "0", "0"},
		{"Amazon's tax on top", "119", "", lineOf(goods, tax) + collected, false, "19", "0", "0"},
		{"Amazon's tax apart", "100", "", lineOf(goods, tax) + collected, false, "0", "19", "0"},
		{"fits nothing", "90", "", lineOf(goods, tax), false, "19", "0", "-29"},
		{"a discount on the order alone", "90", part("DISCOUNT", "-10", ""), lineOf(goods), false, "0", "0", "-10"},
		{"tax on the order alone", "119", part("TAX", "19", ""), lineOf(goods), false, "19", "0", "0"},
		{"shipping on the order alone", "104", part("SHIPPING", "4", ""), lineOf(goods), false, "0", "0", "0"},
		{"a type that is new", "107", part("HANDLING", "7", ""), lineOf(goods, part("HANDLING", "7", "")), false, "0", "0", "0"},
		{"a tip", "105", `{"type":"DELIVERY_TIP","status":"PENDING","subtotal":{"amount":"5","currencyCode":"EUR"}}`, lineOf(goods), false, "0", "0", "0"},
		{"no breakdown", "100", "", `"proceeds":{"proceedsTotal":{"amount":"100","currencyCode":"EUR"}}`, false, "0", "0", "0"},
		{"a discount below zero", "80", "", lineOf(goods, part("DISCOUNT", "-20", detail("ITEM", "-20"))), false, "0", "0", "0"},
		{"a discount of shipping", "103", "", lineOf(goods, part("SHIPPING", "5", ""), part("DISCOUNT", "2", detail("SHIPPING", "2"))), false, "0", "0", "0"},
		{"tax of gift wrap", "106.30", "", lineOf(goods, part("GIFT_WRAP", "5", ""), part("TAX", "1.30", detail("GIFT_WRAP", "1.30"))), false, "1.30", "0", "0"},
	} {
		o := orderOf(t, tt.total, tt.order, tt.line)
		same := func(what string, got channel.Amount, want string) {
			w, err := channel.ParseMoney(want, "EUR")
			if err != nil {
				t.Fatal(err)
			}
			if !got.Shop.Equal(w) && !(got.Shop.IsZero() && w.IsZero()) {
				t.Errorf("%s: %s %v, want %s", tt.name, what, got.Shop, want)
			}
		}
		if o.TaxIncluded != tt.included {
			t.Errorf("%s: tax included %t", tt.name, o.TaxIncluded)
		}
		same("tax", o.Totals.Tax, tt.tax)
		same("Amazon's tax", o.Totals.MarketplaceTax, tt.marketplaces)
		same("residual", o.Totals.Residual, tt.residual)
		same("total", o.Totals.Total, tt.total)
		if len(o.Lines[0].Discounts) > 0 && o.Lines[0].Discount.Shop.Sign() < 0 {
			t.Errorf("%s: discount %v", tt.name, o.Lines[0].Discount)
		}
	}
}

// Units that Amazon no longer counts as open are cancelled, and none before it
// counts at all.
func TestQuantities(t *testing.T) {
	for _, tt := range []struct {
		status, fulfillment, cancellation string
		shipped, cancelled, open          int64
	}{
		{"UNSHIPPED", `{"quantityFulfilled":0,"quantityUnfulfilled":3}`, "", 0, 0, 3},
		{"UNSHIPPED", `null`, "", 0, 0, 3},
		{"UNSHIPPED", `{"quantityFulfilled":0}`, "", 0, 0, 3},
		{"UNSHIPPED", `{"quantityFulfilled":0,"quantityUnfulfilled":2}`, "MERCHANT", 0, 1, 2},
		{"PARTIALLY_SHIPPED", `{"quantityFulfilled":1,"quantityUnfulfilled":1}`, "", 1, 1, 1},
		{"SHIPPED", `{"quantityFulfilled":3,"quantityUnfulfilled":0}`, "", 3, 0, 0},
		{"SHIPPED", `{"quantityFulfilled":4,"quantityUnfulfilled":0}`, "", 3, 0, 0},
		{"CANCELLED", `{"quantityFulfilled":0,"quantityUnfulfilled":3}`, "", 0, 3, 0},
		{"CANCELLED", `{"quantityFulfilled":1,"quantityUnfulfilled":0}`, "", 1, 2, 0},
		{"PENDING", `{"quantityFulfilled":0,"quantityUnfulfilled":0}`, "", 0, 0, 3},
		{"PENDING", `{"quantityFulfilled":0,"quantityUnfulfilled":0}`, "AMAZON", 0, 3, 0},
		{"PENDING_AVAILABILITY", `{}`, "", 0, 0, 3},
		{"QUANTUM_LEAP", `{"quantityFulfilled":0,"quantityUnfulfilled":9}`, "", 0, 0, 3},
	} {
		o, err := (&Channel{}).DecodeOrder(fmt.Appendf(nil, `{"orderId":"1","createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00Z",
			"fulfillment":{"fulfillmentStatus":"%s"},"orderItems":[{"orderItemId":"9","quantityOrdered":3,"fulfillment":%s,
			"cancellation":{"cancellationExecution":{"cancelledBy":"%s"}}}]}`, tt.status, tt.fulfillment, tt.cancellation))
		if err != nil {
			t.Fatal(err)
		}
		if l := o.Lines[0]; l.Shipped != tt.shipped || l.Cancelled != tt.cancelled || l.Open() != tt.open || l.Loose != l.Cancelled {
			t.Errorf("%s %s: %+v", tt.status, tt.fulfillment, l)
		}
	}
}

// A label has every part of a place that its country writes on one, once.
func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		address string
		lines   []channel.Personal
		region  string
	}{
		{`"addressLine1":"1 Main St","addressLine2":"","city":"Austin","districtOrCounty":"Travis","stateOrRegion":"TX","countryCode":"us"`, []channel.Personal{"1 Main St"}, "TX"},
		{`"addressLine1":"1 Main St","city":"Reading","districtOrCounty":"Berkshire","stateOrRegion":"UK","countryCode":"GB"`, []channel.Personal{"1 Main St"}, ""},
		{`"addressLine1":"Cadde 42","addressLine3":"Kat 3","city":"Istanbul","districtOrCounty":"Beyoglu","stateOrRegion":"Istanbul","municipality":"istanbul","countryCode":"TR"`, []channel.Personal{"Cadde 42", "Kat 3", "Beyoglu"}, ""},
		{`"addressLine1":"Rua A, 1","city":"Rio","stateOrRegion":"RJ","countryCode":"BR","extendedFields":{"streetName":"Rua A","neighborhood":"Centro"}`, []channel.Personal{"Rua A, 1", "Centro"}, ""},
		{`"city":"Austin","districtOrCounty":"X","stateOrRegion":"TX","countryCode":"DE"`, nil, ""},
	} {
		var w spapi.Address
		if err := wire.Unmarshal([]byte("{"+tt.address+"}"), &w); err != nil {
			t.Fatal(err)
		}
		if a := address(&w); cmp.Diff(tt.lines, a.Lines) != "" || a.RegionCode != tt.region {
			t.Errorf("%s: %v, region %q", tt.address, texts(a.Lines), a.RegionCode)
		}
	}
}

func texts(ps []channel.Personal) (out []string) {
	for _, p := range ps {
		out = append(out, string(p))
	}
	return out
}
