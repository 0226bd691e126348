package adapter

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestOneFeedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const apart = 20 * time.Minute
		var b FeedBook
		claim := func(want bool) {
			t.Helper()
			if got := b.Claim(apart); got != want {
				t.Errorf("claim: %t, want %t", got, want)
			}
		}
		claim(true)
		claim(false) // it is on its way
		b.Sent("feed 1", []channel.ListingRef{{ID: "A"}})
		b.Release()
		claim(false) // it is unfinished
		b.Ended("feed 1")
		claim(true)
		b.Sent("feed 2", nil)
		b.Release()
		time.Sleep(apart - time.Second)
		claim(false)
		time.Sleep(time.Second)
		claim(true) // for so long nothing waits
	})
}

func TestTheLastFeedsAreRemembered(t *testing.T) {
	var b FeedBook
	ids := []channel.ListingID{"0", "1", "2", "3", "4", "5"}
	for _, id := range ids {
		b.Sent(channel.Ticket("feed "+id), []channel.ListingRef{{ID: id}})
	}
	for _, id := range ids {
		refs := b.Of(channel.Ticket("feed " + id))
		if known := len(refs) == 1 && refs[0].ID == id; known != (id >= "2") {
			t.Errorf("feed %s: %v", id, refs)
		}
	}
}

func TestFeedTickets(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 678_000_000, time.UTC)
	for _, f := range []FeedTicket{{ID: "17"}, {Since: at, Until: at}, {Since: at, Until: at.Add(time.Hour)}} {
		if got, ok := ParseFeedTicket("task", f.Ticket("task")); !ok || got != f {
			t.Errorf("%+v: %+v, %t", f, got, ok)
		}
		if got, ok := ParseFeedTicket("feed", f.Ticket("task")); ok {
			t.Errorf("another's is %+v", got)
		}
	}
	for _, bad := range []channel.Ticket{"", "task", "task ", "tasks 1", "tasks 2 1", "tasks 0 1", "tasks a b", "tasks 1 140737488355328", "task 1 2", "tasks 1 2 3"} {
		if got, ok := ParseFeedTicket("task", bad); ok {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}

func TestHarmless(t *testing.T) {
	unsure := &channel.Error{Op: "x", Class: channel.ErrUnsure, Code: "1"}
	got, ok := errors.AsType[*channel.Error](Harmless(fmt.Errorf("y: %w", unsure)))
	if !ok || !errors.Is(got, channel.ErrUnavailable) || got.Code != "1" || !errors.Is(unsure.Class, channel.ErrUnsure) {
		t.Errorf("%v, of %v", got, unsure)
	}
	refused := &channel.Error{Class: channel.ErrInvalid}
	if err := Harmless(refused); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
