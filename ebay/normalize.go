package ebay

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/adapter"
)

// The words that decide something. eBay adds to all of them.
const (
	notStarted = "NOT_STARTED"
	inProgress = "IN_PROGRESS"
	fulfilled  = "FULFILLED"

	noneRequested    = "NONE_REQUESTED"
	cancelInProgress = "IN_PROGRESS" // believed
	cancelled        = "CANCELED"    // believed

	shipTo       = "SHIP_TO"
	pickupAt     = "PREPARE_FOR_PICKUP"
	digital      = "DIGITAL"
	byEBay       = "FULFILLED_BY_EBAY"
	fullyRefunds = "FULLY_REFUNDED"
)

// payments are believed, but for the first.
var payments = map[string]channel.PaymentStatus{
	"PAID": channel.PaymentPaid, "PENDING": channel.PaymentPending, "FAILED": channel.PaymentFailed,
	"PARTIALLY_REFUNDED": channel.PaymentPartiallyRefunded, fullyRefunds: channel.PaymentRefunded,
}

var fulfilments = map[string]channel.FulfilmentStatus{
	notStarted: channel.FulfilmentNone, inProgress: channel.FulfilmentPartial, fulfilled: channel.FulfilmentComplete,
}

var fulfillers = map[string]channel.Fulfiller{
	shipTo: channel.BySeller, "SELLER_DEFINED": channel.BySeller, pickupAt: channel.ByPickup, digital: channel.ByDigital,
	byEBay: channel.ByMarketplace,
}

const (
	emailKept   = 14 * 24 * time.Hour // from creation: schema ExtendedContact
	addressKept = 90 * 24 * time.Hour // schema Address
)

// normalizer crosses one order over to the contract.
type normalizer struct {
	w       *sell.Order
	parcels *sell.ShipmentList // nil where they were not read
	now     time.Time          // by eBay's clock
	step    *sell.Instruction
	by      channel.Coded[channel.Fulfiller]
	cur     channel.Currency
	from    channel.Currency // the buyer's, where it is another one
	sums    sums
}

func (n *normalizer) order() (channel.Order, error) {
	w := n.w
	n.step = &sell.Instruction{}
	if len(w.Instructions) > 0 {
		n.step = &w.Instructions[0]
	}
	n.by = channel.Coded[channel.Fulfiller]{Value: fulfillers[n.step.Type], Raw: n.step.Type}
	if p := w.Program; p != nil && p.Fulfillment != nil && p.Fulfillment.By == "EBAY" {
		n.by.Value = channel.ByMarketplace
	}
	n.cur, n.from = channel.Currency(w.Pricing.Total.Currency), channel.Currency(w.Pricing.Total.FromCurrency)
	if n.from == n.cur {
		n.from = ""
	}
	o := channel.Order{
		ID: channel.OrderID(w.OrderID), Number: w.OrderID,
		Parts:    channel.PartsAll,
		PlacedAt: w.CreationDate.Time, UpdatedAt: w.LastModifiedDate.Time, CancelledAt: w.Cancel.Date.Time,
		Status:     channel.Coded[channel.OrderStatus]{Value: channel.OrderOpen, Raw: w.Fulfillment},
		Payment:    channel.Coded[channel.PaymentStatus]{Value: payments[w.Payment], Raw: w.Payment},
		Fulfilment: channel.Coded[channel.FulfilmentStatus]{Value: fulfilments[w.Fulfillment], Raw: w.Fulfillment},
		Note:       channel.Personal(w.CheckoutNotes), Currency: n.cur, BuyerCurrency: n.from, DeliverBy: n.step.MaxDelivery.Time,
	}
	if w.OrderID == "" {
		return o, invalid("order has no id")
	}
	if o.PlacedAt.IsZero() || o.UpdatedAt.IsZero() {
		return o, invalid("order has no time")
	}
	if n.step.ShippingStep != nil {
		o.Service = n.step.ShippingStep.Service
	}
	n.people(&o)
	if err := n.lines(&o); err != nil {
		return o, err
	}
	n.status(&o)
	n.unit(&o)
	if err := n.shipments(&o); err != nil {
		return o, err
	}
	n.cancels(&o)
	n.attributes(&o)
	if err := n.refunds(&o); err != nil {
		return o, err
	}
	return o, n.totals(&o)
}

// status is what payment, cancellation and fulfilment say together: eBay has no
// word for it. An order is shown once it is paid or the payment is on its way.
func (n *normalizer) status(o *channel.Order) {
	var open int64
	for i := range o.Lines {
		open += o.Lines[i].Open()
	}
	_, known := fulfilments[n.w.Fulfillment]
	switch pay := o.Payment.Value; {
	case n.w.Cancel.State == cancelled:
		o.Status = channel.Coded[channel.OrderStatus]{Value: channel.OrderCancelled, Raw: n.w.Cancel.State}
	case pay == channel.PaymentPending, pay == channel.PaymentFailed:
		o.Status = channel.Coded[channel.OrderStatus]{Value: channel.OrderPending, Raw: n.w.Payment}
	case n.w.Cancel.State == cancelInProgress && open > 0:
		o.Status = channel.Coded[channel.OrderStatus]{Value: channel.OrderHeld, Raw: "cancel " + n.w.Cancel.State}
	case pay == "":
		o.Status = channel.Coded[channel.OrderStatus]{Raw: n.w.Payment}
	case !known:
		o.Status.Value = ""
	case open == 0:
		o.Status.Value = channel.OrderClosed
	}
	if open == 0 && o.Fulfilment.Value == channel.FulfilmentNone {
		o.Fulfilment.Value = channel.FulfilmentNotDue
	}
}

func (n *normalizer) lines(o *channel.Order) error {
	o.Lines = make([]channel.Line, len(n.w.Lines))
	sent := map[string]int64{}
	if n.parcels != nil {
		for i := range n.parcels.Shipments {
			for _, l := range n.parcels.Shipments[i].Lines {
				sent[l.ID] += l.Quantity
			}
		}
	}
	for i := range n.w.Lines {
		if err := n.line(&o.Lines[i], &n.w.Lines[i], sent); err != nil {
			return err
		}
		w := &n.w.Lines[i]
		o.ShipBy = earlier(o.ShipBy, w.Due.ShipBy.Time)
		if o.Origin == "" {
			o.Origin = cmp.Or(w.Purchased, w.Listed)
		}
	}
	return nil
}

func (n *normalizer) line(l *channel.Line, w *sell.Line, sent map[string]int64) error {
	if w.ID == "" || w.Quantity < 0 || w.Quantity > maxLine {
		return invalid("a line has an impossible quantity, or no id")
	}
	*l = channel.Line{
		ID: channel.LineID(w.ID), SKU: w.SKU, Product: w.ItemID, Listing: orderListing(w), Title: w.Title, FulfilledBy: n.by, Ordered: w.Quantity,
	}
	switch w.Fulfillment {
	case fulfilled:
		l.Shipped = w.Quantity
	case inProgress:
		l.Shipped = max(0, min(sent[w.ID], w.Quantity))
	}
	// Units that were sent are the buyer's, whatever came after.
	rest := l.Ordered - l.Shipped
	if n.w.Cancel.State == cancelled {
		l.Cancelled = rest
		l.Loose = rest // whether units go back on sale is not documented
	}
	var words []string
	for _, a := range w.Aspects {
		words = append(words, a.Name+": "+a.Value)
	}
	l.Variant = strings.Join(words, ", ")
	n.lineAttributes(l, w)
	return n.lineMoney(l, w)
}

// orderListing is the listing that a line was bought from, as ListingPage names
// it: by the item's id, and a variation by its SKU too, or by what it varies in.
func orderListing(w *sell.Line) channel.ListingID {
	switch {
	case w.VariationID == "" && len(w.Aspects) == 0:
		return channel.ListingID(w.ItemID)
	case w.SKU != "":
		return channel.ListingID(w.ItemID + "/" + w.SKU)
	}
	words := make([]string, len(w.Aspects))
	for i, a := range w.Aspects {
		words[i] = a.Name + "=" + a.Value
	}
	slices.Sort(words)
	return channel.ListingID(w.ItemID + "//" + strings.Join(words, ";"))
}

func (n *normalizer) lineAttributes(l *channel.Line, w *sell.Line) {
	add := func(name, value string) {
		if value != "" {
			l.Attributes = append(l.Attributes, channel.Attribute{Name: name, Value: channel.Personal(value)})
		}
	}
	add("legacyVariationId", w.VariationID)
	if w.Listed != w.Purchased {
		add("listingMarketplaceId", w.Listed)
	}
	if w.Properties.BestOffer {
		add("fromBestOffer", "true")
	}
	if w.Properties.Ad {
		add("soldViaAdCampaign", "true")
	}
	for i := range w.Collected {
		add(w.Collected[i].Reference.Name, w.Collected[i].Reference.Value)
	}
	add("importCharges", amountText(w.Delivery.Import))
	add("shippingIntermediationFee", amountText(w.Delivery.Intermediary))
	if c := w.Charged; c != nil {
		add("ebayShipping", amountText(c.Shipping))
		for i := range c.Charges {
			add(c.Charges[i].Type, amountText(c.Charges[i].Amount))
		}
	}
	if g := w.Gift; g != nil {
		l.Gift, l.GiftNote = true, channel.Personal(g.Message)
		add("giftSender", g.Sender)
		add("giftRecipientEmail", g.Email)
	}
}

func amountText(m sell.Money) string {
	if m.Value == "" {
		return ""
	}
	return string(m.Value) + " " + m.Currency
}

// unit is the order as one fulfilment unit: eBay has one instruction for all of
// it.
func (n *normalizer) unit(o *channel.Order) {
	u := adapter.WholeUnit(o)
	u.FulfilledBy = n.by
	if n.step.Pickup != nil {
		u.Location = channel.LocationID(n.step.Pickup.Location)
	}
	o.Units = []channel.Unit{u}
}

// shipments are parcels as they were read, or what the order's own list tells of
// them, which is their ids.
func (n *normalizer) shipments(o *channel.Order) error {
	ids := map[string]int{}
	if n.parcels == nil {
		for _, href := range n.w.Hrefs {
			id := href[strings.LastIndexByte(href, '/')+1:]
			if un, err := url.PathUnescape(id); err == nil {
				id = un
			}
			r := channel.RemoteShipment{ID: shipmentID(o.ID, id, ids), Order: o.ID}
			if len(channel.NormalTracking(id)) >= shortestNumber {
				r.Tracking = []channel.Tracking{{Number: id}}
			}
			o.Shipments = append(o.Shipments, r)
		}
		return nil
	}
	for i := range n.parcels.Shipments {
		w := &n.parcels.Shipments[i]
		for _, l := range w.Lines {
			if l.Quantity < 0 || l.Quantity > maxLine {
				return invalid("a parcel has an impossible quantity")
			}
		}
		o.Shipments = append(o.Shipments, remote(w, o.ID, ids))
	}
	return nil
}

// shortestNumber tells a parcel's id that is its tracking number from one that
// is arbitrary, such as 999, where nothing else is told.
const shortestNumber = 6

// shipmentID is a parcel's id: its own is unique within its order at most.
func shipmentID(order channel.OrderID, id string, seen map[string]int) channel.RemoteShipmentID {
	seen[id]++
	if k := seen[id]; k > 1 {
		id += "#" + strconv.Itoa(k)
	}
	return channel.RemoteShipmentID(string(order) + "/" + id)
}

// remote crosses a parcel over.
func remote(w *sell.Shipment, order channel.OrderID, seen map[string]int) channel.RemoteShipment {
	r := channel.RemoteShipment{
		ID: shipmentID(order, w.ID, seen), Order: order, CreatedAt: w.Shipped.Time, Lines: make([]channel.ShipmentLine, len(w.Lines)),
	}
	for i, l := range w.Lines {
		r.Lines[i] = channel.ShipmentLine{Line: channel.LineID(l.ID), Quantity: l.Quantity}
	}
	if w.Tracking != "" || w.Carrier != "" {
		r.Tracking = []channel.Tracking{{Carrier: carrierName(w.Carrier), Number: w.Tracking}}
	}
	return r
}

// cancels are the requests; lists leave them out, and say only that there are
// some.
func (n *normalizer) cancels(o *channel.Order) {
	c := &n.w.Cancel
	if asked(c) && len(c.Requests) == 0 {
		o.Parts &^= channel.PartCancels
		return
	}
	for i := range c.Requests {
		r := &c.Requests[i]
		o.Cancels = append(o.Cancels, channel.CancelRequest{At: r.Date.Time, By: r.Initiator, Reason: r.Reason, Status: r.State})
		if c.State == cancelled && r.Reason != "" {
			o.CancelReason = r.Reason
		}
	}
}

// asked reports whether somebody has asked to cancel.
func asked(c *sell.Cancel) bool { return c.State != "" && c.State != noneRequested }

// attributes keeps what the contract has no field for.
func (n *normalizer) attributes(o *channel.Order) {
	add := func(name, value string) {
		if value != "" {
			o.Attributes = append(o.Attributes, channel.Attribute{Name: name, Value: channel.Personal(value)})
		}
	}
	add("salesRecordReference", n.w.RecordReference)
	// A name that the buyer chose, and can change, is no id to be logged.
	add("buyerUsername", n.w.Buyer.Username)
	if s := n.step.ShippingStep; s != nil {
		add("shipToReferenceId", s.ReferenceID)
		add("shippingCarrierCode", s.Carrier)
	}
	if f := n.step.Final; f != nil {
		add("finalDestinationAddress", finalText(f))
	}
	if t := n.w.Buyer.TaxIdentifier; t != nil {
		add("taxpayerId", t.ID)
		add("taxIdentifierType", t.Type)
		add("taxIssuingCountry", t.Country)
	}
	for i := range n.w.Payments.Payments {
		for _, h := range n.w.Payments.Payments[i].Holds {
			add("paymentHold", strings.TrimSpace(h.State+" "+h.Reason))
		}
	}
	if p := n.w.Program; p != nil {
		tag := func(name, value string) {
			o.Tags = append(o.Tags, name)
			add(name, value)
		}
		if p.Authenticity != nil {
			tag("authenticityVerification", p.Authenticity.Status)
		}
		if p.Vault != nil {
			tag("ebayVault", p.Vault.Type)
		}
		if p.International != nil {
			tag("ebayInternationalShipping", p.International.Returns)
		}
		if p.Shipping != nil {
			tag("ebayShipping", p.Shipping.Label)
		}
		if p.Fulfillment != nil {
			tag("fulfillmentProgram", p.Fulfillment.By)
		}
	}
	slices.Sort(o.Tags)
}

// invalid is a record that says something impossible.
func invalid(what string) error {
	return &channel.Error{Op: opDecode, Class: channel.ErrInvalid, Message: what}
}
