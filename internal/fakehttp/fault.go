package fakehttp

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Kind says how a Fault strikes.
type Kind int

const (
	// DropBefore closes the connection before the request has any effect.
	DropBefore Kind = iota + 1
	// DropAfter lets the request take effect and closes the connection
	// instead of answering.
	DropAfter
	// Answer answers with Status, Header and Body; the request has no effect.
	Answer
	// AnswerAfter lets the request take effect, throws its answer away and
	// answers with Status, Header and Body.
	AnswerAfter
	// Truncate handles the request and cuts the answer's body in half.
	Truncate
	// Stall holds the request without effect until the caller gives up.
	Stall
	// StallAfter lets the request take effect and then holds the answer until
	// the caller gives up.
	StallAfter
	// Delay waits Fault.Delay, then handles the request.
	Delay
	// StallBody handles the request, sends the head and half of the body, and
	// holds the rest until the caller gives up: a client whose deadline ends
	// with the headers hangs.
	StallBody
)

// A Fault is one kind of misbehaviour, for the requests it matches.
type Fault struct {
	Op    string // operation as the fake names it; empty matches every one
	Kind  Kind
	After int // matching requests let through first
	Times int // matching requests struck; 0 means 1, -1 means all

	Status int // for Answer and AnswerAfter; 0 means 500
	Header http.Header
	Body   string
	Delay  time.Duration // for Delay

	// Reply, if set, answers instead of Status, Header and Body, with what the
	// request tells.
	Reply http.HandlerFunc

	// When, if set, narrows the match to requests it accepts. The body it sees
	// is a copy.
	When func(r *http.Request, body []byte) bool
}

// Faults is a list of faults in force. It is safe for concurrent use; the zero
// value has none.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Add puts f in force and returns a function that lifts it.
func (fs *Faults) Add(f Fault) (remove func()) {
	if f.Times == 0 {
		f.Times = 1
	}
	p := &f
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = append(fs.list, p)
	return func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		p.Times = 0
	}
}

// Clear lifts every fault.
func (fs *Faults) Clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = nil
}

// next returns the fault that strikes this request, if any, and uses it up.
func (fs *Faults) next(op string, r *http.Request, body []byte) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.Times == 0 || f.Op != "" && f.Op != op || f.When != nil && !f.When(r, body) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		struck := *f
		return &struck
	}
	return nil
}

// Wrap returns h with faults. op names a request's operation from the request
// and its body; maxBody bounds the body read for it, and larger requests are
// answered 413.
func (fs *Faults) Wrap(h http.Handler, maxBody int64, op func(r *http.Request, body []byte) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "request body too large or broken", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		f := fs.next(op(r, body), r, body)
		if f == nil {
			h.ServeHTTP(w, r)
			return
		}
		f.strike(w, r, h)
	})
}

func (f *Fault) strike(w http.ResponseWriter, r *http.Request, h http.Handler) {
	switch f.Kind {
	case DropBefore:
		panic(http.ErrAbortHandler)
	case DropAfter:
		h.ServeHTTP(newRecorder(), r)
		panic(http.ErrAbortHandler)
	case Answer:
		f.answer(w, r)
	case AnswerAfter:
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(newRecorder(), r)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.answer(w, r)
	case Truncate:
		rec := newRecorder()
		h.ServeHTTP(rec, r)
		rec.copyHeader(w)
		w.Header().Set("Content-Length", strconv.Itoa(rec.body.Len()))
		w.WriteHeader(rec.status)
		_, _ = w.Write(rec.body.Bytes()[:rec.body.Len()/2])
		panic(http.ErrAbortHandler)
	case Stall:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case StallAfter:
		h.ServeHTTP(newRecorder(), r)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case StallBody:
		rec := newRecorder()
		h.ServeHTTP(rec, r)
		rec.copyHeader(w)
		w.Header().Set("Content-Length", strconv.Itoa(rec.body.Len()))
		w.WriteHeader(rec.status)
		_, _ = w.Write(rec.body.Bytes()[:rec.body.Len()/2])
		if inProcess, ok := w.(*recorder); ok {
			inProcess.stalled = true
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Delay:
		if !Wait(r.Context(), f.Delay) {
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	default:
		panic("fakehttp: fault without a kind")
	}
}

func (f *Fault) answer(w http.ResponseWriter, r *http.Request) {
	if f.Reply != nil {
		f.Reply(w, r)
		return
	}
	maps.Copy(w.Header(), f.Header)
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, f.Body)
}
