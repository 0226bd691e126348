package fakehttp

import (
	"fmt"
	"strconv"
	"strings"
)

// AmountUnit is how many of an amount's steps are one of its currency: amounts
// of a fake are int64s of ten-thousandths.
const AmountUnit = 10000

const (
	amountDigits  = 4
	maxWholeDigit = 13 // keeps every product of quantity and price in an int64
)

// ParseAmount reads a plain decimal with at most four decimals and thirteen
// digits before them; "" is zero.
func ParseAmount(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, dot := strings.Cut(digits, ".")
	if whole == "" || dot && frac == "" || len(whole) > maxWholeDigit || len(frac) > amountDigits {
		return 0, fmt.Errorf("amount %q: want digits with at most four decimals", s)
	}
	n, err := strconv.ParseUint(whole+frac+strings.Repeat("0", amountDigits-len(frac)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("amount %q: want digits with at most four decimals", s)
	}
	if neg {
		return -int64(n), nil
	}
	return int64(n), nil
}

// FormatAmount prints an amount with at least so many decimals, 0 to 4, and
// more where its value needs them.
func FormatAmount(a int64, least int) string {
	var buf [24]byte
	b := buf[:0]
	if a < 0 {
		b, a = append(b, '-'), -a
	}
	b = strconv.AppendInt(b, a/AmountUnit, 10)
	frac := int(a % AmountUnit)
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
