package shopifytest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/penstock-go/penstock/internal/spectest"
)

func TestSchemaIsPartOfTheRealOne(t *testing.T) {
	published := spectest.ShopifyAdmin(t, Version).Schema
	for name, d := range schema().Types {
		if d.BuiltIn {
			continue
		}
		r := published.Types[name]
		if r == nil {
			t.Errorf("type %s does not exist", name)
			continue
		}
		if d.Kind != r.Kind {
			t.Errorf("%s is a %s, not a %s", name, r.Kind, d.Kind)
		}
		for _, i := range d.Interfaces {
			if !slices.Contains(r.Interfaces, i) {
				t.Errorf("%s does not implement %s", name, i)
			}
		}
		if d.Kind == ast.Union && !cmp.Equal(sorted(d.Types), sorted(r.Types)) {
			t.Errorf("union %s is of %v", name, r.Types)
		}
		if d.Kind == ast.Enum {
			compareEnum(t, d, r)
		}
		compareDirective(t, name, "oneOf", d.Directives, r.Directives)
		for _, f := range d.Fields {
			if len(f.Name) > 1 && f.Name[:2] == "__" {
				continue
			}
			compareField(t, name, f, r.Fields.ForName(f.Name), d.Kind == ast.InputObject)
		}
		if d.Kind == ast.InputObject {
			for _, f := range r.Fields {
				if d.Fields.ForName(f.Name) == nil && f.Type.NonNull && f.DefaultValue == nil {
					t.Errorf("%s lacks the required %s", name, f.Name)
				}
			}
		}
	}
	d, r := schema().Directives["idempotent"], published.Directives["idempotent"]
	if r == nil || d.Arguments[0].Type.String() != r.Arguments.ForName("key").Type.String() || !slices.Contains(r.Locations, ast.LocationField) {
		t.Error("@idempotent differs")
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// compareEnum wants every value: a client may be sent or send any of them.
func compareEnum(t *testing.T, d, r *ast.Definition) {
	t.Helper()
	var have, want []string
	for _, v := range d.EnumValues {
		have = append(have, v.Name)
		if rv := r.EnumValues.ForName(v.Name); rv != nil {
			compareDirective(t, d.Name+"."+v.Name, "deprecated", v.Directives, rv.Directives)
		}
	}
	for _, v := range r.EnumValues {
		want = append(want, v.Name)
	}
	if diff := cmp.Diff(sorted(want), sorted(have)); diff != "" {
		t.Errorf("enum %s (-real +ours):\n%s", d.Name, diff)
	}
}

func compareField(t *testing.T, typ string, f, r *ast.FieldDefinition, input bool) {
	t.Helper()
	name := typ + "." + f.Name
	if r == nil {
		t.Errorf("%s does not exist", name)
		return
	}
	if f.Type.String() != r.Type.String() {
		t.Errorf("%s is %s, not %s", name, r.Type, f.Type)
	}
	compareDirective(t, name, "deprecated", f.Directives, r.Directives)
	if input && value(f.DefaultValue) != value(r.DefaultValue) {
		t.Errorf("%s has default %s, not %s", name, value(r.DefaultValue), value(f.DefaultValue))
	}
	for _, a := range f.Arguments {
		ra := r.Arguments.ForName(a.Name)
		switch {
		case ra == nil:
			t.Errorf("%s has no argument %s", name, a.Name)
		case a.Type.String() != ra.Type.String() || value(a.DefaultValue) != value(ra.DefaultValue):
			t.Errorf("%s(%s:) is %s = %s", name, a.Name, ra.Type, value(ra.DefaultValue))
		default:
			compareDirective(t, name+"("+a.Name+":)", "deprecated", a.Directives, ra.Directives)
		}
	}
	for _, ra := range r.Arguments {
		if ra.Type.NonNull && ra.DefaultValue == nil && f.Arguments.ForName(ra.Name) == nil {
			t.Errorf("%s lacks the required argument %s", name, ra.Name)
		}
	}
}

func value(v *ast.Value) string {
	if v == nil {
		return "nothing"
	}
	return v.String()
}

func compareDirective(t *testing.T, name, directive string, d, r ast.DirectiveList) {
	t.Helper()
	if (d.ForName(directive) == nil) != (r.ForName(directive) == nil) {
		t.Errorf("%s: @%s differs", name, directive)
	}
}

func TestScopesAreTheRealOnes(t *testing.T) {
	published := spectest.ShopifyAdmin(t, Version).Scopes
	for name, d := range schema().Types {
		if d.Kind != ast.Object && d.Kind != ast.Interface {
			continue
		}
		if diff := cmp.Diff(published[spectest.Field{Type: name}], typeScopes[name]); diff != "" {
			t.Errorf("%s (-real +ours):\n%s", name, diff)
		}
		for _, f := range d.Fields {
			if diff := cmp.Diff(published[spectest.Field{Type: name, Field: f.Name}], fieldScopes[name][f.Name]); diff != "" {
				t.Errorf("%s.%s (-real +ours):\n%s", name, f.Name, diff)
			}
		}
	}
	for name := range assumedScopes {
		if published[spectest.Field{Type: "Mutation", Field: name}] != nil {
			t.Errorf("the scopes of %s are known: do not assume them", name)
		}
	}
}

func TestATypeHasAllItsResolversOrNone(t *testing.T) {
	for name, rs := range resolvers() {
		d := schema().Types[name]
		if d == nil {
			t.Errorf("resolvers for %s, which is not in the schema", name)
			continue
		}
		for _, f := range d.Fields {
			if rs[f.Name] == nil && (len(f.Name) < 2 || f.Name[:2] != "__") {
				t.Errorf("no resolver for %s.%s", name, f.Name)
			}
		}
	}
}
