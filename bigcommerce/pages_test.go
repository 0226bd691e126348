package bigcommerce_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
)

// A server whose pages do not end is left after a while.
func TestPagesThatDoNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, pages := httpmock.NewMockTransport(), 0
		mock.RegisterNoResponder(func(*http.Request) (*http.Response, error) {
			pages++
			resp := httpmock.NewStringResponse(200, fmt.Sprintf(
				`{"data":[{"identity":{"sku":"A","sku_id":1,"product_id":%[1]d,"variant_id":%[1]d},"id":%[1]d,"product_id":%[1]d,"sku":"A","locations":[]}],`+
					`"meta":{"pagination":{"current_page":%[1]d,"total_pages":1000000}}}`, pages))
			resp.Header.Set("Content-Type", "application/json")
			return resp, nil
		})
		ch, err := bigcommerce.New(bigcommerce.Config{StoreHash: "acme", Token: "t", Transport: mock})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ch.StockPage(t.Context(), channel.StockQuery{Listings: []channel.ListingRef{{ID: "1"}}})
		if !errors.Is(err, channel.ErrInvalid) || pages == 0 || pages > 100 {
			t.Errorf("levels: after %d pages: %v", pages, err)
		}
		pages = 0
		_, err = ch.ListingPage(t.Context(), channel.ListingQuery{SKUs: []string{"A"}})
		if !errors.Is(err, channel.ErrInvalid) || pages == 0 || pages > 100 {
			t.Errorf("listings of a SKU: after %d pages: %v", pages, err)
		}
	})
}
