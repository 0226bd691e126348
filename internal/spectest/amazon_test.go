package spectest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The models are used with repairs and closed to fields they do not name: their
// own examples must hold all the same, but for the one that never did.
func TestAmazonsExamplesHoldInStrictMode(t *testing.T) {
	Dir(t)
	specs, err := amazonSpecs()
	if err != nil {
		t.Fatal(err)
	}
	held, wrong := 0, []string{}
	for i, file := range amazonModels {
		for _, ex := range amazonExamples(t, file) {
			op := specs[i].Doc.Paths.Value(ex.path).GetOperation(strings.ToUpper(ex.method))
			resp := op.Responses.Value(strconv.Itoa(ex.status))
			if len(resp.Value.Content) == 0 {
				continue
			}
			if err := resp.Value.Content.Get("application/json").Schema.Value.VisitJSON(ex.body, openapi3.VisitAsResponse()); err != nil {
				wrong = append(wrong, op.OperationID+" "+strconv.Itoa(ex.status))
				continue
			}
			held++
		}
	}
	if !slices.Equal(wrong, []string{"getAccount 200"}) || held < 80 {
		t.Errorf("%d hold, not %q", held, wrong)
	}
}

type amazonExample struct {
	method, path string
	status       int
	body         any
}

// amazonExamples reads the sandbox examples of a model.
func amazonExamples(t *testing.T, file string) []amazonExample {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(Dir(t), "amazon", file))
	if err != nil {
		t.Fatal(err)
	}
	var model struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &model); err != nil {
		t.Fatal(err)
	}
	var out []amazonExample
	for path, item := range model.Paths {
		for method, raw := range item {
			var op struct {
				Responses map[string]struct {
					Sandbox struct {
						Static []struct{ Response any }
					} `json:"x-amzn-api-sandbox"`
				}
			}
			if json.Unmarshal(raw, &op) != nil {
				continue // no operation
			}
			for code, resp := range op.Responses {
				status, err := strconv.Atoi(code)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range resp.Sandbox.Static {
					out = append(out, amazonExample{method, path, status, s.Response})
				}
			}
		}
	}
	return out
}

func TestAmazonsDocumentsKeepToTheirSchemas(t *testing.T) {
	dir := filepath.Join(Dir(t), "amazon")
	read := func(file string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := AmazonFeedReport(read("listings-feed-processing-report-schema-v2.example.json")); err != nil {
		t.Error(err)
	}
	if err := holds("listings-feed-schema-v2.json", read("listings-feed-schema-v2.example.json")); err != nil {
		t.Error(err)
	}
	for file, kind := range map[string]string{
		"OrderChangeNotification.json": "ORDER_CHANGE", "ListingsItemMfnQuantityChange.json": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
	} {
		var schema struct{ Examples []json.RawMessage }
		if err := json.Unmarshal(read(file), &schema); err != nil {
			t.Fatal(err)
		}
		if len(schema.Examples) == 0 {
			t.Errorf("%s: no example", file)
		}
		for _, ex := range schema.Examples {
			if err := AmazonNotification(kind, ex); err != nil {
				t.Error(err)
			}
			if err := AmazonNotification(kind, []byte(strings.Replace(string(ex), `"Payload"`, `"payload"`, 1))); err == nil {
				t.Errorf("%s: another case holds too", kind)
			}
		}
	}
	for name, doc := range map[string]string{
		"no JSON":           "{",
		"no product type":   `{"header":{"sellerId":"A","version":"2.0"},"messages":[{"messageId":1,"sku":"A","operationType":"PATCH","patches":[{"op":"merge","path":"/attributes/x"}]}]}`,
		"both kinds":        `{"header":{"sellerId":"A","version":"2.0"},"messages":[{"messageId":1,"sku":"A","operationType":"PATCH","productType":"X","attributes":{"a":[]},"patches":[{"op":"merge","path":"/attributes/x"}]}]}`,
		"without a channel": `{"header":{"sellerId":"A","version":"2.0"},"messages":[{"messageId":1,"sku":"A","operationType":"PATCH","productType":"X","patches":[{"op":"merge","path":"/attributes/fulfillment_availability","value":[{"quantity":1}]}]}]}`,
		"the same id twice": `{"header":{"sellerId":"A","version":"2.0"},"messages":[{"messageId":1,"sku":"A","operationType":"DELETE"},{"messageId":1,"sku":"B","operationType":"DELETE"}]}`,
	} {
		if AmazonFeed([]byte(doc)) == nil {
			t.Errorf("%s: holds", name)
		}
	}
	if AmazonFeedReport([]byte(`{"header":{}}`)) == nil || AmazonNotification("NEWS", nil) == nil {
		t.Error("holds")
	}
}
