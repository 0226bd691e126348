package bigcommercetest

import "testing"

func TestAmountsPrintAtEveryScale(t *testing.T) {
	for in, want := range map[string][3]string{
		"":        {"0.0000", "0.00", "0"},
		"361.95":  {"361.9500", "361.95", "361.95"},
		"62.6793": {"62.6793", "62.6793", "62.6793"},
	} {
		a := must(parseAmount(in))
		if got := [3]string{a.format(FourDecimals), a.format(TwoDecimals), a.format(FewestDigits)}; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if a, err := parseAmount("1.23456"); err == nil || err.Error() != `bigcommercetest: amount "1.23456": want digits with at most four decimals` {
		t.Errorf("%v, %v", a, err)
	}
}
