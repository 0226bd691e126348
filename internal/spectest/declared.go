package spectest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Declared fails for every JSON field of v's type that the named schema of a
// specification does not declare, and reports how many it does. A field that is
// misspelt decodes to nothing and is noticed by nobody. What stands elsewhere in
// the marketplace's documents, in a type that serves both places, is named in
// elsewhere.
func Declared(tb testing.TB, file, schema string, v any, elsewhere ...string) (fields int) {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join(Dir(tb), filepath.FromSlash(file)))
	if err != nil {
		tb.Fatal(err)
	}
	d := declared{tb: tb, elsewhere: map[string]bool{}}
	for _, name := range elsewhere {
		d.elsewhere[name] = true
	}
	if err := json.Unmarshal(raw, &d.doc); err != nil {
		tb.Fatal(err)
	}
	d.file = file
	top := d.named(schema)
	if top == nil {
		tb.Fatalf("%s has no schema %s", file, schema)
	}
	d.walk(reflect.TypeOf(v), top, schema)
	for name := range d.elsewhere {
		tb.Errorf("%s is declared, or not there", name)
	}
	return d.fields
}

type declared struct {
	tb     testing.TB
	file   string
	doc    map[string]any
	fields int

	elsewhere map[string]bool
}

// named is a schema by name, of Swagger 2 or OpenAPI 3.
func (d *declared) named(name string) map[string]any {
	all, ok := d.doc["definitions"].(map[string]any)
	if !ok {
		components, _ := d.doc["components"].(map[string]any)
		all, _ = components["schemas"].(map[string]any)
	}
	s, _ := all[name].(map[string]any)
	return s
}

// resolve follows references, and a list to what it is of.
func (d *declared) resolve(s map[string]any) map[string]any {
	for s != nil {
		ref, _ := s["$ref"].(string)
		items, list := s["items"].(map[string]any)
		switch {
		case ref != "":
			s = d.named(ref[strings.LastIndexByte(ref, '/')+1:])
		case list:
			s = items
		default:
			return s
		}
	}
	return nil
}

// property is a schema's property, one of its parts' too.
func (d *declared) property(s map[string]any, name string) map[string]any {
	s = d.resolve(s)
	props, _ := s["properties"].(map[string]any)
	if p, ok := props[name].(map[string]any); ok {
		return p
	}
	parts, _ := s["allOf"].([]any)
	for _, part := range parts {
		if m, ok := part.(map[string]any); ok {
			if p := d.property(m, name); p != nil {
				return p
			}
		}
	}
	return nil
}

func (d *declared) walk(t reflect.Type, s map[string]any, at string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	decodes := reflect.TypeFor[json.Unmarshaler]()
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(decodes) {
		return
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case name == "" && f.Anonymous:
			d.walk(f.Type, s, at)
			continue
		case name == "":
			d.tb.Errorf("%s.%s has no JSON name", at, f.Name)
			continue
		}
		p := d.property(s, name)
		if p == nil && d.elsewhere[at+"."+name] {
			delete(d.elsewhere, at+"."+name)
			continue
		}
		if p == nil {
			d.tb.Errorf("%s declares no %s in %s", d.file, name, at)
			continue
		}
		d.fields++
		d.walk(f.Type, p, at+"."+name)
	}
}
