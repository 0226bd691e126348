package storetest

import (
	"strings"
	"testing"
)

func TestEveryCaseSaysWhatAndWhyOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if c.Name == "" || seen[c.Name] {
			t.Errorf("case %q has no name of its own", c.Name)
		}
		seen[c.Name] = true
		if !strings.HasSuffix(c.Why, ".") {
			t.Errorf("case %q does not say why in a sentence: %q", c.Name, c.Why)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d cases", len(seen))
	}
}
