package channeltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/channel"
)

func orderCases() []Case {
	return []Case{
		{
			Name: "line tells what was sold",
			Why:  "demand is matched by SKU and listing, and only lines the seller fulfils are reserved",
			run: func(e *env) {
				id := e.listing("Mug 01/Ü", 10)
				o := e.read(e.place(id, 3))
				if len(o.Lines) != 1 {
					e.Fatalf("%d lines, want 1", len(o.Lines))
				}
				l := o.Lines[0]
				if l.ID == "" || l.SKU != "Mug 01/Ü" || l.Listing != id || l.Ordered != 3 || l.Open() != 3 ||
					l.FulfilledBy.Value != channel.BySeller || l.Price.Shop.Sign() <= 0 {
					e.Errorf("line %+v", l)
				}
				if o.PlacedAt.IsZero() || o.UpdatedAt.IsZero() || o.Number == "" || o.Status.Value != channel.OrderOpen {
					e.Errorf("placed %s, updated %s, number %q, status %v", o.PlacedAt, o.UpdatedAt, o.Number, o.Status)
				}
			},
		},
		{
			Name: "order with many lines",
			Why:  "marketplaces cut nested lists, some in silence, and a line that is cut off is never shipped",
			run: func(e *env) {
				const n = 130
				var p Purchase
				for i := range n {
					p.Lines = append(p.Lines, PurchaseLine{e.listing(fmt.Sprintf("SKU-%03d", i), 1), 1})
				}
				seen := map[string]bool{}
				ids := map[channel.LineID]bool{}
				for _, l := range e.read(e.buy(p)).Lines {
					seen[l.SKU], ids[l.ID] = true, true
				}
				if len(seen) != n || len(ids) != n {
					e.Errorf("%d SKUs and %d line ids, want %d", len(seen), len(ids), n)
				}
			},
		},
		{
			Name: "cancellation arrives",
			Why:  "what is cancelled must not be shipped, and its units go back on sale",
			run: func(e *env) {
				id := e.place(e.mug(10), 2)
				before := e.read(id)
				e.wait(time.Hour)
				e.must(e.w.Cancel(id))
				o := e.read(id)
				if o.Status.Value != channel.OrderCancelled || o.Lines[0].Open() != 0 || o.Lines[0].Cancelled != 2 {
					e.Errorf("status %v, line %+v", o.Status, o.Lines[0])
				}
				if !o.UpdatedAt.After(before.UpdatedAt) {
					e.Errorf("updated at %s, before the cancellation at %s", o.UpdatedAt, before.UpdatedAt)
				}
			},
		},
		{
			Name: "partial refund arrives",
			Why:  "a unit refunded before it was shipped is no longer owed",
			run: func(e *env) {
				id := e.place(e.mug(10), 3)
				line := e.read(id).Lines[0].ID
				e.must(e.w.Refund(id, line, 1))
				o := e.read(id)
				l := o.Lines[0]
				if l.Ordered != 3 || l.Cancelled+l.Refunded != 1 || l.Open() != 2 {
					e.Errorf("one of three refunded: %+v", l)
				}
				if o.Has(channel.PartRefunds) && (len(o.Refunds) != 1 || o.Refunds[0].Total.Shop.Sign() <= 0) {
					e.Errorf("refunds %+v", o.Refunds)
				}
			},
		},
		{
			Name: "shipment made elsewhere arrives",
			Why:  "a seller who ships on the marketplace's own pages must not be asked to ship again",
			run: func(e *env) {
				id := e.place(e.mug(10), 3)
				line := e.read(id).Lines[0].ID
				e.must(e.w.ShipOutside(id, line, 2, "1Z999AA10123456784"))
				o := e.read(id)
				if o.Lines[0].Shipped != 2 || o.Lines[0].Open() != 1 {
					e.Errorf("two of three shipped: %+v", o.Lines[0])
				}
				if o.Fulfilment.Value != channel.FulfilmentPartial {
					e.Errorf("fulfilment %v", o.Fulfilment)
				}
				if o.Has(channel.PartShipments) && len(o.Shipments) != 1 {
					e.Errorf("shipments %+v", o.Shipments)
				}
			},
		},
		{
			Name: "totals add up",
			Why:  "amounts are exact: what lines, charges and tax leave of the total is shown, and a plain order leaves nothing",
			run: func(e *env) {
				id := e.buy(Purchase{Lines: []PurchaseLine{{e.mug(10), 3}, {e.listing("PEN", 5), 1}}, Shipping: true})
				o := e.read(id)
				e.addsUp(o)
				if len(o.Charges) == 0 {
					e.Error("the charge for shipping is missing")
				}
			},
		},
		{
			Name: "two currencies",
			Why:  "a buyer may pay in another currency than the shop books: both are kept, and never mixed",
			run: func(e *env) {
				id := e.buy(Purchase{Lines: []PurchaseLine{{e.mug(10), 2}}, Shipping: true, BuyerCurrency: "JPY"})
				o := e.read(id)
				if o.BuyerCurrency != "JPY" || o.Currency == "JPY" || o.Totals.Total.Buyer.Currency() != "JPY" ||
					o.Totals.Total.Shop.Currency() != o.Currency {
					e.Errorf("shop %s, buyer %s, total %v", o.Currency, o.BuyerCurrency, o.Totals.Total)
				}
				e.addsUp(o)
			},
		},
		{
			Name: "recipient is there",
			Why:  "an order without an address cannot be packed",
			run: func(e *env) {
				o := e.read(e.buy(Purchase{Lines: []PurchaseLine{{e.mug(10), 1}}, Buyer: "Ann Example"}))
				if o.Recipient.Name == "" || len(o.Recipient.Lines) == 0 || o.Recipient.Country == "" || o.Recipient.Missing != channel.MissingNothing {
					e.Errorf("name %t, %d street lines, country %q, missing %q",
						o.Recipient.Name != "", len(o.Recipient.Lines), o.Recipient.Country, o.Recipient.Missing)
				}
			},
		},
		{
			Name: "missing people have a reason",
			Why:  "a seller who sees no address must learn whether to wait, to ask for access, or to give up",
			run: func(e *env) {
				e.must(e.w.WithholdPeople())
				o := e.read(e.place(e.mug(10), 1))
				if o.Recipient.Name != "" || o.Recipient.Missing == channel.MissingNothing {
					e.Errorf("the recipient is withheld, and missing is %q", o.Recipient.Missing)
				}
			},
		},
		{
			Name: "unknown status keeps its word",
			Why:  "marketplaces add words: an order with a new one is imported, and a person can read it",
			run: func(e *env) {
				id := e.place(e.mug(10), 1)
				e.must(e.w.SetStatus(id, "QUANTUM_LEAP"))
				o := e.read(id)
				words := []string{o.Status.Raw, o.Payment.Raw, o.Fulfilment.Raw}
				if !slices.Contains(words, "QUANTUM_LEAP") {
					e.Errorf("words %q", words)
				}
				for i, v := range []string{string(o.Status.Value), string(o.Payment.Value), string(o.Fulfilment.Value)} {
					if words[i] == "QUANTUM_LEAP" && v != "" {
						e.Errorf("an unknown word was taken for %q", v)
					}
				}
			},
		},
		{
			Name: "parts tell what a read included",
			Why:  "a narrower read must not wipe out what a wider one told",
			run: func(e *env) {
				e.some(2)
				e.visible()
				union := map[channel.OrderID]channel.Parts{}
				for _, p := range e.pages(e.ch, channel.OrderQuery{}) {
					for _, o := range p.Items {
						union[o.ID] |= o.Parts
						if o.Parts == 0 || (!o.Has(channel.PartHead) && o.Number != "") || (!o.Has(channel.PartLines) && len(o.Lines) > 0) ||
							(!o.Has(channel.PartRecipient) && o.Recipient.Name != "") {
							e.Errorf("order %s: parts %b, %d lines", o.ID, o.Parts, len(o.Lines))
						}
					}
				}
				const least = channel.PartHead | channel.PartLines | channel.PartTotals | channel.PartRecipient
				for id, parts := range union {
					if parts&least != least {
						e.Errorf("order %s: a whole walk brought only parts %b", id, parts)
					}
				}
			},
		},
		{
			Name: "payload decodes to the same order", Needs: []string{CapOrderDecoder},
			Why: "orders are rebuilt from stored payloads, and parked ones replayed: the result must be what the page said",
			run: func(e *env) {
				e.buy(Purchase{Lines: []PurchaseLine{{e.mug(10), 2}}, Shipping: true})
				e.visible()
				decoder, _ := channel.As[channel.OrderDecoder](e.ch)
				for _, p := range e.pages(e.ch, channel.OrderQuery{}) {
					for _, o := range p.Items {
						again, err := decoder.DecodeOrder(o.Raw)
						e.no("DecodeOrder", err)
						if diff := cmp.Diff(o, again, cmpopts.EquateEmpty()); diff != "" {
							e.Errorf("order %s (-page +decoded):\n%s", o.ID, diff)
						}
					}
				}
			},
		},
		{
			Name: "orders by id leave out what is gone", Needs: []string{CapOrderReader},
			Why: "open orders unseen for long are read by id in any number: one that is gone must not fail the others",
			run: func(e *env) {
				ids := e.some(60)
				e.visible()
				e.must(e.w.Remove(ids[7]))
				reader, _ := channel.As[channel.OrderReader](e.ch)
				page, err := reader.OrdersByID(e.Context(), ids)
				e.no("OrdersByID", err)
				got := merge([]channel.Page[channel.Order]{page})
				if _, found := got[ids[7]]; found {
					e.Error("a removed order was read")
				}
				if err := missing(slices.Delete(slices.Clone(ids), 7, 8), got); err != nil {
					e.Error(err)
				}
				for _, o := range got {
					if !o.Has(channel.PartLines) || len(o.Lines) != 1 {
						e.Errorf("order %s came without its line", o.ID)
					}
				}
			},
		},
	}
}

// addsUp checks an order's sums in every column.
func (e *env) addsUp(o channel.Order) {
	e.Helper()
	var lines, charges channel.Amount
	var err error
	for _, l := range o.Lines {
		if lines, err = lines.Add(l.Total); err != nil {
			e.Fatalf("lines: %v", err)
		}
	}
	for _, c := range o.Charges {
		if charges, err = charges.Add(c.Total); err != nil {
			e.Fatalf("charges: %v", err)
		}
	}
	again := o.Totals
	if err := again.Reconcile(o.TaxIncluded); err != nil {
		e.Fatalf("totals: %v", err)
	}
	for _, row := range []struct {
		what      string
		got, want channel.Amount
	}{
		{"lines", o.Totals.Lines, lines},
		{"charges", o.Totals.Charges, charges},
		{"residual", o.Totals.Residual, again.Residual},
	} {
		if !equalOrNone(row.got.Shop, row.want.Shop) || !equalOrNone(row.got.BuyerMoney(), row.want.BuyerMoney()) {
			e.Errorf("%s: %v, and they sum to %v", row.what, row.got, row.want)
		}
	}
	if !again.Residual.Shop.IsZero() || !again.Residual.Buyer.IsZero() {
		e.Errorf("left over: %v of %+v", again.Residual, o.Totals)
	}
	if o.Totals.Total.Shop.Sign() <= 0 {
		e.Errorf("total %v", o.Totals.Total)
	}
}

// equalOrNone takes no money for zero.
func equalOrNone(a, b channel.Money) bool { return a.Equal(b) || (a.IsZero() && b.IsZero()) }
