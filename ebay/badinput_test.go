package ebay_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/ebaytest"
)

// Answers that are none, in all the ways they come, are neither an empty page
// nor a dead grant.
func TestAnswersThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":                    "",
		"truncated":                  `{"total":1,"orders":[{"orderId":"11-1","lineItems":[`,
		"truncated between":          `{"total":1,"orders":[{"orderId":"11-1"}`,
		"a web page":                 "<html><body>maintenance</body></html>",
		"null":                       "null",
		"an array":                   "[]",
		"another API's":              `{"inventoryItems":[]}`,
		"a failure inside a success": `{"errors":[{"errorId":30500,"message":"System error"}]}`,
		"both":                       `{"total":0,"orders":[],"errors":[{"errorId":30500,"message":"System error"}]}`,
		"orders that are none":       `{"orders":{"lineItems":"1"}}`,
		"a text":                     `"ok"`,
		"less than none":             `{"total":-1,"orders":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{}, nil, func(r *rig) {
				r.wire.Set(func(w *wire) {
					w.Reply = func(req *http.Request) *http.Response {
						if !strings.Contains(req.URL.Path, "/fulfillment/") {
							return nil
						}
						return answer(200, "application/json", body)
					}
				})
				if p, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("a page: %+v, %v, want ErrUnavailable", p, err)
				}
				if p, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{"11-1"}); !errors.Is(err, channel.ErrUnavailable) {
					r.Errorf("by id: %+v, %v, want ErrUnavailable", p, err)
				}
			})
		})
	}
}

// Warnings beside a success are no failure.
func TestWarningsBesideASuccess(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		id := r.place(mugs(1))
		visible()
		r.wire.Set(func(w *wire) {
			w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
				return status, []byte(strings.Replace(string(body), `{`, `{"warnings":[{"errorId":25096,"message":"on hold"}],`, 1))
			}
		})
		if got := r.walk(channel.OrderQuery{Since: recent()}); got[id].ID == "" {
			r.Errorf("%d orders", len(got))
		}
	})
}

// Orders in shapes that the specification does not promise come through, or are
// parked; none takes another with it.
func TestOddOrders(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.product("MUG", 100)
		for range 2 {
			r.place(newOrder{Lines: []newLine{{SKU: "MUG"}}, Buyer: ebaytest.Buyer{Name: "Grace"}})
		}
		visible()
		for name, tt := range map[string]struct {
			old, now string // once, in the page
			parked   bool
		}{
			"an amount as a number":   {`"lineItemCost":{"value":"10.00"`, `"lineItemCost":{"value":10.00`, false},
			"an amount that is none":  {`"lineItemCost":{"value":"10.00"`, `"lineItemCost":{"value":"ten"`, true},
			"an amount with exponent": {`"lineItemCost":{"value":"10.00"`, `"lineItemCost":{"value":"1e1"`, true},
			"another currency":        {`"lineItemCost":{"value":"10.00","currency":"USD"`, `"lineItemCost":{"value":"10.00","currency":"EUR"`, true},
			"a currency in small":     {`"lineItemCost":{"value":"10.00","currency":"USD"`, `"lineItemCost":{"value":"10.00","currency":"usd"`, true},
			"no time":                 {`"creationDate":`, `"creationWhen":`, true},
			"an empty time":           {`"shipByDate":"`, `"shipByDate":"","x":"`, false},
			"a time that is none":     {`"lastModifiedDate":"`, `"lastModifiedDate":"soon","x":"`, true},
			"no id":                   {`"orderId":`, `"orderNo":`, true},
			"a line without id":       {`"lineItemId":`, `"lineItemNo":`, true},
			"units as text":           {`"quantity":1`, `"quantity":"1"`, true},
			"units below zero":        {`"quantity":1`, `"quantity":-1`, true},
			"too many units":          {`"quantity":1`, `"quantity":99999999999`, true},
			"null for an object":      {`"buyer":{`, `"buyer":null,"was":{`, false},
			"null for a list":         {`"refunds":[`, `"refunds":null,"was":[`, false},
			"no instructions":         {`"fulfillmentStartInstructions":[`, `"was":[`, false},
			"a new field":             {`"orderId":`, `"isHologram":{"a":[1]},"orderId":`, false},
			"a field twice":           {`"orderId":`, `"orderId":"0","orderId":`, false},
			"a new state of a line":   {`"lineItemFulfillmentStatus":"NOT_STARTED"`, `"lineItemFulfillmentStatus":"PACKED"`, false},
			"a new way of delivery":   {`"fulfillmentInstructionsType":"SHIP_TO"`, `"fulfillmentInstructionsType":"BY_DRONE"`, false},
			"broken letters":          {"Grace", "Gr\xffce", false},
		} {
			since := time.Now().Add(-time.Hour)
			r.wire.Set(func(w *wire) {
				w.Bend = func(_ *http.Request, status int, body []byte) (int, []byte) {
					return status, []byte(strings.Replace(string(body), tt.old, tt.now, 1))
				}
			})
			p := must(r.ch.OrderPage(r.Context(), channel.OrderQuery{Since: since}))
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
		}
	})
}
