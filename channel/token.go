package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Token is a grant as it is stored: whoever stores it encrypts it at rest.
type Token struct {
	Version       int64     `json:"version"` // raised by each Swap; 0 is not stored yet
	Access        Secret    `json:"access,omitempty"`
	Refresh       Secret    `json:"refresh,omitempty"`
	Expiry        time.Time `json:"expiry,omitzero"`         // of Access; zero never expires
	RefreshExpiry time.Time `json:"refresh_expiry,omitzero"` // of Refresh; zero never expires or unknown
	Scopes        []string  `json:"scopes,omitempty"`        // as granted

	// Refreshing is when a refresh with this Refresh was sent whose answer is
	// not stored. Whoever finds it repeats the same refresh first: the answer
	// may have been lost.
	Refreshing time.Time `json:"refreshing,omitzero"`

	// Dead says why only the seller can mend the grant, by authorising again;
	// "" while it lives.
	Dead string `json:"dead,omitempty"`
}

// Format implements [fmt.Formatter]. A pointer to a struct is otherwise printed
// under %s with its fields as they are.
func (t Token) Format(s fmt.State, verb rune) {
	type plain Token
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(t))
}

// LogValue implements [slog.LogValuer] without the grant itself.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int64("version", t.Version), slog.Time("expiry", t.Expiry), slog.String("dead", t.Dead))
}

// ErrTokenChanged is returned by Swap when the stored token is no longer the
// version the caller read. The caller loads it again and uses that.
var ErrTokenChanged = errors.New("token changed meanwhile")

// TokenStore keeps rotating tokens. It is safe for concurrent use, and shared
// by every process that uses a grant.
type TokenStore interface {
	// Load returns the stored token; ErrNotFound when there is none.
	Load(ctx context.Context, id ID) (Token, error)

	// Swap stores t with version oldVersion+1 if the stored version is
	// oldVersion, and returns only when it is durable. Otherwise it returns
	// ErrTokenChanged.
	Swap(ctx context.Context, id ID, oldVersion int64, t Token) error
}

// NewTokenStore returns a TokenStore that lives as long as the process, with
// the given tokens at version 1.
func NewTokenStore(tokens map[ID]Token) TokenStore {
	s := &memoryTokens{tokens: maps.Clone(tokens)}
	if s.tokens == nil {
		s.tokens = map[ID]Token{}
	}
	for id, t := range s.tokens {
		t.Version = 1
		s.tokens[id] = t
	}
	return s
}

type memoryTokens struct {
	mu     sync.Mutex
	tokens map[ID]Token
}

// Format prints no token: package fmt does not ask an unexported field.
func (s *memoryTokens) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokens in memory") }

// LogValue implements [slog.LogValuer] without the tokens.
func (s *memoryTokens) LogValue() slog.Value { return slog.StringValue("tokens in memory") }

func (s *memoryTokens) Load(_ context.Context, id ID) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[id]
	if !ok {
		return Token{}, &Error{Channel: id, Op: "load token", Class: ErrNotFound}
	}
	return t, nil
}

func (s *memoryTokens) Swap(_ context.Context, id ID, oldVersion int64, t Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[id].Version != oldVersion {
		return ErrTokenChanged
	}
	t.Version = oldVersion + 1
	s.tokens[id] = t
	return nil
}
