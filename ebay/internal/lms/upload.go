package lms

import (
	"bytes"
	"encoding/xml"
	"strconv"

	"github.com/penstock-go/penstock/ebay/internal/trading"
)

const (
	// MaxUpload is how many bytes a file may have: the page "data-file-limits".
	MaxUpload = 15 << 20
	// MaxLines is how many quantities one file takes here: so many fit into
	// MaxUpload with SKUs of 80 characters that XML escapes.
	MaxLines = 25_000
)

// header is what a file begins with.
type header struct {
	Site    string `xml:"SiteID"`
	Version string
}

// Upload writes the file of so many quantities, one call for each, numbered from
// 1 in their order: an answer then tells of one line and no other. n is how many
// lines the file holds, which is fewer than there are when it would be too large.
func Upload(site, version string, lines []trading.Status) (file []byte, n int, err error) {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<BulkDataExchangeRequests xmlns="` + trading.Space + `">`)
	enc := xml.NewEncoder(&b)
	err = enc.EncodeElement(header{site, version}, xml.StartElement{Name: xml.Name{Local: "Header"}})
	const end = "</BulkDataExchangeRequests>"
	for err == nil && n < min(len(lines), MaxLines) {
		full := b.Len()
		err = enc.Encode(&trading.ReviseRequest{MessageID: strconv.Itoa(n + 1), Version: version, Nodes: lines[n : n+1]})
		if b.Len()+len(end) > MaxUpload {
			b.Truncate(full)
			break
		}
		n++
	}
	b.WriteString(end)
	return b.Bytes(), n, err
}
