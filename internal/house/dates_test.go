package house

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// spoiler spoils the Date of one answer of a channel.
type spoiler struct {
	base  http.RoundTripper
	date  func() string
	at, n int // the answer spoiled, and answers so far
	fails bool
}

func (s *spoiler) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.base.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if s.n++; s.n == s.at {
		resp.Header.Set("Date", s.date())
		if s.fails {
			resp.StatusCode = http.StatusNotFound
		}
	}
	return resp, err
}

// A wrong Date at any answer of a walk moves its watermark past nothing, and back
// by a day at most.
func TestOneWrongDateMovesNoWatermark(t *testing.T) {
	ahead := func(d time.Duration) func() string {
		return func() string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	}
	text := func(s string) func() string { return func() string { return s } }
	dates := map[string]func() string{
		"two minutes ahead": ahead(2 * time.Minute), "a day ahead": ahead(24 * time.Hour), "a month ahead": ahead(30 * 24 * time.Hour),
		"an hour behind": ahead(-time.Hour), "a month behind": ahead(-30 * 24 * time.Hour),
		"missing": text(""), "garbage": text("tomorrow"), "year 9999": text("Fri, 31 Dec 9999 23:59:59 GMT"), "year 1": text("Mon, 01 Jan 0001 00:00:00 GMT"),
	}
	open := map[string]func(t *testing.T, s *spoiler) channel.Channel{
		"shopify": func(t *testing.T, s *spoiler) channel.Channel {
			c := shopifytest.New(shopifytest.Config{}).Config()
			s.base, c.Transport = c.Transport, s
			return opened[*shopify.Channel](t)(shopify.New(c))
		},
		"bigcommerce": func(t *testing.T, s *spoiler) channel.Channel {
			c := bigcommercetest.New(bigcommercetest.Config{}).Config()
			s.base, c.Transport = c.Transport, s
			return opened[*bigcommerce.Channel](t)(bigcommerce.New(c))
		},
		"amazon": func(t *testing.T, s *spoiler) channel.Channel {
			c := amazontest.New(amazontest.Config{}).Config()
			s.base, c.Transport = c.Transport, s
			return opened[*amazon.Channel](t)(amazon.New(c))
		},
	}
	for adapter, open := range open {
		for what, date := range dates {
			for _, fails := range []bool{false, true} {
				answers := 1
				for at := 1; at <= answers; at++ {
					synctest.Test(t, func(t *testing.T) {
						s := &spoiler{date: date, at: at, fails: fails}
						ch := open(t, s)
						for range 3 {
							began := time.Now()
							for page, err := range channel.OrderPages(t.Context(), ch, channel.OrderQuery{Since: began.Add(-time.Hour)}) {
								if err != nil && !fails {
									t.Fatal(err)
								}
								if err == nil && (page.Through.After(began) || page.ReadAt.After(time.Now())) {
									t.Errorf("%s, %s at answer %d: through %s, read at %s, and it is %s", adapter, what, at, page.Through, page.ReadAt, began)
								}
								if err == nil && page.Next == "" && page.Through.Before(began.Add(-24*time.Hour-ch.Traits().VisibilityLag-5*time.Minute)) {
									t.Errorf("%s, %s at answer %d: through %s", adapter, what, at, page.Through)
								}
							}
							time.Sleep(10 * time.Second)
						}
						answers = max(answers, s.n)
					})
				}
				if answers < 3 {
					t.Errorf("%s: only %d answers", adapter, answers)
				}
			}
		}
	}
}

func opened[C channel.Channel](t *testing.T) func(ch C, err error) channel.Channel {
	t.Helper()
	return func(ch C, err error) channel.Channel {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
}
