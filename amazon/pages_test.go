package amazon_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/channel"
)

// A server whose list of feeds does not end is left after a while.
func TestFeedsThatDoNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, pages := httpmock.NewMockTransport(), 0
		mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			body := `{"access_token":"Atza|x","expires_in":3600,"token_type":"bearer"}`
			if !strings.Contains(req.URL.Path, "token") {
				pages++
				body = fmt.Sprintf(`{"feeds":[{"feedId":"%d","processingStatus":"DONE"}],"nextToken":"n%d"}`, pages, pages)
			}
			resp := httpmock.NewStringResponse(200, body)
			resp.Header.Set("Content-Type", "application/json")
			return resp, nil
		})
		ch, err := amazon.New(amazon.Config{
			SellerID: "A2EXAMPLE1SELLER", MarketplaceIDs: []string{"ATVPDKIKX0DER"}, Application: "test", Transport: mock, MaxWait: time.Hour,
			Credentials: amazon.Credentials{ClientID: "i", ClientSecret: "s", RefreshToken: "t"},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ch.TicketPage(t.Context(), "feeds 946684800000 946684860000", "")
		if !errors.Is(err, channel.ErrUnavailable) || pages == 0 || pages > 20 {
			t.Errorf("after %d pages: %v", pages, err)
		}
	})
}
