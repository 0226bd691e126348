package spectest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Spec is a marketplace's published contract for a group of operations.
type Spec struct {
	Doc    *openapi3.T
	router routers.Router
	server *url.URL // of the published address, whose host requests are looked up by
}

// load reads a contract from a file and patches it in memory. Every patch
// should say in its comment which wrong answer of the validator it cures.
func load(file string, patches ...func(*openapi3.T)) (*Spec, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("spectest: %s: %w", file, err)
	}
	for _, patch := range patches {
		patch(doc)
	}
	if len(doc.Servers) == 0 {
		return nil, fmt.Errorf("spectest: %s names no server", file)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("spectest: %s: %w", file, err)
	}
	return &Spec{Doc: doc, router: router, server: hostOf(doc.Servers[0].URL)}, nil
}

// hostOf returns the scheme and host of a server's address, whose path may hold
// variables and so be no URL.
func hostOf(address string) *url.URL {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host}
}

// opName names an operation of the contract, as a Recorder reports it.
func opName(method string, route *routers.Route) string {
	base := ""
	if route.Server != nil {
		_, rest, _ := strings.Cut(route.Server.URL, "://")
		_, p, found := strings.Cut(rest, "/")
		if found {
			base = "/" + p
		}
	}
	return method + " " + strings.TrimSuffix(base, "/") + route.Path
}

// Exchange is a request and its answer, as a Recorder saw them.
type Exchange struct {
	Op       string
	Route    *routers.Route // nil where no contract has the operation
	Request  *http.Request
	Sent     []byte // the request's body
	Response *http.Response
	Body     []byte // the answer's
	// Refused says that the request is not to be judged, since its answer did.
	Refused bool

	cut bool // the answer broke off
}

// DeclaredQuery returns the query parameters that the contract names for the
// exchange's operation.
func (ex *Exchange) DeclaredQuery() map[string]bool {
	out := map[string]bool{}
	for _, list := range []openapi3.Parameters{ex.Route.PathItem.Parameters, ex.Route.Operation.Parameters} {
		for _, p := range list {
			if p.Value != nil && p.Value.In == openapi3.ParameterInQuery {
				out[p.Value.Name] = true
			}
		}
	}
	return out
}

// Own is an operation with no published contract here, held to an assert of
// our own instead.
type Own struct {
	Method string
	Path   string // as path.Match wants it
	Check  func(*Exchange) error
}

// A Recorder is a RoundTripper that holds every exchange to the contract and
// remembers what it saw. It is safe for concurrent use once it is set up.
type Recorder struct {
	Base  http.RoundTripper
	Specs []*Spec
	Own   []Own
	// Assert, if set, checks what the contract's schemas are silent about. It
	// sees every exchange of an operation in Specs.
	Assert func(*Exchange) error
	// RefusalsJudgeRequests leaves a request that was answered with a 4xx
	// unchecked: tests of a server send wrong requests on purpose. Tests of a
	// client leave it false.
	RefusalsJudgeRequests bool
	// Provoked, if set, matches the problems that tests bring about on purpose:
	// they are none.
	Provoked *regexp.Regexp

	mu       sync.Mutex
	ops      map[string]*Tally
	problems []string
}

// Tally counts an operation's exchanges.
type Tally struct {
	Seen      int
	Validated int // both request and answer, against a contract or an own assert
}

// RoundTrip sends the request through Base and validates what passed.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	ex, err := pass(r.Base, req)
	if ex.Response == nil || ex.cut {
		r.note(r.name(ex.Request), false)
	} else {
		r.judge(ex)
	}
	return ex.Response, err
}

// pass sends a request through base and reads both bodies. The answer can be
// read again, and ends as it ended here.
func pass(base http.RoundTripper, req *http.Request) (*Exchange, error) {
	ex := &Exchange{Request: req}
	if req.Body != nil {
		var err error
		ex.Sent, err = io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return ex, err
		}
		ex.Request = req.Clone(req.Context())
		ex.Request.Body = io.NopCloser(bytes.NewReader(ex.Sent))
	}
	resp, err := base.RoundTrip(ex.Request)
	if err != nil {
		return ex, err
	}
	body, readErr := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	var again io.Reader = bytes.NewReader(body)
	if readErr != nil {
		again = io.MultiReader(again, failingReader{readErr})
	}
	resp.Body = io.NopCloser(again)
	ex.Response, ex.Body, ex.cut = resp, body, readErr != nil
	return ex, nil
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// find looks a request up in the contracts, whatever host it was sent to.
func (r *Recorder) find(req *http.Request) (*routers.Route, map[string]string, *http.Request) {
	for _, s := range r.Specs {
		like := req.Clone(context.WithoutCancel(req.Context()))
		like.URL.Scheme, like.URL.Host, like.Host = s.server.Scheme, s.server.Host, s.server.Host
		if route, vars, err := s.router.FindRoute(like); err == nil {
			return route, vars, like
		}
	}
	return nil, nil, nil
}

func (r *Recorder) own(req *http.Request) *Own {
	for i, o := range r.Own {
		if hit, err := path.Match(o.Path, req.URL.Path); err == nil && hit && o.Method == req.Method {
			return &r.Own[i]
		}
	}
	return nil
}

func (r *Recorder) name(req *http.Request) string {
	if route, _, _ := r.find(req); route != nil {
		return opName(req.Method, route)
	}
	if o := r.own(req); o != nil {
		return o.Method + " " + o.Path
	}
	return req.Method + " " + req.URL.Path
}

func (r *Recorder) judge(ex *Exchange) {
	route, vars, like := r.find(ex.Request)
	if route == nil {
		o := r.own(ex.Request)
		if o == nil {
			r.note(ex.Request.Method+" "+ex.Request.URL.Path, false)
			return
		}
		ex.Op = o.Method + " " + o.Path
		r.note(ex.Op, true, o.Check(ex))
		return
	}
	ex.Op, ex.Route = opName(ex.Request.Method, route), route
	in := &openapi3filter.RequestValidationInput{
		Request: like, PathParams: vars, Route: route, QueryParams: like.URL.Query(),
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true, SkipSettingDefaults: true,
		},
	}
	like.Body = io.NopCloser(bytes.NewReader(ex.Sent))
	var errs []error
	ex.Refused = r.RefusalsJudgeRequests && ex.Response.StatusCode/100 == 4
	if !ex.Refused {
		if err := openapi3filter.ValidateRequest(like.Context(), in); err != nil {
			errs = append(errs, fmt.Errorf("request: %w", err))
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: ex.Response.StatusCode, Header: ex.Response.Header, Options: in.Options,
	}
	out.SetBodyBytes(ex.Body)
	if err := openapi3filter.ValidateResponse(like.Context(), out); err != nil {
		errs = append(errs, fmt.Errorf("answer %d: %w", ex.Response.StatusCode, err))
	}
	if r.Assert != nil {
		errs = append(errs, r.Assert(ex))
	}
	r.note(ex.Op, true, errs...)
}

func (r *Recorder) note(op string, validated bool, errs ...error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ops == nil {
		r.ops = map[string]*Tally{}
	}
	t := r.ops[op]
	if t == nil {
		t = &Tally{}
		r.ops[op] = t
	}
	t.Seen++
	if validated {
		t.Validated++
	}
	if err := errors.Join(errs...); err != nil {
		if p := op + ": " + err.Error(); r.Provoked == nil || !r.Provoked.MatchString(p) {
			r.problems = append(r.problems, p)
		}
	}
}

// Ops returns what was seen, by operation.
func (r *Recorder) Ops() map[string]Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]Tally{}
	for op, t := range r.ops {
		out[op] = *t
	}
	return out
}

// Problems returns what did not hold, in order.
func (r *Recorder) Problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.problems)
}

// Unvalidated returns the operations that were seen and never validated: those
// without a contract or an own assert, and those whose answers all got lost.
func (r *Recorder) Unvalidated() []string {
	ops := r.Ops()
	var out []string
	for _, op := range slices.Sorted(maps.Keys(ops)) {
		if ops[op].Validated == 0 {
			out = append(out, op)
		}
	}
	return out
}

// maxReported bounds how much of one problem a test prints: validators quote
// schemas and values whole.
const maxReported = 2000

// Report fails the test for every problem and for every operation that was
// never validated.
func (r *Recorder) Report(tb testing.TB) {
	tb.Helper()
	r.reportProblems(tb)
	for _, op := range r.Unvalidated() {
		tb.Errorf("%s: never validated", op)
	}
}

func (r *Recorder) reportProblems(tb testing.TB) {
	tb.Helper()
	seen := map[string]int{}
	for _, p := range r.Problems() {
		if len(p) > maxReported {
			p = p[:maxReported] + " …"
		}
		if seen[p]++; seen[p] == 1 {
			tb.Error(p)
		}
	}
}

// EachSchema calls visit once for every schema of a document, nested ones
// too.
func EachSchema(doc *openapi3.T, visit func(*openapi3.Schema)) {
	w := schemaWalk{visit: visit, seen: map[*openapi3.Schema]bool{}}
	if doc.Components != nil {
		for _, ref := range doc.Components.Schemas {
			w.ref(ref)
		}
		for _, p := range doc.Components.Parameters {
			w.parameter(p)
		}
		for _, b := range doc.Components.RequestBodies {
			w.content(b.Value.Content)
		}
		for _, resp := range doc.Components.Responses {
			w.content(resp.Value.Content)
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, p := range item.Parameters {
			w.parameter(p)
		}
		for _, op := range item.Operations() {
			for _, p := range op.Parameters {
				w.parameter(p)
			}
			if op.RequestBody != nil {
				w.content(op.RequestBody.Value.Content)
			}
			for _, resp := range op.Responses.Map() {
				w.content(resp.Value.Content)
			}
		}
	}
}

type schemaWalk struct {
	visit func(*openapi3.Schema)
	seen  map[*openapi3.Schema]bool
}

func (w *schemaWalk) parameter(p *openapi3.ParameterRef) {
	if p.Value != nil {
		w.ref(p.Value.Schema)
	}
}

func (w *schemaWalk) content(c openapi3.Content) {
	for _, mt := range c {
		w.ref(mt.Schema)
	}
}

func (w *schemaWalk) ref(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || w.seen[ref.Value] {
		return
	}
	s := ref.Value
	w.seen[s] = true
	w.visit(s)
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, sub := range list {
			w.ref(sub)
		}
	}
	for _, sub := range s.Properties {
		w.ref(sub)
	}
	w.ref(s.Items)
	w.ref(s.Not)
	w.ref(s.AdditionalProperties.Schema)
}
