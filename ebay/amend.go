package ebay

import (
	"bytes"
	"context"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/transport"
)

// opCompleteSale is Trading's way to mark a sale as shipped, which puts tracking
// in the place of what there was. The Sell APIs have none.
const opCompleteSale = "CompleteSale"

// completeSale names the order, or one line of it by item and line.
type completeSale struct {
	XMLName  xml.Name `xml:"urn:ebay:apis:eBLBaseComponents CompleteSaleRequest"`
	OrderID  string   `xml:"OrderID,omitempty"`
	LineID   string   `xml:"OrderLineItemID,omitempty"`
	Shipment struct {
		Tracking struct {
			Carrier string `xml:"ShippingCarrierUsed"`
			Number  string `xml:"ShipmentTrackingNumber"`
		} `xml:"ShipmentTrackingDetails"`
		Shipped string `xml:"ShippedTime,omitempty"`
	} `xml:"Shipment"`
	Done bool `xml:"Shipped"`
}

// AmendShipment corrects the tracking of a parcel, by a Trading call: the Sell
// APIs have no way. That call is believed to replace all tracking of an order, or
// of a line. So a parcel can be corrected that holds all that there is of the
// order, or of one line; others are ErrConflict. What the parcel holds is read
// first and stays. Its record has another id afterwards, as ids are numbers.
func (c *Channel) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	const op = "amend shipment"
	order, _, ok := strings.Cut(string(r.ID), "/")
	id := channel.OrderID(order)
	if !ok || !orderID(id) || r.Order != "" && r.Order != id {
		return c.refuse(op, channel.ErrNotFound, "there is no such parcel")
	}
	number := numberText(t.Number)
	if number == "" || len(number) > maxTracking {
		return c.invalid(op, "a correction needs a tracking number")
	}
	done, err := c.turns.wait(ctx, id)
	if err != nil {
		return c.fail(call{op: op}, "", channel.ErrUnavailable, err)
	}
	defer done()
	w, _, err := c.look(ctx, op, id)
	if err != nil {
		return err
	}
	list, err := c.parcels(ctx, op, id)
	if err != nil {
		return err
	}
	at := slices.Index(parcelIDs(list, id), r.ID)
	if at < 0 {
		// A correction whose answer was lost has given it its new id.
		if i := slices.IndexFunc(list.Shipments, func(s sell.Shipment) bool { return channel.SameTracking(s.Tracking, number) }); i >= 0 {
			at = i
		} else {
			return c.refuse(op, channel.ErrNotFound, "there is no such parcel")
		}
	}
	parcel := &list.Shipments[at]
	carrier := c.cfg.carrier(t.Carrier)
	if channel.SameTracking(parcel.Tracking, number) && strings.EqualFold(parcel.Carrier, carrier) {
		return nil
	}
	var body completeSale
	if body.OrderID, body.LineID = wholly(w, list, at); body.OrderID == "" && body.LineID == "" {
		return c.refuse(op, channel.ErrConflict, "eBay replaces the tracking of a whole order or line, and this parcel is a part of one")
	}
	body.Done, body.Shipment.Tracking.Carrier, body.Shipment.Tracking.Number = true, carrier, number
	if at := parcel.Shipped; !at.IsZero() {
		body.Shipment.Shipped = stamp(at.Time)
	}
	text, err := xml.Marshal(&body)
	if err != nil {
		return c.invalid(op, "the correction cannot be written")
	}
	answer, _, err := c.trade(ctx, op, opCompleteSale, jobOrders, append([]byte(xml.Header), text...), transport.Idempotent)
	if err != nil {
		return err
	}
	switch h, ok := headOf(answer); {
	case !ok || h.Ack == "":
		return c.garbled(call{op: op, repeat: transport.Idempotent}, "answer is not that of a Trading call")
	case h.Ack == "Failure":
		e, _ := tradingFailure(bytes.TrimSpace(answer))
		return c.tradingError(op, transport.Idempotent, e)
	}
	return nil
}

// wholly names what a parcel holds all of: the order, or a line; neither where
// other parcels, or none, hold some of it.
func wholly(w *sell.Order, list *sell.ShipmentList, at int) (order, line string) {
	if len(list.Shipments[at].Lines) == 0 {
		return "", ""
	}
	for _, l := range list.Shipments[at].Lines {
		i := slices.IndexFunc(w.Lines, func(o sell.Line) bool { return o.ID == l.ID })
		if i < 0 || w.Lines[i].Quantity != l.Quantity {
			return "", ""
		}
		line = w.Lines[i].ItemID + "-" + l.ID
	}
	switch n := len(list.Shipments[at].Lines); {
	case n == len(w.Lines):
		return w.OrderID, ""
	case n == 1:
		return "", line
	}
	return "", ""
}

var _ channel.ShipmentEditor = (*Channel)(nil)
