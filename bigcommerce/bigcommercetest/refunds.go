package bigcommercetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

var (
	refundReaders      = []string{ScopeTransactionsRead, ScopeOrdersRead}
	transactionReaders = []string{ScopeTransactionsRead}
)

var refundRoutes = []route{
	{method: "GET", path: "/v3/orders/payment_actions/refunds", scopes: refundReaders, query: []string{
		"order_id:in", "id:in", "created:min", "created:max", "transaction_id", "page", "limit",
	}, handle: (*Fake).listRefunds},
	{method: "GET", path: "/v3/orders/payment_actions/refunds/{id}", scopes: refundReaders, handle: (*Fake).getRefund},
	{
		method: "GET", path: "/v3/orders/{id}/payment_actions/refunds", scopes: refundReaders, query: []string{"transaction_id"},
		handle: withOrder((*Fake).listOrderRefunds),
	},
	{method: "GET", path: "/v3/orders/{id}/transactions", scopes: transactionReaders, handle: withOrder((*Fake).listTransactions)},
}

// NewRefund describes a refund by the seller.
type NewRefund struct {
	Lines    map[int]int // units by line id
	Shipping string      // amount of shipping given back, with tax
	Amount   string      // amount on the whole order, tax exempt
	Reason   string
}

// Refund is a refund of an order.
type Refund struct {
	ID      int
	OrderID int
	Created time.Time
	Reason  string
	Total   string // with tax
	Tax     string
	Items   []RefundItem
}

// RefundItem is a part of a Refund.
type RefundItem struct {
	Type     string // PRODUCT, SHIPPING or ORDER
	ItemID   int    // line, address or order
	Quantity int    // of a PRODUCT
	Amount   string
}

type refund struct {
	id, order   int
	created     time.Time
	reason      string
	total, tax  amount
	items       []refundItem
	transaction string
}

type refundItem struct {
	typ          string
	id, quantity int
	amount       amount
}

func (r *refund) snapshot() Refund {
	out := Refund{ID: r.id, OrderID: r.order, Created: r.created, Reason: r.reason, Total: r.total.String(), Tax: r.tax.String()}
	for _, it := range r.items {
		out.Items = append(out.Items, RefundItem{it.typ, it.id, it.quantity, it.amount.String()})
	}
	return out
}

// Refund gives money back for lines, shipping or the order, and returns the
// refund's id. The status becomes Refunded when every unit is refunded and
// Partially Refunded before; an order on its way keeps its status. Units come
// back to stock unless Config.Stock.KeepOnRefund.
func (f *Fake) Refund(orderID int, n NewRefund) (id int, err error) {
	err = f.onOrder(orderID, func(o *order, now time.Time) error {
		var am amounts
		r := &refund{order: o.id, created: now.Truncate(time.Second), reason: n.Reason}
		for _, lineID := range slices.Sorted(maps.Keys(n.Lines)) {
			l, units := o.line(lineID), n.Lines[lineID]
			if l == nil {
				return fmt.Errorf("%w: line %d", ErrNotFound, lineID)
			}
			if units < 1 || units > l.qty-l.refunded {
				return fmt.Errorf("%w: %d of the %d units of line %d not yet refunded", ErrInvalid, units, l.qty-l.refunded, lineID)
			}
			part := (l.price+l.tax)*amount(units) - l.discounted()*amount(units)/amount(l.qty)
			r.items = append(r.items, refundItem{"PRODUCT", lineID, units, part})
			r.total += part
			r.tax += l.tax * amount(units)
		}
		if a := am.parse(n.Shipping); a > 0 && len(o.addresses) > 0 {
			r.items = append(r.items, refundItem{"SHIPPING", o.addresses[0].id, 0, a})
			r.total += a
		}
		if a := am.parse(n.Amount); a > 0 {
			r.items = append(r.items, refundItem{"ORDER", o.id, 0, a})
			r.total += a
		}
		if am.err != nil {
			return am.err
		}
		if len(r.items) == 0 {
			return fmt.Errorf("%w: a refund of nothing", ErrInvalid)
		}
		f.nextRefund++
		f.nextTransaction++
		r.id, r.transaction = f.nextRefund, strconv.Itoa(firstRefundTransaction+f.nextTransaction)
		id = r.id
		for _, it := range r.items {
			if it.typ != "PRODUCT" {
				continue
			}
			l := o.line(it.id)
			l.refunded += it.quantity
			if !f.cfg.Stock.KeepOnRefund {
				l.stockQty = max(l.stockQty-int64(it.quantity), 0)
			}
		}
		o.refunds = append(o.refunds, r)
		f.refunds = append(f.refunds, r)
		f.refunded(o, now)
		f.orderEvent(o, "refund/created", map[string]any{"refund": map[string]int{"refund_id": r.id}})
		f.transactionEvent(o, r.transaction)
		return nil
	})
	return id, err
}

// refunded moves stock, payment status and status on after a refund.
func (f *Fake) refunded(o *order, now time.Time) {
	whole := !o.has(func(l *line) bool { return l.refunded < l.qty })
	next := PartiallyRefunded
	o.in.PaymentStatus = "partially refunded"
	if whole {
		next, o.in.PaymentStatus = Refunded, "refunded"
	}
	f.applyStock(o, now)
	if o.status == next || !whole && (o.status == Shipped || o.status == PartiallyShipped || o.status == Completed) {
		f.orders.touch(o, now)
		f.orderEvent(o, "updated", nil)
		return
	}
	_ = f.setStatus(o, next, now) // an order of a refund is not incomplete, or need not be in stock
}

type refundJSON struct {
	ID             int                 `json:"id"`
	OrderID        int                 `json:"order_id"`
	UserID         int                 `json:"user_id"`
	Created        string              `json:"created"`
	Reason         string              `json:"reason"`
	TotalAmount    json.Number         `json:"total_amount"`
	TotalTax       json.Number         `json:"total_tax"`
	MerchantValues bool                `json:"uses_merchant_override_values"`
	Payments       []refundPaymentJSON `json:"payments"`
	Items          []refundItemJSON    `json:"items"`
}

type refundPaymentJSON struct {
	ID              int         `json:"id"`
	ProviderID      string      `json:"provider_id"`
	Amount          json.Number `json:"amount"`
	Offline         bool        `json:"offline"`
	IsDeclined      bool        `json:"is_declined"`
	DeclinedMessage string      `json:"declined_message"`
	TransactionID   string      `json:"transaction_id"`
}

type refundItemJSON struct {
	ItemType        string       `json:"item_type"`
	ItemID          int          `json:"item_id"`
	Reason          string       `json:"reason"`
	Quantity        *int         `json:"quantity,omitempty"`
	RequestedAmount *json.Number `json:"requested_amount,omitempty"`
}

// singleRefundJSON is a refund read by its id, where the contract has the
// requested amounts as strings, and null for quantities.
type singleRefundJSON struct {
	refundJSON
	Items []singleRefundItemJSON `json:"items"`
}

type singleRefundItemJSON struct {
	refundItemJSON
	RequestedAmount *string `json:"requested_amount"`
}

func (r *refund) single() singleRefundJSON {
	out := singleRefundJSON{refundJSON: r.json(), Items: []singleRefundItemJSON{}}
	for _, it := range out.refundJSON.Items {
		j := singleRefundItemJSON{refundItemJSON: it}
		if it.RequestedAmount != nil {
			s := it.RequestedAmount.String()
			j.RequestedAmount = &s
		}
		out.Items = append(out.Items, j)
	}
	return out
}

func (r *refund) json() refundJSON {
	out := refundJSON{
		ID: r.id, OrderID: r.order, Created: v3Date(r.created), Reason: r.reason, TotalAmount: r.total.number(), TotalTax: r.tax.number(),
		Payments: []refundPaymentJSON{{ID: r.id, ProviderID: "testgateway", Amount: r.total.number(), TransactionID: r.transaction}},
		Items:    []refundItemJSON{},
	}
	for _, it := range r.items {
		j := refundItemJSON{ItemType: it.typ, ItemID: it.id, Reason: r.reason}
		if it.typ == "PRODUCT" {
			q := it.quantity
			j.Quantity = &q
		} else {
			a := it.amount.number()
			j.RequestedAmount = &a
		}
		out.Items = append(out.Items, j)
	}
	return out
}

func (f *Fake) listRefunds(c *call) answer {
	p := params{c: c}
	orders, ids := set(p.ints("order_id:in")), set(p.ints("id:in"))
	from, to := p.date("created:min"), p.date("created:max")
	transaction := c.query.Get("transaction_id")
	pg, tooLarge := p.page(maxLimit)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	out := []refundJSON{}
	for _, r := range f.refunds {
		if p.has("order_id:in") && !orders[r.order] || p.has("id:in") && !ids[r.id] || r.created.Before(from) ||
			!to.IsZero() && r.created.After(to) || transaction != "" && r.transaction != transaction {
			continue
		}
		out = append(out, r.json())
	}
	if len(out) == 0 && !f.cfg.Believed.EmptyRefundsAre200 {
		return noContent()
	}
	return ok(paged(c, out, pg))
}

func (f *Fake) getRefund(c *call) answer {
	for _, r := range f.refunds {
		if r.id == c.vars[0] {
			return ok(map[string]any{"data": r.single(), "meta": map[string]any{}})
		}
	}
	return c.notFound()
}

func (f *Fake) listOrderRefunds(c *call, o *order) answer {
	out := []refundJSON{}
	for _, r := range o.refunds {
		if t := c.query.Get("transaction_id"); t == "" || t == r.transaction {
			out = append(out, r.json())
		}
	}
	if len(out) == 0 && !f.cfg.Believed.EmptyRefundsAre200 {
		return noContent()
	}
	return ok(map[string]any{"data": out, "meta": map[string]any{}})
}

// Transaction ids: an order's payment has its order's id behind
// firstTransaction, a refund's counts from firstRefundTransaction.
const (
	firstTransaction       = 1_000_000
	firstRefundTransaction = 9_000_000
)

type transactionJSON struct {
	ID                   int         `json:"id"`
	OrderID              string      `json:"order_id"`
	Event                string      `json:"event"`
	Method               string      `json:"method"`
	Amount               json.Number `json:"amount"`
	Currency             string      `json:"currency"`
	Gateway              string      `json:"gateway"`
	GatewayTransactionID string      `json:"gateway_transaction_id"`
	DateCreated          string      `json:"date_created"`
	Test                 bool        `json:"test"`
	Status               string      `json:"status"`
	FraudReview          bool        `json:"fraud_review"`
	Reference            *int        `json:"reference_transaction_id,omitempty"`
	Offline              *struct{}   `json:"offline"`
	Custom               *struct{}   `json:"custom"`
	PaymentMethodID      string      `json:"payment_method_id"`
	Instrument           *string     `json:"payment_instrument_token"`
}

// listTransactions prints what was paid and given back; all of it, since the
// contract has no paging here.
func (f *Fake) listTransactions(_ *call, o *order) answer {
	if o.status == Incomplete || o.in.PaymentMethod == "Manual" {
		return noContent()
	}
	id := firstTransaction + o.id
	pay := transactionJSON{
		ID: id, OrderID: strconv.Itoa(o.id), Event: "purchase", Method: "credit_card", Amount: o.paid().number(), Currency: o.in.Currency,
		Gateway: "testgateway", GatewayTransactionID: fmt.Sprintf("gw-%d", id), DateCreated: v3Date(o.created), Test: true, Status: "ok",
		PaymentMethodID: "testgateway.card",
	}
	if o.in.PaymentStatus == "authorized" {
		pay.Event = "authorization"
	}
	out := []transactionJSON{pay}
	for _, r := range o.refunds {
		back := pay
		back.ID, _ = strconv.Atoi(r.transaction)
		back.Event, back.Amount, back.DateCreated, back.Reference = "refund", r.total.number(), v3Date(r.created), &id
		back.GatewayTransactionID = "gw-" + r.transaction
		out = append(out, back)
	}
	return ok(map[string]any{"data": out, "meta": map[string]any{"pagination": pagination{
		Total: len(out), Count: len(out), PerPage: defaultLimit, CurrentPage: 1, TotalPages: 1, Links: pageLinks{Current: "?page=1&limit=50"},
	}}})
}

// paid is what the card was charged.
func (o *order) paid() amount {
	t := o.totals()
	return t.totalInc() - o.storeCredit - o.giftCertificate
}
