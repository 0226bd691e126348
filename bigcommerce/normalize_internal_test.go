package bigcommerce

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
)

func TestPageOfTheBenchmarkIsWhole(t *testing.T) {
	orders, err := normalise(pageOfOrders(t, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	o := orders[1]
	if len(o.Lines) != 3 || o.Recipient.City != "Austin" || len(o.Charges) != 2 || o.Lines[2].Variant != "L" || len(o.Raw) == 0 {
		t.Errorf("%d lines, %d charges", len(o.Lines), len(o.Charges))
	}
}

// The published list has every courier our table names.
func TestCarrierTableIsOfThePublishedList(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(spectest.Dir(t), "..", "data", "carriers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	has := func(field, value string) bool {
		return bytes.Contains(text, []byte("\nbigcommerce,"+field+","+value+","))
	}
	for code, v := range providers {
		if _, ok := channel.LookupCarrier(code); !ok || !has("shipping_provider", v) {
			t.Errorf("%s: no provider %q, or no such carrier", code, v)
		}
	}
	for code, v := range slugs {
		c, ok := channel.LookupCarrier(code)
		if !ok || c.Code != code || !has("tracking_carrier", v) {
			t.Errorf("%s: no courier %q, or no such carrier", code, v)
		}
	}
	for _, tt := range [][3]string{
		{"ups", "", "ups"}, {"upsonline", "", "upsonline"}, {"custom", "", ""}, {"", "dhl", "dhl"}, {"", "fedex", "fedex"}, {"", "zebra", "zebra"},
	} {
		if got := carrierName(tt[0], tt[1]); got != tt[2] {
			t.Errorf("carrierName(%q, %q) = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestOffenders(t *testing.T) {
	ws := []*write{
		{place: place{item{variant: 106}, 1}}, {place: place{item{product: 113}, 1}}, {place: place{item{product: 106}, 2}},
	}
	tests := []struct {
		said  apiError
		named []int
		class error
	}{
		{apiError{Title: "[Item with variant_id 106 is tracked by product, please update stock by product id]"}, []int{0}, channel.ErrStaleHandle},
		{apiError{Title: "Items with identity: [product_id 113] requires absolute adjustment before relative"}, []int{1}, channel.ErrConflict},
		{apiError{Title: "Items with identity: [product_id 113, variant_id 106] would fall below their safety stock"}, []int{0, 1}, channel.ErrConflict},
		{apiError{Title: "Location not found, identities: [3,2]"}, []int{2}, channel.ErrInvalid},
		{apiError{Title: "Items not found, identities: [106]"}, []int{0, 2}, channel.ErrNotFound},
		{apiError{Title: "Payload contains invalid fields", Fields: map[string]string{"items.1.quantity": "too large", "items[2]": "odd"}}, []int{1, 2}, channel.ErrInvalid},
		{apiError{Title: "Items with identity: [product_id 999] are odd"}, nil, nil},
		{apiError{Title: "Something is wrong"}, nil, nil},
		{apiError{}, nil, nil},
	}
	c := &Channel{}
	for _, tt := range tests {
		got := c.offenders("set stock", tt.said, ws)
		var named []int
		for i, w := range ws {
			err, ok := got[w]
			if !ok {
				continue
			}
			named = append(named, i)
			if channel.Class(err) != tt.class { //nolint:errorlint // the class itself is asked for
				t.Errorf("%q: %v, want %v", tt.said.text(), err, tt.class)
			}
		}
		if !slices.Equal(named, tt.named) {
			t.Errorf("%q names %v, want %v", tt.said.text(), named, tt.named)
		}
	}
}

func TestScalars(t *testing.T) {
	for in, want := range map[string]string{
		`"361.9500"`: "361.95", `924.47`: "924.47", `"0"`: "0", `12.5`: "12.5", `""`: "0.00", `null`: "0.00", `1e2`: "100", `"5.00"`: "5.00",
		`-3`: "-3", `1.5e-1`: "0.15", `"7.1234"`: "7.1234",
	} {
		var d store.Dec
		if err := store.Unmarshal([]byte(in), &d); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if m, err := (&normalizer{cur: "USD"}).money(d); err != nil || m.Amount() != want {
			t.Errorf("%s: %v, %v, want %s", in, m, err, want)
		}
	}
	for _, in := range []string{`"12,50"`, `"a lot"`, `"12345678901234567890.1"`} {
		var d store.Dec
		if err := store.Unmarshal([]byte(in), &d); err == nil {
			if _, err = (&normalizer{cur: "USD"}).money(d); err == nil {
				t.Errorf("%s was taken for money", in)
			}
		}
	}
	if m, err := (&normalizer{cur: "JPY"}).money("1200.0000"); err != nil || m.Amount() != "1200" {
		t.Errorf("%v, %v", m, err)
	}
	for in, want := range map[string]store.Int{`7`: 7, `"7"`: 7, `7.0`: 7, `null`: 0, `""`: 0} {
		var n store.Int
		if err := store.Unmarshal([]byte(in), &n); err != nil || n != want {
			t.Errorf("%s: %d, %v", in, n, err)
		}
	}
	for in, want := range map[string]bool{`true`: true, `"1"`: true, `1`: true, `"true"`: true, `false`: false, `null`: false, `"0"`: false} {
		var f store.Flag
		if err := store.Unmarshal([]byte(in), &f); err != nil || bool(f) != want {
			t.Errorf("%s: %t, %v", in, f, err)
		}
	}
	for _, in := range []string{`"Tue, 20 Nov 2012 00:00:00 +0000"`, `"2012-11-20T00:00:00Z"`, `"2012-11-20T00:00:00+00:00"`, `"Tue, 20 Nov 2012 02:00:00 +0200"`} {
		var d store.Date
		if err := store.Unmarshal([]byte(in), &d); err != nil || !d.Equal(time.Date(2012, 11, 20, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %v, %v", in, d, err)
		}
	}
	for _, in := range []string{`""`, `null`, `"0000-00-00 00:00:00"`} {
		var d store.Date
		if err := store.Unmarshal([]byte(in), &d); err != nil || !d.IsZero() {
			t.Errorf("%s: %v, %v", in, d, err)
		}
	}
	var long strings.Builder
	long.WriteString(`"1e999999999"`)
	var d store.Dec
	if err := store.Unmarshal([]byte(long.String()), &d); err == nil {
		t.Error("a number of a billion digits was written out")
	}
}

// What a buyer chose makes the variant, what a buyer wrote is an attribute.
func TestOptions(t *testing.T) {
	var l channel.Line
	(&normalizer{}).options(&l, []store.Option{
		{Name: "Size", Value: "L", Type: "Multiple choice"},
		{Name: "Colour", Value: "Blue", Type: "Swatch"},
		{Name: "Engraving", Value: "Anna", Type: "Text field"},
		{Name: "Day", Value: "12 May", Type: "Date field"},
	})
	if l.Variant != "L / Blue" || len(l.Attributes) != 2 || l.Attributes[0] != (channel.Attribute{Name: "Engraving", Value: "Anna"}) {
		t.Errorf("variant %q, %d attributes", l.Variant, len(l.Attributes))
	}
}

// A status, a type and a payment that are new keep their words.
func TestWordsThatAreNew(t *testing.T) {
	w := store.Order{
		ID: 1, StatusID: 15, Status: "Teleported", PaymentStatus: "Bartered", DefaultCurrencyCode: "usd", ItemsTotal: 1,
		Consignments: store.Consignments{Pickups: []store.Pickup{{LineItems: store.Lines{Items: []store.Line{{ID: 1, Quantity: 1, Type: "hologram"}}}}}},
	}
	o, err := (&rawOrder{}).order(&w)
	if err != nil || o.Status.Value != "" || o.Status.Raw != "Teleported" || o.Payment.Value != "" || o.Payment.Raw != "Bartered" ||
		o.Lines[0].FulfilledBy.Value != "" || o.Lines[0].FulfilledBy.Raw != "hologram" || o.Lines[0].Open() != 1 {
		t.Errorf("%v %v %v, %v", o.Status, o.Payment, o.Lines, err)
	}
}
