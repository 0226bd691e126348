package fakehttp

import (
	"slices"
	"strings"
	"testing"
)

func TestMatchPath(t *testing.T) {
	for _, tc := range []struct {
		pattern, path string
		vars          []string
		matches       bool
	}{
		{"orders", "orders", nil, true},
		{"orders/{id}", "orders/7", []string{"7"}, true},
		{"orders/{id}/items/{sku}", "orders/7/items/a%2Fb", []string{"7", "a/b"}, true},
		{"orders/{id}", "orders", nil, false},
		{"orders/{id}", "orders/7/items", nil, false},
		{"orders/{id}", "items/7", nil, false},
		{"orders/{id}", "orders/", nil, false},
		{"orders/{id}", "orders/%2", nil, false},
		{"orders/{id}", "orders/%ff", nil, false},
	} {
		vars, matches := MatchPath(strings.Split(tc.pattern, "/"), strings.Split(tc.path, "/"))
		if matches != tc.matches || !slices.Equal(vars, tc.vars) {
			t.Errorf("%s of %s: %q, %v", tc.path, tc.pattern, vars, matches)
		}
	}
}
