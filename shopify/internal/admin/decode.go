package admin

import (
	"slices"

	"github.com/penstock-go/penstock/internal/wire"
)

// Node is one node of a page: decoded, or set aside with its reason.
type Node[T any] = wire.Record[T]

// Unmarshal decodes JSON as Shopify sends it.
func Unmarshal(data []byte, v any) error { return wire.Unmarshal(data, v) }

// DecodeNodes reads an array of nodes, each for itself. Nulls are left out: of
// nodes asked for by id, they are those that are not there.
func DecodeNodes[T any](data []byte) ([]Node[T], error) {
	nodes, err := wire.Records[T](data)
	return slices.DeleteFunc(nodes, func(n Node[T]) bool { return string(n.Raw) == "null" }), err
}
