package spectest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// amazonModels are the files of the operations that the project speaks.
var amazonModels = []string{
	"orders_2026-01-01.json", "ordersV0.json", "listingsItems_2021-08-01.json", "feeds_2021-06-30.json", "reports_2021-06-30.json",
	"fbaInventory.json", "sellers.json", "notifications.json", "tokens_2021-03-01.json",
}

// Amazon returns a recorder that holds exchanges with Amazon's Selling Partner
// API to its published models, with no field beyond them, and to asserts of our
// own where the models are silent. The request's host does not matter.
func Amazon(tb testing.TB, base http.RoundTripper) *Recorder {
	tb.Helper()
	Dir(tb) // skips where there is no contract
	specs, err := amazonSpecs()
	if err != nil {
		tb.Fatal(err)
	}
	return &Recorder{Base: base, Specs: specs, Assert: assertAmazon, Own: []Own{
		{http.MethodPost, "/auth/o2/token", checkAmazonToken},
		{http.MethodPut, "/documents/*", checkAmazonUpload},
		{http.MethodGet, "/documents/*", checkAmazonDownload},
	}}
}

// amazonSpecs loads the models once; they are large.
var amazonSpecs = sync.OnceValues(func() ([]*Spec, error) {
	root, err := shared()
	if err != nil {
		return nil, err
	}
	var specs []*Spec
	for _, file := range amazonModels {
		spec, err := loadSwagger(filepath.Join(root, "specs", "amazon", file), commaLists, closedObjects)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
})

// loadSwagger is load for a Swagger 2.0 file.
func loadSwagger(file string, patches ...func(*openapi3.T)) (*Spec, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	var old openapi2.T
	if err := json.Unmarshal(raw, &old); err != nil {
		return nil, fmt.Errorf("spectest: %s: %w", file, err)
	}
	doc, err := openapi2conv.ToV3(&old)
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
	server, err := doc.Servers[0].BasePath()
	if err != nil || server != "/" {
		return nil, fmt.Errorf("spectest: %s: base path %q: %w", file, server, err)
	}
	return &Spec{Doc: doc, router: router, server: hostOf(doc.Servers[0].URL)}, nil
}

// commaLists gives query arrays the form they have in the models: one value
// with commas. The conversion drops collectionFormat, and the default of the
// newer format repeats the key.
func commaLists(doc *openapi3.T) {
	one := func(p *openapi3.ParameterRef) {
		if v := p.Value; v != nil && v.In == openapi3.ParameterInQuery && v.Schema.Value.Type.Is("array") {
			v.Style, v.Explode = "form", new(bool)
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, p := range item.Parameters {
			one(p)
		}
		for _, op := range item.Operations() {
			for _, p := range op.Parameters {
				one(p)
			}
		}
	}
}

// closedObjects allows no property that a model does not name. Objects that
// name none, such as a listing's attributes, stay open, and so do the parts of
// an allOf, which each name some.
func closedObjects(doc *openapi3.T) {
	parts := map[*openapi3.Schema]bool{}
	EachSchema(doc, func(s *openapi3.Schema) {
		for _, part := range s.AllOf {
			parts[part.Value] = true
		}
	})
	EachSchema(doc, func(s *openapi3.Schema) {
		if len(s.Properties) > 0 && !parts[s] {
			s.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
		}
	})
}

// assertAmazon checks what the models' schemas are silent about.
func assertAmazon(ex *Exchange) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	status, h := ex.Response.StatusCode, ex.Response.Header
	if !ex.Refused {
		for name, values := range ex.Request.URL.Query() {
			if !ex.DeclaredQuery()[name] {
				fail("the model has no query parameter %q", name)
			}
			if len(values) > 1 {
				fail("query parameter %q %d times: arrays are one value with commas", name, len(values))
			}
		}
		if agent := ex.Request.Header.Get("User-Agent"); len(agent) > 500 || !strings.Contains(agent, "Language=") {
			fail("User-Agent %q has no Language, or more than 500 characters", agent)
		}
		if ex.Request.Header.Get("x-amz-access-token") == "" {
			fail("no x-amz-access-token")
		}
		if ex.Request.Method == http.MethodGet && len(ex.Sent) > 0 {
			fail("a GET with a body")
		}
		errs = append(errs, amazonRequest(ex))
	}
	if h.Get("x-amzn-RequestId") == "" {
		fail("answer without x-amzn-RequestId")
	}
	limited := status/100 == 2 || status == http.StatusBadRequest || status == http.StatusNotFound
	if rate := h.Get("x-amzn-RateLimit-Limit"); rate != "" {
		if n, err := strconv.ParseFloat(rate, 64); err != nil || n <= 0 || !limited {
			fail("x-amzn-RateLimit-Limit %q on a %d", rate, status)
		}
	}
	if h.Get("Retry-After") != "" {
		fail("Retry-After is not documented")
	}
	if ex.Route.Operation.Responses.Status(status) == nil {
		fail("the model has no status %d", status)
	}
	if status >= 400 {
		errs = append(errs, amazonError(ex.Body))
	}
	return errors.Join(errs...)
}

// amazonError checks the one shape of errors.
func amazonError(body []byte) error {
	var e struct {
		Errors []struct{ Code, Message string }
	}
	if err := json.Unmarshal(body, &e); err != nil || len(e.Errors) == 0 || e.Errors[0].Code == "" || e.Errors[0].Message == "" {
		return fmt.Errorf("no error list: %s", body)
	}
	return nil
}

var positiveNumber = regexp.MustCompile(`^[1-9][0-9]*$`)

// amazonRequest checks the rules that stand in descriptions.
func amazonRequest(ex *Exchange) error {
	q := ex.Request.URL.Query()
	switch ex.Route.Operation.OperationID {
	case "searchOrders":
		return amazonSearch(ex)
	case "confirmShipment":
		var body struct {
			PackageDetail struct {
				PackageReferenceID string `json:"packageReferenceId"`
				CarrierCode        string `json:"carrierCode"`
				CarrierName        string `json:"carrierName"`
				OrderItems         []any  `json:"orderItems"`
			} `json:"packageDetail"`
		}
		if err := json.Unmarshal(ex.Sent, &body); err != nil {
			return err
		}
		p := body.PackageDetail
		switch {
		case !positiveNumber.MatchString(p.PackageReferenceID):
			return fmt.Errorf("packageReferenceId %q is no positive number", p.PackageReferenceID)
		case p.CarrierCode == "Other" && p.CarrierName == "":
			return errors.New("carrierCode Other without carrierName")
		case len(p.OrderItems) == 0:
			return errors.New("no orderItems")
		}
	case "patchListingsItem":
		var body struct{ Patches []amazonPatch }
		var said struct{ Status string }
		if err := errors.Join(json.Unmarshal(ex.Sent, &body), json.Unmarshal(ex.Body, &said)); err != nil {
			return err
		}
		if said.Status == "INVALID" { // judged
			return nil
		}
		return amazonPatches(body.Patches)
	case "getListingsItem", "searchListingsItems":
		if q.Has("identifiers") != q.Has("identifiersType") {
			return errors.New("identifiers and identifiersType need each other")
		}
	}
	return nil
}

// amazonSearch checks a search's bounds: one family, in order, the upper one at
// least two minutes old when the answer is a success.
func amazonSearch(ex *Exchange) error {
	q := ex.Request.URL.Query()
	if q.Has("createdAfter") == q.Has("lastUpdatedAfter") {
		return errors.New("want exactly one of createdAfter and lastUpdatedAfter")
	}
	if q.Has("createdAfter") && q.Has("lastUpdatedBefore") || q.Has("lastUpdatedAfter") && q.Has("createdBefore") {
		return errors.New("bounds of two families")
	}
	if s := q.Get("maxResultsPerPage"); s != "" {
		if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 100 {
			return fmt.Errorf("maxResultsPerPage %q, want 1 to 100", s)
		}
	}
	if ex.Response.StatusCode != http.StatusOK {
		return nil
	}
	var body struct{ LastUpdatedBefore, CreatedBefore *time.Time }
	if err := json.Unmarshal(ex.Body, &body); err != nil {
		return err
	}
	if (body.LastUpdatedBefore == nil) == q.Has("lastUpdatedAfter") || (body.CreatedBefore == nil) == q.Has("createdAfter") {
		return errors.New("want the upper bound of the family that was asked for, and no other")
	}
	return nil
}

type amazonPatch struct {
	Op, Path string
	Value    []map[string]any
}

// amazonPatches checks what a quantity's attribute needs: its channel.
func amazonPatches(patches []amazonPatch) error {
	for _, p := range patches {
		if p.Path != "/attributes/fulfillment_availability" {
			continue
		}
		for _, v := range p.Value {
			if code, _ := v["fulfillment_channel_code"].(string); code == "" {
				return errors.New("fulfillment_availability without fulfillment_channel_code")
			}
		}
	}
	return nil
}

// checkAmazonToken holds the token endpoint to the vendor's pages.
func checkAmazonToken(ex *Exchange) error {
	var body struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		Error       string `json:"error"`
	}
	if err := json.Unmarshal(ex.Body, &body); err != nil {
		return err
	}
	if ex.Response.StatusCode != http.StatusOK {
		known := []string{
			"access_denied", "invalid_grant", "invalid_request", "invalid_scope", "server_error", "temporarily_unavailable", "unauthorized_client",
			"invalid_client", "unsupported_grant_type",
		}
		if !slices.Contains(known, body.Error) {
			return fmt.Errorf("%d is no OAuth error: %s", ex.Response.StatusCode, ex.Body)
		}
		return nil
	}
	if body.AccessToken == "" || body.TokenType != "bearer" || body.ExpiresIn < 1 {
		return errors.New("no token")
	}
	return nil
}

// checkAmazonUpload holds an upload to a presigned address to what signs it: no
// header of Amazon's, and a document that its schema accepts.
func checkAmazonUpload(ex *Exchange) error {
	for name := range ex.Request.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-") && ex.Response.StatusCode == http.StatusOK {
			return fmt.Errorf("header %s with a presigned address", name)
		}
	}
	if ex.Response.StatusCode != http.StatusOK {
		return amazonXML(ex)
	}
	if !strings.HasPrefix(ex.Request.Header.Get("Content-Type"), "application/json") {
		return nil
	}
	return AmazonFeed(ex.Sent)
}

// checkAmazonDownload holds what a presigned address answers to the schema of
// processing reports, when it is one.
func checkAmazonDownload(ex *Exchange) error {
	if ex.Response.StatusCode != http.StatusOK {
		return amazonXML(ex)
	}
	body, err := inflated(ex.Body)
	if err != nil || len(body) == 0 || body[0] != '{' {
		return err
	}
	return AmazonFeedReport(body)
}

func amazonXML(ex *Exchange) error {
	if s := string(ex.Body); !strings.Contains(s, "<Error>") || !strings.Contains(s, "<Code>") {
		return fmt.Errorf("%d is no storage error: %s", ex.Response.StatusCode, s)
	}
	return nil
}
