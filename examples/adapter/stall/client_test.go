package stall_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

// rig is a channel on a fake shop with one order of three mugs, in a bubble.
type rig struct {
	*testing.T
	fake  *stalltest.Fake
	ch    *stall.Channel
	mug   channel.ListingRef
	order channel.Order
}

func onShop(t *testing.T, run func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, fake: stalltest.New(stalltest.Config{})}
		r.mug.ID = channel.ListingID(r.fake.AddListing("MUG-01", 10))
		id, err := r.fake.PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: string(r.mug.ID), Quantity: 3}}})
		r.ok(err)
		r.ch, err = stall.New(r.fake.Config())
		r.ok(err)
		page, err := r.ch.OrdersByID(t.Context(), []channel.OrderID{channel.OrderID(id)})
		r.ok(err)
		r.order = page.Items[0]
		run(r)
	})
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// answers makes the shop answer calls otherwise, and counts them.
func (r *rig) answers(once bool, reply func(w http.ResponseWriter)) (calls *int) {
	calls = new(int)
	r.fake.Fault(stalltest.Fault{Kind: stalltest.Answer, Once: once, Reply: func(w http.ResponseWriter, _ *http.Request) {
		*calls++
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		reply(w)
	}})
	return calls
}

// The class of a status, and how often a call that met it was sent.
func TestStatuses(t *testing.T) {
	tests := []struct {
		status                  int
		read, write             error
		readCalls, writtenCalls int
	}{
		{http.StatusBadRequest, channel.ErrInvalid, channel.ErrInvalid, 1, 1},
		{http.StatusFound, channel.ErrInvalid, channel.ErrInvalid, 1, 1},
		{http.StatusUnauthorized, channel.ErrUnauthorized, channel.ErrUnauthorized, 1, 1},
		{http.StatusPaymentRequired, channel.ErrSuspended, channel.ErrSuspended, 1, 1},
		{http.StatusForbidden, channel.ErrForbidden, channel.ErrForbidden, 1, 1},
		{http.StatusNotFound, channel.ErrNotFound, channel.ErrNotFound, 1, 1},
		{http.StatusConflict, channel.ErrConflict, channel.ErrConflict, 1, 1},
		{http.StatusUnprocessableEntity, channel.ErrInvalid, channel.ErrInvalid, 1, 1},
		{http.StatusTooManyRequests, channel.ErrThrottled, channel.ErrThrottled, 3, 3},
		{http.StatusServiceUnavailable, channel.ErrUnavailable, channel.ErrUnavailable, 3, 3},
		{http.StatusInternalServerError, channel.ErrUnavailable, channel.ErrUnsure, 3, 1},
		{http.StatusBadGateway, channel.ErrUnavailable, channel.ErrUnsure, 3, 1},
		{http.StatusGatewayTimeout, channel.ErrUnavailable, channel.ErrUnsure, 3, 1},
		{http.StatusOK, channel.ErrUnavailable, channel.ErrUnsure, 3, 1}, // with half an answer
	}
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			onShop(t, func(r *rig) {
				calls := r.answers(false, func(w http.ResponseWriter) {
					w.Header().Set("Location", "https://elsewhere.example/") // not to be followed
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte(`{"items":[`))
				})
				_, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
				if !errors.Is(err, tt.read) || *calls != tt.readCalls {
					t.Errorf("read: %v after %d calls, want %v after %d", err, *calls, tt.read, tt.readCalls)
				}
				*calls = 0
				results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{{Listing: r.mug, Quantity: 4}})
				if len(results) > 0 {
					err = results[0].Err
				}
				if !errors.Is(err, tt.write) || *calls != tt.writtenCalls {
					t.Errorf("write: %v after %d calls, want %v after %d", err, *calls, tt.write, tt.writtenCalls)
				}
			})
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, reply := range map[string]func(w http.ResponseWriter){
		"too large": func(w http.ResponseWriter) {
			_, _ = w.Write(append([]byte(`{"items":[]}`), bytes.Repeat([]byte(" "), 8<<20)...))
		},
		"no date": func(w http.ResponseWriter) {
			w.Header().Del("Date")
			_, _ = w.Write([]byte(`{}`))
		},
		"another shape": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"items":{}}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			onShop(t, func(r *rig) {
				r.answers(false, reply)
				if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
					t.Error(err)
				}
			})
		})
	}
}

func TestAnotherAttemptSucceeds(t *testing.T) {
	onShop(t, func(r *rig) {
		r.answers(true, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		began := time.Now()
		results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{{Listing: r.mug, Quantity: 4}})
		r.ok(err)
		if took := time.Since(began); results[0].State != channel.StockApplied || took < 2*time.Second || took > 4*time.Second {
			t.Errorf("%+v after %s", results[0], took)
		}
	})
}

// Tracking written twice is the same tracking; all other writes are sent once.
func TestAmendIsRepeated(t *testing.T) {
	onShop(t, func(r *rig) {
		r.ok(r.fake.ShipByHand(string(r.order.ID), string(r.order.Lines[0].ID), 1, "OLD"))
		r.fake.Fault(stalltest.Fault{Kind: stalltest.DropAfter, Once: true})
		at := r.fake.Parcels(string(r.order.ID))[0]
		r.ok(r.ch.AmendShipment(r.Context(), at, channel.Tracking{Carrier: "Zebra Couriers", Number: "NEW"}))
		if now := r.fake.Parcels(string(r.order.ID)); len(now) != 1 || now[0].Tracking[0].Number != "NEW" {
			t.Errorf("%+v", now)
		}
	})
}

// A marketplace that does not answer holds nobody up for long, whatever the
// caller's own deadline is.
func TestAttemptsHaveADeadline(t *testing.T) {
	onShop(t, func(r *rig) {
		r.fake.Fault(stalltest.Fault{Kind: stalltest.Hang})
		began := time.Now()
		results, err := r.ch.SetStock(r.Context(), []channel.StockLevel{{Listing: r.mug, Quantity: 4}})
		r.ok(err)
		if took := time.Since(began); results[0].State != channel.StockUnsure || took > 11*time.Second {
			t.Errorf("%+v after %s", results[0], took)
		}
		began = time.Now()
		if _, err := r.ch.Probe(r.Context()); !errors.Is(err, channel.ErrUnavailable) || time.Since(began) > 40*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestErrorsAreALine(t *testing.T) {
	onShop(t, func(r *rig) {
		lift := r.fake.Fault(stalltest.Fault{Kind: stalltest.DropBefore})
		if _, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"o_000002"}); err == nil || strings.Contains(err.Error(), "o_000002") {
			t.Errorf("the address is in %v", err)
		}
		lift()
		r.answers(false, func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":{"code":"c","message":"one\ntwo %s"}}`, strings.Repeat("é", 4000))
		})
		if _, err := r.ch.Probe(r.Context()); err == nil || len(err.Error()) > 300 || !strings.Contains(err.Error(), "one two é") {
			t.Errorf("%v", err)
		}
	})
}

// What the limiter would hold up beyond the caller's time is throttled at once.
func TestLimiterDoesNotSleepForLong(t *testing.T) {
	onShop(t, func(r *rig) {
		cfg := r.fake.Config()
		cfg.Limiter = rate.NewLimiter(rate.Every(time.Minute), 1)
		ch, err := stall.New(cfg)
		r.ok(err)
		_, err = ch.Probe(r.Context())
		r.ok(err)
		began := time.Now()
		_, err = ch.Probe(r.Context())
		if wait := channel.RetryAfter(err); !errors.Is(err, channel.ErrThrottled) || wait < 50*time.Second || time.Since(began) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}

		cfg.Limiter = rate.NewLimiter(rate.Every(3*time.Second), 1)
		ch, err = stall.New(cfg)
		r.ok(err)
		_, err = ch.Probe(r.Context())
		r.ok(err)
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if _, err = ch.Probe(ctx); !errors.Is(err, channel.ErrThrottled) {
			t.Errorf("with a second left: %v", err)
		}
		if _, err = ch.Probe(r.Context()); err != nil {
			t.Errorf("after a wait of seconds: %v", err)
		}
	})
}

// A wrong Date moves no watermark past what was not read.
func TestWrongDate(t *testing.T) {
	for name, date := range map[string]string{
		"a month ahead": "Sat, 01 Apr 2000 00:00:00 GMT", "a year behind": "Fri, 01 Jan 1999 00:00:00 GMT",
	} {
		t.Run(name, func(t *testing.T) {
			onShop(t, func(r *rig) {
				r.answers(true, func(w http.ResponseWriter) {
					w.Header().Set("Date", date)
					_, _ = w.Write([]byte(`{"items":[]}`))
				})
				page, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
				r.ok(err)
				if page.Through.After(time.Now().Add(-r.ch.Traits().VisibilityLag)) {
					t.Errorf("through %s, and it is %s", page.Through, time.Now())
				}
			})
		})
	}
}

// With a clock of ours that is an hour ahead of Stall's, and an answer that takes
// its time, a read is still of no later than when it was sent.
func TestReadAtIsStallsTime(t *testing.T) {
	onShop(t, func(r *rig) {
		sent := time.Now()
		r.answers(true, func(w http.ResponseWriter) {
			time.Sleep(5 * time.Second)
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			_, _ = w.Write([]byte(`{"items":[]}`))
		})
		page, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
		r.ok(err)
		if early := sent.Add(-time.Hour).Sub(page.ReadAt); early < 0 || early > time.Second {
			t.Errorf("read at %s, %s before it was sent", page.ReadAt, early)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	good := stall.Config{Shop: "acme", Key: stalltest.Key}
	for want, change := range map[string]func(c *stall.Config){
		"Shop":     func(c *stall.Config) { c.Shop = "" },
		"Key":      func(c *stall.Config) { c.Key = stalltest.Key + "\n" },
		"MaxWait":  func(c *stall.Config) { c.MaxWait = -1 },
		"Endpoint": func(c *stall.Config) { c.Endpoint = "api" },
	} {
		cfg := good
		change(&cfg)
		if _, err := stall.New(cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), stalltest.Key) {
			t.Errorf("%s: %v", want, err)
		}
	}
	ch, err := stall.New(good)
	if err != nil || ch.ID() != "stall:acme" {
		t.Errorf("%v, %v", ch, err)
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	cfg := stall.Config{Shop: "acme", Key: stalltest.Key}
	ch, err := stall.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{cfg, &cfg, ch, *ch} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			_, _ = fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("made", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("made", "v", v)
	}
	if strings.Contains(out.String(), stalltest.Key) {
		t.Errorf("the key is printed:\n%s", &out)
	}
}
