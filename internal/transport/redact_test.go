package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock/channel"
)

func TestRedactTakesOutWhatMayBeSecret(t *testing.T) {
	cause := context.DeadlineExceeded
	for _, err := range []error{
		&url.Error{Op: "Get", URL: "https://x.example/a?token=canary", Err: cause},
		fmt.Errorf("outer: %w", &url.Error{Op: "Get", URL: "https://x.example/a?token=canary", Err: &url.Error{Op: "Post", URL: "https://canary@x.example", Err: cause}}),
		fmt.Errorf("parse \"https://u:canary@x.example/a?b=canary#canary\": %w", cause),
		fmt.Errorf("sent Authorization: Bearer canary-x: %w", cause),
		fmt.Errorf("access_token=canary&x: %w", cause),
	} {
		got := Redact(err)
		if strings.Contains(got.Error(), "canary") || !errors.Is(got, cause) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if Redact(nil) != nil || !errors.Is(Redact(cause), cause) {
		t.Error("changed what needs no change")
	}
	u, _ := url.Parse("https://u:canary@x.example/a%2Fb?c=canary#canary")
	if got := RedactURL(u); got != "https://x.example/a%2Fb" {
		t.Error(got)
	}
}

func TestMessagesAreCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"Throttled": "Throttled",
		"Internal error.\nRequest ID:\t7\u200b\x00 end":         "Internal error. Request ID: 7 end",
		"buyer jane.doe+x@mail.example.co.uk not found":         "buyer [e-mail] not found",
		"call +49 (151) 234-56789 now":                          "call [number] now",
		"call 555-123-4567 now":                                 "call [number] now",
		"order 123456 of gid://shopify/Order/5566778899 failed": "order 123456 of gid://shopify/Order/[number] failed",
		"token shpat_0123456789abcdef is bad":                   "token [redacted] is bad",
		"see https://x.example/a?sig=canary for more":           "see https://x.example/a for more",
		"key 0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c used":     "key [redacted] used",
		"\xff\xfe":                "\uFFFD",
		strings.Repeat("ä ", 150): strings.Repeat("ä ", 99) + "ä…",
	} {
		if got := Message(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("a@b.c 12345678 https://x?y=z")
	f.Fuzz(func(t *testing.T, s string) {
		got := Message(s)
		if utf8.RuneCountInString(got) > messageRunes || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n") || digits.MatchString(got) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// A server, or a gateway before it, repeats the token it was sent: it is in
// nothing that goes up.
func TestASecretThatIsRepeatedIsTakenOut(t *testing.T) {
	const token = "nofpafk0dm3i4ht5hbfrl2nn3vlbxj1" // as long as BigCommerce's
	for _, status := range []int{200, 401, 502} {
		base := &script{steps: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
			resp, err := say(status, `{"title":"the token `+token+` is not valid","trace":"`+token+`"}`)(r)
			resp.Header.Set("X-Request-Id", "for-"+token)
			return resp, err
		}}}
		c := mustNew(t, Config{Base: base, MaxAttempts: 1, Credentials: Credentials{
			Source: StaticToken(token), Header: "X-Auth-Token", Hosts: []string{"shop.example"},
		}})
		req, _ := http.NewRequestWithContext(WithCall(t.Context(), Call{Op: "read"}), "GET", "https://shop.example/", nil)
		resp, err := c.Do(req)
		if err != nil {
			if strings.Contains(err.Error(), token) {
				t.Error(err)
			}
			continue
		}
		text, err := Bytes(resp)
		if err != nil || strings.Contains(string(text), token) || !strings.Contains(string(text), strings.Repeat("*", len(token))) || strings.Contains(resp.Header.Get("X-Request-Id"), token) {
			t.Errorf("%d: %s, %v, %v", status, text, resp.Header, err)
		}
		all, err := io.ReadAll(resp.Body)
		if err != nil || string(all) != string(text) {
			t.Errorf("%d: read on, it is %q, %v", status, all, err)
		}
		_ = resp.Body.Close()
	}

	// It is found at both ends of a long answer, and in the other ways to write it.
	const odd = "Atza|0/a+b=9"
	for _, body := range []string{
		`{"errors":[{"message":"` + odd + `"}],"data":"` + strings.Repeat("x", 3*hushed) + `"}`,
		`{"data":"` + strings.Repeat("x", 3*hushed) + `","errors":[{"message":"` + odd + `"}]}`,
		"?token=" + url.QueryEscape(odd), "/" + url.PathEscape(odd), `{"token":"Atza|0\/a+b=9"}`, odd + odd,
	} {
		buf, err := readBody(strings.NewReader(body), -1, 0)
		if err != nil {
			t.Fatal(err)
		}
		resp := &http.Response{StatusCode: http.StatusOK, Body: newBuffered(buf)}
		Hush(resp, odd)
		text, err := Bytes(resp)
		if err != nil || len(text) != len(body) || slices.ContainsFunc(forms(odd), func(f string) bool { return strings.Contains(string(text), f) }) {
			t.Errorf("%.60s: %.60s, %v", body, text, err)
		}
	}

	// So is what was sent for a token; one that is granted is left as it is.
	const refresh = channel.Secret("r1refreshtoken")
	for status, body := range map[int]string{
		400: `{"error":"invalid_grant","error_description":"unknown ` + string(refresh) + `"}`,
		200: `{"access_token":"a1","refresh_token":"` + string(refresh) + `"}`,
	} {
		resp, err := say(status, body)(httptest.NewRequestWithContext(t.Context(), "POST", "https://shop.example/token", nil))
		if err != nil {
			t.Fatal(err)
		}
		buf, err := readBody(resp.Body, -1, 0)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body = newBuffered(buf)
		got, err := TokenAnswer(resp, time.Now(), refresh)
		if status == 200 && (err != nil || got.Refresh != refresh) || err != nil && strings.Contains(err.Error(), string(refresh)) {
			t.Errorf("%d: %v, %v", status, string(got.Refresh), err)
		}
	}
}
