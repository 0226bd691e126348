package bigcommercetest

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

const (
	maxBody = 8 << 20

	msgNoToken  = "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store."
	msgNoScope  = "You don't have a required scope to access the endpoint"
	msgSlash    = "Authentication Required"
	msgNoRoute  = "The requested resource was not found."
	msgSuspend  = "This store is currently unavailable."
	opOAuth     = "POST /oauth2/token"
	opAbsolute  = "PUT /v3/inventory/adjustments/absolute"
	storePrefix = "/stores/"
)

// call is one request under judgement.
type call struct {
	f     *Fake
	r     *http.Request
	body  []byte
	query url.Values
	route *route
	path  []string // segments behind the store hash: "v2", "orders", …
	vars  []int    // the {…} of the route's path
	token *Token
	now   time.Time
}

func (c *call) v2() bool { return len(c.path) > 0 && c.path[0] == "v2" }

// inContentType gives a V3 error the content type of the API it comes from.
func (c *call) inContentType(a answer) answer {
	if len(c.path) > 1 && c.path[0] == "v3" && c.path[1] == "inventory" {
		a.ctype = problemType
	}
	return a
}

// route is an operation of the marketplace.
type route struct {
	method string
	path   string   // "/v2/orders/{id}"
	scopes []string // any one of them opens it
	query  []string // the parameters the contract names
	handle func(*Fake, *call) answer

	segments []string
}

func (rt *route) op() string { return rt.method + " " + rt.path }

// match returns the route's variables if path is one of its.
func (rt *route) match(path []string) ([]int, bool) {
	if len(path) != len(rt.segments) {
		return nil, false
	}
	var vars []int
	for i, s := range rt.segments {
		if !strings.HasPrefix(s, "{") {
			if s != path[i] {
				return nil, false
			}
			continue
		}
		n, err := strconv.Atoi(path[i])
		if err != nil || n < 0 {
			return nil, false
		}
		vars = append(vars, n)
	}
	return vars, true
}

// find returns the route for a method and path, or, when only the method is
// wrong, no route and true.
func (f *Fake) find(method string, path []string) (rt *route, vars []int, otherMethod bool) {
	for _, cand := range f.routes {
		vars, ok := cand.match(path)
		if !ok {
			continue
		}
		if cand.method == method {
			return cand, vars, false
		}
		otherMethod = true
	}
	return nil, nil, otherMethod
}

// split takes a request path apart. store is "" for paths outside the API.
func split(p string) (store string, path []string) {
	rest, ok := strings.CutPrefix(p, storePrefix)
	if !ok {
		return "", nil
	}
	segments := strings.Split(rest, "/")
	return segments[0], segments[1:]
}

// opOf names the operation of a request for faults and call counts.
func (f *Fake) opOf(r *http.Request, _ []byte) string {
	_, path := split(r.URL.Path)
	if path == nil {
		return r.Method + " " + r.URL.Path
	}
	if rt, _, _ := f.find(r.Method, path); rt != nil {
		return rt.op()
	}
	return r.Method + " /" + strings.Join(path, "/")
}

// ServeHTTP answers as the marketplace's API host and its login host do; it
// takes no notice of the host name.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := f.opOf(r, nil)
	f.arrived(op)
	if op == opAbsolute {
		marked, leave := f.enterAbsolute(r)
		defer leave()
		r = marked
	}
	f.handler.ServeHTTP(w, r)
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{f: f, r: r, query: r.URL.Query()}
	c.body = readBody(r)
	if !fakehttp.Wait(r.Context(), f.cfg.Latency) {
		return
	}
	c.now = f.now()
	f.mu.Lock()
	a := f.judge(c, w.Header())
	f.mu.Unlock()
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	if a.after != nil {
		a.after()
	}
	send(w, a)
}

// judge decides in the marketplace's order: address, token, quota, operation,
// scope, and then the operation itself.
func (f *Fake) judge(c *call, h http.Header) answer {
	if c.r.URL.Path == "/oauth2/token" {
		return f.oauthToken(c)
	}
	store, path := split(c.r.URL.Path)
	c.path = path
	if len(path) == 0 || path[0] != "v2" && path[0] != "v3" {
		return answer{status: http.StatusNotFound, ctype: "text/html", body: []byte("<html><body>404 Not Found</body></html>")}
	}
	if path[len(path)-1] == "" {
		return c.gateway(http.StatusForbidden, msgSlash)
	}
	c.token = f.tokens[c.r.Header.Get("X-Auth-Token")]
	if store != f.cfg.StoreHash || c.token == nil {
		return v3Refusal(http.StatusUnauthorized, msgNoToken, nil)
	}
	if a, limited := f.takeQuota(c, c.now, h); limited {
		return a
	}
	if f.suspended {
		return c.gateway(http.StatusServiceUnavailable, msgSuspend)
	}
	rt, vars, otherMethod := f.find(c.r.Method, path)
	c.route, c.vars = rt, vars
	if a, struck := f.injected(c); struck {
		return a
	}
	switch {
	case otherMethod:
		return c.refuse(http.StatusMethodNotAllowed, "Method not allowed.")
	case rt == nil:
		return c.refuse(http.StatusNotFound, msgNoRoute)
	case !accepts(c.r.Header.Get("Accept")):
		return c.refuse(http.StatusNotAcceptable, "The requested content type is not available.")
	case len(c.body) > 0 && !isJSON(c.r.Header.Get("Content-Type")):
		return c.refuse(http.StatusUnsupportedMediaType, "The content type is not supported.")
	case !c.token.holdsAny(rt.scopes):
		return c.gateway(http.StatusForbidden, msgNoScope)
	}
	if a, refused := c.unknownFilters(); refused {
		return a
	}
	return rt.handle(f, c)
}

func (c *call) unknownFilters() (answer, bool) {
	for _, name := range sortedKeys(c.query) {
		if slices.Contains(c.route.query, name) {
			continue
		}
		c.f.violate("%s: unknown query parameter %q", c.route.op(), name)
		switch {
		case c.f.cfg.Believed.UnknownFiltersIgnored:
			continue
		case c.v2():
			return c.unsupportedField(name), true
		default:
			return c.inContentType(v3Refusal(http.StatusUnprocessableEntity,
				"The filter(s): "+name+" are not valid filter parameter(s).", nil)), true
		}
	}
	return answer{}, false
}

// accepts reports whether an Accept header admits JSON. The contract requires
// the header; an absent one is let pass.
func accepts(header string) bool {
	if header == "" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		switch t, _, _ := mime.ParseMediaType(part); t {
		case "*/*", "application/*", jsonType:
			return true
		}
	}
	return false
}

func isJSON(header string) bool {
	t, _, err := mime.ParseMediaType(header)
	return err == nil && (t == jsonType || strings.HasSuffix(t, "+json"))
}

func send(w http.ResponseWriter, a answer) {
	var body []byte
	switch b := a.body.(type) {
	case nil:
	case []byte:
		body = b
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			panic("bigcommercetest: " + err.Error())
		}
	}
	h := w.Header()
	maps.Copy(h, a.header)
	if body != nil {
		ctype := a.ctype
		if ctype == "" {
			ctype = jsonType
		}
		h.Set("Content-Type", ctype)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
}
