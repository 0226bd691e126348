package channel_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock-go/penstock/channel"
)

var currencies = []channel.Currency{"EUR", "USD", "JPY", "KWD", "CLF"}

// anyMoney draws amounts of one currency with room for a few more digits.
func anyMoney(c channel.Currency) *rapid.Generator[channel.Money] {
	return rapid.Custom(func(t *rapid.T) channel.Money {
		s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,5})?`).Draw(t, "amount")
		m, err := channel.ParseMoney(s, c)
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestAddAndSubAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(currencies).Draw(t, "currency")
		a, b := anyMoney(c).Draw(t, "a"), anyMoney(c).Draw(t, "b")
		sum, err := a.Add(b)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := b.Add(a); err != nil || other != sum {
			t.Fatalf("%v + %v is %v, and %v the other way, %v", a, b, sum, other, err)
		}
		if back, err := sum.Sub(b); err != nil || !back.Equal(a) {
			t.Fatalf("%v + %v - %v is %v, %v", a, b, b, back, err)
		}
	})
}

func TestSplitSumsToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(currencies).Draw(t, "currency")
		m := anyMoney(c).Draw(t, "money")
		n := rapid.IntRange(1, 300).Draw(t, "parts")
		parts, err := m.Split(n)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := channel.SumMoney(parts...)
		if err != nil || !sum.Equal(m) || len(parts) != n {
			t.Fatalf("%d parts of %v sum to %v, %v", len(parts), m, sum, err)
		}
		// The parts differ by at most one unit at their scale, the larger first.
		for _, p := range parts {
			less, err := parts[0].Sub(p)
			if err != nil {
				t.Fatal(err)
			}
			if u := strings.TrimLeft(strings.TrimLeft(less.Amount(), "-0."), "0"); u != "" && u != "1" || less.Sign()*m.Sign() < 0 {
				t.Fatalf("of %v the first part is %v, and another %v", m, parts[0], p)
			}
		}
	})
}

func TestMoneyTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMoney(rapid.SampledFrom(currencies).Draw(t, "currency")).Draw(t, "money")
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back channel.Money
		if err := back.UnmarshalText(text); err != nil || back != m {
			t.Fatalf("%q came back as %v, %v", text, back, err)
		}
		if m.String() != string(text) {
			t.Fatalf("text %q, string %q", text, m)
		}
	})
}

func TestMinorComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(currencies).Draw(t, "currency")
		n := rapid.Int64().Draw(t, "units")
		m, err := channel.MinorMoney(n, c)
		if err != nil {
			if n > -1<<63 {
				t.Fatal(err)
			}
			return
		}
		if got, err := m.Minor(); err != nil && n > -1<<63 || err == nil && got != n {
			t.Fatalf("%d %s is %v, and back %d, %v", n, c, m, got, err)
		}
	})
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"19.90", "-0.01", "+1", "1234567890123456789", "0.1234567890123456789", "00", ".5", "5.", "1e9", "NaN", "-", ""} {
		f.Add(s, "EUR")
	}
	f.Add("1", "eur")
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := channel.ParseMoney(amount, channel.Currency(currency))
		if err != nil {
			if !errors.Is(err, channel.ErrInvalid) || (m != channel.Money{}) {
				t.Fatalf("%v, %v", m, err)
			}
			return
		}
		again, err := channel.ParseMoney(m.Amount(), m.Currency())
		if err != nil || again != m {
			t.Fatalf("%q was read as %v, and that as %v, %v", amount, m, again, err)
		}
		if digits(m.Amount()) > 20 { // nineteen, and a zero before the point
			t.Fatalf("%q was read as %v", amount, m)
		}
		if _, err := m.Sub(m); err != nil {
			t.Fatalf("%v - itself: %v", m, err)
		}
	})
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
