package shopifytest

import (
	"fmt"
	"maps"
)

// gqlError is one entry of an answer's top-level errors.
type gqlError struct {
	message      string
	code         string
	ext          map[string]any // beside code
	path         []any
	line, column int
}

func (e *gqlError) Error() string { return e.message }

func (e *gqlError) json() *object {
	o := &object{}
	o.set("message", e.message)
	if e.line > 0 {
		loc := &object{}
		loc.set("line", e.line)
		loc.set("column", e.column)
		o.set("locations", []any{loc})
	}
	if len(e.path) > 0 {
		o.set("path", e.path)
	}
	if e.code != "" || len(e.ext) > 0 {
		ext := map[string]any{}
		maps.Copy(ext, e.ext)
		if e.code != "" {
			ext["code"] = e.code
		}
		o.set("extensions", ext)
	}
	return o
}

// failf is a resolver's way to fail one field; the executor adds where.
func failf(code, format string, args ...any) *gqlError {
	return &gqlError{code: code, message: fmt.Sprintf(format, args...)}
}

// notFound is what mutations and typed lookups answer for an id of the right
// shape that names nothing.
func notFound(id string) *gqlError { return failf("RESOURCE_NOT_FOUND", "Invalid id: %s", id) }

// rec is an object made on the spot, such as a mutation's payload: the field
// name leads to the value.
type rec map[string]any

// userError is an entry of a payload's userErrors. code is empty for the types
// that have none.
func userError(code, message string, field ...string) rec {
	r := rec{"message": message, "field": nil, "code": nil}
	if code != "" {
		r["code"] = code
	}
	if len(field) > 0 {
		r["field"] = field
	}
	return r
}

// refused is a payload with nothing but user errors.
func refused(errs ...rec) rec { return rec{"userErrors": errs} }
