package channel_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

// money parses "19.90 EUR".
func money(tb testing.TB, s string) channel.Money {
	tb.Helper()
	var m channel.Money
	if err := m.UnmarshalText([]byte(s)); err != nil {
		tb.Fatalf("money %q: %v", s, err)
	}
	return m
}

func TestParseMoney(t *testing.T) {
	tests := []struct {
		name, amount string
		currency     channel.Currency
		want         string // "" is ErrInvalid
	}{
		{"two digits", "19.90", "EUR", "19.90 EUR"},
		{"the scale is kept", "19.9", "EUR", "19.9 EUR"},
		{"finer than the minor unit", "0.0375", "EUR", "0.0375 EUR"},
		{"no point", "1990", "JPY", "1990 JPY"},
		{"three digits", "1.250", "KWD", "1.250 KWD"},
		{"zero keeps its scale", "0.00", "EUR", "0.00 EUR"},
		{"negative", "-0.01", "EUR", "-0.01 EUR"},
		{"a plus sign", "+5.00", "EUR", "5.00 EUR"},
		{"leading zeros do not count", "0000000000000000000019.90", "EUR", "19.90 EUR"},
		{"nineteen digits", "1234567890123456789", "EUR", "1234567890123456789 EUR"},
		{"nineteen digits with a point", "12345678901234567.89", "EUR", "12345678901234567.89 EUR"},
		{"twenty digits", "12345678901234567890", "EUR", ""},
		{"twenty digits with a point", "123456789012345678.90", "EUR", ""},
		{"a scale of nineteen", "0.1234567890123456789", "EUR", "0.1234567890123456789 EUR"},
		{"a scale of twenty", "0.12345678901234567890", "EUR", ""},
		{"nothing", "", "EUR", ""},
		{"a sign alone", "-", "EUR", ""},
		{"two signs", "--1", "EUR", ""},
		{"a point alone", ".", "EUR", ""},
		{"no digit before the point", ".50", "EUR", ""},
		{"no digit after the point", "5.", "EUR", ""},
		{"two points", "1.2.3", "EUR", ""},
		{"an exponent", "1e3", "EUR", ""},
		{"a comma", "19,90", "EUR", ""},
		{"a thousands separator", "1 990.00", "EUR", ""},
		{"blanks around it", " 19.90", "EUR", ""},
		{"not a number", "NaN", "EUR", ""},
		{"digits of another script", "١٩", "EUR", ""},
		{"no currency", "19.90", "", ""},
		{"a currency in lower case", "19.90", "eur", ""},
		{"a currency that is a sign", "19.90", "€", ""},
		{"a currency nobody knows has the form of one", "19.90", "XQZ", "19.90 XQZ"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := channel.ParseMoney(tt.amount, tt.currency)
			if tt.want == "" {
				if !errors.Is(err, channel.ErrInvalid) || (m != channel.Money{}) {
					t.Fatalf("%v, %v; want ErrInvalid", m, err)
				}
				return
			}
			if err != nil || m.String() != tt.want || m.Currency() != tt.currency {
				t.Errorf("%q, %v; want %q", m, err, tt.want)
			}
		})
	}
}

func TestParseMoneyKeepsItsErrorShort(t *testing.T) {
	_, err := channel.ParseMoney(strings.Repeat("9", 10_000), "EUR")
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

func TestMoneyArithmeticIsExact(t *testing.T) {
	type op func(a, b channel.Money) (channel.Money, error)
	add, sub := op(channel.Money.Add), op(channel.Money.Sub)
	tests := []struct {
		name string
		op   op
		a, b string
		want string // "" is ErrInvalid
	}{
		{"cents", add, "0.10 EUR", "0.20 EUR", "0.30 EUR"},
		{"the finer scale is kept", add, "1.5 EUR", "0.25 EUR", "1.75 EUR"},
		{"and where it is not needed", add, "1.50 EUR", "0.500 EUR", "2.000 EUR"},
		{"no money is neutral", add, "", "5.00 EUR", "5.00 EUR"},
		{"on either side", add, "5.00 EUR", "", "5.00 EUR"},
		{"and both ways", add, "", "", ""},
		{"below zero", sub, "1.00 EUR", "1.01 EUR", "-0.01 EUR"},
		{"from no money", sub, "", "1.00 EUR", "-1.00 EUR"},
		{"no money off", sub, "1.00 EUR", "", "1.00 EUR"},
		{"to zero", sub, "1.00 EUR", "1.00 EUR", "0.00 EUR"},
		{"two currencies", add, "1.00 EUR", "1.00 USD", "ErrInvalid"},
		{"zero of another currency mixes no better", add, "1.00 EUR", "0.00 USD", "ErrInvalid"},
		{"more digits than there are", add, "9999999999999999999 EUR", "1 EUR", "ErrInvalid"},
		{"a sum that would have to be rounded", add, "1234567890123456789 EUR", "0.1 EUR", "ErrInvalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.op(money(t, tt.a), money(t, tt.b))
			if tt.want == "ErrInvalid" {
				if !errors.Is(err, channel.ErrInvalid) {
					t.Errorf("%v, %v; want ErrInvalid", got, err)
				}
				return
			}
			if want := money(t, tt.want); err != nil || got != want {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestMulInt(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int64
		want string
	}{
		{"19.90 EUR", 3, "59.70 EUR"},
		{"19.90 EUR", 0, "0.00 EUR"},
		{"19.90 EUR", -1, "-19.90 EUR"},
		{"1234567890123456789 JPY", 10, ""},
		{"0.01 EUR", 1<<63 - 1, "92233720368547758.07 EUR"},
	} {
		got, err := money(t, tt.in).MulInt(tt.n)
		if tt.want == "" {
			if !errors.Is(err, channel.ErrInvalid) {
				t.Errorf("%s × %d = %v, %v; want ErrInvalid", tt.in, tt.n, got, err)
			}
		} else if err != nil || got.String() != tt.want {
			t.Errorf("%s × %d = %v, %v; want %s", tt.in, tt.n, got, err, tt.want)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name, in string
		n        int
		want     []string
	}{
		{"the remainder goes to the first", "10.00 EUR", 3, []string{"3.34 EUR", "3.33 EUR", "3.33 EUR"}},
		{"and away from zero", "-10.00 EUR", 3, []string{"-3.34 EUR", "-3.33 EUR", "-3.33 EUR"}},
		{"less than a cent each", "0.02 EUR", 3, []string{"0.01 EUR", "0.01 EUR", "0.00 EUR"}},
		{"no minor unit", "100 JPY", 3, []string{"34 JPY", "33 JPY", "33 JPY"}},
		{"three digits", "1.000 KWD", 3, []string{"0.334 KWD", "0.333 KWD", "0.333 KWD"}},
		{"coarser than the minor unit", "1 EUR", 2, []string{"0.50 EUR", "0.50 EUR"}},
		{"finer keeps its own scale", "0.001 EUR", 2, []string{"0.001 EUR", "0.000 EUR"}},
		{"one part", "19.90 EUR", 1, []string{"19.90 EUR"}},
		{"zero", "0.00 EUR", 2, []string{"0.00 EUR", "0.00 EUR"}},
		{"no parts", "1.00 EUR", 0, nil},
		{"too many parts", "1.00 EUR", 10_001, nil},
		{"no digit left for cents", "1234567890123456789 EUR", 2, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parts, err := money(t, tt.in).Split(tt.n)
			if tt.want == nil {
				if !errors.Is(err, channel.ErrInvalid) {
					t.Errorf("%v, %v; want ErrInvalid", parts, err)
				}
				return
			}
			var got []string
			for _, p := range parts {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestMinor(t *testing.T) {
	tests := []struct {
		name, in string
		want     int64
		invalid  bool
	}{
		{"cents", "19.90 EUR", 1990, false},
		{"coarser", "19.9 EUR", 1990, false},
		{"finer with nothing in it", "19.9000 EUR", 1990, false},
		{"finer", "19.905 EUR", 0, true},
		{"no minor unit", "1990 JPY", 1990, false},
		{"three digits", "1.25 KWD", 1250, false},
		{"four digits", "1.2345 CLF", 12345, false},
		{"negative", "-0.01 EUR", -1, false},
		{"does not fit", "9999999999999999999 JPY", 0, true},
		{"no digit left for cents", "999999999999999999 EUR", 0, true},
		{"no money", "", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := money(t, tt.in).Minor()
			if errors.Is(err, channel.ErrInvalid) != tt.invalid || got != tt.want {
				t.Errorf("%d, %v; want %d, invalid %t", got, err, tt.want, tt.invalid)
			}
		})
	}
}

func TestMinorMoney(t *testing.T) {
	for _, tt := range []struct {
		units    int64
		currency channel.Currency
		want     string
	}{{1990, "EUR", "19.90 EUR"}, {1990, "JPY", "1990 JPY"}, {1250, "KWD", "1.250 KWD"}, {-5, "EUR", "-0.05 EUR"}} {
		if got, err := channel.MinorMoney(tt.units, tt.currency); err != nil || got.String() != tt.want {
			t.Errorf("%d %s: %v, %v; want %s", tt.units, tt.currency, got, err, tt.want)
		}
	}
	if _, err := channel.MinorMoney(1, "euro"); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("a currency that is none: %v", err)
	}
}

func TestCompareMoney(t *testing.T) {
	a, b := money(t, "19.9 EUR"), money(t, "19.90 EUR")
	if a == b || !a.Equal(b) {
		t.Error("== tells scales apart, Equal does not")
	}
	if n, err := a.Cmp(b); n != 0 || err != nil {
		t.Errorf("Cmp of two scales: %d, %v", n, err)
	}
	if n, err := a.Cmp(money(t, "20 EUR")); n != -1 || err != nil {
		t.Errorf("Cmp of 19.9 and 20: %d, %v", n, err)
	}
	if _, err := a.Cmp(money(t, "19.9 USD")); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("Cmp of two currencies: %v", err)
	}
	if money(t, "0 EUR").Equal(money(t, "0 USD")) {
		t.Error("zero euros equal zero dollars")
	}
	if channel.Zero("JPY").String() != "0 JPY" || !channel.Zero("KWD").IsZero() {
		t.Errorf("%s", channel.Zero("JPY"))
	}
	if money(t, "-1 EUR").Sign() != -1 || money(t, "-1 EUR").Neg().Sign() != 1 {
		t.Error("Sign and Neg")
	}
}

func TestSumMoney(t *testing.T) {
	if got, err := channel.SumMoney(); err != nil || (got != channel.Money{}) {
		t.Errorf("the sum of nothing: %v, %v", got, err)
	}
	got, err := channel.SumMoney(money(t, "1.10 EUR"), money(t, ""), money(t, "2 EUR"))
	if err != nil || got.String() != "3.10 EUR" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := channel.SumMoney(money(t, "1 EUR"), money(t, "1 USD")); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("two currencies: %v", err)
	}
}

func TestMinorDigits(t *testing.T) {
	for c, want := range map[channel.Currency]int{"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "XQZ": 2} {
		if got := c.MinorDigits(); got != want {
			t.Errorf("%s: %d, want %d", c, got, want)
		}
	}
}

func TestMoneyText(t *testing.T) {
	for _, bad := range []string{"19.90", "19.90EUR", "19.90 eur", "EUR 19.90", "19.90  EUR", " 19.90 EUR", "19.90 EUR "} {
		var m channel.Money
		if err := m.UnmarshalText([]byte(bad)); !errors.Is(err, channel.ErrInvalid) {
			t.Errorf("%q: %v, %v", bad, m, err)
		}
	}
	m := money(t, "5 EUR")
	if err := m.UnmarshalText(nil); err != nil || (m != channel.Money{}) {
		t.Errorf("nothing: %v, %v", m, err)
	}
}

func TestAmount(t *testing.T) {
	eur, usd := money(t, "10.00 EUR"), money(t, "11.00 USD")
	same, both := channel.Same(eur), channel.Amount{Shop: eur, Buyer: usd}
	add := func(a, b channel.Amount) string {
		sum, err := a.Add(b)
		if err != nil {
			return channel.Class(err).Error()
		}
		text, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	tests := []struct {
		name string
		a, b channel.Amount
		want string
	}{
		{"the same for both", same, same, `{"shop":"20.00 EUR"}`},
		{"apart", both, both, `{"shop":"20.00 EUR","buyer":"22.00 USD"}`},
		{"nothing is neutral", channel.Amount{}, both, `{"shop":"10.00 EUR","buyer":"11.00 USD"}`},
		{"apart and the same do not mix", both, same, "invalid"},
		{"unless the buyer's is the shop's currency", channel.Amount{Shop: eur, Buyer: money(t, "9.00 EUR")}, same, `{"shop":"20.00 EUR","buyer":"19.00 EUR"}`},
		{"zero keeps its currency", channel.Same(channel.Zero("EUR")), channel.Amount{}, `{"shop":"0.00 EUR"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := add(tt.a, tt.b); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if both.BuyerMoney() != usd || same.BuyerMoney() != eur {
		t.Error("BuyerMoney")
	}
	if diff, err := both.Sub(both); err != nil || !diff.Shop.IsZero() || !diff.Buyer.IsZero() {
		t.Errorf("Sub: %v, %v", diff, err)
	}
}

func TestAmountInJSONComesBack(t *testing.T) {
	for _, a := range []channel.Amount{
		{},
		channel.Same(money(t, "10.00 EUR")), channel.Same(channel.Zero("EUR")),
		{Shop: money(t, "0.00 EUR"), Buyer: money(t, "0 JPY")},
		{Buyer: money(t, "1.0 USD")},
	} {
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back channel.Amount
		if err := json.Unmarshal(text, &back); err != nil || back != a {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
}
