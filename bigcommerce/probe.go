package bigcommerce

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// Probe reads the store, its locations and its inventory setting, and asks each
// API that the jobs need for one row: a token does not tell its scopes. Whether
// it may write is found out only by writing.
func (c *Channel) Probe(ctx context.Context) (channel.Account, error) {
	const op = "probe"
	a := channel.Account{Marketplace: "bigcommerce", APIVersion: "v2, v3", Falls: channel.FallsBySetting, SafetyStock: true}
	var info store.Info
	switch err := c.read(ctx, get(op, "/v2/store", nil), &info); {
	case errors.Is(err, channel.ErrForbidden):
		a.Notes = append(a.Notes, "the token may not read the store's name and currency: it lacks store_v2_information_read_only")
	case err != nil:
		return channel.Account{}, err
	default:
		a.Name, a.Currency, a.TimeZone = string(info.Name), channel.Currency(strings.ToUpper(string(info.Currency))), string(info.TimeZone.Name)
		if id := string(info.ID); id != "" && !strings.EqualFold(id, c.cfg.StoreHash) {
			a.Notes = append(a.Notes, "the store answers as "+id)
		}
		if s := string(info.Status); s != "" && s != "live" {
			a.Notes = append(a.Notes, "the storefront is not live: "+s)
		}
	}
	if err := c.settings(ctx, op, &a); err != nil {
		return channel.Account{}, err
	}
	if err := c.locations(ctx, op, &a); err != nil {
		return channel.Account{}, err
	}
	for _, n := range []struct {
		path  string
		query url.Values
		miss  []channel.MissingScope
	}{
		{"/v2/orders", url.Values{"limit": {"1"}}, []channel.MissingScope{
			{Scope: "store_v2_orders_read_only", Job: channel.JobOrders, Fatal: true},
			{Scope: "store_v2_orders", Job: channel.JobShip, Fatal: true},
		}},
		{"/v3/catalog/products", url.Values{"limit": {"1"}, "include_fields": {"sku"}}, []channel.MissingScope{
			{Scope: "store_v2_products_read_only", Job: channel.JobListings, Fatal: true},
		}},
		{"/v3/inventory/items", url.Values{"limit": {"1"}}, []channel.MissingScope{
			{Scope: "store_inventory", Job: channel.JobStock, Fatal: true},
		}},
	} {
		_, err := c.do(ctx, get(op, n.path, n.query), ignored)
		switch {
		case errors.Is(err, channel.ErrForbidden):
			a.Missing = append(a.Missing, n.miss...)
		case err != nil:
			return channel.Account{}, err
		}
	}
	if err := c.clock.Decide(ctx, func() error {
		_, err := c.do(ctx, get(op, "/v2/store", nil), ignored)
		if errors.Is(err, channel.ErrForbidden) {
			return nil
		}
		return err
	}); err != nil {
		return channel.Account{}, err
	}
	a.Offset = c.clock.Offset().Round(time.Second)
	a.Notes = append(a.Notes, "BigCommerce does not tell a token's scopes: whether it may write shipments and stock shows with the first write")
	return a, nil
}

// settings reads when orders change stock. Where that is hidden it stays
// unknown.
func (c *Channel) settings(ctx context.Context, op string, a *channel.Account) error {
	var s store.InventorySettings
	err := c.read(ctx, get(op, "/v3/settings/inventory", nil), &s)
	switch {
	case errors.Is(err, channel.ErrForbidden), errors.Is(err, channel.ErrNotFound):
		a.Notes = append(a.Notes, "the store's inventory setting cannot be read: say whether stock falls when an order is placed or when it is shipped")
		return nil
	case err != nil:
		return err
	}
	switch s.Data.When {
	case store.FallsWhenPlaced:
		a.Falls = channel.FallsAtSale
	case store.FallsWhenCompleted:
		a.Falls = channel.FallsAtShipment
	default:
		a.Notes = append(a.Notes, "the store's inventory setting is new to us: "+strconv.Quote(s.Data.When))
	}
	if s.Data.Edit != nil || s.Data.Delete != nil || s.Data.Refund != nil {
		a.RestocksOn = []string{}
	}
	for _, on := range []struct {
		flag *store.Flag
		what string
	}{{s.Data.Delete, "cancel"}, {s.Data.Refund, "refund"}, {s.Data.Edit, "edit"}} {
		if on.flag != nil && bool(*on.flag) {
			a.RestocksOn = append(a.RestocksOn, on.what)
		}
	}
	return nil
}

// defaultLocation is the id of the location every store has.
const defaultLocation = 1

// locations reads the store's locations.
func (c *Channel) locations(ctx context.Context, op string, a *channel.Account) error {
	for n := 1; ; n++ {
		query := url.Values{"page": {strconv.Itoa(n)}, "limit": {strconv.Itoa(maxInventory)}}
		nodes, meta, _, err := page[store.Location](ctx, c, get(op, "/v3/inventory/locations", query))
		if errors.Is(err, channel.ErrForbidden) {
			a.Missing = append(a.Missing, channel.MissingScope{Scope: "store_locations_read_only", Job: channel.JobStock})
			return nil
		}
		if err != nil {
			return err
		}
		for i := range nodes {
			if nodes[i].Err != nil {
				a.Notes = append(a.Notes, "a location cannot be read")
				continue
			}
			l := &nodes[i].Value
			name := string(l.Label)
			if name == "" {
				name = string(l.Code)
			}
			a.Locations = append(a.Locations, channel.Location{
				ID: channel.LocationID(l.ID.String()), Name: name, Active: bool(l.Enabled), Default: l.ID == defaultLocation,
				Ours: !bool(l.External),
			})
		}
		if len(nodes) == 0 || int64(n) >= int64(meta.Pagination.TotalPages) {
			break
		}
		if n == maxRowPages {
			return c.unending(op, "locations")
		}
	}
	found := false
	for _, l := range a.Locations {
		found = found || l.ID == c.cfg.Location
		if l.ID == c.cfg.Location && !l.Active {
			a.Notes = append(a.Notes, "location "+string(l.ID)+", where stock is to be written, is switched off")
		}
	}
	if !found {
		a.Notes = append(a.Notes, "location "+string(c.cfg.Location)+", where stock is to be written, is not there")
	}
	return nil
}

var _ channel.Prober = (*Channel)(nil)
