package wire

import (
	"encoding/base64"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/penstock-go/penstock/channel"
)

// MaxCursor bounds a cursor that is read: it may come from a store that others
// write.
const MaxCursor = 32 << 10

// Cursor encodes where a walk stands: a struct of texts, numbers and times.
// Whatever a caller asked for is written: broken text with its broken parts
// replaced, and a time that JSON cannot write as the nearest one that it can.
func Cursor(walk any) channel.Cursor {
	b, err := json.Marshal(walk, lenient, json.WithMarshalers(json.MarshalFunc(marshalTime)))
	if err != nil {
		panic("wire: encode cursor: " + err.Error()) // not a struct of texts, numbers and times
	}
	return channel.Cursor(base64.RawURLEncoding.EncodeToString(b))
}

func marshalTime(t time.Time) ([]byte, error) {
	t = t.UTC()
	switch y := t.Year(); {
	case y > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	case y < 1:
		t = time.Time{}
	}
	return t.MarshalJSON()
}

// ParseCursor reads what [Cursor] wrote, and reports whether it is that. What
// it says is for the caller to judge: anybody can write a cursor.
func ParseCursor(c channel.Cursor, walk any) bool {
	if len(c) > MaxCursor {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	return err == nil && json.Unmarshal(b, walk) == nil
}
