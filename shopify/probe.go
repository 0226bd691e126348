package shopify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// Probe reads the shop, the granted scopes and the locations.
func (c *Channel) Probe(ctx context.Context) (channel.Account, error) {
	const op = "probe"
	var data struct {
		Shop struct {
			Name     string `json:"name"`
			Domain   string `json:"myshopifyDomain"`
			Currency string `json:"currencyCode"`
			Zone     string `json:"ianaTimezone"`
		} `json:"shop"`
		Install struct {
			Scopes []struct {
				Handle string `json:"handle"`
			} `json:"accessScopes"`
		} `json:"currentAppInstallation"`
	}
	cl := call{op: op, name: "Shop", query: admin.Shop, cost: admin.ShopCost, repeat: transport.Read}
	ask := func() error { _, err := c.do(ctx, cl, &data); return err }
	if err := ask(); err != nil {
		return channel.Account{}, err
	}
	if err := c.clock.Decide(ctx, ask); err != nil {
		return channel.Account{}, err
	}
	scopes := make([]string, len(data.Install.Scopes))
	for i, s := range data.Install.Scopes {
		scopes[i] = s.Handle
	}
	slices.Sort(scopes)
	has := c.learnScopes(scopes)
	a := channel.Account{
		Name: data.Shop.Name, Marketplace: "shopify", Currency: channel.Currency(data.Shop.Currency), TimeZone: data.Shop.Zone,
		Offset: c.clock.Offset().Round(time.Second), APIVersion: Version, Scopes: scopes, Missing: missing(has),
		Falls: channel.FallsAtSale, RestocksOn: []string{},
	}
	if data.Shop.Domain != "" && data.Shop.Domain != c.domain {
		a.Notes = append(a.Notes, "the shop answers as "+data.Shop.Domain+": use that name")
	}
	c.mu.Lock()
	served := c.served
	c.mu.Unlock()
	if served != "" && served != Version {
		a.APIVersion = served
		a.Notes = append(a.Notes, "Shopify answers as API version "+served+" instead of "+Version+": update this module")
	}
	if !has("read_all_orders") {
		a.Notes = append(a.Notes, "orders older than 60 days are not shown: the app lacks read_all_orders")
	}
	if has("read_locations") || has("read_inventory") {
		var err error
		if a.Locations, err = c.locations(ctx); err != nil {
			return a, err
		}
	}
	return a, nil
}

// locations reads the shop's locations, those of fulfilment services among
// them: their stock is not ours.
func (c *Channel) locations(ctx context.Context) ([]channel.Location, error) {
	var out []channel.Location
	idsOnly := !c.has("read_locations") && !c.has("write_locations")
	query := admin.Locations
	if idsOnly {
		query = admin.LocationIDs
	}
	after := ""
	for pages := 1; ; pages++ {
		var data struct {
			Locations admin.Conn[admin.Location] `json:"locations"`
		}
		vars := map[string]any{}
		if after != "" {
			vars["after"] = after
		}
		cl := call{op: "locations", name: "Locations", query: query, vars: vars, cost: admin.LocationsCost, repeat: transport.Read}
		if _, err := c.do(ctx, cl, &data); err != nil {
			return nil, err
		}
		for _, l := range data.Locations.Nodes {
			l.IsActive = l.IsActive || idsOnly
			out = append(out, channel.Location{
				ID: channel.LocationID(tail(l.ID)), Name: l.Name, Active: l.IsActive, Ours: !l.IsFulfillmentService,
			})
		}
		next := data.Locations.PageInfo.EndCursor
		if !data.Locations.PageInfo.HasNextPage || next == after {
			break
		}
		if pages == maxDetailPages {
			return nil, &channel.Error{Channel: c.cfg.ID, Op: cl.op, Class: channel.ErrInvalid, Message: "pages of locations do not end"}
		}
		after = next
	}
	// Shopify tells no default in this list; the oldest active one of the
	// seller's own that fulfils online orders is what a new product stocks at.
	for i := range out {
		if out[i].Active && out[i].Ours {
			out[i].Default = true
			break
		}
	}
	return out, nil
}

// needs lists what each job cannot do without, and what it lacks a part of its
// data without. Any one scope of an entry will do: a write scope includes its
// read.
var needs = []struct {
	job    channel.Job
	fatal  bool
	scopes []string
}{
	{channel.JobOrders, true, []string{"read_orders", "write_orders"}},
	{channel.JobOrders, false, []string{"read_customers", "write_customers"}},
	{channel.JobOrders, false, []string{"read_products", "write_products"}},
	{channel.JobOrders, false, fulfilmentReads},
	{channel.JobShip, true, []string{
		"write_merchant_managed_fulfillment_orders", "write_assigned_fulfillment_orders", "write_third_party_fulfillment_orders",
	}},
	{channel.JobStock, true, []string{"write_inventory"}},
	{channel.JobListings, true, []string{"read_products", "write_products"}},
	{channel.JobListings, false, []string{"read_inventory", "write_inventory"}},
}

var fulfilmentReads = []string{
	"read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders",
	"read_assigned_fulfillment_orders", "write_assigned_fulfillment_orders",
	"read_third_party_fulfillment_orders", "write_third_party_fulfillment_orders",
}

func missing(has func(string) bool) []channel.MissingScope {
	var out []channel.MissingScope
	for _, n := range needs {
		if !slices.ContainsFunc(n.scopes, has) {
			out = append(out, channel.MissingScope{Scope: n.scopes[0], Job: n.job, Fatal: n.fatal})
		}
	}
	return out
}

// learnScopes keeps what the grant allows, and returns it as a question.
func (c *Channel) learnScopes(scopes []string) func(string) bool {
	has := func(s string) bool {
		if slices.Contains(scopes, s) {
			return true
		}
		rest, read := strings.CutPrefix(s, "read_")
		return read && slices.Contains(scopes, "write_"+rest)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access = &admin.Access{
		Customers:         has("read_customers"),
		Products:          has("read_products"),
		FulfillmentOrders: slices.ContainsFunc(fulfilmentReads, has),
	}
	c.lacking = missing(has)
	c.scopes = scopes
	return has
}

// forgetScopes makes the next call read them.
func (c *Channel) forgetScopes() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access = nil
}

// has reports whether the grant is known to hold a scope.
func (c *Channel) has(scope string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.scopes, scope)
}

// grantedFor returns what the grant allows, reading it once, and ErrForbidden
// with the scope's name when the job cannot run at all. Shopify answers some
// things without their scope with an empty list, which must not be taken for
// nothing to do.
func (c *Channel) grantedFor(ctx context.Context, op string, job channel.Job) (admin.Access, error) {
	c.mu.Lock()
	access := c.access
	c.mu.Unlock()
	if access == nil {
		var data struct {
			Install struct {
				Scopes []struct {
					Handle string `json:"handle"`
				} `json:"accessScopes"`
			} `json:"currentAppInstallation"`
		}
		cl := call{op: op, name: "Scopes", query: admin.Scopes, cost: admin.ScopesCost, repeat: transport.Read}
		if _, err := c.do(ctx, cl, &data); err != nil {
			return admin.Access{}, err
		}
		scopes := make([]string, len(data.Install.Scopes))
		for i, s := range data.Install.Scopes {
			scopes[i] = s.Handle
		}
		c.learnScopes(scopes)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.access == nil { // forgotten again meanwhile
		return admin.Access{}, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, Message: "the granted scopes are changing"}
	}
	for _, m := range c.lacking {
		if m.Job == job && m.Fatal {
			return *c.access, &channel.Error{
				Channel: c.cfg.ID, Op: op, Class: channel.ErrForbidden, Code: m.Scope,
				Message: "the app lacks this scope: grant it and install the app again",
			}
		}
	}
	return *c.access, nil
}

var _ channel.Prober = (*Channel)(nil)
