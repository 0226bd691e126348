package amazontest

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

const (
	maxBody = 64 << 20

	// OpToken is Login with Amazon's token endpoint, as Calls and faults name it.
	OpToken = "POST /auth/o2/token"

	tokenPath    = "/auth/o2/token"
	maxUserAgent = 500 // the vendor's page "Include a User-Agent header in all requests"
)

// call is one request under judgement.
type call struct {
	f     *Fake
	r     *http.Request
	body  []byte
	query url.Values
	route *route
	vars  []string // the {…} of the route's path
	token *access
	now   time.Time
}

// route is an operation of the marketplace.
type route struct {
	op     string // its name in the model
	method string
	path   string // "/orders/2026-01-01/orders/{orderId}"
	plan   Rate
	roles  []Role   // any one of them opens it
	scope  string   // of the grantless token it takes instead of a seller's
	query  []string // the parameters the model names
	handle func(*Fake, *call) answer

	has401  bool   // its model knows the status
	badCode string // of its 400s; "" means InvalidInput

	segments []string
}

func allRoutes() []route {
	return slices.Concat(orderRoutes, shipmentRoutes, listingRoutes, feedRoutes, reportRoutes, fbaRoutes, sellerRoutes, hookRoutes, restrictedRoutes)
}

// find returns the route for a request. Segments are told apart before they are
// decoded: a raw slash in a SKU leads elsewhere, %2F does not.
func (f *Fake) find(r *http.Request) (*route, []string) {
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for _, cand := range f.routes {
		if cand.method != r.Method {
			continue
		}
		if vars, matches := fakehttp.MatchPath(cand.segments, path); matches {
			return cand, vars
		}
	}
	return nil, nil
}

// opOf names the operation of a request for faults and call counts.
func (f *Fake) opOf(r *http.Request, _ []byte) string {
	if r.URL.Path == tokenPath {
		return r.Method + " " + tokenPath
	}
	if isDocument(r) {
		return r.Method + " document"
	}
	if rt, _ := f.find(r); rt != nil {
		return rt.op
	}
	return r.Method + " " + r.URL.Path
}

// ServeHTTP answers as the marketplace's hosts do: those of the token endpoint,
// of the API and of documents. On a host that is none of Amazon's it goes by
// the path alone.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.arrived(f.opOf(r, nil))
	f.handler.ServeHTTP(w, r)
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{f: f, r: r, query: r.URL.Query(), body: readBody(r)}
	if !fakehttp.Wait(r.Context(), f.cfg.Latency) {
		return
	}
	c.now = f.lock()
	a := f.judge(c)
	f.requests++
	h := w.Header()
	h.Set("X-Amzn-Requestid", fmt.Sprintf("%08x-0000-4000-8000-%012x", f.requests, f.requests))
	f.rateHeader(c, h, a.status)
	f.mu.Unlock()
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	if a.after != nil {
		a.after()
	}
	send(w, a)
}

// judge decides in the marketplace's order: the request's form, its token, its
// region and address, its bucket, the role, and then the operation itself.
func (f *Fake) judge(c *call) answer {
	if c.r.URL.Path == tokenPath {
		if a, struck := f.injected(OpToken); struck {
			return a
		}
		return f.oauthToken(c)
	}
	if isDocument(c.r) {
		if a, struck := f.injected(c.r.Method + " document"); struck {
			return storageError(a.status, "InternalError", "We encountered an internal error. Please try again.")
		}
		return f.storage(c)
	}
	c.route, c.vars = f.find(c.r)
	if agent := c.r.UserAgent(); agent == "" || len(agent) > maxUserAgent {
		return refuse(http.StatusBadRequest, codeInvalid, "The request must have a User-Agent header of at most 500 characters.", "")
	}
	if c.r.Method == http.MethodGet && len(c.body) > 0 {
		return refuse(http.StatusBadRequest, codeInvalid, "A GET request must not have a body.", "")
	}
	if a, refused := f.authorise(c); refused {
		return a
	}
	switch rt := c.route; {
	case !f.ownRegion(c.r.Host) && !f.cfg.Believed.AnyRegionAnswers, rt == nil:
		return denied("")
	case rt.scope != c.token.scope, !c.token.opens(c.r):
		return denied("")
	}
	if a, struck := f.injected(c.route.op); struck {
		return a
	}
	if a, limited := f.takeQuota(c); limited {
		return a
	}
	if !c.token.app.holdsAny(c.route.roles) {
		return denied("")
	}
	if len(c.body) > 0 && !isJSON(c.r.Header.Get("Content-Type")) {
		return refuse(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The request payload is in an unsupported format.", "")
	}
	if a, refused := c.oddQuery(); refused {
		return a
	}
	return c.route.handle(f, c)
}

// ownRegion reports whether host is one the seller's account lives on, or none
// of the marketplace's at all.
func (f *Fake) ownRegion(host string) bool {
	name, found := strings.CutPrefix(strings.TrimPrefix(host, "sandbox."), "sellingpartnerapi-")
	if !found {
		return true
	}
	r, _, _ := strings.Cut(name, ".")
	return region(r) == f.region
}

// oddQuery refuses parameters that the model does not name, or that come twice:
// arrays are one value with commas.
func (c *call) oddQuery() (answer, bool) {
	for _, name := range sortedKeys(c.query) {
		switch {
		case !slices.Contains(c.route.query, name):
			c.f.violate("%s: unknown query parameter %q", c.route.op, name)
			if c.f.cfg.Believed.UnknownFiltersPass {
				continue
			}
			return c.invalid("Unknown parameter '%s'.", name), true
		case len(c.query[name]) > 1:
			c.f.violate("%s: query parameter %q %d times", c.route.op, name, len(c.query[name]))
			return c.invalid("Parameter '%s' is given more than once.", name), true
		}
	}
	return answer{}, false
}

// read decodes the request's JSON body as the model has it: names in the
// model's case, each once, none unknown.
func (c *call) read(into any) (answer, bool) {
	opts := json.RejectUnknownMembers(!c.f.cfg.Believed.UnknownFieldsPass)
	if len(bytes.TrimSpace(c.body)) == 0 {
		return c.invalid("The request body is missing."), true
	}
	if err := json.Unmarshal(c.body, into, opts); err != nil {
		c.f.violate("%s: body: %v", c.route.op, err)
		return c.invalid("The request body is invalid."), true
	}
	return answer{}, false
}

func isJSON(header string) bool {
	ctype, _, _ := strings.Cut(header, ";")
	return strings.EqualFold(strings.TrimSpace(ctype), jsonType)
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
			panic("amazontest: " + err.Error())
		}
	}
	h := w.Header()
	maps.Copy(h, a.header)
	ctype := a.ctype
	if ctype == "" {
		ctype = jsonType
	}
	if a.stream != nil {
		h.Set("Content-Type", ctype)
		w.WriteHeader(a.status)
		if a.stream(w) != nil {
			panic(http.ErrAbortHandler) // whoever reads has gone
		}
		return
	}
	if body != nil {
		h.Set("Content-Type", ctype)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
}
