package spectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// GraphQL is a Recorder for an API that serves one schema at one path: every
// operation, its variables and the data of its answer are held to the schema.
// Operations go by their names.
type GraphQL struct {
	Recorder // its Own are the requests to other paths

	Schema *ast.Schema
	Path   string // of the endpoint, as path.Match wants it
	// Assert checks what the schema is silent about.
	Assert func(*GraphCall) error
	// MadeUp, if set, tells the answers that are the test's own, not the
	// server's: they are not judged, the requests are.
	MadeUp func(*Exchange) bool

	docs *graphDocs // shared by the recorders of one schema
}

// graphDocs are the queries read so far, by their text.
type graphDocs struct {
	mu sync.Mutex
	by map[string]*graphDoc
}

// GraphCall is one operation and its answer.
type GraphCall struct {
	*Exchange

	Op        *ast.OperationDefinition
	Doc       *ast.QueryDocument
	Variables map[string]any // as sent
	Data      any            // nil where the answer has none, or is not to be judged
	Errors    []GraphError
	Extra     map[string]any // extensions
}

// GraphError is an entry of an answer's errors.
type GraphError struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// graphDoc is a query that was read and held to the schema once.
type graphDoc struct {
	doc  *ast.QueryDocument
	errs []error
}

// RoundTrip sends the request through Base and validates what passed.
func (g *GraphQL) RoundTrip(req *http.Request) (*http.Response, error) {
	ex, err := pass(g.Base, req)
	whole := ex.Response != nil && !ex.cut
	hit, _ := path.Match(g.Path, ex.Request.URL.Path)
	switch {
	case hit:
		g.judgeGraph(ex, whole)
	case whole:
		g.judge(ex)
	default:
		g.note(g.name(ex.Request), false)
	}
	return ex.Response, err
}

func (g *GraphQL) judgeGraph(ex *Exchange, whole bool) {
	var sent struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
		Name      string         `json:"operationName"`
	}
	if err := decode(ex.Sent, &sent); err != nil {
		g.note("no operation", true, fmt.Errorf("request: %w", err))
		return
	}
	d := g.document(sent.Query)
	if d.doc == nil || len(d.doc.Operations) == 0 {
		g.note("no operation", true, d.errs...)
		return
	}
	op := d.doc.Operations[0]
	if sent.Name != "" {
		op = d.doc.Operations.ForName(sent.Name)
	}
	if op == nil || op.Name == "" {
		g.note("no operation", true, fmt.Errorf("no operation of the name %q", sent.Name))
		return
	}
	ex.Op = op.Name
	call := &GraphCall{Exchange: ex, Op: op, Doc: d.doc, Variables: sent.Variables}
	errs := slices.Clone(d.errs)
	if len(errs) == 0 {
		errs = append(errs, g.variables(call)...)
	}
	judged := whole && (g.MadeUp == nil || !g.MadeUp(ex))
	if judged && len(errs) == 0 {
		errs = append(errs, g.answer(call)...)
	}
	if g.Assert != nil && len(errs) == 0 {
		errs = append(errs, g.Assert(call))
	}
	g.note(ex.Op, judged, errs...)
}

// decode reads one JSON value, numbers as they stand.
func decode(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(v)
}

// document reads a query and holds it to the schema, once for each text.
// Whatever is deprecated counts as a fault.
func (g *GraphQL) document(query string) *graphDoc {
	g.docs.mu.Lock()
	defer g.docs.mu.Unlock()
	if d := g.docs.by[query]; d != nil {
		return d
	}
	d := &graphDoc{}
	g.docs.by[query] = d
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		d.errs = []error{fmt.Errorf("query: %w", err)}
		return d
	}
	d.doc = doc
	for _, err := range validator.ValidateWithRules(g.Schema, doc, nil) {
		d.errs = append(d.errs, fmt.Errorf("query: %w", err))
	}
	if len(d.errs) == 0 {
		d.errs = deprecatedIn(doc)
	}
	return d
}

// Check holds a query to the schema.
func (g *GraphQL) Check(query string) error { return errors.Join(g.document(query).errs...) }

// deprecatedIn lists the deprecated fields, arguments and values of a query.
func deprecatedIn(doc *ast.QueryDocument) (errs []error) {
	Fields(doc, func(f *ast.Field) {
		if f.Definition == nil {
			return
		}
		if f.Definition.Directives.ForName("deprecated") != nil {
			errs = append(errs, fmt.Errorf("%s.%s is deprecated", f.ObjectDefinition.Name, f.Name))
		}
		for _, a := range f.Arguments {
			def := f.Definition.Arguments.ForName(a.Name)
			if def != nil && def.Directives.ForName("deprecated") != nil {
				errs = append(errs, fmt.Errorf("%s.%s(%s:) is deprecated", f.ObjectDefinition.Name, f.Name, a.Name))
			}
			errs = append(errs, deprecatedValue(a.Value)...)
		}
	})
	return errs
}

// deprecatedValue looks at a value that is written in a query.
func deprecatedValue(v *ast.Value) (errs []error) {
	if v == nil || v.Definition == nil {
		return nil
	}
	if v.Kind == ast.EnumValue {
		if e := v.Definition.EnumValues.ForName(v.Raw); e != nil && e.Directives.ForName("deprecated") != nil {
			errs = append(errs, fmt.Errorf("%s.%s is deprecated", v.Definition.Name, v.Raw))
		}
	}
	for _, c := range v.Children {
		if f := v.Definition.Fields.ForName(c.Name); f != nil && f.Directives.ForName("deprecated") != nil {
			errs = append(errs, fmt.Errorf("%s.%s is deprecated", v.Definition.Name, c.Name))
		}
		errs = append(errs, deprecatedValue(c.Value)...)
	}
	return errs
}

// Fields calls visit once for every field a document asks for.
func Fields(doc *ast.QueryDocument, visit func(*ast.Field)) {
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				visit(s)
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
}

// variables holds what was sent to the types the operation declares.
func (g *GraphQL) variables(c *GraphCall) (errs []error) {
	// VariableValues wants plain numbers, and changes what it is given.
	var own map[string]any
	b, err := json.Marshal(c.Variables)
	if err == nil {
		err = json.Unmarshal(b, &own)
	}
	if err == nil {
		_, err = validator.VariableValues(g.Schema, c.Op, own)
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("variables: %w", err))
	}
	for name := range c.Variables {
		if c.Op.VariableDefinitions.ForName(name) == nil {
			errs = append(errs, fmt.Errorf("variables: %s is not declared", name))
		}
	}
	c.Inputs(g.Schema, func(typ *ast.Definition, v map[string]any) {
		for name := range v {
			if f := typ.Fields.ForName(name); f != nil && f.Directives.ForName("deprecated") != nil {
				errs = append(errs, fmt.Errorf("variables: %s.%s is deprecated", typ.Name, name))
			}
		}
	})
	return errs
}

// Inputs calls visit for every input object among the variables.
func (c *GraphCall) Inputs(s *ast.Schema, visit func(typ *ast.Definition, v map[string]any)) {
	var walk func(*ast.Type, any)
	walk = func(t *ast.Type, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				if t.Elem != nil {
					walk(t.Elem, e)
				}
			}
		case map[string]any:
			def := s.Types[t.Name()]
			if def == nil || def.Kind != ast.InputObject {
				return
			}
			visit(def, v)
			for name, e := range v {
				if f := def.Fields.ForName(name); f != nil {
					walk(f.Type, e)
				}
			}
		}
	}
	for _, d := range c.Op.VariableDefinitions {
		walk(d.Type, c.Variables[d.Variable])
	}
}

// answer holds an answer to what was asked. An answer without data says why.
func (g *GraphQL) answer(c *GraphCall) []error {
	if c.Response.StatusCode != http.StatusOK {
		return nil // no GraphQL: the caller's assert has it
	}
	var a struct {
		Data       any            `json:"data"`
		Errors     []GraphError   `json:"errors"`
		Extensions map[string]any `json:"extensions"`
	}
	if err := decode(c.Body, &a); err != nil {
		return []error{fmt.Errorf("answer: %w", err)}
	}
	c.Data, c.Errors, c.Extra = a.Data, a.Errors, a.Extensions
	var errs []error
	for i, e := range a.Errors {
		if e.Message == "" {
			errs = append(errs, fmt.Errorf("answer: error %d says nothing", i))
		}
	}
	switch {
	case a.Data != nil:
		root := g.Schema.Query
		if c.Op.Operation == ast.Mutation {
			root = g.Schema.Mutation
		}
		errs = append(errs, Conforms(g.Schema, "data", root, c.Op.SelectionSet, a.Data)...)
	case len(a.Errors) == 0:
		errs = append(errs, errors.New("answer: neither data nor errors"))
	}
	return errs
}

// Conforms compares a value with what was asked for of a type, and returns
// what differs.
func Conforms(s *ast.Schema, at string, def *ast.Definition, set ast.SelectionSet, v any) []error {
	c := conformity{s: s}
	c.object(at, def, []ast.SelectionSet{set}, v)
	return c.errs
}

type conformity struct {
	s    *ast.Schema
	errs []error
}

func (c *conformity) add(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("answer: "+format, args...))
}

// object compares an object with the selections that ask for it.
func (c *conformity) object(at string, def *ast.Definition, sets []ast.SelectionSet, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		c.add("%s: %T where an object of %s belongs", at, v, def.Name)
		return
	}
	if def.Kind == ast.Object {
		c.fields(at, def, sets, m)
		return
	}
	// Of an interface or a union: the type is told, or else it must fit one.
	candidates := c.s.GetPossibleTypes(def)
	if name := typeOf(m); name != "" {
		i := slices.IndexFunc(candidates, func(d *ast.Definition) bool { return d.Name == name })
		if i < 0 {
			c.add("%s: a %s is no %s", at, name, def.Name)
			return
		}
		c.fields(at, candidates[i], sets, m)
		return
	}
	var least []error
	for i, d := range candidates {
		try := conformity{s: c.s}
		try.fields(at, d, sets, m)
		if i == 0 || len(try.errs) < len(least) {
			least = try.errs
		}
		if len(least) == 0 {
			return
		}
	}
	c.errs = append(c.errs, least...)
}

// typeOf is the type an object tells: by __typename, or by a global id.
func typeOf(m map[string]any) string {
	if name, ok := m["__typename"].(string); ok {
		return name
	}
	id, _ := m["id"].(string)
	rest, ok := strings.CutPrefix(id, "gid://")
	if !ok {
		return ""
	}
	if parts := strings.Split(rest, "/"); len(parts) == 3 {
		return parts[1]
	}
	return ""
}

// fields compares an object of a known type.
func (c *conformity) fields(at string, def *ast.Definition, sets []ast.SelectionSet, m map[string]any) {
	asked := map[string][]*ast.Field{}
	var order []string
	for _, set := range sets {
		c.collect(def, set, func(f *ast.Field) {
			if asked[f.Alias] == nil {
				order = append(order, f.Alias)
			}
			asked[f.Alias] = append(asked[f.Alias], f)
		})
	}
	for key := range m {
		if asked[key] == nil {
			c.add("%s: a %s was not asked for %s", at, def.Name, key)
		}
	}
	for _, key := range order {
		f := asked[key][0]
		v, there := m[key]
		if !there {
			c.add("%s.%s is missing", at, key)
			continue
		}
		if f.Name == "__typename" {
			continue
		}
		d := def.Fields.ForName(f.Name)
		if d == nil {
			c.add("%s: %s has no field %s", at, def.Name, f.Name)
			continue
		}
		inner := make([]ast.SelectionSet, len(asked[key]))
		for i, f := range asked[key] {
			inner[i] = f.SelectionSet
		}
		c.value(at+"."+key, d.Type, inner, v)
	}
}

// collect calls add for the fields that a selection asks of a type.
func (c *conformity) collect(def *ast.Definition, set ast.SelectionSet, add func(*ast.Field)) {
	applies := func(cond string) bool {
		if cond == "" || cond == def.Name {
			return true
		}
		return slices.ContainsFunc(c.s.GetPossibleTypes(c.s.Types[cond]), func(d *ast.Definition) bool { return d.Name == def.Name })
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			add(s)
		case *ast.InlineFragment:
			if applies(s.TypeCondition) {
				c.collect(def, s.SelectionSet, add)
			}
		case *ast.FragmentSpread:
			if applies(s.Definition.TypeCondition) {
				c.collect(def, s.Definition.SelectionSet, add)
			}
		}
	}
}

func (c *conformity) value(at string, t *ast.Type, sets []ast.SelectionSet, v any) {
	if v == nil {
		if t.NonNull {
			c.add("%s is null and must not be", at)
		}
		return
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			c.add("%s: %T where a list belongs", at, v)
			return
		}
		for i, e := range list {
			c.value(fmt.Sprintf("%s.%d", at, i), t.Elem, sets, e)
		}
		return
	}
	def := c.s.Types[t.NamedType]
	switch def.Kind {
	case ast.Object, ast.Interface, ast.Union:
		c.object(at, def, sets, v)
	case ast.Enum:
		if s, ok := v.(string); !ok || def.EnumValues.ForName(s) == nil {
			c.add("%s: %v is no %s", at, v, def.Name)
		}
	default:
		if check := scalars[t.NamedType]; check == nil {
			c.add("%s: nobody knows how a %s looks", at, t.NamedType)
		} else if !check(v) {
			b, _ := json.Marshal(v)
			c.add("%s: %s is no %s", at, b, t.NamedType)
		}
	}
}
