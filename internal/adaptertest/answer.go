package adaptertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// NewRequest returns a request of a test with a body of its own, a string as it
// is, all else as JSON; nil is none.
func NewRequest(tb testing.TB, method, url string, body any) *http.Request {
	tb.Helper()
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		rd = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			tb.Fatal(err)
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(tb.Context(), method, url, rd)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// At returns the value at a path like "orders.0.orderId" of a JSON text, "" for
// all of it, and whether there is one. Numbers are [json.Number].
func At(tb testing.TB, body []byte, path string) (v any, found bool) {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		tb.Fatalf("body %q: %v", body, err)
	}
	if path == "" {
		return v, true
	}
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			if v, found = x[key]; !found {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// Text is a value of [At] as a test compares it: a string as it is, "<nil>" for
// null, all else as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "<nil>"
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
}
