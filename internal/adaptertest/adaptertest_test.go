package adaptertest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

type base func(*http.Request) (*http.Response, error)

func (f base) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func send(t *testing.T, w *Wire, body any) (status int, answer string) {
	t.Helper()
	resp, err := w.RoundTrip(NewRequest(t, http.MethodPost, "https://shop.example/a%2Fb?z=1&y=2", body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// A wire shows what was sent, hands it on whole, and bends or replaces answers.
func TestWire(t *testing.T) {
	var got string
	w := &Wire{Base: base(func(r *http.Request) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		got = string(b)
		return Answer(200, "text/plain", "as it is"), err
	})}
	if status, answer := send(t, w, map[string]int{"n": 1}); status != 200 || answer != "as it is" || got != `{"n":1}` {
		t.Errorf("%d %q to %q", status, answer, got)
	}
	if last, want := w.Last(), "POST /a%2Fb\n    y=2\n    z=1\n    {\n      \"n\": 1\n    }\n"; last != want {
		t.Errorf("shown as\n%s, want\n%s", last, want)
	}
	w.Set(func(w *Wire) {
		w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) { return status + 1, append(body, '!') }
	})
	if status, answer := send(t, w, "x"); status != 201 || answer != "as it is!" {
		t.Errorf("bent: %d %q", status, answer)
	}
	w.Set(func(w *Wire) {
		w.Reply = func(*http.Request) *http.Response { return Answer(404, "text/plain", "gone") }
	})
	if status, answer := send(t, w, nil); status != 404 || answer != "gone" {
		t.Errorf("replaced: %d %q", status, answer)
	}
	if n := len(w.Taken()); n != 3 || w.Last() != "" {
		t.Errorf("%d requests, then %q", n, w.Last())
	}
}

func TestAt(t *testing.T) {
	body := []byte(`{"a":[{"b":1.50},null],"c":"x"}`)
	for path, want := range map[string]string{"a.0.b": "1.50", "a.1": "<nil>", "c": "x", "a.0": `{"b":1.50}`, "a.2": "-", "a.x": "-", "c.d": "-", "d": "-"} {
		v, found := At(t, body, path)
		text := "-"
		if found {
			text = Text(v)
		}
		if text != want {
			t.Errorf("%s: %s, want %s", path, text, want)
		}
	}
}

// heard keeps what a test would have failed with.
type heard struct {
	testing.TB
	says []string
}

func (h *heard) Helper()                        {}
func (h *heard) Errorf(format string, _ ...any) { h.says = append(h.says, format) }

type decoder func(raw []byte) (channel.Order, error)

func (d decoder) DecodeOrder(raw []byte) (channel.Order, error) { return d(raw) }

// The trial of decoders notices one that repeats what it was given, one that
// gives a wrong class, and one that believes anything.
func TestBendOrderNotices(t *testing.T) {
	order := []byte(`{"id":"1","buyer":"canary","units":2}`)
	invalid := func(text string) error { return &channel.Error{Class: channel.ErrInvalid, Message: text} }
	for name, tt := range map[string]struct {
		d    decoder
		fine bool
	}{
		"refuses": {func([]byte) (channel.Order, error) { return channel.Order{}, invalid("no order") }, true},
		"repeats": {func(raw []byte) (channel.Order, error) { return channel.Order{}, invalid(string(raw)) }, false},
		"retries": {func([]byte) (channel.Order, error) { return channel.Order{}, errors.New("odd") }, false},
		"believes": {func([]byte) (channel.Order, error) {
			return channel.Order{ID: "1", Lines: []channel.Line{{ID: "1", Ordered: -7}}}, nil
		}, false},
	} {
		h := &heard{TB: t}
		tried, _ := BendOrder(h, tt.d, order, 100)
		if tried < 15 || (len(h.says) == 0) != tt.fine {
			t.Errorf("%s: %d forms tried, %d complaints: %.80s", name, tried, len(h.says), strings.Join(h.says, "; "))
		}
	}
}
