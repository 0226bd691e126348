package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

func TestNewNamesAllThatIsWrong(t *testing.T) {
	_, err := New(Config{MaxAttempts: -1, Credentials: Credentials{Source: StaticToken("canary")}})
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"Hosts", "Header", "MaxAttempts"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestEachAttemptIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := &script{steps: []func(*http.Request) (*http.Response, error){fail(errReset), say(200, "")}}
		var events []Event
		c := mustNew(t, Config{Base: base, Hook: func(_ context.Context, e Event) { events = append(events, e) }})
		ctx := WithCall(t.Context(), Call{Op: "order page", Cost: 50})
		if _, _, err := send(ctx, t, c, "GET", ""); err != nil {
			t.Fatal(err)
		}
		if len(events) != 2 || events[0].Err == nil || events[1].Status != 200 || events[1].Attempt != 2 ||
			events[1].Op != "order page" || events[1].Cost != 50 || events[1].Channel != "shop" {
			t.Errorf("%+v", events)
		}
	})
}

func TestARequestThatCannotBeSentIsInvalid(t *testing.T) {
	c := mustNew(t, Config{Base: roundTrip(say(200, ""))})
	_, err := c.Do(&http.Request{})
	_ = class(t, err, channel.ErrInvalid)
}

// Many calls at once over a real server: no body may show another's bytes,
// though their buffers are shared one after the other.
func TestBodiesAreNotMixedUp(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, strings.Repeat(string(b), 500))
	}))
	defer srv.Close()
	tr := &http.Transport{MaxIdleConnsPerHost: 8}
	c := mustNew(t, Config{Base: tr})
	defer c.CloseIdleConnections()
	var wg sync.WaitGroup
	for lane := range 8 {
		wg.Go(func() {
			for i := range 25 {
				want := fmt.Sprintf("%d/%d;", lane, i)
				req, _ := http.NewRequestWithContext(t.Context(), "POST", srv.URL, strings.NewReader(want))
				resp, err := c.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				b, err := Bytes(resp)
				if err != nil || string(b) != strings.Repeat(want, 500) {
					t.Errorf("%q: %v", want, err)
				}
				_ = resp.Body.Close()
				_ = resp.Body.Close()
				if _, err := Bytes(resp); err == nil {
					t.Error("read after close")
				}
			}
		})
	}
	wg.Wait()
}

func TestAStreamIsNotReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		c := mustNew(t, Config{Stream: true, CallDeadline: time.Second, Base: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, 200, "")
			resp.Body, resp.ContentLength = in, -1
			return resp, nil
		})})
		go func() {
			time.Sleep(time.Hour) // past the deadline, which is that of the header
			_, _ = io.WriteString(out, "late")
			_ = out.Close()
		}()
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://shop.example/bulk", nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(b) != "late" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestTokenAnswers(t *testing.T) {
	asked := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   channel.Token
		class  error
	}{
		{"Shopify", 200, `{"access_token":"a","scope":"read_orders,write_orders","expires_in":3600,"refresh_token":"r","refresh_token_expires_in":7776000}`, channel.Token{
			Access: "a", Refresh: "r", Expiry: asked.Add(time.Hour), RefreshExpiry: asked.Add(90 * 24 * time.Hour), Scopes: []string{"read_orders", "write_orders"},
		}, nil},
		{"BigCommerce tells no expiry", 200, `{"access_token":"a","scope":"x y","user":{"id":1}}`, channel.Token{Access: "a", Scopes: []string{"x", "y"}}, nil},
		{"a string for a number", 200, `{"access_token":"a","expires_in":"60"}`, channel.Token{Access: "a", Expiry: asked.Add(time.Minute)}, nil},
		{"revoked", 400, `{"error":"invalid_grant","error_description":"x"}`, channel.Token{}, channel.ErrUnauthorized},
		{"spent", 401, `{"error":"invalid_request","error_description":"This request requires an active refresh_token"}`, channel.Token{}, channel.ErrUnauthorized},
		{"our secret is wrong", 401, `{"error":"invalid_client"}`, channel.Token{}, channel.ErrForbidden},
		{"limited", 429, `{"errors":[{"errorId":2001}]}`, channel.Token{}, channel.ErrThrottled},
		{"lost behind a proxy", 520, `<html>canary`, channel.Token{}, channel.ErrUnsure},
		{"not a token", 200, `<html>canary`, channel.Token{}, channel.ErrUnsure},
		{"an empty token", 200, `{"access_token":""}`, channel.Token{}, channel.ErrUnsure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), "POST", "https://x.example/token", nil)
			got, err := TokenAnswer(answer(r, tc.status, tc.body), asked)
			if !errors.Is(channel.Class(err), tc.class) || err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("err %v, want class %v", err, tc.class)
			}
			if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b channel.Secret) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}
