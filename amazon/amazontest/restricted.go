package amazontest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// maxResources is how many resources one restricted data token opens:
// tokens_2021-03-01.
const maxResources = 50

var restrictedRoutes = []route{{
	op: "createRestrictedDataToken", method: http.MethodPost, path: "/tokens/2021-03-01/restrictedDataToken", plan: Rate{1, 10},
	handle: (*Fake).createRestrictedToken, has401: true, badCode: "InvalidRequest",
}}

// resource is an operation that a restricted data token opens. The variables of
// its path may stand for all: "/orders/2026-01-01/orders/{orderId}".
type resource struct {
	Method       string   `json:"method"`
	Path         string   `json:"path"`
	DataElements []string `json:"dataElements"`
}

type restrictedBody struct {
	TargetApplication string     `json:"targetApplication"`
	Resources         []resource `json:"restrictedResources"`
}

// dataElements are the kinds of personal data a token is asked for.
var dataElements = map[string][]Role{
	"buyerInfo":           {RoleDirectToConsumer, RoleTax},
	"shippingAddress":     {RoleDirectToConsumer},
	"buyerTaxInformation": {RoleTax},
}

// createRestrictedToken gives a token for the resources named and no others. It
// shows no more than the application's roles do: Orders 2026-01-01 goes by those,
// and the v0 reads that need such a token are not in the fake.
func (f *Fake) createRestrictedToken(c *call) answer {
	var in restrictedBody
	if a, refused := c.read(&in); refused {
		return a
	}
	if len(in.Resources) == 0 || len(in.Resources) > maxResources {
		return c.invalid("Request is missing or has invalid parameters")
	}
	for _, r := range in.Resources {
		switch r.Method {
		case http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete:
		default:
			return c.invalid("Request is missing or has invalid parameters")
		}
		if !strings.HasPrefix(r.Path, "/") {
			return c.invalid("Request is missing or has invalid parameters")
		}
		for _, e := range r.DataElements {
			roles, known := dataElements[e]
			if !known {
				return c.invalid("Request is missing or has invalid parameters")
			}
			if !c.token.app.holdsAny(roles) {
				return denied("")
			}
		}
	}
	f.tokens++
	token := "Atz.sprdt|" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "fake restricted token %06d", f.tokens))
	f.access[token] = &access{app: c.token.app, expires: c.now.Add(f.cfg.TokenLifetime), only: in.Resources}
	return ok(map[string]any{"restrictedDataToken": token, "expiresIn": int(f.cfg.TokenLifetime.Seconds())})
}

// opens reports whether a token is good for a call.
func (t *access) opens(r *http.Request) bool {
	if t.only == nil {
		return true
	}
	path := strings.Split(r.URL.EscapedPath(), "/")
	for _, res := range t.only {
		if res.Method != r.Method {
			continue
		}
		want := strings.Split(res.Path, "/")
		same := len(want) == len(path)
		for i := 0; same && i < len(want); i++ {
			same = want[i] == path[i] || strings.HasPrefix(want[i], "{") && strings.HasSuffix(want[i], "}") && path[i] != ""
		}
		if same {
			return true
		}
	}
	return false
}
