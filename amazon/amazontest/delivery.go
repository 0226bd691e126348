package amazontest

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Notification is a message in an application's queue.
type Notification struct {
	ID      string // the same when it comes again
	Type    string
	Queue   string // ARN, or the name of an event bus
	Created time.Time
	Body    []byte
}

type hookBook struct {
	next          int // id
	subscriptions int // of all applications

	waiting []Notification
	sent    []Notification // the last ones, for RedeliverNotifications

	reversed bool
	lose     func(kind string) bool
}

const keptNotifications = 1000

// notify queues a notification for every subscription to its kind; build makes
// its payload, nil for none.
func (f *Fake) notify(kind string, now time.Time, build func(*subscription) any) {
	if f.hooks.subscriptions == 0 {
		return
	}
	for _, id := range sortedKeys(f.apps) {
		a := f.apps[id]
		for _, s := range a.subscriptions {
			if s.kind != kind || a.revoked || f.hooks.lose != nil && f.hooks.lose(kind) {
				continue
			}
			if body := build(s); body != nil {
				f.hooks.next++
				f.hooks.waiting = append(f.hooks.waiting, f.notification(a, s, body, now))
			}
		}
	}
}

// notification wraps a payload in the case of its kind.
func (f *Fake) notification(a *app, s *subscription, body any, now time.Time) Notification {
	n := Notification{ID: fmt.Sprintf("n0%08d-fake", f.hooks.next), Type: s.kind, Created: now}
	if sqs := s.to.resource.SQS; sqs != nil {
		n.Queue = sqs.ARN
	} else {
		n.Queue = s.to.resource.EventBridge.Name
	}
	version, at := payloadVersions[s.kind], stamp(now)
	var envelope map[string]any
	if version == "1.0" {
		envelope = map[string]any{
			"NotificationVersion": "1.0", "NotificationType": s.kind, "PayloadVersion": version, "EventTime": at, "Payload": body,
			"NotificationMetadata": map[string]string{
				"ApplicationId": a.ClientID, "SubscriptionId": s.id, "PublishTime": at, "NotificationId": n.ID,
			},
		}
	} else {
		envelope = map[string]any{
			"notificationVersion": version, "notificationType": s.kind, "payloadVersion": version, "eventTime": at, "payload": body,
			"notificationMetadata": map[string]string{
				"applicationId": a.ClientID, "subscriptionId": s.id, "publishTime": at, "notificationId": n.ID,
			},
		}
	}
	var err error
	if n.Body, err = json.Marshal(envelope, json.Deterministic(true)); err != nil {
		panic("amazontest: " + err.Error())
	}
	return n
}

// TakeNotifications takes up to most (0 all) waiting notifications out of the
// queues. They come at least once and in no promised order.
func (f *Fake) TakeNotifications(most int) []Notification {
	f.lock()
	defer f.mu.Unlock()
	h := &f.hooks
	if h.reversed {
		slices.Reverse(h.waiting)
		defer func() { slices.Reverse(h.waiting) }()
	}
	n := len(h.waiting)
	if most > 0 {
		n = min(n, most)
	}
	out := slices.Clone(h.waiting[:n])
	h.waiting = slices.Delete(h.waiting, 0, n)
	h.sent = append(h.sent, out...)
	if extra := len(h.sent) - keptNotifications; extra > 0 {
		h.sent = slices.Delete(h.sent, 0, extra)
	}
	return out
}

// ReverseNotifications makes waiting notifications come newest first.
func (f *Fake) ReverseNotifications(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.hooks.reversed = on
}

// LoseNotifications makes notifications of the kinds that match never come; nil
// ends it.
func (f *Fake) LoseNotifications(match func(kind string) bool) {
	f.lock()
	defer f.mu.Unlock()
	f.hooks.lose = match
}

// RedeliverNotifications queues the last n notifications that were taken again,
// as they were.
func (f *Fake) RedeliverNotifications(n int) {
	f.lock()
	defer f.mu.Unlock()
	sent := f.hooks.sent
	f.hooks.waiting = append(f.hooks.waiting, sent[max(len(sent)-n, 0):]...)
}
