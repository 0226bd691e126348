package transport

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// TokenAnswer reads an OAuth token endpoint's answer to a request sent at the
// given time, for use in [Grant.Refresh]. What the answer leaves out stays zero
// in the token. An answer that is no token becomes an *[channel.Error]:
//
//   - invalid_client, unauthorized_client, invalid_scope and
//     unsupported_grant_type are ErrForbidden: the application's own settings
//     are wrong, which no seller can mend, so no grant is dead;
//   - any other 400 or 401 is ErrUnauthorized: the grant is dead. Shopify
//     answers 401 invalid_request for a spent refresh token, the others 400
//     invalid_grant;
//   - 429 is ErrThrottled, and all else, a token that does not decode too, is
//     ErrUnsure: the same refresh is worth repeating.
//
// What was sent is in no error, should the answer repeat it: secrets are the
// client's own and the refresh token.
func TokenAnswer(resp *http.Response, asked time.Time, secrets ...channel.Secret) (channel.Token, error) {
	if resp.StatusCode != http.StatusOK { // a success may well tell the same refresh token again
		for _, s := range secrets {
			Hush(resp, s)
		}
	}
	body, err := Bytes(resp)
	if err != nil {
		return channel.Token{}, &channel.Error{Class: channel.ErrUnsure, Err: Redact(err)}
	}
	var a struct {
		Access    string      `json:"access_token"`
		Refresh   string      `json:"refresh_token"`
		Expires   json.Number `json:"expires_in"`
		RefreshIn json.Number `json:"refresh_token_expires_in"`
		Scope     string      `json:"scope"`
		Error     string      `json:"error"`
		Why       string      `json:"error_description"`
	}
	broken := json.Unmarshal(body, &a) != nil
	if resp.StatusCode == http.StatusOK && !broken && a.Access != "" {
		return channel.Token{
			Access: channel.Secret(a.Access), Refresh: channel.Secret(a.Refresh),
			Expiry: after(asked, a.Expires), RefreshExpiry: after(asked, a.RefreshIn),
			Scopes: scopes(a.Scope),
		}, nil
	}
	e := (&Policy{}).errorOf(resp, channel.ErrUnsure)
	if a.Error != "" {
		e.Code = Message(a.Error)
	}
	e.Message = Message(a.Why)
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized:
		e.Class = channel.ErrUnauthorized
		switch a.Error {
		case "invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type":
			e.Class = channel.ErrForbidden
		}
	case http.StatusForbidden:
		e.Class = channel.ErrForbidden
	case http.StatusTooManyRequests:
		e.Class = channel.ErrThrottled
	}
	return channel.Token{}, e
}

// after returns when a life of so many seconds ends, zero when none is told.
func after(asked time.Time, seconds json.Number) time.Time {
	f, err := seconds.Float64()
	if err != nil || !(f > 0) || f > math.MaxInt32 {
		return time.Time{}
	}
	return asked.Add(time.Duration(f * float64(time.Second)))
}

// scopes splits a scope answer: spaces by the standard, commas at Shopify.
func scopes(s string) []string {
	if s == "" {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
}
