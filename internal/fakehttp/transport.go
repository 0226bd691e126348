package fakehttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Transport returns a RoundTripper that calls h in process. A handler that
// aborts before writing looks like a dropped connection, one that aborts after
// writing like a truncated body.
func Transport(h http.Handler) http.RoundTripper { return &transport{h} }

type transport struct{ h http.Handler }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		closeBody(r)
		return nil, err
	}
	// The handler may outlive a caller that gives up, so it gets a request of
	// its own and a body that the caller can no longer touch.
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			closeBody(r)
			return nil, err
		}
		closeBody(r)
	}
	sr := r.Clone(r.Context())
	sr.Body = io.NopCloser(bytes.NewReader(body))
	sr.ContentLength = int64(len(body))
	sr.RequestURI = r.URL.RequestURI()
	if sr.Host == "" {
		sr.Host = r.URL.Host
	}
	rec := newRecorder()
	done := make(chan error, 1)
	go func() {
		defer func() {
			switch p := recover(); p {
			case nil:
				done <- nil
			case http.ErrAbortHandler:
				rec.aborted = true
				done <- nil
			default:
				done <- fmt.Errorf("fakehttp: handler panicked: %v", p)
			}
		}()
		t.h.ServeHTTP(rec, sr)
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return rec.response(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// recorder is a ResponseWriter that keeps the answer in memory.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	wrote   bool
	aborted bool
	stalled bool // the rest of the body never comes
}

func newRecorder() *recorder { return &recorder{header: http.Header{}, status: http.StatusOK} }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) copyHeader(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
}

var errDropped = errors.New("fakehttp: connection closed before an answer")

func (r *recorder) response(req *http.Request) (*http.Response, error) {
	if r.aborted && !r.wrote {
		return nil, errDropped
	}
	length := int64(r.body.Len())
	if n, err := strconv.ParseInt(r.header.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	var body io.Reader = bytes.NewReader(r.body.Bytes())
	switch {
	case r.stalled:
		body = io.MultiReader(body, stalledReader{req.Context()})
	case r.aborted || length > int64(r.body.Len()):
		body = io.MultiReader(body, brokenReader{})
	}
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.header.Clone(),
		Body:          io.NopCloser(body),
		ContentLength: length,
		Request:       req,
	}, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// stalledReader gives nothing until the caller gives up.
type stalledReader struct{ ctx context.Context }

func (r stalledReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

// A Server serves a handler on a loopback or given address.
type Server struct {
	URL string // http://host:port
	srv *http.Server
}

// Serve listens on addr ("" means a free loopback port) and serves h until
// Close.
func Serve(addr string, h http.Handler) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("fakehttp: %w", err)
	}
	s := &Server{URL: "http://" + l.Addr().String(), srv: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}}
	go func() { _ = s.srv.Serve(l) }()
	return s, nil
}

// Close stops the server and drops its connections.
func (s *Server) Close() error { return s.srv.Close() }
