package stall

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/channel"
)

// parts are what every read of an order brings.
const parts = channel.PartHead | channel.PartLines | channel.PartTotals | channel.PartRecipient | channel.PartBuyer | channel.PartShipments

// Stall's words. One that is not here has no value, and is kept.
var (
	statuses = map[string]channel.OrderStatus{
		"unpaid": channel.OrderPending, "open": channel.OrderOpen, "done": channel.OrderClosed, "cancelled": channel.OrderCancelled,
	}
	payments = map[string]channel.PaymentStatus{
		"due": channel.PaymentPending, "paid": channel.PaymentPaid, "part_refunded": channel.PaymentPartiallyRefunded,
		"refunded": channel.PaymentRefunded,
	}
	shippings = map[string]channel.FulfilmentStatus{
		"none": channel.FulfilmentNone, "part": channel.FulfilmentPartial, "all": channel.FulfilmentComplete,
	}
)

func coded[T ~string](words map[string]T, raw string) channel.Coded[T] {
	return channel.Coded[T]{Value: words[raw], Raw: raw}
}

// unread names what is wrong with a record. The cause is left out: what the
// decoders of package json, of times and of amounts say repeats the value, and
// that may be a buyer's.
func unread(what string, err error) error {
	if typed, is := errors.AsType[*json.UnmarshalTypeError](err); is && typed.Field != "" {
		what += ": field " + typed.Field
	}
	return fmt.Errorf("%s does not decode", what)
}

// DecodeOrder makes an order of Stall's, from a page or from what was stored.
func (c *Channel) DecodeOrder(raw []byte) (channel.Order, error) {
	var w wireOrder
	if err := json.Unmarshal(raw, &w); err != nil {
		return channel.Order{}, unread("order", err)
	}
	if w.ID == "" || w.PlacedAt.IsZero() || w.UpdatedAt.IsZero() || len(w.Lines) == 0 {
		return channel.Order{}, errors.New("order lacks its id, a time or its lines")
	}
	o := channel.Order{
		ID: channel.OrderID(w.ID), Number: w.Number, Parts: parts, PlacedAt: w.PlacedAt, UpdatedAt: w.UpdatedAt,
		Status: coded(statuses, w.Status), Payment: coded(payments, w.Payment), Fulfilment: coded(shippings, w.Shipping),
		Note: channel.Personal(w.Note), Currency: w.Currency, TaxIncluded: true, Raw: raw,
	}
	m := amounts{currency: w.Currency}
	for i := range w.Lines {
		l, err := line(&m, &w.Lines[i])
		if err != nil {
			return channel.Order{}, err
		}
		o.Lines = append(o.Lines, l)
		o.Totals.Lines = m.add(o.Totals.Lines, l.Total)
	}
	if postage := m.parse(w.Postage); !postage.Shop.IsZero() {
		o.Charges = []channel.Charge{{Type: channel.Coded[channel.ChargeType]{Value: channel.ChargeShipping, Raw: "postage"}, Total: postage}}
		o.Totals.Charges = postage
	}
	o.Totals.Tax, o.Totals.Total, o.Totals.Refunded = m.parse(w.Tax), m.parse(w.Total), m.parse(w.Refunded)
	if m.err != nil || o.Totals.Reconcile(o.TaxIncluded) != nil {
		return channel.Order{}, unread("amount of order", nil)
	}
	o.Recipient, o.Buyer = people(&w)
	for i := range w.Parcels {
		o.Shipments = append(o.Shipments, shipment(o.ID, &w.Parcels[i]))
	}
	return o, nil
}

// amounts reads amounts of one currency, and keeps the first error. They stay
// text until they are Money: a float has no 19.90.
type amounts struct {
	currency channel.Currency
	err      error
}

func (m *amounts) keep(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *amounts) parse(text string) channel.Amount {
	money, err := channel.ParseMoney(text, m.currency)
	m.keep(err)
	return channel.Same(money)
}

func (m *amounts) add(a, b channel.Amount) channel.Amount {
	sum, err := a.Add(b)
	m.keep(err)
	return sum
}

// line makes a line. Units that are cancelled go back on sale at once, so all of
// them count as restocked.
func line(m *amounts, w *wireLine) (channel.Line, error) {
	if w.ID == "" || w.Quantity < 1 || min(w.Cancelled, w.Shipped) < 0 || w.Shipped > w.Quantity-w.Cancelled {
		return channel.Line{}, errors.New("line lacks its id, or its quantities do not fit")
	}
	return channel.Line{
		ID: channel.LineID(w.ID), Listing: channel.ListingID(w.Listing), SKU: w.SKU, Title: w.Title,
		FulfilledBy: channel.Coded[channel.Fulfiller]{Value: channel.BySeller},
		Ordered:     w.Quantity, Cancelled: w.Cancelled, Restocked: w.Cancelled, Shipped: w.Shipped,
		Price: m.parse(w.Price), Total: m.parse(w.Total),
	}, nil
}

// people makes the recipient and the buyer, or says why they are absent.
func people(w *wireOrder) (r channel.Recipient, b channel.Buyer) {
	why := channel.MissingNotGiven
	if w.Withheld {
		why = channel.MissingNotGranted
	}
	r.Missing, b.Missing = why, why
	if p := w.ShipTo; p != nil {
		r = channel.Recipient{Address: channel.Address{
			Name: channel.Personal(p.Name), City: channel.Personal(p.City), PostalCode: channel.Personal(p.Postcode),
			Country: p.Country, Phone: channel.Personal(p.Phone),
		}}
		for _, s := range p.Street {
			r.Lines = append(r.Lines, channel.Personal(s))
		}
	}
	if p := w.Buyer; p != nil {
		b = channel.Buyer{ID: p.ID, Name: channel.Personal(p.Name), Email: channel.Personal(p.Email)}
	}
	return r, b
}

func shipment(order channel.OrderID, w *wireParcel) channel.RemoteShipment {
	s := channel.RemoteShipment{ID: channel.RemoteShipmentID(w.ID), Order: order, CreatedAt: w.CreatedAt}
	if w.Number != "" || w.Carrier != "" {
		s.Tracking = []channel.Tracking{{Carrier: carrierOf(w), Number: w.Number, URL: w.URL}}
	}
	for _, l := range w.Lines {
		s.Lines = append(s.Lines, channel.ShipmentLine{Line: channel.LineID(l.Line), Quantity: l.Quantity})
	}
	return s
}
