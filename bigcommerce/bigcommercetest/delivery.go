package bigcommercetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// retryAfter are the waits between attempts; after the last the hook is
// deactivated.
var retryAfter = []time.Duration{
	60 * time.Second, 180 * time.Second, 300 * time.Second, 600 * time.Second, 900 * time.Second, 1800 * time.Second, time.Hour,
	2 * time.Hour, 6 * time.Hour, 14 * time.Hour, 24 * time.Hour,
}

const (
	blockTime     = 3 * time.Minute
	blockWindow   = 2 * time.Minute
	blockMinCalls = 100
	deliveryLimit = 10 * time.Second // for a receiver to answer
	keptEvents    = 1000
)

type delivery struct {
	hook     *hook
	id       string
	scope    string
	body     []byte
	created  time.Time
	due      time.Time
	attempts int
	busy     bool
}

type domainKey struct{ client, host string }

// domain is how well a receiver's host answers a client's notifications.
type domain struct {
	start         time.Time
	calls, failed int
	blocked       time.Time // until
	reason        int       // failures that led to it
}

type envelope struct {
	Scope     string          `json:"scope"`
	StoreID   string          `json:"store_id"`
	Data      json.RawMessage `json:"data"`
	Hash      string          `json:"hash"`
	CreatedAt int64           `json:"created_at"`
	Producer  string          `json:"producer"`
}

// notify queues an event for the hooks that listen to it.
func (f *Fake) notify(scope string, data map[string]any) {
	if len(f.hooks.all) == 0 {
		return
	}
	now := f.now()
	f.retire(now)
	var body []byte
	for _, h := range f.hooks.all {
		if !h.active || !h.listens(scope) || now.Sub(h.created) < f.cfg.HookWarmup || f.hooks.lose != nil && f.hooks.lose(scope) {
			continue
		}
		if body == nil {
			raw, err := json.Marshal(data)
			if err != nil {
				panic("bigcommercetest: " + err.Error())
			}
			sum := sha1.Sum(raw)
			body, err = json.Marshal(envelope{
				scope, strconv.Itoa(f.cfg.StoreID), raw, hex.EncodeToString(sum[:]), now.Unix(), "stores/" + f.cfg.StoreHash,
			})
			if err != nil {
				panic("bigcommercetest: " + err.Error())
			}
		}
		f.nextEvent++
		f.hooks.queue = append(f.hooks.queue, &delivery{
			hook: h, id: fmt.Sprintf("msg_%08d", f.nextEvent), scope: scope, body: body, created: now, due: now,
		})
	}
	f.signal()
}

func (f *Fake) signal() {
	select {
	case f.hooks.wake <- struct{}{}:
	default:
	}
}

// ReverseHooks makes waiting notifications go out newest first.
func (f *Fake) ReverseHooks(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.reversed = on
}

// LoseHooks makes events of the scopes that match never be sent; nil ends it.
func (f *Fake) LoseHooks(match func(scope string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.lose = match
}

// RedeliverHooks queues the last n notifications again, as they were.
func (f *Fake) RedeliverHooks(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	sent := f.hooks.sent
	for _, d := range sent[max(len(sent)-n, 0):] {
		again := *d
		again.due, again.attempts, again.busy = now, 0, false
		f.hooks.queue = append(f.hooks.queue, &again)
	}
	f.signal()
}

// NextDelivery returns when the next notification is due.
func (f *Fake) NextDelivery() (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nextDue()
}

func (f *Fake) nextDue() (at time.Time, some bool) {
	for _, d := range f.hooks.queue {
		if !d.busy && (!some || d.due.Before(at)) {
			at, some = d.due, true
		}
	}
	return at, some
}

// DeliverHooks sends the notifications due by now, one after another, and
// returns how many it tried. The fake sends nothing by itself: call this, or
// leave RunHooks running.
func (f *Fake) DeliverHooks(ctx context.Context) (tried int) {
	for ctx.Err() == nil {
		d := f.takeDelivery(f.now())
		if d == nil {
			break
		}
		tried++
		f.settleDelivery(d, f.attempt(ctx, d), f.now())
	}
	return tried
}

// RunHooks sends notifications as they fall due until ctx is done.
func (f *Fake) RunHooks(ctx context.Context) error {
	for {
		f.DeliverHooks(ctx)
		at, some := f.NextDelivery()
		var due <-chan time.Time
		var t *time.Timer
		if some {
			t = time.NewTimer(at.Sub(f.now()))
			due = t.C
		}
		select {
		case <-ctx.Done():
		case <-due:
		case <-f.hooks.wake:
		}
		if t != nil {
			t.Stop()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// takeDelivery picks the next notification to try. Those to a blocked domain
// wait for the block's end, which counts as no attempt.
func (f *Fake) takeDelivery(now time.Time) *delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	var next *delivery
	for _, d := range f.hooks.queue {
		if d.busy || d.due.After(now) {
			continue
		}
		if dom := f.hooks.domains[d.domain()]; dom != nil && dom.blocked.After(now) {
			d.due = dom.blocked
			continue
		}
		if next == nil || f.hooks.reversed {
			next = d
		}
	}
	if next != nil {
		next.busy = true
	}
	return next
}

func (d *delivery) domain() domainKey {
	host := d.hook.destination
	if u, err := url.Parse(host); err == nil {
		host = u.Hostname()
	}
	return domainKey{d.hook.client, host}
}

// attempt sends a notification and reports whether it was taken.
func (f *Fake) attempt(ctx context.Context, d *delivery) bool {
	ctx, cancel := context.WithTimeout(ctx, deliveryLimit)
	defer cancel()
	f.mu.Lock()
	dest, secret := d.hook.destination, f.secretOf(d.hook.client)
	headers := make(http.Header)
	for k, v := range d.hook.headers {
		headers.Set(k, v)
	}
	rt := f.cfg.HookTransport
	f.mu.Unlock()
	if rt == nil {
		rt = http.DefaultTransport
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, dest, bytes.NewReader(d.body))
	if err != nil {
		return false
	}
	req.Header = headers
	req.Header.Set("Content-Type", jsonType)
	if !f.cfg.Believed.HooksUnsigned {
		sign(req.Header, d.id, f.now(), secret, d.body)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close()
	return resp.StatusCode/100 == 2
}

// sign sets the Standard Webhooks headers. The key is the client secret's
// bytes.
func sign(h http.Header, id string, at time.Time, secret string, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (f *Fake) secretOf(client string) string {
	for _, v := range sortedKeys(f.tokens) {
		if t := f.tokens[v]; t.ClientID == client {
			return t.Secret
		}
	}
	return f.cfg.ClientSecret
}

// settleDelivery records the outcome of an attempt: done, a later one, or the
// hook's deactivation after the last.
func (f *Fake) settleDelivery(d *delivery, taken bool, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.busy = false
	d.attempts++
	f.rate(d, taken, now)
	if !slices.Contains(f.hooks.queue, d) {
		return // its hook is gone
	}
	if taken || d.attempts > len(retryAfter) {
		f.hooks.queue = slices.DeleteFunc(f.hooks.queue, func(x *delivery) bool { return x == d })
		f.hooks.sent = append(f.hooks.sent, d)
		if n := len(f.hooks.sent) - keptEvents; n > 0 {
			f.hooks.sent = slices.Delete(f.hooks.sent, 0, n)
		}
	}
	switch {
	case taken:
		d.hook.used = now
	case d.attempts > len(retryAfter):
		f.deactivate(d.hook, now)
	default:
		d.due = now.Add(retryAfter[d.attempts-1])
	}
}

// rate counts an attempt against its domain, and blocks a domain of which
// fewer than 90 % of at least 100 calls in two minutes succeeded.
func (f *Fake) rate(d *delivery, taken bool, now time.Time) {
	key := d.domain()
	dom := f.hooks.domains[key]
	if dom == nil {
		dom = &domain{}
		f.hooks.domains[key] = dom
	}
	if now.Sub(dom.start) > blockWindow {
		*dom = domain{start: now, blocked: dom.blocked, reason: dom.reason}
	}
	dom.calls++
	if !taken {
		dom.failed++
	}
	if dom.calls >= blockMinCalls && dom.failed*10 > dom.calls && !dom.blocked.After(now) {
		until := now.Add(blockTime)
		*dom = domain{start: until, blocked: until, reason: dom.failed} // counting begins anew after the block
		f.emails = append(f.emails, Email{Time: now, Kind: EmailDomainBlocked, To: f.hookEmail(key.client)})
	}
}

// Notify sends an event of the caller's making to the hooks that listen.
func (f *Fake) Notify(scope string, data map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notify(scope, data)
}
