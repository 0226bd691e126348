package amazon_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

func goodConfig() amazon.Config {
	return amazon.Config{
		SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"ATVPDKIKX0DER"}, Application: "Acme",
		Credentials: amazon.Credentials{ClientID: "id", ClientSecret: "hush-hush", RefreshToken: "Atzr|hush-hush"},
	}
}

// Each wrong field has one complaint, which says what to do and no secret.
func TestConfigComplaints(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(c *amazon.Config)
		want   string // of the complaint; "" for none
	}{
		"good":                  {func(*amazon.Config) {}, ""},
		"no seller":             {func(c *amazon.Config) { c.SellerID = " " }, "SellerID is empty"},
		"a shop's name":         {func(c *amazon.Config) { c.SellerID = "Acme Store" }, "SellerID"},
		"no marketplace":        {func(c *amazon.Config) { c.MarketplaceIDs = nil }, "MarketplaceIDs are empty"},
		"a country":             {func(c *amazon.Config) { c.MarketplaceIDs = []string{"US"} }, `marketplace id "US"`},
		"two regions":           {func(c *amazon.Config) { c.MarketplaceIDs = []string{"ATVPDKIKX0DER", "A1PA6795UKMFR9"} }, "a channel for each region"},
		"a region":              {func(c *amazon.Config) { c.Region = "eu" }, "a channel for each region"},
		"a region that is none": {func(c *amazon.Config) { c.Region = "us-east-1" }, `Region "us-east-1"`},
		"a new marketplace":     {func(c *amazon.Config) { c.MarketplaceIDs, c.Region = []string{"ANEWONE"}, amazon.Europe }, ""},
		"no credentials":        {func(c *amazon.Config) { c.Credentials = amazon.Credentials{} }, "Credentials are empty"},
		"no client id":          {func(c *amazon.Config) { c.Credentials.ClientID = "" }, "ClientID is empty"},
		"no client secret":      {func(c *amazon.Config) { c.Credentials.ClientSecret = "" }, "ClientSecret is empty"},
		"no refresh token":      {func(c *amazon.Config) { c.Credentials.RefreshToken = "" }, "RefreshToken is empty"},
		"a stored refresh token": {func(c *amazon.Config) {
			c.Credentials.RefreshToken, c.Tokens = "", channel.NewTokenStore(nil)
		}, ""},
		"two sources": {func(c *amazon.Config) {
			c.Provider = func(context.Context) (amazon.Credentials, error) { return amazon.Credentials{}, nil }
		}, "both set"},
		"no application":      {func(c *amazon.Config) { c.Application = "" }, "Application is empty"},
		"an application's é":  {func(c *amazon.Config) { c.Application = "Café" }, "ASCII"},
		"a long application":  {func(c *amazon.Config) { c.Application = strings.Repeat("x", 500) }, "shorten"},
		"a negative lag":      {func(c *amazon.Config) { c.Lag = -1 }, "Lag is negative"},
		"a negative effect":   {func(c *amazon.Config) { c.EffectLag = -1 }, "EffectLag is negative"},
		"a negative interval": {func(c *amazon.Config) { c.PollEvery = -1 }, "PollEvery is negative"},
		"a negative deadline": {func(c *amazon.Config) { c.Deadline = -1 }, "Deadline is negative"},
		"an endpoint":         {func(c *amazon.Config) { c.Endpoint = "amazon.com" }, "the Endpoint"},
		"a token endpoint":    {func(c *amazon.Config) { c.TokenEndpoint = "ftp://x" }, "the TokenEndpoint"},
		"a limiter":           {func(c *amazon.Config) { c.Limiter = &amazon.Limiter{} }, "NewLimiter"},
		"many marketplaces": {func(c *amazon.Config) {
			for i := range 60 {
				c.MarketplaceIDs = append(c.MarketplaceIDs, fmt.Sprintf("NEW%d", i))
			}
			c.Region = amazon.NorthAmerica
		}, "takes 50"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := goodConfig()
			tt.change(&cfg)
			_, err := amazon.New(cfg)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("complains: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Count(err.Error(), "\n") > 0):
				t.Errorf("complains %q, want one line with %q", fmt.Sprint(err), tt.want)
			case err != nil && strings.Contains(err.Error(), "hush-hush"):
				t.Errorf("tells a secret: %v", err)
			}
		})
	}
	if _, err := amazon.New(amazon.Config{}); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("an empty configuration: %v", err)
	}
}

// The host follows from the marketplaces, and the program is named as Amazon
// demands, whatever it is called.
func TestAddressAndName(t *testing.T) {
	for _, tt := range []struct {
		change func(c *amazon.Config)
		host   string
		agent  string // begins so
	}{
		{func(*amazon.Config) {}, "sellingpartnerapi-na.amazon.com", "Acme/1 (Language=Go/"},
		{func(c *amazon.Config) {
			c.MarketplaceIDs, c.Version = []string{"A1PA6795UKMFR9", "A1F83G8C2ARO7P"}, "2.0"
		}, "sellingpartnerapi-eu.amazon.com", "Acme/2.0 (Language=Go/"},
		{func(c *amazon.Config) { c.MarketplaceIDs = []string{"A1VC38T7YXB528"}; c.Sandbox = true }, "sandbox.sellingpartnerapi-fe.amazon.com", "Acme/1 ("},
		{func(c *amazon.Config) { c.Application, c.Version = `A/B\C (D); x=1`, `1(2)/3` }, "sellingpartnerapi-na.amazon.com", `A\/B\\C (D); x=1/1\(2)/3 (Language=Go/`},
		{func(c *amazon.Config) {
			c.Endpoint, c.TokenEndpoint = "https://proxy.example/", "https://tokens.example/x"
		}, "proxy.example", "Acme/1 ("},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := goodConfig()
			tt.change(&cfg)
			var host, agent, tokenHost string
			cfg.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					tokenHost = req.URL.Host
					return answer(200, "application/json", `{"access_token":"Atza|1","token_type":"bearer","expires_in":3600}`), nil
				}
				host, agent = req.URL.Host, req.Header.Get("User-Agent")
				if req.Body != nil && req.Body != http.NoBody || req.ContentLength != 0 || req.Header.Get("Content-Type") != "" {
					t.Error("a read has a body")
				}
				if req.Header.Get("X-Amz-Access-Token") != "Atza|1" {
					t.Error("no token")
				}
				return answer(404, "application/json", `{"errors":[{"code":"NOT_FOUND","message":"no"}]}`), nil
			})
			ch := must(amazon.New(cfg))
			must(ch.OrdersByID(t.Context(), []channel.OrderID{"1"}))
			if host != tt.host || !strings.HasPrefix(agent, tt.agent) || !strings.Contains(agent, "; Platform=") {
				t.Errorf("%s, %q", host, agent)
			}
			if want := "api.amazon.com"; cfg.TokenEndpoint == "" && tokenHost != want {
				t.Errorf("tokens from %s", tokenHost)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// However the fake is set up, its Config makes a channel that works.
func TestConfigOfTheFakeIsEnough(t *testing.T) {
	for name, cfg := range map[string]accountConfig{
		"nothing set":            {},
		"Europe":                 {Marketplaces: []string{"A1PA6795UKMFR9", "A1F83G8C2ARO7P"}},
		"Japan":                  {Marketplaces: []string{"A1VC38T7YXB528"}},
		"another seller":         {SellerID: "ASELLER77", ClientID: "c", ClientSecret: "s", RefreshToken: "r"},
		"slow to show":           {VisibilityLag: 20 * time.Minute},
		"a tenth of the quota":   {Quota: 0.1},
		"no rate header":         {NoRateHeader: true},
		"a clock an hour ahead":  {ClockOffset: time.Hour},
		"a clock an hour behind": {ClockOffset: -time.Hour},
		"slow answers":           {Latency: 2 * time.Second},
		"short tokens":           {TokenLifetime: 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, cfg, nil, func(r *rig) {
				a := must(r.ch.Probe(r.Context()))
				if len(a.Missing) > 0 || a.Currency == "" {
					r.Errorf("account %+v", a)
				}
				if d := (a.Offset - cfg.ClockOffset).Abs(); d > 2*time.Second {
					r.Errorf("offset %s", a.Offset)
				}
				r.product("MUG", 10)
				pass(700 * time.Millisecond) // not at a whole second
				id := r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
				created := must(r.fakeOrder(id)).Created
				// A walk whose watermark has passed the sale has found it.
				since, found := created.Add(-time.Hour), false
				for began := time.Now(); since.Before(created) && time.Since(began) < 2*time.Hour; pass(4 * time.Minute) {
					for p, err := range channel.OrderPages(r.Context(), r.ch, channel.OrderQuery{Since: since}) {
						check(r, err)
						for _, o := range p.Items {
							found = found || string(o.ID) == id
						}
						if p.Next == "" {
							since = p.Through
						}
					}
				}
				if !found {
					r.Error("the watermark passed an order that no walk found")
				}
			})
		})
	}
}

func (r *rig) fakeOrder(id string) (amazontest.Order, error) {
	o, found := r.fake.Order(id)
	if !found {
		return o, fmt.Errorf("no order %s", id)
	}
	return o, nil
}
