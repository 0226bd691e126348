package shopifytest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// everything selects every field of a type down to a depth, with the arguments
// it needs.
func everything(def *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("{ __typename")
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		base := schema().Types[baseName(f.Type)]
		if isComposite(base) && (depth == 0 || base == schema().Query) {
			continue
		}
		var args []string
		for _, a := range f.Arguments {
			switch {
			case a.Name == "first":
				args = append(args, "first: 2")
			case a.Name == "names":
				args = append(args, `names: ["available", "on_hand", "committed"]`)
			case a.Name == "locationId":
				args = append(args, `locationId: "gid://shopify/Location/1"`)
			case a.Name == "inventoryItemId":
				args = append(args, `inventoryItemId: "gid://shopify/InventoryItem/1"`)
			case a.Type.NonNull && a.DefaultValue == nil:
				panic("an argument that is not known: " + f.Name + "." + a.Name)
			}
		}
		fmt.Fprintf(&b, " %s", f.Name)
		if len(args) > 0 {
			fmt.Fprintf(&b, "(%s)", strings.Join(args, ", "))
		}
		if isComposite(base) {
			next := depth - 1
			if isConnection(base) || strings.HasSuffix(base.Name, "Edge") {
				next = depth // a connection is no step of its own
			}
			if base.Kind == ast.Object {
				b.WriteString(" " + everything(base, next))
				continue
			}
			b.WriteString(" { __typename")
			for _, p := range schema().GetPossibleTypes(base) {
				fmt.Fprintf(&b, " ... on %s { %s }", p.Name, strings.Join(scalars(p), " "))
			}
			b.WriteString(" }")
		}
	}
	return b.String() + " }"
}

func scalars(d *ast.Definition) []string {
	out := []string{"__typename"}
	short := strings.ToLower(d.Name) + "_" // types may differ by branch
	for _, f := range d.Fields {
		if !strings.HasPrefix(f.Name, "__") && !isComposite(schema().Types[baseName(f.Type)]) {
			out = append(out, short+f.Name+": "+f.Name)
		}
	}
	return out
}

// TestEveryFieldAnswersItsType asks objects for all they have. The cost limit
// would not let it, so it goes past it.
func TestEveryFieldAnswersItsType(t *testing.T) {
	cfg := Config{BulkDuration: -1, Locations: []Location{{Name: "Berlin"}, {Name: "3PL", Service: "swift"}}, Scopes: append([]string{"read_apps", "read_all_orders"}, DefaultScopes...)}
	bubble(t, cfg, func(f *Fake, a *app) {
		t := a.t
		o, p := aBusyShop(f)
		must(f.AddProduct(Product{Variants: []Variant{{SKU: "3", Stock: map[string]int{"3PL": 4}}}}))
		third := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "3"}}}))
		check(t, f.EditOrder(o.ID, Edit{Add: []NewLine{{SKU: "MUG-B"}}}))
		gone := custom(f)
		settled()
		job := a.run(cancelOrder, map[string]any{"id": gone.ID, "restock": true}).str("orderCancel.job.id")
		settled()
		a.run(subscribe, map[string]any{"topic": "ORDERS_UPDATED", "sub": map[string]any{"uri": "https://app.example.com/hooks", "format": "JSON"}})
		bulk := a.bulk(`{ productVariants { edges { node { id sku } } } }`).str("bulkOperationRunQuery.bulkOperation.id")
		o = must(f.Order(o.ID))
		ids := map[string]string{
			"order": o.ID, "fulfillment": o.Fulfilments[0].ID, "fulfillmentOrder": third.FulfilmentOrders[0].ID, "refund": o.Refunds[0].ID,
			"productVariant": f.variants[3].gid(), "product": p.ID, "inventoryItem": p.Variants[0].ItemID,
			"inventoryLevel": f.variants[0].item.levels[0].gid(), "location": f.locations[1].gid(), "return": f.orders[0].returns[0].gid(),
			"customer": f.orders[0].customer.gid(), "bulkOperation": bulk, "job": job, "webhookSubscription": f.hooks.subs[0].gid(),
		}
		for _, fd := range schema().Query.Fields {
			base := schema().Types[baseName(fd.Type)]
			if strings.HasPrefix(fd.Name, "__") || !isComposite(base) || base.Kind != ast.Object || slices.Contains([]string{"orderByIdentifier", "assignedFulfillmentOrders"}, fd.Name) {
				continue
			}
			args := ""
			switch {
			case ids[fd.Name] != "":
				args = fmt.Sprintf("(id: %q)", ids[fd.Name])
			case fd.Arguments.ForName("first") != nil:
				args = "(first: 2)"
			}
			query := "{ " + fd.Name + args + " " + everything(base, 2) + " }"
			r := f.unpaid(t, query)
			if len(r.Errors) > 0 {
				t.Errorf("%s: %v", fd.Name, r.Errors)
			}
			if ids[fd.Name] != "" && r.Data[fd.Name] == nil {
				t.Errorf("%s is null", fd.Name)
			}
			deepConforms(t, fd.Name, query, r)
		}
	})
}

// unpaid runs a query without looking at its cost.
func (f *Fake) unpaid(t *testing.T, query string) *reply {
	t.Helper()
	defer f.lock()()
	d := f.docs.get(query)
	if len(d.errs) > 0 {
		t.Fatalf("%v in %s", d.errs[0].message, query)
	}
	x := &run{Fake: f, op: d.query.Operations[0], doc: d.query, vars: map[string]any{}, grant: f.auth.tokens["shpat_fake"]}
	data, _ := x.root()
	r := &reply{Raw: appendJSON(nil, answer(x.errs, data, true, nil))}
	check(t, json.Unmarshal(r.Raw, r))
	var e struct{ Errors []map[string]any }
	check(t, json.Unmarshal(r.Raw, &e))
	r.Errors = e.Errors
	return r
}

// deepConforms is conforms where deprecated fields are welcome.
func deepConforms(t *testing.T, name, query string, r *reply) {
	t.Helper()
	d := judge(query)
	c := conformity{t: t, s: schema(), name: name, old: true}
	c.object(name, d.query.Operations[0].SelectionSet, schema().Query, r.Data)
}

func TestTheOtherMutations(t *testing.T) {
	bubble(t, Config{Quota: 10}, func(f *Fake, a *app) {
		t := a.t
		p := mug(f, "A", 9)
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}, Payment: "PENDING"}))
		id := map[string]any{"id": o.ID}
		status := func(op, fields, field string) string {
			r := a.run("mutation M($id: ID!) { "+op+"(input: {id: $id}) { order { "+fields+" } userErrors { field message } } }", id)
			return fmt.Sprint(r.at(op + ".order." + field))
		}
		equal(t, "paid", status("orderMarkAsPaid", "displayFinancialStatus", "displayFinancialStatus"), "PAID")
		equal(t, "closed", status("orderClose", "closed", "closed"), "true")
		equal(t, "open", status("orderOpen", "closed", "closed"), "false")

		r := a.run(`mutation R($in: RefundInput!) { refundCreate(input: $in) { refund { id note totalRefundedSet { shopMoney { amount } } refundLineItems(first: 5) { nodes { quantity restockType } } } order { displayFinancialStatus } userErrors { field message } } }`,
			map[string]any{"in": map[string]any{
				"orderId": o.ID, "note": "sorry", "refundLineItems": []any{map[string]any{"lineItemId": o.Lines[0].ID, "quantity": 1, "restockType": "CANCEL"}},
				"transactions": []any{map[string]any{"amount": "12.50", "gateway": "bogus", "kind": "REFUND", "orderId": o.ID}},
			}})
		equal(t, "refund", fmt.Sprint(r.at("refundCreate.refund.totalRefundedSet.shopMoney.amount"), " ", r.at("refundCreate.refund.refundLineItems.nodes.0.restockType"), " ", r.at("refundCreate.order.displayFinancialStatus")), "12.5 CANCEL PARTIALLY_REFUNDED")
		equal(t, "stock", stock(f, "A", ""), "7/2/9")

		fo := map[string]any{"id": o.FulfilmentOrders[0].ID}
		const progress = `mutation P($id: ID!) { fulfillmentOrderReportProgress(id: $id) { fulfillmentOrder { status } userErrors { message } } }`
		equal(t, "progress", a.run(progress, fo).str("fulfillmentOrderReportProgress.fulfillmentOrder.status")+" "+must(f.Order(o.ID)).Fulfilment, "IN_PROGRESS IN_PROGRESS")
		r = a.run(moveFO, map[string]any{"id": fo["id"], "to": f.LocationList()[0].ID})
		equal(t, "cannot move", r.str("fulfillmentOrderMove.userErrors.0.code"), "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS")
		equal(t, "marked as open", a.run(openFO, fo).str("fulfillmentOrderOpen.fulfillmentOrder.status"), "OPEN")
		r = a.run(`mutation D($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { field message } } }`, map[string]any{"id": f.variants[0].item.levels[0].gid()})
		equal(t, "committed stock stays", len(r.userErrors("inventoryDeactivate")), 1)
		_ = p
	})
}

func TestTheIndexSweepsWhatIsOutgrown(t *testing.T) {
	bubble(t, Config{IndexLag: -1}, func(f *Fake, a *app) {
		t := a.t
		for range 20 {
			custom(f)
		}
		for i := range 400 {
			settled()
			check(t, f.Touch(fmt.Sprintf("#%d", 1001+i%20)))
		}
		if n := len(f.byUpdated.list); n > 150 {
			t.Errorf("%d entries for 20 orders", n)
		}
		equal(t, "orders", len(strings.Fields(a.names(7, nil))), 20)
	})
}
