package shopifytest

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// exponents lists the currencies whose smallest unit is not a hundredth.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

func exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// minor parses a decimal amount into the currency's smallest units. Digits
// finer than those are refused.
func minor(amount, currency string) (int64, error) {
	r, ok := new(big.Rat).SetString(amount)
	if !ok || strings.ContainsAny(amount, "/eE") {
		return 0, fmt.Errorf("shopifytest: %q is no amount", amount)
	}
	r.Mul(r, pow10(exponent(currency)))
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, fmt.Errorf("shopifytest: %s %s is not a whole number of its smallest unit", amount, currency)
	}
	return r.Num().Int64(), nil
}

func pow10(n int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

// fixed writes minor units with all the currency's digits: 19.90.
func fixed(n int64, currency string) string {
	e := exponent(currency)
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if e == 0 {
		return sign + s
	}
	for len(s) <= e {
		s = "0" + s
	}
	return sign + s[:len(s)-e] + "." + s[len(s)-e:]
}

// short writes minor units as MoneyV2 does: no trailing zeros but one digit
// after the point, 19.9 and 10.0.
func short(n int64, currency string) string {
	s := fixed(n, currency)
	if !strings.Contains(s, ".") {
		return s + ".0"
	}
	s = strings.TrimRight(s, "0")
	if strings.HasSuffix(s, ".") {
		s += "0"
	}
	return s
}

// bag is one amount in the shop's currency and in the buyer's, in smallest
// units of each.
type bag struct{ shop, buyer int64 }

func (b bag) add(o bag) bag { return bag{b.shop + o.shop, b.buyer + o.buyer} }
func (b bag) sub(o bag) bag { return bag{b.shop - o.shop, b.buyer - o.buyer} }
func (b bag) times(n int) bag {
	return bag{b.shop * int64(n), b.buyer * int64(n)}
}

// part is the share of k units in an amount for n. Shares taken one after the
// other add up to the whole.
func (b bag) part(k, n int) bag {
	return bag{divide(b.shop*int64(k), int64(n)), divide(b.buyer*int64(k), int64(n))}
}

// divide rounds half away from zero.
func divide(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	if a < 0 {
		return -divide(-a, b)
	}
	return (2*a + b) / (2 * b)
}

// scale multiplies minor units by a rational number and rounds.
func scale(n int64, r *big.Rat) int64 {
	p := new(big.Rat).Mul(new(big.Rat).SetInt64(n), r)
	num, den := new(big.Int).Set(p.Num()), p.Denom()
	neg := num.Sign() < 0
	num.Abs(num)
	num.Mul(num, big.NewInt(2)).Add(num, den).Div(num, new(big.Int).Mul(den, big.NewInt(2)))
	if neg {
		num.Neg(num)
	}
	return num.Int64()
}

// money is an amount with its currency, as the API's MoneyV2.
type money struct {
	n        int64
	currency string
}

func (money) graphqlType() string { return "MoneyV2" }

// moneyBag is the API's MoneyBag.
type moneyBag struct{ shop, buyer money }

func moneyFields(t resolverTable) {
	typed(t, "MoneyBag", fields[moneyBag]{
		"shopMoney":        func(_ *run, b moneyBag, _ args) any { return b.shop },
		"presentmentMoney": func(_ *run, b moneyBag, _ args) any { return b.buyer },
	})
	typed(t, "MoneyV2", fields[money]{
		"amount":       func(_ *run, m money, _ args) any { return short(m.n, m.currency) },
		"currencyCode": func(_ *run, m money, _ args) any { return m.currency },
	})
}

// rateOf is the rate at which an order was converted, from one of its amounts.
func rateOf(b bag, o *order) string {
	r := new(big.Rat).SetFrac64(b.shop, max(b.buyer, 1))
	r.Mul(r, pow10(exponent(o.buyerCurrency)))
	r.Quo(r, pow10(exponent(o.currency)))
	return r.RatString()
}
