package amazontest

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reportTable is what a report tells, as it was when it was made. It is small
// beside its text, which is written when somebody reads it.
type reportTable struct {
	kind    string
	german  bool
	utf8    bool
	channel string
	counted bool // rows of Amazon's have a quantity
	rows    []reportRow
}

type reportRow struct {
	p        *product
	quantity int64
	byAmazon bool
}

func (f *Fake) reportTable(r *report) *reportTable {
	t := &reportTable{
		kind: r.kind, german: f.cfg.LocalHeadings && r.locale != "en_US", utf8: strings.EqualFold(f.cfg.ReportCharset, "UTF-8"),
		channel: f.region.amazonChannel(), counted: f.cfg.Believed.AmazonRowsCounted,
	}
	for _, p := range f.catalog.all {
		if p.deleted || !p.listedOn([]string{r.market.id}) {
			continue
		}
		row := reportRow{p: p, byAmazon: p.held != nil}
		if row.byAmazon {
			row.quantity = *p.held
		} else {
			row.quantity = *p.live
		}
		if r.kind == reportAll || row.active() {
			t.rows = append(t.rows, row)
		}
	}
	return t
}

func (r *reportRow) active() bool { return !r.p.unlisted && r.quantity > 0 }

// Columns of reports, as the vendor's page "Inventory Reports" and samples have
// them.
var (
	listingColumns = []string{
		"item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url", "item-is-marketplace",
		"product-id-type", "zshop-shipping-fee", "item-note", "item-condition", "zshop-category1", "zshop-browse-path",
		"zshop-storefront-feature", "asin1", "asin2", "asin3", "will-ship-internationally", "expedited-shipping", "zshop-boldface",
		"product-id", "bid-for-featured-placement", "add-delete", "pending-quantity", "fulfillment-channel", "merchant-shipping-group", "status",
	}
	openColumns = []string{"sku", "asin", "price", "quantity"}

	// germanColumns are headings of another locale; that there are others is
	// known, these are invented.
	germanColumns = map[string]string{
		"item-name": "Artikelbezeichnung", "seller-sku": "Händler-SKU", "sku": "SKU", "price": "Preis", "quantity": "Menge",
		"listing-id": "Angebotsnummer", "fulfillment-channel": "Versandkanal", "status": "Status",
	}
)

func (t *reportTable) columns() []string {
	if t.kind == reportOpen {
		return openColumns
	}
	return listingColumns
}

// write writes the table in its charset.
func (t *reportTable) write(w io.Writer) error {
	out := &charsetWriter{w: bufio.NewWriterSize(w, 1<<15), utf8: t.utf8}
	columns := t.columns()
	for i, name := range columns {
		if german := germanColumns[name]; t.german && german != "" {
			name = german
		}
		out.cell(i, name)
	}
	out.end()
	for i := range t.rows {
		for j, name := range columns {
			out.cell(j, t.cell(&t.rows[i], name))
		}
		if out.end(); out.err != nil {
			return out.err
		}
	}
	return out.w.Flush()
}

func (t *reportTable) cell(r *reportRow, column string) string {
	switch column {
	case "item-name":
		return r.p.title
	case "listing-id":
		return "0101FAKE" + strconv.Itoa(r.p.number)
	case "seller-sku", "sku":
		return r.p.sku
	case "price":
		return r.p.price.text(2)
	case "quantity":
		if r.byAmazon && !t.counted {
			return ""
		}
		return strconv.FormatInt(r.quantity, 10)
	case "open-date":
		return r.p.created.Format("2006-01-02 15:04:05 MST")
	case "item-is-marketplace":
		return "y"
	case "product-id-type":
		return "1"
	case "item-condition":
		return "11"
	case "asin1", "asin", "product-id":
		return r.p.asin
	case "pending-quantity":
		return "0"
	case "fulfillment-channel":
		if r.byAmazon {
			return t.channel
		}
		return channelDefault
	case "merchant-shipping-group":
		return "Migrated Template"
	case "status":
		if r.active() {
			return "Active"
		}
		return "Inactive"
	}
	return ""
}

// charsetWriter writes cells between tabs, in Cp1252 or UTF-8.
type charsetWriter struct {
	w    *bufio.Writer
	utf8 bool
	err  error
}

func (c *charsetWriter) cell(i int, s string) {
	if i > 0 {
		c.put('\t')
	}
	for _, r := range s {
		if r == '\t' || r == '\n' || r == '\r' {
			r = ' '
		}
		if c.utf8 {
			_, err := c.w.WriteRune(r)
			c.keep(err)
			continue
		}
		c.put(cp1252(r))
	}
}

func (c *charsetWriter) put(b byte) { c.keep(c.w.WriteByte(b)) }

func (c *charsetWriter) end() { c.put('\r'); c.put('\n') }

func (c *charsetWriter) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

// cp1252Extras are the characters of the bytes from 0x80 to 0x9f; the five that
// are none are U+FFFD.
var cp1252Extras = []rune("€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ")

// cp1252 is a character in that charset, a question mark where it has none.
func cp1252(r rune) byte {
	if r < 0x80 || r >= 0xa0 && r <= 0xff {
		return byte(r)
	}
	for i, x := range cp1252Extras {
		if x == r && r != utf8.RuneError {
			return byte(0x80 + i)
		}
	}
	return '?'
}
