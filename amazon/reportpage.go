package amazon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	// reportRows is how many rows of a report make a page. Each page downloads
	// the report anew and passes over what was had, so that nothing is kept
	// between calls: a report of 100,000 rows is downloaded 20 times.
	reportRows = 5_000
	// doubtfulRows is how many SKUs of a page are looked up because the report
	// may have lost characters of them: ten calls.
	doubtfulRows = 200
	// pageBytes ends a page whose rows are longer than rows are.
	pageBytes = 16 << 20
)

// reportPage reads a page of the reports.
func (c *Channel) reportPage(ctx context.Context, op string, w *catalogWalk, limit int) (catalogPage, error) {
	page := catalogPage{at: w.Began.Add(-reportAge), report: true}
	if w.Document == "" {
		if ready, err := c.awaitReport(ctx, op, w); err != nil || !ready {
			return page, err
		}
	}
	if w.Document != "" {
		d, err := c.openReport(ctx, op, w.Document)
		if err != nil {
			if errors.Is(err, channel.ErrNotFound) {
				err = c.refuse(op, channel.ErrCursor, "the report is no longer kept")
			}
			return page, err
		}
		defer func() { _ = d.Close() }()
		t, err := c.openRows(op, d, w.Markets[0])
		if errors.Is(err, errHeading) && w.Likely {
			// It is another program's. One of our own is asked for.
			w.Report, w.Document, w.Likely = "", "", false
			return page, nil
		}
		if err == nil {
			err = t.skip(w.Row)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return page, c.rowsError(op, err)
		}
		rows := reportRows
		if limit > 0 {
			rows = min(rows, limit)
		}
		more := false
		if err == nil {
			if page.entries, page.parked, more, err = c.rows(ctx, op, t, rows); err != nil {
				return page, err
			}
		}
		w.Row = t.rows
		if more {
			return page, nil
		}
	}
	// This marketplace is done.
	w.Markets, w.Report, w.Document, w.Row, w.Likely = w.Markets[1:], "", "", 0, false
	if len(w.Markets) == 0 {
		page.last, page.through = true, w.Began.Add(-reportAge)
	}
	return page, nil
}

// awaitReport asks for the report of the walk's next marketplace, and then
// whether it is made. ready means that there is a document, or nothing to tell.
func (c *Channel) awaitReport(ctx context.Context, op string, w *catalogWalk) (ready bool, err error) {
	if w.Report == "" {
		w.Report, w.Likely, err = c.createReport(ctx, op, w.Markets[0])
		return false, err
	}
	r, err := c.report(ctx, op, w.Report)
	if err != nil {
		if errors.Is(err, channel.ErrNotFound) {
			err = c.refuse(op, channel.ErrCursor, "the report is no longer known")
		}
		return false, err
	}
	switch state := workStates[r.Status]; {
	case state == channel.TicketDone && r.ReportDocumentID != "":
		w.Document = r.ReportDocumentID
		return true, nil
	case state == channel.TicketCancelled:
		// Without data a report ends so. That there is none, a search tells.
		list, _, err := c.search(ctx, op, url.Values{"marketplaceIds": {w.Markets[0]}, "pageSize": {"1"}, "includedData": {"summaries"}})
		if err != nil {
			return false, err
		}
		if list.Total == 0 {
			return true, nil
		}
		return false, c.refuse(op, channel.ErrCursor, "the report was cancelled, though there are listings")
	case state.Ended():
		return false, c.refuse(op, channel.ErrCursor, "Amazon could not make the report: "+r.Status)
	}
	return false, &channel.Error{
		Channel: c.cfg.ID, Op: op, Class: channel.ErrThrottled, RetryAfter: reportRest, Message: "the report is not made yet",
	}
}

// reportTable is a listings report being read.
type reportTable struct {
	*table
	marketplace                            string
	sku, title, asin, quantity, by, status int // columns, -1 where there is none
	productID, productIDType               int
}

// openRows reads a report's heading.
func (c *Channel) openRows(op string, d *document, marketplace string) (*reportTable, error) {
	t, err := openTable(d, d.charset)
	if err != nil {
		return nil, err
	}
	r := &reportTable{
		table: t, marketplace: marketplace,
		sku: t.column("seller-sku"), title: t.column("item-name"), asin: t.column("asin1"), quantity: t.column("quantity"),
		by: t.column("fulfillment-channel"), status: t.column("status"), productID: t.column("product-id"), productIDType: t.column("product-id-type"),
	}
	if r.sku < 0 || r.quantity < 0 || r.by < 0 {
		return nil, c.fail(call{op: op}, "", channel.ErrInvalid, errHeading)
	}
	return r, nil
}

// rowsError is a report that cannot be read on.
func (c *Channel) rowsError(op string, err error) error {
	if _, ok := errors.AsType[*channel.Error](err); ok {
		return err
	}
	return c.cut(op, err)
}

var (
	errNoSKU      = errors.New("the row has no SKU")
	errNoShipper  = errors.New("the row does not say who ships it")
	errQuantity   = errors.New("the quantity is no number")
	errLostLetter = errors.New("the SKU has lost characters in the report, and no listing could be found that it stands for")
)

// rows reads up to most rows. more is false at the report's end.
func (c *Channel) rows(ctx context.Context, op string, t *reportTable, most int) (entries []entry, parked []channel.Parked, more bool, err error) {
	var doubts []doubt
	bytes := 0
	for n := 0; n < most && len(doubts) < doubtfulRows && bytes < pageBytes; n++ {
		r, err := t.next()
		bytes += len(r.raw)
		if errors.Is(err, io.EOF) {
			entries, parked, err = c.settleDoubts(ctx, op, doubts, entries, parked)
			return entries, parked, false, err
		}
		if err != nil {
			return nil, nil, false, c.rowsError(op, err)
		}
		e, sure, err := c.reportEntry(t, r)
		switch {
		case err != nil:
			parked = append(parked, t.parked(r, err))
		case !sure:
			doubts = append(doubts, doubt{
				entry: e, at: len(entries), sku: append([]byte(nil), r.cells[t.sku]...), parked: t.parked(r, errLostLetter),
				unread: t.charset == unknownCharset,
			})
			entries = append(entries, e)
		default:
			entries = append(entries, e)
		}
	}
	entries, parked, err = c.settleDoubts(ctx, op, doubts, entries, parked)
	return entries, parked, true, err
}

// parked sets a row aside.
func (t *reportTable) parked(r row, why error) channel.Parked {
	p := channel.Parked{Raw: append([]byte(nil), r.raw[:min(len(r.raw), keptRow)]...), Err: wire.Unfit("decode report", fmt.Errorf("row %d: %w", t.rows, why))}
	if r.err == nil && t.sku < len(r.cells) {
		p.ID = t.charset.text(r.cells[t.sku])
	}
	if p.ID == "" {
		p.ID = t.marketplace + " row " + strconv.Itoa(t.rows)
	}
	return p
}

// reportEntry crosses over a row. sure is false where its SKU may not be what
// it says.
func (c *Channel) reportEntry(t *reportTable, r row) (e entry, sure bool, err error) {
	if r.err != nil {
		return e, false, r.err
	}
	cell := func(i int) string {
		if i < 0 {
			return ""
		}
		return t.charset.text(r.cells[i])
	}
	sku, sure := t.charset.exact(r.cells[t.sku])
	if sku == "" {
		return e, false, errNoSKU
	}
	e.handle = handle{channel: strings.TrimSpace(cell(t.by)), marketplace: t.marketplace}
	if e.handle.channel == "" || strings.Contains(e.handle.channel, "/") {
		return e, false, errNoShipper
	}
	e.Product, e.Title, e.Status = cell(t.asin), cell(t.title), cell(t.status)
	switch cell(t.productIDType) {
	case "3", "4": // UPC, EAN: "Inventory Reports"
		e.Barcode = cell(t.productID)
	}
	var n int64
	if q := strings.TrimSpace(cell(t.quantity)); q != "" {
		if n, err = strconv.ParseInt(q, 10, 64); err != nil || n < 0 {
			return e, false, errQuantity
		}
		if e.handle.channel == sellerChannel {
			e.quantity = &n
		}
	} else if e.handle.channel == sellerChannel {
		e.handle.channel = noChannel
	}
	e.Active = strings.EqualFold(e.Status, "Active") || e.Status == "" || e.quantity != nil && n == 0 && strings.EqualFold(e.Status, "Inactive")
	c.finish(&e, sku)
	return e, sure, nil
}

// doubt is a row whose SKU may have lost characters.
type doubt struct {
	entry  entry
	at     int // in the page's entries
	sku    []byte
	unread bool // the charset is not known
	parked channel.Parked
}

// settleDoubts looks doubtful SKUs up by their products, and takes the SKU that
// the row can stand for. A row without one is set aside: a wrong SKU would be
// linked to a wrong item.
func (c *Channel) settleDoubts(ctx context.Context, op string, doubts []doubt, entries []entry, parked []channel.Parked) ([]entry, []channel.Parked, error) {
	if len(doubts) == 0 {
		return entries, parked, nil
	}
	var asins []string
	for _, d := range doubts {
		if d.entry.Product != "" && !strings.Contains(d.entry.Product, ",") {
			asins = append(asins, d.entry.Product)
		}
	}
	found, err := c.byProduct(ctx, op, asins)
	if err != nil {
		return nil, nil, err
	}
	out := make([]entry, 0, len(entries))
	next := 0
	for _, d := range doubts {
		out = append(out, entries[next:d.at]...)
		next = d.at + 1
		var match []entry
		for _, e := range found[d.entry.Product] {
			// In a charset that cannot be read, the only one there is.
			if spells(d.sku, e.Ref.SKU) || d.unread && len(found[d.entry.Product]) == 1 {
				match = append(match, e)
			}
		}
		if len(match) != 1 {
			parked = append(parked, d.parked)
			continue
		}
		e := d.entry
		e.handle.product = match[0].handle.product
		c.finish(&e, match[0].Ref.SKU)
		out = append(out, e)
	}
	return append(out, entries[next:]...), parked, nil
}

// byProduct reads the listings of products by ASIN.
func (c *Channel) byProduct(ctx context.Context, op string, asins []string) (map[string][]entry, error) {
	out := map[string][]entry{}
	for chunk := range distinctChunks(asins, maxListings) {
		query := c.listingQuery()
		query.Set("identifiersType", "ASIN")
		query.Set("identifiers", strings.Join(chunk, ","))
		query.Set("pageSize", strconv.Itoa(maxListings))
		for range reach / maxListings {
			list, _, err := c.search(ctx, op, query)
			if err != nil {
				return nil, err
			}
			items, err := wire.Records[spapi.Listing](list.Items)
			if err != nil {
				return nil, c.refuse(op, channel.ErrUnavailable, "answer holds no list of listings")
			}
			for i := range items {
				if items[i].Err != nil || items[i].Value.SKU == "" {
					continue
				}
				e, _ := c.entry(&items[i].Value)
				for _, s := range items[i].Value.Summaries {
					out[s.ASIN] = appendNew(out[s.ASIN], e)
				}
			}
			if list.Pages.Next == "" {
				break
			}
			query.Set("pageToken", list.Pages.Next)
		}
	}
	return out, nil
}
