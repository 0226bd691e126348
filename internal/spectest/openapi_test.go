package spectest

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const thingsSpec = `openapi: 3.0.0
info: {title: Things, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
paths:
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      parameters:
        - {name: q, in: query, schema: {type: string, enum: [a, b]}}
      responses:
        "200":
          description: a thing
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string}
        parts: {type: array, items: {$ref: "#/components/schemas/Thing"}}
`

func things(t *testing.T, patches ...func(*openapi3.T)) *Spec {
	t.Helper()
	file := filepath.Join(t.TempDir(), "things.yml")
	if err := os.WriteFile(file, []byte(thingsSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := load(file, patches...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answers is a RoundTripper that always answers the same.
type answers struct {
	status int
	body   string
	cut    bool // the body breaks off
	err    error
}

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.cut {
		body = io.MultiReader(body, failingReader{io.ErrUnexpectedEOF})
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: req,
	}, nil
}

func send(t *testing.T, rt http.RoundTripper, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return string(b) + " " + err.Error()
	}
	return string(b)
}

func TestTheRecorderJudgesRequestAndAnswer(t *testing.T) {
	const op = "GET /v1/things/{id}"
	for _, tc := range []struct {
		name, url string
		answer    answers
		lenient   bool
		problem   string // a part of it
		validated int
	}{
		{"both hold", "/things/1?q=a", answers{200, `{"name":"x"}`, false, nil}, false, "", 1},
		{"a wrong request", "/things/1?q=c", answers{200, `{"name":"x"}`, false, nil}, false, "request: ", 1},
		{"a wrong request, refused", "/things/1?q=c", answers{400, ``, false, nil}, false, "request: ", 1},
		{"a wrong request, refused, in a test of the server", "/things/1?q=c", answers{400, ``, false, nil}, true, "", 1},
		{"a wrong request, accepted by the server", "/things/1?q=c", answers{200, `{"name":"x"}`, false, nil}, true, "request: ", 1},
		{"a wrong answer", "/things/1", answers{200, `{"parts":[]}`, false, nil}, false, "answer 200: ", 1},
		{"a wrong part of an answer", "/things/1", answers{200, `{"name":"x","parts":[{}]}`, false, nil}, false, "answer 200: ", 1},
		{"a cut answer", "/things/1", answers{200, `{"na`, true, nil}, false, "", 0},
		{"no answer", "/things/1", answers{err: errors.New("lost")}, false, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &Recorder{Base: tc.answer, Specs: []*Spec{things(t)}, RefusalsJudgeRequests: tc.lenient}
			got := send(t, r, http.MethodGet, "http://127.0.0.1:1/v1"+tc.url, "")
			if !strings.HasPrefix(got, tc.answer.body) {
				t.Errorf("the caller got %q", got)
			}
			problems := strings.Join(r.Problems(), "\n")
			if (problems == "") != (tc.problem == "") || !strings.Contains(problems, tc.problem) {
				t.Errorf("problems %q, want %q", problems, tc.problem)
			}
			if tally := r.Ops()[op]; tally != (Tally{1, tc.validated}) {
				t.Errorf("ops %v", r.Ops())
			}
			if un := r.Unvalidated(); (len(un) == 0) != (tc.validated > 0) {
				t.Errorf("never validated: %v", un)
			}
		})
	}
}

func TestOwnAssertsAndUnknownOperations(t *testing.T) {
	r := &Recorder{
		Base: answers{200, "{}", false, nil}, Specs: []*Spec{things(t)},
		Own: []Own{{http.MethodPost, "/login/*", func(ex *Exchange) error {
			if string(ex.Sent) != "secret" {
				return errors.New("no secret")
			}
			return nil
		}}},
		Assert: func(ex *Exchange) error {
			if !ex.DeclaredQuery()["q"] {
				t.Error("q is declared")
			}
			return errors.New("asserted")
		},
	}
	send(t, r, http.MethodPost, "http://x/login/1", "secret")
	if p := r.Problems(); len(p) != 0 {
		t.Errorf("problems %v", p)
	}
	send(t, r, http.MethodPost, "http://x/login/1", "")
	send(t, r, http.MethodGet, "http://x/v1/things/1", "")
	send(t, r, http.MethodGet, "http://x/v1/others", "")
	send(t, r, http.MethodDelete, "http://x/v1/things/1", "")
	all := strings.Join(r.Problems(), "\n")
	if !strings.Contains(all, "no secret") || !strings.Contains(all, "asserted") {
		t.Errorf("problems %q", all)
	}
	if un := r.Unvalidated(); !slices.Equal(un, []string{"DELETE /v1/things/1", "GET /v1/others"}) {
		t.Errorf("never validated: %v", un)
	}
}

func TestEachSchemaVisitsASchemaOnce(t *testing.T) {
	seen := map[*openapi3.Schema]int{}
	things(t, func(doc *openapi3.T) {
		EachSchema(doc, func(s *openapi3.Schema) { seen[s]++ })
	})
	if len(seen) != 5 { // Thing, name, parts, id, q
		t.Errorf("%d schemas", len(seen))
	}
	for s, n := range seen {
		if n != 1 {
			t.Errorf("%v visited %d times", s.Type, n)
		}
	}
}

func TestBigCommercesContractsLoad(t *testing.T) {
	r := BigCommerce(t, answers{200, "", false, nil})
	if len(r.Specs) != 8 {
		t.Errorf("%d contracts", len(r.Specs))
	}
	for _, s := range r.Specs {
		opts := []openapi3.ValidationOption{openapi3.DisableExamplesValidation()}
		if err := s.Doc.Validate(t.Context(), opts...); err != nil {
			t.Errorf("%s: %v", s.Doc.Info.Title, err)
		}
	}
}
