package bigcommercetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// amount is money in ten-thousandths, the finest scale the marketplace prints.
type amount int64

const amountUnit = 10000

// MoneyScale says how V2 answers print money. The real marketplace prints all
// three, depending on how an order came to be.
type MoneyScale int

// Money scales.
const (
	FourDecimals  MoneyScale = iota // "361.9500"
	TwoDecimals                     // "361.95", more where the value needs it
	FewestDigits                    // "361.95", "8", "0"
	amountDigits  = 4               // of an amount
	maxWholeDigit = 13              // keeps every product of quantity and price in an int64
)

// parseAmount reads a plain decimal with at most four decimals; "" is zero.
func parseAmount(s string) (amount, error) {
	if s == "" {
		return 0, nil
	}
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, dot := strings.Cut(digits, ".")
	if whole == "" || dot && frac == "" || len(whole) > maxWholeDigit || len(frac) > amountDigits {
		return 0, fmt.Errorf("bigcommercetest: amount %q: want digits with at most four decimals", s)
	}
	n, err := strconv.ParseUint(whole+frac+strings.Repeat("0", amountDigits-len(frac)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("bigcommercetest: amount %q: want digits with at most four decimals", s)
	}
	if neg {
		return -amount(n), nil
	}
	return amount(n), nil
}

// String returns the amount with as few digits as its value needs.
func (a amount) String() string { return a.format(FewestDigits) }

func (a amount) format(scale MoneyScale) string {
	var buf [24]byte
	b := buf[:0]
	if a < 0 {
		b, a = append(b, '-'), -a
	}
	b = strconv.AppendInt(b, int64(a/amountUnit), 10)
	frac := int(a % amountUnit)
	b = append(b, '.', byte('0'+frac/1000), byte('0'+frac/100%10), byte('0'+frac/10%10), byte('0'+frac%10))
	keep := amountDigits
	switch scale {
	case TwoDecimals:
		keep = 2
	case FewestDigits:
		keep = 0
	case FourDecimals:
	}
	end, least := len(b), len(b)-amountDigits+keep
	for end > least && b[end-1] == '0' {
		end--
	}
	if b[end-1] == '.' {
		end--
	}
	return string(b[:end])
}

// number returns the amount as a JSON number, the way consignments and the V3
// APIs print money.
func (a amount) number() json.Number { return json.Number(a.format(FewestDigits)) }
