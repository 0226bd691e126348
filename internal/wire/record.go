package wire

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
)

// lenient admits what encoding/json admits: a doubled name or a broken
// character in one record is no reason to lose the page it is on.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Unmarshal decodes JSON as strangers send it.
func Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v, lenient) }

// Marshal encodes JSON, values that strangers sent among it.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, lenient) }

// NewDecoder reads JSON as strangers send it, a value at a time.
func NewDecoder(r io.Reader) *jsontext.Decoder { return jsontext.NewDecoder(r, lenient) }

// Decode decodes the next value of a decoder.
func Decode(dec *jsontext.Decoder, v any) error { return json.UnmarshalDecode(dec, v, lenient) }

// Record is one record of a page: decoded, or set aside with its reason. Raw is
// a copy of its own.
type Record[T any] struct {
	Value T
	Raw   []byte
	Err   error
}

// errShape is a page whose outer shape is not what was asked for.
var errShape = errors.New("answer is not a list of records")

// List is an array of records that is read one record at a time: one that does
// not decode into T spoils itself and no other. Null is an array of none.
type List[T any] []Record[T]

// UnmarshalJSONFrom implements [json.UnmarshalerFrom]. Broken JSON, or what is no
// array, is an error of the whole.
func (l *List[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	t, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch t.Kind() {
	case 'n':
		return nil
	case '[':
	default:
		return errShape
	}
	var records []Record[T]
	for dec.PeekKind() != ']' {
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		records = append(records, Record[T]{Raw: bytes.Clone(raw)})
		r := &records[len(records)-1]
		r.Err = Unmarshal(r.Raw, &r.Value)
		if len(records) == 1 { // the others are about as long
			records = slices.Grow(records, min(len(dec.UnreadBuffer())/(len(raw)+1)+1, 500))
		}
	}
	*l = records
	_, err = dec.ReadToken()
	return err
}

// Records reads data that is a [List].
func Records[T any](data []byte) ([]Record[T], error) {
	var l List[T]
	if err := Unmarshal(data, &l); err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	return l, nil
}

// kinds are what a value in JSON may be, as a reader calls it.
var kinds = map[jsontext.Kind]string{
	0: "what it holds", 'n': "null", 'f': "false", 't': "true", '"': "a text", '0': "a number", '{': "an object", '[': "an array",
}

// Unfit is why a record did not decode, as it is parked with: an error of class
// ErrInvalid that says what was wrong and nothing of the record's content, which
// a decoder's own error may quote.
func Unfit(op string, err error) error {
	if e, ok := errors.AsType[*channel.Error](err); ok {
		return e
	}
	message := "record does not decode"
	if sem, ok := errors.AsType[*json.SemanticError](err); ok {
		message = fmt.Sprintf("field %.200s: %s does not fit", cmp.Or(string(sem.JSONPointer), "/"), kinds[sem.JSONKind])
	} else if errors.Is(err, channel.ErrInvalid) {
		message = "an amount does not fit"
	}
	return &channel.Error{Op: op, Class: channel.ErrInvalid, Message: message}
}
