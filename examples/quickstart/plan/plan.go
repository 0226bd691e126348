// Package plan is what happens in a run of the main job: which orders buyers
// place where and when, which are refunded, and what the seller counts. It
// knows no marketplace and no engine, so that what a run must end in can be
// computed without either.
package plan

import (
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Plan is a seller's goods and everything that happens to them.
type Plan struct {
	Currency channel.Currency
	Goods    []Good
	Steps    []Step // by At, then in order
	Apart    Apart
	File     *File    // nil when nothing was replayed
	Delivery []string // SKUs of which more arrives on the way, all at once
}

// Good is something the seller stocks, listed on every channel.
type Good struct {
	SKU     string
	Title   string
	Price   string // decimal; listings show it, order lines carry their own
	Opening int64  // units on hand at the start
}

// Step is one thing that happens. Exactly one of its pointers is set.
type Step struct {
	At     time.Duration // after the start of the run
	Order  *Order
	Refund *Refund
	Adjust *Adjust
}

// Order is an order a buyer places.
type Order struct {
	Number   string // the plan's own; the channel gives another
	Channel  int    // index of the channel it is placed on
	Customer string
	Country  string // ISO 3166-1 alpha-2, "" when unknown
	Lines    []Line
	TaxRate  string // on top of the prices, such as 0.2; "" is none
	Tries    bool   // expected to be refused once the good is sold out: the buyer goes away
	Split    bool   // the buyer asks for two parcels
}

// Line is a line of an order.
type Line struct {
	SKU      string
	Title    string
	Quantity int64
	Price    string // one unit
	Tax      string // one unit, as Order.TaxRate has it; "" is none
	Discount string // whole line; "" is none
	Service  bool   // postage, a fee: carries no stock
}

// Refund gives back units of a line placed earlier.
type Refund struct {
	Number   string // of the cancellation
	Order    string // Order.Number
	Line     int    // index into Order.Lines
	Quantity int64
	Price    string // one unit; never above the line's
}

// Adjust changes the seller's stock without an order.
type Adjust struct {
	Number  string
	SKU     string
	Delta   int64
	Service bool // carries no stock; only its amount counts
}

// Apart is what no marketplace can hold, counted and valued.
type Apart struct {
	Orders        int // orders placed
	WriteOffs     int // invoices that only write stock off
	Cancellations int // invoices that give back
	Unmatched     int // of those: no line found an order line
	Adjustments   int // book-keeping invoices, set aside

	Placed, Refunded       channel.Money // what goes to the marketplaces
	UnmatchedAmount        channel.Money // of cancellations' parts without an order line
	AbovePrice             channel.Money // refunds beyond the price of the line
	BelowPrice             channel.Money // what was refunded in excess where units go back at their line's price only
	AdjustmentAmount       channel.Money
	PlacedUnits            int64
	RefundedUnits          int64
	UnmatchedUnits         int64
	WriteOffUnits          int64
	Lines, CancelLines     int
	AdjustmentLines        int
	AdjustmentUnits        int64
	WriteOffLines          int
	UnmatchedLinesEntirely int
}

// GivenBack returns what cancellations come to, when refunded is what was
// placed of them: all of it that is counted apart is added.
func (a Apart) GivenBack(refunded channel.Money) (channel.Money, error) {
	return channel.SumMoney(refunded, a.UnmatchedAmount, a.AbovePrice, a.BelowPrice.Neg())
}

// File is what a file of orders says, added up as it was read and before
// anything was made of it.
type File struct {
	Orders, Cancellations, Adjustments Tally // by the invoice's letter; write-offs are orders
}

// Tally sums invoices.
type Tally struct {
	Invoices, Lines int
	Units           int64         // cancelled ones are negative
	Amount          channel.Money // as are their amounts
}

// Net returns the sum of all lines of the file.
func (f *File) Net() (units int64, amount channel.Money, err error) {
	amount, err = channel.SumMoney(f.Orders.Amount, f.Cancellations.Amount, f.Adjustments.Amount)
	return f.Orders.Units + f.Cancellations.Units + f.Adjustments.Units, amount, err
}

// everyThird marks each third order of two lines or more to be shipped, in the
// order in which they are placed: its buyer asks for two parcels.
func (p *Plan) everyThird() {
	n := 0
	for _, s := range p.Steps {
		if s.Order == nil {
			continue
		}
		goods := 0
		for _, l := range s.Order.Lines {
			if !l.Service {
				goods++
			}
		}
		if goods >= 2 {
			n++
			s.Order.Split = n%3 == 0
		}
	}
}
