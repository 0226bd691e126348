package stall

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// Ship records a parcel. Stall has no idempotency key, so the order's parcels are
// read first, and again when an answer is lost: a parcel with a number is known
// by it, one without by having none and the same units of the same lines.
func (c *Channel) Ship(ctx context.Context, s channel.Shipment) (channel.ShipResult, error) {
	const op = "ship"
	units, err := c.units(op, s.Lines)
	if err != nil {
		return channel.ShipResult{}, err
	}
	// Two at a time would each look before the other is there.
	select {
	case c.shipping <- struct{}{}:
		defer func() { <-c.shipping }()
	case <-ctx.Done():
		return channel.ShipResult{}, &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, Err: ctx.Err()}
	}
	if found, err := c.look(ctx, op, &s, units); err != nil || found != nil {
		return channel.ShipResult{Remote: found, Found: found != nil}, err
	}
	parcel := wireParcel{ShippedAt: s.ShippedAt, TellBuyer: s.NotifyBuyer}
	parcel.setTracking(s.Tracking)
	for _, id := range slices.Sorted(maps.Keys(units)) {
		parcel.Lines = append(parcel.Lines, wireParcelLine{Line: id, Quantity: units[id]})
	}
	var made wireParcel
	_, err = c.do(ctx, call{
		op: op, method: http.MethodPost, path: ordersPath + "/" + url.PathEscape(string(s.Order)) + "/parcels", body: parcel,
	}, &made)
	switch {
	case errors.Is(err, channel.ErrUnsure):
		if found, lookErr := c.look(ctx, op, &s, units); lookErr == nil && found != nil {
			return channel.ShipResult{Remote: found}, nil
		}
		return channel.ShipResult{}, err // it may still be on its way
	case err != nil:
		return channel.ShipResult{}, err
	case made.ID == "":
		return channel.ShipResult{}, c.fail(op, channel.ErrUnsure, "answer names no parcel")
	}
	return channel.ShipResult{Remote: []channel.RemoteShipment{shipment(s.Order, &made)}}, nil
}

// units sums a parcel's units by line.
func (c *Channel) units(op string, lines []channel.ShipmentLine) (map[string]int64, error) {
	units := map[string]int64{}
	for _, l := range lines {
		if l.Quantity < 1 {
			return nil, c.fail(op, channel.ErrInvalid, "a line of the parcel has no units")
		}
		units[string(l.Line)] += l.Quantity
	}
	if len(units) == 0 {
		return nil, c.fail(op, channel.ErrInvalid, "the parcel is empty")
	}
	return units, nil
}

// look finds a parcel among those of its order.
func (c *Channel) look(ctx context.Context, op string, s *channel.Shipment, units map[string]int64) ([]channel.RemoteShipment, error) {
	var list struct {
		Items []struct {
			ID      string       `json:"id"`
			Parcels []wireParcel `json:"parcels"`
		} `json:"items"`
	}
	query := url.Values{"id": {string(s.Order)}}
	if _, err := c.do(ctx, call{op: op, method: http.MethodGet, path: ordersPath, query: query}, &list); err != nil {
		return nil, err
	}
	if len(list.Items) == 0 || list.Items[0].ID != string(s.Order) {
		return nil, c.fail(op, channel.ErrNotFound, "there is no such order")
	}
	for i := range list.Items[0].Parcels {
		if p := &list.Items[0].Parcels[i]; same(p, s, units) {
			return []channel.RemoteShipment{shipment(s.Order, p)}, nil
		}
	}
	return nil, nil
}

// same reports whether a record is of this parcel and of no other of ours.
func same(p *wireParcel, s *channel.Shipment, units map[string]int64) bool {
	if slices.Contains(s.Known, channel.RemoteShipmentID(p.ID)) {
		return false
	}
	if channel.NormalTracking(s.Tracking.Number) != "" {
		return channel.SameTracking(s.Tracking.Number, p.Number)
	}
	has := map[string]int64{}
	for _, l := range p.Lines {
		has[l.Line] += l.Quantity
	}
	return channel.NormalTracking(p.Number) == "" && maps.Equal(has, units)
}

// AmendShipment writes the tracking of a parcel anew. Sent twice it does what it
// does sent once, so a lost answer is no reason to stop.
func (c *Channel) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	var parcel wireParcel
	parcel.setTracking(t)
	var answer json.RawMessage
	_, err := c.do(ctx, call{
		op: "amend shipment", method: http.MethodPut, path: "/v1/parcels/" + url.PathEscape(string(r.ID)),
		body: parcel, repeatable: true,
	}, &answer)
	return err
}
