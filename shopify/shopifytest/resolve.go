package shopifytest

import "sync"

// A resolver yields one field of one object. It returns a value of the field's
// type, a *conn, or a *gqlError to fail the field.
type resolver func(x *run, obj any, a args) any

// fields is a type's resolvers while they are written down, with the object's
// Go type spelled out.
type fields[T any] map[string]func(x *run, o T, a args) any

type resolverTable map[string]map[string]resolver

// typed adds a type's resolvers to the table.
func typed[T any](t resolverTable, name string, fs fields[T]) {
	if t[name] == nil {
		t[name] = map[string]resolver{}
	}
	for field, fn := range fs {
		t[name][field] = func(x *run, obj any, a args) any { return fn(x, obj.(T), a) }
	}
}

var (
	resolverOnce sync.Once
	resolverAll  resolverTable
)

// resolvers is the table of all types. It is built on first use and never
// changes.
func resolvers() resolverTable {
	resolverOnce.Do(func() { resolverAll = newResolvers() })
	return resolverAll
}

func newResolvers() resolverTable {
	t := resolverTable{}
	for _, add := range []func(resolverTable){
		rootFields, commonFields, shopFields, catalogFields, inventoryFields, orderFields, lineFields,
		refundFields, fulfilmentFields, hookFields, bulkFields,
	} {
		add(t)
	}
	return t
}

// entity is any object with a global id.
type entity interface{ gid() string }

// concrete names the object type of a value behind an interface or union.
func concrete(v any) string {
	switch v := v.(type) {
	case interface{ graphqlType() string }:
		return v.graphqlType()
	case entity:
		return gidType(v.gid())
	}
	panic("shopifytest: value of unknown type behind an interface")
}

// opt turns an empty string into null.
func opt(s string) any {
	if s == "" {
		return nil
	}
	return s
}
