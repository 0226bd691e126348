package bigcommercetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// receiver takes notifications and answers them with status.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies [][]byte
	at     []time.Time
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.got, r.bodies, r.at = append(r.got, req), append(r.bodies, b), append(r.at, time.Now())
	status := r.status
	if status == 0 {
		status = 200
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: req}, nil
}

func (r *receiver) scopes() (out []string) {
	for _, b := range r.bodies {
		var e envelope
		_ = json.Unmarshal(b, &e)
		out = append(out, e.Scope)
	}
	return out
}

func (r *receiver) data(i int) string {
	var e envelope
	_ = json.Unmarshal(r.bodies[i], &e)
	return string(e.Data)
}

// listening returns a fake with a receiver and hooks to scopes.
func listening(t *testing.T, cfg Config, scopes ...string) (*Fake, *client, *receiver) {
	t.Helper()
	r := &receiver{}
	cfg.HookTransport = r
	f := New(cfg)
	c := newClient(t, f)
	for _, s := range scopes {
		c.do("POST", "/v3/hooks", map[string]any{
			"scope": s, "destination": "https://in.example.com/bc", "headers": map[string]string{"X-Key": "opensesame"},
		}).want(200)
	}
	return f, c, r
}

func TestHooksAreManaged(t *testing.T) {
	f := New(Config{Tokens: []Token{{Value: "other", ClientID: "other-app"}}})
	c := newClient(t, f)
	post := func(scope, dest string) reply {
		return c.do("POST", "/v3/hooks", map[string]any{"scope": scope, "destination": dest})
	}
	r := post("store/order/*", "https://a.example.com").want(200)
	if r.text("data.client_id") != DefaultClientID || r.text("data.store_hash") != DefaultStoreHash || r.at("data.is_active") != true {
		t.Errorf("hook %s", r.body)
	}
	id := r.text("data.id")
	post("store/order/*", "https://a.example.com").want(422)
	for i := range 9 {
		post("store/order/*", fmt.Sprintf("https://a.example.com/%d", i)).want(200)
	}
	post("store/order/*", "https://a.example.com/10").want(422)
	post("store/shipment/*", "https://a.example.com").want(200)
	for _, bad := range [][2]string{
		{"", "https://a.example.com"},
		{"store/order/*", ""},
		{"order", "https://a.example.com"},
		{"store/x/*", "http://a.example.com"},
		{"store/x/*", "https://a.example.com:8443"},
		{"store/x/*", "https://"},
	} {
		if r := post(bad[0], bad[1]).want(422); r.text("errors") == "{}" {
			t.Errorf("%v: %s", bad, r.body)
		}
	}
	post("store/x/*", "https://a.example.com:443").want(200)
	if got := c.get("/v3/hooks").want(200).text("meta.pagination.total"); got != "12" {
		t.Errorf("%s hooks", got)
	}
	if got := c.get("/v3/hooks?scope=store/shipment/*&is_active=true&destination=https://a.example.com").text("meta.pagination.total"); got != "1" {
		t.Errorf("%s hooks of a scope", got)
	}
	c.token = "other"
	if got := c.get("/v3/hooks").want(200).text("data"); got != "[]" {
		t.Errorf("another client sees %s", got)
	}
	c.get("/v3/hooks/" + id).want(404)
	post("store/order/*", "https://a.example.com").want(200)
	c.token = DefaultToken
	c.do("PUT", "/v3/hooks/"+id, `{}`).want(422)
	c.do("PUT", "/v3/hooks/"+id, `{"destination":"https://a.example.com/0"}`).want(422)
	c.do("PUT", "/v3/hooks/"+id, `{"is_active":false,"headers":{"X":"1"}}`).want(200)
	if r := c.get("/v3/hooks/admin?is_active=false").want(200); r.text("data.hooks_list.0.status") != "inactive" {
		t.Errorf("admin %s", r.body)
	}
	c.do("DELETE", "/v3/hooks/"+id, nil).want(200)
	c.do("DELETE", "/v3/hooks/"+id, nil).want(404)
}

func TestBelievedReadingsOfHooks(t *testing.T) {
	f := New(Config{Believed: Believed{HooksNeedScope: true, DuplicateHookIs409: true}, Scopes: []string{ScopeOrders}})
	c := newClient(t, f)
	order := `{"scope":"store/order/*","destination":"https://a.example.com"}`
	c.do("POST", "/v3/hooks", order).want(200)
	c.do("POST", "/v3/hooks", order).want(409)
	c.do("POST", "/v3/hooks", `{"scope":"store/sku/inventory/updated","destination":"https://a.example.com"}`).want(403)
	c.do("POST", "/v3/hooks", `{"scope":"store/app/uninstalled","destination":"https://a.example.com"}`).want(200)
}

func TestANotification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _, r := listening(t, Config{}, "store/order/created")
		id := must(f.PlaceOrder(NewOrder{Incomplete: true, Lines: []NewLine{{}}}))
		if n := f.DeliverHooks(t.Context()); n != 1 {
			t.Fatalf("%d sent", n)
		}
		var e envelope
		check(t, json.Unmarshal(r.bodies[0], &e))
		sum := sha1.Sum(e.Data)
		if e.Scope != "store/order/created" || e.StoreID != "1025646" || e.Producer != "stores/"+DefaultStoreHash || e.CreatedAt != time.Now().Unix() ||
			string(e.Data) != fmt.Sprintf(`{"id":%d,"type":"order"}`, id) || e.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("envelope %s", r.bodies[0])
		}
		h := r.got[0].Header
		mac := hmac.New(sha256.New, []byte(DefaultClientSecret))
		_, _ = fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), r.bodies[0])
		if h.Get("X-Key") != "opensesame" || h.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("headers %v", h)
		}
	})
	f, _, r := listening(t, Config{Believed: Believed{HooksUnsigned: true}}, "store/order/created")
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	f.DeliverHooks(t.Context())
	if h := r.got[0].Header; h.Get("webhook-signature") != "" || h.Get("X-Key") == "" {
		t.Errorf("headers %v", h)
	}
}

func TestWhatIsNotified(t *testing.T) {
	f, c, r := listening(t, Config{EffectLag: -1}, "store/order/*", "store/shipment/*", "store/sku/*", "store/product/inventory/*",
		"store/channel/*/inventory/product/stock_changed", "store/channel/1/order/*", "store/app/uninstalled")
	must(f.AddProduct(NewProduct{SKU: "MUG", OnHand: 9}))
	must(f.AddProduct(NewProduct{SKU: "SHIRT", Variants: []NewVariant{{SKU: "S", OnHand: 9}}}))
	id := must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG"}, {SKU: "S"}}}))
	o, _ := f.Order(id)
	must(f.Ship(id, Parcel{}))
	must(f.Refund(id, NewRefund{Lines: map[int]int{o.Lines[0].ID: 1}}))
	c.do("PUT", absolutePath, adjust("sku", "S", 1, 5)).want(200)
	check(t, f.Archive(id))
	check(t, f.DeleteShipment(id, 1))
	f.DeliverHooks(t.Context())
	got := map[string]string{}
	for i, s := range r.scopes() {
		got[s] = r.data(i)
	}
	for scope, data := range map[string]string{
		"store/order/created":                             `{"id":100,"type":"order"}`,
		"store/order/statusUpdated":                       `{"id":100,"status":{"previous_status_id":11,"new_status_id":2},"type":"order"}`,
		"store/order/updated":                             `{"id":100,"type":"order"}`,
		"store/order/archived":                            `{"id":100,"type":"order"}`,
		"store/order/refund/created":                      `{"id":100,"refund":{"refund_id":1},"type":"order"}`,
		"store/order/transaction/created":                 `{"order_id":"100","transaction_id":"9000001","type":"order_transaction"}`,
		"store/channel/1/order/created":                   `{"order_id":100}`,
		"store/shipment/created":                          `{"id":1,"orderId":100,"type":"shipment"}`,
		"store/shipment/deleted":                          `{"id":1,"orderId":100,"type":"shipment"}`,
		"store/product/inventory/order/updated":           `{"id":77,"inventory":{"method":"relative","product_id":77,"value":1},"type":"product"}`,
		"store/sku/inventory/order/updated":               `{"id":1181,"inventory":{"method":"relative","product_id":78,"value":-1,"variant_id":181},"type":"sku"}`,
		"store/sku/inventory/updated":                     `{"id":1181,"inventory":{"method":"absolute","product_id":78,"value":5,"variant_id":181},"type":"sku"}`,
		"store/channel/1/inventory/product/stock_changed": `{"location_id":1,"product_id":78,"variant_id":181}`,
	} {
		if got[scope] != data {
			t.Errorf("%s: %s, want %s", scope, got[scope], data)
		}
	}
	f.Uninstall()
	if e := f.PendingEvents(); len(e) != 0 {
		t.Errorf("hooks outlive the app: %v", e)
	}
}

func TestScopesOfHooks(t *testing.T) {
	for _, tc := range []struct {
		hook, event string
		want        bool
	}{
		{"store/order/*", "store/order/created", true},
		{"store/order/*", "store/order/refund/created", true},
		{"store/order/created", "store/order/updated", false},
		{"store/order/created", "store/order/created", true},
		{"store/order/refund/created", "store/order/created", false},
		{"store/channel/*/order/created", "store/channel/7/order/created", true},
		{"store/channel/7/order/*", "store/channel/1/order/created", false},
		{"store/sku/inventory/*", "store/sku/inventory/order/updated", true},
	} {
		if got := (&hook{scope: tc.hook}).listens(tc.event); got != tc.want {
			t.Errorf("%s hears %s: %v", tc.hook, tc.event, got)
		}
	}
}

func TestRetriesAndDeactivation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c, r := listening(t, Config{}, "store/order/created")
		c.do("PUT", "/v3/hooks/admin", `{"emails":["ops@example.com"]}`).want(204)
		r.status = 500
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		for {
			f.DeliverHooks(t.Context())
			at, more := f.NextDelivery()
			if !more {
				break
			}
			time.Sleep(time.Until(at))
		}
		want := []int{60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400}
		var got []int
		for i := range r.at[1:] {
			got = append(got, int(r.at[i+1].Sub(r.at[i]).Seconds()))
		}
		if !slices.Equal(got, want) {
			t.Errorf("waits %v, want %v", got, want)
		}
		ids := map[string]bool{}
		for _, req := range r.got {
			ids[req.Header.Get("webhook-id")] = true
		}
		if len(ids) != 1 {
			t.Errorf("ids %v, want one for all attempts", ids)
		}
		if c.get("/v3/hooks").at("data.0.is_active") != false || c.get("/v3/hooks/admin").text("data.hooks_list.0.status") != "deactivated" {
			t.Error("the hook is still active")
		}
		if m := f.Emails(); len(m) != 1 || m[0].Kind != EmailHookDeactivate || m[0].To != "ops@example.com" {
			t.Errorf("mails %v", m)
		}
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		if len(f.PendingEvents()) != 0 {
			t.Error("an inactive hook was notified")
		}
		r.status = 204
		c.do("PUT", "/v3/hooks/"+c.get("/v3/hooks").text("data.0.id"), `{"is_active":true}`).want(200)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		if f.DeliverHooks(t.Context()) != 1 || len(f.PendingEvents()) != 0 {
			t.Error("a revived hook was not notified")
		}
	})
}

func TestABadDomainIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c, r := listening(t, Config{}, "store/order/created")
		for range 120 {
			must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		}
		r.status = 500
		if n := f.DeliverHooks(t.Context()); n != 100 {
			t.Errorf("%d sent before the block, want 100", n)
		}
		if got := c.get("/v3/hooks/admin").text("data.blocked_domains.0.time_left"); got != "180" {
			t.Errorf("time left %s", got)
		}
		r.status = 200
		time.Sleep(2 * time.Minute)
		if n := f.DeliverHooks(t.Context()); n != 0 {
			t.Errorf("%d sent during the block", n)
		}
		time.Sleep(time.Minute)
		if n := f.DeliverHooks(t.Context()); n != 120 || len(f.PendingEvents()) != 0 {
			t.Errorf("%d sent after the block, %d wait", n, len(f.PendingEvents()))
		}
		if m := f.Emails(); len(m) != 1 || m[0].Kind != EmailDomainBlocked {
			t.Errorf("mails %v", m)
		}
	})
}

func TestDuplicatesOrderAndLoss(t *testing.T) {
	f, _, r := listening(t, Config{}, "store/order/created")
	for range 3 {
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	}
	f.ReverseHooks(true)
	f.DeliverHooks(t.Context())
	if !strings.Contains(string(r.bodies[0]), `"id":102`) || !strings.Contains(string(r.bodies[2]), `"id":100`) {
		t.Errorf("order %s", r.bodies)
	}
	f.ReverseHooks(false)
	f.RedeliverHooks(2)
	f.DeliverHooks(t.Context())
	if !bytes.Equal(r.bodies[3], r.bodies[1]) || !bytes.Equal(r.bodies[4], r.bodies[2]) || r.got[3].Header.Get("webhook-id") != r.got[1].Header.Get("webhook-id") {
		t.Errorf("redelivered %s", r.bodies[3:])
	}
	f.LoseHooks(func(scope string) bool { return scope == "store/order/created" })
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	f.LoseHooks(nil)
	if n := f.DeliverHooks(t.Context()); n != 0 {
		t.Errorf("%d sent of a lost event", n)
	}
	f.Notify("store/order/created", map[string]any{"type": "order", "id": 7})
	if n := f.DeliverHooks(t.Context()); n != 1 {
		t.Errorf("%d sent of one's own", n)
	}
}

func TestNewAndIdleHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c, _ := listening(t, Config{HookWarmup: time.Minute}, "store/order/created")
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		if len(f.PendingEvents()) != 0 {
			t.Error("a new hook was notified at once")
		}
		time.Sleep(time.Minute)
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		if len(f.PendingEvents()) != 1 {
			t.Error("a warm hook was not notified")
		}
		f.DeliverHooks(t.Context())
		time.Sleep(90 * 24 * time.Hour)
		if c.get("/v3/hooks").at("data.0.is_active") != false {
			t.Error("a hook idle for 90 days is active")
		}
	})
}

func TestRunHooksDeliversAsEventsHappen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _, r := listening(t, Config{}, "store/order/created")
		done := make(chan error, 1)
		go func() { done <- f.RunHooks(t.Context()) }()
		r.status = 500
		must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
		synctest.Wait()
		time.Sleep(time.Hour)
		r.mu.Lock()
		n := len(r.got)
		r.mu.Unlock()
		if n != 6 { // at 0, 1, 4, 9, 19 and 34 minutes
			t.Errorf("%d attempts in an hour", n)
		}
	})
}

func TestHooksReachARealReceiver(t *testing.T) {
	got := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("webhook-id") }))
	defer srv.Close()
	f := New(Config{AnyHookPort: true})
	newClient(t, f).do("POST", "/v3/hooks", map[string]any{"scope": "store/order/*", "destination": srv.URL}).want(200)
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{}}}))
	f.DeliverHooks(t.Context())
	if <-got == "" {
		t.Error("no id")
	}
}
