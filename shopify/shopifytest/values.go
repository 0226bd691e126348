package shopifytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// args are a field's coerced arguments. A key that is absent was not given; a
// nil value was given as null. The marketplace tells the two apart.
type args map[string]any

func (a args) has(name string) bool { _, ok := a[name]; return ok }

func (a args) str(name string) string   { s, _ := a[name].(string); return s }
func (a args) boolean(name string) bool { b, _ := a[name].(bool); return b }

func (a args) integer(name string) (int, bool) {
	n, ok := a[name].(int)
	return n, ok
}

func (a args) object(name string) args {
	m, _ := a[name].(map[string]any)
	return m
}

func (a args) list(name string) []any {
	l, _ := a[name].([]any)
	return l
}

func (a args) objects(name string) []args {
	var out []args
	for _, e := range a.list(name) {
		m, _ := e.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (a args) strings(name string) []string {
	var out []string
	for _, e := range a.list(name) {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// A problem is one complaint about a variable's value, at a path inside it.
type problem struct {
	path        []any
	explanation string
	idError     bool
}

func (p problem) json() map[string]any {
	path := p.path
	if path == nil {
		path = []any{}
	}
	m := map[string]any{"path": path, "explanation": p.explanation}
	if p.idError {
		m["message"] = p.explanation
	}
	return m
}

// coerceVariables turns the request's variables into Go values of the declared
// types. Every mistake is INVALID_VARIABLE and nothing runs.
func coerceVariables(op *ast.OperationDefinition, in map[string]json.RawMessage) (map[string]any, []*gqlError) {
	vars := map[string]any{}
	var errs []*gqlError
	for _, v := range op.VariableDefinitions {
		raw, given := in[v.Variable]
		if !given {
			if v.DefaultValue != nil {
				vars[v.Variable] = literal(v.DefaultValue, v.Type, nil, nil)
				continue
			}
			if !v.Type.NonNull {
				continue
			}
			raw = json.RawMessage("null")
		}
		dec := json.NewDecoder(strings.NewReader(string(raw)))
		dec.UseNumber()
		var val any
		if err := dec.Decode(&val); err != nil {
			val = nil
		}
		var problems []problem
		vars[v.Variable] = coerce(val, v.Type, nil, &problems)
		if len(problems) == 0 {
			continue
		}
		msg := fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type)
		var list []any
		var parts []string
		for _, p := range problems {
			list = append(list, p.json())
			if len(p.path) > 0 {
				var at []string
				for _, e := range p.path {
					at = append(at, fmt.Sprint(e))
				}
				parts = append(parts, fmt.Sprintf("%s (%s)", strings.Join(at, "."), p.explanation))
			}
		}
		if len(parts) > 0 {
			msg += " for " + strings.Join(parts, ", ")
		}
		errs = append(errs, &gqlError{
			message: msg, code: "INVALID_VARIABLE", line: v.Position.Line, column: v.Position.Column,
			ext: map[string]any{"value": raw, "problems": list},
		})
	}
	return vars, errs
}

func coerce(v any, t *ast.Type, path []any, problems *[]problem) any {
	bad := func(format string, args ...any) any {
		*problems = append(*problems, problem{path: slices.Clone(path), explanation: fmt.Sprintf(format, args...)})
		return nil
	}
	if v == nil {
		if t.NonNull {
			return bad("Expected value to not be null")
		}
		return nil
	}
	if t.Elem != nil {
		l, ok := v.([]any)
		if !ok {
			return []any{coerce(v, t.Elem, path, problems)}
		}
		out := make([]any, len(l))
		for i, e := range l {
			out[i] = coerce(e, t.Elem, append(path, i), problems)
		}
		return out
	}
	def := schema().Types[t.NamedType]
	if def.Kind == ast.InputObject {
		m, ok := v.(map[string]any)
		if !ok {
			return bad("Expected %s to be a key-value object.", show(v))
		}
		out := coerceObject(m, def, path, problems)
		if def.Directives.ForName("oneOf") != nil && len(out) != 1 {
			return bad("'%s' requires exactly one argument, but %d were provided.", def.Name, len(out))
		}
		return out
	}
	if def.Kind == ast.Enum {
		s, ok := v.(string)
		if !ok || def.EnumValues.ForName(s) == nil {
			var names []string
			for _, e := range def.EnumValues {
				names = append(names, e.Name)
			}
			return bad("Expected %s to be one of: %s", show(v), strings.Join(names, ", "))
		}
		return s
	}
	out, explanation := scalar(v, t.NamedType)
	if explanation != "" {
		*problems = append(*problems, problem{path: slices.Clone(path), explanation: explanation, idError: t.NamedType == "ID"})
		return nil
	}
	return out
}

func coerceObject(m map[string]any, def *ast.Definition, path []any, problems *[]problem) map[string]any {
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if def.Fields.ForName(k) == nil {
			*problems = append(*problems, problem{path: append(slices.Clone(path), k), explanation: "Field is not defined on " + def.Name})
		}
	}
	for _, f := range def.Fields {
		v, given := m[f.Name]
		switch {
		case given:
			out[f.Name] = coerce(v, f.Type, append(path, f.Name), problems)
		case f.DefaultValue != nil:
			out[f.Name] = literal(f.DefaultValue, f.Type, nil, nil)
		case f.Type.NonNull:
			coerce(nil, f.Type, append(path, f.Name), problems)
		}
	}
	return out
}

func show(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

var gidShape = regexp.MustCompile(`^gid://shopify/[A-Za-z]+/[^/\s]+$`)

// scalar coerces one scalar; explanation is empty when it fits.
func scalar(v any, name string) (out any, explanation string) {
	couldNot := "Could not coerce value " + show(v) + " to " + name
	switch name {
	case "Int":
		n, ok := v.(json.Number)
		if !ok {
			return nil, couldNot
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil || i > math.MaxInt32 || i < math.MinInt32 {
			return nil, couldNot
		}
		return int(i), ""
	case "Float":
		n, ok := v.(json.Number)
		if !ok {
			return nil, couldNot
		}
		f, err := n.Float64()
		if err != nil {
			return nil, couldNot
		}
		return f, ""
	case "Boolean":
		b, ok := v.(bool)
		if !ok {
			return nil, couldNot
		}
		return b, ""
	case "ID":
		var id string
		switch v := v.(type) {
		case string:
			id = v
		case json.Number:
			id = v.String()
		default:
			return nil, couldNot
		}
		if !gidShape.MatchString(id) {
			return nil, "Invalid global id '" + id + "'"
		}
		return id, ""
	case "DateTime":
		s, ok := v.(string)
		if !ok {
			return nil, couldNot
		}
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, couldNot
		}
		return t, ""
	case "Decimal", "Money", "UnsignedInt64":
		switch v := v.(type) {
		case string:
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return nil, couldNot
			}
			return v, ""
		case json.Number:
			return v.String(), ""
		}
		return nil, couldNot
	default: // String, URL and the other textual scalars
		s, ok := v.(string)
		if !ok {
			return nil, couldNot
		}
		return s, ""
	}
}

// absent marks an argument or input field whose variable was not given.
type absent struct{}

// literal evaluates a value written in the document. The validator has judged
// its shape; ids are judged here.
func literal(v *ast.Value, t *ast.Type, vars map[string]any, problems *[]problem) any {
	if v.Kind == ast.Variable {
		val, ok := vars[v.Raw]
		if !ok {
			return absent{}
		}
		if t.Elem != nil && val != nil {
			if _, isList := val.([]any); !isList {
				return []any{val}
			}
		}
		return val
	}
	if v.Kind == ast.NullValue {
		return nil
	}
	if t.Elem != nil {
		if v.Kind != ast.ListValue {
			return []any{literal(v, t.Elem, vars, problems)}
		}
		out := []any{}
		for _, c := range v.Children {
			e := literal(c.Value, t.Elem, vars, problems)
			if _, gone := e.(absent); gone {
				e = nil
			}
			out = append(out, e)
		}
		return out
	}
	def := schema().Types[t.NamedType]
	if v.Kind == ast.ObjectValue && def.Kind == ast.InputObject {
		out := map[string]any{}
		for _, f := range def.Fields {
			if c := v.Children.ForName(f.Name); c != nil {
				e := literal(c, f.Type, vars, problems)
				if _, gone := e.(absent); !gone {
					out[f.Name] = e
					continue
				}
			}
			if f.DefaultValue != nil {
				out[f.Name] = literal(f.DefaultValue, f.Type, nil, nil)
			}
		}
		return out
	}
	if v.Kind == ast.EnumValue {
		return v.Raw
	}
	var in any = v.Raw
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		in = json.Number(v.Raw)
	} else if v.Kind == ast.BooleanValue {
		in = v.Raw == "true"
	}
	out, explanation := scalar(in, t.NamedType)
	if explanation != "" && problems != nil {
		*problems = append(*problems, problem{explanation: explanation})
	}
	return out
}

// arguments evaluates a field's arguments with defaults. A malformed id in the
// document itself fails the field.
func arguments(f *ast.Field, vars map[string]any) (args, *gqlError) {
	out := args{}
	var problems []problem
	for _, d := range f.Definition.Arguments {
		if a := f.Arguments.ForName(d.Name); a != nil {
			v := literal(a.Value, d.Type, vars, &problems)
			if _, gone := v.(absent); !gone {
				out[d.Name] = v
				continue
			}
		}
		if d.DefaultValue != nil {
			out[d.Name] = literal(d.DefaultValue, d.Type, nil, nil)
		}
	}
	if len(problems) > 0 {
		return nil, &gqlError{message: problems[0].explanation, code: "argumentLiteralsIncompatible", ext: map[string]any{"typeName": "CoercionError"}}
	}
	return out, nil
}
