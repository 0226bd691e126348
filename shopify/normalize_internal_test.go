package shopify

import (
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/shopify/internal/admin"
)

func TestOneBadRecordIsParkedAndTheRestStand(t *testing.T) {
	good := string(pageOfOrders(t, 1, 1))
	good = good[1 : len(good)-1]
	for name, bad := range map[string]string{
		"a number where text was promised": strings.Replace(good, `"name":"#1000"`, `"name":7`, 1),
		"null where a time was promised":   strings.Replace(good, `"updatedAt":"2026-11-20T10:00:00Z"`, `"updatedAt":"yesterday"`, 1),
		"an absurd quantity":               strings.Replace(good, `"quantity":2,`, `"quantity":-5,`, 1),
		"money without a currency":         strings.Replace(good, `"totalPriceSet":{"shopMoney":{"amount":"100.00","currencyCode":"EUR"}`, `"totalPriceSet":{"shopMoney":{"amount":"100.00"}`, 1),
	} {
		for pos := range 3 {
			list := []string{good, good, good}
			list[pos] = bad
			var nodes admin.Nodes[admin.Order]
			if err := admin.Unmarshal([]byte("["+strings.Join(list, ",")+"]"), &nodes); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			bads := 0
			for i, n := range nodes {
				_, err := normalizer{}.order(&n.Value)
				if n.Err == nil && err == nil {
					continue
				}
				bads++
				if i != pos {
					t.Errorf("%s: record %d does not decode", name, i)
				}
				if err := parkedError(errors.Join(n.Err, err)); strings.Contains(err.Error(), "example.com") {
					t.Errorf("%s: the reason quotes the record: %v", name, err)
				}
			}
			if bads != 1 {
				t.Errorf("%s at %d: %d records set aside", name, pos, bads)
			}
		}
	}
	for name, odd := range map[string]string{
		"a doubled name":     strings.Replace(good, `{"id"`, `{"closed":true,"id"`, 1),
		"a broken character": strings.Replace(good, "please ring", "please \xff ring", 1),
	} {
		var nodes admin.Nodes[admin.Order]
		err := admin.Unmarshal([]byte("["+good+","+odd+"]"), &nodes)
		if err != nil || len(nodes) != 2 || nodes[0].Err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
