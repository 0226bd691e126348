package amazon

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
)

const (
	// maxRow bounds a row of a report: a description has 2,000 characters, and
	// the other columns less.
	maxRow = 64 << 10
	// keptRow is how much is kept of a row that cannot be used, to be looked at.
	keptRow = 4 << 10
)

var (
	errColumns  = errors.New("the row has not as many columns as the heading")
	errLongRow  = errors.New("the row is longer than a report's can be")
	errHeading  = errors.New("the report's columns are not those that were asked for")
	errNoReport = errors.New("the report is empty")
)

// table reads a report: rows between line feeds, cells between tabs, nothing
// quoted. It holds one row at a time.
type table struct {
	r       *bufio.Reader
	charset charset
	columns []string
	long    []byte // of a row that is longer than r's buffer
	cells   [][]byte
	rows    int // read so far, the heading not among them
}

// row is one row. Its bytes are good until the next is read.
type row struct {
	raw   []byte
	cells [][]byte
	err   error // why it cannot be used
}

// openTable reads the heading.
func openTable(r io.Reader, charsetName string) (*table, error) {
	t := &table{r: bufio.NewReaderSize(r, 64<<10), charset: charsetOf(charsetName)}
	line, err := t.line()
	if errors.Is(err, io.EOF) && len(line) == 0 {
		return nil, errNoReport
	}
	if err != nil {
		return nil, err
	}
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	for cell := range bytes.SplitSeq(line, []byte{'\t'}) {
		t.columns = append(t.columns, string(bytes.ToLower(bytes.TrimSpace(cell))))
	}
	return t, nil
}

// column is where a column is, -1 for nowhere.
func (t *table) column(name string) int { return slices.Index(t.columns, name) }

// line reads a line without its end. What is longer than maxRow comes cut, with
// errLongRow.
func (t *table) line() ([]byte, error) {
	t.long = t.long[:0]
	tooLong := false
	for {
		part, err := t.r.ReadSlice('\n')
		if err == nil && len(t.long) == 0 && !tooLong {
			return bytes.TrimRight(part, "\r\n"), nil
		}
		if !tooLong {
			t.long = append(t.long, part...)
			if len(t.long) > maxRow {
				t.long, tooLong = t.long[:keptRow], true
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case tooLong:
			return t.long, errLongRow
		case len(t.long) == 0:
			return nil, io.EOF
		default:
			return bytes.TrimRight(t.long, "\r\n"), nil
		}
	}
}

// next reads a row, io.EOF after the last. A row that cannot be used says so
// and the next can.
func (t *table) next() (row, error) {
	for {
		line, err := t.line()
		if err != nil && !errors.Is(err, errLongRow) {
			return row{}, err
		}
		if len(line) == 0 {
			continue
		}
		t.rows++
		r := row{raw: line, err: err}
		if err == nil {
			t.cells = t.cells[:0]
			for cell := range bytes.SplitSeq(line, []byte{'\t'}) {
				t.cells = append(t.cells, cell)
			}
			if r.cells = t.cells; len(r.cells) != len(t.columns) {
				r.err = errColumns
			}
		}
		return r, nil
	}
}

// skip passes over rows that were had before.
func (t *table) skip(n int) error {
	for t.rows < n {
		if _, err := t.next(); err != nil {
			return err
		}
	}
	return nil
}
