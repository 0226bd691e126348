package fakehttp

import (
	"context"
	"time"
)

// Wait holds a request for d and reports whether its caller is still there. It
// starts no timer where d is 0.
func Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
