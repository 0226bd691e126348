package transport

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
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
