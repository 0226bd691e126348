package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 × MUG-01", "49.80 USD", "set aside:", "3 orders, 1 set aside\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Springfield") {
		t.Errorf("a buyer's city is printed:\n%s", out.String())
	}
}
