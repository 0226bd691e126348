package amazon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

const (
	opToken = "token" // in errors and logs

	tokenEarly   = time.Minute         // an access token is renewed before it ends
	secretNotice = 30 * 24 * time.Hour // before a client secret ends, it is told
	secretLife   = 180                 // days: "Rotate your Application's LWA Credentials"

	// forcedEvery is how old a token is before it is renewed to see whether that
	// cures a refusal without a reason: a missing role looks the same. It is more
	// than the minute for which transport takes a refused new token to be the
	// last word.
	forcedEvery = 90 * time.Second
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
	return got, nil
}

// tokens returns the channel's source of access tokens.
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
	return transport.NewTokens(transport.Grant{
		Channel: c.cfg.ID, Store: &grants{TokenStore: store, ch: c}, Lifetime: time.Hour, Early: tokenEarly, Timeout: 2 * c.cfg.Deadline,
		Refresh: func(ctx context.Context, t channel.Token) (channel.Token, error) {
			got, err := c.credentials(ctx)
			if err != nil {
				return channel.Token{}, err
			}
			c.tellEnding(got)
			return c.grant(ctx, client, got, t.Refresh)
		},
	})
}

// grants puts the credentials' refresh token in the place of the stored one. A
// seller who authorised the application anew thereby revives a grant that was
// stored as dead.
type grants struct {
	channel.TokenStore
	ch *Channel
}

// Load implements [channel.TokenStore].
func (g *grants) Load(ctx context.Context, id channel.ID) (channel.Token, error) {
	t, err := g.TokenStore.Load(ctx, id)
	missing := errors.Is(err, channel.ErrNotFound)
	if err != nil && !missing {
		return t, err
	}
	got, failed := g.ch.credentials(ctx)
	switch {
	case failed != nil:
		return t, failed
	case got.RefreshToken == "" || !missing && got.RefreshToken == t.Refresh:
		return t, err
	}
	// What else is stored belongs to another grant.
	return channel.Token{Version: t.Version, Refresh: got.RefreshToken}, nil
}

// grant asks Login with Amazon for an access token.
func (c *Channel) grant(ctx context.Context, client *transport.Client, app Credentials, refresh channel.Secret) (channel.Token, error) {
	const op = opToken
	form := url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {string(refresh)},
		"client_id": {app.ClientID}, "client_secret": {string(app.ClientSecret)},
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: op, Repeatable: transport.Once})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.TokenEndpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return channel.Token{}, c.refuse(op, channel.ErrInvalid, "the TokenEndpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	asked := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return channel.Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	t, err := transport.TokenAnswer(resp, asked, app.ClientSecret, refresh)
	if e, ok := errors.AsType[*channel.Error](err); ok {
		e.Channel, e.Op, e.RequestID = c.cfg.ID, op, requestID(resp)
		grantClass(e, resp.StatusCode)
		return channel.Token{}, e
	}
	c.forced.renewed()
	// It is not changed by use, and is the credentials' to change.
	t.Refresh = refresh
	return t, err
}

// grantRemedies say what to do about a code.
var grantRemedies = map[string]string{
	"invalid_grant":  "the seller must authorise the application again",
	"access_denied":  "the seller must authorise the application again",
	"invalid_client": fmt.Sprintf("the client secret is wrong or has expired, which it does after %d days: make a new one and put it into the credentials", secretLife),
}

// grantClass classes an answer of the token endpoint. A 4xx without a code that
// is known proves nothing about the grant.
func grantClass(e *channel.Error, status int) {
	if class, known := adapter.GrantClasses[e.Code]; known {
		e.Class = class
	} else if status >= 400 && status < 500 && status != http.StatusTooManyRequests {
		e.Class = channel.ErrForbidden
	}
	adapter.AddRemedy(e, grantRemedies[e.Code])
}

// tellEnding logs that the client secret ends soon, once a day.
func (c *Channel) tellEnding(got Credentials) {
	if got.SecretExpires.IsZero() || c.cfg.Logger == nil {
		return
	}
	if text := got.ending(time.Now()); text != "" && c.told.Due() {
		c.cfg.Logger.Warn(text, "channel", c.cfg.ID)
	}
}

// ending says when the client secret ends, "" while there is time.
func (c Credentials) ending(now time.Time) string {
	if c.SecretExpires.IsZero() {
		return fmt.Sprintf("nobody told when the client secret ends (Credentials.SecretExpires), so its end comes without notice, %d days after it was made", secretLife)
	}
	return adapter.Ending("the client secret", c.SecretExpires, now, secretNotice,
		"make a new one in the Solution Provider Portal and put it into the credentials; sellers need not authorise again")
}

// forcing is the allowance of renewals that a refusal without a reason may ask
// for.
type forcing struct {
	mu   sync.Mutex
	last time.Time // when a token was renewed, or was to be
}

func (f *forcing) renewed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = time.Now()
}

// allow takes one, if there is one.
func (f *forcing) allow() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.last) < forcedEvery {
		return false
	}
	f.last = now
	return true
}
