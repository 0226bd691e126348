package bigcommercetest

import (
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// amount is money in ten-thousandths, the finest scale the marketplace prints.
type amount int64

// MoneyScale says how V2 answers print money. The real marketplace prints all
// three, depending on how an order came to be.
type MoneyScale int

// Money scales.
const (
	FourDecimals MoneyScale = iota // "361.9500"
	TwoDecimals                    // "361.95", more where the value needs it
	FewestDigits                   // "361.95", "8", "0"
)

// parseAmount reads a plain decimal with at most four decimals; "" is zero.
func parseAmount(s string) (amount, error) {
	a, err := fakehttp.ParseAmount(s)
	if err != nil {
		return 0, fmt.Errorf("bigcommercetest: %w", err)
	}
	return amount(a), nil
}

// String returns the amount with as few digits as its value needs.
func (a amount) String() string { return a.format(FewestDigits) }

func (a amount) format(scale MoneyScale) string {
	least := 4
	switch scale {
	case TwoDecimals:
		least = 2
	case FewestDigits:
		least = 0
	case FourDecimals:
	}
	return fakehttp.FormatAmount(int64(a), least)
}

// number returns the amount as a JSON number, the way consignments and the V3
// APIs print money.
func (a amount) number() json.Number { return json.Number(a.format(FewestDigits)) }
