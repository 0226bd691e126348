package amazon_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Answers that are none, in all the ways they come, are neither an empty page
// nor a dead grant.
func TestAnswersThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":                    "",
		"truncated":                  `{"orders":[{"orderId":"111-1","orderItems":[`,
		"truncated between":          `{"orders":[{"orderId":"111-1"}`,
		"a web page":                 "<html><body>maintenance</body></html>",
		"null":                       "null",
		"an array":                   "[]",
		"another API's":              `{"payload":{"Orders":[]}}`,
		"a failure inside a success": `{"errors":[{"code":"InternalFailure","message":"broken"}]}`,
		"both":                       `{"orders":[],"errors":[{"code":"InternalFailure","message":"broken"}]}`,
		"orders that are none":       `{"orders":{"orderId":"1"}}`,
		"a text":                     `"ok"`,
		"a bound that is none":       `{"orders":[],"lastUpdatedBefore":"yesterday"}`,
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if req.Method != http.MethodGet {
							return nil
						}
						return answer(200, "application/json", body)
					}
				})
				if p, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("a page: %+v, %v, want ErrUnavailable", p, err)
				}
				if p, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"111-1"}); !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("by id: %+v, %v, want ErrUnavailable", p, err)
				}
			})
		})
	}
}

// Orders in shapes that the model does not promise come through, or are parked;
// none takes another with it.
func TestOddOrders(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		for range 2 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}})
		}
		visible()
		for name, tt := range map[string]struct {
			old, now string // once, in the page
			parked   bool
		}{
			"an amount as a number":    {`"amount":"10.00"`, `"amount":10.00`, false},
			"an amount that is none":   {`"amount":"10.00"`, `"amount":"ten"`, true},
			"an amount with exponent":  {`"amount":"10.00"`, `"amount":"1e1"`, true},
			"another currency":         {`"amount":"10.00","currencyCode":"USD"`, `"amount":"10.00","currencyCode":"EUR"`, true},
			"a currency in lower case": {`"amount":"10.00","currencyCode":"USD"`, `"amount":"10.00","currencyCode":"usd"`, false},
			"a time with a fraction":   {`"createdTime":"20`, `"someTime":"x","createdTime":"20`, false},
			"no time":                  {`"createdTime":`, `"createdWhen":`, true},
			"an empty time":            {`"latestDateTime":"`, `"latestDateTime":"","x":"`, false},
			"a time that is none":      {`"lastUpdatedTime":"`, `"lastUpdatedTime":"soon","x":"`, true},
			"no id":                    {`"orderId":`, `"orderNo":`, true},
			"a line without id":        {`"orderItemId":`, `"orderItemNo":`, true},
			"units as text":            {`"quantityOrdered":1`, `"quantityOrdered":"1"`, true},
			"units below zero":         {`"quantityUnfulfilled":1`, `"quantityUnfulfilled":-1`, true},
			"too many units":           {`"quantityOrdered":1`, `"quantityOrdered":99999999999`, true},
			"no units told":            {`"quantityUnfulfilled":1`, `"quantityElse":1`, false},
			"null for an object":       {`"recipient":{`, `"recipient":null,"was":{`, false},
			"null for a list":          {`"programs":[`, `"programs":null,"was":[`, false},
			"a new field":              {`"orderId":`, `"isHologram":{"a":[1]},"orderId":`, false},
			"a field twice":            {`"orderId":`, `"orderId":"0","orderId":`, false},
			"broken letters":           {"Grace", "Gr\xffce", false},
		} {
			r.wire.Set(func(w *wire) {
				w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
					return status, []byte(strings.Replace(string(body), tt.old, tt.now, 1))
				}
			})
			p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: time.Now().Add(-time.Hour)}))
			if len(p.Items)+len(p.Parked) != 2 || len(p.Parked) == 1 != tt.parked || p.Through.IsZero() {
				r.Errorf("%s: %d orders, parked %v", name, len(p.Items), p.Parked)
			}
			for _, o := range p.Items {
				if o.Lines[0].Open() != 1 || o.Totals.Total.Shop.String() != "10.00 USD" {
					r.Errorf("%s: %+v", name, o)
				}
			}
			for _, k := range p.Parked {
				if !errors.Is(k.Err, channel.ErrInvalid) || strings.Contains(k.Err.Error(), "ten") || len(k.Raw) == 0 {
					r.Errorf("%s: parked as %v", name, k.Err)
				}
			}
			pass(10 * time.Minute)
			for _, o := range r.fake.Orders() {
				check(r, r.fake.Touch(o.ID))
			}
			visible()
		}
	})
}
