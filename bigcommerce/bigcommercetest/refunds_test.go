package bigcommercetest

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefundsAndTransactionsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{})
		id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Name: "A", Quantity: 2, Price: "10", Tax: "1", Discount: "4"}, {Name: "B", Price: "5"}}}))
		other := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Name: "A"}}, PaymentMethod: "Manual"}))
		c := newClient(t, f)
		c.get("/v3/orders/payment_actions/refunds").want(204)
		c.get(fmt.Sprintf("/v3/orders/%d/payment_actions/refunds", id)).want(204)
		c.get(fmt.Sprintf("/v3/orders/%d/transactions", other)).want(204)
		c.get("/v3/orders/999/transactions").want(404)

		o, _ := f.Order(id)
		first := must(f.Refund(id, NewRefund{Lines: map[int]int{o.Lines[0].ID: 1}, Shipping: "2", Reason: "broken"}))
		if got, _ := f.Order(id); got.Status != PartiallyRefunded || got.PaymentStatus != "partially refunded" || got.Refunds[0].Total != "11" {
			t.Errorf("order %+v", got)
		}
		r := c.get(fmt.Sprintf("/v3/orders/%d/payment_actions/refunds", id)).want(200)
		if r.text("data.0.total_amount") != "11" || r.text("data.0.items.0.item_type") != "PRODUCT" || r.text("data.0.items.0.quantity") != "1" ||
			r.text("data.0.items.0.item_id") != strconv.Itoa(o.Lines[0].ID) || r.text("data.0.items.1.requested_amount") != "2" {
			t.Errorf("refund %s", r.body)
		}
		if r := c.get(fmt.Sprintf("/v2/orders/%d", id)); r.text("refunded_amount") != "0.0000" || r.text("status_id") != "14" {
			t.Errorf("refunded_amount always reads 0: %s", r.body)
		}
		time.Sleep(time.Hour)
		second := must(f.Refund(id, NewRefund{Lines: map[int]int{o.Lines[0].ID: 1, o.Lines[1].ID: 1}, Amount: "1"}))
		if got, _ := f.Order(id); got.Status != Refunded {
			t.Errorf("status %v", got.Status)
		}
		for query, total := range map[string]string{
			fmt.Sprintf("order_id:in=%d,%d", id, other): "2", fmt.Sprintf("id:in=%d", second): "1", "transaction_id=9000001": "1",
			"created:min=" + url.QueryEscape(time.Now().Add(-time.Minute).Format(time.RFC3339)): "1",
			"created:max=" + url.QueryEscape(time.Now().Add(-time.Minute).Format(time.RFC3339)): "1", "limit=1&page=2": "2",
		} {
			if got := c.get("/v3/orders/payment_actions/refunds?" + query).want(200).text("meta.pagination.total"); got != total {
				t.Errorf("%s: %s, want %s", query, got, total)
			}
		}
		c.get(fmt.Sprintf("/v3/orders/payment_actions/refunds?order_id:in=%d", other)).want(204)
		if r := c.get(fmt.Sprintf("/v3/orders/payment_actions/refunds/%d", first)).want(200); r.text("data.items.1.requested_amount") != "2" {
			t.Errorf("refund %s", r.body)
		}
		c.get("/v3/orders/payment_actions/refunds/99").want(404)
		r = c.get(fmt.Sprintf("/v3/orders/%d/transactions", id)).want(200)
		if r.at("data.0.order_id") != strconv.Itoa(id) || r.text("data.0.amount") != "23" || r.text("data.1.event") != "refund" {
			t.Errorf("transactions %s", r.body)
		}
		for _, bad := range []NewRefund{{}, {Lines: map[int]int{999: 1}}, {Lines: map[int]int{o.Lines[0].ID: 1}}, {Amount: "x"}} {
			if _, err := f.Refund(id, bad); err == nil {
				t.Errorf("accepted %+v", bad)
			}
		}
		if _, err := f.Refund(999, NewRefund{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

func TestARefundAfterShipmentLeavesTheStatus(t *testing.T) {
	f, _, o := shop(t, Config{})
	must(f.Ship(o.ID, Parcel{}))
	must(f.Refund(o.ID, NewRefund{Lines: map[int]int{o.Lines[0].ID: 1}}))
	if got, _ := f.Order(o.ID); got.Status != Shipped || got.Lines[0].Refunded != 1 {
		t.Errorf("order %+v", got)
	}
}

func TestEmptyRefundsMayBe200(t *testing.T) {
	f := New(Config{Believed: Believed{EmptyRefundsAre200: true}})
	if r := newClient(t, f).get("/v3/orders/payment_actions/refunds").want(200); r.text("data") != "[]" {
		t.Errorf("refunds %s", r.body)
	}
}
