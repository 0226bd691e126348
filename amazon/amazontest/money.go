package amazontest

import (
	"fmt"
	"slices"

	"github.com/penstock-go/penstock/internal/fakehttp"
)

// amount is money in ten-thousandths of its currency's unit.
type amount int64

const amountUnit = fakehttp.AmountUnit

// parseAmount reads a plain decimal with at most four decimals; "" is zero.
func parseAmount(s string) (amount, error) {
	a, err := fakehttp.ParseAmount(s)
	if err != nil {
		return 0, fmt.Errorf("amazontest: %w", err)
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

// decimals is how many the marketplace prints at least: none for yen.
func decimals(currency string) int {
	if slices.Contains([]string{"JPY", "KRW", "CLP", "VND"}, currency) {
		return 0
	}
	return 2
}

// text prints the amount with at least so many decimals and more where its
// value needs them.
func (a amount) text(least int) string { return fakehttp.FormatAmount(int64(a), least) }

type moneyJSON struct {
	Amount       string `json:"amount"`
	CurrencyCode string `json:"currencyCode"`
}

func (a amount) money(currency string) *moneyJSON {
	return &moneyJSON{a.text(decimals(currency)), currency}
}
