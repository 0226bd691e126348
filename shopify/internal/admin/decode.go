package admin

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Node is one node of a page: decoded, or set aside with its reason. Raw is a
// copy of its own.
type Node[T any] struct {
	Value T
	Raw   []byte
	Err   error
}

// lenient admits what encoding/json admits: a doubled name or a broken
// character in one record is no reason to lose the page it is on.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Unmarshal decodes JSON as Shopify sends it.
func Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v, lenient) }

// errShape is a page whose outer shape is not what was asked for.
var errShape = errors.New("answer is not a page of nodes")

// DecodeNodes reads an array of nodes, one at a time: one that does not decode
// into T spoils itself and no other. Nulls are left out. Broken JSON is an
// error of the whole array.
func DecodeNodes[T any](data []byte) ([]Node[T], error) {
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
		if raw.Kind() == 'n' {
			continue
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
