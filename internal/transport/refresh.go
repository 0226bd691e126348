package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/penstock-go/penstock/channel"
)

// Grant configures [Tokens].
type Grant struct {
	Channel channel.ID // under which Store keeps the token
	Store   channel.TokenStore

	// Refresh asks the marketplace for a new token in place of t, and returns
	// it with what the answer told; what is left zero stays as it was, but for
	// Expiry. Its error's class decides what follows: ErrUnauthorized says that
	// the grant is dead, any other that the same refresh is worth repeating. It
	// may be called again with the same t, and ctx has a deadline.
	Refresh func(ctx context.Context, t channel.Token) (channel.Token, error)

	// Mint says that Refresh needs no refresh token: client credentials.
	Mint bool

	// Lifetime is assumed of an access token whose answer names none, though it
	// can be renewed and so does expire; default an hour.
	Lifetime time.Duration

	// Early is how long before its end an access token is renewed; default 5
	// minutes, and never more than a quarter of its life.
	Early time.Duration

	// Timeout bounds one renewal, and is how long a renewal that another
	// process has recorded is given to end; default 10 s.
	Timeout time.Duration
}

// Tokens is a token source over a channel.TokenStore that renews what expires.
// Several processes may share the store.
//
// A renewal is one at a time. It is recorded in the store before it is sent, so
// whoever finds the record after a crash repeats the same refresh token first;
// and its result is stored before it is used, so no process ever uses a token
// that the store does not know. A dead grant is stored as dead: from then on
// every call is ErrUnauthorized without asking the marketplace, until the store
// holds another token. After other failures renewals rest for a growing time,
// and a token that is still good goes on being used.
type Tokens struct {
	g      Grant
	flight singleflight.Group

	mu     sync.Mutex
	now    channel.Token // the last seen in the store
	early  time.Duration // for now
	failed error         // why renewals rest
	fails  int
	rest   time.Time // until then

	// Only within flight:
	claimed int64    // the version of our own record of a renewal
	pending *renewal // received and not yet stored
	fresh   channel.Secret
	renewed time.Time // when fresh came
}

// storeTime bounds the storing of what a renewal brought, beyond its Timeout.
const storeTime = 10 * time.Second

// patience is how long a call waits for another process's renewal.
const patience = 3 * time.Second

// renewal is a token received in place of another.
type renewal struct{ from, to channel.Token }

// NewTokens returns a token source. It reads nothing and starts nothing.
func NewTokens(g Grant) (*Tokens, error) {
	if g.Store == nil {
		return nil, errors.New("transport: Grant.Store is missing")
	}
	if g.Lifetime <= 0 {
		g.Lifetime = time.Hour
	}
	if g.Early <= 0 {
		g.Early = 5 * time.Minute
	}
	if g.Timeout <= 0 {
		g.Timeout = 10 * time.Second
	}
	return &Tokens{g: g, early: min(g.Early, g.Lifetime/4)}, nil
}

// Token implements [oauth2.TokenSource].
func (s *Tokens) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// TokenContext returns a token that is good for a while. ctx ends only this
// caller's waiting: a renewal goes on for those who wait with it.
func (s *Tokens) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	t, err := s.get(ctx, "")
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: string(t.Access), Expiry: t.Expiry}, nil
}

// renew returns a token other than the rejected one.
func (s *Tokens) renew(ctx context.Context, rejected channel.Secret) (channel.Token, error) {
	return s.get(ctx, rejected)
}

func (s *Tokens) get(ctx context.Context, rejected channel.Secret) (channel.Token, error) {
	for {
		if t, ok, err := s.atHand(rejected); ok {
			return t, err
		}
		ch := s.flight.DoChan("", func() (any, error) {
			// Others wait for this too, so it has a deadline of its own and
			// outlives the caller that happened to be first.
			ctx, cancel := context.WithTimeout(context.Background(), s.g.Timeout)
			defer cancel()
			t, err := s.renewal(ctx, rejected)
			s.note(err)
			return t, err
		})
		select {
		case <-ctx.Done():
			return channel.Token{}, s.error(channel.ErrUnavailable, ctx.Err())
		case r := <-ch:
			t, _ := r.Val.(channel.Token)
			if r.Err != nil {
				if t, ok := s.stillGood(rejected); ok && !errors.Is(channel.Class(r.Err), channel.ErrUnauthorized) {
					return t, nil
				}
				return channel.Token{}, r.Err
			}
			if t.Access != rejected {
				return t, nil
			}
			// The flight we joined was not about our rejected token.
		}
	}
}

// atHand answers from memory where that will do.
func (s *Tokens) atHand(rejected channel.Secret) (t channel.Token, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case s.now.Dead != "" || s.now.Access == rejected:
	case usable(s.now, now.Add(s.early)):
		return s.now, true, nil
	case now.Before(s.rest) && usable(s.now, now):
		return s.now, true, nil
	}
	if failed, is := errors.AsType[*channel.Error](s.failed); is && now.Before(s.rest) {
		e := *failed
		e.RetryAfter = s.rest.Sub(now)
		return t, true, &e
	}
	return t, false, nil
}

func (s *Tokens) stillGood(rejected channel.Secret) (channel.Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.now.Dead == "" && s.now.Access != rejected && usable(s.now, time.Now())
}

func usable(t channel.Token, at time.Time) bool {
	return t.Access != "" && (t.Expiry.IsZero() || at.Before(t.Expiry))
}

// note lets renewals rest after a failure: 1 s, doubled up to a minute, or what
// the marketplace asked for. A dead grant needs no rest: it costs no call.
func (s *Tokens) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil || errors.Is(channel.Class(err), channel.ErrUnauthorized) {
		s.failed, s.fails, s.rest = nil, 0, time.Time{}
		return
	}
	var e *channel.Error
	if !errors.As(err, &e) {
		return
	}
	rest := min(time.Minute, time.Second<<min(s.fails, 6))
	s.fails++
	s.failed, s.rest = e, time.Now().Add(max(e.RetryAfter, rest/2+rand.N(rest/2)))
}

// adopt makes t, as it is stored, the token at hand.
func (s *Tokens) adopt(t channel.Token, early time.Duration) channel.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if early > 0 {
		s.early = early
	}
	s.now = t
	return t
}

// renewal returns the stored token, renewed if it must be. It runs once at a
// time in this process.
func (s *Tokens) renewal(ctx context.Context, rejected channel.Secret) (channel.Token, error) {
	begun := time.Now()
	for {
		if err := s.store(); err != nil {
			return channel.Token{}, err
		}
		if err := ctx.Err(); err != nil {
			return channel.Token{}, s.error(channel.ErrUnavailable, err)
		}
		t, err := s.g.Store.Load(ctx, s.g.Channel)
		if errors.Is(err, channel.ErrNotFound) {
			if !s.g.Mint {
				return channel.Token{}, s.dead("no grant is stored")
			}
			t, err = channel.Token{}, nil
		}
		if err != nil {
			return channel.Token{}, s.error(channel.ErrUnavailable, err)
		}
		now := time.Now()
		if t.Dead != "" {
			s.adopt(t, 0)
			return channel.Token{}, s.dead(t.Dead)
		}
		s.mu.Lock()
		early := s.early
		s.mu.Unlock()
		if t.Access != rejected && usable(t, now.Add(early)) {
			return s.adopt(t, 0), nil
		}
		switch {
		case t.Access == rejected && rejected == s.fresh && rejected != "" && now.Sub(s.renewed) < time.Minute:
			// Another new one would be refused like this new one.
			return channel.Token{}, s.dead("a token renewed just now is refused")
		case s.g.Refresh == nil, !s.g.Mint && t.Refresh == "":
			return channel.Token{}, s.dead("the token is refused or expired and cannot be renewed")
		case !s.g.Mint && !t.RefreshExpiry.IsZero() && now.After(t.RefreshExpiry):
			if err := s.bury(t, "the refresh token has expired"); !errors.Is(err, channel.ErrTokenChanged) {
				return channel.Token{}, err
			}
			continue
		}
		if since := now.Sub(t.Refreshing); !t.Refreshing.IsZero() && t.Version != s.claimed && since < s.g.Timeout && since > -time.Minute {
			// Another process is at it. Two at once would spend one refresh
			// token twice.
			if t.Access != rejected && usable(t, now) {
				return s.adopt(t, 0), nil
			}
			if now.Sub(begun) >= patience {
				e := s.error(channel.ErrUnavailable, errors.New("another process is renewing the token"))
				e.RetryAfter = min(s.g.Timeout-since, s.g.Timeout)
				return channel.Token{}, e
			}
			_ = sleep(ctx, 250*time.Millisecond)
			continue
		}
		claim := t
		claim.Refreshing = now
		if err := s.g.Store.Swap(ctx, s.g.Channel, t.Version, claim); errors.Is(err, channel.ErrTokenChanged) {
			continue
		} else if err != nil {
			return channel.Token{}, s.error(channel.ErrUnavailable, err)
		}
		claim.Version = t.Version + 1
		s.claimed = claim.Version
		s.adopt(claim, 0)

		next, err := s.ask(ctx, claim)
		if err == nil {
			s.pending = &renewal{claim, next}
			continue
		}
		if errors.Is(channel.Class(err), channel.ErrUnauthorized) {
			if err := s.bury(claim, reason(err)); !errors.Is(err, channel.ErrTokenChanged) {
				return channel.Token{}, err
			}
			continue
		}
		return channel.Token{}, err
	}
}

// ask sends one refresh, and the same a second time if its answer is lost.
func (s *Tokens) ask(ctx context.Context, t channel.Token) (channel.Token, error) {
	for try := 1; ; try++ {
		asked := time.Now()
		next, err := s.g.Refresh(ctx, t)
		if err == nil && next.Access == "" {
			err = s.error(channel.ErrUnsure, errors.New("the answer to the refresh holds no access token"))
		}
		if err == nil {
			return s.merge(t, next, asked), nil
		}
		var e *channel.Error
		if !errors.As(err, &e) || e.Class == nil {
			e = s.error(channel.ErrUnsure, Redact(err))
		}
		lost := errors.Is(e.Class, channel.ErrUnsure) || errors.Is(e.Class, channel.ErrUnavailable)
		if !lost || try > 1 || ctx.Err() != nil || e.RetryAfter > time.Second {
			if errors.Is(e.Class, channel.ErrUnsure) {
				// For the caller's call nothing was applied; only the refresh is
				// in doubt, and the store remembers that.
				c := *e
				c.Class = channel.ErrUnavailable
				e = &c
			}
			return channel.Token{}, e
		}
		_ = sleep(ctx, e.RetryAfter+rand.N(500*time.Millisecond))
	}
}

// merge fills next, asked for at the given time, from what it replaces.
func (s *Tokens) merge(from, next channel.Token, asked time.Time) channel.Token {
	if next.Refresh == "" {
		next.Refresh, next.RefreshExpiry = from.Refresh, from.RefreshExpiry
	}
	if next.Scopes == nil {
		next.Scopes = from.Scopes
	}
	if next.Expiry.IsZero() {
		next.Expiry = asked.Add(s.g.Lifetime) // what can be renewed expires, whatever the answer left out
	}
	next.Refreshing, next.Dead, next.Version = time.Time{}, "", 0
	return next
}

// store makes the pending renewal durable. It has time of its own: the refresh
// token is spent, and its fruit must not be lost to a deadline.
func (s *Tokens) store() error {
	p := s.pending
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	version := p.from.Version
	var failed error
	for try := range 4 {
		if try > 0 && failed != nil {
			_ = sleep(ctx, 100*time.Millisecond<<try)
		}
		failed = s.g.Store.Swap(ctx, s.g.Channel, version, p.to)
		if failed == nil {
			to := p.to
			to.Version = version + 1
			early := s.g.Early
			if !to.Expiry.IsZero() {
				early = min(early, time.Until(to.Expiry)/4)
			}
			s.fresh, s.renewed, s.pending = to.Access, time.Now(), nil
			s.adopt(to, max(early, time.Nanosecond))
			return nil
		}
		if !errors.Is(failed, channel.ErrTokenChanged) {
			continue
		}
		stored, err := s.g.Store.Load(ctx, s.g.Channel)
		if err != nil {
			failed = err
			continue
		}
		if stored.Refresh != p.from.Refresh || stored.Access != p.from.Access && stored.Dead == "" {
			s.pending = nil // theirs, or the seller's new grant, or our own stored before
			return nil
		}
		// Another process found our record old and took the renewal over with
		// the refresh token that we have exchanged: what it can get is worth
		// less than what we hold.
		version, failed = stored.Version, nil
	}
	return s.error(channel.ErrUnavailable, fmt.Errorf("store the renewed token: %w", failed))
}

// bury stores t as dead and returns ErrUnauthorized; ErrTokenChanged if somebody
// stored another meanwhile.
func (s *Tokens) bury(t channel.Token, why string) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	t.Dead, t.Refreshing = why, time.Time{}
	err := s.g.Store.Swap(ctx, s.g.Channel, t.Version, t)
	if errors.Is(err, channel.ErrTokenChanged) {
		return err
	}
	if err != nil {
		return s.error(channel.ErrUnavailable, fmt.Errorf("store that the grant is dead: %w", err))
	}
	t.Version++
	s.adopt(t, 0)
	return s.dead(why)
}

// reason is what the token endpoint said, fit for a seller to read.
func reason(err error) string {
	var e *channel.Error
	if errors.As(err, &e) && (e.Code != "" || e.Message != "") {
		if e.Code == "" || e.Message == "" {
			return Message(e.Code + e.Message)
		}
		return Message(e.Code + ": " + e.Message)
	}
	return "the marketplace refused to renew the grant"
}

func (s *Tokens) dead(why string) *channel.Error {
	return &channel.Error{Channel: s.g.Channel, Class: channel.ErrUnauthorized, Message: why}
}

func (s *Tokens) error(class, err error) *channel.Error {
	return &channel.Error{Channel: s.g.Channel, Class: class, Err: err}
}
