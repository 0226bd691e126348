package store

import (
	"bytes"

	"github.com/penstock-go/penstock/internal/wire"
)

// Node is one record of a page: decoded, or set aside with its reason.
type Node[T any] = wire.Record[T]

// Unmarshal decodes JSON as BigCommerce sends it.
func Unmarshal(data []byte, v any) error { return wire.Unmarshal(data, v) }

// Marshal encodes JSON, values that BigCommerce sent among it.
func Marshal(v any) ([]byte, error) { return wire.Marshal(v) }

// DecodeNodes reads an array of records, each for itself. No bytes are no
// records, which is how V2 answers an empty list.
func DecodeNodes[T any](data []byte) ([]Node[T], error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	return wire.Records[T](data)
}

// Page is a V3 answer with a list, whose records are decoded one at a time.
type Page[T any] struct {
	Data wire.List[T] `json:"data"`
	Meta Meta         `json:"meta"`
}

// Meta is where a V3 list stands.
type Meta struct {
	Pagination struct {
		Total       Int `json:"total"`
		Count       Int `json:"count"`
		CurrentPage Int `json:"current_page"`
		TotalPages  Int `json:"total_pages"`
	} `json:"pagination"`
}

// DecodePage reads a V3 list; no bytes are an empty one.
func DecodePage[T any](data []byte) (p Page[T], err error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return p, nil
	}
	return p, Unmarshal(data, &p)
}
