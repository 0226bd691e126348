package amazon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// units counts units by order line.
type units = adapter.Units[channel.LineID]

// Ship records a parcel: a read of the order with its packages and a write. A
// package is known by a reference of the sender's choice: the same one edits, so
// a parcel that is sent again is edited to what it is, and a new one adds. It
// is Shipment.Seq, unless a package of somebody else has that: see reference.
// Orders that Amazon would refuse are refused before the call.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	const op = "ship"
	var res channel.ShipResult
	want, err := c.wanted(op, &s)
	if err != nil {
		return res, err
	}
	w, at, err := c.look(ctx, op, s.Order)
	if err != nil {
		return res, err
	}
	look := look{number: s.Tracking.Number, known: s.Known}
	if res.Remote = look.find(w, want); len(want) == 0 {
		res.Found = true
		return res, nil
	}
	if err := c.shippable(op, w, want); err != nil {
		return res, err
	}
	body := spapi.ConfirmShipment{MarketplaceID: w.SalesChannel.MarketplaceID, PackageDetail: spapi.PackageDetail{
		ReferenceID: reference(w, &s), TrackingNumber: strings.TrimSpace(s.Tracking.Number), ShippingMethod: s.Tracking.Service,
		SupplySourceID: string(s.Location), Items: confirmItems(want),
	}}
	var called string
	body.PackageDetail.CarrierCode, called = c.cfg.carrier(s.Tracking.Carrier)
	if body.PackageDetail.CarrierCode == carrierOther {
		body.PackageDetail.CarrierName = called
	}
	date, note := shipDate(s.ShippedAt, w.CreatedTime.Time, at)
	body.PackageDetail.ShipDate = date
	if note != "" {
		res.Notes = append(res.Notes, note)
	}
	if !s.NotifyBuyer {
		res.Notes = append(res.Notes, "Amazon mails the buyer by its own rules: that cannot be suppressed")
	}
	note, err = c.confirm(ctx, op, s.Order, &body, called)
	if note != "" {
		res.Notes = append(res.Notes, note)
	}
	if err == nil {
		res.Remote = append(res.Remote, sentPackage(&body, s.Order, at))
		return res, nil
	}
	return c.lookAgain(ctx, op, &s, look, want, res, err)
}

// lookAgain decides what a failed confirmation was: an answer may be lost, and a
// refusal may come because the parcel is there.
func (c *Channel) lookAgain(ctx context.Context, op string, s *channel.Shipment, look look, want units, res channel.ShipResult, failed error) (channel.ShipResult, error) {
	unsure := errors.Is(failed, channel.ErrUnsure)
	if !unsure && !errors.Is(failed, channel.ErrInvalid) && !errors.Is(failed, channel.ErrConflict) {
		return res, failed
	}
	w, _, err := c.look(ctx, op, s.Order)
	if err != nil {
		return res, failed
	}
	missing := maps.Clone(want)
	if found := look.find(w, missing); len(missing) == 0 {
		res.Remote, res.Found = found, !unsure
		return res, nil
	}
	if unsure {
		return res, failed
	}
	if err := c.shippable(op, w, want); err != nil {
		return res, err // something changed since it was looked at first
	}
	if e, ok := errors.AsType[*channel.Error](failed); ok && fulfilled(e.Message) {
		again := *e
		again.Class = channel.ErrConflict
		return res, &again
	}
	return res, failed
}

// fulfilled reports whether a refusal says that there is nothing left to
// confirm; it is free text.
func fulfilled(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "already") || strings.Contains(m, "fulfilled")
}

// wanted checks what can be checked without a call and sums the parcel's units.
func (c *Channel) wanted(op string, s *channel.Shipment) (units, error) {
	if len(s.Lines) == 0 {
		return nil, c.invalid(op, "the parcel is empty")
	}
	if channel.NormalTracking(s.Tracking.Number) == "" {
		return nil, c.invalid(op, "Amazon takes no parcel without a tracking number")
	}
	if s.Seq < 1 {
		return nil, c.invalid(op, fmt.Sprintf("the parcel's Seq is %d: it counts the order's parcels from 1", s.Seq))
	}
	want := units{}
	for _, l := range s.Lines {
		if l.Quantity < 1 || l.Quantity > maxUnits {
			return nil, c.invalid(op, fmt.Sprintf("line %s: quantity %d", l.Line, l.Quantity))
		}
		want[l.Line] += l.Quantity
	}
	return want, nil
}

// look reads an order with its packages.
func (c *Channel) look(ctx context.Context, op string, id channel.OrderID) (*spapi.Order, time.Time, error) {
	r, at, err := c.order(ctx, op, id, "FULFILLMENT,PACKAGES")
	if err != nil {
		return nil, at, err
	}
	if r.Err != nil {
		// What cannot be read might be the parcel.
		return nil, at, c.refuse(op, channel.ErrUnavailable, "the order cannot be read")
	}
	return &r.Value, at, nil
}

// look finds a parcel among an order's packages, by its number.
type look struct {
	number string
	known  []channel.RemoteShipmentID // other parcels' records
}

// find returns the records of the parcel and takes their units off want.
func (l *look) find(w *spapi.Order, want units) []channel.RemoteShipment {
	var out []channel.RemoteShipment
	order := channel.OrderID(w.OrderID)
	for i := range w.Packages {
		p := &w.Packages[i]
		if p.Status.Status == statusCancelled || !channel.SameTracking(p.Tracking, l.number) ||
			slices.Contains(l.known, packageID(order, p.ReferenceID)) {
			continue
		}
		has := units{}
		for _, it := range p.Items {
			has[channel.LineID(it.ID)] += it.Quantity
		}
		if want.Take(has) {
			out = append(out, remote(p, order))
		}
	}
	return out
}

// stride is how far apart the references lie that one parcel may get: more than
// an order has parcels.
const stride = 1000

// reference is the name that a parcel gets: its Seq, or, where a package of
// somebody else's has that, Seq and a thousand, and so on. Of the next number it
// could not be said that no other parcel of ours has it: a package sent a moment
// ago may not be shown yet, and would be edited. So no two parcels ever have the
// same numbers to choose from, and one that is sent again gets the same.
func reference(w *spapi.Order, s *channel.Shipment) string {
	taken := map[string]bool{}
	for i := range w.Packages {
		taken[strings.TrimLeft(strings.TrimSpace(w.Packages[i].ReferenceID), "0")] = true
	}
	for _, id := range s.Known {
		if _, ref, ok := packageRef(id); ok {
			taken[ref] = true
		}
	}
	for n := s.Seq; ; n += stride {
		if ref := strconv.Itoa(n); !taken[ref] {
			return ref
		}
	}
}

// packageID is a package's id: its reference is unique within its order only.
func packageID(order channel.OrderID, ref string) channel.RemoteShipmentID {
	return channel.RemoteShipmentID(string(order) + "/" + ref)
}

// packageRef takes a package's id apart.
func packageRef(id channel.RemoteShipmentID) (order channel.OrderID, ref string, ok bool) {
	o, ref, ok := strings.Cut(string(id), "/")
	return channel.OrderID(o), ref, ok && o != "" && ref != ""
}

// shippable reports why an order, or so many units of its lines, cannot be
// confirmed.
func (c *Channel) shippable(op string, w *spapi.Order, want units) error {
	refuse := func(class error, what string) error { return c.refuse(op, class, what) }
	switch status := w.Fulfillment.Status; {
	case w.Fulfillment.By == byAmazon, w.SalesChannel.Name == channelOther:
		return refuse(channel.ErrInvalid, "Amazon ships this order")
	case slices.Contains(w.Programs, programPickup):
		return refuse(channel.ErrInvalid, "the buyer collects this order: it is not confirmed as shipped")
	case slices.Contains(w.Programs, programShipPlus):
		return refuse(channel.ErrInvalid, "Amazon itself confirms orders of the program "+programShipPlus)
	case isPending(status), status == statusCancelled, status == statusUnfulfillable, status == statusInvoiceUnconfirmed:
		return refuse(channel.ErrConflict, "the order is "+status)
	case w.SalesChannel.MarketplaceID == "":
		return refuse(channel.ErrUnavailable, "the order does not tell its marketplace")
	}
	lines := make(map[channel.LineID]*spapi.Item, len(w.Items))
	for i := range w.Items {
		lines[channel.LineID(w.Items[i].ID)] = &w.Items[i]
	}
	for _, id := range want.IDs() {
		l, n := lines[id], want[id]
		switch {
		case l == nil:
			return refuse(channel.ErrInvalid, "line "+strconv.Quote(string(id))+" is not of this order")
		case n > l.Ordered:
			return refuse(channel.ErrInvalid, fmt.Sprintf("line %s: %d units, and %d were ordered", id, n, l.Ordered))
		case l.Fulfillment != nil && l.Fulfillment.Unfulfilled != nil && n > *l.Fulfillment.Unfulfilled:
			return refuse(channel.ErrConflict, fmt.Sprintf("line %s: %d units, and of %d ordered %d are shipped and %d open",
				id, n, l.Ordered, l.Fulfillment.Fulfilled, *l.Fulfillment.Unfulfilled))
		}
	}
	return nil
}

func confirmItems(want units) []spapi.ConfirmItem {
	items := make([]spapi.ConfirmItem, 0, len(want))
	for _, id := range want.IDs() {
		items = append(items, spapi.ConfirmItem{ID: string(id), Quantity: want[id]})
	}
	return items
}

// shipDate is when a parcel left. Amazon is believed to refuse a time before the
// order and one in the future.
func shipDate(at, placed, now time.Time) (date, note string) {
	const moved = "the parcel's date was moved to %s: Amazon takes none %s"
	write := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	if now.Before(placed) {
		now = placed // it is there: now was taken for up to a second too early
	}
	switch up := placed.Truncate(time.Second).Add(time.Second); {
	case at.IsZero():
		return write(now), ""
	case at.After(now):
		if at.Sub(now) <= time.Minute { // two clocks
			return write(now), ""
		}
		return write(now), fmt.Sprintf(moved, write(now), "in the future")
	case at.Before(placed): // which is refused for sure
		if placed.Sub(at) <= time.Minute {
			return write(up), ""
		}
		return write(up), fmt.Sprintf(moved, write(up), "before the order's")
	case at.Truncate(time.Second).Before(placed) && !up.After(now):
		return write(up), "" // the second it lacks would be before the order
	}
	return write(at), ""
}

// confirm sends a parcel. A carrier's code that is refused gives way to Other
// and the carrier's name.
func (c *Channel) confirm(ctx context.Context, op string, order channel.OrderID, body *spapi.ConfirmShipment, called string) (note string, err error) {
	cl := call{
		op: op, operation: opConfirmShipment, method: http.MethodPost, body: body, repeat: transport.Idempotent,
		path: "/orders/v0/orders/" + url.PathEscape(string(order)) + "/shipmentConfirmation",
	}
	send := func() error {
		answer, _, err := c.do(ctx, cl)
		if err == nil && len(bytes.TrimSpace(answer)) > 0 {
			if err = c.hidden(cl, answer); err == nil {
				err = c.garbled(cl, "the answer is not the empty one that confirms")
			}
		}
		return err
	}
	p := &body.PackageDetail
	err = send()
	if e, ok := errors.AsType[*channel.Error](err); !ok || p.CarrierCode == carrierOther || !errors.Is(e.Class, channel.ErrInvalid) ||
		!strings.Contains(strings.ToLower(e.Message), "carrier") {
		return "", err
	}
	refused := p.CarrierCode
	p.CarrierCode, p.CarrierName = carrierOther, called
	return fmt.Sprintf("Amazon does not know the carrier code %q: the parcel is of carrier Other, %s", refused, called), send()
}

// sentPackage is the record that an answered confirmation made.
func sentPackage(body *spapi.ConfirmShipment, order channel.OrderID, at time.Time) channel.RemoteShipment {
	p := &body.PackageDetail
	r := channel.RemoteShipment{
		ID: packageID(order, p.ReferenceID), Order: order, CreatedAt: at,
		Tracking: []channel.Tracking{{Carrier: carrierName(p.CarrierCode), Number: p.TrackingNumber, Service: p.ShippingMethod}},
		Lines:    make([]channel.ShipmentLine, len(p.Items)),
	}
	if p.CarrierCode == carrierOther {
		r.Tracking[0].Carrier = carrierName(p.CarrierName)
	}
	for i, it := range p.Items {
		r.Lines[i] = channel.ShipmentLine{Line: channel.LineID(it.ID), Quantity: it.Quantity}
	}
	return r
}
