package amazontest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func reportSpec(kind string) object {
	return object{"reportType": kind, "marketplaceIds": []string{us}}
}

// report makes a report and waits for its end.
func (c *client) report(spec object) reply {
	c.t.Helper()
	id := c.do(http.MethodPost, reportsPath, spec).want(http.StatusAccepted).text("reportId")
	time.Sleep(2 * time.Minute)
	return c.get(reportsPath + "/" + id).want(200)
}

// table downloads a report, one row a line.
func (c *client) table(r reply) (rows [][]string, ctype string) {
	c.t.Helper()
	doc := c.get(reportDocsPath + "/" + r.text("reportDocumentId")).want(200)
	got := c.storageCall(http.MethodGet, doc.text("url"), "", nil).want(200)
	if bytes.HasPrefix(got.body, []byte{0x1f, 0x8b}) {
		got.body = must(io.ReadAll(must(gzip.NewReader(bytes.NewReader(got.body)))))
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(got.body), "\r\n"), "\r\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows, got.header.Get("Content-Type")
}

func TestAReportRunsItsCourse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour, Rates: map[string]Rate{"cancelReport": {1, 10}}})
		c := newClient(t, f)
		must(f.AddProduct(NewProduct{SKU: "GONE", Title: "Sold\tout", OnHand: 0}))
		id := c.do(http.MethodPost, reportsPath, reportSpec(reportAll)).want(202).text("reportId")
		state := func(want string) {
			t.Helper()
			if got := c.get(reportsPath + "/" + id).want(200).text("processingStatus"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		state("IN_QUEUE")
		time.Sleep(30 * time.Second)
		state("IN_PROGRESS")
		c.do(http.MethodDelete, reportsPath+"/"+id, nil).want(400)
		must(f.PlaceOrder(mugs(4))) // a report tells how it is when it is made
		time.Sleep(30 * time.Second)
		state("DONE")
		must(f.PlaceOrder(mugs(1)))
		rows, ctype := c.table(c.get(reportsPath + "/" + id))
		if ctype != "text/plain; charset=Cp1252" || len(rows) != 4 {
			t.Fatalf("%s, %q", ctype, rows)
		}
		cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
		for _, tc := range []struct {
			row          int
			column, want string
		}{
			{1, "seller-sku", "MUG"},
			{1, "quantity", "6"},
			{1, "fulfillment-channel", "DEFAULT"},
			{1, "status", "Active"},
			{1, "price", "12.50"},
			{1, "asin1", "B000000001"},
			{2, "quantity", ""},
			{2, "fulfillment-channel", "AMAZON_NA"},
			{3, "item-name", "Sold out"},
			{3, "status", "Inactive"},
			{3, "quantity", "0"},
			{1, "item-description", ""},
		} {
			if got := cell(tc.row, tc.column); got != tc.want {
				t.Errorf("%s of row %d: %q, want %q", tc.column, tc.row, got, tc.want)
			}
		}
		old := c.get(reportsPath + "/" + id).text("reportDocumentId")
		id = c.do(http.MethodPost, reportsPath, reportSpec(reportAll)).want(202).text("reportId")
		c.do(http.MethodDelete, reportsPath+"/"+id, nil).want(200)
		state("CANCELLED")
		time.Sleep(time.Hour)
		state("CANCELLED")
		rows, _ = c.table(c.report(reportSpec(reportOpen)))
		if !slices.Equal(rows[0], openColumns) || len(rows) != 3 {
			t.Errorf("open listings %q", rows)
		}
		if rows, _ = c.table(c.report(reportSpec(reportActive))); len(rows) != 3 {
			t.Errorf("active listings %q", rows)
		}
		time.Sleep(resultsKept)
		c.login()
		c.get(reportDocsPath + "/" + old).want(404)
	})
}

func TestReportsHaveACharset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for charset, want := range map[string]string{"": "Gr\xf6\xdfe \x80 ??", "UTF-8": "Größe € カ🫖"} {
			f := New(Config{ReportCharset: charset})
			must(f.AddProduct(NewProduct{SKU: "A", Title: "Größe € カ🫖", OnHand: 1}))
			c := newClient(t, f)
			rows, ctype := c.table(c.report(reportSpec(reportAll)))
			if rows[1][0] != want || !strings.HasSuffix(ctype, f.cfg.ReportCharset) {
				t.Errorf("%q in %s", rows[1][0], ctype)
			}
		}
		f := New(Config{})
		must(f.AddProduct(NewProduct{SKU: "A", Title: "Größe", OnHand: 1}))
		f.ReportFault(ReportFault{Says: "UTF-8"})
		c := newClient(t, f)
		if rows, ctype := c.table(c.report(reportSpec(reportAll))); rows[1][0] != "Gr\xf6\xdfe" || !strings.HasSuffix(ctype, "UTF-8") {
			t.Errorf("%q in %s", rows[1][0], ctype)
		}
		f = New(Config{LocalHeadings: true, PlainDocuments: true, Believed: Believed{AmazonRowsCounted: true}})
		must(f.AddProduct(NewProduct{SKU: "A", OnHand: 1, ByAmazon: true}))
		c = newClient(t, f)
		if rows, _ := c.table(c.report(reportSpec(reportAll))); rows[0][3] != "H\xe4ndler-SKU" || rows[1][5] != "1" {
			t.Errorf("headings %q", rows[0])
		}
		spec := reportSpec(reportAll)
		spec["reportOptions"] = object{"preferredReportDocumentLocale": "en_US"}
		if rows, _ := c.table(c.report(spec)); rows[0][3] != "seller-sku" {
			t.Errorf("headings %q", rows[0])
		}
	})
}

func TestReportMoods(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{ReportCache: time.Hour, TokenLifetime: 1000 * time.Hour})
		c := newClient(t, f)
		if r := c.report(reportSpec(reportAll)); r.text("processingStatus") != "CANCELLED" || r.at("reportDocumentId") != nil {
			t.Errorf("nothing to tell: %s", r.body)
		}
		must(f.AddProduct(NewProduct{SKU: "A", OnHand: 1}))
		f.ReportFault(ReportFault{Fatal: true})
		f.ReportFault(ReportFault{Cancel: true})
		f.ReportFault(ReportFault{Stick: true})
		f.ReportFault(ReportFault{Run: time.Hour})
		f.ReportFault(ReportFault{After: 1, Times: -1, Fatal: true})
		for _, want := range []string{"FATAL", "CANCELLED", "IN_PROGRESS", "IN_PROGRESS", "DONE", "FATAL", "FATAL"} {
			if r := c.report(reportSpec(reportAll)); r.text("processingStatus") != want {
				t.Errorf("%s, want %s", r.text("processingStatus"), want)
			}
		}
		f.reports.faults = nil
		first := c.report(reportSpec(reportAll))
		must(f.AddProduct(NewProduct{SKU: "B", OnHand: 1}))
		if second := c.report(reportSpec(reportAll)); second.text("reportDocumentId") != first.text("reportDocumentId") {
			t.Error("not from the cache")
		}
		time.Sleep(time.Hour)
		if rows, _ := c.table(c.report(reportSpec(reportAll))); len(rows) != 3 {
			t.Errorf("rows %q", rows)
		}
	})
}

func TestCreateReportRefuses(t *testing.T) {
	f := New(Config{})
	c := newClient(t, f)
	for name, body := range map[string]object{
		"unknown type": reportSpec("X"), "no marketplace": {"reportType": reportAll, "marketplaceIds": []string{}},
		"foreign marketplace": {"reportType": reportAll, "marketplaceIds": []string{ca}},
		"bad date":            {"reportType": reportAll, "marketplaceIds": []string{us}, "dataStartTime": "yesterday"},
		"unknown field":       {"reportType": reportAll, "marketplaceIds": []string{us}, "x": 1},
	} {
		if r := c.do(http.MethodPost, reportsPath, body); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	spec := reportSpec(reportAll)
	spec["dataStartTime"], spec["dataEndTime"] = "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"
	id := c.do(http.MethodPost, reportsPath, spec).want(202).text("reportId")
	c.get(reportsPath + "/" + id).want(200).says("2020-01-02T00:00:00Z")
	c.get(reportsPath + "/7").want(404)
	c.get(reportDocsPath + "/x").want(404)
	c.get(reportDocsPath + "/x" + query("enableContentEncodingUrlHeader", "x")).want(400)
	c.do(http.MethodPost, reportsPath, spec).want(202)
	r := c.get(reportsPath + query("reportTypes", reportAll, "pageSize", "1")).want(200)
	r = c.get(reportsPath + query("nextToken", r.text("nextToken"))).want(200)
	if r.text("reports.0.reportId") != id || r.at("nextToken") != nil {
		t.Errorf("body %s", r.body)
	}
	c.get(reportsPath).want(400)
}

// A report's text is never whole in the fake: it is written row by row when it
// is read.
func TestALargeReportTakesLittleMemory(t *testing.T) {
	const listings = 100000
	f := New(Config{ReportRun: -1})
	for i := range listings {
		must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("SKU-%06d", i), Title: "A listing with a title of some length, as they have", OnHand: int64(i % 100)}))
	}
	s := must(f.Serve(""))
	defer func() { _ = s.Close() }()
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	c := unheld(t, f)
	c.rt, c.root = tr, s.URL
	id := c.do(http.MethodPost, reportsPath, reportSpec(reportAll)).want(202).text("reportId")
	doc := c.get(reportDocsPath + "/" + c.get(reportsPath+"/"+id).want(200).text("reportDocumentId")).want(200)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, doc.text("url"), nil))
	resp := must(tr.RoundTrip(req))
	defer func() { _ = resp.Body.Close() }()
	n := must(io.Copy(io.Discard, must(gzip.NewReader(resp.Body))))
	runtime.ReadMemStats(&after)
	took, grown := time.Since(start), after.TotalAlloc-before.TotalAlloc
	t.Logf("%d bytes in %v, %d allocated", n, took, grown)
	if n < listings*100 || grown > 16<<20 {
		t.Errorf("%d bytes, %d allocated", n, grown)
	}
}
