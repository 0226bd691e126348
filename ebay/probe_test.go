package ebay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// missed are a probe's missing scopes, by job.
func missed(a channel.Account) map[channel.Job]string {
	out := map[channel.Job]string{}
	for _, m := range a.Missing {
		if m.Fatal {
			out[m.Job] = m.Scope[strings.LastIndexByte(m.Scope, '/')+1:]
		}
	}
	return out
}

// A probe tells whose account it is, and what the consent lacks: by its scopes
// where they are known, else by trying.
func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		name    string
		granted []string
		known   bool
		want    map[channel.Job]string
	}{
		{"all", ebaytest.AllScopes(), true, nil},
		{"all, unknown", ebaytest.AllScopes(), false, nil},
		{
			"orders only",
			[]string{ebaytest.ScopeBase, ebaytest.ScopeIdentity, ebaytest.ScopeFulfillment},
			true,
			map[channel.Job]string{channel.JobStock: "sell.inventory", channel.JobListings: "sell.inventory"},
		},
		{
			"orders only, unknown",
			[]string{ebaytest.ScopeBase, ebaytest.ScopeIdentity, ebaytest.ScopeFulfillment},
			false,
			map[channel.Job]string{channel.JobStock: "sell.inventory", channel.JobListings: "sell.inventory"},
		},
		{
			"read only",
			[]string{ebaytest.ScopeBase, ebaytest.ScopeIdentity, ebaytest.ScopeFulfillmentReadonly, ebaytest.ScopeInventoryReadonly},
			true,
			map[channel.Job]string{channel.JobShip: "sell.fulfillment", channel.JobStock: "sell.inventory"},
		},
		{
			"no identity, unknown",
			[]string{ebaytest.ScopeInventory},
			false,
			map[channel.Job]string{channel.JobOrders: "sell.fulfillment", channel.JobShip: "sell.fulfillment"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, accountConfig{Scopes: tt.granted}, func(c *ebay.Config) {
				if !tt.known {
					c.Credentials.Scopes = nil
				}
			}, func(r *rig) {
				a, err := r.ch.Probe(r.Context())
				check(r, err)
				got := missed(a)
				if len(got) != len(tt.want) {
					r.Errorf("missing %v, want %v", got, tt.want)
				}
				for job, scope := range tt.want {
					if got[job] != scope {
						r.Errorf("missing %v, want %v", got, tt.want)
					}
				}
				if (len(a.Scopes) > 0) != tt.known || a.Marketplace != "ebay" || a.Currency != "USD" {
					r.Errorf("account %+v", a)
				}
			})
		})
	}
}

// A probe says what a seller should know.
func TestProbeNotes(t *testing.T) {
	for _, tt := range []struct {
		name      string
		account   accountConfig
		configure func(*ebay.Config)
		do        func(r *rig)
		says      string
	}{
		{"another seller", accountConfig{}, func(c *ebay.Config) { c.Seller = "somebody" }, nil, "not of somebody"},
		{"by id", accountConfig{HideUsernames: true}, func(c *ebay.Config) { c.Seller = "U1id" + ebaytest.DefaultSellerID }, nil, ""},
		{"suspended", accountConfig{}, nil, func(r *rig) { r.fake.Suspend() }, "SUSPENDED"},
		{"ends at zero", accountConfig{Stock: ebaytest.StockSetting{EndAtZero: true}}, nil, nil, "out-of-stock option"},
		{"not told whether", accountConfig{}, nil, func(r *rig) { r.fake.FailWith("GetUserPreferences", 500, -1) }, "sold out cannot be read"},
		{"no limits", accountConfig{}, nil, func(r *rig) { r.fake.FailWith("getRateLimits", 500, -1) }, "daily calls cannot be read"},
		{"no day", accountConfig{}, func(c *ebay.Config) { c.Credentials.RefreshExpires = time.Time{} }, nil, "RefreshExpires"},
		{"no scopes", accountConfig{}, func(c *ebay.Config) { c.Credentials.Scopes = nil }, nil, "Credentials.Scopes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAccount(t, tt.account, tt.configure, func(r *rig) {
				if tt.do != nil {
					tt.do(r)
				}
				a, err := r.ch.Probe(r.Context())
				check(r, err)
				got := strings.Join(a.Notes, "\n")
				if !strings.Contains(got, tt.says) || tt.says == "" && got != "" {
					r.Errorf("notes %q, want %q", got, tt.says)
				}
			})
		})
	}
}

// A probe tells how far eBay's clock is ahead.
func TestProbeClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, 40 * time.Second, -10 * time.Minute} {
		onAccount(t, accountConfig{ClockOffset: ahead}, nil, func(r *rig) {
			a, err := r.ch.Probe(r.Context())
			check(r, err)
			if d := a.Offset - ahead; d > 2*time.Second || d < -2*time.Second {
				r.Errorf("offset %v, want %v", a.Offset, ahead)
			}
		})
	}
}
