package house

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	channelsync "github.com/penstock-go/penstock/sync"
)

// canarySealer has a key, as a real one would.
type canarySealer struct{ key string }

func (canarySealer) Seal(b []byte) ([]byte, error) { return b, nil }
func (canarySealer) Open(b []byte) ([]byte, error) { return b, nil }

// Whatever of ours holds a secret can be printed and logged.
func TestNothingPrintsASecret(t *testing.T) {
	const canary = "canary0secret"
	must := func(v any, err error) any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	shop := shopify.Config{Shop: "acme", Token: canary}
	app := shopify.Config{Shop: "acme", ClientID: "c", ClientSecret: canary}
	store := bigcommerce.Config{StoreHash: "abc123", Token: canary}
	login := amazon.Credentials{ClientID: "c", ClientSecret: canary, RefreshToken: canary}
	seller := amazon.Config{SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"A1PA6795UKMFR9"}, Credentials: login, Application: "acme"}
	hooks := shopify.ReceiverConfig{Secrets: []channel.Secret{canary}}
	tokens := map[channel.ID]channel.Token{"shopify:acme": {Access: canary, Refresh: canary}}
	for name, v := range map[string]any{
		"shopify.Config":         shop,
		"shopify.Channel":        must(shopify.New(shop)),
		"shopify.Channel, app":   must(shopify.New(app)),
		"shopify.ReceiverConfig": hooks,
		"shopify.Receiver":       must(shopify.NewReceiver(hooks)),
		"bigcommerce.Config":     store,
		"bigcommerce.Channel":    must(bigcommerce.New(store)),
		"bigcommerce.App":        bigcommerce.App{ClientID: "c", ClientSecret: canary},
		"bigcommerce.Grant":      bigcommerce.Grant{StoreHash: "abc123", Token: canary},
		"amazon.Config":          seller,
		"amazon.Credentials":     login,
		"amazon.Channel":         must(amazon.New(seller)),
		"channel.Token":          tokens["shopify:acme"],
		"channel.Secret":         channel.Secret(canary),
		"channel.TokenStore":     channel.NewTokenStore(tokens),
		"sync.Tokens":            channelsync.Tokens(nil, canarySealer{canary}),
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			_, _ = fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("starting", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("starting", "v", v)
		text := out.String()
		for _, secret := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%d", []byte(canary))} {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s prints its secret: …%s", name, text[max(0, at-40):at])
			}
		}
	}
}

// A credential with what no header takes is refused by name, not sent.
func TestACredentialWithALineBreakIsRefused(t *testing.T) {
	const canary = "canary0secret"
	for odd, what := range map[string]string{"\n": "a line break", " ": "a space", "\x00": "printable ASCII", "é": "printable ASCII"} {
		bad := channel.Secret(canary + odd)
		login := amazon.Credentials{ClientID: "c", ClientSecret: bad, RefreshToken: bad}
		for name, make := range map[string]func() error{
			"shopify.Config.Token": func() error { _, err := shopify.New(shopify.Config{Shop: "acme", Token: bad}); return err },
			"shopify.Config.ClientSecret": func() error {
				_, err := shopify.New(shopify.Config{Shop: "acme", ClientID: "c", ClientSecret: bad})
				return err
			},
			"shopify.ReceiverConfig.Secrets": func() error {
				_, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{bad}})
				return err
			},
			"bigcommerce.Config.Token": func() error {
				_, err := bigcommerce.New(bigcommerce.Config{StoreHash: "abc123", Token: bad})
				return err
			},
			"amazon.Config.Credentials": func() error {
				_, err := amazon.New(amazon.Config{SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"A1PA6795UKMFR9"}, Credentials: login, Application: "acme"})
				return err
			},
		} {
			err := make()
			if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), canary) {
				t.Errorf("%s with %q: %v", name, odd, err)
			}
		}
	}
}
