package amazontest

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

type object = map[string]any

func confirmPath(id string) string { return "/orders/v0/orders/" + id + "/shipmentConfirmation" }

// parcel is the body of a confirmShipment that is right.
func parcel(ref string, items ...any) object {
	list := []any{}
	for i := 0; i < len(items); i += 2 {
		list = append(list, object{"orderItemId": items[i], "quantity": items[i+1]})
	}
	return object{"marketplaceId": us, "packageDetail": object{
		"packageReferenceId": ref, "carrierCode": "UPS", "shippingMethod": "Ground", "trackingNumber": "1Z" + ref,
		"shipDate": time.Now().UTC().Format(time.RFC3339Nano), "orderItems": list,
	}}
}

// with returns the parcel with a field of it, or with "/" of the body, changed.
func with(p object, field string, v any) object {
	detail, _ := p["packageDetail"].(object)
	if field[0] == '/' {
		p[field[1:]] = v
	} else {
		detail[field] = v
	}
	return p
}

func firstLine(f *Fake, id string) string {
	o, _ := f.Order(id)
	return o.Lines[0].ID
}

func TestConfirmShipmentAddsAndEdits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 3}, {SKU: "MUG"}}}))
		o, _ := f.Order(id)
		a, b := o.Lines[0].ID, o.Lines[1].ID
		time.Sleep(time.Minute)
		post := func(p object) {
			t.Helper()
			r := c.do(http.MethodPost, confirmPath(id), p).want(http.StatusNoContent)
			if len(r.body) > 0 || r.header.Get("X-Amzn-Ratelimit-Limit") != "2" {
				t.Errorf("body %q, header %v", r.body, r.header)
			}
		}
		post(parcel("1", a, 2))
		o, _ = f.Order(id)
		if o.Status != PartiallyShipped || o.Lines[0].Shipped != 2 || !o.Modified.After(o.Created) || len(o.Packages) != 1 {
			t.Fatalf("order %+v", o)
		}
		again := parcel("1", a, 2)
		post(again)
		time.Sleep(time.Second)
		post(again) // the same once more is an edit to the same values
		if o, _ = f.Order(id); len(o.Packages) != 1 || o.Packages[0].Repeats != 2 || o.Packages[0].Edits != 0 || o.Lines[0].Shipped != 2 {
			t.Fatalf("order %+v", o)
		}
		post(with(parcel("1", a, 1, b, 1), "trackingNumber", "NEW"))
		if o, _ = f.Order(id); len(o.Packages) != 1 || o.Packages[0].Edits != 1 || o.Lines[0].Shipped != 1 || o.Lines[1].Shipped != 1 {
			t.Fatalf("order %+v", o)
		}
		post(with(with(parcel("2", a, 2), "carrierCode", "Other"), "carrierName", "Bike & Co"))
		o, _ = f.Order(id)
		if o.Status != Shipped || len(o.Packages) != 2 {
			t.Fatalf("order %+v", o)
		}
		r := c.get(ordersPath + "/" + id + "?includedData=PACKAGES,FULFILLMENT").want(200)
		for path, want := range map[string]string{
			"order.fulfillment.fulfillmentStatus":              "SHIPPED",
			"order.orderItems.0.fulfillment.quantityFulfilled": "3",
			"order.packages.0.packageReferenceId":              "1",
			"order.packages.0.trackingNumber":                  "NEW",
			"order.packages.0.carrier":                         "UPS",
			"order.packages.0.shippingService":                 "Ground",
			"order.packages.1.carrier":                         "Bike & Co",
			"order.packages.1.packageItems.0.orderItemId":      a,
			"order.packages.1.packageItems.0.quantity":         "2",
		} {
			if got := r.text(path); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	})
}

func TestConfirmShipmentRefuses(t *testing.T) {
	f := mugShop(t, Config{Carriers: []string{"UPS"}, Rates: map[string]Rate{"confirmShipment": {1, 1000}}})
	check(t, f.SetOnHand("MUG", 1000))
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(2)))
	item := firstLine(f, id)
	for _, tc := range []struct {
		name string
		body any
	}{
		{"nothing", ""},
		{"no JSON", "{"},
		{"an array", "[]"},
		{"no marketplace", with(parcel("1", item, 1), "/marketplaceId", "")},
		{"another marketplace", with(parcel("1", item, 1), "/marketplaceId", ca)},
		{"no package", object{"marketplaceId": us}},
		{"cash on delivery", with(parcel("1", item, 1), "/codCollectionMethod", "DirectPayment")},
		{"unknown field", with(parcel("1", item, 1), "/confirm", true)},
		{"wrong case", with(parcel("1", item, 1), "TrackingNumber", "1Z")},
		{"numeric reference", with(parcel("1", item, 1), "packageReferenceId", 1)},
		{"no reference", with(parcel("1", item, 1), "packageReferenceId", nil)},
		{"reference of letters", parcel("P1", item, 1)},
		{"reference zero", parcel("0", item, 1)},
		{"negative reference", parcel("-1", item, 1)},
		{"no carrier", with(parcel("1", item, 1), "carrierCode", "")},
		{"unknown carrier", with(parcel("1", item, 1), "carrierCode", "ups")},
		{"Other without name", with(parcel("1", item, 1), "carrierCode", "Other")},
		{"no tracking", with(parcel("1", item, 1), "trackingNumber", "")},
		{"US date", with(parcel("1", item, 1), "shipDate", "02/21/2022")},
		{"date without zone", with(parcel("1", item, 1), "shipDate", "2022-02-21T00:00:00")},
		{"date before the order", with(parcel("1", item, 1), "shipDate", "1999-02-21T00:00:00Z")},
		{"date to come", with(parcel("1", item, 1), "shipDate", time.Now().Add(time.Hour).Format(time.RFC3339))},
		{"no items", parcel("1")},
		{"one item as object", with(parcel("1", item, 1), "orderItems", object{"orderItemId": item, "quantity": 1})},
		{"unknown item", parcel("1", "77", 1)},
		{"item of letters", parcel("1", "x", 1)},
		{"none of it", parcel("1", item, 0)},
		{"too many", parcel("1", item, 3)},
		{"too many in two rows", parcel("1", item, 1, item, 2)},
	} {
		if r := c.do(http.MethodPost, confirmPath(id), tc.body); r.status != 400 || r.text("errors.0.code") != "InvalidInput" {
			t.Errorf("%s: %d %s", tc.name, r.status, r.body)
		}
	}
	for name, n := range map[string]NewOrder{
		"by Amazon": {ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}}, "pending": {Status: Pending, Lines: []NewLine{{SKU: "MUG"}}},
		"cancelled": {Status: Cancelled, Lines: []NewLine{{SKU: "MUG"}}}, "pick-up": {Programs: []string{ProgramInStorePickUp}, Lines: []NewLine{{SKU: "MUG"}}},
		"Ship+": {Programs: []string{ProgramShipPlus}, Lines: []NewLine{{SKU: "MUG"}}}, "unfulfillable": {Status: Unfulfillable, Lines: []NewLine{{SKU: "MUG"}}},
	} {
		other := must(f.PlaceOrder(n))
		if r := c.do(http.MethodPost, confirmPath(other), parcel("1", firstLine(f, other), 1)); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	c.do(http.MethodPost, confirmPath("111-0000000-0000000"), parcel("1", item, 1)).want(404)
	req := c.request(http.MethodPost, confirmPath(id), parcel("1", item, 1))
	req.Header.Set("Content-Type", "text/plain")
	if r := must(unheld(t, f).send(req)); r.status != 415 {
		t.Errorf("plain text: %d", r.status)
	}
	if o, _ := f.Order(id); len(o.Packages) != 0 || o.Lines[0].Shipped != 0 {
		t.Errorf("order %+v", o)
	}
}

func TestBeliefsAboutConfirmShipment(t *testing.T) {
	f := mugShop(t, Config{Believed: Believed{
		AnyShipDate: true, AnyMarketplace: true, UnknownOrderIs400: true, CarrierCodeShown: true, UnknownFieldsPass: true,
	}})
	c := unheld(t, f)
	id := must(f.PlaceOrder(mugs(2)))
	item := firstLine(f, id)
	p := with(with(with(parcel("1", item, 1), "shipDate", "1999-02-21T00:00:00Z"), "/marketplaceId", ca), "extra", 1)
	c.do(http.MethodPost, confirmPath(id), with(with(p, "carrierCode", "Other"), "carrierName", "Bike")).want(204)
	c.get(ordersPath + "/" + id + "?includedData=PACKAGES").want(200).says(`"carrier":"Other"`)
	c.do(http.MethodPost, confirmPath("x"), parcel("1", item, 1)).want(400)
}

func TestOthersShipToo(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(3)))
	item := firstLine(f, id)
	if ref := must(f.Ship(id, Parcel{Tracking: "T1", Items: map[string]int{item: 1}})); ref != "1" {
		t.Errorf("reference %q", ref)
	}
	if ref := must(f.Ship(id, Parcel{Reference: "UK-PKG-1", Carrier: "DPD", Items: map[string]int{item: 1}})); ref != "UK-PKG-1" {
		t.Errorf("reference %q", ref)
	}
	// A client that does not look takes another's parcel for its own.
	c.do(http.MethodPost, confirmPath(id), parcel("1", item, 1)).want(204)
	o, _ := f.Order(id)
	if len(o.Packages) != 2 || o.Packages[0].Edits != 1 || o.Packages[0].External || o.Status != PartiallyShipped {
		t.Errorf("order %+v", o)
	}
	if ref := must(f.Ship(id, Parcel{})); ref != "2" {
		t.Errorf("reference %q", ref)
	}
	for name, err := range map[string]error{
		"all gone":  second(f.Ship(id, Parcel{})),
		"no line":   second(f.Ship(must(f.PlaceOrder(mugs(1))), Parcel{Items: map[string]int{"1": 1}})),
		"too many":  second(f.Ship(must(f.PlaceOrder(mugs(1))), Parcel{Items: map[string]int{item: 9}})),
		"not yours": second(f.Ship(must(f.PlaceOrder(NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}})), Parcel{})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestALostAnswerLeavesOneParcel(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	id := must(f.PlaceOrder(mugs(2)))
	p := parcel("1", firstLine(f, id), 2)
	f.Fault(Fault{Op: "confirmShipment", Kind: DropAfter})
	if _, err := c.send(c.request(http.MethodPost, confirmPath(id), p)); err == nil {
		t.Fatal("an answer")
	}
	c.do(http.MethodPost, confirmPath(id), p).want(204)
	if o, _ := f.Order(id); len(o.Packages) != 1 || o.Packages[0].Repeats != 1 || o.Status != Shipped {
		t.Errorf("order %+v", o)
	}
	if err := f.CancelOrder(id); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	check(t, f.Refund(id, NewRefund{Lines: map[string]int{firstLine(f, id): 1}}))
	if o, _ := f.Order(id); o.Lines[0].Refunded != 1 || o.Lines[0].Cancelled != 0 {
		t.Errorf("order %+v", o)
	}
	available(t, f, "MUG", 8)
}

// FuzzConfirmShipment looks for bodies that break the parser.
func FuzzConfirmShipment(f *testing.F) {
	f.Add(`{"marketplaceId":"ATVPDKIKX0DER","packageDetail":{"packageReferenceId":"1","orderItems":[{"orderItemId":"10203040500001","quantity":1}]}}`)
	f.Add(`{"packageDetail":null}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		fake := New(Config{})
		id := must(fake.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 2}}}))
		c := unheld(t, fake)
		r := c.do(http.MethodPost, confirmPath(id), body)
		o, _ := fake.Order(id)
		if (r.status == 204) != (len(o.Packages) == 1) || r.status != 204 && r.status != 400 {
			t.Errorf("%q: %d, %d packages", body, r.status, len(o.Packages))
		}
		if o.Lines[0].Shipped > 2 {
			t.Error(fmt.Sprint("shipped ", o.Lines[0].Shipped))
		}
	})
}
