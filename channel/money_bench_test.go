package channel_test

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func BenchmarkParseMoney(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := channel.ParseMoney("1234.90", "EUR"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyAdd(b *testing.B) {
	x, y := money(b, "1234.90 EUR"), money(b, "0.105 EUR")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Add(y); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyMulInt(b *testing.B) {
	x := money(b, "1234.90 EUR")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.MulInt(7); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneySplit(b *testing.B) {
	x := money(b, "1234.90 EUR")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Split(7); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyAppendText(b *testing.B) {
	x := money(b, "1234.90 EUR")
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.AppendText(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyUnmarshalText(b *testing.B) {
	text := []byte("1234.90 EUR")
	var m channel.Money
	b.ReportAllocs()
	for b.Loop() {
		if err := m.UnmarshalText(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReconcile(b *testing.B) {
	same := func(s string) channel.Amount { return channel.Same(money(b, s)) }
	totals := channel.Totals{Lines: same("30.00 EUR"), Charges: same("4.90 EUR"), Tax: same("6.63 EUR"), Total: same("41.53 EUR")}
	b.ReportAllocs()
	for b.Loop() {
		if err := totals.Reconcile(false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupCarrier(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, found := channel.LookupCarrier("Royal Mail"); !found {
			b.Fatal("not found")
		}
	}
}
