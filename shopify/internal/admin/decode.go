package admin

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/internal/wire"
)

// Node is one node of a page: decoded, or set aside with its reason.
type Node[T any] = wire.Record[T]

// Unmarshal decodes JSON as Shopify sends it.
func Unmarshal(data []byte, v any) error { return wire.Unmarshal(data, v) }

// Nodes is a list of nodes that are decoded each for itself. Nulls are left out:
// of nodes asked for by id, they are those that are not there.
type Nodes[T any] []Node[T]

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (ns *Nodes[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var l wire.List[T]
	err := l.UnmarshalJSONFrom(dec)
	*ns = slices.DeleteFunc(Nodes[T](l), func(n Node[T]) bool { return string(n.Raw) == "null" })
	return err
}
