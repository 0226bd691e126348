package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Node is one record of a page: decoded, or set aside with its reason. Raw is a
// copy of its own.
type Node[T any] struct {
	Value T
	Raw   []byte
	Err   error
}

// lenient admits what encoding/json admits: a doubled name or a broken
// character in one record is no reason to lose the page it is on.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Unmarshal decodes JSON as BigCommerce sends it.
func Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v, lenient) }

// Marshal encodes JSON, values that BigCommerce sent among it.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, lenient) }

// errShape is a page whose outer shape is not what was asked for.
var errShape = errors.New("answer is not a list of records")

// DecodeNodes reads an array of records, one at a time: one that does not
// decode into T spoils itself and no other. No bytes are no records, which is
// how V2 answers an empty list. Broken JSON is an error of the whole array.
func DecodeNodes[T any](data []byte) ([]Node[T], error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), lenient)
	t, err := dec.ReadToken()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	if t.Kind() == 'n' {
		return nil, nil
	}
	if t.Kind() != '[' {
		return nil, errShape
	}
	nodes := make([]Node[T], 0, 64)
	for dec.PeekKind() != ']' {
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errShape, err)
		}
		n := Node[T]{Raw: bytes.Clone(raw)}
		n.Err = Unmarshal(n.Raw, &n.Value)
		nodes = append(nodes, n)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	return nodes, nil
}

// Page is a V3 answer with a list, whose records are decoded one at a time.
type Page struct {
	Data jsontext.Value `json:"data"`
	Meta struct {
		Pagination struct {
			Total       Int `json:"total"`
			Count       Int `json:"count"`
			CurrentPage Int `json:"current_page"`
			TotalPages  Int `json:"total_pages"`
		} `json:"pagination"`
	} `json:"meta"`
}

// DecodePage reads a V3 list; no bytes are an empty one.
func DecodePage[T any](data []byte) (nodes []Node[T], p Page, err error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, p, nil
	}
	if err := Unmarshal(data, &p); err != nil {
		return nil, p, fmt.Errorf("%w: %w", errShape, err)
	}
	nodes, err = DecodeNodes[T](p.Data)
	return nodes, p, err
}
