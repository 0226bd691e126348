package fakehttp

import "testing"

func TestAmounts(t *testing.T) {
	for in, want := range map[string][3]string{
		"":               {"0.0000", "0.00", "0"},
		"361.95":         {"361.9500", "361.95", "361.95"},
		"8":              {"8.0000", "8.00", "8"},
		"62.6793":        {"62.6793", "62.6793", "62.6793"},
		"-1.5":           {"-1.5000", "-1.50", "-1.5"},
		"0.0001":         {"0.0001", "0.0001", "0.0001"},
		"9999999999999":  {"9999999999999.0000", "9999999999999.00", "9999999999999"},
		"-9999999999999": {"-9999999999999.0000", "-9999999999999.00", "-9999999999999"},
		"100":            {"100.0000", "100.00", "100"},
	} {
		a, err := ParseAmount(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if got := [3]string{FormatAmount(a, 4), FormatAmount(a, 2), FormatAmount(a, 0)}; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for _, bad := range []string{"x", "1.", ".5", "1.23456", "1,5", "--1", "99999999999999", "1e3", " 1", "+1", "-"} {
		if a, err := ParseAmount(bad); err == nil {
			t.Errorf("%q read as %v", bad, a)
		}
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1.5", "-0.0001", "", "x", "00012.3400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		if again, err := ParseAmount(FormatAmount(a, 0)); err != nil || again != a {
			t.Errorf("%q → %v → %v, %v", s, a, again, err)
		}
	})
}
