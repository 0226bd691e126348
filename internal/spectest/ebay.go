package spectest

import (
	"bytes"
	"embed"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// eBayOverlays say what the specifications leave out; see overlay.
//
//go:embed testdata/ebay/*.json
var eBayOverlays embed.FS

// overlay is what our files under testdata/ebay add to a specification, which
// asserts next to nothing: it names no required field, no value of an
// enumeration and no shape of an error.
type overlay struct {
	File       string                                 `json:"file"`
	Required   map[string][]string                    `json:"required"`   // by schema
	Enums      map[string][]any                       `json:"enums"`      // by schema.property
	Patterns   map[string]string                      `json:"patterns"`   // by schema.property
	Minimums   map[string]float64                     `json:"minimums"`   // by schema.property
	MaxItems   map[string]uint64                      `json:"maxItems"`   // by schema.property
	Properties map[string]map[string]*openapi3.Schema `json:"properties"` // that exist and are not named
	Schemas    map[string]*openapi3.Schema            `json:"schemas"`    // instead of those that are wrong, by schema or schema.property
	Empty      []string                               `json:"empty"`      // answers without a body, by operation and status
	Multi      []string                               `json:"multi"`      // operations whose 207 is shaped as their 200
	Also       []string                               `json:"also"`       // answers that are shaped as the 200 or as errors
}

// EBay returns a recorder that holds exchanges with eBay's Sell APIs to its
// published specifications, with our overlay and no field beyond them, and the
// Trading API, which has none here, to asserts of our own. The request's host
// does not matter.
func EBay(tb testing.TB, base http.RoundTripper) *Recorder {
	tb.Helper()
	Dir(tb) // skips where there is no contract
	specs, err := eBaySpecs()
	if err != nil {
		tb.Fatal(err)
	}
	return &Recorder{Base: base, Specs: specs, Assert: assertEBay, Own: []Own{
		{http.MethodPost, "/identity/v1/oauth2/token", checkEBayToken},
		{http.MethodPost, "/ws/api.dll", checkTrading},
	}}
}

// eBaySpecs loads the specifications once; they are large.
var eBaySpecs = sync.OnceValues(func() ([]*Spec, error) {
	root, err := shared()
	if err != nil {
		return nil, err
	}
	files, err := eBayOverlays.ReadDir("testdata/ebay")
	if err != nil {
		return nil, err
	}
	var specs []*Spec
	for _, file := range files {
		var o overlay
		raw, err := eBayOverlays.ReadFile("testdata/ebay/" + file.Name())
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, fmt.Errorf("spectest: %s: %w", file.Name(), err)
		}
		var wrong error
		spec, err := load(filepath.Join(root, "specs", "ebay", o.File), plainServer, func(doc *openapi3.T) { wrong = o.lay(doc) }, closedObjects)
		if err := errors.Join(wrong, err); err != nil {
			return nil, fmt.Errorf("spectest: %s: %w", file.Name(), err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
})

// plainServer fills the variable of the server's address in: routers do not
// find a request where the base path is one.
func plainServer(doc *openapi3.T) {
	for _, s := range doc.Servers {
		for name, v := range s.Variables {
			s.URL = strings.ReplaceAll(s.URL, "{"+name+"}", v.Default)
		}
		s.Variables = nil
	}
}

// lay puts the overlay on a specification. A name that the specification does
// not have is an error.
func (o *overlay) lay(doc *openapi3.T) error {
	var errs []error
	schema := func(name string) *openapi3.Schema {
		ref := doc.Components.Schemas[name]
		if ref == nil {
			errs = append(errs, fmt.Errorf("no schema %s", name))
			return &openapi3.Schema{}
		}
		return ref.Value
	}
	property := func(name string) *openapi3.Schema {
		owner, field, _ := strings.Cut(name, ".")
		ref := schema(owner).Properties[field]
		if ref == nil {
			errs = append(errs, fmt.Errorf("no property %s", name))
			return &openapi3.Schema{}
		}
		return ref.Value
	}
	for name, fields := range o.Properties {
		for field, s := range fields {
			schema(name).Properties[field] = openapi3.NewSchemaRef("", s)
		}
	}
	for name, s := range o.Schemas {
		if strings.Contains(name, ".") {
			*property(name) = *s
			continue
		}
		*schema(name) = *s
	}
	for name, fields := range o.Required {
		schema(name).Required = fields
		for _, f := range fields {
			property(name + "." + f)
		}
	}
	for name, values := range o.Enums {
		property(name).Enum = values
	}
	for name, p := range o.Patterns {
		property(name).Pattern = p
	}
	for name, n := range o.Minimums {
		property(name).Min = &n
	}
	for name, n := range o.MaxItems {
		property(name).MaxItems = &n
	}
	return errors.Join(append(errs, o.layAnswers(doc))...)
}

// layAnswers gives every operation its errors, and bodies to the answers that
// have one.
func (o *overlay) layAnswers(doc *openapi3.T) error {
	refusal := errorList(doc)
	left := slices.Concat(o.Empty, o.Multi, o.Also)
	done := func(name string) bool {
		i := slices.Index(left, name)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status, resp := range op.Responses.Map() {
				name := op.OperationID + " " + status
				switch {
				case done(name) && slices.Contains(o.Empty, name):
					resp.Value.Content = nil
				case slices.Contains(o.Also, name):
					either := openapi3.NewSchema()
					either.AnyOf = openapi3.SchemaRefs{op.Responses.Value("200").Value.Content.Get("application/json").Schema, refusal}
					resp.Value.Content = openapi3.NewContentWithJSONSchema(either)
				case status == "207" && done(op.OperationID):
					resp.Value.Content = op.Responses.Value("200").Value.Content
				case status[0] >= '4' && len(resp.Value.Content) == 0:
					resp.Value.Content = openapi3.NewContentWithJSONSchemaRef(refusal)
				}
			}
			text := "error"
			op.Responses.Set("default", &openapi3.ResponseRef{Value: &openapi3.Response{
				Description: &text, Content: openapi3.NewContentWithJSONSchemaRef(refusal),
			}})
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("no answers %v", left)
	}
	return nil
}

// errorList is the shape of a refusal, which only its parts have a schema for.
func errorList(doc *openapi3.T) *openapi3.SchemaRef {
	one := doc.Components.Schemas["Error"]
	one.Value.Required = []string{"errorId", "domain", "category", "message"}
	one.Value.Properties["category"].Value.Enum = []any{"REQUEST", "BUSINESS", "APPLICATION"}
	list := openapi3.NewArraySchema().WithMinItems(1)
	list.Items = one
	s := openapi3.NewObjectSchema().WithProperty("errors", list)
	s.Properties["warnings"] = openapi3.NewSchemaRef("", list)
	s.Required = []string{"errors"}
	return openapi3.NewSchemaRef("", s)
}

// assertEBay checks what the schemas are silent about.
func assertEBay(ex *Exchange) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	status, h, sent := ex.Response.StatusCode, ex.Response.Header, ex.Request.Header
	op := ex.Route.Operation.OperationID
	if !ex.Refused {
		for name, values := range ex.Request.URL.Query() {
			if !ex.DeclaredQuery()[name] || len(values) > 1 {
				fail("query parameter %q is unknown or repeated", name)
			}
		}
		if !strings.HasPrefix(sent.Get("Authorization"), "Bearer ") {
			fail("no bearer token")
		}
		if strings.Contains(ex.Op, "/sell/inventory/") && (sent.Get("Accept-Language") == "" || sent.Get("Accept-Language") == "*") {
			fail("no Accept-Language")
		}
		errs = append(errs, eBayRequest(ex, op))
	}
	if h.Get("Content-Length") != "" && h.Get("Content-Length") != strconv.Itoa(len(ex.Body)) {
		fail("Content-Length %s of %d bytes", h.Get("Content-Length"), len(ex.Body))
	}
	switch {
	case status == http.StatusNoContent && len(ex.Body) > 0:
		fail("204 with a body")
	case (status == http.StatusAccepted || op == "createShippingFulfillment" && status == http.StatusCreated) &&
		(h.Get("Location") == "" || len(ex.Body) > 0):
		fail("%d with Location %q and a body of %d bytes", status, h.Get("Location"), len(ex.Body))
	case op == "getResultFile" && status == http.StatusOK && !strings.Contains(h.Get("Content-Disposition"), "filename="):
		fail("a file without a name")
	}
	return errors.Join(errs...)
}

// eBayRequest checks the rules that stand in descriptions.
func eBayRequest(ex *Exchange, op string) error {
	q := ex.Request.URL.Query()
	within := func(name string, least, most int) error {
		if n, err := strconv.Atoi(q.Get(name)); q.Has(name) && (err != nil || n < least || n > most) {
			return fmt.Errorf("%s %q, want %d to %d", name, q.Get(name), least, most)
		}
		return nil
	}
	switch op {
	case "getOrders":
		return errors.Join(within("limit", 1, 200), within("offset", 0, 1<<31-1))
	case "getInventoryItems":
		return errors.Join(within("limit", 1, 200), within("offset", 0, 1<<31-1))
	case "createShippingFulfillment":
		var body map[string]any
		if err := json.Unmarshal(ex.Sent, &body); err != nil {
			return err
		}
		_, carrier := body["shippingCarrierCode"]
		if _, number := body["trackingNumber"]; carrier != number {
			return errors.New("shippingCarrierCode and trackingNumber need each other")
		}
	case "createTask", "createInventoryTask":
		if ex.Request.Header.Get("X-EBAY-C-MARKETPLACE-ID") == "" {
			return errors.New("no X-EBAY-C-MARKETPLACE-ID")
		}
	}
	return nil
}

// checkEBayToken holds the token endpoint to the vendor's pages.
func checkEBayToken(ex *Exchange) error {
	var body struct {
		AccessToken string            `json:"access_token"`
		TokenType   string            `json:"token_type"`
		ExpiresIn   int               `json:"expires_in"`
		Error       string            `json:"error"`
		Errors      []json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(ex.Body, &body); err != nil {
		return err
	}
	if ex.Response.StatusCode != http.StatusOK {
		known := []string{
			"invalid_grant", "invalid_request", "invalid_scope", "invalid_client", "unauthorized_client", "unsupported_grant_type", "server_error",
		}
		if !slices.Contains(known, body.Error) && len(body.Errors) == 0 {
			return fmt.Errorf("%d is no OAuth error: %s", ex.Response.StatusCode, ex.Body)
		}
		return nil
	}
	if _, _, basic := ex.Request.BasicAuth(); !basic || ex.Request.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return errors.New("no Basic credentials, or no form")
	}
	if body.AccessToken == "" || !strings.HasSuffix(body.TokenType, " Access Token") || body.ExpiresIn < 1 {
		return errors.New("no token")
	}
	return nil
}

const tradingSpace = "urn:ebay:apis:eBLBaseComponents"

// checkTrading holds a Trading call to the vendor's pages: its headers, the root
// of both documents and the head of the answer.
func checkTrading(ex *Exchange) error {
	h := ex.Request.Header
	call := h.Get("X-EBAY-API-CALL-NAME")
	if ex.Response.StatusCode != http.StatusOK {
		return nil // the gateway's
	}
	var out struct {
		XMLName   xml.Name
		Timestamp string
		Ack       string
		Version   string
		Build     string
		Errors    []struct{ ShortMessage, LongMessage, ErrorCode, SeverityCode, ErrorClassification string }
	}
	if err := xml.Unmarshal(ex.Body, &out); err != nil {
		return err
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if out.XMLName.Space != tradingSpace || out.XMLName.Local != call+"Response" && out.XMLName.Local != "ErrorResponse" {
		fail("answer is %s", out.XMLName)
	}
	if out.Timestamp == "" || out.Version == "" || out.Build == "" {
		fail("answer without Timestamp, Version or Build")
	}
	failed := false
	for _, e := range out.Errors {
		failed = failed || e.SeverityCode == "Error"
		if e.ShortMessage == "" || e.ErrorCode == "" || e.SeverityCode == "" || e.ErrorClassification == "" {
			fail("an error without a part: %+v", e)
		}
	}
	switch out.Ack {
	case "Success":
		if len(out.Errors) > 0 {
			fail("Success with errors")
		}
	case "Warning":
		if failed || len(out.Errors) == 0 {
			fail("Warning with errors, or without any")
		}
	case "Failure", "PartialFailure":
		if !failed {
			fail("%s without an error", out.Ack)
		}
	default:
		fail("Ack %q", out.Ack)
	}
	if out.Ack != "Failure" {
		for _, name := range []string{"X-EBAY-API-CALL-NAME", "X-EBAY-API-SITEID", "X-EBAY-API-COMPATIBILITY-LEVEL", "X-EBAY-API-IAF-TOKEN"} {
			if h.Get(name) == "" {
				fail("no %s", name)
			}
		}
		if root, err := rootOf(ex.Sent); err != nil || root.Space != tradingSpace || root.Local != call+"Request" {
			fail("request is %s: %w", root, err)
		}
	}
	return errors.Join(errs...)
}

// rootOf returns the name of a document's root.
func rootOf(doc []byte) (xml.Name, error) {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return xml.Name{}, errors.New("no root")
		}
		if err != nil {
			return xml.Name{}, err
		}
		if start, isStart := tok.(xml.StartElement); isStart {
			return start.Name, nil
		}
	}
}
