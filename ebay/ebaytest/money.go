package ebaytest

import (
	"fmt"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// amount is money in ten-thousandths of its currency's unit.
type amount int64

const amountUnit = fakehttp.AmountUnit

// parseAmount reads a plain decimal with at most four decimals; "" is zero.
func parseAmount(s string) (amount, error) {
	a, err := fakehttp.ParseAmount(s)
	if err != nil {
		return 0, fmt.Errorf("ebaytest: %w", err)
	}
	return amount(a), nil
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
func (a amount) text(least int) string { return fakehttp.FormatAmount(int64(a), least) }
