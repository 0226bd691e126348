package plan

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Rules says what Replay makes of a file, for the program's help.
const Rules = `The file has the columns invoice, stock_code, description, quantity,
invoice_date, unit_price, customer_id, country, as CSV or gzipped CSV.

An invoice number of digits is an order, one that begins with C a cancellation,
one that begins with A a book-keeping adjustment. What the data lacks is
derived:

  channel        orders go round the channels by the last digit of their number;
                 one with a service goes to the channel after Amazon, which sells
                 goods alone, and one with a price of more than two decimals to
                 the channel whose money has them
  address        a made-up street in the invoice's country; none where the
                 label names no country
  opening stock  twice the units of a SKU that the file ever sells or writes off
                 and ten more: units that a shop has sold and whose order is not
                 read yet count twice for a while, and no order is to be refused
  times          orders follow each other in the file's order, as fast as the
                 marketplaces take them; an order happens when its last line does
  refunds        a cancellation's line goes back to the latest earlier order line
                 of the same customer and SKU with quantity left, then to the one
                 before; a refund above the line's price is placed at that price,
                 and so is one below it on the fakes of BigCommerce and Amazon,
                 which give units back at their line's price and at no other
  parcels        every third order of two lines or more to be shipped asks, in the
                 buyer's note, to be sent in two
  service codes  POST, DOT, C2, M, m, D, S, B, BANK CHARGES, AMAZONFEE, CRUK and
                 gift vouchers carry no stock

Counted apart, with their amounts: orders of one negative line at price 0 (stock
written off), parts of cancellations that match no order line (both become the
seller's stock adjustments), the difference of refunds not placed at their own
price, and book-keeping adjustments. What the marketplaces hold in the end and
what was counted apart must be the file, in invoices, lines, units and money: the
run fails where it is not, and where an order was refused.
`

// ReplayConfig tells Replay what the channels are like.
type ReplayConfig struct {
	Channels  int           // at least 1
	FineMoney int           // index of the channel whose money has three decimals and more
	GoodsOnly []int         // indexes of the channels that sell no services
	FullPrice []int         // indexes of the channels that give a unit back at its line's price and at no other
	Every     time.Duration // from one order to the next
}

// ErrColumns is returned for a file whose header is not the expected one.
var ErrColumns = errors.New("columns must be invoice, stock_code, description, quantity, invoice_date, unit_price, customer_id, country")

// ErrNoOrders is returned for a file without a single order.
var ErrNoOrders = errors.New("no invoice in it is an order: their numbers begin with a digit")

// mostUnits is how many units a line may have: the largest of a real year has
// 80,995.
const mostUnits = 10_000_000

const currency = channel.Currency("GBP")

// Open reads a file of orders, plain or gzipped, and plans its replay.
func Open(path string, cfg ReplayConfig) (*Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	buf := bufio.NewReaderSize(f, 1<<16)
	var r io.Reader = buf
	if magic, _ := buf.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		defer func() { _ = z.Close() }()
		r = z
	}
	p, err := Replay(r, cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Replay plans the replay of a CSV of invoice lines.
func Replay(r io.Reader, cfg ReplayConfig) (*Plan, error) {
	file := &File{}
	invoices, err := readInvoices(r, file)
	if err != nil {
		return nil, err
	}
	b := builder{
		cfg: cfg, plan: &Plan{Currency: currency, File: file}, goods: map[string]int{}, sold: map[saleKey][]*sale{},
	}
	for _, inv := range invoices {
		if err := b.add(inv); err != nil {
			return nil, fmt.Errorf("invoice %s: %w", inv.number, err)
		}
	}
	b.plan.everyThird()
	return b.plan, nil
}

type invoice struct {
	number, customer, country string
	lines                     []Line
}

// readInvoices gathers lines by invoice, in the order in which invoices begin:
// an invoice need not be in one piece. It adds up in sum all that it reads.
func readInvoices(r io.Reader, sum *File) ([]*invoice, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = 8
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrColumns, err)
	}
	if strings.Join(head, ",") != "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country" {
		return nil, ErrColumns
	}
	var list []*invoice
	byNumber := map[string]*invoice{}
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			if sum.Orders.Invoices == 0 {
				return nil, ErrNoOrders
			}
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		q, err := strconv.ParseInt(rec[3], 10, 64)
		if err != nil || q == 0 {
			return nil, fmt.Errorf("line %d: quantity %q is not a whole number other than 0", line, rec[3])
		}
		if q < -mostUnits || q > mostUnits {
			return nil, fmt.Errorf("line %d: quantity %d is beyond %d either way: nobody has so many", line, q, mostUnits)
		}
		price, err := channel.ParseMoney(rec[5], currency)
		if err != nil {
			return nil, fmt.Errorf("line %d: unit_price: %w", line, err)
		}
		if rec[0] == "" {
			return nil, fmt.Errorf("line %d: no invoice number", line)
		}
		of := sum.of(rec[0])
		of.Lines++
		of.Units += q
		if err := addTo(&of.Amount, price, q); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		inv := byNumber[rec[0]]
		if inv == nil {
			of.Invoices++
			inv = &invoice{number: strings.Clone(rec[0]), customer: strings.Clone(rec[6]), country: strings.Clone(rec[7])}
			byNumber[inv.number] = inv
			list = append(list, inv)
		}
		inv.lines = append(inv.lines, Line{
			SKU: strings.Clone(rec[1]), Title: title(rec[2], rec[1]), Quantity: q,
			Price: strings.Clone(rec[5]), Service: service(rec[1]),
		})
	}
}

// of returns the tally an invoice belongs to.
func (f *File) of(number string) *Tally {
	switch number[0] {
	case 'A':
		return &f.Adjustments
	case 'C':
		return &f.Cancellations
	}
	return &f.Orders
}

func title(description, sku string) string {
	if t := strings.TrimSpace(description); t != "" {
		return strings.Clone(t)
	}
	return strings.Clone(sku)
}

// service reports whether a stock code is money or work, not goods. The codes
// are those of the published data set that are not five digits and letters,
// less PADS and the DCGS family, which are goods.
func service(code string) bool {
	switch code {
	case "POST", "DOT", "C2", "M", "m", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK":
		return true
	}
	return strings.HasPrefix(code, "gift_")
}

type saleKey struct{ customer, sku string }

// sale is an order line that may still be refunded.
type sale struct {
	order *Order
	line  int
	left  int64
	price channel.Money
}

type builder struct {
	cfg   ReplayConfig
	plan  *Plan
	goods map[string]int
	sold  map[saleKey][]*sale
	at    time.Duration
}

func (b *builder) add(inv *invoice) error {
	switch kind := inv.number[0]; {
	case kind == 'A':
		return b.adjustment(inv)
	case kind == 'C':
		return b.cancellation(inv)
	case len(inv.lines) == 1 && inv.lines[0].Quantity < 0:
		return b.writeOff(inv)
	}
	return b.order(inv)
}

// fine reports whether an amount has more digits than every channel's money.
func fine(amount string) bool {
	_, frac, _ := strings.Cut(amount, ".")
	return len(frac) > currency.MinorDigits()
}

// listed is the price a listing shows for goods sold at the price given: one
// that every channel's money has.
func listed(price string) string {
	if fine(price) {
		return "0.01"
	}
	return price
}

// spare is how many units of a SKU there are beside those that the file needs.
const spare = 10

// stock makes sure that there is a good and returns it.
func (b *builder) stock(l Line) *Good {
	i, ok := b.goods[l.SKU]
	if !ok {
		i = len(b.plan.Goods)
		b.goods[l.SKU] = i
		b.plan.Goods = append(b.plan.Goods, Good{SKU: l.SKU, Title: l.Title, Price: listed(l.Price), Opening: spare})
	}
	return &b.plan.Goods[i]
}

func (b *builder) step(s Step) {
	s.At = b.at
	b.plan.Steps = append(b.plan.Steps, s)
}

func (b *builder) order(inv *invoice) error {
	a := &b.plan.Apart
	o := &Order{Number: inv.number, Customer: inv.customer, Country: Country(inv.country), Lines: inv.lines}
	o.Channel = int(inv.number[len(inv.number)-1]-'0') % b.cfg.Channels
	service := func(l Line) bool { return l.Service }
	for slices.Contains(b.cfg.GoodsOnly, o.Channel) && slices.ContainsFunc(inv.lines, service) {
		o.Channel = (o.Channel + 1) % b.cfg.Channels
	}
	for i, l := range inv.lines {
		if l.Quantity < 0 {
			return fmt.Errorf("stock code %s: quantity %d in an order of several lines", l.SKU, l.Quantity)
		}
		price, err := channel.ParseMoney(l.Price, currency)
		if err != nil {
			return err
		}
		if price.Sign() < 0 {
			return fmt.Errorf("stock code %s: price %s is negative", l.SKU, l.Price)
		}
		if fine(l.Price) {
			o.Channel = b.cfg.FineMoney
		}
		if err := addTo(&a.Placed, price, l.Quantity); err != nil {
			return err
		}
		a.Lines++
		a.PlacedUnits += l.Quantity
		if !l.Service {
			b.stock(l).Opening += 2 * l.Quantity
		}
		if inv.customer != "" {
			key := saleKey{inv.customer, l.SKU}
			b.sold[key] = append(b.sold[key], &sale{order: o, line: i, left: l.Quantity, price: price})
		}
	}
	a.Orders++
	b.at += b.cfg.Every
	b.step(Step{Order: o})
	return nil
}

func (b *builder) writeOff(inv *invoice) error {
	l := inv.lines[0]
	if price, err := channel.ParseMoney(l.Price, currency); err != nil || !price.IsZero() {
		return fmt.Errorf("stock code %s: a write-off at price %s", l.SKU, l.Price)
	}
	a := &b.plan.Apart
	a.WriteOffs++
	a.WriteOffLines++
	a.WriteOffUnits -= l.Quantity
	if !l.Service {
		b.stock(l).Opening -= 2 * l.Quantity
	}
	b.step(Step{Adjust: &Adjust{Number: inv.number, SKU: l.SKU, Delta: l.Quantity, Service: l.Service}})
	return nil
}

func (b *builder) adjustment(inv *invoice) error {
	a := &b.plan.Apart
	a.Adjustments++
	for _, l := range inv.lines {
		a.AdjustmentLines++
		a.AdjustmentUnits += l.Quantity
		price, err := channel.ParseMoney(l.Price, currency)
		if err != nil {
			return err
		}
		if err := addTo(&a.AdjustmentAmount, price, l.Quantity); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) cancellation(inv *invoice) error {
	a := &b.plan.Apart
	a.Cancellations++
	matched := false
	for _, l := range inv.lines {
		a.CancelLines++
		price, err := channel.ParseMoney(l.Price, currency)
		if err != nil {
			return err
		}
		left := -l.Quantity
		if left < 0 || price.Sign() < 0 {
			return fmt.Errorf("stock code %s: quantity %d at %s in a cancellation", l.SKU, l.Quantity, l.Price)
		}
		if inv.customer != "" {
			n, err := b.refund(inv, l, price, left)
			if err != nil {
				return err
			}
			matched = matched || n > 0
			left -= n
		}
		if left == 0 {
			continue
		}
		if left == -l.Quantity {
			a.UnmatchedLinesEntirely++
		}
		a.UnmatchedUnits += left
		if err := addTo(&a.UnmatchedAmount, price, left); err != nil {
			return err
		}
		if !l.Service {
			b.stock(l)
		}
		b.step(Step{Adjust: &Adjust{Number: inv.number, SKU: l.SKU, Delta: left, Service: l.Service}})
	}
	if !matched {
		a.Unmatched++
	}
	return nil
}

// refund gives units back to the customer's latest lines of the SKU that have
// some left, and returns how many found a line.
func (b *builder) refund(inv *invoice, l Line, price channel.Money, units int64) (int64, error) {
	a := &b.plan.Apart
	sales := b.sold[saleKey{inv.customer, l.SKU}]
	var done int64
	for i := len(sales) - 1; i >= 0 && done < units; i-- {
		s := sales[i]
		n := min(s.left, units-done)
		if n == 0 {
			continue
		}
		s.left -= n
		done += n
		diff, err := price.Sub(s.price)
		if err != nil {
			return 0, err
		}
		at := price
		switch {
		case diff.Sign() > 0:
			at, err = s.price, addTo(&a.AbovePrice, diff, n)
		case diff.Sign() < 0 && (slices.Contains(b.cfg.FullPrice, s.order.Channel) || fine(l.Price) && s.order.Channel != b.cfg.FineMoney):
			at, err = s.price, addTo(&a.BelowPrice, diff.Neg(), n)
		}
		if err != nil {
			return 0, err
		}
		if err := addTo(&a.Refunded, at, n); err != nil {
			return 0, err
		}
		a.RefundedUnits += n
		b.step(Step{Refund: &Refund{Number: inv.number, Order: s.order.Number, Line: s.line, Quantity: n, Price: at.Amount()}})
	}
	return done, nil
}

// addTo adds price × n to sum.
func addTo(sum *channel.Money, price channel.Money, n int64) error {
	amount, err := price.MulInt(n)
	if err != nil {
		return err
	}
	*sum, err = sum.Add(amount)
	return err
}
