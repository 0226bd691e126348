package stalltest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
)

// Kind is what goes wrong.
type Kind int

// The kinds of faults.
const (
	DropBefore Kind = iota // the connection breaks before the call has an effect
	DropAfter              // it breaks after it had, instead of an answer
	Truncate               // the answer breaks off in the middle
	Hang                   // no answer until the caller gives up
	Answer                 // Reply answers, and the shop hears of nothing
)

// Fault is something that goes wrong with the calls that When names, all where it
// is nil.
type Fault struct {
	Kind  Kind
	Once  bool // else until it is lifted
	When  func(r *http.Request) bool
	Reply http.HandlerFunc
}

// Fault begins trouble. The function it returns ends it.
func (f *Fake) Fault(x Fault) (lift func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, &x)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.faults = slices.DeleteFunc(f.faults, func(y *Fault) bool { return y == &x })
	}
}

// struck returns the trouble that a call runs into, nil for none.
func (f *Fake) struck(r *http.Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.faults {
		if x.When == nil || x.When(r) {
			if x.Once {
				f.faults = slices.Delete(f.faults, i, i+1)
			}
			return x
		}
	}
	return nil
}

// Transport reaches the shop without a socket.
func (f *Fake) Transport() http.RoundTripper { return transport{f} }

type transport struct{ fake *Fake }

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var serve http.Handler = t.fake
	x := t.fake.struck(r)
	switch {
	case x == nil:
	case x.Kind == DropBefore:
		return nil, errReset
	case x.Kind == Hang:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case x.Kind == Answer:
		serve = x.Reply
	}
	rec := httptest.NewRecorder()
	serve.ServeHTTP(rec, r)
	if x != nil && x.Kind == DropAfter {
		return nil, errReset
	}
	resp := rec.Result()
	resp.Request = r
	if x != nil && x.Kind == Truncate {
		text := rec.Body.String()
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(text[:len(text)/2]), brokenOff{}))
	}
	return resp, nil
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
