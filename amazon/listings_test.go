package amazon_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

func TestListings(t *testing.T) {
	const us, ca = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
	onAccount(t, accountConfig{Marketplaces: []string{us, ca}}, nil, func(r *rig) {
		for _, n := range []amazontest.NewProduct{
			{SKU: "MUG", Title: "A mug", ASIN: "B000000001", Price: "1", OnHand: 5, ProductType: "MUG"},
			{SKU: "OUT", Price: "1"},
			{SKU: "HIDDEN", Price: "1", OnHand: 3, Unlisted: true},
			{SKU: "FBA", Price: "1", OnHand: 9, ByAmazon: true},
			{SKU: "CANADA", Price: "1", OnHand: 2, Marketplace: []string{ca}},
		} {
			must(r.fake.AddProduct(n))
		}
		got := r.listings()
		if len(got) != 5 {
			r.Fatalf("%d listings", len(got))
		}
		mug := got["MUG"]
		if mug.UpdatedAt.IsZero() {
			r.Error("when it changed is not told")
		}
		mug.UpdatedAt = time.Time{}
		want := channel.Listing{
			Ref:     channel.ListingRef{ID: "MUG", SKU: "MUG", Handle: "DEFAULT/" + us + "/MUG"},
			Product: "B000000001", Title: "A mug", Status: "BUYABLE, DISCOVERABLE", Active: true, Tracked: true, FulfilledBy: channel.BySeller,
		}
		if diff := cmp.Diff(want, mug); diff != "" {
			r.Errorf("(-want +got):\n%s", diff)
		}
		for sku, c := range map[string]struct {
			handle          channel.Handle
			active, tracked bool
			by              channel.Fulfiller
		}{
			"OUT":    {"DEFAULT/" + us + "/PRODUCT", true, true, channel.BySeller},
			"HIDDEN": {"DEFAULT/" + us + "/PRODUCT", false, true, channel.BySeller},
			"FBA":    {"AMAZON_NA/" + us + "/PRODUCT", true, false, channel.ByMarketplace},
			"CANADA": {"DEFAULT/" + ca + "/PRODUCT", true, true, channel.BySeller},
		} {
			l := got[sku]
			if l.Ref.Handle != c.handle || l.Active != c.active || l.Tracked != c.tracked || l.FulfilledBy != c.by {
				r.Errorf("%+v", l)
			}
		}
		// One listing that is in Canada alone is changed there.
		r.wire.Taken()
		l := channel.StockLevel{Listing: got["CANADA"].Ref, Quantity: 4}
		r.is(r.set(l)[0], channel.StockAccepted, nil)
		if sent := r.wire.Taken()[0]; !strings.Contains(sent, ca) {
			r.Error(sent)
		}
		// One quantity in all marketplaces.
		r.is(r.set(channel.StockLevel{Listing: mug.Ref, Quantity: 8})[0], channel.StockAccepted, nil)
		pass(time.Minute)
		r.shows("MUG", 8)
		page := must(r.ch.StockPage(r.Context(), channel.StockQuery{}))
		shown := map[string]int64{}
		for _, l := range page.Items {
			shown[l.Listing.SKU] = l.Quantity
		}
		if diff := cmp.Diff(map[string]int64{"MUG": 8, "OUT": 0, "HIDDEN": 3, "FBA": 9, "CANADA": 4}, shown); diff != "" {
			r.Errorf("stock (-want +got):\n%s", diff)
		}
	})
}

// Listings that changed are found in any number, in slices of what paging
// reaches.
func TestListingsThatChanged(t *testing.T) {
	onAccount(t, accountConfig{Quota: 100}, nil, func(r *rig) {
		r.product("OLD", 1)
		pass(time.Hour)
		since := time.Now()
		const n = 1_100
		for i := range n {
			if i%50 == 0 {
				pass(time.Second)
			}
			r.product(fmt.Sprintf("SKU-%04d", i), 1)
		}
		pass(time.Hour)
		seen := map[string]bool{}
		for p, err := range channel.ListingPages(r.Context(), r.ch, channel.ListingQuery{Since: since}) {
			check(r, err)
			for _, l := range p.Items {
				seen[l.Ref.SKU] = true
			}
			if p.Next == "" && (p.Through.IsZero() || p.Through.After(time.Now())) {
				r.Errorf("through %s", p.Through)
			}
		}
		if len(seen) != n || seen["OLD"] {
			r.Errorf("%d of %d listings changed", len(seen), n)
		}
		if r.calls("createReport") > 0 {
			r.Error("a report for so few")
		}
	})
}

// A listing that does not decode is set aside, and the rest of its page stands.
func TestListingsThatAreOdd(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for i := range 6 {
			r.product(fmt.Sprintf("SKU-%d", i), 5)
		}
		const summary = `"summaries":[{"marketplaceId":"ATVPDKIKX0DER","asin":"B1","productType":"a/b","status":["SLEEPING"],"itemName":"x"}]`
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if !strings.HasPrefix(req.URL.Path, "/listings/") {
					return nil
				}
				return answer(200, "application/json", `{"numberOfResults":6,"items":[
					{"sku":"BAD","fulfillmentAvailability":[{"fulfillmentChannelCode":"DEFAULT","quantity":"many"}]},
					{"fulfillmentAvailability":[]},
					7,
					{"sku":"PARENT",`+summary+`},
					{"sku":"SERVICE",`+summary+`,"fulfillmentAvailability":[{"fulfillmentChannelCode":"DEFAULT","quantity":3},{"fulfillmentChannelCode":"SHOP_1"}]},
					{"sku":"GOOD",`+summary+`,"fulfillmentAvailability":[{"fulfillmentChannelCode":"DEFAULT","quantity":4}]}]}`)
			}
		})
		page := must(r.ch.ListingPage(r.Context(), channel.ListingQuery{}))
		if len(page.Items) != 3 || len(page.Parked) != 3 || page.Parked[0].ID != "BAD" || !errors.Is(page.Parked[0].Err, channel.ErrInvalid) {
			r.Fatalf("%+v\n%+v", page.Items, page.Parked)
		}
		for i, by := range []channel.Fulfiller{channel.BySeller, channel.ByOther, channel.BySeller} {
			if l := page.Items[i]; l.FulfilledBy != by || l.Tracked != (i == 2) || l.Status != "SLEEPING" {
				r.Errorf("%+v", l)
			}
		}
		if h := page.Items[2].Ref.Handle; h != "DEFAULT/ATVPDKIKX0DER/" {
			r.Errorf("handle %q", h)
		}
		stock := must(r.ch.StockPage(r.Context(), channel.StockQuery{}))
		if len(stock.Items) != 1 || stock.Items[0].Quantity != 4 {
			r.Errorf("%+v", stock.Items)
		}
		// An answer that is no list is no empty catalogue.
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if strings.HasPrefix(req.URL.Path, "/listings/") {
					return answer(200, "application/json", `{"numberOfResults":6,"items":{}}`)
				}
				return nil
			}
		})
		if _, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{}); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("no list: %v", err)
		}
	})
}

func TestListingsBySKU(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for _, sku := range odd {
			r.product(sku, 1)
		}
		page := must(r.ch.ListingPage(r.Context(), channel.ListingQuery{SKUs: append([]string{"NONE", "", "no,ne"}, odd...)}))
		var got []string
		for _, l := range page.Items {
			got = append(got, l.Ref.SKU)
		}
		if diff := cmp.Diff(odd, got); diff != "" {
			r.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// reportWalk walks a catalogue as an engine does: it waits when it is told to.
func (r *rig) reportWalk(limit int) (got map[string]channel.Listing, parked []channel.Parked, waits int) {
	r.Helper()
	got = map[string]channel.Listing{}
	q := channel.ListingQuery{Limit: limit}
	for pages := 0; ; pages++ {
		if pages > 2_000 {
			r.Fatal("the walk has no end")
		}
		page, err := r.ch.ListingPage(r.Context(), q)
		if errors.Is(err, channel.ErrThrottled) && channel.RetryAfter(err) > 0 {
			waits++
			pass(channel.RetryAfter(err))
			continue
		}
		check(r, err)
		for _, l := range page.Items {
			got[l.Ref.SKU] = l
		}
		parked = append(parked, page.Parked...)
		if page.Next == "" {
			if page.Through.IsZero() || time.Since(page.Through) < 6*time.Hour {
				r.Errorf("through %s: a report may be six hours old", page.Through)
			}
			return got, parked, waits
		}
		q.After = page.Next
	}
}

// fill adds more listings than paging reaches.
func (r *rig) fill() int {
	for i := range 1_001 {
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: fmt.Sprintf("SKU-%04d", i), Price: "1", OnHand: int64(i)}))
	}
	return 1_001
}

func TestListingsOfALargeCatalogue(t *testing.T) {
	lossy := []string{"Чашка", "Чайник", "чашка 50%", "WHAT?", "杯子", "Größe"}
	for name, account := range map[string]accountConfig{
		"Windows-1252":               {},
		"UTF-8":                      {ReportCharset: "UTF-8"},
		"unpacked":                   {PlainDocuments: true},
		"packed, and does not say":   {HideCompression: true},
		"headings in another tongue": {LocalHeadings: true},
		"Amazon's rows have numbers": {Believed: amazontest.Believed{AmazonRowsCounted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			account.Quota = 20
			onAccount(t, account, nil, func(r *rig) {
				n := r.fill()
				for _, sku := range lossy {
					r.product(sku, 3)
				}
				must(r.fake.AddProduct(amazontest.NewProduct{SKU: "FBA", Price: "1", OnHand: 9, ByAmazon: true}))
				must(r.fake.AddProduct(amazontest.NewProduct{SKU: "HIDDEN", Price: "1", OnHand: 9, Unlisted: true}))
				got, parked, waits := r.reportWalk(400)
				if len(got) != n+len(lossy)+2 || len(parked) > 0 || waits == 0 {
					r.Errorf("%d listings, %d parked, waited %d times", len(got), len(parked), waits)
				}
				for _, sku := range lossy {
					if l := got[sku]; l.Ref.Handle == "" || !l.Tracked {
						r.Errorf("%q: %+v", sku, l)
					}
				}
				if l := got["SKU-0007"]; l.Ref.Handle != "DEFAULT/ATVPDKIKX0DER/" || !l.Active || !l.Tracked || l.Product == "" || l.Title != "SKU-0007" {
					r.Errorf("%+v", l)
				}
				if l := got["SKU-0000"]; !l.Active || !l.Tracked {
					r.Errorf("out of stock: %+v", l)
				}
				if l := got["HIDDEN"]; l.Active {
					r.Errorf("not for sale: %+v", l)
				}
				if l := got["FBA"]; l.Tracked || l.FulfilledBy != channel.ByMarketplace || l.Ref.Handle != "AMAZON_NA/ATVPDKIKX0DER/" {
					r.Errorf("%+v", l)
				}
				if k := r.calls("createReport", "getReportDocument"); k != 2 {
					r.Errorf("%d calls for one report", k)
				}
				// What a report tells is enough to write.
				r.is(r.set(channel.StockLevel{Listing: got["Чашка"].Ref, Quantity: 8})[0], channel.StockAccepted, nil)
				pass(time.Minute)
				r.shows("Чашка", 8)
			})
		})
	}
}

// A charset that the bytes are not in makes no false SKU.
func TestReportSaysAnotherCharset(t *testing.T) {
	for name, c := range map[string]struct{ is, says string }{
		"UTF-8 called Windows-1252": {"UTF-8", "Cp1252"},
		"Windows-1252 called UTF-8": {"Cp1252", "UTF-8"},
		"a charset nobody knows":    {"Cp1252", "EBCDIC-DE"},
		"none":                      {"UTF-8", ""},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{ReportCharset: c.is, Quota: 20}, nil, func(r *rig) {
				r.fill()
				r.product("Größe", 3)
				r.fake.ReportFault(amazontest.ReportFault{Says: c.says})
				got, parked, _ := r.reportWalk(0)
				if l := got["Größe"]; l.Ref.ID != "Größe" || len(got) != 1_002 || len(parked) > 0 {
					r.Errorf("%d listings, parked %v, %+v", len(got), parked, l)
				}
			})
		})
	}
}

func TestReportsThatFail(t *testing.T) {
	onAccount(t, accountConfig{Quota: 20}, nil, func(r *rig) {
		n := r.fill()
		walk := func() error {
			q := channel.ListingQuery{}
			for {
				page, err := r.ch.ListingPage(r.Context(), q)
				if errors.Is(err, channel.ErrThrottled) {
					pass(channel.RetryAfter(err))
					continue
				}
				if err != nil || page.Next == "" {
					return err
				}
				q.After = page.Next
			}
		}
		for name, fault := range map[string]amazontest.ReportFault{
			"fatal": {Fatal: true}, "cancelled, though there are listings": {Cancel: true},
		} {
			r.fake.ReportFault(fault)
			if err := walk(); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("%s: %v", name, err)
			}
		}
		r.fake.Fault(amazontest.Fault{Kind: amazontest.DropAfter, Op: "createReport"})
		before := r.calls("createReport")
		check(r, walk())
		if k := r.calls("createReport") - before; k != 1 {
			r.Errorf("a lost answer: %d reports were asked for", k)
		}
		r.fake.Fault(amazontest.Fault{Kind: amazontest.DropBefore, Op: "createReport"})
		if err := walk(); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("a lost request: %v", err)
		}
		// A download that breaks off is asked for again.
		cut := true
		r.wire.Set(func(w *wire) {
			w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
				if cut && strings.HasPrefix(req.URL.Path, "/documents/") {
					return status, body[:len(body)/2]
				}
				return status, body
			}
		})
		if err := walk(); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("a cut document: %v", err)
		}
		cut = false
		got, _, _ := r.reportWalk(0)
		if len(got) != n {
			r.Errorf("%d listings", len(got))
		}
		// Columns that are not those asked for are no empty catalogue.
		r.wire.Set(func(w *wire) {
			w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
				if strings.HasPrefix(req.URL.Path, "/documents/") {
					return status, []byte("Artikel\tMenge\r\nA\t1\r\n")
				}
				return status, body
			}
		})
		if err := walk(); !errors.Is(err, channel.ErrInvalid) {
			r.Errorf("other columns: %v", err)
		}
	})
}

// A download that stands still is given up, wherever it does.
func TestDownloadsThatStall(t *testing.T) {
	for _, sent := range []string{"", "\x1f\x8b", "item-name\tseller-sku\tasin1\tquantity\tfulfillment-channel\tstatus\r\nMug\tA\tB1\t5\tDEFAULT\tActive\r\n"} {
		onAccount(t, accountConfig{Quota: 20}, nil, func(r *rig) {
			r.fill()
			job := must(r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillListings}))
			pass(time.Hour)
			stored(r, func() *http.Response {
				body, feed := io.Pipe()
				go func() { _, _ = io.WriteString(feed, sent) }() // and no more
				resp := answer(200, "text/plain; charset=UTF-8", "")
				resp.Body = body
				return resp
			})
			began := time.Now()
			var failed error
			for _, err := range r.ch.BackfillListings(r.Context(), job) {
				if err != nil {
					failed = err
				}
			}
			if d := time.Since(began); !errors.Is(failed, channel.ErrUnavailable) || d > 2*time.Minute {
				r.Errorf("after %q: %v in %s", sent, failed, d)
			}
		})
	}
}

// A request that was lost before it arrived is not taken for another program's
// report, whose headings may be in another language.
func TestLostReportAmongOthers(t *testing.T) {
	onAccount(t, accountConfig{Quota: 20, LocalHeadings: true}, nil, func(r *rig) {
		n := r.fill()
		r.fake.Fault(amazontest.Fault{Kind: amazontest.DropBefore, Op: "createReport"})
		must(r.fake.EnqueueReport("GET_MERCHANT_LISTINGS_ALL_DATA", "ATVPDKIKX0DER"))
		got, parked, _ := r.reportWalk(0)
		if len(got) != n || len(parked) > 0 {
			r.Errorf("%d listings, %d parked", len(got), len(parked))
		}
		r.fake.Fault(amazontest.Fault{Kind: amazontest.DropBefore, Op: "createReport"})
		must(r.fake.EnqueueReport("GET_MERCHANT_LISTINGS_ALL_DATA", "ATVPDKIKX0DER"))
		if job, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillListings}); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("%q, %v", job, err)
		}
	})
}

// rowsOf answers downloads with rows of its own under the columns that matter.
func rowsOf(rows string) func(*http.Request, int, []byte) (int, []byte) {
	return func(req *http.Request, status int, body []byte) (int, []byte) {
		if strings.HasPrefix(req.URL.Path, "/documents/") {
			return status, []byte("\xef\xbb\xbfitem-name\tseller-sku\tasin1\tquantity\tfulfillment-channel\tstatus\r\n" + rows)
		}
		return status, body
	}
}

func TestRowsThatAreBad(t *testing.T) {
	const sjis = "\x83\x4a\x83\x62\x83\x76" // a title in another charset
	onAccount(t, accountConfig{Quota: 20}, nil, func(r *rig) {
		r.fill()
		r.wire.Set(func(w *wire) {
			w.Bend = rowsOf("Mug\tGOOD\tB1\t5\tDEFAULT\tActive\r\n" +
				"a name with\r\na line feed\tBROKEN\tB1\t5\tDEFAULT\tActive\r\n" +
				"one more\tcell\tTABBED\tB1\t5\tDEFAULT\tActive\r\n" +
				"no sku\t\tB1\t5\tDEFAULT\tActive\r\n" +
				"no shipper\tNOBODY\tB1\t5\t\tActive\r\n" +
				"no number\tWORDS\tB1\tfive\tDEFAULT\tActive\r\n" +
				"negative\tMINUS\tB1\t-5\tDEFAULT\tActive\r\n" +
				strings.Repeat("x", 2<<20) + "\tLONG\tB1\t5\tDEFAULT\tActive\r\n" +
				"parent\tPARENT\tB1\t\tDEFAULT\tActive\r\n" +
				"lost\tL?ST\tB404\t5\tDEFAULT\tActive\r\n" +
				sjis + "\tKANA\tB1\t5\tDEFAULT\tActive\r\n" +
				"\r\nlast\tLAST\tB1\t0\tDEFAULT\tInactive")
		})
		got, parked, _ := r.reportWalk(0)
		for _, sku := range []string{"GOOD", "BROKEN", "PARENT", "KANA", "LAST"} {
			if got[sku].Ref.SKU != sku {
				r.Errorf("%s is missing", sku)
			}
		}
		if len(got) != 5 || got["PARENT"].Tracked || !got["LAST"].Active {
			r.Errorf("%+v", got)
		}
		if len(parked) != 8 {
			r.Errorf("%d rows are parked", len(parked))
		}
		for _, p := range parked {
			if p.ID == "" || !errors.Is(p.Err, channel.ErrInvalid) || len(p.Raw) == 0 || len(p.Raw) > 64<<10 {
				r.Errorf("%q, %d bytes: %v", p.ID, len(p.Raw), p.Err)
			}
		}
	})
}

// Of several marketplaces the main one's word stands, and each SKU is one
// listing.
func TestReportsOfSeveralMarketplaces(t *testing.T) {
	const de, fr = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
	onAccount(t, accountConfig{Marketplaces: []string{de, fr}, Quota: 20}, nil, func(r *rig) {
		n := r.fill()
		must(r.fake.AddProduct(amazontest.NewProduct{SKU: "FRANCE", Price: "1", OnHand: 2, Marketplace: []string{fr}}))
		got, _, _ := r.reportWalk(0)
		if len(got) != n+1 || got["SKU-0001"].Ref.Handle != "DEFAULT/"+de+"/" || got["FRANCE"].Ref.Handle != "DEFAULT/"+fr+"/" {
			r.Errorf("%d listings, %+v, %+v", len(got), got["SKU-0001"].Ref, got["FRANCE"].Ref)
		}
		job := must(r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillListings}))
		pass(time.Hour)
		times := map[channel.ListingID]int{}
		for p, err := range r.ch.BackfillListings(r.Context(), job) {
			check(r, err)
			for _, l := range p.Items {
				times[l.Ref.ID]++
			}
		}
		if len(times) != n+1 || times["SKU-0001"] != 1 {
			r.Errorf("%d listings, one of them %d times", len(times), times["SKU-0001"])
		}
	})
}

func TestStockOfALargeCatalogue(t *testing.T) {
	onAccount(t, accountConfig{Quota: 20}, nil, func(r *rig) {
		n := r.fill()
		for i := range 60 {
			must(r.fake.AddProduct(amazontest.NewProduct{SKU: fmt.Sprintf("FBA-%02d", i), Price: "1", OnHand: 7, ByAmazon: true}))
		}
		walk := func() map[string]int64 {
			got := map[string]int64{}
			q := channel.StockQuery{}
			for {
				page, err := r.ch.StockPage(r.Context(), q)
				if errors.Is(err, channel.ErrThrottled) {
					pass(channel.RetryAfter(err))
					continue
				}
				check(r, err)
				for _, l := range page.Items {
					got[l.Listing.SKU] = l.Quantity
				}
				if page.Next == "" {
					if page.Through.IsZero() {
						r.Error("no watermark")
					}
					return got
				}
				q.After = page.Next
			}
		}
		if got := walk(); len(got) != n+60 || got["SKU-0500"] != 500 || got["FBA-59"] != 7 {
			r.Errorf("%d levels", len(got))
		}
		job := must(r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillStock}))
		pass(time.Hour)
		got := map[string]int64{}
		var through time.Time
		for p, err := range r.ch.BackfillStock(r.Context(), job) {
			check(r, err)
			through = p.Through
			for _, l := range p.Items {
				got[l.Listing.SKU] = l.Quantity
			}
		}
		if len(got) != n+60 || through.IsZero() {
			r.Errorf("%d levels, through %s", len(got), through)
		}
		// Without the role there is nothing to tell of what Amazon holds.
		r.fake.SetRoles(amazontest.RoleInventory, amazontest.RoleListing)
		if got := walk(); len(got) != n {
			r.Errorf("%d levels without the role", len(got))
		}
	})
}

func TestListingCursorsThatAreNone(t *testing.T) {
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		for _, bad := range []channel.Cursor{"x", "e30", "eyJrIjoibGlzdGluZ3MifQ"} {
			if _, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{After: bad}); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("%q: %v", bad, err)
			}
			if _, err := r.ch.StockPage(r.Context(), channel.StockQuery{After: bad}); !errors.Is(err, channel.ErrCursor) {
				r.Errorf("%q: %v", bad, err)
			}
		}
		if _, err := r.ch.StartBackfill(r.Context(), channel.BackfillQuery{Kind: channel.BackfillOrders}); !errors.Is(err, errors.ErrUnsupported) {
			r.Error(err)
		}
		for _, bad := range []channel.Ticket{"", "feed 1", "reports listings x 1", "reports listings 1 1,2"} {
			if _, err := r.ch.BackfillState(r.Context(), bad); !errors.Is(err, channel.ErrInvalid) {
				r.Errorf("%q: %v", bad, err)
			}
		}
	})
}
