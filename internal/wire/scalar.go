package wire

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errDecimal = errors.New("neither a decimal string nor a number")
	errTime    = errors.New("not a time")
)

// Decimal is an amount as text. A string is promised; a number is taken too, as
// it is written. Null is "".
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
		if bytes.IndexByte(v, '\\') >= 0 {
			return errDecimal
		}
		*d = Decimal(v[1 : len(v)-1])
	default:
		return errDecimal
	}
	return nil
}

// Time is a time in RFC 3339, with or without a fraction of a second. Null and
// "" are the zero time, and a time without a zone is in UTC.
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
	s := string(v[1 : len(v)-1])
	if s == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return errTime
}
