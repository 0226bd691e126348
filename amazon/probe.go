package amazon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
)

// Roles that jobs need, as the developer's profile spells them: "Role Mappings
// for SP-API Types".
const (
	roleOrders   = "Inventory and Order Tracking"
	roleListings = "Product Listing"
	rolePeople   = "Direct-to-Consumer Shipping (Restricted)"
	roleInsights = "Selling Partner Insights"
)

// noOrder has the form of an order's id and is none's. To be told that it is not
// there takes the role that orders need, and no search.
const noOrder = "000-0000000-0000000"

// Probe reads where the seller participates, and asks the orders and the
// listings for something to see whether the application has their roles: Amazon
// tells neither roles nor scopes. The role that shows people's addresses is
// known to be missing once orders came without. A client secret that is wrong or
// has ended is refused with the same status and is no missing role: that is the
// probe's error, and so is an account that is refused everything.
func (c *Channel) Probe(ctx context.Context) (channel.Account, error) {
	const op = "probe"
	a := channel.Account{
		Marketplace: "amazon", APIVersion: "orders 2026-01-01", Falls: channel.FallsAtSale, Currency: currencyOf(c.cfg.MarketplaceIDs[0]),
	}
	refused, err := c.participations(ctx, op, &a)
	if err != nil {
		return channel.Account{}, err
	}
	for _, n := range []struct {
		cl   call
		miss []channel.MissingScope
	}{
		{get(op, opGetOrder, pathOrders+"/"+noOrder, nil), []channel.MissingScope{
			{Scope: roleOrders, Job: channel.JobOrders, Fatal: true},
			{Scope: roleOrders, Job: channel.JobShip, Fatal: true},
		}},
		{get(op, opSearchListings, pathListings+"/"+url.PathEscape(c.cfg.SellerID), url.Values{
			"marketplaceIds": {c.cfg.MarketplaceIDs[0]}, "pageSize": {"1"}, "includedData": {"summaries"},
		}), []channel.MissingScope{
			{Scope: roleListings, Job: channel.JobStock, Fatal: true},
			{Scope: roleListings, Job: channel.JobListings, Fatal: true},
		}},
	} {
		switch _, _, err := c.do(ctx, n.cl); {
		case errors.Is(err, channel.ErrForbidden) && !ofCredentials(err):
			a.Missing = append(a.Missing, n.miss...)
		case err == nil, errors.Is(err, channel.ErrNotFound), errors.Is(err, channel.ErrInvalid):
		default:
			return channel.Account{}, err
		}
	}
	if err := c.clock.Decide(ctx, func() error {
		_, err := c.participations(ctx, op, &channel.Account{})
		return err
	}); err != nil {
		return channel.Account{}, err
	}
	if len(a.Missing) == 4 && refused {
		return channel.Account{}, c.refuse(op, channel.ErrForbidden, "Amazon refuses everything: "+causes)
	}
	if c.faces.hidden() {
		a.Missing = append(a.Missing, channel.MissingScope{Scope: rolePeople, Job: channel.JobOrders})
		a.Notes = append(a.Notes, "orders come without names and streets: the application lacks the role "+strconv.Quote(rolePeople))
	}
	if got, err := c.credentials(ctx); err != nil {
		a.Notes = append(a.Notes, "the credentials cannot be read again: "+err.Error())
	} else if text := got.ending(time.Now()); text != "" {
		a.Notes = append(a.Notes, text)
	}
	a.Offset = c.clock.Offset().Round(time.Second)
	return a, nil
}

const pathListings = "/listings/2021-08-01/items"

// ofCredentials reports whether a refusal is of the application's credentials:
// by Login with Amazon, or by the API because the secret has ended.
func ofCredentials(err error) bool {
	if e, ok := err.(*channel.Error); ok && e.Op == opToken { //nolint:errorlint // the tree is walked here
		return true
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() error }:
		return ofCredentials(e.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), ofCredentials)
	}
	return errors.Is(err, errSecret)
}

// participations reads where the seller sells; refused is that the role for it
// is missing, or more than that.
func (c *Channel) participations(ctx context.Context, op string, a *channel.Account) (refused bool, err error) {
	var list spapi.Participations
	_, err = c.read(ctx, get(op, opParticipations, "/sellers/v1/marketplaceParticipations", nil), &list)
	if errors.Is(err, channel.ErrForbidden) && !ofCredentials(err) {
		a.Notes = append(a.Notes, "the marketplaces that the seller sells in cannot be read: the application lacks the role "+strconv.Quote(roleInsights))
		return true, nil
	}
	if err != nil {
		return false, err
	}
	var foreign []string
	seen := map[string]bool{}
	for i := range list.Payload {
		p := &list.Payload[i]
		id := p.Marketplace.ID
		if at := c.sells(id); at < 0 {
			if p.Participation.Participating && marketplaces[id].region == c.cfg.Region {
				foreign = append(foreign, id+" ("+p.Marketplace.Country+")")
			}
			continue
		} else if at == 0 && p.Marketplace.Currency != "" {
			a.Currency = channel.Currency(strings.ToUpper(p.Marketplace.Currency))
		}
		seen[id] = true
		if a.Name == "" {
			a.Name = p.StoreName
		}
		if !p.Participation.Participating {
			a.Notes = append(a.Notes, "the seller does not sell in marketplace "+id+" any more")
		}
		if p.Participation.Suspended {
			a.Notes = append(a.Notes, "some of the seller's listings in marketplace "+id+" are suspended")
		}
	}
	for _, id := range c.cfg.MarketplaceIDs {
		if !seen[id] {
			a.Notes = append(a.Notes, "the seller does not sell in marketplace "+id)
		}
	}
	if len(foreign) > 0 {
		a.Notes = append(a.Notes, "the seller also sells in "+strings.Join(foreign, ", ")+", whose orders are not read: a quantity counts there too")
	}
	return false, nil
}

// sells returns the place of a marketplace among those of the configuration, -1
// where it is not one.
func (c *Channel) sells(id string) int {
	for i, own := range c.cfg.MarketplaceIDs {
		if own == id {
			return i
		}
	}
	return -1
}

var _ channel.Prober = (*Channel)(nil)
