package transport

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Event is one attempt as it is logged and measured. It never holds a URL, a
// header or a body.
type Event struct {
	Channel  channel.ID
	Op       string
	Method   string
	Status   int           // 0 without an answer
	Err      error         // why there was none
	Duration time.Duration // of the attempt, answer's body included
	Waited   time.Duration // for the limit and between attempts, by the call so far
	Attempt  int           // from 1
	Cost     float64       // asked of the limiter
}

// Trace logs each attempt at debug level and tells Hook.
type Trace struct {
	Base    http.RoundTripper
	Channel channel.ID
	Logger  *slog.Logger                 // nil is silent
	Hook    func(context.Context, Event) // nil is none; must not block
}

// RoundTrip implements [http.RoundTripper].
func (t *Trace) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	debug := t.Logger != nil && t.Logger.Enabled(ctx, slog.LevelDebug)
	if !debug && t.Hook == nil {
		return t.Base.RoundTrip(req)
	}
	e := Event{Channel: t.Channel, Method: req.Method}
	if trip := tripFrom(ctx); trip != nil {
		trip.mu.Lock()
		e.Op, e.Cost, e.Attempt, e.Waited = trip.call.Op, trip.call.cost(), trip.attempts, trip.waited
		trip.mu.Unlock()
	}
	start := time.Now()
	resp, err := t.Base.RoundTrip(req)
	e.Duration = time.Since(start)
	if err != nil {
		e.Err = Redact(err)
	} else {
		e.Status = resp.StatusCode
	}
	if debug {
		attrs := []slog.Attr{
			slog.String("channel", string(e.Channel)), slog.String("op", e.Op), slog.String("method", e.Method),
			slog.Int("status", e.Status), slog.Duration("duration", e.Duration), slog.Duration("waited", e.Waited),
			slog.Int("attempt", e.Attempt), slog.Float64("cost", e.Cost),
		}
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
		t.Logger.LogAttrs(ctx, slog.LevelDebug, "call", attrs...)
	}
	if t.Hook != nil {
		t.Hook(ctx, e)
	}
	return resp, err
}
