package sync

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// partContent returns a copy of o with only one part's fields, without its
// version. Note and gift notes are merged apart.
func partContent(o *channel.Order, p channel.Parts) channel.Order {
	var c channel.Order
	switch p {
	case channel.PartHead:
		c = *o
		c.Parts, c.UpdatedAt, c.Raw, c.Note = 0, time.Time{}, nil, ""
		c.Recipient, c.Buyer = channel.Recipient{}, channel.Buyer{}
		c.Lines, c.Units, c.Shipments, c.Refunds, c.Cancels = nil, nil, nil, nil, nil
		c.Charges, c.Taxes, c.Discounts, c.Totals = nil, nil, nil, channel.Totals{}
	case channel.PartLines:
		c.Lines = slices.Clone(o.Lines)
		for i := range c.Lines {
			c.Lines[i].Shipped, c.Lines[i].GiftNote = 0, ""
		}
	case channel.PartTotals:
		c.Charges, c.Taxes, c.Discounts, c.Totals = o.Charges, o.Taxes, o.Discounts, o.Totals
	case channel.PartRecipient:
		c.Recipient = o.Recipient
	case channel.PartBuyer:
		c.Buyer = o.Buyer
	case channel.PartUnits:
		c.Units = o.Units
	case channel.PartShipments:
		c.Shipments = o.Shipments
		c.Lines = make([]channel.Line, len(o.Lines))
		for i, l := range o.Lines {
			c.Lines[i] = channel.Line{ID: l.ID, Shipped: l.Shipped}
		}
	case channel.PartRefunds:
		c.Refunds = o.Refunds
	case channel.PartCancels:
		c.Cancels = o.Cancels
	case channel.PartsAll: // no part
	}
	return c
}
