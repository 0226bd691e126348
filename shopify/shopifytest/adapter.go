package shopifytest

import (
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
)

// Config returns all that [shopify.New] needs for a channel to the fake: its
// shop and grant, its in-process transport, and a Lag of a second more than the
// fake's IndexLag, since its times have no fraction. The shop's Quota is learnt
// from its answers. Where the fake has no static token, or refuses it, the app
// mints its own.
func (f *Fake) Config() shopify.Config {
	c := shopify.Config{Shop: f.cfg.Shop, Transport: f.Transport(), Lag: f.cfg.IndexLag + time.Second}
	if f.cfg.Token == "-" || f.cfg.RequireExpiring {
		c.ClientID, c.ClientSecret = f.cfg.ClientID, channel.Secret(f.cfg.ClientSecret)
	} else {
		c.Token = channel.Secret(f.cfg.Token)
	}
	return c
}

// ID is how the adapter spells one of the fake's ids: the number that ends
// "gid://shopify/Order/8700000032768", as webhooks and the shop's own pages show
// it too. Calls of the fake that take an id take either form.
func ID[T ~string](gid string) T { return T(tail(gid)) }
