package spectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// BigCommerce returns a recorder that holds exchanges with BigCommerce to its
// published contract, and to asserts of our own where the contract is silent.
// The request's host does not matter.
func BigCommerce(tb testing.TB, base http.RoundTripper) *Recorder {
	tb.Helper()
	Dir(tb) // skips where there is no contract
	specs, err := bigCommerceSpecs()
	if err != nil {
		tb.Fatal(err)
	}
	return &Recorder{Base: base, Specs: specs, Assert: assertBigCommerce, Own: []Own{
		{http.MethodGet, "/stores/*/v3/settings/inventory", checkInventorySettings},
		{http.MethodPost, "/oauth2/token", checkOAuthToken},
	}}
}

// bigCommerceSpecs loads the contracts once; they are large.
var bigCommerceSpecs = sync.OnceValues(func() ([]*Spec, error) {
	root, err := shared()
	if err != nil {
		return nil, err
	}
	var specs []*Spec
	for _, s := range []struct {
		file    string
		patches []func(*openapi3.T)
	}{
		{"orders.v2.oas2.yml", []func(*openapi3.T){overlappingOneOf, openOrderLines, legacyConsignments, sortDirections}},
		{"orders.v3.yml", []func(*openapi3.T){emptyNoContent}},
		{"inventory.v3.yml", []func(*openapi3.T){idLists, nullableExtensions, nullSKUIDs, overlappingIdentities}},
		{"locations.v3.yml", []func(*openapi3.T){idLists}},
		{"product-variants_catalog.v3.yml", []func(*openapi3.T){nullableExtensions}},
		{"products_catalog.v3.yml", []func(*openapi3.T){nullableExtensions, nullProductIDs}},
		{"webhooks.v3.yml", []func(*openapi3.T){emptyHookLists}},
		{"store_information.v2.yml", nil},
	} {
		spec, err := load(root+"/specs/bigcommerce/"+s.file, append(s.patches, describe)...)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
})

// describe fills in what a document must have to be one.
func describe(doc *openapi3.T) {
	if doc.Info.Version == "" {
		doc.Info.Version = "x"
	}
	if doc.Info.License != nil && doc.Info.License.Name == "" {
		doc.Info.License.Name = "x"
	}
}

// overlappingOneOf turns oneOf into anyOf: the alternatives of an order's
// consignments, fees and line items are objects without required fields, so a
// value matches several, and a plain link fails.
func overlappingOneOf(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) {
		s.AnyOf, s.OneOf = append(s.AnyOf, s.OneOf...), nil
	})
}

// openOrderLines lets order lines have fields that the contract does not name,
// as real ones do; clients must ignore them.
func openOrderLines(doc *openapi3.T) {
	doc.Components.Schemas["orderProducts"].Value.AdditionalProperties = openapi3.AdditionalProperties{}
}

// legacyConsignments allows the array form that orders have without
// consignment_structure, which the contract's prose mentions.
func legacyConsignments(doc *openapi3.T) {
	s := doc.Components.Schemas["order_RespOnly"].Value.Properties["consignments"].Value
	list := openapi3.NewArraySchema()
	list.Items = doc.Components.Schemas["orderConsignment_Get"]
	s.AnyOf = append(s.AnyOf, openapi3.NewSchemaRef("", list))
}

// sortDirections allows sort=…:asc and sort=…:desc, which the prose does and
// the enumeration does not.
func sortDirections(doc *openapi3.T) {
	s := doc.Components.Parameters["sort"].Value.Schema.Value
	for _, v := range slices.Clone(s.Enum) {
		s.Enum = append(s.Enum, fmt.Sprint(v)+":asc", fmt.Sprint(v)+":desc")
	}
}

// idLists makes filters by several ids strings: the contract has integers
// there and describes them as separated by commas.
func idLists(doc *openapi3.T) {
	for _, p := range doc.Components.Parameters {
		if strings.HasSuffix(p.Value.Name, ":in") {
			p.Value.Schema = openapi3.NewSchemaRef("", openapi3.NewStringSchema())
		}
	}
}

// nullableExtensions heeds x-nullable, which the validator does not know.
func nullableExtensions(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) {
		if null, _ := s.Extensions["x-nullable"].(bool); null {
			s.Nullable = true
		}
	})
}

// nullSKUIDs allows the null that the description of sku_id promises for base
// variants.
func nullSKUIDs(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) {
		if id := s.Properties["sku_id"]; id != nil {
			id.Value.Nullable = true
		}
	})
}

// overlappingIdentities turns the oneOf of a settings request's identity into
// anyOf: its alternatives require nothing, so each identity matches all.
func overlappingIdentities(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) {
		if id := s.Properties["identity"]; id != nil {
			id.Value.AnyOf, id.Value.OneOf = append(id.Value.AnyOf, id.Value.OneOf...), nil
		}
	})
}

// nullProductIDs allows null for the option set and base variant that a
// product does not have.
func nullProductIDs(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) {
		for _, name := range []string{"option_set_id", "base_variant_id"} {
			if id := s.Properties[name]; id != nil {
				id.Value.Nullable = true
			}
		}
	})
}

// emptyNoContent takes the body off 204 answers, which cannot have one.
func emptyNoContent(doc *openapi3.T) {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if resp := op.Responses.Value("204"); resp != nil {
				resp.Value.Content = nil
			}
		}
	}
}

// emptyHookLists allows a client without hooks.
func emptyHookLists(doc *openapi3.T) {
	EachSchema(doc, func(s *openapi3.Schema) { s.MinItems = 0 })
}

// assertBigCommerce checks what the schemas are silent about.
func assertBigCommerce(ex *Exchange) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	status := ex.Response.StatusCode
	op := strings.Replace(ex.Op, "/stores/{store_hash}", "", 1)
	if !ex.Refused {
		for name := range ex.Request.URL.Query() {
			if !ex.DeclaredQuery()[name] {
				fail("the contract has no query parameter %q", name)
			}
		}
		errs = append(errs, bigCommerceLimit(ex, op), bigCommerceWrite(ex, op))
		if ex.Request.Header.Get("X-Auth-Token") == "" {
			fail("no X-Auth-Token")
		}
	}
	v2 := strings.Contains(op, " /v2/")
	switch {
	case status == http.StatusNoContent:
		if len(ex.Body) > 0 {
			fail("204 with a body")
		}
	case status >= 500 || status == http.StatusTooManyRequests: // any shape, or none
	case status >= 400:
		errs = append(errs, bigCommerceError(ex, op, v2))
	case v2:
		errs = append(errs, bigCommerceV2(ex))
	}
	if status/100 == 2 {
		for _, name := range []string{"Time-Window-Ms", "Time-Reset-Ms", "Requests-Quota", "Requests-Left"} {
			if _, err := strconv.Atoi(ex.Response.Header.Get("X-Rate-Limit-" + name)); err != nil {
				fail("X-Rate-Limit-%s: %w", name, err)
			}
		}
	}
	return errors.Join(errs...)
}

// bigCommerceLimit checks the limit parameter and the length of bare arrays.
func bigCommerceLimit(ex *Exchange, op string) error {
	most := 250
	if strings.Contains(op, "/v3/inventory/") {
		most = 1000
	}
	limit := 50
	if s := ex.Request.URL.Query().Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > most {
			return fmt.Errorf("limit %q, want 1 to %d", s, most)
		}
		limit = n
	}
	var rows []json.RawMessage
	if ex.Response.StatusCode == http.StatusOK && json.Unmarshal(ex.Body, &rows) == nil &&
		ex.DeclaredQuery()["limit"] && len(rows) > limit {
		return fmt.Errorf("%d rows on a page of %d", len(rows), limit)
	}
	return nil
}

// bigCommerceWrite checks the bodies of writes that the schemas let pass.
func bigCommerceWrite(ex *Exchange, op string) error {
	type object = map[string]json.RawMessage
	switch op {
	case "PUT /v3/inventory/adjustments/absolute", "POST /v3/inventory/adjustments/relative":
		var body struct {
			Items []struct{ Quantity json.Number }
		}
		if err := json.Unmarshal(ex.Sent, &body); err != nil {
			return err
		}
		if n := len(body.Items); n < 1 || n > 2000 {
			return fmt.Errorf("%d items, want 1 to 2000", n)
		}
		for i, it := range body.Items {
			if n, err := it.Quantity.Int64(); err != nil || n < 0 && strings.HasPrefix(op, "PUT") || n > 1<<31-1 {
				return fmt.Errorf("item %d: quantity %s", i, it.Quantity)
			}
		}
	case "POST /v2/orders/{order_id}/shipments":
		var body object
		var items []object
		if err := json.Unmarshal(ex.Sent, &body); err != nil {
			return err
		}
		if body["order_address_id"] == nil || json.Unmarshal(body["items"], &items) != nil || len(items) == 0 {
			return errors.New("a shipment needs order_address_id and items")
		}
		for i, it := range items {
			if len(it) != 2 || it["order_product_id"] == nil || it["quantity"] == nil {
				return fmt.Errorf("item %d: want order_product_id and quantity alone", i)
			}
		}
	case "PUT /v2/orders/{order_id}/shipments/{shipment_id}":
		var body object
		if err := json.Unmarshal(ex.Sent, &body); err != nil {
			return err
		}
		if body["items"] != nil {
			return errors.New("items cannot be written to an existing shipment")
		}
	}
	return nil
}

// bigCommerceError checks the two shapes of errors, and the batch form.
func bigCommerceError(ex *Exchange, op string, v2 bool) error {
	status := ex.Response.StatusCode
	if v2 && status != http.StatusUnauthorized {
		var list []struct {
			Status  int
			Message string
		}
		if err := json.Unmarshal(ex.Body, &list); err != nil || len(list) == 0 || list[0].Status == 0 || list[0].Message == "" {
			return fmt.Errorf("error %d is no V2 error: %s", status, ex.Body)
		}
		return nil
	}
	var e struct {
		Status int
		Title  string
		Type   string
		Batch  []json.RawMessage `json:"batch_errors"`
	}
	if err := json.Unmarshal(ex.Body, &e); err != nil || len(e.Batch) == 0 && (e.Status != status || e.Title == "" || e.Type == "") {
		return fmt.Errorf("error %d is no V3 error: %s", status, ex.Body)
	}
	ctype := ex.Response.Header.Get("Content-Type")
	if strings.Contains(op, "/v3/inventory/") && status == http.StatusUnprocessableEntity && ctype != "application/problem+json" {
		return fmt.Errorf("error %d has content type %q", status, ctype)
	}
	return nil
}

var (
	v2Money     = regexp.MustCompile(`^-?\d+(\.\d{1,4})?$`)
	v2MoneyKeys = regexp.MustCompile(`_(ex_tax|inc_tax|tax)$|^(discount|refunded|store_credit|gift_certificate)_amount$|^coupon_discount$|^base_.*(cost|price|total)$`)
	v2DateKeys  = regexp.MustCompile(`^date_`)
)

// bigCommerceV2 checks the dates and the money of a V2 answer.
func bigCommerceV2(ex *Exchange) error {
	if len(ex.Body) == 0 {
		return fmt.Errorf("%d without a body", ex.Response.StatusCode)
	}
	dec := json.NewDecoder(bytes.NewReader(ex.Body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return eachField(v, func(key string, v any) error {
		s, isString := v.(string)
		switch {
		case isString && v2DateKeys.MatchString(key) && key != "date_format":
			if _, err := time.Parse(time.RFC1123Z, s); err != nil && s != "" {
				return fmt.Errorf("%s: %q is no RFC 2822 date", key, s)
			}
		case v2MoneyKeys.MatchString(key):
			if n, isNumber := v.(json.Number); isNumber {
				s = n.String()
			}
			if !v2Money.MatchString(s) {
				return fmt.Errorf("%s: %v is no amount of money", key, v)
			}
		}
		return nil
	})
}

// eachField visits the scalar fields of a JSON value.
func eachField(v any, visit func(key string, v any) error) error {
	var errs []error
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			errs = append(errs, eachField(e, visit))
		}
	case map[string]any:
		for k, e := range x {
			switch e.(type) {
			case string, json.Number:
				errs = append(errs, visit(k, e))
			default:
				errs = append(errs, eachField(e, visit))
			}
		}
	}
	return errors.Join(errs...)
}

// checkInventorySettings holds GET /v3/settings/inventory, whose contract is
// not among the published files here, to what the marketplace's pages say of
// it.
func checkInventorySettings(ex *Exchange) error {
	if ex.Request.Header.Get("X-Auth-Token") == "" {
		return errors.New("no X-Auth-Token")
	}
	if ex.Response.StatusCode != http.StatusOK {
		return nil
	}
	var body struct {
		Data struct {
			When   string `json:"update_stock_behavior"`
			Edit   *bool  `json:"edit_order_stock_adjustment"`
			Refund *bool  `json:"refund_order_stock_adjustment"`
		} `json:"data"`
		Meta *struct{} `json:"meta"`
	}
	if err := json.Unmarshal(ex.Body, &body); err != nil {
		return err
	}
	if !slices.Contains([]string{"order_placed", "order_completed_or_shipped"}, body.Data.When) ||
		body.Data.Edit == nil || body.Data.Refund == nil || body.Meta == nil {
		return fmt.Errorf("no inventory settings: %s", ex.Body)
	}
	return nil
}

// checkOAuthToken holds the token endpoint to the marketplace's pages: every
// value of the callback is sent back, and what comes has no expiry.
func checkOAuthToken(ex *Exchange) error {
	if ex.Response.StatusCode != http.StatusOK {
		return nil
	}
	var sent map[string]string
	if err := json.Unmarshal(ex.Sent, &sent); err != nil {
		return err
	}
	for _, k := range []string{"client_id", "client_secret", "code", "context", "scope", "grant_type", "redirect_uri"} {
		if sent[k] == "" {
			return fmt.Errorf("request without %s", k)
		}
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(ex.Body, &got); err != nil {
		return err
	}
	for _, k := range []string{"access_token", "scope", "user", "owner", "context", "account_uuid"} {
		if got[k] == nil {
			return fmt.Errorf("answer without %s", k)
		}
	}
	for _, k := range []string{"expires_in", "token_type", "refresh_token"} {
		if got[k] != nil {
			return fmt.Errorf("answer with %s", k)
		}
	}
	return nil
}
