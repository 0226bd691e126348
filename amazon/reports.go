package amazon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	pathReports         = "/reports/2021-06-30/reports"
	pathReportDocuments = "/reports/2021-06-30/documents"

	// listingsReport tells every listing of a marketplace, whoever ships it and
	// whether or not it can be bought.
	listingsReport = "GET_MERCHANT_LISTINGS_ALL_DATA"

	// reportAge is how old a listings report may be when it is made: "Inventory
	// Reports" has them cached for up to six hours.
	reportAge = 6 * time.Hour

	// reportRest is how long to wait before a report that is not ready is asked
	// for again. One takes minutes.
	reportRest = 30 * time.Second

	// addressLife is for how long a document's address is used: it is good for
	// five minutes.
	addressLife = 4 * time.Minute
)

// createReport asks for a listings report of a marketplace, with the columns
// named in English. When the answer is lost the account's own list tells
// whether it was taken. likely is true of one that was found there: it can be
// another program's, and have its headings in another language.
func (c *Channel) createReport(ctx context.Context, op, marketplace string) (id string, likely bool, err error) {
	since := c.serverNow().Add(-clockError)
	cl := call{
		op: op, operation: opCreateReport, method: http.MethodPost, path: pathReports, repeat: transport.Once,
		body: spapi.CreateReport{
			Type: listingsReport, MarketplaceIDs: []string{marketplace}, Options: map[string]string{"preferredReportDocumentLocale": "en_US"},
		},
	}
	body, _, err := c.do(ctx, cl)
	var made spapi.Created
	if err == nil && (wire.Unmarshal(body, &made) != nil || made.ReportID == "") {
		err = c.garbled(cl, "the answer names no report")
	}
	if !errors.Is(err, channel.ErrUnsure) {
		return made.ReportID, false, err
	}
	var list spapi.Works
	_, look := c.read(ctx, get(op, opGetReports, pathReports, url.Values{
		"reportTypes": {listingsReport}, "marketplaceIds": {marketplace}, "createdSince": {stamp(since, false)}, "pageSize": {"10"},
	}), &list)
	if look == nil && len(list.Reports) == 1 && list.Reports[0].ReportID != "" { // of several, some surely are another's
		return list.Reports[0].ReportID, true, nil
	}
	// A report changes nothing: to ask for another does no harm.
	return "", false, c.refuse(op, channel.ErrUnavailable, "a report was asked for, and no answer came")
}

// report is a report as it stands.
func (c *Channel) report(ctx context.Context, op, id string) (spapi.Work, error) {
	var w spapi.Work
	_, err := c.read(ctx, get(op, opGetReport, pathReports+"/"+url.PathEscape(id), nil), &w)
	if err == nil && w.Status == "" {
		err = c.refuse(op, channel.ErrUnavailable, "the answer does not say how the report stands")
	}
	return w, err
}

// addresses remembers where documents are: a report that is read by pages is
// downloaded for each, and its address may be asked for once a minute.
type addresses struct {
	mu    sync.Mutex
	known map[string]knownAddress
}

type knownAddress struct {
	url   string
	until time.Time
}

func (a *addresses) get(id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k := a.known[id]; time.Now().Before(k.until) {
		return k.url
	}
	return ""
}

func (a *addresses) put(id, url string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) > 8 {
		a.known = map[string]knownAddress{}
	}
	a.known[id] = knownAddress{url, time.Now().Add(addressLife)}
}

func (a *addresses) drop(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, id)
}

// openReport opens a report's document.
func (c *Channel) openReport(ctx context.Context, op, id string) (*document, error) {
	for again := false; ; again = true {
		at := c.addresses.get(id)
		if at == "" {
			var d spapi.Document
			if _, err := c.read(ctx, get(op, opGetReportDocument, pathReportDocuments+"/"+url.PathEscape(id), nil), &d); err != nil {
				return nil, err
			}
			at = d.URL
			c.addresses.put(id, at)
		}
		d, err := c.open(ctx, op, at)
		if err == nil {
			return d, nil
		}
		c.addresses.drop(id)
		if again || !errors.Is(err, errAddress) {
			return nil, err
		}
	}
}
