package shopifytest

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestADeletedOrderReadsAsNull(t *testing.T) {
	hooked(t, Config{}, []string{"ORDERS_DELETE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		o := custom(f)
		custom(f)
		settled()
		if err := f.DeleteOrder(o.ID); !errors.Is(err, ErrState) {
			t.Errorf("with units to fulfil: %v", err)
		}
		check(t, f.Ship(o.ID, Shipped{}))
		check(t, f.DeleteOrder(o.ID))
		settled()
		equal(t, "list", a.names(5, nil), "#1002")
		r := a.run(`query Q($id: ID!, $fo: ID!) { order(id: $id) { name } fulfillmentOrder(id: $fo) { id } }`, map[string]any{"id": o.ID, "fo": o.FulfilmentOrders[0].ID})
		equal(t, "by id", fmt.Sprint(r.at("order"), r.at("fulfillmentOrder")), "<nil> <nil>")
		f.Deliver(t.Context(), time.Now())
		equal(t, "webhook", in.topics()+in.bodies[0], `orders/delete{"id":`+legacy(number(o.ID))+"}")
	})
}

func TestAForgottenBuyerIsGoneFromTheOrder(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, Buyer: Buyer{Email: "ada@example.com"}, Address: &Address{City: "Berlin"}}))
		time.Sleep(time.Minute)
		check(t, f.Erase(o.ID))
		r := a.run(`query Q($id: ID!) { order(id: $id) { email customer { id } shippingAddress { city } updatedAt } }`, map[string]any{"id": o.ID})
		equal(t, "order", fmt.Sprint(r.at("order")), "map[customer:<nil> email:<nil> shippingAddress:<nil> updatedAt:2026-11-01T09:31:00Z]")
	})
}

func TestTheIndexMayFallBehind(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		f.SetIndexLag(time.Hour)
		custom(f)
		f.SetIndexLag(time.Second)
		custom(f)
		check(t, f.Touch("#1001")) // overtakes its own creation
		time.Sleep(time.Second)
		equal(t, "soon", a.names(5, nil), "#1001 #1002")
		time.Sleep(time.Hour)
		equal(t, "later", a.names(5, nil), "#1001 #1002")
	})
}

func TestHoldsAreReleasedByTheirExternalID(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		id := o.FulfilmentOrders[0].ID
		must(f.Hold(o.ID, "OTHER"))
		a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "OTHER", "externalId": "mine"}})
		r := a.run(`mutation R($id: ID!) { fulfillmentOrderReleaseHold(id: $id, externalId: "mine") { fulfillmentOrder { fulfillmentHolds { heldByRequestingApp } } userErrors { message } } }`, map[string]any{"id": id})
		equal(t, "left", fmt.Sprint(r.list("fulfillmentOrderReleaseHold.fulfillmentOrder.fulfillmentHolds")), "[map[heldByRequestingApp:false]]")
	})
}

func TestSellerCallsThatCannotBeDone(t *testing.T) {
	f := New(Config{})
	o := custom(f)
	for name, err := range map[string]error{
		"an unknown SKU":           f.SetAvailable("nope", "", 1),
		"an unknown order":         f.Ship("nope", Shipped{}),
		"an unknown line":          f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "nope", Quantity: 1}}}),
		"an unknown fulfilment":    f.CancelFulfilment("nope"),
		"an unknown location":      second(f.Move(o.FulfilmentOrders[0].ID, "nope")),
		"an unknown variant":       second(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "nope"}}})),
		"a component that is none": second(f.AddProduct(Product{Variants: []Variant{{Components: []Component{{SKU: "nope"}}}}})),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"more units than there are": f.Ship(o.ID, Shipped{Units: map[string]int{o.Lines[0].ID: 2}}),
		"an empty order":            second(f.PlaceOrder(NewOrder{})),
		"more than can be split":    second(f.Split(o.FulfilmentOrders[0].ID, map[string]int{o.Lines[0].ID: 2})),
	} {
		if !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: o.Lines[0].ID, Quantity: 1}}, Amount: "1.999"}); err == nil || must(f.Order(o.ID)).Lines[0].Current != 1 {
		t.Errorf("a refund that failed left a trace: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
