// Package spectest finds the marketplaces' published contracts for contract
// tests. They are not part of the module: a test that needs one is skipped
// where they are absent.
package spectest

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Shared returns the path of a shared file. The folder of shared files is named
// by PENSTOCK_SHARED, by default shared beside the module root; without the
// file the test is skipped.
func Shared(tb testing.TB, elem ...string) string {
	tb.Helper()
	dir := os.Getenv("PENSTOCK_SHARED")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			tb.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			parent := filepath.Dir(root)
			if parent == root {
				tb.Fatal("spectest: not inside a module")
			}
			root = parent
		}
		dir = filepath.Join(root, "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("set PENSTOCK_SHARED to the folder that holds %s to run this test", filepath.Join(elem...))
	}
	return path
}

// A Field is a field of a type, for AccessScopes.
type Field struct{ Type, Field string }

// Admin is the contract of the Shopify Admin API: its schema, and for each type
// (with an empty Field) and field that is guarded the scopes of which an app
// needs one.
type Admin struct {
	Schema *ast.Schema
	Scopes map[Field][]string

	docs *graphDocs
}

var (
	adminMu sync.Mutex
	admins  = map[string]*Admin{}
)

// ShopifyAdmin loads the Admin API's introspection result of a version such as
// 2026-10. It is parsed once per process.
func ShopifyAdmin(tb testing.TB, version string) *Admin {
	tb.Helper()
	path := Shared(tb, "specs", "shopify", "admin_"+version+".json.gz")
	adminMu.Lock()
	defer adminMu.Unlock()
	if a := admins[path]; a != nil {
		return a
	}
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	a, err := readAdmin(z)
	if err != nil {
		tb.Fatalf("spectest: %s: %v", path, err)
	}
	admins[path] = a
	return a
}

func readAdmin(r io.Reader) (*Admin, error) {
	var in struct {
		Data struct {
			Schema introspection `json:"__schema"`
		} `json:"data"`
		Offline struct {
			Items []struct {
				TypeName, FieldName string
				OfflineScopes       []string
			} `json:"items"`
		} `json:"offline_scopes"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return nil, err
	}
	s, err := in.Data.Schema.load()
	if err != nil {
		return nil, err
	}
	a := &Admin{Schema: s, Scopes: map[Field][]string{}, docs: &graphDocs{by: map[string]*graphDoc{}}}
	for _, i := range in.Offline.Items {
		if len(i.OfflineScopes) > 0 {
			a.Scopes[Field{i.TypeName, i.FieldName}] = i.OfflineScopes
		}
	}
	return a, nil
}

// Introspection turns the result of an introspection query, with or without
// its data envelope, into a schema that gqlparser can validate against.
func Introspection(r io.Reader) (*ast.Schema, error) {
	var in struct {
		Schema *introspection `json:"__schema"`
		Data   struct {
			Schema *introspection `json:"__schema"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return nil, err
	}
	s := in.Schema
	if s == nil {
		s = in.Data.Schema
	}
	if s == nil {
		return nil, errors.New("spectest: no __schema")
	}
	return s.load()
}

type introspection struct {
	QueryType, MutationType *struct{ Name string }
	Types                   []introType
	Directives              []struct {
		Name      string
		Locations []string
		Args      []introInput
	}
}

type introType struct {
	Kind, Name    string
	IsOneOf       bool
	Fields        []introField
	InputFields   []introInput
	Interfaces    []introRef
	PossibleTypes []introRef
	EnumValues    []struct {
		Name              string
		IsDeprecated      bool
		DeprecationReason string
	}
}

type introField struct {
	Name              string
	Args              []introInput
	Type              introRef
	IsDeprecated      bool
	DeprecationReason string
}

type introInput struct {
	Name              string
	Type              introRef
	DefaultValue      *string
	IsDeprecated      bool
	DeprecationReason string
}

type introRef struct {
	Kind, Name string
	OfType     *introRef
}

func (r introRef) String() string {
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.Name
}

// load writes the schema down as SDL and has gqlparser read it.
func (s introspection) load() (*ast.Schema, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "schema { query: %s", s.QueryType.Name)
	if s.MutationType != nil {
		fmt.Fprintf(&b, " mutation: %s", s.MutationType.Name)
	}
	b.WriteString(" }\n")
	for _, d := range s.Directives {
		switch d.Name {
		case "include", "skip", "deprecated", "specifiedBy", "oneOf", "defer":
			continue
		}
		fmt.Fprintf(&b, "directive @%s%s on %s\n", d.Name, inputs(d.Args), strings.Join(d.Locations, " | "))
	}
	for _, t := range s.Types {
		if !strings.HasPrefix(t.Name, "__") {
			t.write(&b)
		}
	}
	return gqlparser.LoadSchema(&ast.Source{Name: "introspection", Input: b.String()})
}

func (t introType) write(b *strings.Builder) {
	switch t.Kind {
	case "SCALAR":
		switch t.Name {
		case "Int", "Float", "String", "Boolean", "ID":
			return
		}
		fmt.Fprintf(b, "scalar %s\n", t.Name)
	case "UNION":
		fmt.Fprintf(b, "union %s = %s\n", t.Name, names(t.PossibleTypes, " | "))
	case "ENUM":
		fmt.Fprintf(b, "enum %s {", t.Name)
		for _, v := range t.EnumValues {
			fmt.Fprintf(b, " %s%s", v.Name, deprecated(v.IsDeprecated, v.DeprecationReason))
		}
		b.WriteString(" }\n")
	case "INPUT_OBJECT":
		oneOf := ""
		if t.IsOneOf {
			oneOf = " @oneOf"
		}
		fmt.Fprintf(b, "input %s%s {\n", t.Name, oneOf)
		for _, f := range t.InputFields {
			fmt.Fprintf(b, "  %s\n", f)
		}
		b.WriteString("}\n")
	default:
		kind, implements := "type", ""
		if t.Kind == "INTERFACE" {
			kind = "interface"
		}
		if len(t.Interfaces) > 0 {
			implements = " implements " + names(t.Interfaces, " & ")
		}
		fmt.Fprintf(b, "%s %s%s {\n", kind, t.Name, implements)
		for _, f := range t.Fields {
			fmt.Fprintf(b, "  %s%s: %s%s\n", f.Name, inputs(f.Args), f.Type, deprecated(f.IsDeprecated, f.DeprecationReason))
		}
		b.WriteString("}\n")
	}
}

func (i introInput) String() string {
	s := i.Name + ": " + i.Type.String()
	if i.DefaultValue != nil {
		s += " = " + *i.DefaultValue
	}
	return s + deprecated(i.IsDeprecated, i.DeprecationReason)
}

func inputs(list []introInput) string {
	if len(list) == 0 {
		return ""
	}
	parts := make([]string, len(list))
	for i, a := range list {
		parts[i] = a.String()
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func names(refs []introRef, sep string) string {
	parts := make([]string, len(refs))
	for i, r := range refs {
		parts[i] = r.Name
	}
	return strings.Join(parts, sep)
}

func deprecated(is bool, reason string) string {
	if !is {
		return ""
	}
	return " @deprecated(reason: " + strconv.QuoteToASCII(reason) + ")"
}
