package ebaytest

import (
	"fmt"
	"strconv"
	"strings"
)

// amount is money in ten-thousandths of its currency's unit.
type amount int64

const (
	amountUnit    = 10000
	amountDigits  = 4
	maxWholeDigit = 13 // keeps every product of quantity and price in an int64
)

// parseAmount reads a plain decimal with at most four decimals; "" is zero.
func parseAmount(s string) (amount, error) {
	if s == "" {
		return 0, nil
	}
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, dot := strings.Cut(digits, ".")
	if whole == "" || dot && frac == "" || len(whole) > maxWholeDigit || len(frac) > amountDigits {
		return 0, fmt.Errorf("ebaytest: amount %q: want digits with at most four decimals", s)
	}
	n, err := strconv.ParseUint(whole+frac+strings.Repeat("0", amountDigits-len(frac)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("ebaytest: amount %q: want digits with at most four decimals", s)
	}
	if neg {
		return -amount(n), nil
	}
	return amount(n), nil
}

// amounts parses and keeps the first error.
type amounts struct{ err error }

func (am *amounts) parse(s string) amount {
	a, err := parseAmount(s)
	if err != nil && am.err == nil {
		am.err = err
	}
	return a
}

// text prints the amount with at least so many decimals and more where its
// value needs them.
func (a amount) text(least int) string {
	var buf [24]byte
	b := buf[:0]
	if a < 0 {
		b, a = append(b, '-'), -a
	}
	b = strconv.AppendInt(b, int64(a/amountUnit), 10)
	frac := int(a % amountUnit)
	b = append(b, '.', byte('0'+frac/1000), byte('0'+frac/100%10), byte('0'+frac/10%10), byte('0'+frac%10))
	end, floor := len(b), len(b)-amountDigits+least
	for end > floor && b[end-1] == '0' {
		end--
	}
	if b[end-1] == '.' {
		end--
	}
	return string(b[:end])
}
