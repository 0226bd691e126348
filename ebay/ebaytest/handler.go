package ebaytest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// call is one request under judgement.
type call struct {
	f     *Fake
	r     *http.Request
	body  []byte
	query url.Values
	op    string
	api   string
	route *route
	vars  []string // the {…} of the route's path
	token *access
	now   time.Time

	claims    []string        // SKUs it is the first to write to just now
	contended map[string]bool // SKUs another call is writing to
}

// route is an operation of the REST APIs.
type route struct {
	op       string // its name in the specification
	api      string
	method   string
	path     string   // "/order/{orderId}"
	scopes   []string // any one of them opens it
	app      bool     // it takes an application's token, not a seller's
	query    []string // the parameters the specification names
	language bool     // Content-Language is required
	form     bool     // the body is a form, not JSON
	writes   func(*call) []string
	handle   func(*Fake, *call) answer

	segments []string
}

func allRoutes() []route {
	return slices.Concat(orderRoutes, shipmentRoutes, inventoryRoutes, listingRoutes, feedRoutes, limitRoutes, storeRoutes)
}

// find returns the route for a request. Segments are told apart before they are
// decoded: a raw slash in a SKU leads elsewhere, %2F does not. A slash at the
// end, which some addresses have in the specifications, makes no difference.
func (f *Fake) find(r *http.Request) (rt *route, vars []string, known bool) {
	path := strings.Split(strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/"), "/")
	for _, cand := range f.routes {
		if vars, matches := fakehttp.MatchPath(cand.segments, path); matches {
			if known = true; cand.method == r.Method {
				return cand, vars, true
			}
		}
	}
	return nil, nil, known
}

// opOf names the operation of a request for faults and call counts.
func (f *Fake) opOf(r *http.Request, _ []byte) string {
	switch r.URL.Path {
	case tokenPath:
		return r.Method + " " + tokenPath
	case tradingPath:
		if name := r.Header.Get(headerCallName); tradingCalls[name] != nil {
			return name
		}
	}
	if rt, _, _ := f.find(r); rt != nil {
		return rt.op
	}
	return r.Method + " " + r.URL.Path
}

// ServeHTTP answers as the marketplace's hosts do. On a host that is none of
// eBay's it goes by the path alone.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.arrived(f.opOf(r, nil))
	f.handler.ServeHTTP(w, r)
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{f: f, r: r, query: r.URL.Query(), body: readBody(r), op: f.opOf(r, nil)}
	c.route, c.vars, _ = f.find(r)
	if c.route != nil {
		c.api = c.route.api
	}
	f.claim(c)
	if !fakehttp.Wait(r.Context(), f.cfg.Latency) {
		f.mu.Lock()
		f.release(c)
		f.mu.Unlock()
		return
	}
	c.now = f.lock()
	a := f.judge(c)
	f.release(c)
	if _, sealed := a.body.([]byte); f.surprise && !sealed && a.body != nil && c.op != OpToken {
		a.body = surprised(a.body)
	}
	f.requests++
	h := w.Header()
	h.Set("X-Ebay-C-Request-Id", fmt.Sprintf("ri=fake%08x,rci=fake%08x", f.requests, f.requests))
	f.mu.Unlock()
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	if a.after != nil {
		a.after()
	}
	send(w, a)
}

// claim notes the SKUs that a call writes to until it is answered.
func (f *Fake) claim(c *call) {
	if c.route == nil || c.route.writes == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sku := range slices.Compact(slices.Sorted(slices.Values(c.route.writes(c)))) {
		if f.busy[sku] == 0 {
			f.busy[sku]++
			c.claims = append(c.claims, sku)
			continue
		}
		if c.contended == nil {
			c.contended = map[string]bool{}
		}
		c.contended[sku] = true
	}
}

func (f *Fake) release(c *call) {
	for _, sku := range c.claims {
		delete(f.busy, sku)
	}
	c.claims = nil
}

// judge decides in the marketplace's order: the address, the token, the limits,
// the scope, the headers, and then the operation itself.
func (f *Fake) judge(c *call) answer {
	switch c.r.URL.Path {
	case tokenPath:
		if a, struck := f.injected(c); struck {
			return a
		}
		return f.oauthToken(c)
	case tradingPath:
		c.api = APITrading
		return f.trading(c)
	}
	if c.route == nil {
		if _, _, known := f.find(c.r); known {
			return refuse(http.StatusMethodNotAllowed, 2005)
		}
		return refuse(http.StatusNotFound, 2002)
	}
	if label, own := ebayHost(c.r.Host); own && label != apis[c.api].host && !f.cfg.Believed.AnyHostAnswers {
		return refuse(http.StatusNotFound, 2002)
	}
	if a, refused := f.authorise(c); refused {
		return a
	}
	if a, struck := f.injected(c); struck {
		return a
	}
	if a, limited := f.takeQuota(c); limited {
		return a
	}
	if c.route.app != (c.token.grant == nil) || !c.token.holdsAny(c.route.scopes) {
		return refuse(http.StatusForbidden, 1100)
	}
	if a, refused := f.headers(c); refused {
		return a
	}
	c.oddQuery()
	return c.route.handle(f, c)
}

// ebayHost returns the first label of a host of eBay's API.
func ebayHost(host string) (label string, own bool) {
	if host, own = strings.CutSuffix(host, ".ebay.com"); !own {
		return "", false
	}
	label, _, _ = strings.Cut(host, ".")
	return label, true
}

// ownHost reports whether a host belongs to the environment the account is in,
// or to none of eBay's.
func (f *Fake) ownHost(host string) bool {
	_, ebays := ebayHost(host)
	return !ebays || strings.Contains(host, ".sandbox.") == f.cfg.Sandbox
}

// headers checks what the APIs want beside the token.
func (f *Fake) headers(c *call) (answer, bool) {
	h := c.r.Header
	if c.api == APIInventory && !f.cfg.Believed.LanguageOptional {
		if !languageTag(h.Get("Accept-Language")) {
			return invalidHeader("Accept-Language"), true
		}
		if c.route.language && !languageTag(h.Get("Content-Language")) {
			return invalidHeader("Content-Language"), true
		}
	}
	if body := c.r.Method == http.MethodPost || c.r.Method == http.MethodPut; body && !c.route.form && !isJSON(h.Get("Content-Type")) {
		return refuse(http.StatusUnsupportedMediaType, 2006), true
	}
	return answer{}, false
}

// invalidHeader is a refusal in words that users of the Inventory API know well.
func invalidHeader(name string) answer {
	e := newError(25709, "fieldName", name)
	e.Message, e.LongMessage = "Invalid value for header "+name+".", "Invalid value for header "+name+"."
	return answer{status: http.StatusBadRequest, body: errorsJSON{Errors: []errorJSON{e}}}
}

// languageTag reports whether a header names a language of the marketplaces, be
// it the first of several.
func languageTag(header string) bool {
	first, _, _ := strings.Cut(header, ",")
	first, _, _ = strings.Cut(first, ";")
	return slices.ContainsFunc(marketplaces, func(m marketplace) bool { return m.tag == strings.TrimSpace(first) })
}

// oddQuery notes parameters that the specification does not name, which the
// marketplace ignores.
func (c *call) oddQuery() {
	for _, name := range sortedKeys(c.query) {
		if !slices.Contains(c.route.query, name) || len(c.query[name]) > 1 {
			c.f.violate("%s: query parameter %q unknown or repeated", c.op, name)
		}
	}
}

// read decodes the request's JSON body as the specification has it.
func (c *call) read(into any) (answer, bool) {
	err := errEmptyBody
	if len(bytes.TrimSpace(c.body)) > 0 {
		err = json.Unmarshal(c.body, into, json.RejectUnknownMembers(!c.f.cfg.Believed.UnknownFieldsPass))
	}
	if err == nil {
		return answer{}, false
	}
	c.f.violate("%s: body: %v", c.op, err)
	if c.api == APIFulfillment { // a body of the wrong shape is a failure of its own there
		return refuse(http.StatusInternalServerError, 30500), true
	}
	return bad(2004, "reason", "Could not serialize the request"), true
}

var errEmptyBody = fmt.Errorf("%w: empty", ErrInvalid)

func isJSON(header string) bool {
	ctype, _, _ := strings.Cut(header, ";")
	return strings.EqualFold(strings.TrimSpace(ctype), jsonType)
}

// origin is the scheme and host that a request came to, for the addresses in its
// answer.
func (c *call) origin() string {
	if c.r.URL.Scheme != "" {
		return c.r.URL.Scheme + "://" + c.r.Host
	}
	return "http://" + c.r.Host
}

func send(w http.ResponseWriter, a answer) {
	var body []byte
	switch b := a.body.(type) {
	case nil:
	case []byte:
		body = b
	default:
		var err error
		if body, err = json.Marshal(b, jsontext.AllowInvalidUTF8(true)); err != nil {
			panic("ebaytest: " + err.Error())
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
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
}
