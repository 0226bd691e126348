package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/penstock-go/penstock/channel"
)

// Credentials are how a marketplace wants its token.
type Credentials struct {
	// Source gives the token. A *[Tokens] is renewed when it is refused; any
	// other source is taken at its word.
	Source oauth2.TokenSource

	// Header carries the token, in the form that Format gives it; nil is as it
	// is.
	Header string
	Format func(token string) string

	// Hosts are the only hosts that get the token, as in a URL: with a port if
	// it is not the scheme's own. Requests to others go without.
	Hosts []string
}

// Bearer is the Format of an Authorization header.
func Bearer(token string) string { return "Bearer " + token }

// StaticToken returns a source of a token that neither expires nor is renewed.
func StaticToken(token channel.Secret) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: string(token)})
}

// Auth puts the token on each attempt. When it is refused and another can be
// had, the answer goes up with a note for [Retry] to send the call once more:
// there the attempt pays the limit like any other.
type Auth struct {
	Base        http.RoundTripper
	Credentials Credentials
	Policy      Policy
}

// RoundTrip implements [http.RoundTripper].
func (a *Auth) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.Credentials.Source == nil || !a.trusts(req.URL) {
		return a.Base.RoundTrip(req)
	}
	ctx := req.Context()
	token, err := a.token(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	if err := CheckSecret("token", channel.Secret(token.AccessToken)); err != nil {
		closeBody(req)
		return nil, &channel.Error{Class: channel.ErrUnauthorized, Message: err.Error()}
	}
	req = req.Clone(ctx)
	value := token.AccessToken
	if a.Credentials.Format != nil {
		value = a.Credentials.Format(value)
	}
	req.Header.Set(a.Credentials.Header, value)
	t := tripFrom(ctx)
	if t != nil {
		t.mu.Lock()
		t.authed = true
		t.mu.Unlock()
	}
	resp, err := a.Base.RoundTrip(req)
	if err == nil {
		Hush(resp, channel.Secret(token.AccessToken))
	}
	if err != nil || t == nil || !a.Policy.rejected(resp) {
		return resp, err
	}
	source, ok := a.Credentials.Source.(*Tokens)
	t.mu.Lock()
	first := !t.renewed
	t.renewed = true
	t.mu.Unlock()
	if !ok || !first {
		return resp, nil
	}
	if _, err := source.renew(ctx, channel.Secret(token.AccessToken)); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	t.mu.Lock()
	t.resend = true
	t.mu.Unlock()
	return resp, nil
}

func (a *Auth) trusts(u *url.URL) bool {
	for _, h := range a.Credentials.Hosts {
		if strings.EqualFold(u.Host, h) {
			return true
		}
	}
	return false
}

// token asks the source, and gives any error a class.
func (a *Auth) token(ctx context.Context) (*oauth2.Token, error) {
	if s, ok := a.Credentials.Source.(*Tokens); ok {
		return s.TokenContext(ctx)
	}
	token, err := a.Credentials.Source.Token()
	if err == nil && token.AccessToken == "" {
		err = errors.New("the source gave no token")
	}
	if err == nil {
		return token, nil
	}
	if _, ok := errors.AsType[*channel.Error](err); ok {
		return nil, err
	}
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // its text holds the answer's body
		class, code := channel.ErrUnavailable, r.ErrorCode
		if s := r.Response; s != nil && (s.StatusCode == http.StatusUnauthorized || s.StatusCode == http.StatusBadRequest) {
			class = channel.ErrUnauthorized
		}
		return nil, &channel.Error{Class: class, Code: code, Message: Message(r.ErrorDescription)}
	}
	return nil, &channel.Error{Class: channel.ErrUnavailable, Err: Redact(err)}
}
