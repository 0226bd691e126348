package main

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// lastSoldFirst is when the last unit of LAST is sold in a few orders, and then
// asked for again.
const lastSoldFirst = time.Second

const never = -1

// few is a plan of three orders on each channel and one for the only unit of
// LAST; after again, unless that is never, the other channel is asked for it.
func few(again time.Duration) *plan.Plan {
	p := &plan.Plan{
		Currency: "EUR",
		Goods: []plan.Good{
			{SKU: "MUG", Title: "Mug", Price: "3.50", Opening: 40},
			{SKU: "JUG", Title: "Jug", Price: "12.00", Opening: 40},
			{SKU: "LAST", Title: "Lamp", Price: "99.00", Opening: 1},
		},
	}
	n := 0
	order := func(at time.Duration, ch int, lines ...plan.Line) *plan.Order {
		n++
		o := &plan.Order{Number: "N" + strconv.Itoa(n), Channel: ch, Customer: "7", Country: "GB", Lines: lines}
		p.Steps = append(p.Steps, plan.Step{At: at, Order: o})
		return o
	}
	line := func(good int, units int64) plan.Line {
		g := p.Goods[good]
		return plan.Line{SKU: g.SKU, Title: g.Title, Quantity: units, Price: g.Price}
	}
	for ch := range 2 {
		order(0, ch, line(0, 3)).Customer = "" // as some of the real orders
		order(0, ch, line(0, 1), line(1, 2)).Split = true
		o := order(0, ch, line(0, 2), plan.Line{SKU: "POST", Title: "Postage", Quantity: 1, Price: "4.90", Service: true})
		p.Steps = append(p.Steps, plan.Step{At: lastSoldFirst, Refund: &plan.Refund{Number: "R" + o.Number, Order: o.Number, Line: 1, Quantity: 1, Price: "4.90"}})
	}
	order(lastSoldFirst, 0, line(2, 1))
	if again != never {
		order(lastSoldFirst+again, 1, line(2, 1)).Tries = true
	}
	return p
}

// concludeFew begins the main job on a few orders, damaged before they are
// compared, and returns what waits for its end. A job waits most of its time:
// many run at once.
func concludeFew(t *testing.T, p *plan.Plan, damage func(r *run) error) func() concluded {
	t.Helper()
	var out bytes.Buffer
	status := make(chan int)
	go func() {
		status <- job(t.Context(), options{given: p, quota: 100, dir: t.TempDir(), after: damage}, &out, os.Stderr)
	}()
	return func() concluded { return conclusion(<-status, &out) }
}

// TestTwoBuyersOfTheLastUnitAtOnceAreOversold has the last unit bought on both
// marketplaces before either can know of the other's sale: both accept, which
// nothing can prevent, and the comparison says so. Some seconds apart the second
// buyer is refused.
func TestTwoBuyersOfTheLastUnitAtOnceAreOversold(t *testing.T) {
	t.Parallel()
	atOnce, later := concludeFew(t, few(0), nil), concludeFew(t, few(4*time.Second), nil)
	t.Run("at once", func(t *testing.T) {
		atOnce().fails(t, append([]string{"orders=8", "refused=0", "shipments=10"}, except("oversold=1")...)...)
	})
	t.Run("one after the other", func(t *testing.T) {
		later().succeeds(t, append([]string{"orders=7", "refused=1", "shipments=9"}, sound...)...)
	})
}

// TestARefusalThatNobodyPlannedIsSeen asks for more than there ever was, where
// the plan has it sold: as if a listing had shown too little.
func TestARefusalThatNobodyPlannedIsSeen(t *testing.T) {
	t.Parallel()
	p := few(never)
	p.Steps[0].Order.Lines[0].Quantity = 41
	concludeFew(t, p, nil)().fails(t, append([]string{"orders=6", "refused=1", "shipments=8"}, except("unaccounted=1")...)...)
}

// TestTheComparisonSeesADamagedMarketplace does to the fakes, after the engine
// ended, what should not have happened, each to those of a run of its own.
func TestTheComparisonSeesADamagedMarketplace(t *testing.T) {
	t.Parallel()
	shopifyOrder := func(r *run, n string) shopifytest.Order {
		for _, o := range r.world.shopify.Orders() {
			if numberIn(o.Note) == n {
				return o
			}
		}
		t.Errorf("no order %s", n)
		return shopifytest.Order{}
	}
	bigcommerceOrder := func(r *run, n string) bigcommercetest.Order {
		for _, o := range r.world.bigcommerce.Orders() {
			if numberIn(o.Message) == n {
				return o
			}
		}
		t.Errorf("no order %s", n)
		return bigcommercetest.Order{}
	}
	// repack takes the one parcel of BigCommerce's order of three units back
	// and sends it again as two.
	repack := func(r *run, first, second string) error {
		o := bigcommerceOrder(r, "N4")
		f, was := r.world.bigcommerce, o.Shipments[0]
		if err := f.DeleteShipment(o.ID, was.ID); err != nil {
			return err
		}
		for i, number := range []string{first, second} {
			if _, err := f.Ship(o.ID, bigcommercetest.Parcel{
				Items: map[int]int{o.Lines[0].ID: 1 + i}, Tracking: number, Carrier: was.Carrier, Provider: was.Provider,
			}); err != nil {
				return err
			}
		}
		return nil
	}
	// relabel sends the parcel of that order again with another label.
	relabel := func(r *run, change func(p *bigcommercetest.Parcel)) error {
		o, f := bigcommerceOrder(r, "N4"), r.world.bigcommerce
		was := o.Shipments[0]
		if err := f.DeleteShipment(o.ID, was.ID); err != nil {
			return err
		}
		p := bigcommercetest.Parcel{Items: was.Items, Tracking: was.TrackingNumber, Carrier: was.Carrier, Provider: was.Provider}
		change(&p)
		_, err := f.Ship(o.ID, p)
		return err
	}
	cases := []struct {
		name   string
		damage func(r *run) error
		moved  []string
	}{
		{"a sale doubled", func(r *run) error {
			f := r.world.shopify
			if err := f.SetAvailable("LAST", "", 1); err != nil {
				return err
			}
			for _, s := range r.plan.Steps {
				if s.Order != nil && s.Order.Number == "N7" {
					_, err := r.world.markets[0].place(s.Order)
					return err
				}
			}
			return nil
		}, []string{"unaccounted=1", "unshipped=1", "lost=1", "oversold=1"}},
		{"a parcel more than demanded", func(r *run) error { return repack(r, "TWIN1", "TWIN2") }, []string{"differing=2", "duplicated=1"}},
		{"a parcel recorded twice", func(r *run) error {
			o := shopifyOrder(r, "N2")
			f, was := r.world.shopify, o.Fulfilments[0]
			return errors.Join(f.CancelFulfilment(was.ID), f.Ship(o.ID, shopifytest.Shipped{
				Units: map[string]int{o.Lines[0].ID: 1}, Numbers: o.Fulfilments[1].Numbers, Company: was.Company,
			}))
		}, []string{"differing=1", "duplicated=1"}},
		{"a parcel taken back", func(r *run) error {
			o := bigcommerceOrder(r, "N4")
			return r.world.bigcommerce.DeleteShipment(o.ID, o.Shipments[0].ID)
		}, []string{"differing=1", "unshipped=3"}},
		{"a refund of a penny on Shopify", func(r *run) error {
			return r.world.shopify.Refund(shopifyOrder(r, "N2").ID, shopifytest.NewRefund{Amount: "0.01"})
		}, []string{"differing=1", "unaccounted=1"}},
		{"a refund of a penny on BigCommerce", func(r *run) error {
			_, err := r.world.bigcommerce.Refund(bigcommerceOrder(r, "N5").ID, bigcommercetest.NewRefund{Amount: "0.01"})
			return err
		}, []string{"differing=1", "unaccounted=1"}},
		{"an amount", func(r *run) error {
			return r.world.shopify.EditOrder(shopifyOrder(r, "N2").ID, shopifytest.Edit{
				Add: []shopifytest.NewLine{{Title: "Tip", Price: "0.01", NothingToFulfil: true}},
			})
		}, []string{"differing=1", "unaccounted=1"}},
		{"a quantity on Shopify", func(r *run) error { return r.world.shopify.SetAvailable("MUG", "", 1) }, []string{"drift=1"}},
		{"a quantity on BigCommerce", func(r *run) error { return r.world.markets[1].set("MUG", 1) }, []string{"drift=1"}},
		{"another tracking number", func(r *run) error {
			return relabel(r, func(p *bigcommercetest.Parcel) { p.Tracking = "TRK0000000000001" })
		}, []string{"differing=1"}},
		{"no tracking number", func(r *run) error {
			return relabel(r, func(p *bigcommercetest.Parcel) { p.Tracking = "" })
		}, []string{"differing=1"}},
		{"another carrier", func(r *run) error {
			return relabel(r, func(p *bigcommercetest.Parcel) { p.Carrier, p.Provider = "royalmail", "" })
		}, []string{"differing=1"}},
		{"the corrected number on another order", func(r *run) error {
			r.world.corrected = "another"
			return nil
		}, []string{"differing=1"}},
	}
	ends := make([]func() concluded, len(cases))
	for i, tc := range cases {
		ends[i] = concludeFew(t, few(never), tc.damage)
	}
	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { ends[i]().fails(t, except(tc.moved...)...) })
	}
}
