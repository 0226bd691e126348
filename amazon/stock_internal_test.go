package amazon

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/internal/wire"
)

// bare is a channel that calls nobody.
func bare() *Channel {
	return &Channel{cfg: Config{ID: "amazon", SellerID: "A1", MarketplaceIDs: []string{"ATVPDKIKX0DER"}}}
}

// Every answer of the models' examples about listings, feeds and reports
// decodes to what it says.
func TestExamplesOfStock(t *testing.T) {
	c := bare()
	need := func(ok bool, e example) {
		t.Helper()
		if !ok {
			t.Errorf("%s %s: %s", e.operation, e.status, e.answer)
		}
	}
	n := map[string]int{}
	for _, file := range []string{"listingsItems_2021-08-01.json", "feeds_2021-06-30.json", "reports_2021-06-30.json", "fbaInventory.json"} {
		for _, e := range examples(t, file) {
			n[e.operation]++
			if e.status[0] != '2' {
				got := parseError(e.answer)
				need(got.Code != "" && got.Message != "", e)
				continue
			}
			switch e.operation {
			case opGetListing:
				var w spapi.Listing
				need(wire.Unmarshal(e.answer, &w) == nil && w.SKU != "", e)
				got, s := c.entry(&w)
				need(got.Ref.ID != "" && s != nil && got.Title != "" && got.handle.channel != "", e)
				h, ok := c.parseHandle(got.Ref)
				need(ok && h == got.handle, e)
			case opSearchListings:
				var w spapi.Listings
				need(wire.Unmarshal(e.answer, &w) == nil && w.Total > 0, e)
				items, err := wire.Records[spapi.Listing](w.Items)
				need(err == nil && len(items) > 0, e)
				for _, it := range items {
					got, _ := c.entry(&it.Value)
					need(it.Err == nil && got.Ref.ID != "", e)
				}
			case opPatchListing:
				var w spapi.Submission
				need(wire.Unmarshal(e.answer, &w) == nil && w.SKU != "", e)
				state, err := c.judge(call{op: "set stock"}, &w, anyProduct)
				switch w.Status {
				case spapi.SubmissionAccepted:
					need(state == channel.StockAccepted && err == nil, e)
				case spapi.SubmissionInvalid:
					need(state == channel.StockRefused && errors.Is(err, channel.ErrInvalid), e)
				default: // a preview, which was not asked for
					need(state == channel.StockUnsure && err != nil, e)
				}
			case opCreateFeedDocument, opGetFeedDocument, opGetReportDocument:
				var w spapi.Document
				need(wire.Unmarshal(e.answer, &w) == nil && w.URL != "" && w.FeedDocumentID+w.ReportDocumentID != "", e)
			case opCreateFeed, opCreateReport:
				var w spapi.Created
				need(wire.Unmarshal(e.answer, &w) == nil && w.FeedID+w.ReportID != "", e)
			case opGetFeed, opGetReport:
				var w spapi.Work
				need(wire.Unmarshal(e.answer, &w) == nil && w.FeedID+w.ReportID != "" && !w.Created.IsZero(), e)
				_, known := workStates[w.Status]
				need(known, e)
			case opGetReports:
				var w spapi.Works
				need(wire.Unmarshal(e.answer, &w) == nil && len(w.Reports) > 0 && w.Reports[0].ReportID != "" && !w.Reports[0].Created.IsZero(), e)
			case opGetFeeds:
				var w spapi.Works
				need(wire.Unmarshal(e.answer, &w) == nil && len(w.Feeds) > 0 && w.Feeds[0].FeedID != "", e)
			}
		}
	}
	for _, op := range []string{
		opGetListing, opSearchListings, opPatchListing, opCreateFeedDocument, opCreateFeed, opGetFeed, opGetFeeds, opGetFeedDocument, opCancelFeed,
		opCreateReport, opGetReport, opGetReports, opGetReportDocument,
	} {
		if n[op] == 0 {
			t.Errorf("no example of %s", op)
		}
	}
}

// The feed's schema takes what is written, and ours reads its example.
func TestFeedSchema(t *testing.T) {
	specs := spectest.Dir(t)
	c := bare()
	var lines []*stockLine
	for i, sku := range []string{"A/B", "Чашка", "a,b \"c\"", strings.Repeat("x", 40)} {
		lines = append(lines, &stockLine{sku: sku, handle: handle{product: "SHIRT"}, level: &channel.StockLevel{Quantity: int64(i)}})
	}
	body, rest := c.feedDocument(lines)
	if err := spectest.AmazonFeed(body); err != nil || len(rest) > 0 {
		t.Errorf("%v: %s", err, body)
	}
	many := make([]*stockLine, maxMessages+5)
	for i := range many {
		many[i] = lines[0]
	}
	if body, rest = c.feedDocument(many); len(rest) != 5 || len(body) > maxFeed {
		t.Errorf("%d bytes, %d left over", len(body), len(rest))
	}
	for i := range many {
		many[i] = &stockLine{sku: strings.Repeat("x", maxSKU), level: lines[0].level}
	}
	if body, rest = c.feedDocument(many); len(body) > maxFeed || len(rest) == 0 {
		t.Errorf("%d bytes, %d left over", len(body), len(rest))
	}
	raw, err := os.ReadFile(filepath.Join(specs, "amazon", "listings-feed-processing-report-schema-v2.example.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := spectest.AmazonFeedReport(raw); err != nil {
		t.Error(err)
	}
	r, err := c.decodeFeedReport("ticket", bytes.NewReader(raw))
	if err != nil || r.Header.FeedID == "" || len(r.Issues) == 0 || r.Summary.Processed == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	var refs []channel.ListingRef
	for range r.Summary.Processed {
		refs = append(refs, channel.ListingRef{ID: channel.ListingID("SKU-" + string(rune('a'+len(refs))))})
	}
	c.feeds.Sent("feed 1", refs)
	refused := 0
	for _, res := range c.outcomes("ticket", "feed 1", r.Header.FeedID, r) {
		if res.Result.State == channel.StockRefused {
			refused++
		}
	}
	if refused == 0 {
		t.Error("the example refuses some")
	}
}

// Whatever a report holds, its rows are read or set aside, and no row is lost.
func FuzzReport(f *testing.F) {
	const heading = "item-name\tseller-sku\tasin1\tquantity\tfulfillment-channel\tstatus\r\n"
	f.Add([]byte(heading+"Mug\tMUG\tB1\t5\tDEFAULT\tActive\r\n"), "Cp1252")
	f.Add([]byte("\xef\xbb\xbf"+heading+"Gr\xf6\xdfe\tGr\xf6\xdfe\tB1\t5\tDEFAULT\tActive"), "UTF-8")
	f.Add([]byte(heading+"\t\t\t\t\t\n\n\r\n\t\n"), "")
	f.Add([]byte("seller-sku\tquantity\tfulfillment-channel"), "Shift_JIS")
	f.Fuzz(func(t *testing.T, doc []byte, name string) {
		c := bare()
		r, err := c.openRows("fuzz", &document{Reader: bytes.NewReader(doc), charset: name}, "ATVPDKIKX0DER")
		if err != nil {
			return
		}
		good, bad := 0, 0
		for {
			row, err := r.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			e, sure, err := c.reportEntry(r, row)
			if err != nil {
				bad++
				if p := r.parked(row, err); p.ID == "" || !errors.Is(p.Err, channel.ErrInvalid) {
					t.Errorf("parked %+v", p)
				}
				continue
			}
			good++
			if h, ok := c.parseHandle(e.Ref); !ok || h != e.handle || e.Ref.SKU == "" || e.quantity != nil && *e.quantity < 0 {
				t.Errorf("%+v", e)
			}
			if !utf8.ValidString(e.Ref.SKU) || !utf8.ValidString(e.Title) {
				t.Errorf("%q, %q", e.Ref.SKU, e.Title)
			}
			if sure && strings.ContainsAny(e.Ref.SKU, "?\uFFFD") {
				t.Errorf("%q is sure", e.Ref.SKU)
			}
			if sure && !spells(row.cells[r.sku], e.Ref.SKU) {
				t.Errorf("%q is sure, and %q is written", e.Ref.SKU, row.cells[r.sku])
			}
		}
		if good+bad != r.rows {
			t.Errorf("%d rows, %d good and %d bad", r.rows, good, bad)
		}
	})
}

// Whatever a processing report says, it is mapped to lines that were sent, or to
// SKUs it names, each once.
func FuzzFeedReport(f *testing.F) {
	f.Add([]byte(`{"header":{"feedId":"1"},"issues":[{"messageId":1,"sku":"A","code":"1","severity":"ERROR","message":"no"}],"summary":{"messagesProcessed":2,"messagesAccepted":1}}`))
	f.Add([]byte(`{"issues":[{"severity":"ERROR","sku":"C"},{"messageId":-5,"severity":"ERROR"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		c := bare()
		c.feeds.Sent("feed 1", []channel.ListingRef{{ID: "A"}, {ID: "B"}})
		r, err := c.decodeFeedReport("ticket", bytes.NewReader(doc))
		if err != nil {
			return
		}
		var seen []channel.ListingID
		for _, res := range c.outcomes("ticket", "feed 1", "1", r) {
			if res.Listing.ID == "" || slices.Contains(seen, res.Listing.ID) {
				t.Errorf("%+v", res)
			}
			if refused := res.Result.State == channel.StockRefused; refused != (res.Result.Err != nil) {
				t.Errorf("%+v", res)
			}
			seen = append(seen, res.Listing.ID)
		}
		_ = wholeIssue(r)
	})
}

func TestCharsets(t *testing.T) {
	for _, c := range []struct {
		charset, cell, want string
		sure                bool
	}{
		{"Cp1252", "Gr\xf6\xdfe \x80", "Größe €", true},
		{"windows-1252", "plain", "plain", true},
		{"Cp1252", "Gr\xc3\xb6\xc3\x9fe", "GrÃ¶ÃŸe", false}, // UTF-8 that is called something else
		{"Cp1252", "a\x81b", "a\uFFFDb", false},
		{"UTF-8", "Größe", "Größe", true},
		{"UTF-8", "Gr\xf6\xdfe", "Gr\uFFFDe", false},
		{"utf_8", "WHAT?", "WHAT?", false},
		{"", "Größe", "Größe", false},
		{"Shift_JIS", "KANA-1", "KANA-1", true},
		{"Shift_JIS", "\x83\x4a", "\uFFFDJ", false},
	} {
		got, sure := charsetOf(c.charset).exact([]byte(c.cell))
		if got != c.want || sure != c.sure {
			t.Errorf("%s %q: %q, sure %t; want %q, %t", c.charset, c.cell, got, sure, c.want, c.sure)
		}
	}
	for _, c := range []struct {
		cell, sku string
		want      bool
	}{
		{"Gr\xf6\xdfe", "Größe", true}, {"?????-1", "Чашка-1", true}, {"?-1", "Чашка-1", true}, {"?-2", "Чашка-1", false}, {"A?", "A?", true}, {"A?", "AB", false},
	} {
		if got := spells([]byte(c.cell), c.sku); got != c.want {
			t.Errorf("%q spells %q: %t", c.cell, c.sku, got)
		}
	}
}

func TestIssueClasses(t *testing.T) {
	for _, c := range []struct {
		code, attribute, product string
		want                     error
	}{
		{"90220", "size", "SHIRT", channel.ErrInvalid},
		{"4000003", "", "SHIRT", channel.ErrStaleHandle},
		{"4000003", "", anyProduct, channel.ErrInvalid},
		{"1", "product_type", "SHIRT", channel.ErrStaleHandle},
		{"13013", "", "SHIRT", channel.ErrNotFound},
		{"1", "sku", "SHIRT", channel.ErrNotFound},
		{"", "", "", channel.ErrInvalid},
	} {
		if got := issueClass(c.code, []string{c.attribute}, c.product); !errors.Is(got, c.want) {
			t.Errorf("%s of %q under %q: %v, want %v", c.code, c.attribute, c.product, got, c.want)
		}
	}
}
