package lms

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/ebay/internal/trading"
)

func TestAFileHasACallForEachLine(t *testing.T) {
	got, n, err := Upload("77", "1451", []trading.Status{{ItemID: "1", Quantity: 3}, {ItemID: "2", SKU: "A&B", Quantity: 0}})
	if err != nil || n != 2 {
		t.Fatalf("%d lines, %v", n, err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<BulkDataExchangeRequests xmlns="urn:ebay:apis:eBLBaseComponents"><Header><SiteID>77</SiteID><Version>1451</Version></Header>` +
		`<ReviseInventoryStatusRequest xmlns="urn:ebay:apis:eBLBaseComponents"><Version>1451</Version><MessageID>1</MessageID>` +
		`<InventoryStatus><ItemID>1</ItemID><Quantity>3</Quantity></InventoryStatus></ReviseInventoryStatusRequest>` +
		`<ReviseInventoryStatusRequest xmlns="urn:ebay:apis:eBLBaseComponents"><Version>1451</Version><MessageID>2</MessageID>` +
		`<InventoryStatus><ItemID>2</ItemID><SKU>A&amp;B</SKU><Quantity>0</Quantity></InventoryStatus></ReviseInventoryStatusRequest>` +
		`</BulkDataExchangeRequests>`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func lines(n int, sku string) []trading.Status {
	out := make([]trading.Status, n)
	for i := range out {
		out[i] = trading.Status{ItemID: "110500000001", SKU: sku, Quantity: 10}
	}
	return out
}

func TestAFileIsBounded(t *testing.T) {
	for _, tt := range []struct {
		sku  string
		want func(n int) bool
	}{
		{"A", func(n int) bool { return n == MaxLines }},
		{strings.Repeat("&", 80), func(n int) bool { return n > 10_000 && n < MaxLines }},
	} {
		file, n, err := Upload("0", "1451", lines(MaxLines+1, tt.sku))
		if err != nil || !tt.want(n) || len(file) > MaxUpload || !bytes.HasSuffix(file, []byte("</BulkDataExchangeRequests>")) {
			t.Errorf("SKU of %d bytes: %d lines, %d bytes, %v", len(tt.sku), n, len(file), err)
		}
	}
}

const result = `<?xml version="1.0" encoding="UTF-8"?>
<BulkDataExchangeResponses xmlns="urn:ebay:apis:eBLBaseComponents"><Header><SiteID>0</SiteID></Header>
<ReviseInventoryStatusResponse><Timestamp>t</Timestamp><Ack>Success</Ack><CorrelationID>1</CorrelationID>
 <InventoryStatus><ItemID>1</ItemID><SKU>A</SKU><Quantity>3</Quantity></InventoryStatus></ReviseInventoryStatusResponse>
<ReviseInventoryStatusResponse><Ack>Failure</Ack><MessageID>2</MessageID>
 <Errors><ShortMessage>No</ShortMessage><ErrorCode>21916799</ErrorCode><SeverityCode>Error</SeverityCode><ErrorClassification>RequestError</ErrorClassification></Errors>
</ReviseInventoryStatusResponse>
<ErrorResponse><Ack>Failure</Ack></ErrorResponse></BulkDataExchangeResponses>`

func zipped(t *testing.T, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("result.xml")
	if err == nil {
		_, err = io.WriteString(w, body)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, body)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAResultIsMappedToLinesHoweverItIsPacked(t *testing.T) {
	for name, file := range map[string][]byte{"plain": []byte(result), "zip": zipped(t, result), "gzip": gzipped(t, result)} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(file)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = Results(r, 3, func(n int, r *Result) error {
				code := ""
				if failed := r.Failed(); len(failed) > 0 {
					code = failed[0].Code
				}
				got = append(got, fmt.Sprintf("%d line %d %s %d nodes %s", n, r.Line(), r.Ack, len(r.Nodes), code))
				return nil
			})
			if err := errors.Join(err, r.Close()); err != nil {
				t.Fatal(err)
			}
			want := []string{"1 line 1 Success 1 nodes ", "2 line 2 Failure 0 nodes 21916799", "3 line 0 Failure 0 nodes "}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatIsNoResultIsAnError(t *testing.T) {
	whole := zipped(t, result)
	for name, file := range map[string][]byte{
		"nothing":         nil,
		"a web page":      []byte("<html><body>no</body></html>"),
		"cut":             []byte(result[:len(result)/2]),
		"a cut archive":   whole[:len(whole)/2],
		"an empty one":    {'P', 'K', 3, 4},
		"a cut gzip":      gzipped(t, result)[:60],
		"a document type": []byte(`<!DOCTYPE X><BulkDataExchangeResponses/>`),
		"too many answers": []byte("<BulkDataExchangeResponses>" + strings.Repeat("<ErrorResponse/>", 4) +
			"</BulkDataExchangeResponses>"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(file)
			if err == nil {
				err = Results(r, 3, func(int, *Result) error { return nil })
			}
			if err == nil {
				t.Error("it was read")
			}
		})
	}
}

// A bomb is given up within the bound of a record.
func TestAPackedBombIsGivenUp(t *testing.T) {
	bomb := gzipped(t, "<BulkDataExchangeResponses><A>"+strings.Repeat(" ", trading.MaxRecord+1<<20))
	r, err := Open(bomb)
	if err != nil {
		t.Fatal(err)
	}
	if err := Results(r, 3, func(int, *Result) error { return nil }); !errors.Is(err, trading.ErrDocument) {
		t.Errorf("%v", err)
	}
}

func TestAnErrorOfTheReaderEndsIt(t *testing.T) {
	stop := errors.New("enough")
	if err := Results(strings.NewReader(result), 3, func(int, *Result) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func FuzzResults(f *testing.F) {
	f.Add([]byte(result))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := Open(file)
		if err != nil {
			return
		}
		seen := 0
		_ = Results(io.LimitReader(r, 1<<20), 10, func(n int, r *Result) error {
			if seen++; n != seen || n > 10 || r.Line() < 0 {
				t.Errorf("answer %d of %d, line %d", n, seen, r.Line())
			}
			return nil
		})
	})
}

func BenchmarkUpload(b *testing.B) {
	all := lines(10_000, "SKU-00001-BLUE-L")
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := Upload("0", "1451", all); err != nil || n != len(all) {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkResults(b *testing.B) {
	one := result[strings.Index(result, "<ReviseInv"):strings.Index(result, "<ErrorResponse>")]
	doc := "<BulkDataExchangeResponses>" + strings.Repeat(one, 5_000) + "</BulkDataExchangeResponses>"
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Results(strings.NewReader(doc), 10_000, func(int, *Result) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
