package shopifytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inbox receives webhooks and answers with status.
type inbox struct {
	status int
	got    []*http.Request
	bodies []string
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	i.got = append(i.got, r)
	i.bodies = append(i.bodies, string(b))
	w.WriteHeader(i.status)
}

func (i *inbox) topics() string {
	var out []string
	for _, r := range i.got {
		out = append(out, r.Header.Get("X-Shopify-Topic"))
	}
	return strings.Join(out, " ")
}

func signed(secret, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// hooked is a shop that sends webhooks of the given topics to an inbox.
func hooked(t *testing.T, cfg Config, topics []string, do func(f *Fake, a *app, in *inbox)) {
	t.Helper()
	in := &inbox{status: 200}
	cfg.HooksTo = ToHandler(in)
	bubble(t, cfg, func(f *Fake, a *app) {
		t := a.t
		for _, topic := range topics {
			r := a.run(subscribe, map[string]any{"topic": topic, "sub": map[string]any{"uri": "https://app.example.com/hooks", "format": "JSON"}})
			if e := r.userErrors("webhookSubscriptionCreate"); len(e) > 0 {
				t.Fatal(e)
			}
		}
		do(f, a, in)
	})
}

func TestWebhooksAreSignedAndNamed(t *testing.T) {
	hooked(t, Config{}, []string{"ORDERS_CREATE", "ORDERS_UPDATED"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		o := custom(f)
		equal(t, "nothing is sent by itself", len(in.got), 0)
		time.Sleep(time.Minute)
		sent := f.Deliver(t.Context(), time.Now())
		equal(t, "sent", len(sent), 2)
		equal(t, "topics", in.topics(), "orders/create orders/updated")
		h := in.got[0].Header
		equal(t, "signature", h.Get("X-Shopify-Hmac-Sha256"), signed("secret", in.bodies[0]))
		equal(t, "shop", h.Get("X-Shopify-Shop-Domain"), f.Shop())
		equal(t, "version", h.Get("X-Shopify-API-Version"), Version)
		equal(t, "when", h.Get("X-Shopify-Triggered-At"), "2026-11-01T09:30:00Z")
		if h.Get("X-Shopify-Webhook-Id") == "" || h.Get("X-Shopify-Webhook-Id") == in.got[1].Header.Get("X-Shopify-Webhook-Id") {
			t.Error("webhook ids differ by notice")
		}
		var body struct {
			ID        int64  `json:"id"`
			GID       string `json:"admin_graphql_api_id"`
			Name      string `json:"name"`
			UpdatedAt string `json:"updated_at"`
			Total     string `json:"total_price"`
		}
		check(t, json.Unmarshal([]byte(in.bodies[0]), &body))
		equal(t, "body", fmt.Sprint(gid("Order", body.ID) == o.ID, body.GID == o.ID, body.Name, body.UpdatedAt, body.Total), "true true#10012026-11-01T09:30:00+00:001.00")
		equal(t, "once", len(f.Deliver(t.Context(), time.Now().Add(24*time.Hour))), 0)
	})
}

func TestTheNewerHeaderFamily(t *testing.T) {
	hooked(t, Config{HookHeaders: EventHeaders}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		custom(f)
		f.Deliver(t.Context(), time.Now())
		h := in.got[0].Header
		if sum := h["Shopify-Hmac-Sha256"]; len(sum) != 1 || sum[0] != signed("secret", in.bodies[0]) {
			t.Errorf("headers: %v", h)
		}
		equal(t, "no old ones", in.topics(), "")
	})
}

func TestEachEventHasItsTopics(t *testing.T) {
	all := []string{
		"ORDERS_CREATE", "ORDERS_PAID", "ORDERS_CANCELLED", "ORDERS_EDITED", "ORDERS_FULFILLED", "ORDERS_PARTIALLY_FULFILLED", "REFUNDS_CREATE",
		"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE", "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "FULFILLMENT_ORDERS_HOLD_RELEASED", "FULFILLMENT_ORDERS_MOVED",
		"INVENTORY_LEVELS_UPDATE", "INVENTORY_LEVELS_CONNECT", "INVENTORY_LEVELS_DISCONNECT", "INVENTORY_ITEMS_CREATE", "PRODUCTS_CREATE", "PRODUCTS_UPDATE",
		"APP_UNINSTALLED", "BULK_OPERATIONS_FINISH", "ORDERS_RISK_ASSESSMENT_CHANGED",
	}
	hooked(t, Config{Quota: 10, Locations: []Location{{Name: "Berlin"}, {Name: "Paris"}}, BulkDuration: -1}, all, func(f *Fake, a *app, in *inbox) {
		t := a.t
		var o Order
		for _, tc := range []struct {
			name string
			do   func()
			want string
		}{
			{"product", func() { mug(f, "A", 9) }, "inventory_levels/connect inventory_items/create products/create"},
			{"sale", func() { o = must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A", Quantity: 3}}})) }, "inventory_levels/update orders/create orders/paid"},
			{"hold", func() { must(f.Hold(o.ID, "OTHER")) }, "fulfillment_orders/placed_on_hold"},
			{"release", func() { check(t, f.Release(o.ID)) }, "fulfillment_orders/hold_released"},
			{"part", func() { check(t, f.Ship(o.ID, Shipped{Units: map[string]int{"A": 1}})) }, "fulfillments/create orders/partially_fulfilled"},
			{"move", func() { must(f.Move(must(f.Order(o.ID)).FulfilmentOrders[0].ID, "Paris")) }, "inventory_levels/update inventory_levels/connect inventory_levels/update fulfillment_orders/moved"},
			{"all", func() { check(t, f.Ship(o.ID, Shipped{})) }, "fulfillments/create orders/fulfilled"},
			{"refund", func() {
				check(t, f.Refund(o.ID, NewRefund{Lines: []RefundedLine{{Line: "A", Quantity: 1, Restock: RestockReturn}}}))
			}, "inventory_levels/update refunds/create"},
			{"unship", func() { check(t, f.CancelFulfilment(must(f.Order(o.ID)).Fulfilments[0].ID)) }, "fulfillments/update"},
			{"edit", func() { check(t, f.EditOrder(o.ID, Edit{Set: map[string]int{"A": 1}, Restock: true})) }, "inventory_levels/update orders/edited"},
			{"count", func() { check(t, f.SetAvailable("A", "", 3)) }, "inventory_levels/update"},
			{"risk", func() { check(t, f.Risk(o.ID, "CANCEL")) }, "orders/risk_assessment_changed"},
			{"off", func() { check(t, f.Deactivate("A", "Paris")) }, "inventory_levels/disconnect"},
			{"rename", func() { check(t, f.RenameSKU("A", "B")) }, "products/update"},
			{"bulk", func() { a.bulk(`{ products { edges { node { id } } } }`) }, "bulk_operations/finish"},
			{"a write of ours as well", func() {
				q := f.Quantities()[0]
				a.run(setStock, map[string]any{"key": "k", "input": setInput([]any{q.ItemID, q.LocationID, 8, nil})})
			}, "inventory_levels/update"},
			{"cancel", func() { check(t, f.CancelOrder(custom(f).ID, false)) }, "orders/create orders/paid orders/cancelled refunds/create"},
			{"uninstall", f.Uninstall, "app/uninstalled"},
		} {
			in.got = nil
			tc.do()
			time.Sleep(time.Second)
			f.Deliver(t.Context(), time.Now())
			equal(t, tc.name, in.topics(), tc.want)
		}
	})
}

func TestAFailingReceiverIsRetriedAndThenDropped(t *testing.T) {
	hooked(t, Config{}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		custom(f)
		in.status = 500
		start := time.Now()
		n := 0
		for {
			at, ok := f.NextDelivery()
			if !ok {
				break
			}
			time.Sleep(time.Until(at))
			f.Deliver(t.Context(), time.Now())
			n++
			if n == 2 { // the payload of a retry is the first one
				check(t, f.Touch("#1001"))
			}
		}
		equal(t, "attempts", n, 8)
		if d := time.Since(start); d > 4*time.Hour {
			t.Errorf("retried for %v", d)
		}
		equal(t, "the subscription is gone", len(f.Subscriptions()), 0)
		for i, b := range in.bodies {
			if b != in.bodies[0] || in.got[i].Header.Get("X-Shopify-Webhook-Id") != in.got[0].Header.Get("X-Shopify-Webhook-Id") {
				t.Error("a retry differs")
			}
		}
		equal(t, "log", f.Deliveries()[7].Attempt, 8)
	})
	hooked(t, Config{}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		custom(f)
		in.status = 503
		f.Deliver(t.Context(), time.Now())
		in.status = 204
		time.Sleep(time.Minute)
		f.Deliver(t.Context(), time.Now())
		if _, more := f.NextDelivery(); more || len(f.Subscriptions()) != 1 {
			t.Error("one success ends it")
		}
	})
}

func TestASlowReceiverFails(t *testing.T) {
	slow := ToHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(6 * time.Second) }))
	bubble(t, Config{HooksTo: slow}, func(f *Fake, a *app) {
		t := a.t
		a.run(subscribe, map[string]any{"topic": "ORDERS_CREATE", "sub": map[string]any{"uri": "https://app.example.com/hooks"}})
		custom(f)
		start := time.Now()
		got := f.Deliver(t.Context(), time.Now())
		if got[0].Err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", got[0].Err, time.Since(start))
		}
		time.Sleep(time.Minute) // let the handler end
	})
}

func TestWebhooksGoAstray(t *testing.T) {
	hooked(t, Config{}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		names := func() string {
			var out []string
			for _, b := range in.bodies {
				var o struct{ Name string }
				check(t, json.Unmarshal([]byte(b), &o))
				out = append(out, o.Name)
			}
			in.bodies = nil
			return strings.Join(out, " ")
		}
		f.HookFault(HookFault{Kind: DropHook})
		custom(f)
		custom(f)
		f.Deliver(t.Context(), time.Now())
		equal(t, "dropped", names(), "#1002")

		f.HookFault(HookFault{Kind: DuplicateHook, Topic: "orders/create"})
		custom(f)
		in.got = nil
		f.Deliver(t.Context(), time.Now())
		equal(t, "twice", names(), "#1003 #1003")
		equal(t, "with one id", in.got[0].Header.Get("X-Shopify-Webhook-Id"), in.got[1].Header.Get("X-Shopify-Webhook-Id"))

		f.HookFault(HookFault{Kind: ReorderHook})
		custom(f)
		custom(f)
		f.Deliver(t.Context(), time.Now())
		equal(t, "out of order", names(), "#1005 #1004")

		f.HookFault(HookFault{Kind: DelayHook, Delay: 20 * time.Hour})
		custom(f)
		custom(f)
		f.Deliver(t.Context(), time.Now())
		equal(t, "late", names(), "#1007")
		f.Deliver(t.Context(), time.Now().Add(20*time.Hour))
		equal(t, "a day after", names(), "#1006")
	})
}

func TestSubscriptionsAreJudged(t *testing.T) {
	hooked(t, Config{Quota: 10}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, _ *inbox) {
		t := a.t
		for _, tc := range []struct {
			sub  map[string]any
			want string
		}{
			{map[string]any{"uri": ""}, "Address can't be blank"},
			{map[string]any{}, "Address can't be blank"},
			{map[string]any{"uri": "https://app.example.com/hooks"}, "Address for this topic has already been taken"},
			{map[string]any{"uri": "http://app.example.com/hooks"}, "Address protocol http:// is not supported"},
			{map[string]any{"uri": "https://acme.myshopify.com/x"}, "Address cannot be a Shopify or an internal domain"},
			{map[string]any{"uri": "https://127.0.0.1/x"}, "Address cannot be a Shopify or an internal domain"},
			{map[string]any{"uri": "pubsub://project:topic"}, ""},
			{map[string]any{"uri": "https://app.example.com/2", "name": "one"}, ""},
		} {
			var got string
			if e := a.run(subscribe, map[string]any{"topic": "ORDERS_CREATE", "sub": tc.sub}).userErrors("webhookSubscriptionCreate"); len(e) > 0 {
				got = strings.TrimPrefix(e[0], "|webhookSubscription.callbackUrl|")
			}
			equal(t, fmt.Sprint(tc.sub), got, tc.want)
		}
		r := a.run(subscribe, map[string]any{"topic": "ORDERS_PAID", "sub": map[string]any{"uri": "https://app.example.com/hooks", "name": "one"}})
		equal(t, "a name twice", r.userErrors("webhookSubscriptionCreate")[0], "|webhookSubscription.name|Name already exists, no duplicate allowed")
		r = a.run(webhooksQuery, nil)
		equal(t, "listed", len(r.list("webhookSubscriptions.nodes")), 3)
		id := r.str("webhookSubscriptions.nodes.0.id")
		r = a.run(`mutation U($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: "https://app.example.com/3"}) { webhookSubscription { uri } userErrors { message } } }`, map[string]any{"id": id})
		equal(t, "changed", r.str("webhookSubscriptionUpdate.webhookSubscription.uri"), "https://app.example.com/3")
		const del = `mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }`
		equal(t, "deleted", a.run(del, map[string]any{"id": id}).str("webhookSubscriptionDelete.deletedWebhookSubscriptionId"), id)
		equal(t, "again", len(a.run(del, map[string]any{"id": id}).userErrors("webhookSubscriptionDelete")), 1)
		equal(t, "left", len(f.Subscriptions()), 2)
	})
	bubble(t, Config{InsecureHooks: true}, func(_ *Fake, a *app) {
		t := a.t
		r := a.run(subscribe, map[string]any{"topic": "ORDERS_CREATE", "sub": map[string]any{"uri": "http://localhost:8080/hooks"}})
		equal(t, "a receiver next door", len(r.userErrors("webhookSubscriptionCreate")), 0)
	})
}

func TestSubscriptionsNarrowWhatTheyGet(t *testing.T) {
	hooked(t, Config{}, nil, func(f *Fake, a *app, in *inbox) {
		t := a.t
		a.run(subscribe, map[string]any{"topic": "ORDERS_CREATE", "sub": map[string]any{
			"uri": "https://app.example.com/hooks", "includeFields": []any{"name", "test"}, "filter": "test:true OR name:#1003", "name": "few",
		}})
		custom(f)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, Test: true}))
		custom(f)
		f.Deliver(t.Context(), time.Now())
		if diff := cmp.Diff([]string{`{"name":"#1002","test":true}`, `{"name":"#1003","test":false}`}, in.bodies); diff != "" {
			t.Error(diff)
		}
		equal(t, "name", in.got[0].Header.Get("X-Shopify-Name"), "few")
	})
}

func TestWebhooksWithAnOldSecretAfterARotation(t *testing.T) {
	hooked(t, Config{}, []string{"ORDERS_CREATE"}, func(f *Fake, a *app, in *inbox) {
		t := a.t
		f.RotateSecret("new")
		for _, secret := range []string{"secret", "new"} {
			in.got, in.bodies = nil, nil
			custom(f)
			f.Deliver(t.Context(), time.Now())
			equal(t, "signature", in.got[0].Header.Get("X-Shopify-Hmac-Sha256"), signed(secret, in.bodies[0]))
			time.Sleep(time.Hour)
		}
	})
}

func TestComplianceTopicsComeWithoutASubscription(t *testing.T) {
	hooked(t, Config{}, nil, func(f *Fake, a *app, in *inbox) {
		t := a.t
		o := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{Title: "x", Price: "1"}}, Buyer: Buyer{Email: "ada@example.com"}}))
		check(t, f.Compliance("customers/redact", "https://app.example.com/redact", o.ID))
		f.Deliver(t.Context(), time.Now())
		equal(t, "topic", in.topics(), "customers/redact")
		if !strings.Contains(in.bodies[0], "ada@example.com") || !strings.Contains(in.bodies[0], legacy(number(o.ID))) {
			t.Error(in.bodies[0])
		}
	})
}
