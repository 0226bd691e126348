package channel_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

// scripted is a channel whose pages are written down by cursor.
type scripted struct {
	channel.Channel
	pages map[channel.Cursor]scriptedPage
	asked []channel.OrderQuery
}

type scriptedPage struct {
	orders []channel.OrderID
	parked []string
	next   channel.Cursor
	err    error
	once   bool // the error strikes once
}

func (s *scripted) OrderPage(_ context.Context, q channel.OrderQuery) (channel.Page[channel.Order], error) {
	s.asked = append(s.asked, q)
	p := s.pages[q.After]
	if p.err != nil {
		if p.once {
			s.pages[q.After] = scriptedPage{orders: p.orders, parked: p.parked, next: p.next}
		}
		return channel.Page[channel.Order]{}, p.err
	}
	page := channel.Page[channel.Order]{Next: p.next}
	for _, id := range p.orders {
		page.Items = append(page.Items, channel.Order{ID: id})
	}
	for _, id := range p.parked {
		page.Parked = append(page.Parked, channel.Parked{ID: id, Err: errDecode})
	}
	return page, nil
}

var (
	errDecode  = errors.New("does not decode")
	errCursor  = &channel.Error{Class: channel.ErrCursor}
	errOutage  = &channel.Error{Class: channel.ErrUnavailable}
	threePages = map[channel.Cursor]scriptedPage{
		"":  {orders: []channel.OrderID{"1", "2"}, next: "a"},
		"a": {orders: []channel.OrderID{"3"}, parked: []string{"4"}, next: "b"},
		"b": {orders: []channel.OrderID{"5"}},
	}
)

// heard is what ranging over orders yields, as words.
func heard(t *testing.T, ch channel.Channel, q channel.OrderQuery) (words []string) {
	t.Helper()
	for o, err := range channel.Orders(t.Context(), ch, q) {
		var parked *channel.ParkedError
		switch {
		case errors.As(err, &parked):
			words = append(words, "parked "+parked.Parked.ID)
			if !errors.Is(err, errDecode) || o.ID != "" {
				t.Errorf("parked: %v, order %q", err, o.ID)
			}
		case err != nil:
			words = append(words, channel.Class(err).Error())
		default:
			words = append(words, string(o.ID))
		}
		if len(words) > 50 {
			t.Fatal("no end")
		}
	}
	return words
}

func with(pages map[channel.Cursor]scriptedPage, at channel.Cursor, p scriptedPage) map[channel.Cursor]scriptedPage {
	changed := map[channel.Cursor]scriptedPage{at: p}
	for c, old := range pages {
		if c != at {
			changed[c] = old
		}
	}
	return changed
}

func TestOrders(t *testing.T) {
	tests := []struct {
		name  string
		pages map[channel.Cursor]scriptedPage
		want  []string
	}{
		{"an empty walk", map[channel.Cursor]scriptedPage{"": {}}, nil},
		{"pages one after the other, and a parked record does not end it", threePages, []string{"1", "2", "3", "parked 4", "5"}},
		{
			"an empty page in the middle does not end it",
			with(threePages, "a", scriptedPage{next: "b"}),
			[]string{"1", "2", "5"},
		},
		{
			"an error is the last element",
			with(threePages, "a", scriptedPage{err: errOutage}),
			[]string{"1", "2", "unavailable"},
		},
		{
			"an error on the first page is the only one",
			with(threePages, "", scriptedPage{err: errOutage}),
			[]string{"unavailable"},
		},
		{
			"a lost cursor begins the walk again, once",
			with(threePages, "b", scriptedPage{orders: []channel.OrderID{"5"}, err: errCursor, once: true}),
			[]string{"1", "2", "3", "parked 4", "1", "2", "3", "parked 4", "5"},
		},
		{
			"and not twice",
			with(threePages, "b", scriptedPage{err: errCursor}),
			[]string{"1", "2", "3", "parked 4", "1", "2", "3", "parked 4", "cursor no longer valid"},
		},
		{
			"a lost cursor without one is an error like any other",
			with(threePages, "", scriptedPage{err: errCursor}),
			[]string{"cursor no longer valid"},
		},
		{
			"a cursor that leads to itself is an error, not an endless walk",
			with(threePages, "a", scriptedPage{orders: []channel.OrderID{"3"}, next: "a"}),
			[]string{"1", "2", "cursor no longer valid"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ch := &scripted{pages: with(tt.pages, "unused", scriptedPage{})}
			if diff := cmp.Diff(tt.want, heard(t, ch, channel.OrderQuery{})); diff != "" {
				t.Errorf("(-want +heard):\n%s", diff)
			}
		})
	}
}

func TestRangingTwiceWalksTwice(t *testing.T) {
	ch := &scripted{pages: threePages}
	orders := channel.Orders(t.Context(), ch, channel.OrderQuery{Limit: 7})
	for range 2 {
		n := 0
		for _, err := range orders {
			n++
			var parked *channel.ParkedError
			if err != nil && !errors.As(err, &parked) {
				t.Error(err)
			}
		}
		if n != 5 {
			t.Errorf("%d elements, want 5", n)
		}
	}
	var after []channel.Cursor
	for _, q := range ch.asked {
		after = append(after, q.After)
		if q.Limit != 7 {
			t.Errorf("limit %d", q.Limit)
		}
	}
	if diff := cmp.Diff([]channel.Cursor{"", "a", "b", "", "a", "b"}, after); diff != "" {
		t.Errorf("cursors (-want +asked):\n%s", diff)
	}
}

func TestBreakAsksForNoMore(t *testing.T) {
	for stop := 1; stop <= 5; stop++ {
		ch := &scripted{pages: threePages}
		n := 0
		for _, err := range channel.Orders(t.Context(), ch, channel.OrderQuery{}) {
			if n++; n == stop || channel.Class(err) != nil {
				break
			}
		}
		if want := []int{1, 1, 2, 2, 3}[stop-1]; len(ch.asked) != want {
			t.Errorf("after %d elements %d pages were asked for, want %d", stop, len(ch.asked), want)
		}
	}
}

func TestOrderPagesContinuesFromACursor(t *testing.T) {
	ch := &scripted{pages: threePages}
	var got []channel.OrderID
	for page, err := range channel.OrderPages(t.Context(), ch, channel.OrderQuery{After: "a"}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Items {
			got = append(got, o.ID)
		}
	}
	if !slices.Equal(got, []channel.OrderID{"3", "5"}) {
		t.Errorf("%v", got)
	}
}

func TestParkedErrorNamesTheRecordAndNothingInIt(t *testing.T) {
	raw := []byte(`{"name":"Ann Example"}`)
	for _, tt := range []struct{ id, want string }{{"17", "parked record 17: does not decode"}, {"", "parked record: does not decode"}} {
		err := &channel.ParkedError{Parked: channel.Parked{ID: tt.id, Raw: raw, Err: errDecode}}
		if err.Error() != tt.want {
			t.Errorf("got %q, want %q", err, tt.want)
		}
	}
}
