package spectest

import (
	"strings"
	"testing"
)

func TestIntrospectionBecomesASchema(t *testing.T) {
	const in = `{"data":{"__schema":{"queryType":{"name":"Q"},"mutationType":null,"directives":[
		{"name":"once","locations":["FIELD"],"args":[{"name":"key","type":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","name":"String"}},"defaultValue":null}]}],
		"types":[{"kind":"SCALAR","name":"String"},{"kind":"SCALAR","name":"Day"},
		{"kind":"ENUM","name":"E","enumValues":[{"name":"A"},{"name":"B","isDeprecated":true,"deprecationReason":"use \"A\""}]},
		{"kind":"OBJECT","name":"Q","interfaces":[],"fields":[{"name":"days","args":[{"name":"n","type":{"kind":"ENUM","name":"E"},"defaultValue":"A"}],
		"type":{"kind":"NON_NULL","ofType":{"kind":"LIST","ofType":{"kind":"SCALAR","name":"Day"}}}}]}]}}}`
	s, err := Introspection(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	f := s.Query.Fields.ForName("days")
	if got := f.Type.String() + " " + f.Arguments[0].DefaultValue.String(); got != "[Day]! A" {
		t.Errorf("field is %s", got)
	}
	if d := s.Types["E"].EnumValues.ForName("B").Directives.ForName("deprecated"); d == nil {
		t.Error("deprecation is lost")
	}
	if s.Directives["once"] == nil {
		t.Error("directive is lost")
	}
}

func TestShopifyAdminLoads(t *testing.T) {
	a := ShopifyAdmin(t, "2026-10")
	if a.Schema.Query == nil || a.Schema.Mutation == nil || len(a.Scopes) == 0 {
		t.Error("incomplete")
	}
}
