package shopifytest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shipment is input for fulfillmentCreate: pairs of a fulfilment order's id and
// units by line id; nil units mean left blank.
func shipment(tracking map[string]any, pairs ...any) map[string]any {
	groups := []any{}
	for i := 0; i < len(pairs); i += 2 {
		g := map[string]any{"fulfillmentOrderId": pairs[i]}
		if units, ok := pairs[i+1].([]any); ok {
			var lines []any
			for j := 0; j < len(units); j += 2 {
				lines = append(lines, map[string]any{"id": units[j], "quantity": units[j+1]})
			}
			g["fulfillmentOrderLineItems"] = lines
		}
		groups = append(groups, g)
	}
	in := map[string]any{"lineItemsByFulfillmentOrder": groups}
	if tracking != nil {
		in["trackingInfo"] = tracking
	}
	return map[string]any{"fulfillment": in}
}

// fos writes an order's fulfilment orders as status remaining/total.
func fos(f *Fake, ref string) string {
	var out []string
	for _, fo := range must(f.Order(ref)).FulfilmentOrders {
		s := fo.Status
		var sSb39 strings.Builder
		for _, l := range fo.Lines {
			sSb39.WriteString(fmt.Sprintf(" %d/%d", l.Remaining, l.Total))
		}
		s += sSb39.String()
		out = append(out, s)
	}
	return strings.Join(out, " | ")
}

func TestShippingFollowsTheFulfilmentOrder(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		mug(f, "B", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}, {SKU: "B", Quantity: 2}}}))
		fo := o.FulfilmentOrders[0]
		equal(t, "open", fos(f, o.ID)+" "+o.Fulfilment, "OPEN 3/3 2/2 UNFULFILLED")
		time.Sleep(time.Minute)
		r := a.run(fulfil, shipment(map[string]any{"company": "UPS", "number": "1Z9"}, fo.ID, []any{fo.Lines[0].ID, 2}))
		equal(t, "status", r.str("fulfillmentCreate.fulfillment.status")+" "+r.str("fulfillmentCreate.fulfillment.name"), "SUCCESS #1001-F1")
		equal(t, "the link is made up", r.str("fulfillmentCreate.fulfillment.trackingInfo.0.url"), "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums=1Z9")
		s := must(f.Order(o.ID))
		equal(t, "in progress", fos(f, o.ID)+" "+s.Fulfilment, "IN_PROGRESS 1/3 2/2 PARTIALLY_FULFILLED")
		equal(t, "updated", s.UpdatedAt.Sub(o.UpdatedAt), time.Minute)
		equal(t, "units", s.Fulfilments[0].Units[o.Lines[0].ID], 2)
		equal(t, "nobody was told", s.Fulfilments[0].Notified, false)
		a.run(fulfil, shipment(nil, fo.ID, nil))
		s = must(f.Order(o.ID))
		equal(t, "closed", fos(f, o.ID)+" "+s.Fulfilment, "CLOSED 0/3 0/2 FULFILLED")
		equal(t, "archived when paid and fulfilled", s.ClosedAt.IsZero(), false)
		equal(t, "stock", stock(f, "A", "")+" "+stock(f, "B", ""), "6/0/6 7/0/7")
	})
}

func TestSeveralParcelsOfTheSameLines(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		r := a.run(fulfil, shipment(map[string]any{"company": "Hand cart", "numbers": []any{"1", "2"}, "urls": []any{"https://example.com/1"}}, o.FulfilmentOrders[0].ID, nil))
		want := []any{
			map[string]any{"company": "Hand cart", "number": "1", "url": "https://example.com/1"},
			map[string]any{"company": "Hand cart", "number": "2", "url": nil},
		}
		if diff := cmp.Diff(want, r.list("fulfillmentCreate.fulfillment.trackingInfo")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestShippingIsRefusedInTheMarketplacesWords(t *testing.T) {
	bubble(t, Config{Locations: []Location{{Name: "Berlin"}, {Name: "Paris"}}, Quota: 10}, func(f *Fake, a *app) {
		t := a.t
		must(f.AddProduct(Product{Variants: []Variant{{SKU: "A", Available: 20}, {SKU: "P", Stock: map[string]int{"Paris": 20}}}}))
		place := func(n NewOrder) Order { return must(f.PlaceOrder(n)) }
		two := place(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}, {SKU: "P"}}})
		other := place(NewOrder{Lines: []NewLine{{SKU: "A"}}})
		done := place(NewOrder{Lines: []NewLine{{SKU: "A"}}})
		check(t, f.Ship(done.ID, Shipped{}))
		gone := place(NewOrder{Lines: []NewLine{{SKU: "A"}}})
		check(t, f.CancelOrder(gone.ID, true))
		held := place(NewOrder{Lines: []NewLine{{SKU: "A"}}, Hold: "AWAITING_PAYMENT"})
		later := place(NewOrder{Lines: []NewLine{{SKU: "A"}}, FulfilAt: time.Now().Add(time.Hour)})
		fo := func(o Order, i int) FulfilmentOrder { return o.FulfilmentOrders[i] }
		n := func(o Order) string { return legacy(number(o.FulfilmentOrders[0].ID)) }
		line := fo(two, 0).Lines[0].ID
		for _, tc := range []struct {
			name string
			in   map[string]any
			want string
		}{
			{"nothing", shipment(nil), "|fulfillment|Line items by fulfillment order can't be blank"},
			{"an unknown fulfilment order", shipment(nil, "gid://shopify/FulfillmentOrder/1", nil), "|fulfillment|Fulfillment order does not exist."},
			{"an unknown line", shipment(nil, fo(two, 0).ID, []any{"gid://shopify/FulfillmentOrderLineItem/1", 1}), "|fulfillment|Fulfillment order line item does not exist."},
			{"a line of another one", shipment(nil, fo(two, 1).ID, []any{line, 1}), "|fulfillment|Fulfillment order line item does not exist."},
			{"no units", shipment(nil, fo(two, 0).ID, []any{line, 0}), "|fulfillment.lineItemsByFulfillmentOrder.0.fulfillmentOrderLineItems.0.quantity|Quantity must be greater than 0"},
			{"too many units", shipment(nil, fo(two, 0).ID, []any{line, 3}), "|fulfillment|Invalid fulfillment order line item quantity requested."},
			{"too many in two entries", shipment(nil, fo(two, 0).ID, []any{line, 1, line, 2}), "|fulfillment|Invalid fulfillment order line item quantity requested."},
			{"two locations", shipment(nil, fo(two, 0).ID, nil, fo(two, 1).ID, nil), "|fulfillment|All fulfillment orders must be assigned to a single location. Multiple locations with ids [" + legacy(number(fo(two, 0).LocationID)) + ", " + legacy(number(fo(two, 1).LocationID)) + "] were found."},
			{"two orders", shipment(nil, fo(two, 0).ID, nil, fo(other, 0).ID, nil), "|fulfillment|All fulfillment orders must belong to the same order. Multiple orders with ids [" + legacy(number(two.ID)) + ", " + legacy(number(other.ID)) + "] were found."},
			{"a replay", shipment(nil, fo(done, 0).ID, nil), "|fulfillment|Fulfillment order " + n(done) + " has an unfulfillable status= closed."},
			{"after a cancel", shipment(nil, fo(gone, 0).ID, nil), "|fulfillment|Fulfillment order " + n(gone) + " has an unfulfillable status= closed."},
			{"on hold", shipment(nil, fo(held, 0).ID, nil), "|fulfillment|Fulfillment order " + n(held) + " has an unfulfillable status= on_hold."},
			{"scheduled", shipment(nil, fo(later, 0).ID, nil), "|fulfillment|Fulfillment order " + n(later) + " has an unfulfillable status= scheduled."},
		} {
			r := a.run(fulfil, tc.in)
			if got := r.userErrors("fulfillmentCreate"); len(got) != 1 || got[0] != tc.want {
				t.Errorf("%s: got %q\nwant %q", tc.name, got, tc.want)
			}
		}
		a.run(fulfil, shipment(nil, fo(two, 0).ID, []any{line, 1}))
		r := a.run(fulfil, shipment(nil, fo(two, 0).ID, []any{line, 2}))
		equal(t, "the total and not what remains", r.userErrors("fulfillmentCreate")[0], "|fulfillment|Invalid fulfillment order line item quantity requested.")
		equal(t, "nothing was shipped by a refused call", len(must(f.Order(two.ID)).Fulfilments), 1)
	})
}

func TestShippingNeedsTheScopeOfTheLocation(t *testing.T) {
	scopes := append(without("write_third_party_fulfillment_orders"), "read_third_party_fulfillment_orders")
	bubble(t, Config{Scopes: scopes, Locations: []Location{{Name: "3PL", Service: "swift"}}}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		r := a.run(fulfil, shipment(nil, o.FulfilmentOrders[0].ID, nil))
		equal(t, "refused", r.userErrors("fulfillmentCreate")[0], "|fulfillment|The api_client does not have access to the fulfillment order.")
	})
}

func TestThirdPartiesHaveARequestStatus(t *testing.T) {
	bubble(t, Config{Locations: []Location{{Name: "3PL", Service: "swift"}}}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		state := func() string {
			r := a.run(fulfilmentOrdersQuery, map[string]any{"orderId": o.ID})
			s := r.str("order.fulfillmentOrders.nodes.0.status") + " " + r.str("order.fulfillmentOrders.nodes.0.requestStatus") + ":"
			var sSb151 strings.Builder
			for _, x := range r.list("order.fulfillmentOrders.nodes.0.supportedActions") {
				sSb151.WriteString(" " + x.(map[string]any)["action"].(string))
			}
			s += sSb151.String()
			return s
		}
		equal(t, "before", state(), "OPEN UNSUBMITTED: REQUEST_FULFILLMENT CREATE_FULFILLMENT MOVE HOLD")
		check(t, f.Request(o.ID, "SUBMITTED"))
		equal(t, "asked", state(), "OPEN SUBMITTED: REQUEST_CANCELLATION CANCEL_FULFILLMENT_ORDER")
		check(t, f.Request(o.ID, "ACCEPTED"))
		equal(t, "accepted", state(), "IN_PROGRESS ACCEPTED: CREATE_FULFILLMENT REQUEST_CANCELLATION")
		check(t, f.Request(o.ID, "REJECTED"))
		equal(t, "the order shows it", must(f.Order(o.ID)).Fulfilment, "REQUEST_DECLINED")
	})
}

const (
	holdFO = `mutation H($id: ID!, $hold: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
		fulfillmentHold { id handle reason displayReason heldByRequestingApp } fulfillmentOrder { id status } remainingFulfillmentOrder { id status } userErrors { code field message } } }`
	releaseFO = `mutation R($id: ID!, $holds: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { fulfillmentOrder { id status fulfillmentHolds { id } } userErrors { code field message } } }`
	openFO    = `mutation O($id: ID!) { fulfillmentOrderOpen(id: $id) { fulfillmentOrder { id status } userErrors { field message } } }`
	moveFO    = `mutation M($id: ID!, $to: ID!, $lines: [FulfillmentOrderLineItemInput!]) { fulfillmentOrderMove(id: $id, newLocationId: $to, fulfillmentOrderLineItems: $lines) {
		movedFulfillmentOrder { id status } originalFulfillmentOrder { id status } remainingFulfillmentOrder { id status } userErrors { code field message } } }`
	splitFO = `mutation S($in: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $in) {
		fulfillmentOrderSplits { fulfillmentOrder { id } remainingFulfillmentOrder { id } } userErrors { code field message } } }`
)

func TestHoldsStackAndAreReleasedByName(t *testing.T) {
	bubble(t, Config{Quota: 10}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}}))
		id := o.FulfilmentOrders[0].ID
		others := must(f.Hold(o.ID, "HIGH_RISK_OF_FRAUD"))
		r := a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "INVENTORY_OUT_OF_STOCK", "handle": "one"}})
		ours := r.str("fulfillmentOrderHold.fulfillmentHold.id")
		equal(t, "reason", r.str("fulfillmentOrderHold.fulfillmentHold.displayReason"), "Inventory out of stock")
		equal(t, "status", fos(f, o.ID)+" "+must(f.Order(o.ID)).Fulfilment, "ON_HOLD 3/3 ON_HOLD")
		r = a.run(fulfilmentOrdersQuery, map[string]any{"orderId": o.ID})
		equal(t, "two holds, one of them ours", fmt.Sprint(r.at("order.fulfillmentOrders.nodes.0.fulfillmentHolds.0.heldByRequestingApp"), " ", r.at("order.fulfillmentOrders.nodes.0.fulfillmentHolds.1.heldByRequestingApp")), "false true")
		r = a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "OTHER", "handle": "one"}})
		equal(t, "the same handle", r.str("fulfillmentOrderHold.userErrors.0.code"), "DUPLICATE_FULFILLMENT_HOLD_HANDLE")
		r = a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "OTHER", "handle": "two", "fulfillmentOrderLineItems": []any{map[string]any{"id": o.FulfilmentOrders[0].Lines[0].ID, "quantity": 1}}}})
		equal(t, "part of what is held", r.str("fulfillmentOrderHold.userErrors.0.code"), "FULFILLMENT_ORDER_NOT_SPLITTABLE")
		for i := range 9 {
			a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "OTHER", "handle": strconv.Itoa(i)}})
		}
		r = a.run(holdFO, map[string]any{"id": id, "hold": map[string]any{"reason": "OTHER", "handle": "x"}})
		equal(t, "eleven of one app", r.str("fulfillmentOrderHold.userErrors.0.code"), "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
		a.run(releaseFO, map[string]any{"id": id, "holds": []any{ours}})
		equal(t, "others still hold", fos(f, o.ID), "ON_HOLD 3/3")
		check(t, f.Release(o.ID, others...))
		r = a.run(releaseFO, map[string]any{"id": id, "holds": nil})
		equal(t, "no ids release all", r.str("fulfillmentOrderReleaseHold.fulfillmentOrder.status"), "OPEN")
		r = a.try(holdFO, map[string]any{"id": "gid://shopify/FulfillmentOrder/1", "hold": map[string]any{"reason": "OTHER"}})
		equal(t, "unknown", r.code()+" "+r.message(), "RESOURCE_NOT_FOUND Invalid id: gid://shopify/FulfillmentOrder/1")
	})
}

func TestHoldingPartLeavesTheRestInANewOne(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 5}}}))
		fo := o.FulfilmentOrders[0]
		r := a.run(holdFO, map[string]any{"id": fo.ID, "hold": map[string]any{"reason": "OTHER", "fulfillmentOrderLineItems": []any{map[string]any{"id": fo.Lines[0].ID, "quantity": 2}}}})
		equal(t, "held", r.str("fulfillmentOrderHold.fulfillmentOrder.id")+" "+r.str("fulfillmentOrderHold.fulfillmentOrder.status"), fo.ID+" ON_HOLD")
		equal(t, "the rest", r.str("fulfillmentOrderHold.remainingFulfillmentOrder.status"), "OPEN")
		equal(t, "units", fos(f, o.ID), "ON_HOLD 2/2 | OPEN 3/3")
		equal(t, "not all is held", must(f.Order(o.ID)).Fulfilment, "UNFULFILLED")
	})
}

func TestScheduledOnesOpenByTimeOrByHand(t *testing.T) {
	for _, early := range []bool{false, true} {
		bubble(t, Config{}, func(f *Fake, a *app) {
			t := a.t
			o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, FulfilAt: time.Now().Add(48 * time.Hour)}))
			equal(t, "at first", fos(f, o.ID)+" "+o.Fulfilment, "SCHEDULED 1/1 SCHEDULED")
			if early {
				r := a.run(openFO, map[string]any{"id": o.FulfilmentOrders[0].ID})
				equal(t, "opened", r.str("fulfillmentOrderOpen.fulfillmentOrder.status"), "OPEN")
				return
			}
			time.Sleep(48 * time.Hour)
			equal(t, "in time", fos(f, o.ID), "OPEN 1/1")
			equal(t, "changed when it opened", must(f.Order(o.ID)).FulfilmentOrders[0].UpdatedAt.Sub(o.CreatedAt), 48*time.Hour)
			r := a.run(openFO, map[string]any{"id": o.FulfilmentOrders[0].ID})
			equal(t, "again", r.userErrors("fulfillmentOrderOpen")[0], "||Expected fulfillment order status to be valid but it was open.")
		})
	}
}

func TestMovingAndSplittingGiveNewIDs(t *testing.T) {
	bubble(t, Config{Locations: []Location{{Name: "Berlin"}, {Name: "Paris"}}}, func(f *Fake, a *app) {
		t := a.t
		must(f.AddProduct(Product{Variants: []Variant{{SKU: "A", Available: 9, Stock: map[string]int{"Paris": 9}}}}))
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 5}}}))
		fo := o.FulfilmentOrders[0]
		paris := f.LocationList()[1].ID
		r := a.run(splitFO, map[string]any{"in": []any{map[string]any{"fulfillmentOrderId": fo.ID, "fulfillmentOrderLineItems": []any{map[string]any{"id": fo.Lines[0].ID, "quantity": 2}}}}})
		rest := r.str("fulfillmentOrderSplit.fulfillmentOrderSplits.0.remainingFulfillmentOrder.id")
		equal(t, "split", fos(f, o.ID), "OPEN 3/3 | OPEN 2/2")
		r = a.run(splitFO, map[string]any{"in": []any{map[string]any{"fulfillmentOrderId": fo.ID, "fulfillmentOrderLineItems": []any{map[string]any{"id": fo.Lines[0].ID, "quantity": 3}}}}})
		equal(t, "all of it", r.str("fulfillmentOrderSplit.userErrors.0.code"), "INVALID_LINE_ITEM_QUANTITY")

		r = a.run(moveFO, map[string]any{"id": rest, "to": paris})
		moved := r.str("fulfillmentOrderMove.movedFulfillmentOrder.id")
		if moved == rest || moved == "" {
			t.Errorf("moved to %q", moved)
		}
		equal(t, "original", r.str("fulfillmentOrderMove.originalFulfillmentOrder.status"), "CLOSED")
		equal(t, "nothing remains", r.at("fulfillmentOrderMove.remainingFulfillmentOrder"), nil)
		equal(t, "stock goes along", stock(f, "A", "Berlin")+" "+stock(f, "A", "Paris"), "6/3/9 7/2/9")
		r = a.run(moveFO, map[string]any{"id": fo.ID, "to": paris, "lines": []any{map[string]any{"id": fo.Lines[0].ID, "quantity": 1}}})
		equal(t, "part of it", r.str("fulfillmentOrderMove.remainingFulfillmentOrder.id"), fo.ID)
		equal(t, "all", fos(f, o.ID), "OPEN 2/2 | CLOSED 0/0 | OPEN 2/2 | OPEN 1/1")
	})
}

func TestSupportedActionsFollowTheState(t *testing.T) {
	for _, tc := range []struct {
		status string
		units  int
		want   string
	}{
		{"OPEN", 1, "CREATE_FULFILLMENT REPORT_PROGRESS MOVE HOLD"},
		{"OPEN", 5, "CREATE_FULFILLMENT REPORT_PROGRESS MOVE HOLD SPLIT"},
		{"IN_PROGRESS", 1, "CREATE_FULFILLMENT REPORT_PROGRESS MOVE HOLD"},
		{"ON_HOLD", 2, "RELEASE_HOLD HOLD MOVE"},
		{"SCHEDULED", 2, "MARK_AS_OPEN MOVE"},
		{"CLOSED", 0, ""},
		{"CANCELLED", 0, ""},
		{"INCOMPLETE", 0, ""},
	} {
		fo := &fulfilmentOrder{status: tc.status, loc: &location{}, lines: []*foLine{{remaining: tc.units}}}
		equal(t, tc.status, strings.Join(fo.actions(), " "), tc.want)
	}
}

func TestCancelledAndIncompleteOnesAreReplaced(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := custom(f)
		id := must(f.CancelFulfilmentOrder(o.FulfilmentOrders[0].ID))
		must(f.FailFulfilmentOrder(id))
		equal(t, "states", fos(f, o.ID), "CANCELLED 0/1 | INCOMPLETE 0/1 | OPEN 1/1")
	})
}

const cancelFulfilment = `mutation C($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { id status displayStatus } userErrors { field message } } }`

func TestCancellingAFulfilmentReopens(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}}))
		check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 1}}))
		check(t, f.Ship(o.ID, Shipped{}))
		s := must(f.Order(o.ID))
		one, two := map[string]any{"id": s.Fulfilments[0].ID}, map[string]any{"id": s.Fulfilments[1].ID}
		r := a.run(cancelFulfilment, two)
		equal(t, "cancelled", r.str("fulfillmentCancel.fulfillment.status")+" "+r.str("fulfillmentCancel.fulfillment.displayStatus"), "CANCELLED CANCELED")
		equal(t, "a closed one leaves a new one", fos(f, o.ID), "CLOSED 0/3 | OPEN 2/2")
		equal(t, "stock", stock(f, "A", ""), "6/2/8")
		a.run(cancelFulfilment, two)
		equal(t, "again, in silence", fos(f, o.ID)+" "+stock(f, "A", ""), "CLOSED 0/3 | OPEN 2/2 6/2/8")
		a.run(cancelFulfilment, one)
		s = must(f.Order(o.ID))
		equal(t, "order", s.Fulfilment+" "+strconv.FormatBool(s.ClosedAt.IsZero()), "UNFULFILLED true")
		r = a.run(cancelFulfilment, map[string]any{"id": "gid://shopify/Fulfillment/1"})
		equal(t, "unknown", len(r.userErrors("fulfillmentCancel")), 1)
	})
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		mug(f, "A", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}}))
		check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 1}}))
		a.run(cancelFulfilment, map[string]any{"id": must(f.Order(o.ID)).Fulfilments[0].ID})
		equal(t, "one in progress takes its units back", fos(f, o.ID), "IN_PROGRESS 3/3")
	})
}

func TestTrackingUpdatesReplaceAndWorkOnCancelledOnes(t *testing.T) {
	for _, merges := range []bool{false, true} {
		bubble(t, Config{TrackingMerges: merges}, func(f *Fake, a *app) {
			t := a.t
			o := custom(f)
			check(t, f.Ship(o.ID, Shipped{Company: "UPS", Numbers: []string{"1", "2"}}))
			time.Sleep(time.Minute)
			id := must(f.Order(o.ID)).Fulfilments[0].ID
			check(t, f.CancelFulfilment(id))
			r := a.run(retrack, map[string]any{"id": id, "info": map[string]any{"company": "GLS", "number": "3"}, "notify": true})
			equal(t, "status", r.str("fulfillmentTrackingInfoUpdate.fulfillment.status"), "CANCELLED")
			s := must(f.Order(o.ID))
			equal(t, "numbers", s.Fulfilments[0].Company+" "+strings.Join(s.Fulfilments[0].Numbers, ","), map[bool]string{false: "GLS 3", true: "GLS 1,2,3"}[merges])
			equal(t, "told", s.Fulfilments[0].Notified, true)
			equal(t, "the order changed", s.UpdatedAt.Sub(o.UpdatedAt), time.Minute)
			r = a.run(retrack, map[string]any{"id": "gid://shopify/Fulfillment/1", "info": map[string]any{}})
			equal(t, "unknown", r.userErrors("fulfillmentTrackingInfoUpdate")[0], "|fulfillmentId|Fulfillment does not exist.")
		})
	}
}

func TestNothingToFulfil(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "Donation", Price: "5", NothingToFulfil: true}}}))
		equal(t, "status", o.Fulfilment, "FULFILLMENT_NOT_REQUIRED")
		equal(t, "fulfilment orders", len(o.FulfilmentOrders), 0)
	})
}

func TestFulfilmentOrdersAreListedByChange(t *testing.T) {
	bubble(t, Config{}, func(f *Fake, a *app) {
		t := a.t
		for range 3 {
			custom(f)
			time.Sleep(time.Minute)
		}
		must(f.Hold("#1001", "OTHER"))
		check(t, f.Ship("#1002", Shipped{}))
		settled()
		names := func(query string, vars map[string]any) string {
			var out []string
			for _, n := range a.run(query, vars).list("fulfillmentOrders.nodes") {
				out = append(out, n.(map[string]any)["orderName"].(string))
			}
			return strings.Join(out, " ")
		}
		equal(t, "open", names(openFOs, nil), "#1003")
		equal(t, "not closed", names(openFOs, map[string]any{"query": ""}), "#1003 #1001")
		equal(t, "changed since", names(openFOs, map[string]any{"query": "updated_at:>='2026-11-01T09:33:00Z'"}), "#1001")
		equal(t, "closed as well", names(`{ fulfillmentOrders(first: 9, includeClosed: true) { nodes { orderName } } }`, nil), "#1001 #1002 #1003")
	})
}
