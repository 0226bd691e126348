package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// market is a token endpoint with single-use refresh tokens, and the store its
// tokens are in.
type market struct {
	mu      sync.Mutex
	n       int    // refresh tokens handed out
	live    string // the one that works
	asked   []string
	fault   func(n int) (before, after error) // of the n-th call, from 1
	takes   time.Duration
	noTime  bool // the answer names no expiry
	dead    bool
	store   channel.TokenStore
	swapErr func() error
	swaps   int
}

func newMarket() *market { return &market{live: "r0"} }

var errDead = &channel.Error{Class: channel.ErrUnauthorized, Code: "invalid_grant", Message: "revoked"}

func (m *market) refresh(ctx context.Context, t channel.Token) (channel.Token, error) {
	m.mu.Lock()
	m.asked = append(m.asked, string(t.Refresh))
	n := len(m.asked)
	m.mu.Unlock()
	if err := sleep(ctx, m.takes); err != nil {
		return channel.Token{}, &channel.Error{Class: channel.ErrUnsure, Err: err}
	}
	var before, after error
	if m.fault != nil {
		before, after = m.fault(n)
	}
	if before != nil {
		return channel.Token{}, before
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead || string(t.Refresh) != m.live {
		return channel.Token{}, errDead
	}
	m.n++
	next := channel.Token{
		Access:  channel.Secret(fmt.Sprintf("new-%d", m.n)),
		Refresh: channel.Secret(fmt.Sprintf("r%d", m.n)),
		Expiry:  time.Now().Add(time.Hour),
	}
	if m.noTime {
		next.Expiry = time.Time{}
	}
	if after != nil {
		return channel.Token{}, after // the lenient endpoint: the old one still works
	}
	m.live = string(next.Refresh)
	return next, nil
}

func (m *market) refreshes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

// Load and Swap put faults and a look at the order of things before the store.
func (m *market) Load(ctx context.Context, id channel.ID) (channel.Token, error) {
	return m.store.Load(ctx, id)
}

func (m *market) Swap(ctx context.Context, id channel.ID, old int64, t channel.Token) error {
	m.mu.Lock()
	m.swaps++
	f := m.swapErr
	m.mu.Unlock()
	if f != nil {
		if err := f(); err != nil {
			return err
		}
	}
	return m.store.Swap(ctx, id, old, t)
}

// source puts tok into a new store and returns a source over it; process
// returns another over the same.
func (m *market) source(t *testing.T, tok channel.Token) *Tokens {
	t.Helper()
	m.store = channel.NewTokenStore(map[channel.ID]channel.Token{"shop": tok})
	return m.process(t)
}

func (m *market) process(t *testing.T) *Tokens {
	t.Helper()
	s, err := NewTokens(Grant{Channel: "shop", Store: m, Refresh: m.refresh})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (m *market) stored(t *testing.T) channel.Token {
	t.Helper()
	tok, err := m.store.Load(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func token(t *testing.T, s *Tokens, want string) {
	t.Helper()
	got, err := s.TokenContext(t.Context())
	if err != nil || got.AccessToken != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
}

func expired() channel.Token {
	return channel.Token{Access: "old", Refresh: "r0", Expiry: time.Now().Add(-time.Minute), Scopes: []string{"read_orders"}}
}

func TestATokenIsRenewedEarlyOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.takes = time.Second
		src := m.source(t, channel.Token{Access: "old", Refresh: "r0", Expiry: time.Now().Add(10 * time.Minute), Scopes: []string{"s"}})
		token(t, src, "old")
		time.Sleep(5*time.Minute + time.Second)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { token(t, src, "new-1") })
		}
		wg.Wait()
		if m.refreshes() != 1 {
			t.Errorf("%d refreshes", m.refreshes())
		}
		got := m.stored(t)
		if got.Access != "new-1" || got.Refresh != "r1" || !got.Refreshing.IsZero() || got.Scopes[0] != "s" || got.Version != 3 {
			t.Errorf("stored %#v", got)
		}
	})
}

func TestARefreshIsRecordedBeforeItIsSentAndStoredBeforeItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.fault = func(int) (error, error) {
			if tok := m.stored(t); tok.Refreshing.IsZero() || tok.Refresh != "r0" {
				t.Errorf("sent without a record: %#v", tok)
			}
			return nil, nil
		}
		src := m.source(t, expired())
		// The store fails when the renewed token is to be stored.
		m.swapErr = func() error {
			if m.refreshes() > 0 {
				return errors.New("disk full")
			}
			return nil
		}
		_, err := src.TokenContext(t.Context())
		if !errors.Is(channel.Class(err), channel.ErrUnavailable) {
			t.Fatalf("used without being stored: %v", err)
		}
		time.Sleep(2 * time.Minute)
		m.swapErr = nil
		token(t, src, "new-1")
		if m.refreshes() != 1 || m.stored(t).Access != "new-1" {
			t.Errorf("%d refreshes, stored %#v", m.refreshes(), m.stored(t))
		}
	})
}

func TestALostAnswerRepeatsTheSameRefreshFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.fault = func(n int) (error, error) {
			if n <= 3 {
				return nil, &channel.Error{Class: channel.ErrUnsure, Code: "520"}
			}
			return nil, nil
		}
		src := m.source(t, expired())
		_, err := src.TokenContext(t.Context())
		if !errors.Is(channel.Class(err), channel.ErrUnavailable) {
			t.Fatal(err)
		}
		if m.refreshes() != 2 || m.stored(t).Refreshing.IsZero() {
			t.Errorf("%d refreshes, %#v", m.refreshes(), m.stored(t))
		}
		// A storm of calls meanwhile asks nobody.
		for range 100 {
			if _, err := src.TokenContext(t.Context()); !errors.Is(channel.Class(err), channel.ErrUnavailable) || channel.RetryAfter(err) <= 0 {
				t.Fatal(err)
			}
		}
		if m.refreshes() != 2 {
			t.Errorf("%d refreshes", m.refreshes())
		}
		time.Sleep(2 * time.Second)
		token(t, src, "new-4")
		for i, r := range m.asked {
			if r != "r0" {
				t.Errorf("refresh %d used %s", i+1, r)
			}
		}
	})
}

func TestACrashAfterTheRecordRepeatsTheSameRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		tok := expired()
		tok.Refreshing = time.Now().Add(-time.Hour)
		src := m.source(t, tok)
		token(t, src, "new-1")
		if m.asked[0] != "r0" {
			t.Error(m.asked)
		}
	})
}

func TestADeadGrantIsAStateAndNotAStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.dead = true
		src := m.source(t, expired())
		for range 50 {
			_, err := src.TokenContext(t.Context())
			e := class(t, err, channel.ErrUnauthorized)
			if e.Message != "invalid_grant: revoked" {
				t.Fatalf("%q", e.Message)
			}
		}
		other := m.process(t)
		if _, err := other.TokenContext(t.Context()); !errors.Is(channel.Class(err), channel.ErrUnauthorized) {
			t.Error(err)
		}
		if m.refreshes() != 1 || m.stored(t).Dead != "invalid_grant: revoked" {
			t.Errorf("%d refreshes, stored %#v", m.refreshes(), m.stored(t))
		}
		// The seller authorises again.
		stored := m.stored(t)
		if err := m.store.Swap(t.Context(), "shop", stored.Version, channel.Token{Access: "granted", Refresh: "r9", Expiry: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		token(t, src, "granted")
		token(t, other, "granted")
	})
}

func TestTwoProcessesSpendARefreshTokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.takes = time.Second
		a := m.source(t, expired())
		b := m.process(t)
		var wg sync.WaitGroup
		for _, s := range []*Tokens{a, b, a, b} {
			wg.Go(func() { token(t, s, "new-1") })
		}
		wg.Wait()
		if m.refreshes() != 1 {
			t.Errorf("%d refreshes", m.refreshes())
		}
	})
}

func TestATokenChangedMeanwhileIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		src := m.source(t, expired())
		first := true
		m.swapErr = func() error {
			if first {
				first = false
				_ = m.store.Swap(t.Context(), "shop", 1, channel.Token{Access: "theirs", Refresh: "r5", Expiry: time.Now().Add(time.Hour)})
			}
			return nil
		}
		token(t, src, "theirs")
		if m.refreshes() != 0 {
			t.Errorf("%d refreshes", m.refreshes())
		}
	})
}

func TestARefusalThatLostARaceIsNoDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		src := m.source(t, expired())
		m.fault = func(int) (error, error) {
			// While we ask, another process gets and stores the next token.
			tok := m.stored(t)
			_ = m.store.Swap(t.Context(), "shop", tok.Version, channel.Token{Access: "theirs", Refresh: "r5", Expiry: time.Now().Add(time.Hour)})
			return errDead, nil
		}
		token(t, src, "theirs")
		if m.stored(t).Dead != "" {
			t.Error("buried")
		}
	})
}

func TestAnExchangedTokenOutlivesATakeover(t *testing.T) {
	// Our answer comes so late that another process has taken our record for
	// that of the dead. It holds the spent refresh token, we its fruit.
	for _, dead := range []string{"", "invalid_grant"} {
		synctest.Test(t, func(t *testing.T) {
			m := newMarket()
			src := m.source(t, expired())
			m.fault = func(int) (error, error) {
				tok := m.stored(t)
				old := tok.Version
				tok.Refreshing, tok.Dead = time.Now(), dead
				_ = m.store.Swap(t.Context(), "shop", old, tok)
				return nil, nil
			}
			token(t, src, "new-1")
			if got := m.stored(t); got.Refresh != "r1" || got.Dead != "" {
				t.Errorf("stored %#v", got)
			}
		})
	}
}

func TestAMissingExpiryIsNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.noTime = true
		src := m.source(t, expired())
		token(t, src, "new-1")
		if m.stored(t).Expiry.IsZero() {
			t.Error("never expires")
		}
		time.Sleep(time.Hour)
		token(t, src, "new-2")
	})
}

func TestAFailedEarlyRenewalKeepsTheGoodToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.fault = func(int) (error, error) { return &channel.Error{Class: channel.ErrUnavailable}, nil }
		src := m.source(t, channel.Token{Access: "old", Refresh: "r0", Expiry: time.Now().Add(4 * time.Minute)})
		for range 100 {
			token(t, src, "old")
		}
		if m.refreshes() != 2 {
			t.Errorf("%d refreshes", m.refreshes())
		}
	})
}

func TestACallerThatGivesUpDoesNotEndTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.takes = 5 * time.Second
		src := m.source(t, expired())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			start := time.Now()
			_, err := src.TokenContext(ctx)
			took(t, start, time.Second, time.Second)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}()
		synctest.Wait()
		token(t, src, "new-1")
		if m.refreshes() != 1 {
			t.Errorf("%d refreshes", m.refreshes())
		}
	})
}

func TestARefreshThatHangsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.takes = time.Hour
		src := m.source(t, expired())
		start := time.Now()
		_, err := src.TokenContext(t.Context())
		took(t, start, 10*time.Second, 11*time.Second)
		if !errors.Is(channel.Class(err), channel.ErrUnavailable) {
			t.Error(err)
		}
	})
}

func TestClientCredentialsNeedNoRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		src, err := NewTokens(Grant{Channel: "app", Store: channel.NewTokenStore(nil), Mint: true, Refresh: func(context.Context, channel.Token) (channel.Token, error) {
			n++
			return channel.Token{Access: channel.Secret(fmt.Sprint("minted-", n)), Expiry: time.Now().Add(24 * time.Hour)}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		token(t, src, "minted-1")
		time.Sleep(23 * time.Hour)
		token(t, src, "minted-1")
		time.Sleep(time.Hour)
		token(t, src, "minted-2")
	})
}

func TestWithoutAGrantNothingIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.store = channel.NewTokenStore(nil)
		_, err := m.process(t).TokenContext(t.Context())
		_ = class(t, err, channel.ErrUnauthorized)
		_, err = m.source(t, channel.Token{Access: "old", Expiry: time.Now().Add(-time.Second)}).TokenContext(t.Context())
		_ = class(t, err, channel.ErrUnauthorized)
		if m.refreshes() != 0 {
			t.Errorf("%d refreshes", m.refreshes())
		}
		token(t, m.source(t, channel.Token{Access: "forever"}), "forever")
	})
}
