package bigcommercetest

import (
	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
)

// Config returns what [bigcommerce.New] needs for a channel to the fake, over
// its in-process transport.
func (f *Fake) Config() bigcommerce.Config {
	return bigcommerce.Config{
		StoreHash: f.cfg.StoreHash, Token: channel.Secret(f.cfg.Token), Transport: f.Transport(),
	}
}
