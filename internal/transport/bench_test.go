package transport

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// BenchmarkCall compares a call over the bare base with one through the whole
// chain. The base answers from memory, so what remains is our own cost.
func BenchmarkCall(b *testing.B) {
	const page = 16 << 10
	body := strings.Repeat("x", page)
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return answer(r, 200, body), nil
	})
	post := func(b *testing.B, c interface {
		Do(*http.Request) (*http.Response, error)
	}, call bool,
	) {
		ctx := b.Context()
		if call {
			ctx = WithCall(ctx, Call{Op: "order page", Cost: 50, Repeatable: Read})
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://shop.example/graphql.json", strings.NewReader("query"))
		if err != nil {
			b.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		got, err := Bytes(resp)
		if err != nil || len(got) != page {
			b.Fatal(len(got), err)
		}
		if call {
			Settle(ctx, 40, Usage{Size: 1e9, Remaining: 1e9, Rate: 1e9})
		}
	}
	b.Run("bare", func(b *testing.B) {
		c := &http.Client{Transport: base}
		b.ReportAllocs()
		for b.Loop() {
			post(b, c, false)
		}
	})
	b.Run("chain", func(b *testing.B) {
		c := mustNew(b, Config{
			Base:    base,
			Limiter: NewLimiter(func(string) Rule { return Rule{Size: 1e9, Rate: 1e9} }),
			Credentials: Credentials{
				Source: StaticToken("tok"), Header: "X-Shopify-Access-Token", Hosts: []string{"shop.example"},
			},
		})
		b.ReportAllocs()
		for b.Loop() {
			post(b, c, true)
		}
	})
	b.Run("chain, refreshing token", func(b *testing.B) {
		src, err := NewTokens(Grant{Channel: "shop", Store: channel.NewTokenStore(map[channel.ID]channel.Token{
			"shop": {Access: "tok", Refresh: "r", Expiry: time.Now().Add(time.Hour)},
		})})
		if err != nil {
			b.Fatal(err)
		}
		c := mustNew(b, Config{
			Base:        base,
			Limiter:     NewLimiter(func(string) Rule { return Rule{Size: 1e9, Rate: 1e9} }),
			Credentials: Credentials{Source: src, Header: "X-Shopify-Access-Token", Hosts: []string{"shop.example"}},
		})
		b.ReportAllocs()
		for b.Loop() {
			post(b, c, true)
		}
	})
}
