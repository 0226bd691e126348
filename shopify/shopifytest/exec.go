package shopifytest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// run is the execution of one operation. It holds the fake's lock throughout:
// an operation sees one moment and takes effect at one moment.
type run struct {
	*Fake
	op    *ast.OperationDefinition
	doc   *ast.QueryDocument
	vars  map[string]any
	grant *token
	base  string // scheme and host the caller used
	// bulk lifts paging: connections return every node.
	bulk bool

	errs     []*gqlError
	key      string // idempotency key of the mutation under way
	search   []any  // warnings about search queries, for extensions
	path     []any
	fieldNow *ast.Field
	merged   map[mergeKey][]group
}

// mergeKey names a group by where its list of fields lies: two groups may
// begin with the same field of a shared fragment and differ after it.
type mergeKey struct {
	fields **ast.Field
	typ    string
}

// A group is the fields of one response key, merged.
type group struct {
	key    string
	fields []*ast.Field
}

// collect merges the selections that apply to an object of the given type.
func (x *run) collect(sets []ast.SelectionSet, typ *ast.Definition) []group {
	var groups []group
	at := map[string]int{}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !x.included(s.Directives) {
					continue
				}
				i, ok := at[s.Alias]
				if !ok {
					i = len(groups)
					at[s.Alias] = i
					groups = append(groups, group{key: s.Alias})
				}
				groups[i].fields = append(groups[i].fields, s)
			case *ast.InlineFragment:
				if x.included(s.Directives) && applies(typ, s.TypeCondition) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if x.included(s.Directives) && applies(typ, s.Definition.TypeCondition) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return groups
}

// selections is collect for a group's own fields, remembered for the run.
func (x *run) selections(fields []*ast.Field, typ *ast.Definition) []group {
	key := mergeKey{fields: &fields[0], typ: typ.Name}
	if g, ok := x.merged[key]; ok {
		return g
	}
	sets := make([]ast.SelectionSet, len(fields))
	for i, f := range fields {
		sets[i] = f.SelectionSet
	}
	g := x.collect(sets, typ)
	if x.merged == nil {
		x.merged = map[mergeKey][]group{}
	}
	x.merged[key] = g
	return g
}

func applies(typ *ast.Definition, condition string) bool {
	if condition == "" || condition == typ.Name || slices.Contains(typ.Interfaces, condition) {
		return true
	}
	c := schema().Types[condition]
	return c != nil && c.Kind == ast.Union && slices.Contains(c.Types, typ.Name)
}

func (x *run) included(ds ast.DirectiveList) bool {
	for _, d := range ds {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		v, _ := literal(d.Arguments.ForName("if").Value, ast.NonNullNamedType("Boolean", nil), x.vars, nil).(bool)
		if v == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// root runs the operation's root fields, one after the other. A nil object
// means that a null travelled all the way up.
func (x *run) root() (*object, float64) {
	def := schema().Query
	if x.op.Operation == ast.Mutation {
		def = schema().Mutation
	}
	out, cost, ok := x.objectValue(x.collect([]ast.SelectionSet{x.op.SelectionSet}, def), def, rootObject{})
	if !ok {
		return nil, cost
	}
	return out, cost
}

// rootObject stands for the query and mutation roots.
type rootObject struct{}

func (x *run) objectValue(groups []group, def *ast.Definition, obj any) (*object, float64, bool) {
	out := &object{keys: make([]string, 0, len(groups)), vals: make([]any, 0, len(groups))}
	var total float64
	for _, g := range groups {
		x.path = append(x.path, g.key)
		v, cost, ok := x.fieldValue(g, def, obj)
		x.path = x.path[:len(x.path)-1]
		total += cost
		if !ok {
			return nil, total, false
		}
		out.set(g.key, v)
	}
	return out, total, true
}

func (x *run) fieldValue(g group, parent *ast.Definition, obj any) (any, float64, bool) {
	f := g.fields[0]
	if f.Name == "__typename" {
		return parent.Name, 0, true
	}
	if strings.HasPrefix(f.Name, "__") {
		x.fail(f, failf("undefinedField", "the fake serves part of the schema and no introspection of it"))
		return nil, 0, true
	}
	typ := f.Definition.Type
	base := schema().Types[baseName(typ)]
	x.fieldNow = f
	val, err := x.resolve(f, parent, base, obj)
	if err != nil {
		x.fail(f, err)
		return nil, ownCost(parent, f, base), !typ.NonNull
	}
	if c, isConn := val.(*conn); isConn {
		v, cost, ok := x.connValue(g, c, base)
		return v, cost, ok || !typ.NonNull
	}
	v, cost, ok := x.complete(g, typ, base, val)
	return v, cost + ownCost(parent, f, base), ok
}

// resolve judges access, evaluates arguments and calls the field's resolver.
func (x *run) resolve(f *ast.Field, parent, base *ast.Definition, obj any) (any, *gqlError) {
	if err := x.access(parent, f, base); err != nil {
		return nil, err
	}
	if r, ok := obj.(rec); ok {
		v, there := r[f.Name]
		if t := f.Definition.Type; !there && t.NonNull && t.Elem != nil {
			return []rec{}, nil
		}
		return v, nil
	}
	fn := resolvers()[parent.Name][f.Name]
	if fn == nil {
		panic(fmt.Sprintf("shopifytest: no resolver for %s.%s", parent.Name, f.Name))
	}
	a, err := arguments(f, x.vars)
	if err != nil {
		return nil, err
	}
	val := fn(x, obj, a)
	if e, bad := val.(*gqlError); bad {
		if e == nil {
			return nil, nil
		}
		copied := *e
		return nil, &copied
	}
	return val, nil
}

func (x *run) fail(f *ast.Field, e *gqlError) {
	if e.path == nil {
		e.path = slices.Clone(x.path)
	}
	if e.line == 0 {
		e.line, e.column = f.Position.Line, f.Position.Column
	}
	x.errs = append(x.errs, e)
}

// complete shapes a resolved value to its type. ok is false when a null must
// travel up to the nearest field that may be null.
func (x *run) complete(g group, typ *ast.Type, base *ast.Definition, val any) (any, float64, bool) {
	if isNil(val) {
		if typ.NonNull && !x.alreadyFailed() {
			x.fail(g.fields[0], failf("INTERNAL_SERVER_ERROR", "the fake has no value for %s, which may not be null", g.fields[0].Name))
		}
		return nil, 0, !typ.NonNull
	}
	if typ.Elem != nil {
		return x.listValue(g, typ, base, val)
	}
	if !isComposite(base) {
		return leaf(val), 0, true
	}
	def := base
	if base.Kind != ast.Object {
		def = schema().Types[concrete(val)]
		if err := x.accessType(g.fields[0], def); err != nil {
			x.fail(g.fields[0], err)
			return nil, 0, !typ.NonNull
		}
	}
	out, cost, ok := x.objectValue(x.selections(g.fields, def), def, val)
	if !ok {
		return nil, cost, !typ.NonNull
	}
	return out, cost, true
}

// alreadyFailed tells whether an error was reported at the present path.
func (x *run) alreadyFailed() bool {
	return len(x.errs) > 0 && slices.Equal(x.errs[len(x.errs)-1].path, x.path)
}

func (x *run) listValue(g group, typ *ast.Type, base *ast.Definition, val any) (any, float64, bool) {
	rv := reflect.ValueOf(val)
	n := rv.Len()
	out := make([]any, n)
	var total float64
	for i := range n {
		x.path = append(x.path, i)
		v, cost, ok := x.complete(g, typ.Elem, base, rv.Index(i).Interface())
		x.path = x.path[:len(x.path)-1]
		total += cost
		if !ok {
			return nil, total, !typ.NonNull
		}
		out[i] = v
	}
	if n > 0 {
		total /= float64(n)
	}
	return out, total, true
}

func isNil(v any) bool {
	if v == nil {
		return true
	}
	rv := reflect.ValueOf(v)
	k := rv.Kind()
	return (k == reflect.Pointer || k == reflect.Map) && rv.IsNil()
}

const timeShape = "2006-01-02T15:04:05Z"

// leaf turns a scalar into what goes on the wire.
func leaf(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC().Format(timeShape)
	case *string:
		return *v
	case *int:
		return *v
	case *bool:
		return *v
	case int64:
		return int(v)
	}
	return v
}
