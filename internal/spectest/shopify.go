package spectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// shopifyMost is the most that one array or one page may hold.
const shopifyMost = 250

var (
	gidShape     = regexp.MustCompile(`^gid://[a-z]+/[A-Za-z]+/[^/\s]+$`)
	decimalShape = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	digits       = regexp.MustCompile(`^\d+$`)
	intShape     = regexp.MustCompile(`^-?\d{1,10}$`)
)

// scalars says how values of the Admin API's scalar types look.
var scalars = map[string]func(any) bool{
	"String":          isText,
	"FormattedString": isText,
	"HTML":            isText,
	"Boolean":         func(v any) bool { _, ok := v.(bool); return ok },
	"Int":             func(v any) bool { n, ok := v.(json.Number); return ok && intShape.MatchString(n.String()) },
	"Float":           func(v any) bool { _, ok := v.(json.Number); return ok },
	"ID":              matches(gidShape),
	"Decimal":         matches(decimalShape),
	"Money":           matches(decimalShape),
	"UnsignedInt64":   matches(digits),
	"URL": func(v any) bool {
		s, ok := v.(string)
		return ok && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://"))
	},
	"DateTime": func(v any) bool {
		s, _ := v.(string)
		_, err := time.Parse(time.RFC3339, s)
		return err == nil && strings.HasSuffix(s, "Z")
	},
}

func isText(v any) bool { _, ok := v.(string); return ok }

func matches(shape *regexp.Regexp) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && shape.MatchString(s)
	}
}

// Shopify returns a recorder that holds exchanges with a shop to the Admin
// API's schema of a version such as 2026-10, and to asserts of our own where
// the schema is silent: required directives and keys, the lengths of arrays
// and pages, the token endpoint and the results of bulk queries. Without the
// schema the test is skipped.
func Shopify(tb testing.TB, version string, base http.RoundTripper) *GraphQL {
	tb.Helper()
	a := ShopifyAdmin(tb, version)
	g := &GraphQL{
		Schema: a.Schema, docs: a.docs,
		Path: "/admin/api/" + version + "/graphql.json",
		// The fake stamps every answer but the ones a fault makes up.
		MadeUp: func(ex *Exchange) bool { return ex.Response.Header.Get("X-Shopify-API-Version") == "" },
	}
	s := &shopify{g: g, bulk: map[string]string{}, results: map[string]string{}}
	g.Recorder = Recorder{Base: base, Own: []Own{
		{http.MethodPost, "/admin/oauth/access_token", checkShopifyToken},
		{http.MethodGet, "/__bulk/*/*", s.checkResult},
	}}
	g.Assert = s.assert
	return g
}

// shopify is what the asserts remember of a shop.
type shopify struct {
	g *GraphQL

	mu      sync.Mutex
	bulk    map[string]string // bulk query by operation id
	results map[string]string // bulk query by the result's address
}

// keyed are the mutations that are refused without @idempotent.
var keyed = []string{
	"inventorySetQuantities", "inventoryAdjustQuantities", "inventoryMoveQuantities", "inventorySetOnHandQuantities", "inventoryActivate",
	"inventoryShipmentCreate", "inventoryShipmentCreateInTransit", "inventoryShipmentAddItems", "inventoryShipmentReceive",
	"inventoryTransferCreate", "inventoryTransferCreateAsReadyToShip", "inventoryTransferDuplicate", "inventoryTransferSetItems",
	"locationActivate", "locationDeactivate", "refundCreate",
}

// assert checks what the schema is silent about.
func (s *shopify) assert(c *GraphCall) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Request.Method != http.MethodPost || c.Request.Header.Get("Content-Type") != "application/json" {
		bad("request: %s of %q", c.Request.Method, c.Request.Header.Get("Content-Type"))
	}
	if c.Request.Header.Get("X-Shopify-Access-Token") == "" {
		bad("request: no token")
	}
	Fields(c.Doc, func(f *ast.Field) {
		d := f.Directives.ForName("idempotent")
		switch needs := f.ObjectDefinition == s.g.Schema.Mutation && slices.Contains(keyed, f.Name); {
		case needs && d == nil:
			bad("request: %s without @idempotent", f.Name)
		case d != nil && strings.TrimSpace(text(c, d.Arguments.ForName("key"))) == "":
			bad("request: %s with an empty key", f.Name)
		}
		for _, arg := range f.Arguments {
			v, err := arg.Value.Value(c.Variables)
			if err != nil {
				continue
			}
			if arg.Name == "first" || arg.Name == "last" {
				if n, ok := number(v); ok && (n < 1 || n > shopifyMost) {
					bad("request: %s(%s: %d)", f.Name, arg.Name, n)
				}
			}
		}
	})
	for name, v := range c.Variables {
		if n := longest(v); n > shopifyMost {
			bad("request: an array of %d in %s", n, name)
		}
	}
	c.Inputs(s.g.Schema, func(typ *ast.Definition, v map[string]any) {
		switch typ.Name {
		case "InventoryQuantityInput", "InventoryChangeInput":
			if _, there := v["changeFromQuantity"]; !there {
				bad("request: %s without changeFromQuantity", typ.Name)
			}
		case "FulfillmentOrderLineItemsInput":
			if lines, _ := v["fulfillmentOrderLineItems"].([]any); len(lines) == 0 {
				bad("request: a fulfilment order without explicit lines is fulfilled whole")
			}
		case "FulfillmentTrackingInput":
			_, one := v["number"]
			_, many := v["numbers"]
			if one && many {
				bad("request: number and numbers exclude each other")
			}
		}
	})
	errs = append(errs, s.remember(c)...)
	errs = append(errs, s.answered(c))
	return errors.Join(errs...)
}

// answered checks the envelope around the data.
func (s *shopify) answered(c *GraphCall) error {
	if c.Response == nil || c.cut || s.g.MadeUp(c.Exchange) {
		return nil
	}
	if c.Response.StatusCode != http.StatusOK {
		var a struct {
			Errors any `json:"errors"`
		}
		if err := json.Unmarshal(c.Body, &a); err != nil || a.Errors == nil {
			return fmt.Errorf("answer %d: no errors inside", c.Response.StatusCode)
		}
		return nil
	}
	cost, _ := c.Extra["cost"].(map[string]any)
	status, _ := cost["throttleStatus"].(map[string]any)
	for _, name := range []string{"maximumAvailable", "currentlyAvailable", "restoreRate"} {
		if _, ok := status[name].(json.Number); !ok {
			return fmt.Errorf("answer: no %s in extensions.cost", name)
		}
	}
	if _, ok := cost["requestedQueryCost"].(json.Number); !ok {
		return errors.New("answer: no requestedQueryCost")
	}
	return nil
}

// remember follows bulk operations, whose queries are documents of their own,
// to the addresses of their results.
func (s *shopify) remember(c *GraphCall) (errs []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, _ := c.Data.(map[string]any)
	for _, sel := range c.Op.SelectionSet {
		f, ok := sel.(*ast.Field)
		if !ok {
			continue
		}
		answer, _ := data[f.Alias].(map[string]any)
		switch f.Name {
		case "bulkOperationRunQuery":
			query := text(c, f.Arguments.ForName("query"))
			if err := s.checkBulk(query); err != nil {
				errs = append(errs, fmt.Errorf("bulk query: %w", err))
			}
			if op, _ := answer["bulkOperation"].(map[string]any); op != nil {
				id, _ := op["id"].(string)
				s.bulk[id] = query
			}
		case "bulkOperation":
			id, _ := answer["id"].(string)
			for _, name := range []string{"url", "partialDataUrl"} {
				if url, _ := answer[name].(string); url != "" {
					s.results[url] = s.bulk[id]
				}
			}
		}
	}
	return errs
}

// checkBulk holds a bulk query to the schema and to the rules of its own.
func (s *shopify) checkBulk(query string) error {
	errs := []error{s.g.Check(query)}
	d := s.g.document(query)
	if d.doc == nil || len(d.errs) > 0 {
		return errors.Join(errs...)
	}
	connections := 0
	Fields(d.doc, func(f *ast.Field) {
		if strings.HasSuffix(f.Definition.Type.Name(), "Connection") {
			connections++
		}
		if f.Name == "nodes" || f.Name == "pageInfo" {
			errs = append(errs, fmt.Errorf("%s: bulk queries ask for edges", f.Name))
		}
	})
	if connections < 1 || connections > 5 || len(query) > 65_535 {
		errs = append(errs, fmt.Errorf("%d connections in %d bytes", connections, len(query)))
	}
	return errors.Join(errs...)
}

// checkResult holds a bulk result to its query, line by line.
func (s *shopify) checkResult(ex *Exchange) error {
	if ex.Request.Header.Get("X-Shopify-Access-Token") != "" {
		return errors.New("request: the token goes to another host")
	}
	if ex.Response.StatusCode != http.StatusOK {
		return nil // a page of the storage's, in no shape of Shopify's
	}
	s.mu.Lock()
	query := s.results[ex.Request.URL.String()]
	s.mu.Unlock()
	if query == "" {
		return errors.New("request: an address that no operation told")
	}
	d := s.g.document(query)
	if d.doc == nil || len(d.errs) > 0 {
		return errors.New("the bulk query does not hold")
	}
	var errs []error
	nodes := s.bulkNodes(d.doc)
	for line := range bytes.Lines(ex.Body) {
		var v map[string]any
		if err := decode(line, &v); err != nil {
			return fmt.Errorf("answer: a line is no JSON: %w", err)
		}
		_, child := v["__parentId"]
		delete(v, "__parentId")
		l, ok := bulkNodeOf(nodes, v, child)
		if !ok {
			errs = append(errs, errors.New("answer: a child nobody asked for"))
			continue
		}
		errs = append(errs, Conforms(s.g.Schema, "line", l.typ, l.set, any(v))...)
		if len(errs) > 10 {
			break
		}
	}
	return errors.Join(errs...)
}

// bulkNode is what the lines of one connection of a bulk query look like.
type bulkNode struct {
	typ   *ast.Definition
	set   ast.SelectionSet
	child bool
}

// bulkNodes takes the connections out of a bulk query, those inside others
// after them.
func (s *shopify) bulkNodes(doc *ast.QueryDocument) (out []bulkNode) {
	var walk func(set ast.SelectionSet, child bool) ast.SelectionSet
	walk = func(set ast.SelectionSet, child bool) ast.SelectionSet {
		conns, rest := without(set)
		for _, conn := range conns {
			node := conn.SelectionSet[0].(*ast.Field).SelectionSet[0].(*ast.Field) // edges, node
			at := len(out)
			out = append(out, bulkNode{})
			out[at] = bulkNode{s.g.Schema.Types[node.Definition.Type.Name()], walk(node.SelectionSet, true), child}
		}
		return rest
	}
	walk(doc.Operations[0].SelectionSet, false)
	return out
}

// bulkNodeOf finds what a line of a result is: by the kind in its id, or the
// only one there is.
func bulkNodeOf(nodes []bulkNode, line map[string]any, child bool) (bulkNode, bool) {
	nodes = slices.DeleteFunc(slices.Clone(nodes), func(n bulkNode) bool { return n.child != child })
	id, _ := line["id"].(string)
	kind, _, _ := strings.Cut(strings.TrimPrefix(id, "gid://shopify/"), "/")
	i := slices.IndexFunc(nodes, func(n bulkNode) bool { return n.typ.Name == kind })
	switch {
	case i >= 0:
		return nodes[i], true
	case len(nodes) == 1:
		return nodes[0], true
	}
	return bulkNode{}, false
}

// without takes the connections out of a selection. An object that held nothing
// else but one stays, with what is left of it.
func without(set ast.SelectionSet) (conns []*ast.Field, rest ast.SelectionSet) {
	for _, sel := range set {
		f, ok := sel.(*ast.Field)
		switch {
		case !ok:
		case strings.HasSuffix(f.Definition.Type.Name(), "Connection"):
			conns = append(conns, f)
			continue
		case len(f.SelectionSet) > 0:
			if inner, left := without(f.SelectionSet); len(inner) > 0 {
				conns = append(conns, inner...)
				own := *f
				own.SelectionSet = left
				sel = &own
			}
		}
		rest = append(rest, sel)
	}
	return conns, rest
}

// checkShopifyToken holds the token endpoint to what is known of it: there is
// no published contract.
func checkShopifyToken(ex *Exchange) error {
	var sent map[string]string
	if err := json.Unmarshal(ex.Sent, &sent); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	wants := map[string][]string{
		"refresh_token":      {"client_id", "client_secret", "grant_type", "refresh_token"},
		"client_credentials": {"client_id", "client_secret", "grant_type"},
	}[sent["grant_type"]]
	if wants == nil {
		return fmt.Errorf("request: grant type %q", sent["grant_type"])
	}
	for _, name := range wants {
		if sent[name] == "" {
			return fmt.Errorf("request: no %s", name)
		}
	}
	if len(sent) != len(wants) {
		return fmt.Errorf("request: %d fields, want %d", len(sent), len(wants))
	}
	if ex.Request.Header.Get("X-Shopify-Access-Token") != "" {
		return errors.New("request: a token for the token endpoint")
	}
	if ex.Response.StatusCode != http.StatusOK {
		return nil // an OAuth error, a page of a gateway's, or the test's own
	}
	var got struct {
		Access  string `json:"access_token"`
		Scope   string `json:"scope"`
		Expires int    `json:"expires_in"`
		Refresh string `json:"refresh_token"`
		Until   int    `json:"refresh_token_expires_in"`
	}
	if err := json.Unmarshal(ex.Body, &got); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if got.Access == "" || got.Scope == "" {
		return errors.New("answer: no access_token or scope")
	}
	if refresh := sent["grant_type"] == "refresh_token"; refresh != (got.Refresh != "") || refresh && got.Until == 0 {
		return errors.New("answer: the refresh token does not go with the grant")
	}
	return nil
}

// text is an argument's string.
func text(c *GraphCall, a *ast.Argument) string {
	if a == nil {
		return ""
	}
	v, _ := a.Value.Value(c.Variables)
	s, _ := v.(string)
	return s
}

func number(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case int64:
		return v, true
	}
	return 0, false
}

// longest is the length of the longest array in v.
func longest(v any) (n int) {
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, e := range v {
			n = max(n, longest(e))
		}
	case map[string]any:
		for _, e := range v {
			n = max(n, longest(e))
		}
	}
	return n
}
