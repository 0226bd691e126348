package shopifytest

import (
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
)

// Config returns what [shopify.New] needs for a channel to the fake, over its
// in-process transport. The channel's Lag is a second more than the fake's
// IndexLag. Without a static token it is the app that mints its own.
func (f *Fake) Config() shopify.Config {
	c := shopify.Config{Shop: f.cfg.Shop, Transport: f.Transport(), Lag: f.cfg.IndexLag + time.Second}
	if f.cfg.Token == "-" {
		c.ClientID, c.ClientSecret = f.cfg.ClientID, channel.Secret(f.cfg.ClientSecret)
	} else {
		c.Token = channel.Secret(f.cfg.Token)
	}
	return c
}
