package store

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errText = errors.New("neither text nor a number")
	errInt  = errors.New("not a whole number")
	errDate = errors.New("not a date")
)

// scalar returns the text of a JSON string, number or null.
func scalar(v jsontext.Value) (string, error) {
	switch v.Kind() {
	case 'n':
		return "", nil
	case '0':
		return string(v), nil
	case '"':
		for _, c := range v[1 : len(v)-1] {
			if c == '\\' || c >= 0x80 {
				b, err := jsontext.AppendUnquote(nil, v)
				// Broken characters become U+FFFD, with an error that the
				// lenient options admit.
				if err != nil && len(b) == 0 {
					return "", errText
				}
				return string(b), nil
			}
		}
		return string(v[1 : len(v)-1]), nil
	default:
		return "", errText
	}
}

// Text is text that may come as a number or as null.
type Text string

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	*t = Text(s)
	return err
}

// Dec is a decimal number, whether it came as a string or as a number, as
// text without exponent. Null and "" are "".
type Dec string

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *Dec) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return d.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Dec) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err == nil && strings.ContainsAny(s, "eE") {
		s, err = plain(s)
	}
	*d = Dec(s)
	return err
}

// plain writes a number without its exponent.
func plain(s string) (string, error) {
	const digits = 18
	if len(s) > 2*digits {
		return "", errText
	}
	_, exp, _ := strings.Cut(strings.ToLower(s), "e")
	if n, err := strconv.Atoi(exp); err != nil || n > digits || n < -digits {
		return "", errText
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", errText
	}
	return strings.TrimSuffix(strings.TrimRight(r.FloatString(2*digits), "0"), "."), nil
}

// Int is a whole number, whether it came as a number or as a string. Null and
// "" are 0.
type Int int64

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (i *Int) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return i.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (i *Int) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return errInt
	}
	if whole, rest, found := strings.Cut(s, "."); found && strings.Trim(rest, "0") == "" {
		s = whole
	}
	*i = 0
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return errInt
	}
	*i = Int(n)
	return nil
}

// String returns the number in decimal.
func (i Int) String() string { return strconv.FormatInt(int64(i), 10) }

// Flag is a boolean, whether it came as one, as a number or as a string. Null
// and "" are false.
type Flag bool

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (f *Flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return f.UnmarshalJSON(v)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch v := jsontext.Value(b); v.Kind() {
	case 't':
		*f = true
	case 'f':
		*f = false
	default:
		s, err := scalar(v)
		if err != nil {
			return err
		}
		*f = Flag(s == "1" || strings.EqualFold(s, "true"))
	}
	return nil
}

// Date is a time: RFC 2822 in V2, RFC 3339 in V3. Null, "" and a zero date are
// the zero time.
type Date struct{ time.Time }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *Date) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return d.UnmarshalJSON(v)
}

// layouts of dates, the usual ones first.
var layouts = []string{
	time.RFC1123Z, time.RFC3339, "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC1123, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Date) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil {
		return errDate
	}
	d.Time = time.Time{}
	if s == "" || strings.HasPrefix(s, "0000-00-00") {
		return nil
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return errDate
}
