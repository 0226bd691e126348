package bigcommercetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shop is a fake with one order of two addresses and things that do not ship:
// lines 0 and 1 go to the first address, line 2 to the second, line 3 is
// digital, line 4 is collected.
func shop(t *testing.T, cfg Config) (*Fake, *client, Order) {
	t.Helper()
	f := New(cfg)
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{
		{Name: "A", Quantity: 3}, {Name: "B"}, {Name: "C", ShipTo: 1}, {Name: "D", Type: Digital}, {Name: "E", PickupAt: 1},
	}}))
	o, _ := f.Order(id)
	return f, newClient(t, f), o
}

func shipmentBody(address int, items ...any) map[string]any {
	list := []any{}
	for i := 0; i < len(items); i += 2 {
		list = append(list, map[string]any{"order_product_id": items[i], "quantity": items[i+1]})
	}
	return map[string]any{"order_address_id": address, "items": list, "tracking_number": "1Z999", "shipping_provider": "ups"}
}

func with(m map[string]any, k string, v any) map[string]any {
	m = maps.Clone(m)
	if v == nil {
		delete(m, k)
	} else {
		m[k] = v
	}
	return m
}

func TestAShipmentMovesTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c, o := shop(t, Config{})
		at := fmt.Sprintf("/v2/orders/%d", o.ID)
		l := o.Lines
		c.get(at + "/shipments").want(204)
		time.Sleep(time.Minute)
		r := c.do("POST", at+"/shipments", shipmentBody(l[0].AddressID, l[0].ID, 2)).want(201)
		if r.text("order_id") != strconv.Itoa(o.ID) || r.text("items.0.quantity") != "2" || r.text("items.0.product_id") != "0" ||
			r.text("generated_tracking_link") == "" || r.text("tracking_link") != "" || r.text("shipping_provider_display_name") != "UPS" {
			t.Errorf("shipment %s", r.body)
		}
		order := c.get(at).want(200)
		if order.text("status_id") != "3" || order.text("items_shipped") != "2" || order.text("date_shipped") != "" ||
			order.text("date_modified") != v2Date(time.Now()) {
			t.Errorf("partly shipped: %s", order.body)
		}
		if got := c.get(fmt.Sprintf("%s/products/%d", at, l[0].ID)).text("quantity_shipped"); got != "2" {
			t.Errorf("quantity_shipped %s", got)
		}
		c.do("POST", at+"/shipments", shipmentBody(l[0].AddressID, l[0].ID, 1, l[1].ID, 1)).want(201)
		last := c.do("POST", at+"/shipments", shipmentBody(l[2].AddressID, l[2].ID, 1)).want(201)
		order = c.get(at).want(200)
		if order.text("status_id") != "2" || order.text("date_shipped") != v2Date(time.Now()) {
			t.Errorf("shipped: %s", order.body)
		}
		if n := len(c.get(at + "/shipments?limit=2&page=2").want(200).ids()); n != 1 {
			t.Errorf("%d shipments on page 2", n)
		}

		before := len(f.Emails())
		c.do("DELETE", at+"/shipments/"+last.text("id"), nil).want(204)
		order = c.get(at).want(200)
		if order.text("status_id") != "2" || order.text("items_shipped") != "4" {
			t.Errorf("a deleted shipment gives units back and leaves the status: %s", order.body)
		}
		if len(f.Emails()) != before {
			t.Error("a deletion was mailed")
		}
		c.do("DELETE", at+"/shipments", nil).want(204)
		c.get(at + "/shipments").want(204)
		if got := c.get(at + "/shipments/count").text("count"); got != "0" {
			t.Errorf("count %s", got)
		}
	})
}

func TestShipmentsAreJudged(t *testing.T) {
	_, c, o := shop(t, Config{})
	l := o.Lines
	good := shipmentBody(l[0].AddressID, l[0].ID, 1)
	item := func(m map[string]any) map[string]any { return with(good, "items", []any{m}) }
	for _, tc := range []struct {
		name string
		body any
	}{
		{"product_id in items", item(map[string]any{"order_product_id": l[0].ID, "quantity": 1, "product_id": 7})},
		{"another field in items", item(map[string]any{"order_product_id": l[0].ID, "quantity": 1, "sku": "A"})},
		{"no order_address_id", with(good, "order_address_id", nil)},
		{"a quoted order_address_id", with(good, "order_address_id", strconv.Itoa(l[0].AddressID))},
		{"an address of another order", with(good, "order_address_id", 999)},
		{"the other address", with(good, "order_address_id", l[2].AddressID)},
		{"no items", with(good, "items", nil)},
		{"empty items", with(good, "items", []any{})},
		{"an unknown line", shipmentBody(l[0].AddressID, 999, 1)},
		{"more than is left", shipmentBody(l[0].AddressID, l[0].ID, 4)},
		{"more than is left, in two items", shipmentBody(l[0].AddressID, l[0].ID, 2, l[0].ID, 2)},
		{"quantity zero", shipmentBody(l[0].AddressID, l[0].ID, 0)},
		{"a digital line", shipmentBody(l[0].AddressID, l[3].ID, 1)},
		{"a line that is collected", shipmentBody(l[0].AddressID, l[4].ID, 1)},
		{"a tracking number of 51", with(good, "tracking_number", strings.Repeat("1", 51))},
		{"a tracking link of 501", with(good, "tracking_link", strings.Repeat("1", 501))},
		{"a number for text", with(good, "tracking_number", 1)},
		{"a read-only field", with(good, "date_created", "")},
		{"an unknown field", with(good, "notify", true)},
		{"no JSON", "{"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if r := c.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", o.ID), tc.body).want(400); r.text("0.message") == "" {
				t.Errorf("error %s", r.body)
			}
		})
	}
	c.do("POST", "/v2/orders/999/shipments", good).want(404)
	c.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", o.ID), with(good, "tracking_number", strings.Repeat("1", 50))).want(201)
}

func TestAnIncompleteOrderDoesNotShip(t *testing.T) {
	for conflict, status := range map[bool]int{false: 400, true: 409} {
		f := New(Config{Believed: Believed{UnshippableConflicts: conflict}})
		id := must(f.PlaceOrder(NewOrder{Incomplete: true, Lines: []NewLine{{}}}))
		o, _ := f.Order(id)
		newClient(t, f).do("POST", fmt.Sprintf("/v2/orders/%d/shipments", id), shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 1)).want(status)
	}
}

func TestAShipmentIsAmended(t *testing.T) {
	f, c, o := shop(t, Config{})
	at := fmt.Sprintf("/v2/orders/%d/shipments", o.ID)
	id := c.do("POST", at, shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 1)).want(201).text("id")
	mails := len(f.Emails())
	r := c.do("PUT", at+"/"+id, `{"tracking_number":"9","shipping_provider":"","tracking_carrier":"dhl"}`).want(200)
	if r.text("tracking_number") != "9" || r.text("tracking_carrier") != "dhl" || r.text("items.0.quantity") != "1" {
		t.Errorf("shipment %s", r.body)
	}
	for _, bad := range []string{
		`{"items":[]}`, `{"order_address_id":999}`, `{"id":1}`, `{"colour":1}`, `{"tracking_number":"` + strings.Repeat("1", 51) + `"}`,
	} {
		c.do("PUT", at+"/"+id, bad).want(400)
	}
	c.do("PUT", at+"/999", `{}`).want(404)
	if len(f.Emails()) != mails {
		t.Error("an amendment was mailed")
	}
}

func TestTrackingLinks(t *testing.T) {
	for _, tc := range []struct {
		name                    string
		provider, carrier, link any
		wantProvider            string
		linked                  bool
	}{
		{"a native provider", "usps", nil, nil, "usps", true},
		{"a courier slug", "", "dhl", nil, "", true},
		{"a number alone", "", nil, nil, "", false},
		{"a provider left out is custom and links nothing", nil, nil, nil, "custom", false},
		{"a link of one's own", "", nil, "https://x", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, c, o := shop(t, Config{})
			body := shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 1)
			for k, v := range map[string]any{"shipping_provider": tc.provider, "tracking_carrier": tc.carrier, "tracking_link": tc.link} {
				body = with(body, k, v)
			}
			r := c.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", o.ID), body).want(201)
			if r.text("shipping_provider") != tc.wantProvider || (r.text("generated_tracking_link") != "") != tc.linked {
				t.Errorf("shipment %s", r.body)
			}
			if want, _ := tc.link.(string); r.text("tracking_link") != want {
				t.Errorf("tracking_link %q, want %q", r.text("tracking_link"), want)
			}
		})
	}
}

func TestBelievedReadingsOfShipments(t *testing.T) {
	f, c, o := shop(t, Config{Believed: Believed{
		PartialKeepsStatus: true, OmittedProviderEmpty: true, StringAddressAccepted: true, RefundedShippable: true,
	}})
	must(f.Refund(o.ID, NewRefund{Lines: map[int]int{o.Lines[0].ID: 2}}))
	check(t, f.SetStatus(o.ID, AwaitingFulfillment))
	body := with(shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 3), "shipping_provider", nil)
	r := c.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", o.ID), with(body, "order_address_id", strconv.Itoa(o.Lines[0].AddressID))).want(201)
	if got, _ := f.Order(o.ID); got.Status != AwaitingFulfillment || r.text("shipping_provider") != "" {
		t.Errorf("status %v, provider %q", got.Status, r.text("shipping_provider"))
	}

	f, c, o = shop(t, Config{})
	must(f.Refund(o.ID, NewRefund{Lines: map[int]int{o.Lines[0].ID: 2}}))
	at := fmt.Sprintf("/v2/orders/%d/shipments", o.ID)
	c.do("POST", at, shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 2)).want(400)
	c.do("POST", at, shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 1)).want(201)
}

func TestMailsAreLogged(t *testing.T) {
	f, c, o := shop(t, Config{})
	at := fmt.Sprintf("/v2/orders/%d", o.ID)
	// A status written before its shipment mails the buyer without a number.
	c.do("PUT", at, `{"status_id":2}`).want(200)
	f2, c2, o2 := shop(t, Config{})
	must(f2.Ship(o2.ID, Parcel{Items: map[int]int{o2.Lines[0].ID: 3, o2.Lines[1].ID: 1}, Tracking: "1Z"}))
	c2.do("POST", fmt.Sprintf("/v2/orders/%d/shipments", o2.ID), shipmentBody(o2.Lines[2].AddressID, o2.Lines[2].ID, 1)).want(201)
	show := func(f *Fake) (out []string) {
		for _, m := range f.Emails() {
			out = append(out, fmt.Sprint(m.Kind, " ", m.Status, " ", m.Tracking, " ", m.To))
		}
		return out
	}
	if got, want := show(f), []string{"status Shipped [] grace.buyer@example.com"}; !slices.Equal(got, want) {
		t.Errorf("status first: %q", got)
	}
	want := []string{
		"shipment Incomplete [1Z] grace.buyer@example.com", "status Partially Shipped [1Z] grace.buyer@example.com",
		"shipment Incomplete [1Z999] grace.buyer@example.com", "status Shipped [1Z 1Z999] grace.buyer@example.com",
	}
	if got := show(f2); !slices.Equal(got, want) {
		t.Errorf("shipments: %q", got)
	}
}

func TestALostAnswerLeavesTheShipment(t *testing.T) {
	for name, kind := range map[string]FaultKind{"dropped": DropAfter, "500": AnswerAfter, "timeout": StallAfter} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, c, o := shop(t, Config{})
				at := fmt.Sprintf("/v2/orders/%d/shipments", o.ID)
				f.Fault(Fault{Op: "POST /v2/orders/{id}/shipments", Kind: kind})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				req := c.request(http.MethodPost, at, shipmentBody(o.Lines[0].AddressID, o.Lines[0].ID, 1)).WithContext(ctx)
				if r, err := c.send(req); err == nil && r.status != 500 {
					t.Errorf("status %d", r.status)
				}
				if n := len(c.get(at).want(200).ids()); n != 1 {
					t.Errorf("%d shipments", n)
				}
			})
		})
	}
}

func TestShippingOutsideUs(t *testing.T) {
	f, _, o := shop(t, Config{})
	if _, err := f.Ship(o.ID, Parcel{Items: map[int]int{o.Lines[0].ID: 4}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("too many: %v", err)
	}
	ids := must(f.Ship(o.ID, Parcel{Tracking: "1Z"}))
	got, _ := f.Order(o.ID)
	if len(ids) != 2 || got.Status != Shipped || len(got.Shipments) != 2 || !got.Shipments[0].External {
		t.Errorf("shipments %v of %+v", ids, got)
	}
	if _, err := f.Ship(o.ID, Parcel{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("again: %v", err)
	}
	check(t, f.DeleteShipment(o.ID, ids[0]))
	if got, _ := f.Order(o.ID); got.Status != Shipped || len(got.Shipments) != 1 || got.Lines[0].Shipped != 0 {
		t.Errorf("after a deletion: %+v", got)
	}
}
