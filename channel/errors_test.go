package channel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestErrorText(t *testing.T) {
	cause := errors.New("connection reset")
	tests := []struct {
		name string
		err  channel.Error
		want string
	}{
		{"channel, operation, class", channel.Error{Channel: "acme", Op: "set stock", Class: channel.ErrForbidden}, "acme: set stock: forbidden"},
		{
			"the marketplace's code and words",
			channel.Error{Channel: "acme", Op: "ship", Class: channel.ErrInvalid, Code: "32300", Message: "bad number"},
			"acme: ship: invalid: 32300: bad number",
		},
		{"a code alone", channel.Error{Op: "ship", Class: channel.ErrInvalid, Code: "32300"}, "ship: invalid: 32300"},
		{"words alone", channel.Error{Op: "ship", Class: channel.ErrInvalid, Message: "bad number"}, "ship: invalid: bad number"},
		{"a cause", channel.Error{Op: "orders", Class: channel.ErrUnavailable, Err: cause}, "orders: unavailable: connection reset"},
		{
			"the marketplace's words come before a cause",
			channel.Error{Op: "orders", Class: channel.ErrUnavailable, Message: "try later", Err: cause},
			"orders: unavailable: try later",
		},
		{
			"when to come back",
			channel.Error{Op: "orders", Class: channel.ErrThrottled, RetryAfter: 90 * time.Second},
			"orders: throttled (retry after 1m30s)",
		},
		{
			"what support asks for",
			channel.Error{Op: "orders", Class: channel.ErrUnavailable, RequestID: "r-1"},
			"orders: unavailable (request r-1)",
		},
		{
			"a code and an id of several lines are on one",
			channel.Error{Op: "orders", Class: channel.ErrInvalid, Code: "BAD\r\nlevel=INFO", Message: "no", RequestID: "r\x1b[2J-1\n\xff"},
			"orders: invalid: BADlevel=INFO: no (request r[2J-1\uFFFD)",
		},
		{
			"a code and an id without end have one",
			channel.Error{Op: "orders", Class: channel.ErrInvalid, Code: strings.Repeat("x", 1<<20), RequestID: strings.Repeat("ä", 1<<20)},
			"orders: invalid: " + strings.Repeat("x", 125) + "… (request " + strings.Repeat("ä", 62) + "…)",
		},
		{"nothing", channel.Error{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorIsItsClassAndItsCause(t *testing.T) {
	err := fmt.Errorf("import: %w", &channel.Error{
		Class: channel.ErrUnsure, Err: context.DeadlineExceeded, RetryAfter: time.Minute,
	})
	if !errors.Is(err, channel.ErrUnsure) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, channel.ErrInvalid) {
		t.Error("errors.Is")
	}
	if channel.RetryAfter(err) != time.Minute || channel.RetryAfter(context.Canceled) != 0 || channel.RetryAfter(nil) != 0 {
		t.Error("RetryAfter")
	}
}

func TestClass(t *testing.T) {
	for _, class := range channel.Classes() {
		for _, err := range []error{class, fmt.Errorf("x: %w", class), &channel.Error{Class: class}, errors.Join(errors.New("y"), &channel.Error{Class: class})} {
			if got := channel.Class(err); !errors.Is(got, class) {
				t.Errorf("class of %v is %v, want %v", err, got, class)
			}
		}
	}
	for name, tt := range map[string]struct{ err, want error }{
		"no error":                         {nil, nil},
		"somebody else's":                  {context.Canceled, nil},
		"an Error without":                 {&channel.Error{Op: "x"}, nil},
		"an Error without, and a cause":    {&channel.Error{Err: channel.ErrInvalid}, channel.ErrInvalid},
		"its own comes before its cause's": {&channel.Error{Class: channel.ErrUnsure, Err: channel.ErrInvalid}, channel.ErrUnsure},
	} {
		if got := channel.Class(tt.err); !errors.Is(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestClassesAreApart(t *testing.T) {
	seen := map[string]bool{}
	for i, a := range channel.Classes() {
		for j, b := range channel.Classes() {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("%v is %v", a, b)
			}
		}
		if seen[a.Error()] {
			t.Errorf("two classes say %q", a)
		}
		seen[a.Error()] = true
	}
}
