package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/quickstart/plan"
	channelsync "github.com/penstock-go/penstock/sync"
)

// outcome is what the comparison found: the figures of the last line.
type outcome struct {
	channels, orders, writeOffs, cancellations, unmatched int
	refused, shipments, quantities                        int

	broken      bool // the run did not go as it should, whatever is compared
	differing   int  // orders stored with other lines, quantities, money or refunds than the marketplace has
	unaccounted int  // orders on the marketplaces not as planned, or refused in a replay, and sums that are not the file's
	unshipped   int  // units the seller owes and no parcel has
	corrected   bool
	lost        int // orders on a marketplace and not in the store
	duplicated  int // orders in the store and on no marketplace; parcels recorded more than once
	oversold    int64
	unavoidable int64 // of those, where some lag lets orders be seen late
	drift       int   // listings that show another number than they should

	notes []string // the first few differences, in words
}

func (o *outcome) ok() bool {
	return !o.broken && o.differing == 0 && o.unaccounted == 0 && o.unshipped == 0 && o.corrected && o.lost == 0 && o.duplicated == 0 && o.oversold <= o.unavoidable && o.drift == 0
}

func (o *outcome) line() string {
	word := "ok"
	if !o.ok() {
		word = "failed"
	}
	unavoidable := ""
	if o.channels > amazonIndex {
		unavoidable = fmt.Sprintf(" unavoidable=%d", o.unavoidable)
	}
	return fmt.Sprintf("main job: %s channels=%d orders=%d writeoffs=%d cancellations=%d unmatched=%d refused=%d shipments=%d quantities=%d differing=%d unaccounted=%d unshipped=%d%s lost=%d duplicated=%d oversold=%d drift=%d",
		word, o.channels, o.orders, o.writeOffs, o.cancellations, o.unmatched, o.refused, o.shipments, o.quantities, o.differing, o.unaccounted, o.unshipped, unavoidable, o.lost, o.duplicated, o.oversold, o.drift)
}

func (o *outcome) note(format string, args ...any) {
	if len(o.notes) < 20 {
		o.notes = append(o.notes, fmt.Sprintf(format, args...))
	}
}

// supply is a change of what the seller has, at its time: an adjustment, goods
// that came back, or units of a cancelled line that are free again.
type supply struct {
	at    time.Time
	sku   string
	units int64
}

// compare sets what the store holds, and what the marketplaces hold, against
// each other and against what the plan demands. It reads the fakes' own state.
func compare(ctx context.Context, engine *channelsync.Engine, w *world, p *plan.Plan) (*outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := &outcome{
		channels: len(w.markets), writeOffs: p.Apart.WriteOffs, cancellations: p.Apart.Cancellations, unmatched: p.Apart.Unmatched,
	}
	split := map[string]bool{}
	for _, s := range p.Steps {
		if s.Order != nil && s.Order.Split {
			split[s.Order.Number] = true
		}
	}
	sold := make([][]soldOrder, len(w.markets))
	fixed := 0
	for i, m := range w.markets {
		sold[i] = m.orders()
		o.orders += len(sold[i])
		for _, s := range sold[i] {
			fixed += s.corrected()
		}
		stored, err := storedOrders(ctx, engine, m.channel())
		if err != nil {
			return nil, err
		}
		o.compareOrders(m.channel(), sold[i], stored)
		fixed := ""
		if i == 0 {
			fixed = w.corrected
		}
		o.compareParcels(m.channel(), sold[i], split, fixed)
	}
	if o.corrected = fixed == 1; !o.corrected {
		o.note("%d parcels have the corrected tracking number %s, one should", fixed, corrected)
	}
	o.compareStock(w.markets, p, w.supplies)
	return o, o.accounts(sold, w.markets, p, w.refused)
}

// storedOrders reads a channel's orders from the store.
func storedOrders(ctx context.Context, engine *channelsync.Engine, id channel.ID) (map[string][]channel.Order, error) {
	out := map[string][]channel.Order{}
	for o, err := range engine.Orders(ctx, channelsync.OrderFilter{Channel: id}) {
		if err != nil {
			return nil, fmt.Errorf("stored orders of %s: %w", id, err)
		}
		out[string(o.Order.ID)] = append(out[string(o.Order.ID)], o.Order)
	}
	return out, nil
}

func (o *outcome) compareOrders(id channel.ID, sold []soldOrder, stored map[string][]channel.Order) {
	for _, s := range sold {
		have := stored[s.id]
		delete(stored, s.id)
		if len(have) == 0 {
			o.lost++
			o.note("%s order %s is not in the store", id, s.id)
			continue
		}
		if n := len(have) - 1; n > 0 {
			o.duplicated += n
			o.note("%s order %s is in the store %d times", id, s.id, n+1)
		}
		if why := differs(s, have[0]); why != "" {
			o.differing++
			o.note("%s order %s: %s", id, s.id, why)
		}
	}
	rest := make([]string, 0, len(stored))
	for extra := range stored {
		rest = append(rest, extra)
	}
	sort.Strings(rest)
	for _, extra := range rest {
		o.duplicated++
		o.note("%s has no order %s, which the store has", id, extra)
	}
}

// differs says how a stored order is not the marketplace's, "" when it is.
func differs(s soldOrder, have channel.Order) string {
	if to := recipient(have.Recipient); s.to != to {
		return fmt.Sprintf("it goes to %q, stored %q", s.to, to)
	}
	if len(s.lines) != len(have.Lines) {
		return fmt.Sprintf("%d lines, stored %d", len(s.lines), len(have.Lines))
	}
	for _, m := range []struct {
		what       string
		sold, have channel.Money
	}{
		{"total", s.total, have.Totals.Total.Shop},
		{"tax", s.tax, have.Totals.Tax.Shop},
		{"discount", s.discount, have.Totals.Discount.Shop},
		{"refunded", s.refunded, have.Totals.Refunded.Shop},
	} {
		if s.mute && m.what == "refunded" {
			continue
		}
		if !same(m.sold, m.have) {
			return fmt.Sprintf("%s %s, stored %s", m.what, m.sold, m.have)
		}
	}
	at := map[channel.LineID]int{}
	for i, l := range s.lines {
		h := have.Lines[i]
		at[h.ID] = i
		var tax channel.Money
		for _, t := range h.Taxes {
			tax = known(tax.Add(t.Total.Shop))
		}
		switch {
		case l.sku != h.SKU:
			return fmt.Sprintf("line %d is %q, stored %q", i, l.sku, h.SKU)
		case l.quantity != h.Ordered:
			return fmt.Sprintf("line %d: %d units, stored %d", i, l.quantity, h.Ordered)
		case !l.price.Equal(h.Price.Shop):
			return fmt.Sprintf("line %d: price %s, stored %s", i, l.price, h.Price.Shop)
		case !l.total.Equal(h.Total.Shop):
			return fmt.Sprintf("line %d: total %s, stored %s", i, l.total, h.Total.Shop)
		case !same(l.tax, tax):
			return fmt.Sprintf("line %d: tax %s, stored %s", i, l.tax, tax)
		case l.shipped != h.Shipped:
			return fmt.Sprintf("line %d: %d shipped, stored %d", i, l.shipped, h.Shipped)
		case l.cancelled != h.Cancelled+h.Unshipped:
			return fmt.Sprintf("line %d: %d cancelled, stored %d", i, l.cancelled, h.Cancelled+h.Unshipped)
		case !s.mute && !s.unitless && l.returned != h.Refunded-h.Unshipped:
			return fmt.Sprintf("line %d: %d refunded after they were shipped, stored %d", i, l.returned, h.Refunded-h.Unshipped)
		}
	}
	if s.mute || s.unitless {
		return ""
	}
	return refundsDiffer(s.refunds, have.Refunds, at)
}

func recipient(r channel.Recipient) string {
	street := ""
	if len(r.Lines) > 0 {
		street = string(r.Lines[0])
	}
	return destination(string(r.Name), street, string(r.City), string(r.PostalCode), r.Country)
}

// refundsDiffer says how stored refunds are not the marketplace's.
func refundsDiffer(sold []soldRefund, have []channel.Refund, at map[channel.LineID]int) string {
	if len(sold) != len(have) {
		return fmt.Sprintf("%d refunds, stored %d", len(sold), len(have))
	}
	for _, r := range sold {
		i := slices.IndexFunc(have, func(h channel.Refund) bool { return string(h.ID) == r.id })
		if i < 0 {
			return fmt.Sprintf("refund %s is not stored", r.id)
		}
		if !r.total.Equal(have[i].Total.Shop) {
			return fmt.Sprintf("refund %s of %s, stored %s", r.id, r.total, have[i].Total.Shop)
		}
		units := map[int]int64{}
		for _, l := range have[i].Lines {
			k, ok := at[l.Line]
			if !ok {
				return fmt.Sprintf("refund %s is stored with a line that the order does not have", r.id)
			}
			units[k] += l.Quantity
		}
		if !maps.Equal(r.units, units) {
			return fmt.Sprintf("refund %s: units %v by line, stored %v", r.id, r.units, units)
		}
	}
	return ""
}

// same is Equal where no money at all is stored as no amount in no currency.
func same(sold, have channel.Money) bool {
	return sold.Equal(have) || sold.Currency() != "" && sold.IsZero() && have == channel.Money{}
}

// compareParcels holds the parcels on a marketplace to what the warehouse owes:
// every unit not cancelled is in exactly one of them, and there are no more
// parcels than the warehouse packs: two for an order whose buyer asked for two.
// Each went with the carrier and bears the tracking number that the warehouse gave its part of the order,
// but for the first of the order that is fixed.
func (o *outcome) compareParcels(id channel.ID, sold []soldOrder, split map[string]bool, fixed string) {
	for _, s := range sold {
		var ours []int
		for i, l := range s.lines {
			if l.ships {
				ours = append(ours, i)
			}
		}
		two := split[s.number] && len(ours) >= 2
		packed := map[int]int64{}
		numbers := map[string]bool{}
		for _, p := range s.parcels {
			o.shipments++
			if !(p.number == corrected && s.id == fixed) && !numbered(p, channelsync.OrderRef{Channel: id, ID: channel.OrderID(s.id)}, ours, two) {
				o.differing++
				o.note("%s order %s: a parcel has the tracking number %q, which the warehouse did not give it", id, s.id, p.number)
			}
			if by := carrierOf(channelsync.OrderRef{Channel: id, ID: channel.OrderID(s.id)}); !strings.EqualFold(p.carrier, by) {
				o.differing++
				o.note("%s order %s: parcel %s went with %q, the warehouse gave it to %s", id, s.id, p.number, p.carrier, by)
			}
			if numbers[p.number] {
				o.duplicated++
				o.note("%s order %s: parcel %s is recorded twice", id, s.id, p.number)
			}
			numbers[p.number] = true
			for i, n := range p.lines {
				packed[i] += n
			}
		}
		var due [2]bool
		for k, i := range ours {
			l := s.lines[i]
			if owed := l.quantity - l.cancelled - packed[i]; owed > 0 {
				o.unshipped += int(owed)
				o.note("%s order %s: line %d still owes %d", id, s.id, i, owed)
			} else if owed < 0 {
				o.duplicated++
				o.note("%s order %s: line %d is shipped %d times too often", id, s.id, i, -owed)
			}
			if l.shipped > 0 {
				if two {
					due[part(k, len(ours))] = true
				} else {
					due[0] = true
				}
			}
		}
		demanded := 0
		for _, d := range due {
			if d {
				demanded++
			}
		}
		if len(s.parcels) > demanded {
			o.duplicated += len(s.parcels) - demanded
			o.note("%s order %s: %d parcels, %d are demanded", id, s.id, len(s.parcels), demanded)
		} else if len(s.parcels) < demanded {
			o.unshipped++
			o.note("%s order %s: %d parcels, %d are demanded", id, s.id, len(s.parcels), demanded)
		}
	}
}

// numbered reports whether a parcel has a number that the warehouse gives the
// part of the order that it holds.
func numbered(p parcel, ref channelsync.OrderRef, ours []int, two bool) bool {
	for i := range p.lines {
		k := 0
		if two {
			k = part(slices.Index(ours, i), len(ours))
		}
		if begin := trackingOf(ref, k); !strings.HasPrefix(p.number, begin) || len(p.number) != len(begin)+2 {
			return false
		}
	}
	return len(p.lines) > 0
}
