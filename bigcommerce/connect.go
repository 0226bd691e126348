package bigcommerce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// App is an app that sellers install. ClientID, ClientSecret and RedirectURI
// are required.
type App struct {
	ClientID     string
	ClientSecret channel.Secret
	RedirectURI  string   // the auth callback, exactly as it is registered
	Scopes       []string // those without which a grant is of no use; nil is any

	Transport http.RoundTripper // default a pool shared by all channels
	Endpoint  string            // default "https://login.bigcommerce.com"
	UserAgent string            // default "penstock"
	Deadline  time.Duration     // default 10 s
}

// Grant is what an installation gives. The token does not expire by time; it is
// replaced when the seller accepts the app anew.
type Grant struct {
	StoreHash   string
	Token       channel.Secret
	Scopes      []string
	AccountUUID string
	UserID      string
}

// Exchange trades the code of an installation for a token: callback is the
// query of the browser's call to the app's auth callback. The code is good for
// one try: after ErrUnsure the seller must install again.
func (a App) Exchange(ctx context.Context, callback url.Values) (Grant, error) {
	const op = "exchange code"
	refuse := func(class error, what string) (Grant, error) {
		return Grant{}, &channel.Error{Op: op, Class: class, Message: what}
	}
	if a.ClientID == "" || a.ClientSecret == "" || a.RedirectURI == "" {
		return refuse(channel.ErrInvalid, "ClientID, ClientSecret and RedirectURI are required")
	}
	for _, k := range []string{"code", "scope", "context"} {
		if callback.Get(k) == "" {
			return refuse(channel.ErrInvalid, "the callback has no "+k)
		}
	}
	where := callback.Get("context")
	hash, isStore := strings.CutPrefix(where, "stores/")
	if !isStore || !storeHash.MatchString(hash) {
		return refuse(channel.ErrInvalid, "the callback's context is no store")
	}
	if a.Endpoint == "" {
		a.Endpoint = "https://login.bigcommerce.com"
	}
	if a.UserAgent == "" {
		a.UserAgent = "penstock"
	}
	body, err := store.Marshal(map[string]string{
		"client_id": a.ClientID, "client_secret": string(a.ClientSecret), "code": callback.Get("code"), "context": where,
		"scope": callback.Get("scope"), "grant_type": "authorization_code", "redirect_uri": a.RedirectURI,
	})
	if err != nil {
		return refuse(channel.ErrInvalid, "the callback does not encode")
	}
	client, err := transport.New(transport.Config{Base: a.Transport, MaxAttempts: 1, CallDeadline: a.Deadline, Policy: policy})
	if err != nil {
		return refuse(channel.ErrInvalid, "the endpoint cannot be used")
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: op, Repeatable: transport.Once})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(a.Endpoint, "/")+"/oauth2/token", bytes.NewReader(body))
	if err != nil {
		return refuse(channel.ErrInvalid, "Endpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.UserAgent)
	resp, err := client.Do(req)
	if err != nil {
		return Grant{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		transport.Hush(resp, a.ClientSecret)
	}
	text, err := transport.Bytes(resp)
	if err != nil {
		return refuse(channel.ErrUnsure, "the answer broke off")
	}
	if resp.StatusCode != http.StatusOK {
		e := parseError(text)
		class := classOf(resp, e)
		if errors.Is(class, channel.ErrInvalid) && resp.StatusCode == http.StatusBadRequest {
			class = channel.ErrUnauthorized // the code is spent or foreign
		}
		return Grant{}, &channel.Error{
			Op: op, Code: strconv.Itoa(resp.StatusCode), Message: transport.Message(e.text()), RequestID: requestID(resp), Class: class,
		}
	}
	return a.grant(op, hash, text)
}

// grant reads the answer. A request whose context got lost is answered with a
// token without scopes, which every API refuses.
func (a App) grant(op, hash string, text []byte) (Grant, error) {
	refuse := func(class error, what string) (Grant, error) {
		return Grant{}, &channel.Error{Op: op, Class: class, Message: what}
	}
	var w struct {
		Token   channel.Secret `json:"access_token"`
		Scope   store.Text     `json:"scope"`
		Context store.Text     `json:"context"`
		Account store.Text     `json:"account_uuid"`
		User    struct {
			ID store.Text `json:"id"`
		} `json:"user"`
	}
	if store.Unmarshal(text, &w) != nil || w.Token == "" {
		return refuse(channel.ErrUnsure, "the answer holds no access token")
	}
	if w.Context != "" && string(w.Context) != "stores/"+hash {
		return refuse(channel.ErrForbidden, "the token is for another store")
	}
	g := Grant{StoreHash: hash, Token: w.Token, Scopes: strings.Fields(string(w.Scope)), AccountUUID: string(w.Account), UserID: string(w.User.ID)}
	if len(g.Scopes) == 0 {
		return refuse(channel.ErrForbidden, "the token has no scopes: the seller must install the app again")
	}
	var lacking []string
	for _, s := range a.Scopes {
		if !slices.Contains(g.Scopes, s) && !slices.Contains(g.Scopes, strings.TrimSuffix(s, "_read_only")) {
			lacking = append(lacking, s)
		}
	}
	if len(lacking) > 0 {
		return refuse(channel.ErrForbidden, fmt.Sprintf("the token lacks %s", strings.Join(lacking, ", ")))
	}
	return g, nil
}
