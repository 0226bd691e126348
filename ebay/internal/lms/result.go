package lms

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/penstock-go/penstock/ebay/internal/trading"
)

// maxResult bounds an unpacked result: MaxLines answers of which each has ten
// errors have some 150 MB. It is read as a stream.
const maxResult = 256 << 20

// maxEntries is how many files a packed result may have.
const maxEntries = 16

// ErrPacked is a result that is not packed as its beginning says.
var ErrPacked = errors.New("the result file cannot be unpacked")

// Open unpacks a file as it was downloaded: by its first bytes it is a zip
// archive, gzip, or plain. Of an archive it is the first file.
func Open(file []byte) (io.ReadCloser, error) {
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil || len(z.File) > maxEntries {
			return nil, ErrPacked
		}
		for _, f := range z.File {
			if f.FileInfo().IsDir() {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrPacked, err)
			}
			return r, nil
		}
		return nil, ErrPacked
	case bytes.HasPrefix(file, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPacked, err)
		}
		return r, nil
	}
	return io.NopCloser(bytes.NewReader(file)), nil
}

// Result is what became of one call of a file.
type Result struct {
	trading.Head
	Message string           `xml:"MessageID"` // of the request, where it is repeated so
	Nodes   []trading.Status `xml:"InventoryStatus"`
}

// Line is the number of the line that it is about, from 1; 0 when it does not
// say.
func (r *Result) Line() int {
	for _, id := range []string{r.CorrelationID, r.Message} {
		if n, err := strconv.Atoi(id); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// Results reads an unpacked result one answer at a time. Up to most of them are
// looked at; more is an error.
func Results(file io.Reader, most int, each func(n int, r *Result) error) error {
	d := trading.NewDecoder(bufio.NewReader(file), maxResult)
	if err := d.Root("BulkDataExchangeResponses"); err != nil {
		return err
	}
	for n := 0; ; {
		start, err := d.Next()
		if errors.Is(err, io.EOF) {
			return d.End()
		}
		if err != nil {
			return err
		}
		if !answer(start.Name) {
			if err := d.Skip(); err != nil {
				return err
			}
			continue
		}
		if n++; n > most {
			return fmt.Errorf("%w: it has more answers than there were calls", trading.ErrDocument)
		}
		var r Result
		if err := d.Decode(start, &r); err != nil {
			return err
		}
		if err := each(n, &r); err != nil {
			return err
		}
	}
}

// answer reports whether an element is the answer to a call.
func answer(name xml.Name) bool {
	return name.Local == "ReviseInventoryStatusResponse" || name.Local == "ErrorResponse"
}

// Lines reads an unpacked file as Upload wrote it, up to most of its lines.
func Lines(file io.Reader, most int, each func(trading.Status)) error {
	d := trading.NewDecoder(bufio.NewReader(file), maxResult)
	if err := d.Root("BulkDataExchangeRequests"); err != nil {
		return err
	}
	for n := 0; ; {
		start, err := d.Next()
		if errors.Is(err, io.EOF) {
			return d.End()
		}
		if err != nil {
			return err
		}
		if start.Name.Local != "ReviseInventoryStatusRequest" {
			if err := d.Skip(); err != nil {
				return err
			}
			continue
		}
		var r struct {
			Nodes []trading.Status `xml:"InventoryStatus"`
		}
		if err := d.Decode(start, &r); err != nil {
			return err
		}
		for _, s := range r.Nodes {
			if n++; n > most {
				return fmt.Errorf("%w: it has more lines than there can be", trading.ErrDocument)
			}
			each(s)
		}
	}
}
