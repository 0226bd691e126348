package ebay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// needs are the scopes that jobs cannot do without, any one of each.
var needs = []struct {
	job    channel.Job
	any    []string
	fatal  bool
	sample func() call // a read that one of them opens
}{
	{channel.JobOrders, []string{ScopeFulfillment, scopeOrders}, true, sampleOrders},
	{channel.JobShip, []string{ScopeFulfillment}, true, sampleOrders},
	{channel.JobStock, []string{ScopeInventory}, true, sampleItems},
	{channel.JobListings, []string{ScopeInventory, scopeStock}, true, sampleItems},
	{channel.JobStock, []string{ScopeTrading}, false, nil}, // of listings made outside the Inventory API
	{channel.JobStock, []string{ScopeAccount, scopeBase + "/sell.account"}, false, nil},
}

func sampleOrders() call {
	return get("probe", apiFulfillment, "getOrders", jobOrders, pathOrders, url.Values{"limit": {"1"}})
}

func sampleItems() call {
	return get("probe", apiInventory, "getInventoryItems", jobOrders, "/sell/inventory/v1/inventory_item", url.Values{"limit": {"1"}})
}

const (
	pathOrders = "/sell/fulfillment/v1/order"
	pathUser   = "/commerce/identity/v1/user/"
)

// Probe reads whose account it is, which scopes the seller consented to, and
// what is left of the application's daily calls. Where the scopes are not known
// (Credentials.Scopes) it asks for an order and an inventory item: that tells
// what can be read, and not what can be written. A consent that ends within 30
// days is in the account's notes, and so are an API whose calls are used up, with
// the time when there are calls again, and that listings end when they are sold
// out.
func (c *Channel) Probe(ctx context.Context) (channel.Account, error) {
	a := channel.Account{
		Marketplace: "ebay", APIVersion: "fulfillment v1, inventory v1", Falls: channel.FallsAtSale,
		Currency: c.cfg.home().currency, TimeZone: "",
	}
	if err := c.user(ctx, &a); err != nil {
		return channel.Account{}, err
	}
	if err := c.scopes(ctx, &a); err != nil {
		return channel.Account{}, err
	}
	client, err := c.clientID(ctx)
	if err != nil {
		return channel.Account{}, err
	}
	if err := c.relearn(ctx, client); err != nil {
		a.Notes = append(a.Notes, "what is left of the application's daily calls cannot be read: "+err.Error())
	}
	a.Notes = append(a.Notes, c.budget.notes(time.Now())...)
	if err := c.atZero(ctx, &a); err != nil {
		return channel.Account{}, err
	}
	if err := c.clock.Decide(ctx, func() error { return c.user(ctx, &channel.Account{}) }); err != nil {
		return channel.Account{}, err
	}
	a.Offset = c.clock.Offset().Round(time.Second)
	return a, nil
}

// atZero tells a seller whose listings end at zero.
func (c *Channel) atZero(ctx context.Context, a *channel.Account) error {
	keeps, err := c.keepsAtZero(ctx, "probe")
	switch {
	case keeps || ofScope(err): // without the scope nothing is written to such listings
		return nil
	case err == nil:
		a.Notes = append(a.Notes, noZero)
		return nil
	case errors.Is(err, channel.ErrUnauthorized) || ctx.Err() != nil:
		return err
	}
	a.Notes = append(a.Notes, "whether listings stay when they are sold out cannot be read: "+err.Error())
	return nil
}

// noZero is what a seller has to know whose listings end at zero.
const noZero = "a listing made outside the Inventory API ends when its quantity becomes 0, so such zeros are not written: " +
	"turn the out-of-stock option on in eBay's site preferences"

// notes tell of limits that are used up.
func (b *budget) notes(now time.Time) (out []string) {
	for of, at := range b.exhausted(now) {
		out = append(out, fmt.Sprintf("the application has used up its calls of %s for today: there are none until %s", of, at.UTC().Format(time.RFC3339)))
	}
	slices.Sort(out)
	return out
}

// user reads whose account the grant is for.
func (c *Channel) user(ctx context.Context, a *channel.Account) error {
	var w struct {
		ID      string `json:"userId"`
		Name    string `json:"username"`
		Market  string `json:"registrationMarketplaceId"`
		Status  string `json:"status"`
		Company struct {
			Name string `json:"name"`
		} `json:"businessAccount"`
	}
	_, err := c.read(ctx, get("probe", apiIdentity, "getUser", jobOrders, pathUser, nil), &w)
	if errors.Is(err, channel.ErrForbidden) && ofScope(err) {
		a.Notes = append(a.Notes, "whose account it is cannot be read: the consent lacks the scope "+ScopeIdentity)
		// The clock and the token are proved by something else.
		var none struct{}
		_, err = c.read(ctx, sampleOrders(), &none)
		if errors.Is(err, channel.ErrForbidden) && ofScope(err) {
			_, err = c.read(ctx, sampleItems(), &none)
		}
		if errors.Is(err, channel.ErrForbidden) && ofScope(err) {
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	if a.Name = w.Company.Name; a.Name == "" {
		a.Name = w.Name
	}
	if !strings.EqualFold(w.Name, c.cfg.Seller) && w.ID != c.cfg.Seller {
		a.Notes = append(a.Notes, fmt.Sprintf("the consent is that of %s, and not of %s: has the user name changed?", w.Name, c.cfg.Seller))
	}
	if w.Status != "" && w.Status != "CONFIRMED" {
		a.Notes = append(a.Notes, "eBay has the account's status as "+w.Status)
	}
	return nil
}

// ofScope reports whether a refusal is for a scope that is missing, and not for
// the application's keys.
func ofScope(err error) bool {
	e, ok := errors.AsType[*channel.Error](err)
	return ok && e.Op != opToken && (e.Code == "1100" || e.Code == "403")
}

// scopes tells which were granted, and what the others are missed for.
func (c *Channel) scopes(ctx context.Context, a *channel.Account) error {
	t, err := c.grants.Load(ctx, c.cfg.ID)
	if err != nil && !errors.Is(err, channel.ErrNotFound) {
		if _, ok := errors.AsType[*channel.Error](err); ok {
			return err
		}
		return &channel.Error{Channel: c.cfg.ID, Op: "probe", Class: channel.ErrUnavailable, Err: err}
	}
	if text := ending(t.RefreshExpiry, time.Now()); text != "" {
		a.Notes = append(a.Notes, text)
	}
	a.Scopes = t.Scopes
	tried := map[string]bool{}
	for _, n := range needs {
		lacks := func() (bool, error) {
			if t.Scopes != nil {
				return !slices.ContainsFunc(n.any, func(s string) bool { return slices.Contains(t.Scopes, s) }), nil
			}
			if n.sample == nil {
				return false, nil
			}
			cl := n.sample()
			if lacks, done := tried[cl.operation]; done {
				return lacks, nil
			}
			_, err := c.read(ctx, cl, &struct{}{})
			lacks := errors.Is(err, channel.ErrForbidden) && ofScope(err)
			tried[cl.operation] = lacks
			if lacks {
				err = nil
			}
			return lacks, err
		}
		missing, err := lacks()
		if err != nil {
			return err
		}
		if missing {
			a.Missing = append(a.Missing, channel.MissingScope{Scope: n.any[0], Job: n.job, Fatal: n.fatal})
		}
	}
	if t.Scopes == nil {
		a.Notes = append(a.Notes, "nobody told which scopes the seller consented to (Credentials.Scopes), so whether parcels and quantities can be written shows with the first of them")
	}
	return nil
}

var _ channel.Prober = (*Channel)(nil)
