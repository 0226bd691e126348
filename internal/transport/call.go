package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Repeat says what sending a call a second time would do. Whatever it says, a
// call that surely had no effect (no connection, refused by a limit, refused
// for an old token) may be sent again.
type Repeat int

// The kinds of calls.
const (
	ByMethod   Repeat = iota // GET, HEAD and OPTIONS are Read, the rest is Once
	Read                     // changes nothing: may be repeated, and is never unsure
	Idempotent               // a write that is safe to send again as it is, by its nature or by a key
	Once                     // never sent again when it may have arrived
)

// Doubt is the class of a call whose answer tells nothing: a read may be
// repeated, a write may have been applied.
func (r Repeat) Doubt() error {
	if r == Read {
		return channel.ErrUnavailable
	}
	return channel.ErrUnsure
}

// Call is what the wire client says about the request it is about to send.
type Call struct {
	Op         string  // names the operation in errors and logs: "order page"
	Key        string  // the limiter's key; "" is Config.Key
	Cost       float64 // what the call takes from the limiter; 0 is 1
	Repeatable Repeat
}

func (c Call) cost() float64 {
	if c.Cost > 0 {
		return c.Cost
	}
	return 1
}

// WithCall returns a context that carries call to the RoundTrippers. It is made
// anew for each call; requests sent one after the other under the same context
// are separate calls unless [Pause] came between them.
func WithCall(ctx context.Context, call Call) context.Context {
	return context.WithValue(ctx, tripKey{}, &trip{call: call})
}

// CallFrom returns the call that WithCall put in.
func CallFrom(ctx context.Context) (Call, bool) {
	if t := tripFrom(ctx); t != nil {
		return t.call, true
	}
	return Call{}, false
}

// Attempts returns how often the call was sent or tried so far.
func Attempts(ctx context.Context) int {
	t := tripFrom(ctx)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attempts
}

// SentAt returns when the last attempt of the call went out, after all waiting
// for limits; the zero time if none did.
func SentAt(ctx context.Context) time.Time {
	t := tripFrom(ctx)
	if t == nil {
		return time.Time{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

// Doubtful reports whether an attempt of the call, the last one included, may
// have been applied though its answer was lost or was a server's failure. Reads
// are never doubtful. An adapter that gets a refusal such as "already exists"
// for a repeated write asks this before it believes it.
func Doubtful(ctx context.Context) bool {
	t := tripFrom(ctx)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.doubt && !t.read
}

// Pause waits before the wire client repeats a call whose answer was a throttle
// inside a 200. It shares the call's limits on waiting and attempts: beyond
// them it returns at once an *[channel.Error] of class ErrThrottled whose
// RetryAfter is wait, which is taken for none when it is below zero and for an
// hour when it is longer.
func Pause(ctx context.Context, wait time.Duration) error {
	wait = min(longestSilence, max(0, wait))
	t := tripFrom(ctx)
	if t == nil {
		return &channel.Error{Class: channel.ErrThrottled, RetryAfter: wait}
	}
	t.mu.Lock()
	late := t.attempts >= t.maxAttempts || wait > t.maxWait-t.waited || deadlineBefore(ctx, wait)
	t.mu.Unlock()
	if late {
		return t.final(&channel.Error{Class: channel.ErrThrottled, RetryAfter: wait})
	}
	if err := sleep(ctx, wait); err != nil {
		return t.final(&channel.Error{Class: channel.ErrUnavailable, Err: err})
	}
	t.mu.Lock()
	t.waited += wait
	t.again = true
	t.mu.Unlock()
	return nil
}

type tripKey struct{}

// trip is one call on its way: what all its attempts share.
type trip struct {
	call Call

	mu          sync.Mutex
	channel     channel.ID
	read        bool // the call changes nothing
	repeat      Repeat
	maxWait     time.Duration
	maxAttempts int
	attempts    int
	sent        time.Time     // the last attempt
	waited      time.Duration // of maxWait
	wait        time.Duration // before the next attempt
	doubt       bool          // an attempt may have been applied
	authed      bool          // Auth put credentials on it
	renewed     bool          // the token was renewed once for this call
	resend      bool          // the last attempt was refused for a token that is renewed now
	again       bool          // Pause came before this round
	grant       *grant        // what the last attempt took from the limiter
}

func tripFrom(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// begin readies t for a round of attempts.
func (t *trip) begin(method string, id channel.ID, maxWait time.Duration, maxAttempts int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.again {
		t.attempts, t.waited, t.doubt, t.renewed, t.grant = 0, 0, false, false, nil
	}
	t.again, t.resend, t.authed, t.wait = false, false, false, 0
	t.channel, t.maxWait, t.maxAttempts = id, maxWait, maxAttempts
	t.repeat = t.call.Repeatable
	safe := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions || method == ""
	if t.repeat == ByMethod {
		t.repeat = Once
		if safe {
			t.repeat = Read
		}
	}
	t.read = t.repeat == Read || safe
}

// left returns how long the call may still wait.
func (t *trip) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, t.maxWait-t.waited)
}

// leaves notes that an attempt goes out.
func (t *trip) leaves() {
	t.mu.Lock()
	t.sent = time.Now()
	t.mu.Unlock()
}

func (t *trip) spend(d time.Duration) {
	t.mu.Lock()
	t.waited += d
	t.mu.Unlock()
}

// final names channel and operation in err, and makes it unsure when an earlier
// attempt of a write may have been applied.
func (t *trip) final(err *channel.Error) *channel.Error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := *err
	if e.Channel == "" {
		e.Channel = t.channel
	}
	if e.Op == "" {
		e.Op = t.call.Op
	}
	if t.doubt && !t.read && !errors.Is(e.Class, channel.ErrUnsure) {
		return &channel.Error{
			Channel: e.Channel, Op: e.Op, RequestID: e.RequestID, RetryAfter: e.RetryAfter,
			Class: channel.ErrUnsure, Err: unsureError{&e},
		}
	}
	return &e
}

// unsureError tells of an error what it says, without its class: an error has
// one class, and that is ErrUnsure.
type unsureError struct{ err *channel.Error }

func (u unsureError) Error() string {
	e := *u.err
	e.Channel, e.Op, e.RequestID, e.RetryAfter = "", "", "", 0
	return "an earlier attempt got no answer, the last: " + e.Error()
}

func (u unsureError) Unwrap() error { return u.err.Err }

func deadlineBefore(ctx context.Context, wait time.Duration) bool {
	d, ok := ctx.Deadline()
	return ok && time.Until(d) < wait
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
