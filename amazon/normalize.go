package amazon

import (
	"cmp"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
)

// The words of the models that decide something.
const (
	statusPendingAvailability = "PENDING_AVAILABILITY"
	statusPending             = "PENDING"
	statusUnshipped           = "UNSHIPPED"
	statusPartiallyShipped    = "PARTIALLY_SHIPPED"
	statusShipped             = "SHIPPED"
	statusCancelled           = "CANCELLED"
	statusUnfulfillable       = "UNFULFILLABLE"       // of what Amazon ships for sales elsewhere
	statusInvoiceUnconfirmed  = "INVOICE_UNCONFIRMED" // in the vendor's mapping from v0, not in the model

	byMerchant = "MERCHANT"
	byAmazon   = "AMAZON"

	channelOther = "NON_AMAZON" // sold elsewhere, shipped by Amazon

	programPickup   = "IN_STORE_PICK_UP"
	programShipPlus = "FBM_SHIP_PLUS"

	facilitator = "MARKETPLACE_FACILITATOR"
)

var orderStatuses = map[string]channel.OrderStatus{
	statusPendingAvailability: channel.OrderPending, statusPending: channel.OrderPending,
	statusUnshipped: channel.OrderOpen, statusPartiallyShipped: channel.OrderOpen,
	statusShipped: channel.OrderClosed, statusCancelled: channel.OrderCancelled,
	statusUnfulfillable: channel.OrderHeld, statusInvoiceUnconfirmed: channel.OrderHeld,
}

// payments are what a status says of the payment: an order leaves pending when
// it is authorised. Nothing else tells.
var payments = map[string]channel.PaymentStatus{
	statusPendingAvailability: channel.PaymentPending, statusPending: channel.PaymentPending,
	statusUnshipped: channel.PaymentAuthorized, statusPartiallyShipped: channel.PaymentAuthorized, statusShipped: channel.PaymentPaid,
}

// normalizer crosses one order over to the contract.
type normalizer struct {
	w   *spapi.Order
	cur channel.Currency
	by  channel.Fulfiller

	charges        []charge      // of all lines
	tax, collected channel.Money // of all lines' goods, and in totals of the charges; the second is part of the first
}

func (n *normalizer) order() (channel.Order, error) {
	w := n.w
	status := w.Fulfillment.Status
	n.cur, n.by = n.currency(), fulfiller(w)
	n.tax = channel.Zero(n.cur)
	n.collected = n.tax
	o := channel.Order{
		ID: channel.OrderID(w.OrderID), Number: w.OrderID,
		Origin: cmp.Or(w.SalesChannel.MarketplaceName, w.SalesChannel.MarketplaceID, w.SalesChannel.Name),
		Parts: channel.PartHead | channel.PartLines | channel.PartRecipient | channel.PartBuyer | channel.PartUnits |
			channel.PartShipments | channel.PartCancels,
		PlacedAt: w.CreatedTime.Time, UpdatedAt: w.LastUpdatedTime.Time,
		ShipBy: w.Fulfillment.ShipBy.Latest.Time, DeliverBy: w.Fulfillment.DeliverBy.Latest.Time,
		Status:  channel.Coded[channel.OrderStatus]{Value: orderStatuses[status], Raw: status},
		Payment: channel.Coded[channel.PaymentStatus]{Value: payments[status]},
		Service: w.Fulfillment.ServiceLevel, Tags: w.Programs, Currency: n.cur,
	}
	if w.OrderID == "" {
		return o, invalid("order has no id")
	}
	if o.PlacedAt.IsZero() || o.UpdatedAt.IsZero() {
		return o, invalid("order has no time")
	}
	for i := range w.Aliases {
		if w.Aliases[i].Type == "SELLER_ORDER_ID" && w.Aliases[i].ID != "" {
			o.Number = w.Aliases[i].ID
		}
	}
	n.attributes(&o)
	n.people(&o)
	if err := n.orderLines(&o); err != nil {
		return o, err
	}
	o.Fulfilment.Value = fulfilment(o.Lines)
	n.unit(&o)
	n.cancels(&o)
	if err := n.shipments(&o); err != nil {
		return o, err
	}
	return o, n.totals(&o)
}

// currency is what the order's amounts are in; of an order without amounts,
// what its marketplace sells in.
func (n *normalizer) currency() channel.Currency {
	w := n.w
	code := w.Proceeds.GrandTotal.CurrencyCode
	for i := range w.Items {
		code = cmp.Or(code, w.Items[i].Proceeds.Total.CurrencyCode, w.Items[i].Product.Price.Unit.CurrencyCode)
	}
	return cmp.Or(channel.Currency(strings.ToUpper(code)), currencyOf(w.SalesChannel.MarketplaceID))
}

// fulfiller is who ships the order: one for all its lines.
func fulfiller(w *spapi.Order) channel.Fulfiller {
	switch {
	case w.Fulfillment.By == byAmazon, w.SalesChannel.Name == channelOther:
		return channel.ByMarketplace
	case slices.Contains(w.Programs, programPickup):
		return channel.ByPickup
	case w.Fulfillment.By == byMerchant:
		return channel.BySeller
	}
	return "" // a word that is new
}

func isPending(status string) bool {
	return status == statusPending || status == statusPendingAvailability
}

// attributes keeps what the contract has no field for.
func (n *normalizer) attributes(o *channel.Order) {
	w := n.w
	add := func(name, value string) {
		if value != "" {
			o.Attributes = append(o.Attributes, channel.Attribute{Name: name, Value: channel.Personal(value)})
		}
	}
	add("marketplaceId", w.SalesChannel.MarketplaceID)
	for i := range w.Associated {
		add(cmp.Or(w.Associated[i].Type, "associatedOrder"), w.Associated[i].OrderID)
	}
	add("buyerPurchaseOrderNumber", w.Buyer.PurchaseOrder)
	if t := w.Recipient.Address.Type; t != "RESIDENTIAL" {
		add("addressType", t)
	}
	for i := range w.Items {
		if f := w.Items[i].Fulfillment; f != nil && f.Shipping.International.IOSS != "" {
			add("iossNumber", f.Shipping.International.IOSS)
			break
		}
	}
}

func (n *normalizer) orderLines(o *channel.Order) error {
	o.Lines = make([]channel.Line, len(n.w.Items))
	for i := range n.w.Items {
		if err := n.line(&o.Lines[i], &n.w.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (n *normalizer) line(l *channel.Line, w *spapi.Item) error {
	var shipped int64
	left := w.Ordered
	f := w.Fulfillment
	if f != nil {
		shipped = f.Fulfilled
		left -= shipped
		if f.Unfulfilled != nil {
			left = *f.Unfulfilled
		}
	}
	if w.ID == "" || w.Ordered < 0 || w.Ordered > maxUnits || shipped < 0 || shipped > maxUnits || left > maxUnits ||
		f != nil && f.Unfulfilled != nil && left < 0 {
		return invalid("a line has an impossible quantity, or no id")
	}
	*l = channel.Line{
		ID: channel.LineID(w.ID), SKU: w.Product.SKU, Listing: channel.ListingID(w.Product.SKU), Product: w.Product.ASIN,
		Title: w.Product.Title, FulfilledBy: channel.Coded[channel.Fulfiller]{Value: n.by, Raw: n.w.Fulfillment.By},
		Ordered: w.Ordered, Shipped: min(shipped, w.Ordered),
	}
	rest := l.Ordered - l.Shipped
	switch status := n.w.Fulfillment.Status; {
	case status == statusCancelled:
		l.Cancelled = rest
	case isPending(status) && w.Cancellation.Execution.By == "":
		// What is open is not counted yet.
	default:
		l.Cancelled = max(0, rest-max(0, left))
	}
	l.Loose = l.Cancelled // whether units go back on sale is not documented
	n.lineAttributes(l, w)
	return n.lineMoney(l, w)
}

func (n *normalizer) lineAttributes(l *channel.Line, w *spapi.Item) {
	add := func(name, value string) {
		if value != "" {
			l.Attributes = append(l.Attributes, channel.Attribute{Name: name, Value: channel.Personal(value)})
		}
	}
	add("customizedUrl", w.Product.Customization.URL)
	add("priceDesignation", w.Product.Price.Designation)
	for _, p := range w.Programs {
		add("program", p)
	}
	for i := range w.Tax.Calculations {
		add("reportingScheme", w.Tax.Calculations[i].Scheme)
	}
	if w.Fulfillment == nil {
		return
	}
	gift := &w.Fulfillment.Packing.Gift
	l.Gift, l.GiftNote = gift.Message != "" || gift.Wrap != "", channel.Personal(gift.Message)
	add("giftWrapLevel", gift.Wrap)
	must := &w.Fulfillment.Shipping.Constraints
	add("palletDelivery", must.Pallet)
	add("cashOnDelivery", must.CashOnDelivery)
	add("signatureConfirmation", must.Signature)
	add("recipientIdentityVerification", must.Identity)
	add("recipientAgeVerification", must.Age)
}

// fulfilment is what the lines add up to.
func fulfilment(lines []channel.Line) channel.FulfilmentStatus {
	var shipped, open int64
	for i := range lines {
		shipped += lines[i].Shipped
		open += lines[i].Open()
	}
	switch {
	case shipped == 0 && open == 0:
		return channel.FulfilmentNotDue
	case shipped == 0:
		return channel.FulfilmentNone
	case open > 0:
		return channel.FulfilmentPartial
	}
	return channel.FulfilmentComplete
}

// unit is the order as one fulfilment unit: Amazon has one window for all of it.
func (n *normalizer) unit(o *channel.Order) {
	u := adapter.WholeUnit(o)
	u.FulfilledBy = channel.Coded[channel.Fulfiller]{Value: n.by, Raw: n.w.Fulfillment.By}
	u.FulfilAt = n.w.Fulfillment.ShipBy.Earliest.Time
	o.Units = []channel.Unit{u}
}

// cancels tells wishes from what was done: a buyer's request is the former.
func (n *normalizer) cancels(o *channel.Order) {
	for i := range n.w.Items {
		c := &n.w.Items[i].Cancellation
		if done := &c.Execution; done.By != "" || done.Reason != "" {
			o.CancelReason = cmp.Or(o.CancelReason, done.Reason, done.By)
		}
		ask := &c.Request
		if ask.By == "" && ask.Reason == "" {
			continue
		}
		at := slices.IndexFunc(o.Cancels, func(r channel.CancelRequest) bool { return r.By == ask.By && r.Reason == ask.Reason })
		if at < 0 {
			at = len(o.Cancels)
			o.Cancels = append(o.Cancels, channel.CancelRequest{By: ask.By, Reason: ask.Reason})
		}
		o.Cancels[at].Lines = append(o.Cancels[at].Lines, o.Lines[i].ID)
	}
}

func (n *normalizer) shipments(o *channel.Order) error {
	if len(n.w.Packages) == 0 {
		return nil
	}
	o.Shipments = make([]channel.RemoteShipment, len(n.w.Packages))
	for i := range n.w.Packages {
		for _, it := range n.w.Packages[i].Items {
			if it.Quantity < 0 || it.Quantity > maxUnits {
				return invalid("a package has an impossible quantity")
			}
		}
		o.Shipments[i] = remote(&n.w.Packages[i], o.ID)
	}
	return nil
}

// remote crosses a package over.
func remote(w *spapi.Package, order channel.OrderID) channel.RemoteShipment {
	r := channel.RemoteShipment{
		ID: packageID(order, w.ReferenceID), Order: order, Cancelled: w.Status.Status == statusCancelled,
		CreatedAt: w.CreatedTime.Time, Lines: make([]channel.ShipmentLine, len(w.Items)),
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = w.ShipTime.Time
	}
	for i, it := range w.Items {
		r.Lines[i] = channel.ShipmentLine{Line: channel.LineID(it.ID), Quantity: it.Quantity}
	}
	if w.Tracking != "" || w.Carrier != "" {
		r.Tracking = []channel.Tracking{{Carrier: carrierName(w.Carrier), Number: w.Tracking, Service: w.Service}}
	}
	return r
}

// invalid is a record that says something impossible.
func invalid(what string) error {
	return &channel.Error{Op: opDecode, Class: channel.ErrInvalid, Message: what}
}
