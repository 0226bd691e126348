package shopifytest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// Server is a fake on a socket.
type Server = fakehttp.Server

// ServeHTTP answers as the shop's domain does: the GraphQL API, the token
// endpoint, the authorize page and the files of bulk operations.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Transport returns a RoundTripper that reaches the fake in process, whatever
// the request's host but another shop's. It works inside a testing/synctest
// bubble.
func (f *Fake) Transport() http.RoundTripper { return fakehttp.Transport(f) }

// Serve serves the fake on a socket until the server is closed; addr "" means a
// free loopback port.
func (f *Fake) Serve(addr string) (*Server, error) { return fakehttp.Serve(addr, f) }

// Operation names beside the root fields of GraphQL.
const (
	OpToken     = "oauth.access_token"
	OpAuthorize = "oauth.authorize"
	OpDownload  = "bulk.download"
)

var apiPath = regexp.MustCompile(`^/admin/api/([^/]+)/graphql\.json$`)

// operation names a request for faults and counts: the first root field of a
// GraphQL operation, or one of the Op constants.
func (f *Fake) operation(r *http.Request, body []byte) string {
	switch {
	case r.URL.Path == "/admin/oauth/access_token":
		return OpToken
	case r.URL.Path == "/admin/oauth/authorize":
		return OpAuthorize
	case strings.HasPrefix(r.URL.Path, bulkPath):
		return OpDownload
	case !apiPath.MatchString(r.URL.Path):
		return ""
	}
	req, ok := readRequest(r, body)
	if !ok {
		return ""
	}
	d := f.docs.get(req.Query)
	if d.query == nil {
		return ""
	}
	op := req.pick(d.query)
	if op == nil {
		return ""
	}
	names := rootNames(op)
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// rootNames are the root fields of an operation, fragments looked into.
func rootNames(op *ast.OperationDefinition) []string {
	var names []string
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				names = append(names, s.Name)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if s.Definition != nil && len(names) < 100 {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	walk(op.SelectionSet)
	return names
}

type graphqlRequest struct {
	Query         string                     `json:"query"`
	Variables     map[string]json.RawMessage `json:"variables"`
	OperationName string                     `json:"operationName"`
}

func readRequest(r *http.Request, body []byte) (graphqlRequest, bool) {
	var req graphqlRequest
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t == "application/graphql" {
		req.Query = string(body)
		return req, true
	}
	if json.Unmarshal(body, &req) != nil || req.Query == "" {
		return req, false
	}
	return req, true
}

func (q graphqlRequest) pick(d *ast.QueryDocument) *ast.OperationDefinition {
	if q.OperationName != "" {
		return d.Operations.ForName(q.OperationName)
	}
	if len(d.Operations) == 1 {
		return d.Operations[0]
	}
	return nil
}

// route answers one request; faults have had their turn. The answer is sent when
// the lock is free again: a caller who reads slowly holds up nobody else.
func (f *Fake) route(w http.ResponseWriter, r *http.Request) {
	a := &held{ResponseWriter: w, status: http.StatusOK}
	f.judge(a, r)
	w.WriteHeader(a.status)
	_, _ = a.body.WriteTo(w)
}

// held keeps an answer's status and body until it is sent.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *held) WriteHeader(status int)      { a.status = status }
func (a *held) Write(b []byte) (int, error) { return a.body.Write(b) }

// judge writes the answer to one request.
func (f *Fake) judge(w http.ResponseWriter, r *http.Request) {
	defer f.lock()()
	f.stats.Requests++
	w.Header().Set("X-Request-Id", f.uuid()+"-"+legacy(f.at.Unix()))
	w.Header().Set("Date", f.at.UTC().Format(http.TimeFormat))
	if h := hostOf(r); strings.HasSuffix(h, ".myshopify.com") && h != f.domain() {
		plainError(w, http.StatusNotFound, "Not Found")
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, bulkPath):
		f.calls[OpDownload]++
		f.download(w, r)
	case r.URL.Path == "/admin/oauth/access_token":
		f.calls[OpToken]++
		f.tokenEndpoint(w, r)
	case r.URL.Path == "/admin/oauth/authorize":
		f.calls[OpAuthorize]++
		f.authorize(w, r)
	case apiPath.MatchString(r.URL.Path):
		f.graphql(w, r, apiPath.FindStringSubmatch(r.URL.Path)[1])
	default:
		plainError(w, http.StatusNotFound, "Not Found")
	}
}

func hostOf(r *http.Request) string {
	h, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	return h
}

// plainError is the shape of errors outside GraphQL: a string.
func plainError(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	o := &object{}
	o.set("errors", text)
	_, _ = w.Write(appendJSON(nil, o))
}

// served is the version that answers a request for another. A retired version
// is stood in for by the oldest one that is supported.
func (f *Fake) served(asked string) (string, bool) {
	if f.cfg.ServedVersion != "" {
		return f.cfg.ServedVersion, true
	}
	for _, v := range apiVersions() {
		if v["handle"] == asked {
			return asked, v["supported"] == true || asked == "unstable"
		}
	}
	if regexp.MustCompile(`^20\d\d-(01|04|07|10)$`).MatchString(asked) && asked < "2026-01" {
		return "2026-01", true
	}
	return "", false
}

func (f *Fake) graphql(w http.ResponseWriter, r *http.Request, version string) {
	served, ok := f.served(version)
	if !ok || r.Method != http.MethodPost {
		plainError(w, http.StatusNotFound, "Not Found")
		return
	}
	w.Header().Set("X-Shopify-API-Version", served)
	grant, status, text := f.authenticate(r)
	if grant == nil {
		plainError(w, status, text)
		return
	}
	body, _ := io.ReadAll(r.Body)
	req, ok := readRequest(r, body)
	if !ok {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":{"query":"Required parameter missing or invalid"}}`)
		return
	}
	out, deprecated := f.execute(req, grant, baseURL(r), r.Header.Get("Shopify-GraphQL-Cost-Debug") != "")
	if deprecated {
		w.Header().Set("X-Shopify-API-Deprecated-Reason", "https://shopify.dev/api/usage/versioning#deprecation-practices")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(appendJSON(nil, out))
}

// baseURL is where the caller reached the fake, so that links lead back to it.
func baseURL(r *http.Request) string {
	scheme := "https"
	if r.TLS == nil && !strings.HasSuffix(hostOf(r), ".myshopify.com") {
		scheme = "http"
	}
	return scheme + "://" + r.Host
}

// execute runs a GraphQL request and returns the answer's body.
func (f *Fake) execute(req graphqlRequest, grant *token, base string, debug bool) (*object, bool) {
	d := f.docs.get(req.Query)
	if len(d.errs) > 0 {
		f.stats.Invalid++
		return answer(d.errs, nil, false, nil), false
	}
	op := req.pick(d.query)
	if op == nil {
		return answer([]*gqlError{{message: "An operation name is required"}}, nil, false, nil), false
	}
	for _, name := range rootNames(op) {
		f.calls[name]++
	}
	for _, what := range d.deprecated {
		f.used[what]++
	}
	vars, errs := coerceVariables(op, req.Variables)
	if len(errs) > 0 {
		f.stats.Invalid++
		return answer(errs, nil, false, nil), false
	}
	x := &run{Fake: f, op: op, doc: d.query, vars: vars, grant: grant, base: base}
	if e := x.arraysTooLong(); e != nil {
		f.stats.Invalid++
		return answer([]*gqlError{e}, nil, false, nil), false
	}
	requested := x.requestedCost()
	f.bucket.refill(f.at)
	if requested > maxQueryCost {
		f.stats.TooDear++
		return answer([]*gqlError{tooDear(requested)}, nil, false, f.bucket.costJSON(requested, nil)), false
	}
	if requested > f.bucket.level {
		f.stats.Throttled++
		e := &gqlError{message: "Throttled", code: "THROTTLED", ext: map[string]any{"documentation": "https://shopify.dev/api/usage/rate-limits"}}
		return answer([]*gqlError{e}, nil, false, f.bucket.costJSON(requested, nil)), false
	}
	f.bucket.level -= requested
	data, actual := x.root()
	actual = min(actual, requested)
	f.bucket.level += requested - actual
	f.stats.Requested += requested
	f.stats.Spent += actual
	ext := f.bucket.costJSON(requested, actual)
	if debug {
		ext["cost"].(map[string]any)["fields"] = x.costByField()
	}
	if len(x.search) > 0 {
		ext["search"] = x.search
	}
	return answer(x.errs, data, true, ext), len(d.deprecated) > 0
}

// answer puts a body together, in the order the real one has.
func answer(errs []*gqlError, data *object, ran bool, ext map[string]any) *object {
	o := &object{}
	if len(errs) > 0 {
		list := make([]any, len(errs))
		for i, e := range errs {
			list[i] = e.json()
		}
		o.set("errors", list)
	}
	if ran {
		if data == nil {
			o.set("data", nil)
		} else {
			o.set("data", data)
		}
	}
	if ext != nil {
		o.set("extensions", ext)
	}
	return o
}
