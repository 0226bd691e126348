package shopify

import (
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// tail returns the number that ends a global id: "123" of
// "gid://shopify/Order/123". Ids of the contract are these numbers, since
// notifications and the shop's own pages use them too.
func tail(gid string) string {
	gid, _, _ = strings.Cut(gid, "?")
	return gid[strings.LastIndexByte(gid, '/')+1:]
}

// gid is the inverse of tail.
func gid(kind, id string) string { return "gid://shopify/" + kind + "/" + id }

// order crosses an order over to the contract. What the page cut off (lines,
// parcels, shipping lines) is not its business: it maps what it is given.
func (n normalizer) order(w *admin.Order) (channel.Order, error) {
	if w.ID == "" {
		return channel.Order{}, invalid("record has no id")
	}
	o := channel.Order{
		ID:     channel.OrderID(tail(w.ID)),
		Number: w.Name,
		Origin: w.SourceName,
		Parts: channel.PartHead | channel.PartLines | channel.PartTotals | channel.PartRecipient |
			channel.PartBuyer | channel.PartShipments,
		PlacedAt:      w.CreatedAt,
		UpdatedAt:     w.UpdatedAt,
		CancelledAt:   w.CancelledAt,
		ClosedAt:      w.ClosedAt,
		CancelReason:  w.CancelReason,
		Risk:          w.Risk.Recommendation,
		Test:          w.Test,
		Edited:        w.Edited,
		Tags:          w.Tags,
		Note:          channel.Personal(w.Note),
		Attributes:    attributes(w.CustomAttributes),
		Currency:      channel.Currency(w.CurrencyCode),
		TaxIncluded:   w.TaxesIncluded,
		Payment:       channel.Coded[channel.PaymentStatus]{Value: payments[w.DisplayFinancialStatus], Raw: w.DisplayFinancialStatus},
		Fulfilment:    channel.Coded[channel.FulfilmentStatus]{Value: fulfilments[w.DisplayFulfillmentStatus], Raw: w.DisplayFulfillmentStatus},
		Status:        status(w),
		BuyerCurrency: channel.Currency(w.PresentmentCurrencyCode),
	}
	if w.PONumber != "" {
		o.Attributes = append(o.Attributes, channel.Attribute{Name: "purchase order", Value: channel.Personal(w.PONumber)})
	}
	if o.BuyerCurrency == o.Currency {
		o.BuyerCurrency = ""
	}
	if len(w.ShippingLines.Nodes) > 0 {
		o.Service = w.ShippingLines.Nodes[0].Title
	}
	n.people(&o, w)
	o.Shipments = shipments(w)
	shipped := map[string]int64{}
	if len(w.Fulfillments) > 0 {
		for _, f := range w.Fulfillments {
			for _, l := range f.Lines.Nodes {
				if err := checkUnits("parcel "+tail(f.ID), l.Quantity); err != nil {
					return o, err
				}
			}
			if !gone(f.Status) {
				for _, l := range f.Lines.Nodes {
					shipped[l.LineItem.ID] += l.Quantity
				}
			}
		}
	}
	common, shared := placeOf(w)
	var places map[channel.LineID]placing
	if !shared {
		places = placesOf(w.FulfillmentOrders.Nodes)
	}
	o.Lines = make([]channel.Line, len(w.LineItems.Nodes))
	var err error
	for i := range w.LineItems.Nodes {
		l := &w.LineItems.Nodes[i]
		if o.Lines[i], err = line(l, shipped[l.ID]); err != nil {
			return o, err
		}
		at, ok := places[o.Lines[i].ID]
		if !ok {
			at = common
		}
		o.Lines[i].Location = at.location
		if o.Lines[i].FulfilledBy.Value == channel.BySeller {
			o.Lines[i].FulfilledBy.Value = at.by
		}
	}
	if err := orderUnits(&o, w); err != nil {
		return o, err
	}
	return o, totals(&o, w)
}

// normalizer knows what the grant shows, so that it can tell why something is
// missing.
type normalizer struct {
	access admin.Access
}

var payments = map[string]channel.PaymentStatus{
	"PENDING": channel.PaymentPending, "EXPIRED": channel.PaymentFailed, "AUTHORIZED": channel.PaymentAuthorized,
	"PARTIALLY_PAID": channel.PaymentPartlyPaid, "PAID": channel.PaymentPaid,
	"PARTIALLY_REFUNDED": channel.PaymentPartiallyRefunded, "REFUNDED": channel.PaymentRefunded, "VOIDED": channel.PaymentVoided,
}

var fulfilments = map[string]channel.FulfilmentStatus{
	"UNFULFILLED": channel.FulfilmentNone, "OPEN": channel.FulfilmentNone, "PENDING_FULFILLMENT": channel.FulfilmentNone,
	"SCHEDULED": channel.FulfilmentNone, "ON_HOLD": channel.FulfilmentNone, "IN_PROGRESS": channel.FulfilmentNone,
	"REQUEST_DECLINED": channel.FulfilmentNone, "RESTOCKED": channel.FulfilmentNone,
	"PARTIALLY_FULFILLED": channel.FulfilmentPartial, "FULFILLED": channel.FulfilmentComplete,
	"FULFILLMENT_NOT_REQUIRED": channel.FulfilmentNotDue,
}

// status folds Shopify's several states into one. The raw word is the one that
// decided.
func status(w *admin.Order) channel.Coded[channel.OrderStatus] {
	type coded = channel.Coded[channel.OrderStatus]
	switch {
	case !w.CancelledAt.IsZero():
		return coded{Value: channel.OrderCancelled, Raw: "cancelled"}
	case w.Closed:
		return coded{Value: channel.OrderClosed, Raw: "closed"}
	}
	switch w.DisplayFinancialStatus {
	case "PENDING", "EXPIRED", "PARTIALLY_PAID", "VOIDED":
		return coded{Value: channel.OrderPending, Raw: w.DisplayFinancialStatus}
	}
	switch w.Risk.Recommendation {
	case "INVESTIGATE", "CANCEL":
		return coded{Value: channel.OrderHeld, Raw: w.Risk.Recommendation}
	}
	return coded{Value: channel.OrderOpen, Raw: "open"}
}

// gone reports whether a fulfilment of this status moved nothing.
func gone(status string) bool {
	return status == "CANCELLED" || status == "ERROR" || status == "FAILURE"
}

// placing is where units are fulfilled, and by whom.
type placing struct {
	location channel.LocationID // "" is unknown, or several
	by       channel.Fulfiller
}

// and is the placing of units of both: what they share.
func (p placing) and(q placing) placing {
	if p.location != q.location {
		p.location = ""
	}
	if p.by != q.by {
		p.by = channel.BySeller // a unit too many that is reserved is a sale lost, one too few a sale that cannot be kept
	}
	return p
}

// fulfilled says where and by whom. What the buyer picks up is the seller's
// stock as long as no fulfilment service keeps it; local delivery, delivery to
// a pickup point and a sale over the counter are the seller's own ways.
func fulfilled(at admin.Assigned, m *admin.Method) placing {
	p := placing{by: channel.BySeller}
	if m != nil && m.MethodType == "PICK_UP" {
		p.by = channel.ByPickup
	}
	if l := at.Location; l != nil {
		p.location = channel.LocationID(tail(l.ID))
		if l.IsFulfillmentService {
			p.by = channel.ByOther
		}
	}
	return p
}

// live reports whether a fulfilment order of this status says where its lines
// are fulfilled. One that was cancelled has been replaced.
func live(status string) bool { return status != "CANCELLED" }

// placeOf returns the placing that all fulfilment orders of the page share, and
// whether they do: where not, which line is whose takes the fulfilment orders'
// own lines to tell.
func placeOf(w *admin.Order) (p placing, shared bool) {
	p, first := placing{by: channel.BySeller}, true
	for _, u := range w.FulfillmentOrders.Nodes {
		if !live(u.Status) {
			continue
		}
		q := fulfilled(u.AssignedLocation, u.DeliveryMethod)
		if !first && q != p {
			return placing{by: channel.BySeller}, false
		}
		p, first = q, false
	}
	if w.FulfillmentOrders.PageInfo.HasNextPage {
		return placing{by: channel.BySeller}, false
	}
	return p, true
}

// wholeUnits reports whether the page has the order's fulfilment orders with
// all their lines.
func wholeUnits(w *admin.Order) bool {
	for i := range w.FulfillmentOrders.Nodes {
		if u := &w.FulfillmentOrders.Nodes[i]; !u.Whole() || u.Lines.PageInfo.HasNextPage {
			return false
		}
	}
	return !w.FulfillmentOrders.PageInfo.HasNextPage
}

// untold reports whether the page does not tell who fulfils which line: the
// order is fulfilled at several places or by several hands, and which is whose
// was not asked for or was cut off.
func untold(w *admin.Order) bool {
	_, shared := placeOf(w)
	return !shared && !wholeUnits(w)
}

// placesOf returns where each line is fulfilled.
func placesOf(units []admin.Unit) map[channel.LineID]placing {
	out := map[channel.LineID]placing{}
	for i := range units {
		u := &units[i]
		if !live(u.Status) {
			continue
		}
		at := fulfilled(u.AssignedLocation, u.DeliveryMethod)
		for _, l := range u.Lines.Nodes {
			if l.TotalQuantity == 0 {
				continue // it was moved away
			}
			id := channel.LineID(tail(l.LineItem.ID))
			if had, ok := out[id]; ok {
				out[id] = had.and(at)
			} else {
				out[id] = at
			}
		}
	}
	return out
}

func attributes(kvs []admin.KV) []channel.Attribute {
	if len(kvs) == 0 {
		return nil
	}
	out := make([]channel.Attribute, len(kvs))
	for i, kv := range kvs {
		out[i] = channel.Attribute{Name: kv.Key, Value: channel.Personal(kv.Value)}
	}
	return out
}

// line crosses a line over. quantity counts everything ever ordered,
// currentQuantity what is left after removals and refunds, unfulfilledQuantity
// what is still to ship: so what is neither shipped nor to be shipped was
// cancelled, and the rest of what is gone came back after shipping.
func line(w *admin.Line, shipped int64) (channel.Line, error) {
	if err := checkUnits("line "+tail(w.ID), w.Quantity, w.CurrentQuantity, w.UnfulfilledQuantity, shipped); err != nil {
		return channel.Line{}, err
	}
	if w.ID == "" || w.CurrentQuantity > w.Quantity {
		return channel.Line{}, invalid("line " + tail(w.ID) + ": quantity " + strconv.FormatInt(w.Quantity, 10) +
			", current " + strconv.FormatInt(w.CurrentQuantity, 10) + ", unfulfilled " + strconv.FormatInt(w.UnfulfilledQuantity, 10))
	}
	removed := w.Quantity - w.CurrentQuantity
	cancelled := min(removed, max(0, w.Quantity-shipped-w.UnfulfilledQuantity))
	l := channel.Line{
		ID: channel.LineID(tail(w.ID)), SKU: w.SKU, Title: w.Title, Variant: w.VariantTitle,
		FulfilledBy: channel.Coded[channel.Fulfiller]{Value: channel.BySeller},
		Ordered:     w.Quantity, Shipped: shipped, Cancelled: cancelled, Refunded: removed - cancelled,
		Loose:      removed,
		Price:      w.OriginalUnitPriceSet.Amount(),
		Attributes: attributes(w.CustomAttributes),
	}
	switch {
	case w.IsGiftCard:
		l.FulfilledBy.Value = channel.ByDigital
	case !w.RequiresShipping && w.Variant == nil && w.Product == nil:
		l.FulfilledBy.Value = channel.ByService
	case !w.RequiresShipping:
		l.FulfilledBy.Value = channel.ByDigital
	}
	if w.Variant != nil {
		l.Listing = channel.ListingID(tail(w.Variant.ID))
	}
	if w.Product != nil {
		l.Product = tail(w.Product.ID)
	}
	if w.LineItemGroup != nil {
		l.Parent = channel.LineID(tail(w.LineItemGroup.ID))
	}
	gross, err := times(l.Price, w.Quantity)
	if err != nil {
		return l, err
	}
	if len(w.DiscountAllocations) > 0 {
		l.Discounts = make([]channel.Discount, len(w.DiscountAllocations))
		for i, a := range w.DiscountAllocations {
			l.Discounts[i] = channel.Discount{
				Code: a.DiscountApplication.Code, Title: a.DiscountApplication.Title, Total: a.AllocatedAmountSet.Amount(),
			}
			if l.Discount, err = l.Discount.Add(l.Discounts[i].Total); err != nil {
				return l, err
			}
		}
	}
	if l.Total, err = gross.Sub(l.Discount); err != nil {
		return l, err
	}
	l.Taxes = taxes(w.TaxLines)
	return l, nil
}

func shipments(w *admin.Order) []channel.RemoteShipment {
	if len(w.Fulfillments) == 0 {
		return nil
	}
	out := make([]channel.RemoteShipment, len(w.Fulfillments))
	for i := range w.Fulfillments {
		f := &w.Fulfillments[i]
		r := channel.RemoteShipment{
			ID: channel.RemoteShipmentID(tail(f.ID)), Order: channel.OrderID(tail(w.ID)), Cancelled: gone(f.Status),
			CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
		}
		if f.Location != nil {
			r.Location = channel.LocationID(tail(f.Location.ID))
		}
		r.Lines = make([]channel.ShipmentLine, len(f.Lines.Nodes))
		for k, l := range f.Lines.Nodes {
			r.Lines[k] = channel.ShipmentLine{Line: channel.LineID(tail(l.LineItem.ID)), Quantity: l.Quantity}
		}
		for _, t := range f.TrackingInfo {
			r.Tracking = append(r.Tracking, channel.Tracking{Carrier: t.Company, Number: t.Number, URL: t.URL})
		}
		out[i] = r
	}
	return out
}

// checkUnits refuses numbers of units that cannot be: below zero, or more than
// Shopify counts.
func checkUnits(of string, ns ...int64) error {
	for _, n := range ns {
		if n < 0 || n > maxQuantity {
			return invalid(of + ": " + strconv.FormatInt(n, 10) + " units")
		}
	}
	return nil
}

// invalid is a record that says something impossible.
func invalid(what string) error {
	return &channel.Error{Op: "decode order", Class: channel.ErrInvalid, Message: what}
}
