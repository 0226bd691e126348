package shopify_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// What a call is answered with: a fault of the request, of the grant and of
// Shopify's own.
const (
	refusedAnswer = `{"errors":[{"message":"Something is odd.","extensions":{"code":"BAD_REQUEST"}}],"data":null}`
	deniedAnswer  = `{"errors":[{"message":"Access denied for refunds field.","path":["nodes",0,"refunds"],"extensions":{"code":"ACCESS_DENIED","requiredAccess":"some scope"}}],"data":{"nodes":[]}}`
	failedAnswer  = `{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}`
)

// spoil answers the calls of a name that ask for one of the ids, or without ids
// every one.
func (r rig) spoil(name, answer string, ids ...string) {
	r.fake.Fault(shopifytest.Fault{
		Kind: shopifytest.Answer, Times: -1, Status: http.StatusOK, Body: answer, Header: http.Header{"Content-Type": {"application/json"}},
		When: func(_ *http.Request, body []byte) bool {
			if !bytes.Contains(body, []byte(`"operationName":"`+name+`"`)) {
				return false
			}
			for _, id := range ids {
				if bytes.Contains(body, []byte(`"`+id+`"`)) {
					return true
				}
			}
			return len(ids) == 0
		},
	})
}

// refunded places n orders of which a unit was refunded.
func (r rig) refunded(n int) (ids []string) {
	r.Helper()
	for range n {
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{Title: "Mug", Price: "3.00", Quantity: 2}}})
		r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{{Line: o.Lines[0].ID, Quantity: 1, Restock: shopifytest.RestockCancel}}}))
		ids = append(ids, o.ID)
	}
	return ids
}

// walkOn walks as an engine does, which asks again where a page failed. It
// gives up after so many failures.
func (r rig) walkOn(failures int) (orders map[channel.OrderID]channel.Order, parked map[string]error, err error) {
	r.Helper()
	time.Sleep(10 * time.Second)
	orders, parked = map[channel.OrderID]channel.Order{}, map[string]error{}
	q := channel.OrderQuery{Since: time.Now().Add(-time.Hour)}
	for {
		p, failed := r.ch.OrderPage(r.Context(), q)
		if failed != nil {
			if err = failed; failures == 0 {
				return orders, parked, err
			}
			failures--
			time.Sleep(time.Minute)
			continue
		}
		for _, o := range p.Items {
			if o.Has(channel.PartRefunds) {
				orders[o.ID] = o
			}
		}
		for _, k := range p.Parked {
			parked[k.ID] = k.Err
		}
		if q.After = p.Next; p.Next == "" {
			return orders, parked, nil
		}
	}
}

// Whatever keeps the details of one order from being read, that one is set
// aside and the rest of its page comes.
func TestDetailsOfOneOrderStopNoOther(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		class        error
		failures     int // of pages on the way
	}{
		{"refused", refusedAnswer, channel.ErrInvalid, 0},
		{"denied", deniedAnswer, channel.ErrForbidden, 0},
		{"failing", failedAnswer, channel.ErrUnavailable, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			onWire(t, shopifytest.Config{Quota: 100}, func(r rig, w *wire) {
				const n = 120
				ids := r.refunded(n)
				r.spoil("OrderRefunds", c.answer, ids[7])
				orders, parked, err := r.walkOn(c.failures)
				bad := shopifytest.ID[channel.OrderID](ids[7])
				if err != nil || len(orders) != n-1 || len(parked) != 1 || !errors.Is(parked[string(bad)], c.class) {
					t.Errorf("%d of %d orders, parked %v, %v", len(orders), n, parked, err)
				}
				// Halves, not one by one.
				if calls := len(w.named("OrderRefunds")); calls > 60 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

// What concerns every order is no order's fault: the page fails, and nothing is
// set aside.
func TestDetailsThatNoOrderHasEndThePage(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		class  error
	}{
		"refused": {refusedAnswer, channel.ErrInvalid}, "denied": {deniedAnswer, channel.ErrForbidden}, "failing": {failedAnswer, channel.ErrUnavailable},
	} {
		for _, n := range []int{1, 120} {
			if n == 1 && name == "refused" {
				continue // it may well be that order's
			}
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				onWire(t, shopifytest.Config{Quota: 100}, func(r rig, w *wire) {
					r.refunded(n)
					r.spoil("OrderRefunds", c.answer)
					orders, parked, err := r.walkOn(0)
					if !errors.Is(err, c.class) || len(orders)+len(parked) != 0 {
						t.Errorf("%d orders, %d parked, %v", len(orders), len(parked), err)
					}
					if calls := len(w.named("OrderRefunds")); calls > 25 {
						t.Errorf("%d calls", calls)
					}
				})
			})
		}
	}
}

// A failure that passes sets nothing aside.
func TestDetailsThatFailOnceAreAskedForAgain(t *testing.T) {
	onShop(t, shopifytest.Config{}, nil, func(r rig) {
		ids := r.refunded(2)
		n := 0
		r.fake.Fault(shopifytest.Fault{
			Kind: shopifytest.Answer, Times: 2, Status: http.StatusOK, Body: failedAnswer, Header: http.Header{"Content-Type": {"application/json"}},
			When: func(_ *http.Request, body []byte) bool { // the page's, and the one of the second order
				if !bytes.Contains(body, []byte(`"OrderRefunds"`)) || !bytes.Contains(body, []byte(ids[1])) {
					return false
				}
				n++
				return true
			},
		})
		orders, parked, err := r.walkOn(0)
		if err != nil || len(orders) != 2 || len(parked) != 0 || n != 2 {
			t.Errorf("%d orders, parked %v, asked %d times, %v", len(orders), parked, n, err)
		}
	})
}

// The same of the lines of a fulfilment order beyond its page.
func TestLinesOfOneFulfilmentOrderStopNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		one    error // the class it is set aside with, nil where the walk fails
		all    error
	}{
		"refused": {refusedAnswer, channel.ErrInvalid, nil},
		"denied":  {`{"errors":[{"message":"Access denied.","path":["node"],"extensions":{"code":"ACCESS_DENIED"}}],"data":{"node":null}}`, channel.ErrForbidden, channel.ErrForbidden},
		"failing": {failedAnswer, channel.ErrUnavailable, channel.ErrUnavailable},
	} {
		for _, all := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " all=", all), func(t *testing.T) {
				onWire(t, shopifytest.Config{Quota: 100}, func(r rig, _ *wire) {
					var ids []string
					for range 3 {
						o := r.order(shopifytest.NewOrder{Lines: make([]shopifytest.NewLine, 260)})
						ids = append(ids, o.FulfilmentOrders[0].ID)
					}
					if all {
						r.spoil("UnitLines", c.answer)
					} else {
						r.spoil("UnitLines", c.answer, ids[1])
					}
					_, parked, err := r.walkOn(0)
					switch {
					case !all || c.all == nil:
						want := 1
						if all {
							want = 3
						}
						if err != nil || len(parked) != want || !errors.Is(parked["fulfilment order "+shopifytest.ID[string](ids[1])], c.one) {
							t.Errorf("parked %v, %v", parked, err)
						}
					case !errors.Is(err, c.all) || len(parked) != 0:
						t.Errorf("parked %v, %v", parked, err)
					}
				})
			})
		}
	}
}
