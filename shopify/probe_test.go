package shopify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func TestProbeTellsOfAVersionThatStandsIn(t *testing.T) {
	for served, want := range map[string]string{"": shopify.Version, "2027-10": "2027-10"} {
		onShop(t, shopifytest.Config{ServedVersion: served}, nil, func(r rig) {
			a, err := r.ch.Probe(r.Context())
			r.must(err)
			said := slices.ContainsFunc(a.Notes, func(s string) bool { return strings.Contains(s, "answers as API version 2027-10") })
			if a.APIVersion != want || said != (served != "") {
				r.Errorf("served %q: version %q, notes %q", served, a.APIVersion, a.Notes)
			}
		})
	}
}
