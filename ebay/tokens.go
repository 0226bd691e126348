package ebay

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	opToken = "token" // in errors and logs

	pathToken = "/identity/v1/oauth2/token"
	scopeBase = "https://api.ebay.com/oauth/api_scope"

	tokenLife    = 2 * time.Hour       // of an access token: "Refreshing access tokens"
	tokenEarly   = 5 * time.Minute     // before its end it is renewed
	refreshEarly = 30 * 24 * time.Hour // before a refresh token ends, it is told
	refreshLife  = "18 months"
)

// credentials asks the provider, or takes those of the configuration.
func (c *Channel) credentials(ctx context.Context) (Credentials, error) {
	if c.cfg.Provider == nil {
		return c.cfg.Credentials, nil
	}
	got, err := c.cfg.Provider(ctx)
	if err == nil {
		err = errors.Join(got.complete(true)...)
	}
	if err != nil {
		return got, transport.NoCredentials(c.cfg.ID, opToken, err)
	}
	c.appID.set(got.ClientID)
	return got, nil
}

// clientID is the application's id, as it was last told.
func (c *Channel) clientID(ctx context.Context) (string, error) {
	if id := c.appID.get(); id != "" {
		return id, nil
	}
	got, err := c.credentials(ctx)
	c.appID.set(got.ClientID)
	return got.ClientID, err
}

// tokens makes the channel's source of access tokens, and returns the
// application's.
func (c *Channel) tokens() (*transport.Tokens, error) {
	client, err := transport.New(transport.Config{
		Channel: c.cfg.ID, Base: c.cfg.Transport, MaxWait: c.cfg.MaxWait, CallDeadline: c.cfg.Deadline,
		MaxAttempts: 1, Logger: c.cfg.Logger, Policy: transport.Policy{RequestID: requestIDOf},
	})
	if err != nil {
		return nil, err
	}
	store := c.cfg.Tokens
	if store == nil {
		store = channel.NewTokenStore(nil)
	}
	g := &grants{TokenStore: store, ch: c}
	c.grants = g
	c.seller, err = transport.NewTokens(transport.Grant{
		Channel: c.cfg.ID, Store: g, Lifetime: tokenLife, Early: tokenEarly, Timeout: 2 * c.cfg.Deadline,
		Refresh: func(ctx context.Context, t channel.Token) (channel.Token, error) {
			got, err := c.credentials(ctx)
			if err != nil {
				return channel.Token{}, err
			}
			c.tellEnding(t.RefreshExpiry)
			// Without a scope the token has all that were consented to. Asking for
			// more than those would kill the refreshing.
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(t.Refresh)}}
			next, err := c.grant(ctx, client, got, form)
			if err != nil {
				return next, err
			}
			g.replaced(t.Refresh, next.Refresh)
			return next, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return transport.NewTokens(transport.Grant{
		Channel: c.cfg.ID, Store: &applications{store, c}, Mint: true, Lifetime: tokenLife, Early: tokenEarly, Timeout: 2 * c.cfg.Deadline,
		Refresh: func(ctx context.Context, _ channel.Token) (channel.Token, error) {
			got, err := c.credentials(ctx)
			if err != nil {
				return channel.Token{}, err
			}
			return c.grant(ctx, client, got, url.Values{"grant_type": {"client_credentials"}, "scope": {scopeBase}})
		},
	})
}

// grants puts the credentials' refresh token in the place of the stored one. A
// seller who consented anew thereby revives a grant that was stored as dead.
type grants struct {
	channel.TokenStore
	ch *Channel

	mu   sync.Mutex
	from channel.Secret // the credentials' refresh token, where the stored one came in its place
}

// Load implements [channel.TokenStore].
func (g *grants) Load(ctx context.Context, id channel.ID) (channel.Token, error) {
	t, err := g.TokenStore.Load(ctx, id)
	missing := errors.Is(err, channel.ErrNotFound)
	if err != nil && !missing {
		return t, err
	}
	got, failed := g.ch.credentials(ctx)
	if failed != nil {
		return t, failed
	}
	g.mu.Lock()
	same := got.RefreshToken == t.Refresh || got.RefreshToken == g.from && t.Dead == ""
	g.mu.Unlock()
	if got.RefreshToken == "" || !missing && same {
		if got.RefreshToken != "" {
			t.Scopes = got.Scopes
		}
		return t, err
	}
	// What else is stored belongs to another grant.
	return channel.Token{Version: t.Version, Refresh: got.RefreshToken, RefreshExpiry: got.RefreshExpires, Scopes: got.Scopes}, nil
}

// replaced notes that a refresh token came in the place of another, which eBay
// is not known to do.
func (g *grants) replaced(from, to channel.Secret) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if to != "" && to != from && g.from == "" {
		g.from = from
	}
}

// applications keeps the application's token under a name that all its channels
// have in common. It is minted anew whatever became of the last.
type applications struct {
	store channel.TokenStore
	ch    *Channel
}

func (a *applications) id(ctx context.Context) (channel.ID, error) {
	client, err := a.ch.clientID(ctx)
	if a.ch.cfg.Sandbox {
		client += ":sandbox"
	}
	return channel.ID("ebay:application:" + client), err
}

// Load implements [channel.TokenStore].
func (a *applications) Load(ctx context.Context, _ channel.ID) (channel.Token, error) {
	id, err := a.id(ctx)
	if err != nil {
		return channel.Token{}, err
	}
	t, err := a.store.Load(ctx, id)
	if t.Dead != "" {
		t = channel.Token{Version: t.Version}
	}
	return t, err
}

// Swap implements [channel.TokenStore].
func (a *applications) Swap(ctx context.Context, _ channel.ID, old int64, t channel.Token) error {
	id, err := a.id(ctx)
	if err != nil {
		return err
	}
	return a.store.Swap(ctx, id, old, t)
}

// readApp sends a read with the application's token and decodes its answer; 204
// is none.
func (c *Channel) readApp(ctx context.Context, cl call, out any) error {
	body, _, err := c.send(ctx, c.app, cl)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := wire.Unmarshal(body, out); err != nil {
		return c.garbled(cl, "answer has another shape than was asked for")
	}
	return nil
}

// grant asks for an access token.
func (c *Channel) grant(ctx context.Context, client *transport.Client, app Credentials, form url.Values) (channel.Token, error) {
	t, err := askToken(ctx, client, c.cfg.Endpoint, app, form)
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Channel = c.cfg.ID
	}
	return t, err
}

// askToken sends a form to the token endpoint.
func askToken(ctx context.Context, client *transport.Client, endpoint string, app Credentials, form url.Values) (channel.Token, error) {
	ctx = transport.WithCall(ctx, transport.Call{Op: opToken, Repeatable: transport.Once})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+pathToken, strings.NewReader(form.Encode()))
	if err != nil {
		return channel.Token{}, &channel.Error{Op: opToken, Class: channel.ErrInvalid, Message: "the Endpoint is not a URL"}
	}
	req.SetBasicAuth(app.ClientID, string(app.ClientSecret))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	asked := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return channel.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	t, err := transport.TokenAnswer(resp, asked, app.ClientSecret, channel.Secret(form.Get("refresh_token")), channel.Secret(form.Get("code")))
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Op, e.RequestID = opToken, requestID(resp)
		grantClass(e, resp)
		return channel.Token{}, e
	}
	return t, err
}

// grantRemedies say what to do about a code.
var grantRemedies = map[string]string{
	"invalid_grant": "the seller must consent to the application again: the consent was withdrawn, has ended after " + refreshLife +
		", or the seller's user name or password was changed",
	"invalid_client": "the client id or secret is wrong, belongs to the sandbox or to production only, or the keyset is switched off, " +
		"as eBay does where nobody answers its notices of account deletions",
	"invalid_scope": "the seller's consent does not cover the scopes, or the application may not ask for them",
}

// grantClass classes an answer of the token endpoint. A 4xx without a code that
// is known proves nothing about the grant. Beyond its daily limit it answers in
// the shape of the REST APIs.
func grantClass(e *channel.Error, resp *http.Response) {
	if class, known := adapter.GrantClasses[e.Code]; known {
		e.Class = class
	} else if body, err := transport.Bytes(resp); err == nil {
		rest := parseError(body)
		if len(rest.Errors) > 0 {
			e.Code, e.Message = rest.code(), transport.Message(rest.text())
		}
		switch status := resp.StatusCode; {
		case status == http.StatusTooManyRequests, rest.has(2001):
			e.Class, e.RetryAfter = channel.ErrThrottled, max(transport.WaitHeaders(resp), 10*time.Minute)
		case status >= 400 && status < 500:
			e.Class = channel.ErrForbidden
		}
	}
	adapter.AddRemedy(e, grantRemedies[e.Code])
}

// appID knows the application's id.
type appID struct {
	mu sync.Mutex
	id string
}

func (a *appID) set(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.id = id
}

func (a *appID) get() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id
}

// tellEnding logs that the refresh token ends soon, once a day.
func (c *Channel) tellEnding(ends time.Time) {
	if ends.IsZero() || c.cfg.Logger == nil {
		return
	}
	if text := ending(ends, time.Now()); text != "" && c.told.Due() {
		c.cfg.Logger.Warn(text, "channel", c.cfg.ID)
	}
}

// ending says when the seller's consent ends, "" while there is time.
func ending(ends, now time.Time) string {
	if ends.IsZero() {
		return "nobody told when the seller's consent ends (Credentials.RefreshExpires), so its end comes without notice, " +
			refreshLife + " after it was given"
	}
	return adapter.Ending("the seller's consent", ends, now, refreshEarly, "let the seller consent to the application again")
}
