package stall

import (
	"context"
	"net/http"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// scopes are what each job needs.
var scopes = []channel.MissingScope{
	{Scope: "orders", Job: channel.JobOrders, Fatal: true},
	{Scope: "parcels", Job: channel.JobShip, Fatal: true},
	{Scope: "listings", Job: channel.JobListings, Fatal: true},
	{Scope: "stock", Job: channel.JobStock, Fatal: true},
}

// Probe reads the shop. It costs one call, which needs no scope.
func (c *Channel) Probe(ctx context.Context) (channel.Account, error) {
	var w wireShop
	if _, err := c.do(ctx, call{op: "probe", method: http.MethodGet, path: "/v1/shop"}, &w); err != nil {
		return channel.Account{}, err
	}
	a := channel.Account{
		Name: w.Name, Marketplace: "stall", Currency: w.Currency, TimeZone: w.TimeZone, Scopes: w.Scopes,
		Falls: channel.FallsAtSale, RestocksOn: []string{"cancel", "refund"},
	}
	for _, s := range scopes {
		if !slices.Contains(w.Scopes, s.Scope) {
			a.Missing = append(a.Missing, s)
		}
	}
	return a, nil
}
