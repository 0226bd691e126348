package adaptertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Wire is a transport that remembers what is sent and may bend or replace what
// comes back. It is safe for concurrent use; in use, Bend and Reply change by
// [Wire.Set].
type Wire struct {
	Base http.RoundTripper
	// Path, if set, is how a path is shown; its escaped form otherwise.
	Path func(*url.URL) string
	// Bend, if set, changes what Base answered.
	Bend func(req *http.Request, status int, body []byte) (int, []byte)
	// Reply, if set, answers instead of Base, unless it returns nil.
	Reply func(req *http.Request) *http.Response

	mu   sync.Mutex
	sent []string
}

// RoundTrip implements [http.RoundTripper].
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = http.NoBody
		if len(body) > 0 {
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	w.mu.Lock()
	w.sent = append(w.sent, w.show(req, body))
	bend, reply := w.Bend, w.Reply
	w.mu.Unlock()
	if reply != nil {
		if resp := reply(req); resp != nil {
			resp.Request = req
			return resp, nil
		}
	}
	resp, err := w.Base.RoundTrip(req)
	if err != nil || bend == nil {
		return resp, err
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.StatusCode, got = bend(req, resp.StatusCode, got)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(got)), int64(len(got))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// show is a request as a golden file has it.
func (w *Wire) show(req *http.Request, body []byte) string {
	var b strings.Builder
	path := req.URL.EscapedPath()
	if w.Path != nil {
		path = w.Path(req.URL)
	}
	fmt.Fprintf(&b, "%s %s\n", req.Method, path)
	params := func(q url.Values) {
		for kv := range strings.SplitSeq(q.Encode(), "&") {
			if kv != "" {
				fmt.Fprintf(&b, "    %s\n", kv)
			}
		}
	}
	params(req.URL.Query())
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body))
		params(form)
		return b.String()
	}
	var out bytes.Buffer
	if len(body) > 0 && json.Indent(&out, body, "    ", "  ") == nil {
		fmt.Fprintf(&b, "    %s\n", out.String())
	}
	return b.String()
}

// Set changes the fields while the wire is in use.
func (w *Wire) Set(f func(w *Wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

// Taken returns the requests sent since it was asked last.
func (w *Wire) Taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.sent
	w.sent = nil
	return out
}

// Last returns the request sent last that was not taken, "" if there is none.
func (w *Wire) Last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sent) == 0 {
		return ""
	}
	return w.sent[len(w.sent)-1]
}

// Answer is an answer of the test's own.
func Answer(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}
