package bigcommerce

import (
	"bytes"
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func FuzzDecodeOrder(f *testing.F) {
	f.Add([]byte(`{"order":{}}`))
	f.Add(append(append([]byte(`{"order":`), bytes.TrimSuffix(bytes.TrimPrefix(pageOfOrders(f, 1, 1), []byte("[")), []byte("]"))...), '}'))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o, err := (&Channel{}).DecodeOrder(raw); err != nil && channel.Class(err) == nil {
			t.Errorf("%v has no class", err)
		} else if err == nil && o.ID == "" {
			t.Error("an order without an id")
		}
	})
}

func FuzzParseError(f *testing.F) {
	for _, s := range []string{"", "[", "{}", `[{"message":1}]`, `{"title":"t","errors":[{}]}`, "<html>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) { _ = parseError(b).text() })
}

// An index beyond the batch or a number beyond an integer names nobody.
func FuzzOffenders(f *testing.F) {
	f.Add("Items with identity: [product_id 113]", "items.1.quantity")
	f.Add("identities: [99999999999999999999,1]", "items.99999999999999999999")
	ws := []*write{{place: place{item{product: 113}, 1}}}
	f.Fuzz(func(t *testing.T, title, key string) {
		for w := range (&Channel{}).offenders("op", apiError{Title: title, Fields: map[string]string{key: "x"}}, ws) {
			if w != ws[0] {
				t.Error("somebody else is named")
			}
		}
	})
}
