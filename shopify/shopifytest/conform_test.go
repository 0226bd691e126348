package shopifytest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// conforms validates an operation against a schema and an answer's data against
// the operation.
func conforms(t *testing.T, s *ast.Schema, name, query string, r *reply) {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if errs := validator.ValidateWithRules(s, doc, nil); len(errs) > 0 {
		t.Errorf("%s does not fit the schema: %v", name, errs)
		return
	}
	op := doc.Operations[0]
	root := s.Query
	if op.Operation == ast.Mutation {
		root = s.Mutation
	}
	c := conformity{t: t, s: s, name: name}
	c.object(name, op.SelectionSet, root, r.Data)
}

type conformity struct {
	t    *testing.T
	s    *ast.Schema
	name string
	old  bool // deprecated fields are welcome
}

func (c conformity) object(path string, set ast.SelectionSet, def *ast.Definition, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		c.t.Errorf("%s: %T where an object of %s belongs", path, v, def.Name)
		return
	}
	seen := map[string]bool{}
	c.fields(path, set, def, m, seen)
	for k := range m {
		if !seen[k] && def.Kind == ast.Object {
			c.t.Errorf("%s: %s was not asked for", path, k)
		}
	}
}

func (c conformity) fields(path string, set ast.SelectionSet, def *ast.Definition, m map[string]any, seen map[string]bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			seen[s.Alias] = true
			if s.Name == "__typename" {
				continue
			}
			f := def.Fields.ForName(s.Name)
			if f == nil {
				continue // on another branch of an interface
			}
			if !c.old && f.Directives.ForName("deprecated") != nil {
				c.t.Errorf("%s.%s is deprecated", def.Name, s.Name)
			}
			v, there := m[s.Alias]
			if !there {
				c.t.Errorf("%s.%s is missing", path, s.Alias)
				continue
			}
			c.value(path+"."+s.Alias, s, f.Type, v)
		case *ast.InlineFragment:
			c.branch(path, s.SelectionSet, s.TypeCondition, def, m, seen)
		case *ast.FragmentSpread:
			c.branch(path, s.Definition.SelectionSet, s.Definition.TypeCondition, def, m, seen)
		}
	}
}

// branch checks a fragment: on an interface its fields are there or not.
func (c conformity) branch(path string, set ast.SelectionSet, cond string, def *ast.Definition, m map[string]any, seen map[string]bool) {
	if cond == "" || cond == def.Name {
		c.fields(path, set, def, m, seen)
		return
	}
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok {
			seen[f.Alias] = true
			if on, ok := m["__typename"].(string); ok && on != cond {
				continue
			}
			if v, there := m[f.Alias]; there && f.Name != "__typename" {
				fd := c.s.Types[cond].Fields.ForName(f.Name)
				c.value(path+"."+f.Alias, f, fd.Type, v)
			}
		}
	}
}

func (c conformity) value(path string, f *ast.Field, typ *ast.Type, v any) {
	if v == nil {
		if typ.NonNull {
			c.t.Errorf("%s is null and must not be", path)
		}
		return
	}
	if typ.Elem != nil {
		l, ok := v.([]any)
		if !ok {
			c.t.Errorf("%s: %T where a list belongs", path, v)
			return
		}
		for i, e := range l {
			c.value(fmt.Sprintf("%s.%d", path, i), f, typ.Elem, e)
		}
		return
	}
	def := c.s.Types[typ.NamedType]
	switch def.Kind {
	case ast.Object, ast.Interface, ast.Union:
		c.object(path, f.SelectionSet, def, v)
	case ast.Enum:
		if s, ok := v.(string); !ok || def.EnumValues.ForName(s) == nil {
			c.t.Errorf("%s: %v is no %s", path, v, def.Name)
		}
	default:
		c.scalar(path, typ.NamedType, v)
	}
}

var decimalShape = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

func (c conformity) scalar(path, name string, v any) {
	s, isString := v.(string)
	n, isNumber := v.(float64)
	_, isBool := v.(bool)
	ok := isString
	switch name {
	case "Int":
		ok = isNumber && n == float64(int32(n))
	case "Float":
		ok = isNumber
	case "Boolean":
		ok = isBool
	case "ID":
		ok = isString && gidShape.MatchString(s)
	case "Decimal", "Money":
		ok = isString && decimalShape.MatchString(s)
	case "UnsignedInt64":
		ok = isString && decimalShape.MatchString(s) && !strings.ContainsAny(s, ".-")
	case "DateTime":
		_, err := time.Parse(timeShape, s)
		ok = err == nil
	case "URL":
		ok = strings.HasPrefix(s, "http")
	}
	if !ok {
		b, _ := json.Marshal(v)
		c.t.Errorf("%s: %s is no %s", path, b, name)
	}
}
