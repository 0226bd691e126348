package adapter

import (
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// GrantClasses are the codes of a token endpoint (RFC 6749, 5.2 and 4.1.2.1).
// Only what the seller can mend means that the grant is dead; what is wrong with
// the application is its operator's, and the grant lives on.
var GrantClasses = map[string]error{
	"invalid_grant":           channel.ErrUnauthorized, // withdrawn, ended, mistyped, another application's
	"access_denied":           channel.ErrUnauthorized,
	"invalid_client":          channel.ErrForbidden, // wrong or expired keys
	"unauthorized_client":     channel.ErrForbidden,
	"invalid_scope":           channel.ErrForbidden,
	"invalid_request":         channel.ErrForbidden,
	"unsupported_grant_type":  channel.ErrForbidden,
	"server_error":            channel.ErrUnavailable,
	"temporarily_unavailable": channel.ErrUnavailable,
}

// AddRemedy says, behind what the marketplace said, what to do about it; "" is
// nothing.
func AddRemedy(e *channel.Error, remedy string) {
	switch {
	case remedy == "":
	case e.Message == "":
		e.Message = remedy
	default:
		e.Message += ": " + remedy
	}
}

// Ending says that something ends soon, or has: "the client secret ends on
// 2026-12-01, in 8 days: make a new one". It is "" while there is more time than
// notice.
func Ending(what string, ends, now time.Time, notice time.Duration, remedy string) string {
	day := ends.UTC().Format(time.DateOnly)
	switch left := ends.Sub(now); {
	case left <= 0:
		return what + " ended on " + day + ": " + remedy
	case left <= notice:
		return fmt.Sprintf("%s ends on %s, in %d days: %s", what, day, int(left/(24*time.Hour)), remedy)
	}
	return ""
}

// Daily is a reminder that is due once in 24 hours. It is safe for concurrent
// use, and its zero value is due.
type Daily struct {
	mu   sync.Mutex
	told time.Time
}

// Due reports whether the reminder is due, and takes it as given if so.
func (d *Daily) Due() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if !d.told.IsZero() && now.Sub(d.told) < 24*time.Hour {
		return false
	}
	d.told = now
	return true
}
