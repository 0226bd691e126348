package shopifytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// How deliveries are repeated: eight failures in a row within four hours end
// the subscription.
var hookRetries = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
}

// hookTimeout is how long a receiver has to answer.
const hookTimeout = 5 * time.Second

type hooks struct {
	subs   []*subscription
	queue  []*delivery
	faults []*HookFault
	log    []Delivery
}

// subscription is a webhook subscription.
type subscription struct {
	id                   int64
	topic, uri, format   string
	fields, namespaces   []string
	filter, name         string
	createdAt, updatedAt time.Time
	app                  bool // set in the app's configuration: never removed
}

func (s *subscription) gid() string { return gid("WebhookSubscription", s.id) }

// delivery is one notice on its way to one subscription.
type delivery struct {
	sub              *subscription
	topic            string
	body             []byte
	webhook, event   string
	triggered, due   time.Time
	failures, copies int
	last             bool // to be sent after the others that are due
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	Topic     string // such as orders/updated
	URI       string
	WebhookID string // the same for retries and duplicates
	EventID   string // the same for all subscriptions to one event
	Triggered time.Time
	Attempt   int
	Status    int // 0 when there was no answer
	Err       error
	Body      []byte
}

// topicEnum is the GraphQL name of a topic written as in headers.
func topicEnum(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }

// emit queues a notice for every subscription to the topic. The payload is what
// the entity is now.
func (f *Fake) emit(topic string, about any) {
	if len(f.hooks.subs) == 0 {
		return
	}
	enum := topicEnum(topic)
	var body map[string]any
	var event string
	for _, s := range f.hooks.subs {
		if s.topic != enum {
			continue
		}
		if body == nil {
			body, event = f.payload(about), f.uuid()
		}
		if s.filter != "" && !filtered(s.filter, body) {
			continue
		}
		out := body
		if len(s.fields) > 0 {
			out = map[string]any{}
			for _, k := range s.fields {
				if v, ok := body[k]; ok {
					out[k] = v
				}
			}
		}
		f.enqueue(&delivery{sub: s, topic: topic, body: appendJSON(nil, out), event: event})
	}
}

func (f *Fake) enqueue(d *delivery) {
	d.webhook, d.triggered, d.due, d.copies = f.uuid(), f.at, f.at, 1
	for _, hf := range f.hooks.faults {
		if hf.Times == 0 || hf.Topic != "" && hf.Topic != d.topic {
			continue
		}
		if hf.Times > 0 {
			hf.Times--
		}
		switch hf.Kind {
		case DropHook:
			return
		case DuplicateHook:
			d.copies++
		case DelayHook:
			d.due = d.due.Add(hf.Delay)
		case ReorderHook:
			d.last = true
		}
		break
	}
	f.hooks.queue = append(f.hooks.queue, d)
}

// filtered judges a subscription's filter against a payload.
func filtered(filter string, body map[string]any) bool {
	var eval func(e expr) bool
	eval = func(e expr) bool {
		switch e.op {
		case '&':
			return !slices.ContainsFunc(e.subs, func(s expr) bool { return !eval(s) })
		case '|':
			return slices.ContainsFunc(e.subs, eval)
		case '!':
			return !eval(e.subs[0])
		}
		if e.term.prefix && e.term.value == "" {
			return body[e.term.field] != nil
		}
		return e.term.byWord(fmt.Sprint(body[e.term.field]))
	}
	return eval(parseQuery(filter))
}

// HookKind says what happens to a notice.
type HookKind int

const (
	// DropHook loses it.
	DropHook HookKind = iota + 1
	// DuplicateHook sends it twice with the same webhook id.
	DuplicateHook
	// DelayHook sends it later.
	DelayHook
	// ReorderHook sends it after the others that are due.
	ReorderHook
)

// HookFault is misbehaviour of webhooks.
type HookFault struct {
	Kind  HookKind
	Topic string // as in headers; "" means any
	Times int    // notices struck; 0 means 1, -1 all
	Delay time.Duration
}

// HookFault puts misbehaviour of webhooks in force.
func (f *Fake) HookFault(h HookFault) {
	defer f.lock()()
	if h.Times == 0 {
		h.Times = 1
	}
	f.hooks.faults = append(f.hooks.faults, &h)
}

// Deliver sends every webhook that is due by now, one after the other, and
// returns the attempts. Nothing is ever sent outside Deliver, so a test
// decides when. A receiver that fails is tried again later; after eight
// failures of a notice its subscription is removed.
func (f *Fake) Deliver(ctx context.Context, now time.Time) []Delivery {
	var out []Delivery
	for _, d := range f.takeDue(now) {
		for range d.copies {
			out = append(out, f.send(ctx, d))
		}
		d.copies = 1
		f.settleDelivery(d, out[len(out)-1], now)
	}
	return out
}

// NextDelivery is when the next webhook is due.
func (f *Fake) NextDelivery() (at time.Time, ok bool) {
	defer f.lock()()
	for _, d := range f.hooks.queue {
		if !ok || d.due.Before(at) {
			at, ok = d.due, true
		}
	}
	return at, ok
}

func (f *Fake) takeDue(now time.Time) []*delivery {
	defer f.lock()()
	var due, rest []*delivery
	for _, d := range f.hooks.queue {
		if d.due.After(now) {
			rest = append(rest, d)
		} else {
			due = append(due, d)
		}
	}
	f.hooks.queue = rest
	sort.SliceStable(due, func(i, j int) bool {
		if due[i].last != due[j].last {
			return due[j].last
		}
		return due[i].due.Before(due[j].due)
	})
	return due
}

func (f *Fake) send(ctx context.Context, d *delivery) Delivery {
	out := Delivery{
		Topic: d.topic, URI: d.sub.uri, WebhookID: d.webhook, EventID: d.event, Triggered: d.triggered, Attempt: d.failures + 1, Body: d.body,
	}
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.sub.uri, bytes.NewReader(d.body))
	if err != nil {
		out.Err = err
		return out
	}
	f.mu.Lock()
	secret := f.auth.secrets[0]
	f.mu.Unlock()
	for k, v := range f.hookHeaders(d, secret) {
		req.Header[k] = []string{v}
	}
	resp, err := f.cfg.HooksTo.RoundTrip(req)
	if err != nil {
		out.Err = err
		return out
	}
	_ = resp.Body.Close()
	out.Status = resp.StatusCode
	return out
}

func (f *Fake) hookHeaders(d *delivery, secret string) map[string]string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(d.body)
	sum := base64.StdEncoding.EncodeToString(m.Sum(nil))
	h := map[string]string{"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook"}
	if f.cfg.HookHeaders == EventHeaders {
		maps.Copy(h, map[string]string{
			"shopify-hmac-sha256": sum, "shopify-topic": d.topic, "shopify-shop-domain": f.domain(), "shopify-api-version": Version,
			"shopify-webhook-id": d.webhook, "shopify-event-id": d.event, "shopify-triggered-at": d.triggered.UTC().Format(time.RFC3339Nano),
		})
		return h
	}
	for k, v := range map[string]string{
		"X-Shopify-Hmac-Sha256": sum, "X-Shopify-Topic": d.topic, "X-Shopify-Shop-Domain": f.domain(), "X-Shopify-API-Version": Version,
		"X-Shopify-Webhook-Id": d.webhook, "X-Shopify-Event-Id": d.event, "X-Shopify-Triggered-At": d.triggered.UTC().Format(time.RFC3339Nano),
	} {
		h[http.CanonicalHeaderKey(k)] = v
	}
	if d.sub.name != "" {
		h["X-Shopify-Name"] = d.sub.name
	}
	return h
}

// settleDelivery plans what follows from an attempt.
func (f *Fake) settleDelivery(d *delivery, got Delivery, now time.Time) {
	defer f.lock()()
	f.hooks.log = append(f.hooks.log, got)
	if got.Status >= 200 && got.Status < 300 {
		return
	}
	d.failures++
	if d.failures > len(hookRetries) {
		if !d.sub.app {
			f.removeSub(d.sub)
		}
		return
	}
	if !slices.Contains(f.hooks.subs, d.sub) {
		return
	}
	d.due, d.last = now.Add(hookRetries[d.failures-1]), false
	f.hooks.queue = append(f.hooks.queue, d)
}

func (f *Fake) removeSub(s *subscription) {
	f.hooks.subs = slices.DeleteFunc(f.hooks.subs, func(o *subscription) bool { return o == s })
	f.hooks.queue = slices.DeleteFunc(f.hooks.queue, func(d *delivery) bool { return d.sub == s })
	delete(f.entities, s.gid())
}

// Deliveries are all attempts so far.
func (f *Fake) Deliveries() []Delivery {
	defer f.lock()()
	return slices.Clone(f.hooks.log)
}

// ToHandler is a RoundTripper for Config.HooksTo that calls a handler in
// process.
func ToHandler(h http.Handler) http.RoundTripper {
	return fakehttp.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range r.Header { // as a server reads them, however they were written
			if c := http.CanonicalHeaderKey(k); c != k {
				delete(r.Header, k)
				r.Header[c] = v
			}
		}
		h.ServeHTTP(w, r)
	}))
}

// Compliance sends one of the mandatory topics customers/data_request,
// customers/redact and shop/redact to the URI that the app's configuration
// names, about the buyer of an order where there is one.
func (f *Fake) Compliance(topic, uri, order string) error {
	defer f.lock()()
	body := map[string]any{"shop_id": shopID, "shop_domain": f.domain()}
	if topic != "shop/redact" {
		o, err := f.order(order)
		if err != nil {
			return err
		}
		buyer := map[string]any{"id": nil, "email": o.email, "phone": o.phone}
		if o.customer != nil {
			buyer["id"] = o.customer.id
		}
		body["customer"] = buyer
		body[map[bool]string{true: "orders_to_redact", false: "orders_requested"}[topic == "customers/redact"]] = []any{o.id}
	}
	s := &subscription{topic: topicEnum(topic), uri: uri, format: "JSON", app: true}
	f.hooks.subs = append(f.hooks.subs, s)
	f.enqueue(&delivery{sub: s, topic: topic, body: appendJSON(nil, body), event: f.uuid()})
	f.hooks.subs = f.hooks.subs[:len(f.hooks.subs)-1]
	return nil
}
