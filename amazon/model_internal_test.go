package amazon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/internal/wire"
)

// example is one of the scripted exchanges of Amazon's sandbox.
type example struct {
	operation, status string
	answer            json.RawMessage
}

// examples are those of a model.
func examples(t *testing.T, file string) (all []example) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(spectest.Dir(t), "amazon", file))
	if err != nil {
		t.Fatal(err)
	}
	var model struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &model); err != nil {
		t.Fatal(err)
	}
	for _, item := range model.Paths {
		for _, o := range item {
			var op struct {
				OperationID string
				Responses   map[string]struct {
					Sandbox struct {
						Static []struct{ Response json.RawMessage }
					} `json:"x-amzn-api-sandbox"`
				}
			}
			if json.Unmarshal(o, &op) != nil {
				continue // the parameters of a path
			}
			for status, r := range op.Responses {
				for _, s := range r.Sandbox.Static {
					all = append(all, example{op.OperationID, status, s.Response})
				}
			}
		}
	}
	return all
}

// Every order of the models' examples comes through, with nothing left over.
func TestExamplesOfTheModels(t *testing.T) {
	n := map[string]int{}
	order := func(raw []byte) {
		ch := &Channel{}
		o, err := ch.DecodeOrder(raw)
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		n["orders"]++
		if o.ID == "" || o.PlacedAt.IsZero() || len(o.Lines) == 0 || o.Status.Value == "" || o.Lines[0].FulfilledBy.Value == "" || o.Lines[0].SKU == "" {
			t.Errorf("order %+v", o)
		}
		if !o.Has(channel.PartTotals) || !o.Totals.Residual.Shop.IsZero() {
			t.Errorf("order %s: totals %+v", o.ID, o.Totals)
		}
		for _, l := range o.Lines {
			if l.Cancelled != 0 || l.Shipped+l.Open() != l.Ordered || l.Price.Shop.Sign() <= 0 {
				t.Errorf("order %s: line %+v", o.ID, l)
			}
		}
	}
	for _, ex := range examples(t, "orders_2026-01-01.json") {
		if ex.status != "200" {
			if e := parseError(ex.answer); e.Code != "InvalidInput" || e.text() != "Invalid Input" {
				t.Errorf("%s %s: %+v", ex.operation, ex.status, e)
			}
			n["errors"]++
			continue
		}
		switch ex.operation {
		case opSearchOrders:
			var list spapi.OrderList
			if err := wire.Unmarshal(ex.answer, &list); err != nil {
				t.Fatal(err)
			}
			records, err := wire.Records[spapi.Order](list.Orders)
			if err != nil || list.CreatedBefore.IsZero() {
				t.Fatal(err, list.CreatedBefore)
			}
			for i := range records {
				order(records[i].Raw)
			}
		case opGetOrder:
			var a spapi.OrderAnswer
			if err := wire.Unmarshal(ex.answer, &a); err != nil {
				t.Fatal(err)
			}
			order(a.Order)
		}
	}
	for _, ex := range examples(t, "sellers.json") {
		var p spapi.Participations
		if ex.operation == opParticipations && ex.status == "200" {
			n["sellers"]++
			if err := wire.Unmarshal(ex.answer, &p); err != nil || len(p.Payload) != 1 || p.Payload[0].Marketplace.ID != "ATVPDKIKX0DER" ||
				!p.Payload[0].Participation.Participating || p.Payload[0].StoreName == "" {
				t.Errorf("%+v, %v", p, err)
			}
		}
	}
	for _, ex := range examples(t, "ordersV0.json") {
		if ex.operation == opConfirmShipment && ex.status == "400" {
			n["refusals"]++
			if e := parseError(ex.answer); e.Code == "" || e.text() == "" {
				t.Errorf("%+v", e)
			}
		}
	}
	if n["orders"] != 6 || n["errors"] != 2 || n["sellers"] != 1 || n["refusals"] != 1 {
		t.Errorf("examples %v", n)
	}
}
