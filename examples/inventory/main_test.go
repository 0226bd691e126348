package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in a bubble waiting takes no time
		var out bytes.Buffer
		if err := run(t.Context(), nil, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		for _, want := range []string{"Shopify shows 29, BigCommerce 29", "Shopify shows 27, BigCommerce 27", "32 on hand, 5 reserved for orders, 27 available"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in:\n%s", want, out.String())
			}
		}
	})
}
