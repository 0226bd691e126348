package amazon_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/channel"
)

// longReport answers for an account whose report has many rows, which are made
// as they are read: nothing of it lies in memory.
type longReport struct {
	rows      int
	bad       string // each of them, where it is not a good one
	packed    bool
	downloads int
}

func (l *longReport) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/token"):
		body = `{"access_token":"Atza|1","token_type":"bearer","expires_in":3600}`
	case strings.HasPrefix(path, "/listings/"):
		body = fmt.Sprintf(`{"numberOfResults":%d,"items":[]}`, l.rows)
	case strings.HasSuffix(path, "/reports"):
		body = `{"reportId":"1"}`
	case strings.HasSuffix(path, "/reports/1"):
		body = `{"reportId":"1","reportType":"x","createdTime":"2026-01-01T00:00:00Z","processingStatus":"DONE","reportDocumentId":"d"}`
	case strings.HasSuffix(path, "/documents/d"):
		body = `{"reportDocumentId":"d","url":"https://storage.example.com/d"}`
	case req.URL.Host == "storage.example.com":
		l.downloads++
		resp := answer(200, "text/plain; charset=Cp1252", "")
		resp.ContentLength = -1
		var rows io.Reader = &rowReader{rows: l.rows, bad: l.bad}
		if l.packed {
			rows = gzipped(rows)
		}
		resp.Body = io.NopCloser(rows)
		resp.Request = req
		return resp, nil
	}
	resp := answer(200, "application/json", body)
	resp.Request = req
	return resp, nil
}

// rowReader makes rows with a description, as long ones as Amazon allows.
type rowReader struct {
	rows, at int
	bad      string
	rest     []byte
}

var description = strings.Repeat("Gr\xf6\xdfe und Farbe. ", 120)

func (r *rowReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		switch {
		case r.at == 0:
			r.rest = []byte("item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\tasin1\tfulfillment-channel\tstatus\r\n")
		case r.at > r.rows:
			return 0, io.EOF
		case r.bad != "":
			r.rest = append(r.rest[:0], r.bad...)
		default:
			r.rest = fmt.Appendf(r.rest[:0], "Mug %d\t%s\t0101X%d\tSKU-%06d\t12.50\t%d\tB%09d\tDEFAULT\tActive\r\n", r.at, description, r.at, r.at, r.at%100, r.at)
		}
		r.at++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// gzipped packs as it is read.
func gzipped(r io.Reader) io.Reader {
	var buf bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	return readerFunc(func(p []byte) (int, error) {
		for buf.Len() == 0 {
			if _, err := io.CopyN(zw, r, 64<<10); errors.Is(err, io.EOF) {
				_ = zw.Close()
				r = eof{}
				if buf.Len() == 0 {
					return 0, io.EOF
				}
			}
		}
		return buf.Read(p)
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

func (l *longReport) channel(tb testing.TB) *amazon.Channel {
	tb.Helper()
	ch, err := amazon.New(amazon.Config{
		SellerID: "A3TESTSELLER01", MarketplaceIDs: []string{"ATVPDKIKX0DER"}, Application: "penstock-test", Transport: l,
		Credentials: amazon.Credentials{ClientID: "a", ClientSecret: "b", RefreshToken: "c"},
	})
	check(tb, err)
	return ch
}

// peak is the most heap in use beyond what there was, in bytes.
type peak struct{ base, most uint64 }

func newPeak() *peak {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &peak{base: m.HeapAlloc}
}

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > p.base {
		p.most = max(p.most, m.HeapAlloc-p.base)
	}
}

// total is what was ever allocated.
func (*peak) total() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

const mostMemory = 64 << 20

// 100,000 rows stream in at most 64 MiB, garbage included.
func TestReportStreamsInBoundedMemory(t *testing.T) {
	for _, packed := range []bool{true, false} {
		l := &longReport{rows: 100_000, packed: packed}
		if !packed || racing || testing.Short() {
			l.rows = 20_000
		}
		ch := l.channel(t)
		p := newPeak()
		n := 0
		for page, err := range ch.BackfillStock(t.Context(), "reports stock 1767225600 1") {
			check(t, err)
			n += len(page.Items)
			p.look()
		}
		if n != l.rows || p.most > mostMemory {
			t.Errorf("packed %t: %d rows, %d MiB at most", packed, n, p.most>>20)
		}
		t.Logf("packed %t: %d rows of %d bytes, %d MiB at most", packed, n, len(description)+80, p.most>>20)
	}
}

// The same report by pages of a walk.
func TestReportWalksInBoundedMemory(t *testing.T) {
	l := &longReport{rows: 30_000}
	ch := l.channel(t)
	p := newPeak()
	n := 0
	q := channel.ListingQuery{}
	for {
		page, err := ch.ListingPage(t.Context(), q)
		check(t, err)
		n += len(page.Items)
		p.look()
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if n != l.rows || p.most > mostMemory || l.downloads != 7 {
		t.Errorf("%d rows in %d downloads, %d MiB at most", n, l.downloads, p.most>>20)
	}
}

// Rows that no report has, as long as they may be, are set aside in as little.
func TestBadRowsInBoundedMemory(t *testing.T) {
	const long = 60 << 10
	for name, bad := range map[string]string{
		"one column":      strings.Repeat("x", long) + "\n",
		"longer than one": strings.Repeat("x", 120<<10) + "\n",
		"tabs":            strings.Repeat("\t", long) + "\n",
		"no quantity":     "Mug\t\t1\tS\t1\t" + strings.Repeat("x", long) + "\tB1\tDEFAULT\tActive\n",
		"a long title":    strings.Repeat("x", long) + "\t\t1\tS\t1\t1\tB1\tDEFAULT\tActive\n",
	} {
		if racing && name != "one column" {
			continue
		}
		l := &longReport{rows: 1_200, bad: bad, packed: true}
		ch := l.channel(t)
		p := newPeak()
		n, kept, q := 0, 0, channel.ListingQuery{}
		for {
			page, err := ch.ListingPage(t.Context(), q)
			if errors.Is(err, channel.ErrThrottled) {
				continue
			}
			check(t, err)
			n += len(page.Items) + len(page.Parked)
			kept = max(kept, len(page.Parked))
			p.look()
			for _, bad := range page.Parked {
				if len(bad.Raw) > 4<<10 {
					t.Fatalf("%s: %d bytes are kept", name, len(bad.Raw))
				}
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if n != l.rows || p.most > mostMemory {
			t.Errorf("%s: %d rows, %d MiB at most", name, n, p.most>>20)
		}
		t.Logf("%s: %d set aside in a page, %d MiB at most", name, kept, p.most>>20)
	}
}

func BenchmarkReport(b *testing.B) {
	l := &longReport{rows: 100_000, packed: true}
	ch := l.channel(b)
	b.ReportAllocs()
	p := newPeak()
	began := time.Now()
	for b.Loop() {
		n := 0
		for page, err := range ch.BackfillListings(b.Context(), "reports listings 1767225600 1") {
			check(b, err)
			n += len(page.Items)
			p.look()
		}
		if n != l.rows {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(float64(p.most)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(l.rows)*float64(b.N)/time.Since(began).Seconds(), "rows/s")
}
