package shopifytest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// stuck is a caller who reads nothing of an answer for as long as held.
type stuck struct {
	*httptest.ResponseRecorder
	began, held chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	close(s.began)
	<-s.held
	return s.ResponseRecorder.Write(b)
}

func TestASlowReaderHoldsUpNobody(t *testing.T) {
	f := New(Config{})
	must(f.AddProduct(Product{Title: "Mug", Variants: []Variant{{SKU: "MUG", Available: 3}}}))
	slow := &stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://penstock-test.myshopify.com/admin/api/2026-10/graphql.json", strings.NewReader(`{"query":"{ shop { name } }"}`))
		f.ServeHTTP(slow, r)
	}()
	<-slow.began
	if _, err := f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "MUG", Quantity: 1}}}); err != nil {
		t.Error(err)
	}
	close(slow.held)
	<-ended
}
