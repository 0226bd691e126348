package shopify_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
)

// A server whose cursors do not end is left after a while.
func TestLocationsThatDoNotEnd(t *testing.T) {
	onMock(t, false, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
		pages := 0
		mock.RegisterResponder("POST", graphURL, func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			if !strings.Contains(string(body), "locations") {
				return answering(200, "application/json", strings.Replace(shopAnswer, "read_orders", "read_locations", 1))(req)
			}
			pages++
			return answering(200, "application/json", fmt.Sprintf(
				`{"data":{"locations":{"pageInfo":{"hasNextPage":true,"endCursor":"c%d"},"nodes":[{"id":"gid://shopify/Location/%d","isActive":true}]}}}`, pages, pages))(req)
		})
		if _, err := ch.Probe(t.Context()); !errors.Is(err, channel.ErrInvalid) || pages > 100 {
			t.Errorf("after %d pages: %v", pages, err)
		}
	})
}

// Figures of a limit that cannot be neither hang the channel nor stop it.
func TestALimitThatCannotBe(t *testing.T) {
	for _, cost := range []string{
		`{"requestedQueryCost":1,"actualQueryCost":1,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":-1e15,"restoreRate":100}}`,
		`{"requestedQueryCost":1,"actualQueryCost":1e300,"throttleStatus":{"maximumAvailable":1e300,"currentlyAvailable":-1e300,"restoreRate":1e-300}}`,
		`{"requestedQueryCost":-1e300,"actualQueryCost":-1,"throttleStatus":{"maximumAvailable":0.0001,"currentlyAvailable":1e300,"restoreRate":1e300}}`,
	} {
		onMock(t, false, func(t *testing.T, ch *shopify.Channel, mock *httpmock.MockTransport, _ channel.TokenStore) {
			answer := strings.TrimSuffix(shopAnswer, "}") + `,"extensions":{"cost":` + cost + `}}`
			throttled := `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":` + cost + `}}`
			for i, body := range []string{answer, throttled, shopAnswer, shopAnswer} {
				mock.RegisterResponder("POST", graphURL, answering(200, "application/json", body))
				_, err := ch.Probe(t.Context())
				if wait := channel.RetryAfter(err); err != nil && (!errors.Is(err, channel.ErrThrottled) || wait <= 0) {
					t.Errorf("%s: call %d: %v, wait %v", cost, i, err, wait)
				}
			}
		})
	}
}
