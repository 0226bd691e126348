package shopify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// lineOf is a line as "SKU fulfiller location open", the location by name.
func (r rig) lineOf(l channel.Line) string {
	name := "-"
	for _, at := range r.fake.LocationList() {
		if string(l.Location) == shopify.Tail(at.ID) {
			name = at.Name
		}
	}
	return fmt.Sprintf("%s %s %s %d", l.SKU, l.FulfilledBy.Value, name, l.Open())
}

func (r rig) linesOf(o channel.Order) (out []string) {
	for _, l := range o.Lines {
		out = append(out, r.lineOf(l))
	}
	slices.Sort(out)
	return out
}

// Whatever the way to the buyer, units are gone from what is available when the
// order is placed, and are held until they are handed over: open until then.
func TestEveryWayOfDeliveryHoldsItsUnits(t *testing.T) {
	for way, want := range map[string]channel.Fulfiller{
		"": channel.BySeller, "SHIPPING": channel.BySeller, "LOCAL": channel.BySeller, "PICKUP_POINT": channel.BySeller,
		"RETAIL": channel.BySeller, "PICK_UP": channel.ByPickup,
	} {
		t.Run(way, func(t *testing.T) {
			onShop(t, shopifytest.Config{}, nil, func(r rig) {
				r.product("MUG", 10)
				placed := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 3}}, Delivery: way})
				if n := r.fake.Available("MUG", ""); n != 7 {
					t.Errorf("available %d after the sale", n)
				}
				orders, units, _ := r.walk()
				if d := cmp.Diff([]string{fmt.Sprintf("MUG %s Main 3", want)}, r.linesOf(orders[0])); d != "" {
					t.Error(d)
				}
				if u := units[0].Units[0]; u.FulfilledBy.Value != want || u.Lines[0].Remaining != 3 {
					t.Errorf("unit %+v", u)
				}
				// Handed over: the shop records it as it does a parcel, without a number.
				r.must(r.fake.Ship(placed.ID, shopifytest.Shipped{}))
				orders, _, _ = r.walk()
				if l := orders[0].Lines[0]; l.Shipped != 3 || l.Open() != 0 {
					t.Errorf("handed over: %+v", l)
				}
				if n := r.fake.Available("MUG", ""); n != 7 {
					t.Errorf("available %d after the units left", n)
				}
			})
		})
	}
}

// An order may be fulfilled at several places and by several hands: each line
// says where its stock fell and whose it is.
func TestLinesOfAScatteredOrderSayWhoFulfilsThem(t *testing.T) {
	shop := shopifytest.Config{Locations: []shopifytest.Location{{Name: "North"}, {Name: "South"}, {Name: "Depot", Service: "depot"}, {Name: "East"}, {Name: "West"}}}
	onShop(t, shop, nil, func(r rig) {
		for sku, stock := range map[string]map[string]int{
			"N": {"North": 9}, "S": {"South": 9}, "D": {"Depot": 9}, "E": {"East": 9}, "W": {"West": 9}, "NS": {"North": 1, "South": 1}, "ND": {"North": 1, "Depot": 1},
		} {
			r.stocked(sku, stock)
		}
		place := func(skus ...string) channel.OrderID {
			var n shopifytest.NewOrder
			for _, sku := range skus {
				n.Lines = append(n.Lines, shopifytest.NewLine{SKU: sku, Quantity: len(sku)})
			}
			return channel.OrderID(shopify.Tail(r.order(n).ID))
		}
		want := map[channel.OrderID][]string{
			place("N"):                     {"N seller North 1"},
			place("D"):                     {"D other Depot 1"},
			place("N", "S", "D"):           {"D other Depot 1", "N seller North 1", "S seller South 1"},
			place("N", "S", "E", "W"):      {"E seller East 1", "N seller North 1", "S seller South 1", "W seller West 1"},
			place("NS"):                    {"NS seller - 2"},
			place("ND", "D"):               {"D other Depot 1", "ND seller - 2"},
			place("N", "N", "N", "S", "S"): {"N seller North 1", "N seller North 1", "N seller North 1", "S seller South 1", "S seller South 1"},
		}
		orders, _, _ := r.walk()
		if len(orders) != len(want) {
			t.Fatalf("%d orders", len(orders))
		}
		check := func(how string, orders []channel.Order) {
			for _, o := range orders {
				if d := cmp.Diff(want[o.ID], r.linesOf(o)); d != "" {
					t.Errorf("%s, order %s (-want +got):\n%s", how, o.ID, d)
				}
				again, err := r.ch.DecodeOrder(o.Raw)
				r.must(err)
				if d := cmp.Diff(want[o.ID], r.linesOf(again)); d != "" {
					t.Errorf("%s, order %s from its payload (-want +got):\n%s", how, o.ID, d)
				}
			}
		}
		check("walk", orders)
		var bulk []channel.Order
		for p, err := range r.ch.BackfillOrders(r.Context(), r.finished(channel.BackfillQuery{Kind: channel.BackfillOrders})) {
			r.must(err)
			bulk = append(bulk, p.Items...)
		}
		if len(bulk) != len(want) {
			t.Fatalf("%d orders in the snapshot", len(bulk))
		}
		check("snapshot", bulk)
	})
}

// A fulfilment order that moves takes its units' place along.
func TestALineFollowsItsFulfilmentOrder(t *testing.T) {
	onShop(t, shopifytest.Config{Locations: twoPlaces.Locations, HoldBumpsOrder: true}, nil, func(r rig) {
		r.stocked("MUG", map[string]int{"North": 5, "South": 5})
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}, Location: "North"})
		_, err := r.fake.Move(o.FulfilmentOrders[0].ID, "South")
		r.must(err)
		orders, _, _ := r.walk()
		if d := cmp.Diff([]string{"MUG seller South 2"}, r.linesOf(orders[0])); d != "" {
			t.Error(d)
		}
	})
}
