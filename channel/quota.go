package channel

import (
	"context"
	"sync"
	"time"
)

// Quota shares an allowance among everything that spends it: the channels of
// one application, in one process or in many. It is for allowances that span
// channels, such as a day's calls of an application; what belongs to one
// channel is limited by its adapter. It is safe for concurrent use.
type Quota interface {
	// Take spends n of key's allowance and leaves at least reserve of it. When
	// that is not to be had it takes nothing and returns an *Error of class
	// ErrThrottled whose RetryAfter is the time until the allowance is reset.
	// A key that nothing was learnt of grants everything.
	Take(ctx context.Context, key string, n, reserve int64) error

	// Learn records what the marketplace says: key's limit, what is left of
	// it, and when it is reset.
	Learn(ctx context.Context, key string, limit, left int64, reset time.Time) error
}

// NewQuota returns a Quota that lives in this process.
func NewQuota() Quota { return &memoryQuota{keys: map[string]*allowance{}} }

type memoryQuota struct {
	mu   sync.Mutex
	keys map[string]*allowance
}

type allowance struct {
	limit, left int64
	reset       time.Time
}

func (q *memoryQuota) Take(_ context.Context, key string, n, reserve int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.keys[key]
	if a == nil {
		return nil
	}
	now := time.Now()
	if !a.reset.IsZero() && !now.Before(a.reset) {
		// A new period has begun; how long it lasts is learnt with its first answer.
		a.left, a.reset = a.limit, time.Time{}
	}
	if a.left-n < reserve {
		return &Error{Op: "quota " + key, Class: ErrThrottled, RetryAfter: max(0, a.reset.Sub(now))}
	}
	a.left -= n
	return nil
}

func (q *memoryQuota) Learn(_ context.Context, key string, limit, left int64, reset time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keys[key] = &allowance{limit: limit, left: left, reset: reset}
	return nil
}
