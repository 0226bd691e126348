package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// replayed places a file's orders and refunds on the fakes, with no engine in
// between: the shops show from the start what the file needs.
func replayed(t *testing.T, file string, before func(w *world, p *plan.Plan)) (*world, *plan.Plan) {
	t.Helper()
	p, err := options{file: file}.plan()
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(p, 100, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, g := range p.Goods {
		if err := w.shopify.SetAvailable(g.SKU, "", int(g.Opening)); err != nil {
			t.Fatal(err)
		}
		if err := w.bigcommerce.SetOnHand(g.SKU, bigcommercetest.DefaultLocation, g.Opening); err != nil {
			t.Fatal(err)
		}
	}
	if before != nil {
		before(w, p)
	}
	if err := w.run(t.Context(), p, &pace{}, func(command) {}); err != nil {
		t.Fatal(err)
	}
	return w, p
}

// unaccounted compares the fakes with the plan and the file it is of.
func unaccounted(t *testing.T, w *world, p *plan.Plan) *outcome {
	t.Helper()
	o := &outcome{corrected: true}
	var sold [][]soldOrder
	for _, m := range w.markets {
		sold = append(sold, m.orders())
		o.orders += len(sold[len(sold)-1])
	}
	if err := o.accounts(sold, w.markets, p, w.refused); err != nil {
		t.Fatal(err)
	}
	return o
}

// orderFiles are the files of orders there are: one of a few invented orders
// and, where the sample data is, a real week.
func orderFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{"a few orders": fewOrders(t)}
	shared := os.Getenv("PENSTOCK_SHARED")
	week := filepath.Join("..", "..", "..", "shared", "data", "online-retail-week.csv.gz")
	if shared != "" {
		week = filepath.Join(shared, "data", "online-retail-week.csv.gz")
	}
	if _, err := os.Stat(week); err == nil || shared != "" {
		files["a real week"] = week
	}
	return files
}

// TestWhatTheShopsHoldAndWhatIsApartIsTheFile holds the fakes' own state to the
// file's sums, which plan's tests hold to the published ones, and sees that an
// amount, a refund or an order that is off is told.
func TestWhatTheShopsHoldAndWhatIsApartIsTheFile(t *testing.T) {
	// plain is an order on a marketplace that nothing is refunded of.
	plain := func(p *plan.Plan, on int) *plan.Order {
		refunded := map[string]bool{}
		for _, s := range p.Steps {
			if s.Refund != nil {
				refunded[s.Refund.Order] = true
			}
		}
		i := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return s.Order != nil && s.Order.Channel == on && !refunded[s.Order.Number] })
		return p.Steps[i].Order
	}
	dear := func(on int) func(w *world, p *plan.Plan) {
		return func(w *world, p *plan.Plan) { w.markets[on] = dearer{w.markets[on], plain(p, on).Number} }
	}
	id := func(w *world, p *plan.Plan, on int) string { return w.placed[plain(p, on).Number].id }
	for where, file := range orderFiles(t) {
		for _, tc := range []struct {
			name   string
			before func(w *world, p *plan.Plan)
			after  func(w *world, p *plan.Plan) error
			told   []string // in the notes, each in one
		}{
			{"nothing off", nil, nil, nil},
			{"a price on Shopify", dear(0), nil, []string{"price ", "amount of orders", "amount of everything"}},
			{"a price on BigCommerce", dear(1), nil, []string{"price ", "amount of orders", "amount of everything"}},
			{"a penny given back on Shopify", nil, func(w *world, p *plan.Plan) error {
				return w.shopify.Refund(id(w, p, 0), shopifytest.NewRefund{Amount: "0.01"})
			}, []string{"1 refunds, planned 0", "amount of cancellations", "amount of everything"}},
			{"a penny given back on BigCommerce", nil, func(w *world, p *plan.Plan) error {
				n, err := strconv.Atoi(id(w, p, 1))
				if err == nil {
					_, err = w.bigcommerce.Refund(n, bigcommercetest.NewRefund{Amount: "0.01"})
				}
				return err
			}, []string{"1 refunds, planned 0", "amount of cancellations", "amount of everything"}},
			{"a line added", nil, func(w *world, p *plan.Plan) error {
				tip := shopifytest.NewLine{Title: "Tip", Price: "0.01", NothingToFulfil: true}
				return w.shopify.EditOrder(id(w, p, 0), shopifytest.Edit{Add: []shopifytest.NewLine{tip}})
			}, []string{"lines, planned", "lines of orders", "units of orders", "units in all", "amount of orders", "amount of everything"}},
			{"an order refused that something is refunded of", func(w *world, p *plan.Plan) {
				i := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return s.Refund != nil })
				for on := range w.markets {
					w.markets[on] = unwilling{w.markets[on], p.Steps[i].Refund.Order}
				}
			}, nil, []string{
				"refused order", "orders and write-offs", "lines of orders", "units of orders", "units cancelled", "units in all",
				"amount of orders", "amount of cancellations", "amount of everything",
			}},
			{"an order twice", nil, func(w *world, p *plan.Plan) error {
				_, err := w.markets[0].place(&plan.Order{
					Number: plain(p, 0).Number, Lines: []plan.Line{{Title: "Fee", Quantity: 1, Price: "1.00", Service: true}},
				})
				return err
			}, []string{"once more", "orders and write-offs", "lines of orders", "units of orders", "units in all", "amount of orders", "amount of everything"}},
		} {
			t.Run(where+"/"+tc.name, func(t *testing.T) {
				w, p := replayed(t, file, tc.before)
				if tc.after != nil {
					if err := tc.after(w, p); err != nil {
						t.Fatal(err)
					}
				}
				o := unaccounted(t, w, p)
				notes := strings.Join(o.notes, "\n")
				for _, want := range tc.told {
					if !strings.Contains(notes, want) {
						t.Errorf("not told %q", want)
					}
				}
				if o.unaccounted != len(tc.told) {
					t.Errorf("%d are unaccounted for, want %d:\n%s", o.unaccounted, len(tc.told), notes)
				}
				if o.ok() != (len(tc.told) == 0) {
					t.Errorf("ok is %t", o.ok())
				}
			})
		}
	}
}

// dearer is a marketplace that sells one order's first line a penny dearer.
type dearer struct {
	market
	number string
}

func (m dearer) place(o *plan.Order) (string, error) {
	if o.Number != m.number {
		return m.market.place(o)
	}
	price, err := channel.ParseMoney(o.Lines[0].Price, "GBP")
	if err != nil {
		return "", err
	}
	penny, err := channel.MinorMoney(1, "GBP")
	if err != nil {
		return "", err
	}
	if price, err = price.Add(penny); err != nil {
		return "", err
	}
	other := *o
	other.Lines = slices.Clone(o.Lines)
	other.Lines[0].Price = price.Amount()
	return m.market.place(&other)
}

// unwilling is a marketplace that refuses one order.
type unwilling struct {
	market
	number string
}

func (m unwilling) place(o *plan.Order) (string, error) {
	if o.Number == m.number {
		return "", errRefused
	}
	return m.market.place(o)
}
