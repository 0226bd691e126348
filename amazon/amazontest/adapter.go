package amazontest

import (
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/channel"
)

// Config returns all that [amazon.New] needs for a channel to the fake: its
// seller, marketplaces and grant, its in-process transport, and lags of a
// second more than the fake's own. The rates are learnt from its answers.
func (f *Fake) Config() amazon.Config {
	f.lock()
	defer f.mu.Unlock()
	return amazon.Config{
		SellerID: f.cfg.SellerID, MarketplaceIDs: f.cfg.Marketplaces, Transport: f.Transport(), Application: "penstock-test",
		Credentials: amazon.Credentials{
			ClientID: f.cfg.ClientID, ClientSecret: channel.Secret(f.cfg.ClientSecret), RefreshToken: channel.Secret(f.cfg.RefreshToken),
		},
		Lag: f.cfg.VisibilityLag + time.Second, EffectLag: f.cfg.EffectLag + time.Second,
	}
}
