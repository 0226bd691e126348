package amazon

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/internal/transport"
)

var usagePlan = regexp.MustCompile(`\|\s*(\d+(?:\.\d+)?)\s*\|\s*(\d+)\s*\|`)

// The table is what the models say.
func TestPlansAreTheModels(t *testing.T) {
	dir := filepath.Join(spectest.Dir(t), "amazon")
	for operation, p := range plans {
		raw, err := os.ReadFile(filepath.Join(dir, p.source+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var model struct {
			Paths map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(raw, &model); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, item := range model.Paths {
			for _, o := range item {
				var op struct{ OperationID, Description string }
				if json.Unmarshal(o, &op) != nil || op.OperationID != operation {
					continue
				}
				found = true
				m := usagePlan.FindStringSubmatch(op.Description)
				if m == nil {
					t.Errorf("%s: the model states no plan", operation)
					continue
				}
				perSecond, _ := strconv.ParseFloat(m[1], 64)
				burst, _ := strconv.ParseFloat(m[2], 64)
				if p.perSecond != perSecond || p.burst != burst {
					t.Errorf("%s: %g and %g, and the model has %g and %g", operation, p.perSecond, p.burst, perSecond, burst)
				}
			}
		}
		if !found {
			t.Errorf("%s: not in %s", operation, p.source)
		}
	}
}

// A second limit refuses with a time instead of sleeping, and what it refused
// costs nothing.
func TestSecondLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cfg := NewLimiter(), &Config{Region: Europe, SellerID: "A"}
		for range seconds[opCreateFeed].burst {
			if err := l.second(t.Context(), cfg, opCreateFeed, 0); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			err := l.second(t.Context(), cfg, opCreateFeed, 5*time.Second)
			if !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) != time.Minute {
				t.Fatalf("err = %v, retry after %s", err, channel.RetryAfter(err))
			}
		}
		// Another seller has feeds of his own; patches are the application's.
		if err := l.second(t.Context(), &Config{Region: Europe, SellerID: "B"}, opCreateFeed, 0); err != nil {
			t.Error(err)
		}
		began := time.Now()
		for i := range 600 {
			if err := l.second(t.Context(), &Config{SellerID: strconv.Itoa(i)}, opPatchListing, 5*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("600 patches of one application took %s, want a second", d)
		}
		if err := l.second(t.Context(), cfg, opSearchOrders, 0); err != nil {
			t.Error(err)
		}
	})
}

// What Amazon refuses for the application as a whole makes its other processes
// rest, and what it refuses for the seller does not.
func TestQuotaOfTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := "You exceeded your application quota."
		calls := 0
		ch, err := New(Config{
			SellerID: "ASELLER", MarketplaceIDs: []string{"ATVPDKIKX0DER"}, Application: "Acme", MaxWait: -1, Quota: channel.NewQuota(),
			Credentials: Credentials{ClientID: "c", ClientSecret: "s", RefreshToken: "r"},
			Transport: tripper(func(req *http.Request) *http.Response {
				if req.Method == http.MethodPost {
					return reply(200, `{"access_token":"a","expires_in":3600}`)
				}
				calls++
				return reply(429, `{"errors":[{"code":"QuotaExceeded","message":"`+said+`"}]}`)
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		patch := call{op: "test", operation: opPatchListing, method: http.MethodPatch, path: "/x", repeat: transport.Idempotent}
		try := func(want int) {
			t.Helper()
			before := calls
			if _, _, err := ch.do(t.Context(), patch); !errors.Is(err, channel.ErrThrottled) || channel.RetryAfter(err) <= 0 {
				t.Errorf("err = %v", err)
			}
			if calls-before != want {
				t.Errorf("%d calls, want %d", calls-before, want)
			}
		}
		try(1)
		time.Sleep(500 * time.Millisecond)
		try(0)
		time.Sleep(time.Second)
		said = "You exceeded your quota for the requested resource."
		try(1)
		time.Sleep(300 * time.Millisecond)
		try(1)
	})
}

type tripper func(*http.Request) *http.Response

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := f(req)
	resp.Request = req
	return resp, nil
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}
