package shopify

import (
	"context"
	"errors"
	"slices"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// AmendShipment corrects a fulfilment's tracking. Shopify replaces the whole
// set, so the numbers of other parcels in the same fulfilment are read first
// and sent again with the corrected one. Tracking that is right already costs
// the read only.
func (c *Channel) AmendShipment(ctx context.Context, r channel.RemoteShipment, t channel.Tracking) error {
	const op = "amend shipment"
	fail := func(class error, message string) error {
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Message: transport.Message(message)}
	}
	if t.Number == "" {
		return fail(channel.ErrInvalid, "the correction has no tracking number")
	}
	if !isNumber(string(r.ID)) {
		return fail(channel.ErrNotFound, "the shipment's id is not one of Shopify's")
	}
	if _, err := c.grantedFor(ctx, op, channel.JobShip); err != nil {
		return err
	}
	id := gid("Fulfillment", string(r.ID))
	var unsure error
	for range 2 {
		var data struct {
			Node *struct {
				ID           string           `json:"id"`
				Status       string           `json:"status"`
				TrackingInfo []admin.Tracking `json:"trackingInfo"`
			} `json:"node"`
		}
		cl := call{op: op, name: "ParcelTracking", query: admin.ParcelTracking, vars: map[string]any{"id": id}, cost: admin.ParcelTrackingCost, repeat: transport.Read}
		if _, err := c.do(ctx, cl, &data); err != nil {
			if unsure != nil {
				return unsure
			}
			return err
		}
		switch {
		case data.Node == nil || data.Node.ID == "":
			return fail(channel.ErrNotFound, "the shop has no fulfilment "+string(r.ID))
		case gone(data.Node.Status):
			// Shopify would take it, and nobody would be told.
			return fail(channel.ErrConflict, "fulfilment "+string(r.ID)+" is cancelled: record the parcel anew")
		}
		input, change := mergeTracking(data.Node.TrackingInfo, r.Tracking, t)
		if !change {
			return nil
		}
		err := c.setTracking(ctx, op, id, input)
		if !errors.Is(err, channel.ErrUnsure) {
			return err
		}
		unsure = err // the next look tells whether it was applied
	}
	return unsure
}

func (c *Channel) setTracking(ctx context.Context, op, id string, input *admin.TrackingInput) error {
	var data struct {
		Update *struct {
			Fulfillment *admin.Ref  `json:"fulfillment"`
			Errors      []userError `json:"userErrors"`
		} `json:"fulfillmentTrackingInfoUpdate"`
	}
	cl := call{
		op: op, name: "AmendTracking", query: admin.AmendTracking, vars: map[string]any{"id": id, "tracking": input},
		cost: admin.AmendTrackingCost, repeat: transport.Once,
	}
	if _, err := c.do(ctx, cl, &data); err != nil {
		return err
	}
	switch u := data.Update; {
	case u == nil || u.Fulfillment == nil && len(u.Errors) == 0:
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnsure, Message: "the answer does not say what became of the tracking"}
	case len(u.Errors) > 0:
		_, class := refusal(u.Errors[0].Message)
		return &channel.Error{Channel: c.cfg.ID, Op: op, Class: class, Message: transport.Message(u.Errors[0].Message)}
	}
	return nil
}

// mergeTracking returns the whole set of tracking with t in the place of the
// number it corrects, and whether that differs from what there is.
//
// Of several numbers, the one that t gives anew (another carrier or link), or
// else the only one of known, is the one it corrects. Where that does not tell,
// t is added: no number is lost. All numbers share one carrier.
func mergeTracking(there []admin.Tracking, known []channel.Tracking, t channel.Tracking) (*admin.TrackingInput, bool) {
	input, _ := trackingInput(t)
	numbered := slices.DeleteFunc(slices.Clone(there), func(i admin.Tracking) bool { return channel.NormalTracking(i.Number) == "" })
	if len(numbered) <= 1 {
		same := len(numbered) == 1 && numbered[0].Number == input.Number && numbered[0].Company == input.Company &&
			(input.URL == "" || input.URL == numbered[0].URL)
		return input, !same
	}
	at := slices.IndexFunc(numbered, func(i admin.Tracking) bool { return channel.SameTracking(i.Number, t.Number) })
	if at < 0 && len(known) == 1 {
		at = slices.IndexFunc(numbered, func(i admin.Tracking) bool { return channel.SameTracking(i.Number, known[0].Number) })
	}
	mine := admin.Tracking{Company: input.Company, Number: input.Number, URL: input.URL}
	change := true
	if at < 0 {
		numbered = append(numbered, mine)
	} else {
		old := numbered[at]
		if mine.URL == "" && old.Number == mine.Number && old.Company == mine.Company {
			mine.URL = old.URL
		}
		change = old.Number != mine.Number || old.Company != mine.Company || mine.URL != "" && old.URL != mine.URL
		numbered[at] = mine
	}
	out := &admin.TrackingInput{Company: input.Company}
	links := true
	for _, i := range numbered {
		out.Numbers = append(out.Numbers, i.Number)
		out.URLs = append(out.URLs, i.URL)
		links = links && i.URL != ""
	}
	if !links {
		out.URLs = nil // links go with numbers by position: all or none
	}
	return out, change
}

var _ channel.ShipmentEditor = (*Channel)(nil)
