package amazon

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
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
