package stalltest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

// ask makes a call as a client with a key would.
func ask(t *testing.T, fake *stalltest.Fake, method, path, key, body string) (status int, answer map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://stall.example"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := fake.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// The fake refuses what Stall refuses: a test fails where the real one would.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := stalltest.New(stalltest.Config{})
		for _, tt := range []struct {
			method, path, key, body string
			status                  int
		}{
			{"GET", "/v1/shop", stalltest.Key, "", 200},
			{"GET", "/v1/shop", "another", "", 401},
			{"GET", "/v1/nothing", stalltest.Key, "", 404},
			{"GET", "/v1/orders?limit=50", stalltest.Key, "", 200},
			{"GET", "/v1/orders?limit=101", stalltest.Key, "", 422},
			{"GET", "/v1/orders?since=yesterday", stalltest.Key, "", 422},
			{"PUT", "/v1/stock", stalltest.Key, `{"levls":[]}`, 422},
		} {
			if status, answer := ask(t, fake, tt.method, tt.path, tt.key, tt.body); status != tt.status {
				t.Errorf("%s %s: %d %v, want %d", tt.method, tt.path, status, answer, tt.status)
			}
		}
		last := 0
		for range 30 {
			last, _ = ask(t, fake, "GET", "/v1/shop", stalltest.Key, "")
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("thirty calls at once end with %d", last)
		}
	})
}

// Lists show an order only a while after it was placed.
func TestListsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := stalltest.New(stalltest.Config{Lag: time.Minute})
		id := fake.AddListing("MUG", 3)
		if _, err := fake.PlaceOrder(stalltest.Sale{Lines: []stalltest.SaleLine{{Listing: id, Quantity: 2}}}); err != nil {
			t.Fatal(err)
		}
		if n := fake.Quantity(id); n != 1 {
			t.Errorf("%d are left", n)
		}
		orders := func() int {
			_, answer := ask(t, fake, "GET", "/v1/orders", stalltest.Key, "")
			for _, v := range answer {
				if list, ok := v.([]any); ok {
					return len(list)
				}
			}
			t.Fatalf("no list in %v", answer)
			return 0
		}
		if n := orders(); n != 0 {
			t.Errorf("%d orders at once", n)
		}
		time.Sleep(time.Minute)
		if n := orders(); n != 1 {
			t.Errorf("%d orders a minute later", n)
		}
	})
}
