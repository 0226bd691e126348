package sell

import (
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errDecimal = errors.New("neither a decimal string nor a number")
	errTime    = errors.New("not a time")
)

// Decimal is an amount as text. The specification promises a string; a number is
// taken too, as it is written. Null is "".
type Decimal string

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *Decimal) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return d.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Decimal) UnmarshalJSON(b []byte) error {
	switch v := jsontext.Value(b); v.Kind() {
	case 'n':
		*d = ""
	case '0':
		*d = Decimal(v)
	case '"':
		if slices.Contains(v, '\\') {
			return errDecimal
		}
		*d = Decimal(v[1 : len(v)-1])
	default:
		return errDecimal
	}
	return nil
}

// Time is a time in ISO 8601, with or without a fraction of a second. Null and ""
// are the zero time.
type Time struct{ time.Time }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (t *Time) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	v := jsontext.Value(b)
	if v.Kind() == 'n' {
		return nil
	}
	if v.Kind() != '"' {
		return errTime
	}
	if len(v) == 2 {
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(v[1:len(v)-1]))
	if err != nil {
		return errTime
	}
	t.Time = at.UTC()
	return nil
}
