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
	if strings.Count(out.String(), "has 1 record of the parcel") != 2 || strings.Count(out.String(), "the shop itself says") != 1 ||
		!strings.Contains(out.String(), "there before we sent: true") || !strings.Contains(out.String(), "number 1Z999AA10123456793\n") {
		t.Errorf("not one parcel with the corrected number:\n%s", out.String())
	}
}
