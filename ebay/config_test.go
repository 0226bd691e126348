package ebay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
)

func goodConfig() ebay.Config {
	return ebay.Config{
		Seller: "acme_parts", Marketplaces: []string{"EBAY_US"},
		Credentials: ebay.Credentials{ClientID: "id", ClientSecret: "secret", RefreshToken: "v^1.1#t"},
	}
}

// New complains of everything at once, and of no secret by its value.
func TestConfigComplaints(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*ebay.Config)
		says  string
	}{
		{"no seller", func(c *ebay.Config) { c.Seller = " " }, "Seller is empty"},
		{"odd seller", func(c *ebay.Config) { c.Seller = "a b" }, "no user name"},
		{"no marketplace", func(c *ebay.Config) { c.Marketplaces = nil }, "Marketplaces are empty"},
		{"unknown marketplace", func(c *ebay.Config) { c.Marketplaces = []string{"EBAY_XX"} }, `"EBAY_XX"`},
		{"no credentials", func(c *ebay.Config) { c.Credentials = ebay.Credentials{} }, "Credentials are empty"},
		{"no id", func(c *ebay.Config) { c.Credentials.ClientID = "" }, "ClientID"},
		{"no secret", func(c *ebay.Config) { c.Credentials.ClientSecret = "" }, "ClientSecret"},
		{"no refresh token", func(c *ebay.Config) { c.Credentials.RefreshToken = "" }, "RefreshToken"},
		{"escaped", func(c *ebay.Config) { c.Credentials.RefreshToken = "v%5E1.1" }, "escaped"},
		{"line break", func(c *ebay.Config) { c.Credentials.ClientSecret = "Qanary\n" }, "ClientSecret"},
		{"share", func(c *ebay.Config) { c.QuotaShare = 1.5 }, "QuotaShare"},
		{"batch", func(c *ebay.Config) { c.StockBatch = 26 }, "StockBatch"},
		{"feed from", func(c *ebay.Config) { c.FeedFrom = -2 }, "FeedFrom"},
		{"feed above", func(c *ebay.Config) { c.FeedAbove = -2 }, "FeedAbove"},
		{"lag", func(c *ebay.Config) { c.Lag = -time.Second }, "Lag is negative"},
		{"endpoint", func(c *ebay.Config) { c.Endpoint = "api.ebay.com" }, "Endpoint is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := goodConfig()
			tt.spoil(&cfg)
			_, err := ebay.New(cfg)
			if err == nil || !strings.HasPrefix(err.Error(), "ebay: ") || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "Qanary") {
				t.Errorf("err = %v, want %q", err, tt.says)
			}
		})
	}
	ch, err := ebay.New(goodConfig())
	if err != nil || ch.ID() != channel.ID("ebay:acme_parts") || ch.Traits().Hold != 5*24*time.Hour {
		t.Errorf("%v, %v", ch, err)
	}
}
