package channel

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

// Currency is an ISO 4217 code, upper case.
type Currency string

// notTwo holds the currencies of ISO 4217 whose minor unit is not two digits.
var notTwo = map[Currency]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
	"RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// MinorDigits returns the number of digits of the currency's minor unit: 2
// for most, 0 to 4 by ISO 4217. An unknown currency has 2.
func (c Currency) MinorDigits() int {
	if n, ok := notTwo[c]; ok {
		return n
	}
	return 2
}

// valid reports whether c has the form of an ISO 4217 code.
func (c Currency) valid() bool {
	if len(c) != 3 {
		return false
	}
	for i := range 3 {
		if c[i] < 'A' || c[i] > 'Z' {
			return false
		}
	}
	return true
}

// Money is an exact decimal with its currency. The scale is kept: 19.90 stays
// 19.90. The zero value is no money in no currency, the neutral element of
// Add. Money is comparable with ==, which tells 19.9 from 19.90; Cmp and Equal
// do not.
//
// It holds up to 19 digits in all; whatever needs more is ErrInvalid, never
// rounded.
type Money struct {
	amount   decimal.Decimal
	currency Currency
}

// maxDigits is the precision of govalues/decimal, which rounds beyond it
// without an error.
const maxDigits = 19

// ParseMoney returns the amount written in decimal, with an optional sign and
// point and no exponent, in the given currency.
func ParseMoney(amount string, c Currency) (Money, error) {
	if !c.valid() {
		return Money{}, fmt.Errorf("money: currency %q is not an ISO 4217 code: %w", string(c), ErrInvalid)
	}
	if err := checkAmount(amount); err != nil {
		return Money{}, err
	}
	d, err := decimal.Parse(amount)
	if err != nil {
		return Money{}, fmt.Errorf("money: amount %q: %w", amount, ErrInvalid)
	}
	return Money{d, c}, nil
}

// checkAmount admits [+-]digits[.digits] of at most maxDigits digits, leading
// zeros not counted.
func checkAmount(s string) error {
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	digits, seen, point := 0, false, -1
	for i := range len(rest) {
		switch ch := rest[i]; {
		case ch >= '0' && ch <= '9':
			seen = true
			if ch != '0' || digits > 0 || point >= 0 {
				digits++
			}
		case ch == '.' && point < 0:
			point = i
		default:
			return fmt.Errorf("money: amount %q is not a decimal number: %w", clip(s), ErrInvalid)
		}
	}
	if !seen || point == len(rest)-1 || point == 0 {
		return fmt.Errorf("money: amount %q is not a decimal number: %w", clip(s), ErrInvalid)
	}
	if digits > maxDigits {
		return fmt.Errorf("money: amount %q has more than %d digits: %w", clip(s), maxDigits, ErrInvalid)
	}
	return nil
}

// clip keeps a stranger's text short in an error.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// MinorMoney returns units of the currency's minor unit as Money: 1990 EUR is
// 19.90.
func MinorMoney(units int64, c Currency) (Money, error) {
	if !c.valid() {
		return Money{}, fmt.Errorf("money: currency %q is not an ISO 4217 code: %w", string(c), ErrInvalid)
	}
	d, err := decimal.New(units, c.MinorDigits())
	if err != nil {
		return Money{}, fmt.Errorf("money: %d minor units: %w", units, ErrInvalid)
	}
	return Money{d, c}, nil
}

// Zero returns no money in currency c, at the scale of its minor unit.
func Zero(c Currency) Money {
	return Money{decimal.MustNew(0, c.MinorDigits()), c}
}

// Currency returns the currency, "" for the zero value.
func (m Money) Currency() Currency { return m.currency }

// Amount returns the amount in decimal, at its scale.
func (m Money) Amount() string { return m.amount.String() }

// String returns amount and currency: "19.90 EUR".
func (m Money) String() string {
	if m.currency == "" {
		return m.amount.String()
	}
	return m.amount.String() + " " + string(m.currency)
}

// IsZero reports whether the amount is zero, in whatever currency. A Money
// field must not be tagged omitzero: encoding/json asks this method, and zero
// euros would come back as no money.
func (m Money) IsZero() bool { return m.amount.IsZero() }

// Sign returns -1, 0 or 1.
func (m Money) Sign() int { return m.amount.Sign() }

// Neg returns -m.
func (m Money) Neg() Money { return Money{m.amount.Neg(), m.currency} }

// same returns the currency both share. The zero value shares every one.
func (m Money) same(o Money) (Currency, error) {
	switch {
	case m.currency == o.currency, o == Money{}:
		return m.currency, nil
	case m == Money{}:
		return o.currency, nil
	}
	return "", fmt.Errorf("money: %s and %s do not mix: %w", m.currency, o.currency, ErrInvalid)
}

// Add returns m + o, exactly. Mixing currencies is ErrInvalid.
func (m Money) Add(o Money) (Money, error) {
	c, err := m.same(o)
	if err != nil {
		return Money{}, err
	}
	d, err := m.amount.AddExact(o.amount, max(m.amount.Scale(), o.amount.Scale()))
	if err != nil {
		return Money{}, fmt.Errorf("money: %s + %s is too large: %w", m, o, ErrInvalid)
	}
	return Money{d, c}, nil
}

// Sub returns m - o, exactly. Mixing currencies is ErrInvalid.
func (m Money) Sub(o Money) (Money, error) {
	if (o == Money{}) {
		return m, nil
	}
	return m.Add(o.Neg())
}

// MulInt returns m × n, exactly.
func (m Money) MulInt(n int64) (Money, error) {
	f, err := decimal.New(n, 0)
	if err == nil {
		f, err = m.amount.MulExact(f, m.amount.Scale())
	}
	if err != nil {
		return Money{}, fmt.Errorf("money: %s × %d is too large: %w", m, n, ErrInvalid)
	}
	return Money{f, m.currency}, nil
}

// Cmp returns -1, 0 or 1 as m is less than, equal to or greater than o.
// Mixing currencies is ErrInvalid.
func (m Money) Cmp(o Money) (int, error) {
	if _, err := m.same(o); err != nil {
		return 0, err
	}
	return m.amount.Cmp(o.amount), nil
}

// Equal reports whether both are the same amount of the same currency,
// whatever their scale.
func (m Money) Equal(o Money) bool {
	return m.currency == o.currency && m.amount.Cmp(o.amount) == 0
}

// Split returns n parts that sum to m exactly and differ by at most one minor
// unit, the larger parts first. An amount finer than the minor unit is split
// at its own scale. n must be between 1 and 10,000.
func (m Money) Split(n int) ([]Money, error) {
	if n < 1 || n > 10_000 {
		return nil, fmt.Errorf("money: split into %d parts: %w", n, ErrInvalid)
	}
	scale := max(m.amount.Scale(), m.currency.MinorDigits())
	padded := m.amount.Pad(scale)
	if padded.Scale() != scale {
		return nil, fmt.Errorf("money: %s is too large to split: %w", m, ErrInvalid)
	}
	units, sign := padded.Coef(), int64(1)
	if padded.IsNeg() {
		sign = -1
	}
	each, rest := units/uint64(n), units%uint64(n)
	parts := make([]Money, n)
	for i := range parts {
		coef := each
		if uint64(i) < rest {
			coef++
		}
		if coef > 1<<63-1 {
			return nil, fmt.Errorf("money: %s is too large to split: %w", m, ErrInvalid)
		}
		d, err := decimal.New(sign*int64(coef), scale)
		if err != nil {
			return nil, fmt.Errorf("money: %s is too large to split: %w", m, ErrInvalid)
		}
		parts[i] = Money{d, m.currency}
	}
	return parts, nil
}

// Minor returns the amount in the currency's minor unit. An amount that is
// finer, or does not fit, is ErrInvalid.
func (m Money) Minor() (int64, error) {
	scale := m.currency.MinorDigits()
	d := m.amount.Trim(scale).Pad(scale)
	if d.Scale() != scale || d.Coef() > 1<<63-1 {
		return 0, fmt.Errorf("money: %s is not whole in its minor unit: %w", m, ErrInvalid)
	}
	n := int64(d.Coef())
	if d.IsNeg() {
		n = -n
	}
	return n, nil
}

// MarshalText writes "19.90 EUR", and nothing for the zero value.
func (m Money) MarshalText() ([]byte, error) { return m.AppendText(nil) }

// AppendText appends what MarshalText returns to b.
func (m Money) AppendText(b []byte) ([]byte, error) {
	if (m == Money{}) {
		return b, nil
	}
	b, err := m.amount.AppendText(b)
	if err != nil {
		return nil, err
	}
	b = append(b, ' ')
	return append(b, m.currency...), nil
}

// UnmarshalText reads what MarshalText wrote.
func (m *Money) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Money{}
		return nil
	}
	amount, currency, ok := strings.Cut(string(text), " ")
	if !ok {
		return fmt.Errorf("money: %q has no currency: %w", clip(string(text)), ErrInvalid)
	}
	parsed, err := ParseMoney(amount, Currency(currency))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// SumMoney returns the sum, exactly. The sum of nothing is the zero value.
func SumMoney(ms ...Money) (Money, error) {
	var sum Money
	for _, m := range ms {
		var err error
		if sum, err = sum.Add(m); err != nil {
			return Money{}, err
		}
	}
	return sum, nil
}

// Amount is one amount as the shop books it and as the buyer saw it. Buyer is
// the zero value where the two are the same.
type Amount struct {
	Shop  Money `json:"shop"`
	Buyer Money `json:"buyer"`
}

// MarshalJSON writes {"shop":"19.90 EUR"}, and the buyer's amount where there
// is one. Zero in a currency is written: only the zero value is left out.
func (a Amount) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 64), '{')
	for _, part := range [...]struct {
		name string
		m    Money
	}{{`"shop":"`, a.Shop}, {`"buyer":"`, a.Buyer}} {
		if (part.m == Money{}) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, part.name...)
		var err error
		if b, err = part.m.AppendText(b); err != nil {
			return nil, err
		}
		b = append(b, '"')
	}
	return append(b, '}'), nil
}

// Same returns an amount that is the same for shop and buyer.
func Same(m Money) Amount { return Amount{Shop: m} }

// BuyerMoney returns the amount the buyer saw.
func (a Amount) BuyerMoney() Money {
	if (a.Buyer == Money{}) {
		return a.Shop
	}
	return a.Buyer
}

// Add returns a + b in each currency.
func (a Amount) Add(b Amount) (Amount, error) { return a.both(b, Money.Add) }

// Sub returns a - b in each currency.
func (a Amount) Sub(b Amount) (Amount, error) { return a.both(b, Money.Sub) }

func (a Amount) both(b Amount, op func(Money, Money) (Money, error)) (sum Amount, err error) {
	if sum.Shop, err = op(a.Shop, b.Shop); err != nil {
		return Amount{}, err
	}
	// Where neither tells a buyer's amount apart, there is none to compute.
	if (a.Buyer == Money{} && b.Buyer == Money{}) {
		return sum, nil
	}
	x, y := a.Buyer, b.Buyer
	if (x == Money{} && a.Shop != Money{}) {
		x = a.Shop
	}
	if (y == Money{} && b.Shop != Money{}) {
		y = b.Shop
	}
	if sum.Buyer, err = op(x, y); err != nil {
		return Amount{}, err
	}
	return sum, nil
}
