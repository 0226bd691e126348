package amazontest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

const (
	destinationsPath  = "/notifications/v1/destinations"
	subscriptionsPath = "/notifications/v1/subscriptions/{notificationType}"

	orderChange    = "ORDER_CHANGE"
	quantityChange = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
)

// payloadVersions are the notifications the fake sends, with their versions.
var payloadVersions = map[string]string{
	orderChange: "1.0", quantityChange: "1.0", feedFinished: "2020-09-04", reportFinished: "2020-09-04",
}

var (
	notifyPlan = Rate{1, 5}

	hookRoutes = []route{
		{
			op: "createDestination", method: http.MethodPost, path: destinationsPath, plan: notifyPlan, scope: ScopeNotifications,
			handle: (*Fake).createDestination,
		},
		{
			op: "getDestinations", method: http.MethodGet, path: destinationsPath, plan: notifyPlan, scope: ScopeNotifications,
			handle: (*Fake).getDestinations,
		},
		{
			op: "getDestination", method: http.MethodGet, path: destinationsPath + "/{destinationId}", plan: notifyPlan, scope: ScopeNotifications,
			handle: (*Fake).getDestination,
		},
		{
			op: "deleteDestination", method: http.MethodDelete, path: destinationsPath + "/{destinationId}", plan: notifyPlan, scope: ScopeNotifications,
			handle: (*Fake).deleteDestination,
		},
		{op: "createSubscription", method: http.MethodPost, path: subscriptionsPath, plan: notifyPlan, roles: readers, handle: (*Fake).createSubscription},
		{
			op: "getSubscription", method: http.MethodGet, path: subscriptionsPath, plan: notifyPlan, roles: readers, query: []string{"payloadVersion"},
			handle: (*Fake).getSubscription,
		},
		{
			op: "getSubscriptionById", method: http.MethodGet, path: subscriptionsPath + "/{subscriptionId}", plan: notifyPlan,
			scope: ScopeNotifications, handle: (*Fake).getSubscriptionByID,
		},
		{
			op: "deleteSubscriptionById", method: http.MethodDelete, path: subscriptionsPath + "/{subscriptionId}", plan: notifyPlan,
			scope: ScopeNotifications, handle: (*Fake).deleteSubscription,
		},
	}
)

// destination is a queue of an application's.
type destination struct {
	id, name string
	resource resourceJSON
}

// subscription is an application's to a kind of notification about the seller.
type subscription struct {
	id, kind string
	to       *destination
	body     subscribeBody
}

type resourceJSON struct {
	SQS         *sqsJSON    `json:"sqs,omitzero"`
	EventBridge *bridgeJSON `json:"eventBridge,omitzero"`
}

type sqsJSON struct {
	ARN string `json:"arn"`
}

type bridgeJSON struct {
	Name      string `json:"name,omitzero"`
	Region    string `json:"region"`
	AccountID string `json:"accountId"`
}

type destinationJSON struct {
	Name          string       `json:"name"`
	DestinationID string       `json:"destinationId"`
	Resource      resourceJSON `json:"resource"`
}

type subscribeBody struct {
	PayloadVersion      string         `json:"payloadVersion"`
	DestinationID       string         `json:"destinationId"`
	ProcessingDirective *directiveJSON `json:"processingDirective"`
}

type directiveJSON struct {
	EventFilter      *eventFilterJSON `json:"eventFilter,omitzero"`
	FilterExpression string           `json:"filterExpression,omitzero"`
}

type eventFilterJSON struct {
	EventFilterType  string   `json:"eventFilterType"`
	OrderChangeTypes []string `json:"orderChangeTypes,omitzero"`
	MarketplaceIDs   []string `json:"marketplaceIds,omitzero"`
}

type subscriptionJSON struct {
	SubscriptionID      string         `json:"subscriptionId"`
	PayloadVersion      string         `json:"payloadVersion"`
	DestinationID       string         `json:"destinationId"`
	ProcessingDirective *directiveJSON `json:"processingDirective,omitzero"`
}

func payload(v any) answer { return ok(map[string]any{"payload": v}) }

func (d *destination) json() destinationJSON { return destinationJSON{d.name, d.id, d.resource} }

func (s *subscription) json() subscriptionJSON {
	return subscriptionJSON{s.id, s.body.PayloadVersion, s.to.id, s.body.ProcessingDirective}
}

var queueARN = regexp.MustCompile(`^arn:aws:sqs:\S+:\S+:\S+`) // notifications.json

func (f *Fake) createDestination(c *call) answer {
	var in struct {
		Name                  string       `json:"name"`
		ResourceSpecification resourceJSON `json:"resourceSpecification"`
	}
	if a, refused := c.read(&in); refused {
		return a
	}
	spec := in.ResourceSpecification
	switch {
	case in.Name == "":
		return c.invalid("name is missing.")
	case (spec.SQS == nil) == (spec.EventBridge == nil):
		return c.invalid("Exactly one of sqs and eventBridge must be given.")
	case spec.SQS != nil && !queueARN.MatchString(spec.SQS.ARN):
		return c.invalid("The ARN is invalid.")
	}
	a := c.token.app
	if slices.ContainsFunc(a.destinations, func(d *destination) bool {
		return spec.SQS != nil && d.resource.SQS != nil && *d.resource.SQS == *spec.SQS
	}) {
		return refuse(http.StatusConflict, codeConflict, "The destination exists.", "")
	}
	if spec.EventBridge != nil {
		spec.EventBridge.Name = "aws.partner/sellingpartnerapi.amazon.com/" + spec.EventBridge.AccountID
	}
	f.hooks.next++
	d := &destination{fmt.Sprintf("de57%08d", f.hooks.next), in.Name, spec}
	a.destinations = append(a.destinations, d)
	return payload(d.json())
}

func (f *Fake) getDestinations(c *call) answer {
	out := []destinationJSON{}
	for _, d := range c.token.app.destinations {
		out = append(out, d.json())
	}
	return payload(out)
}

func (a *app) destination(id string) *destination {
	for _, d := range a.destinations {
		if d.id == id {
			return d
		}
	}
	return nil
}

func (f *Fake) getDestination(c *call) answer {
	d := c.token.app.destination(c.vars[0])
	if d == nil {
		return notFound("Destination %s is not found.", c.vars[0])
	}
	return payload(d.json())
}

func (f *Fake) deleteDestination(c *call) answer {
	a := c.token.app
	d := a.destination(c.vars[0])
	switch {
	case d == nil:
		return notFound("Destination %s is not found.", c.vars[0])
	case slices.ContainsFunc(a.subscriptions, func(s *subscription) bool { return s.to == d }):
		return c.invalid("The destination has subscriptions.")
	}
	a.destinations = slices.DeleteFunc(a.destinations, func(x *destination) bool { return x == d })
	return ok(struct{}{})
}

func (f *Fake) createSubscription(c *call) answer {
	kind := c.vars[0]
	var in subscribeBody
	if a, refused := c.read(&in); refused {
		return a
	}
	a := c.token.app
	d := a.destination(in.DestinationID)
	switch {
	case payloadVersions[kind] == "":
		return c.invalid("The notification type %s is unknown.", kind)
	case in.PayloadVersion != payloadVersions[kind]:
		return c.invalid("The payload version %s is unknown.", in.PayloadVersion)
	case d == nil:
		return c.invalid("The destination %s is unknown.", in.DestinationID)
	}
	dir := in.ProcessingDirective
	if dir != nil && dir.EventFilter != nil && dir.FilterExpression != "" {
		return c.invalid("eventFilter and filterExpression exclude each other.")
	}
	if kind == orderChange && (dir == nil || dir.EventFilter == nil || dir.EventFilter.EventFilterType != orderChange) {
		return c.invalid("A subscription to ORDER_CHANGE needs an eventFilter.")
	}
	if slices.ContainsFunc(a.subscriptions, func(s *subscription) bool { return s.kind == kind }) {
		return refuse(http.StatusConflict, codeConflict, "A subscription to this notification type exists.", "")
	}
	f.hooks.next++
	s := &subscription{fmt.Sprintf("5ab5%08d", f.hooks.next), kind, d, in}
	a.subscriptions = append(a.subscriptions, s)
	f.hooks.subscriptions++
	return payload(s.json())
}

func (f *Fake) getSubscription(c *call) answer {
	for _, s := range c.token.app.subscriptions {
		if s.kind == c.vars[0] {
			return payload(s.json())
		}
	}
	return notFound("There is no subscription to %s.", c.vars[0])
}

func (a *app) subscription(kind, id string) *subscription {
	for _, s := range a.subscriptions {
		if s.kind == kind && s.id == id {
			return s
		}
	}
	return nil
}

func (f *Fake) getSubscriptionByID(c *call) answer {
	s := c.token.app.subscription(c.vars[0], c.vars[1])
	if s == nil {
		return notFound("Subscription %s is not found.", c.vars[1])
	}
	return payload(s.json())
}

func (f *Fake) deleteSubscription(c *call) answer {
	a := c.token.app
	s := a.subscription(c.vars[0], c.vars[1])
	if s == nil {
		return notFound("Subscription %s is not found.", c.vars[1])
	}
	a.subscriptions = slices.DeleteFunc(a.subscriptions, func(x *subscription) bool { return x == s })
	f.hooks.subscriptions--
	return ok(struct{}{})
}
