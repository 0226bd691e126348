package shopify

import (
	"slices"
	"strconv"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// times returns a × n in each currency.
func times(a channel.Amount, n int64) (out channel.Amount, err error) {
	if out.Shop, err = a.Shop.MulInt(n); err != nil {
		return out, err
	}
	out.Buyer, err = a.Buyer.MulInt(n)
	return out, err
}

func taxes(ws []admin.TaxLine) []channel.Tax {
	if len(ws) == 0 {
		return nil
	}
	out := make([]channel.Tax, len(ws))
	for i, w := range ws {
		out[i] = channel.Tax{
			Title: w.Title, Rate: strconv.FormatFloat(w.Rate, 'f', -1, 64),
			Total: w.PriceSet.Amount(), Marketplace: w.ChannelLiable,
		}
	}
	return out
}

// totals sums the lines and charges and sets them against Shopify's own total
// before returns.
func totals(o *channel.Order, w *admin.Order) (err error) {
	t := &o.Totals
	for i := range o.Lines {
		if t.Lines, err = t.Lines.Add(o.Lines[i].Total); err != nil {
			return err
		}
	}
	for i := range w.ShippingLines.Nodes {
		s := &w.ShippingLines.Nodes[i]
		if s.IsRemoved {
			continue
		}
		c := channel.Charge{
			Type: channel.Coded[channel.ChargeType]{Value: channel.ChargeShipping, Raw: s.Code}, Title: s.Title,
			Total: s.DiscountedPriceSet.Amount(), Taxes: taxes(s.TaxLines),
		}
		if c.Discount, err = s.OriginalPriceSet.Amount().Sub(c.Total); err != nil {
			return err
		}
		o.Charges = append(o.Charges, c)
	}
	if w.OriginalTotalDutiesSet != nil && !w.DutiesIncluded && !w.OriginalTotalDutiesSet.ShopMoney.IsZero() {
		o.Charges = append(o.Charges, charge(channel.ChargeDuty, "duties", w.OriginalTotalDutiesSet))
	}
	if w.OriginalAdditionalFeesSet != nil && !w.OriginalAdditionalFeesSet.ShopMoney.IsZero() {
		o.Charges = append(o.Charges, charge(channel.ChargeFee, "additional fees", w.OriginalAdditionalFeesSet))
	}
	for i := range o.Charges {
		if t.Charges, err = t.Charges.Add(o.Charges[i].Total); err != nil {
			return err
		}
	}
	o.Taxes = taxes(w.TaxLines)
	t.Tax = w.TotalTaxSet.Amount()
	t.Discount = w.TotalDiscountsSet.Amount()
	t.Rounding = w.TotalCashRoundingAdjustment.PaymentSet.Amount()
	t.Total = w.TotalPriceSet.Amount()
	t.Refunded = w.TotalRefundedSet.Amount()
	// Tax that a sales channel remits is marked so, and is part of the total like
	// any other: Totals.MarketplaceTax would be apart from it.
	if err := t.Reconcile(o.TaxIncluded); err != nil {
		return err
	}
	if err := tip(o, w.TotalTipReceivedSet.Amount()); err != nil {
		return err
	}
	return discounts(o, w.DiscountCodes)
}

// tip adds a tip that is in the total and on no line. Where a tip is a line, as
// the schema suggests, nothing is left over for it.
func tip(o *channel.Order, total channel.Amount) error {
	t := &o.Totals
	if total.Shop.IsZero() || !t.Residual.Shop.Equal(total.Shop) {
		return nil
	}
	o.Charges = append(o.Charges, channel.Charge{Type: channel.Coded[channel.ChargeType]{Value: channel.ChargeTip, Raw: "tip"}, Total: total})
	var err error
	if t.Charges, err = t.Charges.Add(total); err != nil {
		return err
	}
	return t.Reconcile(o.TaxIncluded)
}

// discounts sums what was taken off by its reason. What lines did not get was
// taken off shipping: under the code that no line bears, if there is one.
func discounts(o *channel.Order, codes []string) error {
	rest := o.Totals.Discount
	for i := range o.Lines {
		for _, d := range o.Lines[i].Discounts {
			var err error
			if rest, err = rest.Sub(d.Total); err != nil {
				return err
			}
			codes = slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == d.Code })
			k := slices.IndexFunc(o.Discounts, func(x channel.Discount) bool { return x.Code == d.Code && x.Title == d.Title })
			if k < 0 {
				o.Discounts = append(o.Discounts, d)
				continue
			}
			if o.Discounts[k].Total, err = o.Discounts[k].Total.Add(d.Total); err != nil {
				return err
			}
		}
	}
	if rest.Shop.Sign() > 0 {
		d := channel.Discount{Title: "shipping", Total: rest}
		if len(codes) == 1 {
			d.Code = codes[0]
		}
		o.Discounts = append(o.Discounts, d)
	}
	return nil
}

func charge(kind channel.ChargeType, raw string, b *admin.Bag) channel.Charge {
	return channel.Charge{Type: channel.Coded[channel.ChargeType]{Value: kind, Raw: raw}, Total: b.Amount()}
}
