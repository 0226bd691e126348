package amazon

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
)

// AmendShipment corrects the tracking of a package: the same reference sent
// again edits it. What the package holds is read first and stays. One that
// another tool named with something that is no number cannot be edited.
func (c *Channel) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	const op = "amend shipment"
	order, ref, ok := packageRef(r.ID)
	if !ok || r.Order != "" && r.Order != order {
		return c.refuse(op, channel.ErrNotFound, "there is no such package")
	}
	if n, err := strconv.ParseInt(ref, 10, 64); err != nil || n < 1 {
		return c.invalid(op, "the package has a reference that Amazon takes from nobody: it must be a number")
	}
	if channel.NormalTracking(t.Number) == "" {
		return c.invalid(op, "Amazon takes no parcel without a tracking number")
	}
	w, at, err := c.look(ctx, op, order)
	if err != nil {
		return err
	}
	body := spapi.ConfirmShipment{MarketplaceID: w.SalesChannel.MarketplaceID, PackageDetail: spapi.PackageDetail{
		ReferenceID: ref, TrackingNumber: strings.TrimSpace(t.Number), ShippingMethod: t.Service,
	}}
	p := &body.PackageDetail
	has, shipped := units{}, r.CreatedAt
	if i := slices.IndexFunc(w.Packages, func(p spapi.Package) bool { return p.ReferenceID == ref }); i >= 0 {
		for _, it := range w.Packages[i].Items {
			has[channel.LineID(it.ID)] += it.Quantity
		}
		shipped = w.Packages[i].ShipTime.Time
	} else {
		for _, l := range r.Lines { // not shown yet
			has[l.Line] += l.Quantity
		}
	}
	if len(has) == 0 {
		return c.refuse(op, channel.ErrNotFound, "there is no such package")
	}
	p.Items = confirmItems(has)
	p.ShipDate, _ = shipDate(shipped, w.CreatedTime.Time, at)
	var called string
	if p.CarrierCode, called = c.cfg.carrier(t.Carrier); p.CarrierCode == carrierOther {
		p.CarrierName = called
	}
	_, err = c.confirm(ctx, op, order, &body, called)
	return err
}

var _ channel.ShipmentEditor = (*Channel)(nil)
