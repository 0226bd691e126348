package amazontest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	reportsPath    = "/reports/2021-06-30/reports"
	reportDocsPath = "/reports/2021-06-30/documents"
	reportFinished = "REPORT_PROCESSING_FINISHED"
	firstReport    = 60012019000

	// Reports the fake makes.
	reportAll    = "GET_MERCHANT_LISTINGS_ALL_DATA"
	reportActive = "GET_MERCHANT_LISTINGS_DATA"
	reportOpen   = "GET_FLAT_FILE_OPEN_LISTINGS_DATA"
)

var (
	reportTypes = []string{reportAll, reportActive, reportOpen}

	reportRoutes = []route{
		{
			op: "createReport", method: http.MethodPost, path: reportsPath, plan: Rate{0.0167, 15}, roles: feeders, handle: (*Fake).createReport,
			has401: true, badCode: code400,
		},
		{
			op: "getReports", method: http.MethodGet, path: reportsPath, plan: Rate{0.0222, 10}, roles: feeders, query: workFilters("reportTypes"),
			handle: (*Fake).getReports, has401: true, badCode: code400,
		},
		{
			op: "getReport", method: http.MethodGet, path: reportsPath + "/{reportId}", plan: Rate{2, 15}, roles: feeders,
			handle: withReport((*Fake).getReport), has401: true, badCode: code400,
		},
		{
			op: "cancelReport", method: http.MethodDelete, path: reportsPath + "/{reportId}", plan: Rate{0.0222, 10}, roles: feeders,
			handle: withReport((*Fake).cancelReport), has401: true, badCode: code400,
		},
		{
			op: "getReportDocument", method: http.MethodGet, path: reportDocsPath + "/{reportDocumentId}", plan: Rate{0.0167, 15}, roles: feeders,
			query: []string{"enableContentEncodingUrlHeader"}, handle: (*Fake).getReportDocument, has401: true, badCode: code400,
		},
	}
)

// report is a report as the account keeps it.
type report struct {
	number                  int
	id, kind                string
	market                  *marketplace
	locale                  string
	from, to                time.Time
	status                  Work
	created, started, ended time.Time
	doc                     *document
	fault                   ReportFault
}

type reportBook struct {
	all    []*report
	faults []*ReportFault
	last   map[string]*report // done ones, by type, marketplace and language
}

func (b *reportBook) find(id string) *report {
	n, err := strconv.Atoi(id)
	if err != nil || n <= firstReport || n > firstReport+len(b.all) {
		return nil
	}
	return b.all[n-firstReport-1]
}

// ReportFault is what befalls reports to come.
type ReportFault struct {
	After int // reports let through first
	Times int // reports struck; 0 means 1, -1 all

	Fatal  bool          // it ends FATAL
	Cancel bool          // it ends CANCELLED though there are rows
	Stick  bool          // it never ends
	Run    time.Duration // it runs so much longer
	Says   string        // the charset its Content-Type names, whatever the bytes are
}

// ReportFault puts a fault in force.
func (f *Fake) ReportFault(ft ReportFault) {
	f.lock()
	defer f.mu.Unlock()
	if ft.Times == 0 {
		ft.Times = 1
	}
	f.reports.faults = append(f.reports.faults, &ft)
}

func (f *Fake) nextReportFault() ReportFault {
	for _, ft := range f.reports.faults {
		switch {
		case ft.Times == 0:
			continue
		case ft.After > 0:
			ft.After--
			continue
		case ft.Times > 0:
			ft.Times--
		}
		return *ft
	}
	return ReportFault{}
}

func withReport(handle func(f *Fake, c *call, r *report) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		r := f.reports.find(c.vars[0])
		if r == nil || c.now.Sub(r.created) > feedsListed {
			return notFound("Report %s is not found.", c.vars[0])
		}
		return handle(f, c, r)
	}
}

type reportBody struct {
	ReportType     string            `json:"reportType"`
	MarketplaceIDs []string          `json:"marketplaceIds"`
	ReportOptions  map[string]string `json:"reportOptions"`
	DataStartTime  *time.Time        `json:"dataStartTime"`
	DataEndTime    *time.Time        `json:"dataEndTime"`
}

func (f *Fake) createReport(c *call) answer {
	var in reportBody
	if a, refused := c.read(&in); refused {
		return a
	}
	switch {
	case !slices.Contains(reportTypes, in.ReportType):
		return c.invalid("Invalid input: reportType")
	case len(in.MarketplaceIDs) != 1 || !f.sellsOn(in.MarketplaceIDs[0]): // these reports are of one marketplace
		return c.invalid("Invalid input: marketplaceIds")
	}
	r := &report{
		kind: in.ReportType, market: marketplaceByID[in.MarketplaceIDs[0]],
		locale: in.ReportOptions["preferredReportDocumentLocale"], fault: f.nextReportFault(),
	}
	r.created = f.round(c.now)
	r.from, r.to = r.created, r.created
	if in.DataStartTime != nil {
		r.from = *in.DataStartTime
	}
	if in.DataEndTime != nil {
		r.to = *in.DataEndTime
	}
	f.addReport(r, c.now)
	return answer{status: http.StatusAccepted, body: map[string]string{"reportId": r.id}}
}

// EnqueueReport has another program of the seller's ask for a report of a
// marketplace, without naming a language for its headings.
func (f *Fake) EnqueueReport(reportType, marketplaceID string) (string, error) {
	now := f.lock()
	defer f.mu.Unlock()
	if !slices.Contains(reportTypes, reportType) || !f.sellsOn(marketplaceID) {
		return "", fmt.Errorf("amazontest: no report %q of marketplace %q", reportType, marketplaceID)
	}
	r := &report{kind: reportType, market: marketplaceByID[marketplaceID], created: f.round(now)}
	r.from, r.to = r.created, r.created
	f.addReport(r, now)
	return r.id, nil
}

// addReport begins a report.
func (f *Fake) addReport(r *report, now time.Time) {
	r.number, r.status = len(f.reports.all)+1, InQueue
	r.id = strconv.Itoa(firstReport + r.number)
	f.reports.all = append(f.reports.all, r)
	run := f.cfg.ReportRun
	f.due.Add(now.Add(run/2), func(at time.Time) {
		if r.status == InQueue {
			r.status, r.started = InProgress, f.round(at)
		}
	})
	if !r.fault.Stick {
		f.due.Add(now.Add(run+r.fault.Run), func(at time.Time) {
			if r.status == InProgress {
				f.finishReport(r, at)
			}
		})
	}
}

// finishReport ends a report. One without rows is CANCELLED.
func (f *Fake) finishReport(r *report, at time.Time) {
	r.ended = f.round(at)
	var table *reportTable
	key := r.kind + " " + r.market.id + " " + r.locale
	if last := f.reports.last[key]; last != nil && at.Sub(last.ended) < f.cfg.ReportCache {
		r.doc = last.doc
	} else {
		table = f.reportTable(r)
	}
	switch {
	case r.fault.Fatal:
		r.status, r.doc = Fatal, nil
	case r.fault.Cancel, r.doc == nil && len(table.rows) == 0:
		r.status, r.doc = Stopped, nil
	default:
		r.status = Done
		if r.doc == nil {
			charset := f.cfg.ReportCharset
			if r.fault.Says != "" {
				charset = r.fault.Says
			}
			r.doc = f.addDocument(&document{ctype: "text/plain; charset=" + charset, write: table.write}, at)
			f.reports.last[key] = r
		}
	}
	result := ""
	if r.doc != nil {
		result = r.doc.id
	}
	f.workFinished(reportFinished, r.id, r.kind, r.status, result, at)
}

type reportInfoJSON struct {
	ReportID            string   `json:"reportId"`
	ReportType          string   `json:"reportType"`
	MarketplaceIDs      []string `json:"marketplaceIds"`
	DataStartTime       string   `json:"dataStartTime"`
	DataEndTime         string   `json:"dataEndTime"`
	CreatedTime         string   `json:"createdTime"`
	ProcessingStatus    string   `json:"processingStatus"`
	ProcessingStartTime string   `json:"processingStartTime,omitzero"`
	ProcessingEndTime   string   `json:"processingEndTime,omitzero"`
	ReportDocumentID    string   `json:"reportDocumentId,omitzero"`
}

func (r *report) json() reportInfoJSON {
	out := reportInfoJSON{
		ReportID: r.id, ReportType: r.kind, MarketplaceIDs: []string{r.market.id}, DataStartTime: stamp(r.from), DataEndTime: stamp(r.to),
		CreatedTime: stamp(r.created), ProcessingStatus: string(r.status), ProcessingStartTime: stampOr(r.started),
		ProcessingEndTime: stampOr(r.ended),
	}
	if r.doc != nil {
		out.ReportDocumentID = r.doc.id
	}
	return out
}

func (f *Fake) getReport(_ *call, r *report) answer { return ok(r.json()) }

func (f *Fake) cancelReport(c *call, r *report) answer {
	if r.status != InQueue {
		return c.invalid("Report %s is %s and cannot be cancelled.", r.id, r.status)
	}
	r.status, r.ended = Stopped, f.round(c.now)
	return answer{status: http.StatusOK}
}

// getReports lists reports, the newest first.
func (f *Fake) getReports(c *call) answer {
	w, a, refused := f.readWork(c, "reportTypes")
	if refused {
		return a
	}
	out := struct {
		Reports   []reportInfoJSON `json:"reports"`
		NextToken string           `json:"nextToken,omitzero"`
	}{Reports: []reportInfoJSON{}}
	last := 0
	for _, r := range slices.Backward(f.reports.all) {
		if !w.match(r.number, r.kind, r.status, []string{r.market.id}, r.created) {
			continue
		}
		if len(out.Reports) == w.limit {
			out.NextToken = w.next(last)
			break
		}
		out.Reports = append(out.Reports, r.json())
		last = r.number
	}
	return ok(out)
}

func (f *Fake) getReportDocument(c *call) answer {
	p := params{c: c}
	inflate := p.boolean("enableContentEncodingUrlHeader")
	if a, refused := p.refusal(); refused {
		return a
	}
	d := f.documents.byID[c.vars[0]]
	if d == nil || d.write == nil {
		return notFound("Report document %s is not found.", c.vars[0])
	}
	return ok(documentJSON{
		ReportDocumentID: d.id, URL: f.presigned(c, d, http.MethodGet, inflate), CompressionAlgorithm: f.algorithm(inflate),
	})
}
