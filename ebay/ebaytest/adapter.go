package ebaytest

import (
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
)

// Config returns all that [ebay.New] needs for a channel to the fake: its seller
// and marketplaces, the consent to the first application, its in-process
// transport, and lags of a second more than the fake's own.
func (f *Fake) Config() ebay.Config {
	f.lock()
	defer f.mu.Unlock()
	return ebay.Config{
		Seller: f.cfg.SellerID, Marketplaces: f.cfg.Marketplaces, Sandbox: f.cfg.Sandbox, Transport: f.Transport(),
		Credentials: ebay.Credentials{
			ClientID: f.cfg.ClientID, ClientSecret: channel.Secret(f.cfg.ClientSecret),
			RefreshToken: channel.Secret(f.cfg.RefreshToken), RefreshExpires: time.Now().Add(f.cfg.RefreshLifetime), Scopes: f.cfg.Scopes,
		},
		Lag: f.cfg.VisibilityLag + time.Second, EffectLag: f.cfg.EffectLag + time.Second,
	}
}
