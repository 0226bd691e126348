package spectest

import (
	"fmt"
	"strings"
	"testing"
)

// heard keeps what a test would have failed with.
type heard struct {
	testing.TB
	says []string
}

func (h *heard) Helper() {}
func (h *heard) Errorf(format string, args ...any) {
	h.says = append(h.says, fmt.Sprintf(format, args...))
}

func TestDeclaredNoticesWhatIsMisspelt(t *testing.T) {
	type money struct {
		Value    string `json:"value"`
		Currency string `json:"curency"`
	}
	h := &heard{TB: t}
	n := Declared(h, "ebay/sell_fulfillment_v1_oas3.json", "Order", struct {
		ID    string `json:"orderId"`
		No    string `json:"orderNo"`
		Lines []struct {
			Cost  money  `json:"lineItemCost"`
			Ships *money `json:"-"`
		} `json:"lineItems"`
		Plain int
	}{})
	said := strings.Join(h.says, "\n")
	if n != 4 || len(h.says) != 3 || !strings.Contains(said, "no orderNo in Order") || !strings.Contains(said, "no curency in Order.lineItems.lineItemCost") ||
		!strings.Contains(said, "Order.Plain has no JSON name") {
		t.Errorf("%d fields, said:\n%s", n, said)
	}
}
