package channel_test

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

// reader is a channel that reads stock.
type reader struct{ channel.Channel }

func (reader) StockPage(context.Context, channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	return channel.Page[channel.StockLevel]{Next: "reader"}, nil
}

// open wraps and shows what it wraps; shut wraps and does not.
type (
	open struct{ channel.Channel }
	shut struct{ channel.Channel }
)

func (o open) Unwrap() channel.Channel { return o.Channel }

// own has a capability of its own above the one it wraps.
type own struct{ open }

func (own) StockPage(context.Context, channel.StockQuery) (channel.Page[channel.StockLevel], error) {
	return channel.Page[channel.StockLevel]{Next: "own"}, nil
}

func TestAs(t *testing.T) {
	tests := []struct {
		name string
		ch   channel.Channel
		want channel.Cursor // by which the one that answers is known; "" none
	}{
		{"the channel itself", reader{}, "reader"},
		{"below a wrapper", open{reader{}}, "reader"},
		{"below two", open{open{reader{}}}, "reader"},
		{"a wrapper's own comes first", own{open{reader{}}}, "own"},
		{"a wrapper that must see every write hides it", shut{reader{}}, ""},
		{"a channel without", open{shut{}}, ""},
		{"a wrapper of nothing", open{}, ""},
		{"no channel", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, found := channel.As[channel.StockReader](tt.ch)
			if found != (tt.want != "") {
				t.Fatalf("found %t", found)
			}
			if !found {
				return
			}
			if p, err := r.StockPage(t.Context(), channel.StockQuery{}); err != nil || p.Next != tt.want {
				t.Errorf("answered by %q, %v", p.Next, err)
			}
		})
	}
}

func TestTicketEnds(t *testing.T) {
	for state, want := range map[channel.TicketState]bool{
		channel.TicketQueued: false, channel.TicketRunning: false, "": false,
		channel.TicketDone: true, channel.TicketFailed: true, channel.TicketCancelled: true,
	} {
		if got := state.Ended(); got != want {
			t.Errorf("%q ended: %t, want %t", state, got, want)
		}
	}
}
