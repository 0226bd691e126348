package shopify

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/oauth2"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// tokens returns the channel's source of tokens: a static one, the stored
// offline token that is refreshed, or one the app mints for its owner's shop.
func (c *Channel) tokens() (oauth2.TokenSource, error) {
	if c.cfg.Token != "" {
		return transport.StaticToken(c.cfg.Token), nil
	}
	client, err := c.tokenClient()
	if err != nil {
		return nil, err
	}
	g := transport.Grant{Channel: c.cfg.ID, Store: c.cfg.Tokens, Lifetime: time.Hour, Timeout: 2 * c.cfg.Deadline}
	if c.cfg.Tokens != nil {
		g.Refresh = func(ctx context.Context, t channel.Token) (channel.Token, error) {
			return c.grant(ctx, client, map[string]string{
				"client_id": c.cfg.ClientID, "client_secret": string(c.cfg.ClientSecret),
				"grant_type": "refresh_token", "refresh_token": string(t.Refresh),
			})
		}
		return transport.NewTokens(g)
	}
	g.Store = channel.NewTokenStore(map[channel.ID]channel.Token{c.cfg.ID: {}})
	g.Mint = true
	g.Refresh = func(ctx context.Context, _ channel.Token) (channel.Token, error) {
		return c.grant(ctx, client, map[string]string{
			"client_id": c.cfg.ClientID, "client_secret": string(c.cfg.ClientSecret), "grant_type": "client_credentials",
		})
	}
	return transport.NewTokens(g)
}

// tokenClient is the client of the token endpoint: no limit, no token.
func (c *Channel) tokenClient() (*transport.Client, error) {
	return transport.New(transport.Config{
		Channel: c.cfg.ID, Base: c.cfg.Transport, MaxWait: c.cfg.MaxWait, CallDeadline: c.cfg.Deadline,
		MaxAttempts: 1, Logger: c.cfg.Logger, Policy: policy,
	})
}

// grant asks the token endpoint. Its error's class says whether the grant is
// dead or the same request is worth repeating.
func (c *Channel) grant(ctx context.Context, client *transport.Client, form map[string]string) (channel.Token, error) {
	const op = "token"
	body, err := json.Marshal(form, json.Deterministic(true)) // what is repeated is the same to the byte
	if err != nil {
		return channel.Token{}, c.fail(call{op: op}, "", channel.ErrInvalid, errors.New("form does not encode"))
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: op, Repeatable: transport.Once})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.Endpoint+"/admin/oauth/access_token", bytes.NewReader(body))
	if err != nil {
		return channel.Token{}, c.fail(call{op: op}, "", channel.ErrInvalid, errors.New("endpoint is not a URL"))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	asked := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return channel.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	t, err := transport.TokenAnswer(resp, asked, channel.Secret(form["client_secret"]), channel.Secret(form["refresh_token"]))
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Channel, e.Op = c.cfg.ID, op
	}
	return t, err
}
