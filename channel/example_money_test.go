package channel_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/channel"
)

// eur is an amount of euros.
func eur(amount string) channel.Money {
	m, err := channel.ParseMoney(amount, "EUR")
	if err != nil {
		panic(err)
	}
	return m
}

func ExampleParseMoney() {
	m, err := channel.ParseMoney("19.90", "EUR")
	fmt.Println(m, err)
	_, err = channel.ParseMoney("19,90", "EUR")
	fmt.Println(errors.Is(err, channel.ErrInvalid))
	// Output:
	// 19.90 EUR <nil>
	// true
}

func ExampleMinorMoney() {
	for _, c := range []channel.Currency{"EUR", "JPY", "KWD"} {
		m, err := channel.MinorMoney(1990, c)
		if err != nil {
			panic(err)
		}
		fmt.Println(m)
	}
	// Output:
	// 19.90 EUR
	// 1990 JPY
	// 1.990 KWD
}

func ExampleMoney_Add() {
	sum, err := eur("0.10").Add(eur("0.20"))
	fmt.Println(sum, err)
	usd, _ := channel.ParseMoney("1.00", "USD")
	_, err = sum.Add(usd)
	fmt.Println(err)
	// Output:
	// 0.30 EUR <nil>
	// money: EUR and USD do not mix: invalid
}

func ExampleMoney_MulInt() {
	total, err := eur("19.90").MulInt(3)
	fmt.Println(total, err)
	// Output:
	// 59.70 EUR <nil>
}

// A discount of ten euros is spread over three lines, to the cent.
func ExampleMoney_Split() {
	parts, err := eur("10.00").Split(3)
	fmt.Println(parts, err)
	// Output:
	// [3.34 EUR 3.33 EUR 3.33 EUR] <nil>
}

func ExampleMoney_Minor() {
	cents, err := eur("19.90").Minor()
	fmt.Println(cents, err)
	_, err = eur("0.0375").Minor()
	fmt.Println(err)
	// Output:
	// 1990 <nil>
	// money: 0.0375 EUR is not whole in its minor unit: invalid
}

func ExampleSumMoney() {
	sum, err := channel.SumMoney(eur("30.00"), eur("4.90"), eur("6.63"))
	fmt.Println(sum, err)
	// Output:
	// 41.53 EUR <nil>
}

func ExampleZero() {
	fmt.Println(channel.Zero("EUR"), channel.Zero("JPY"))
	// Output:
	// 0.00 EUR 0 JPY
}

func ExampleAmount() {
	yen, err := channel.ParseMoney("3200", "JPY")
	if err != nil {
		panic(err)
	}
	price := channel.Amount{Shop: eur("19.90"), Buyer: yen}
	text, err := json.Marshal(price)
	fmt.Println(string(text), err)
	fmt.Println(channel.Same(eur("19.90")).BuyerMoney())
	// Output:
	// {"shop":"19.90 EUR","buyer":"3200 JPY"} <nil>
	// 19.90 EUR
}

// What the marketplace's total holds beyond its parts is kept and shown.
func ExampleTotals_Reconcile() {
	totals := channel.Totals{
		Lines:   channel.Same(eur("30.00")),
		Charges: channel.Same(eur("4.90")),
		Total:   channel.Same(eur("35.00")),
	}
	if err := totals.Reconcile(true); err != nil {
		panic(err)
	}
	fmt.Println(totals.Residual.Shop)
	// Output:
	// 0.10 EUR
}
