package channel_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

func TestOpen(t *testing.T) {
	tests := []struct {
		name string
		line channel.Line
		want int64
	}{
		{"all of it", channel.Line{Ordered: 5}, 5},
		{"less what was cancelled", channel.Line{Ordered: 5, Cancelled: 2}, 3},
		{"less what was shipped", channel.Line{Ordered: 5, Shipped: 2}, 3},
		{"less what was refunded unshipped", channel.Line{Ordered: 5, Refunded: 2, Unshipped: 2}, 3},
		{"but not what was refunded after shipping", channel.Line{Ordered: 5, Shipped: 2, Refunded: 2}, 3},
		{"everything at once", channel.Line{Ordered: 5, Cancelled: 1, Refunded: 2, Unshipped: 1, Shipped: 2}, 1},
		{"shipped and cancelled afterwards is not below zero", channel.Line{Ordered: 1, Cancelled: 1, Shipped: 1}, 0},
		{"shipped more than ordered", channel.Line{Ordered: 1, Shipped: 2}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.line.Open(); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

func TestHas(t *testing.T) {
	o := channel.Order{Parts: channel.PartHead | channel.PartLines}
	for parts, want := range map[channel.Parts]bool{
		channel.PartHead: true, channel.PartHead | channel.PartLines: true, 0: true,
		channel.PartRefunds: false, channel.PartHead | channel.PartRefunds: false, channel.PartsAll: false,
	} {
		if got := o.Has(parts); got != want {
			t.Errorf("has %b: %t", parts, got)
		}
	}
	all := channel.PartHead | channel.PartLines | channel.PartTotals | channel.PartRecipient | channel.PartBuyer |
		channel.PartUnits | channel.PartShipments | channel.PartRefunds | channel.PartCancels
	if channel.PartsAll != all {
		t.Errorf("PartsAll is %b, the parts are %b", channel.PartsAll, all)
	}
}

func TestReconcile(t *testing.T) {
	eur := func(s string) channel.Amount { return channel.Same(money(t, s+" EUR")) }
	two := func(shop, buyer string) channel.Amount {
		return channel.Amount{Shop: money(t, shop+" EUR"), Buyer: money(t, buyer+" USD")}
	}
	tests := []struct {
		name     string
		totals   channel.Totals
		included bool
		want     channel.Amount
	}{
		{"nothing is left", channel.Totals{Lines: eur("30.00"), Charges: eur("4.90"), Tax: eur("6.63"), Total: eur("41.53")}, false, eur("0.00")},
		{"tax within the prices is not added", channel.Totals{Lines: eur("30.00"), Tax: eur("4.79"), Total: eur("30.00")}, true, eur("0.00")},
		{"rounding counts", channel.Totals{Lines: eur("9.99"), Rounding: eur("0.01"), Total: eur("10.00")}, true, eur("0.00")},
		{"what is left over", channel.Totals{Lines: eur("10.00"), Total: eur("12.50")}, false, eur("2.50")},
		{"what is left below", channel.Totals{Lines: eur("10.00"), Total: eur("9.99")}, false, eur("-0.01")},
		{"in both currencies", channel.Totals{Lines: two("10.00", "11.00"), Charges: two("1.00", "1.10"), Total: two("11.00", "12.11")}, false, two("0.00", "0.01")},
		{"no total is told", channel.Totals{Lines: eur("10.00")}, false, eur("-10.00")},
		{"nothing is told", channel.Totals{}, false, channel.Amount{}},
		{"what the marketplace collects stays apart", channel.Totals{Lines: eur("10.00"), Total: eur("10.00"), MarketplaceTax: eur("0.80")}, false, eur("0.00")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.totals.Reconcile(tt.included); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.totals.Residual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReconcileRefusesAColumnOfTwoCurrencies(t *testing.T) {
	before := channel.Totals{
		Lines: channel.Same(money(t, "10.00 EUR")), Charges: channel.Same(money(t, "1.00 USD")),
		Residual: channel.Same(money(t, "7.00 EUR")),
	}
	after := before
	if err := after.Reconcile(false); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("err = %v, want ErrInvalid", err)
	}
	if after != before {
		t.Errorf("it was changed: %+v", after)
	}
}

func TestSameTracking(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"the same", "1Z999", "1Z999", true},
		{"another case", "1z999", "1Z999", true},
		{"blanks and hyphens", " 1Z 99-9", "1Z999", true},
		{"another", "1Z999", "1Z998", false},
		{"a longer one", "1Z999", "1Z9990", false},
		{"none and none", "", "", false},
		{"nothing but punctuation", "--", "..", false},
		{"letters of another script do not count", "1Z999Ж", "1Z999", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := channel.SameTracking(tt.a, tt.b); got != tt.want {
				t.Errorf("SameTracking(%q, %q) = %t", tt.a, tt.b, got)
			}
			if got := channel.SameTracking(tt.b, tt.a); got != tt.want {
				t.Errorf("SameTracking(%q, %q) = %t", tt.b, tt.a, got)
			}
		})
	}
}
