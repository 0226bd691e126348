package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Config is what [New] makes a channel's client of. The zero value of each
// field but those of Credentials is a sensible default.
type Config struct {
	Channel channel.ID        // in every error and log line
	Base    http.RoundTripper // nil is a pool shared by all channels of the process

	Credentials Credentials // without a Source, requests go as they are

	Limiter *Limiter // nil does not limit
	Key     string   // the limiter's, for calls that name none
	Policy  Policy   // how the marketplace's answers are read

	// MaxWait is the longest one call may wait in all, for the limit and
	// between attempts, before it comes back as throttled; default 5 s, -1 not
	// at all.
	MaxWait time.Duration

	MaxAttempts  int           // of one call; default 4
	CallDeadline time.Duration // of one attempt, as Traits.CallDeadline says; default 10 s, -1 none

	// MaxBody bounds a request's and an answer's body in bytes; default 32 MiB,
	// -1 not at all.
	MaxBody int64

	// Stream leaves the bodies of good answers unread, for downloads larger than memory.
	// MaxBody then does not bound them, and a cut body is not noticed here.
	Stream bool

	Logger *slog.Logger                 // nil is silent
	Hook   func(context.Context, Event) // told of each attempt; must not block
}

// Client sends a channel's calls. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	retry *Retry
}

// New returns a client. It starts nothing.
func New(cfg Config) (*Client, error) {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf("transport: "+format, args...)) }
	if cfg.Credentials.Source != nil {
		if len(cfg.Credentials.Hosts) == 0 {
			complain("Credentials.Hosts is empty: nobody would get the token")
		}
		if cfg.Credentials.Header == "" {
			complain("Credentials.Header is missing")
		}
	}
	if cfg.MaxAttempts < 0 {
		complain("MaxAttempts is %d", cfg.MaxAttempts)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	orDefault(&cfg.MaxWait, 5*time.Second)
	orDefault(&cfg.MaxAttempts, 4)
	orDefault(&cfg.CallDeadline, 10*time.Second)
	orDefault(&cfg.MaxBody, 32<<20)
	if cfg.Base == nil {
		cfg.Base = sharedBase()
	}
	retry := &Retry{
		Channel: cfg.Channel, MaxWait: cfg.MaxWait, MaxAttempts: cfg.MaxAttempts, MaxBody: cfg.MaxBody, Policy: cfg.Policy,
		Base: &Limit{
			Limiter: cfg.Limiter, Key: cfg.Key, Policy: cfg.Policy,
			Base: &Auth{
				Credentials: cfg.Credentials, Policy: cfg.Policy,
				Base: &Trace{
					Channel: cfg.Channel, Logger: cfg.Logger, Hook: cfg.Hook,
					Base: &Wire{Deadline: cfg.CallDeadline, MaxBody: cfg.MaxBody, Stream: cfg.Stream, Base: cfg.Base},
				},
			},
		},
	}
	return &Client{retry: retry, http: &http.Client{Transport: retry, CheckRedirect: noRedirect}}, nil
}

// orDefault sets what is 0 to def, and what is below to 0: off.
func orDefault[T int | int64 | time.Duration](v *T, def T) {
	switch {
	case *v == 0:
		*v = def
	case *v < 0:
		*v = 0
	}
}

// sharedBase is the default base. Channels of one marketplace share its hosts,
// so more idle connections to one host are kept than net/http's two.
var sharedBase = sync.OnceValue(func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 16
	return t
})

// Do sends req as its context's [Call] says, and returns the last answer. A
// redirect is an answer. The body is in memory ([Bytes]) and must be closed. An
// error is always an *[channel.Error], without URL, header or body.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if e, ok := errors.AsType[*channel.Error](err); ok {
		return nil, e
	}
	call, _ := CallFrom(req.Context())
	return nil, &channel.Error{Channel: c.retry.Channel, Op: call.Op, Class: channel.ErrInvalid, Err: Redact(err)}
}

// CloseIdleConnections closes the idle connections of the base, which other
// channels may share.
func (c *Client) CloseIdleConnections() { c.retry.CloseIdleConnections() }

// CloseIdleConnections passes on what http.Client asks of its transport.
func (l *Limit) CloseIdleConnections() { closeIdle(l.Base) }

// CloseIdleConnections passes on what http.Client asks of its transport.
func (a *Auth) CloseIdleConnections() { closeIdle(a.Base) }

// CloseIdleConnections passes on what http.Client asks of its transport.
func (t *Trace) CloseIdleConnections() { closeIdle(t.Base) }

// CloseIdleConnections passes on what http.Client asks of its transport.
func (w *Wire) CloseIdleConnections() { closeIdle(w.Base) }
