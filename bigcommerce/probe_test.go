package bigcommerce_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

func TestProbe(t *testing.T) {
	onStore(t, storeConfig{Stock: bigcommercetest.StockSetting{FallsAtShipment: true, KeepOnEdit: true}}, nil, func(r *rig) {
		r.fake.AddLocation(bigcommercetest.NewLocation{Label: "North", Disabled: true})
		r.fake.AddLocation(bigcommercetest.NewLocation{Label: "3PL", External: true})
		a := must(r.ch.Probe(r.Context()))
		r.golden("probe")
		want := channel.Account{
			Name: "Example Shop", Marketplace: "bigcommerce", Currency: "USD", TimeZone: "Etc/UTC", APIVersion: "v2, v3",
			Falls: channel.FallsAtShipment, RestocksOn: []string{"cancel", "refund"}, SafetyStock: true,
			Locations: []channel.Location{
				{ID: "1", Name: "Default location", Active: true, Default: true, Ours: true},
				{ID: "2", Name: "North", Ours: true},
				{ID: "3", Name: "3PL", Active: true},
			},
			Notes: a.Notes,
		}
		if diff := cmp.Diff(want, a); diff != "" || len(a.Notes) != 1 {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestProbeOfANarrowToken(t *testing.T) {
	onStore(t, storeConfig{Scopes: []string{bigcommercetest.ScopeOrdersRead}, Stock: bigcommercetest.StockSetting{Hidden: true}},
		func(c *bigcommerce.Config) { c.Location = "9" }, func(r *rig) {
			a := must(r.ch.Probe(r.Context()))
			var missing []string
			for _, m := range a.Missing {
				missing = append(missing, fmt.Sprint(m.Job, " ", m.Scope, " ", m.Fatal))
			}
			want := []string{
				"stock store_locations_read_only false", "listings store_v2_products_read_only true", "stock store_inventory true",
			}
			if diff := cmp.Diff(want, missing); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if a.Falls != channel.FallsBySetting || a.RestocksOn != nil {
				t.Errorf("%+v", a)
			}
		})
}

func TestExchange(t *testing.T) {
	const back = "https://app.example.com/auth"
	fake := bigcommercetest.New(bigcommercetest.Config{})
	app := bigcommerce.App{
		ClientID: bigcommercetest.DefaultClientID, ClientSecret: bigcommercetest.DefaultClientSecret, RedirectURI: back,
		Scopes: []string{"store_v2_orders_read_only"}, Transport: recorded(t, fake.Transport()),
	}
	install := func(change func(url.Values), scopes ...string) url.Values {
		q := fake.Install(back, scopes...)
		if change != nil {
			change(q)
		}
		return q
	}
	good := install(nil, "store_v2_orders", "store_inventory")
	g, err := app.Exchange(t.Context(), good)
	if err != nil || g.StoreHash != bigcommercetest.DefaultStoreHash || !slices.Contains(g.Scopes, "store_inventory") {
		t.Fatalf("%+v, %v", g, err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", g, g), string(g.Token)) {
		t.Error("the token prints")
	}
	cfg := fake.Config()
	cfg.Token = g.Token
	ch := must(bigcommerce.New(cfg))
	if _, err := ch.OrderPage(t.Context(), channel.OrderQuery{}); err != nil {
		t.Error(err)
	}

	tests := []struct {
		what  string
		query url.Values
		class error
	}{
		{"code twice", good, channel.ErrUnauthorized},
		{"no code", install(func(q url.Values) { q.Del("code") }), channel.ErrInvalid},
		{"no context", install(func(q url.Values) { q.Del("context") }), channel.ErrInvalid},
		{"no scope", install(func(q url.Values) { q.Del("scope") }), channel.ErrInvalid},
		{"context of no store", install(func(q url.Values) { q.Set("context", "fakestore") }, "store_v2_orders"), channel.ErrInvalid},
		{"context of another store", install(func(q url.Values) { q.Set("context", "stores/other") }, "store_v2_orders"), channel.ErrForbidden},
		{"scope lacking", install(nil, "store_inventory"), channel.ErrForbidden},
	}
	app.Transport = fake.Transport()
	for _, tt := range tests {
		if _, err := app.Exchange(t.Context(), tt.query); !errors.Is(err, tt.class) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.class)
		}
	}
	// Without its context a token would come without scopes, refused everywhere.
	app.Scopes = nil
	if _, err := app.Exchange(t.Context(), install(func(q url.Values) { q.Set("context", "stores/other") }, "store_v2_orders")); !errors.Is(err, channel.ErrForbidden) {
		t.Errorf("no scopes at all: %v", err)
	}
	if _, err := (bigcommerce.App{}).Exchange(t.Context(), good); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("an app without a secret: %v", err)
	}
}
