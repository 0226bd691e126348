package bigcommercetest

import (
	"cmp"
	"slices"
)

// Status is an order status, by the marketplace's id.
type Status int

// Order statuses.
const (
	Incomplete Status = iota // abandoned at payment
	Pending
	Shipped
	PartiallyShipped
	Refunded
	Cancelled
	Declined
	AwaitingPayment
	AwaitingPickup
	AwaitingShipment
	Completed
	AwaitingFulfillment
	ManualVerification
	Disputed
	PartiallyRefunded
	statuses // how many there are
)

// statusNames holds each status's fixed name, and its place in the control
// panel's list.
var statusNames = [statuses]struct {
	name  string
	order int
	text  string
}{
	Incomplete:          {"Incomplete", 0, "The shopper reached the payment page and did not pay."},
	Pending:             {"Pending", 1, "The checkout was started and not finished."},
	Shipped:             {"Shipped", 8, "Everything was sent; receipt is not confirmed."},
	PartiallyShipped:    {"Partially Shipped", 6, "Some of the items were sent."},
	Refunded:            {"Refunded", 11, "The seller refunded the order."},
	Cancelled:           {"Cancelled", 9, "The seller cancelled the order."},
	Declined:            {"Declined", 10, "The seller declined the order."},
	AwaitingPayment:     {"Awaiting Payment", 2, "The checkout is finished; payment is not confirmed."},
	AwaitingPickup:      {"Awaiting Pickup", 5, "The order waits to be collected."},
	AwaitingShipment:    {"Awaiting Shipment", 4, "The order is packed and waits for the carrier."},
	Completed:           {"Completed", 7, "The order is done."},
	AwaitingFulfillment: {"Awaiting Fulfillment", 3, "The order is paid."},
	ManualVerification:  {"Manual Verification Required", 13, "The order waits for a manual check."},
	Disputed:            {"Disputed", 12, "The shopper disputes the payment."},
	PartiallyRefunded:   {"Partially Refunded", 14, "The seller refunded a part of the order."},
}

// String returns the status's fixed name.
func (s Status) String() string {
	if s < 0 || s >= statuses {
		return "Unknown"
	}
	return statusNames[s].name
}

type statusJSON struct {
	ID          Status `json:"id"`
	Name        string `json:"name"`
	SystemLabel string `json:"system_label"`
	CustomLabel string `json:"custom_label"`
	Description string `json:"system_description"`
	Order       int    `json:"order"`
}

func (f *Fake) label(s Status) string { return cmp.Or(f.cfg.CustomLabels[s], s.String()) }

func (f *Fake) statusJSON(s Status) statusJSON {
	n := statusNames[s]
	return statusJSON{s, n.name, n.name, f.label(s), n.text, n.order}
}

func (f *Fake) listStatuses(*call) answer {
	out := make([]statusJSON, statuses)
	for s := range statuses {
		out[s] = f.statusJSON(s)
	}
	return ok(out)
}

func (f *Fake) getStatus(c *call) answer {
	if c.vars[0] >= int(statuses) {
		return c.notFound()
	}
	return ok(f.statusJSON(Status(c.vars[0])))
}

type statusCountJSON struct {
	ID          Status `json:"id"`
	Name        string `json:"name"`
	SystemLabel string `json:"system_label"`
	CustomLabel string `json:"custom_label"`
	Description string `json:"system_description"`
	Count       int    `json:"count"`
	SortOrder   int    `json:"sort_order"`
}

func (f *Fake) countOrders(c *call) answer {
	p := params{c: c}
	flt := f.orderFilter(&p)
	if a, bad := p.refusal(); bad {
		return a
	}
	var counts [statuses]int
	total := 0
	for _, o := range f.orders.all {
		if flt.match(o) {
			counts[o.status]++
			total++
		}
	}
	out := make([]statusCountJSON, statuses)
	for s := range statuses {
		n := statusNames[s]
		out[s] = statusCountJSON{s, n.name, n.name, f.label(s), n.text, counts[s], n.order}
	}
	slices.SortFunc(out, func(a, b statusCountJSON) int { return cmp.Compare(a.SortOrder, b.SortOrder) })
	return ok(map[string]any{"statuses": out, "count": total})
}
