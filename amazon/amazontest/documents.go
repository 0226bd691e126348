package amazontest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Operations on documents, as Calls and faults name them. They go to presigned
// addresses, which only storage answers.
const (
	OpUpload   = "PUT document"
	OpDownload = "GET document"
)

const documentPrefix = "/documents/"

// document is what a feed or report was made from or has brought forth.
type document struct {
	id       string
	ctype    string // that uploads must have, and downloads have
	body     []byte // of an upload
	kept     []byte // the body of an upload that a feed has read, with gzip
	uploaded bool
	packed   []byte                // of a result, with gzip
	write    func(io.Writer) error // of a report, written when it is read
}

// documentHost is the host of presigned addresses.
func (r region) documentHost() string { return "tortuga-prod-" + string(r) + ".s3.amazonaws.com" }

// isDocument tells whether a request goes to storage: its host, or on a host
// that is none of Amazon's its path says so.
func isDocument(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, documentPrefix) && !strings.Contains(r.Host, "sellingpartnerapi-")
}

// addDocument keeps a document for 28 days: of a feed's result that is known, of
// the others it is believed.
func (f *Fake) addDocument(d *document, now time.Time) *document {
	f.documents.count++
	d.id = fmt.Sprintf("amzn1.tortuga.4.%s.%08x-fa4e-4d0c-8000-%012x", f.region, f.documents.count, f.documents.count)
	f.documents.byID[d.id] = d
	f.due.Add(now.Add(resultsKept), func(time.Time) {
		delete(f.documents.byID, d.id)
		d.body, d.kept, d.packed, d.write = nil, nil, nil, nil // its feed or report stays
	})
	return d
}

type documentStore struct {
	byID  map[string]*document
	count int
}

// presigned returns an address for one method on a document, good for
// Config.DocumentLifetime. inflate has the answer say Content-Encoding.
func (f *Fake) presigned(c *call, d *document, method string, inflate bool) string {
	base := "https://" + f.region.documentHost()
	if !strings.Contains(c.r.Host, "sellingpartnerapi-") {
		scheme := c.r.URL.Scheme
		if scheme == "" {
			scheme = "http"
		}
		base = scheme + "://" + c.r.Host
	}
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {strconv.FormatInt(c.now.UnixMilli(), 10)},
		"X-Amz-Expires": {strconv.FormatInt(int64(f.cfg.DocumentLifetime/time.Second), 10)},
	}
	if inflate {
		q.Set("response-content-encoding", "gzip")
	}
	q.Set("X-Amz-Signature", f.signature(d.id, method, q))
	return base + documentPrefix + d.id + "?" + q.Encode()
}

func (f *Fake) signature(id, method string, q url.Values) string {
	h := fnv.New64a()
	for _, s := range []string{
		f.cfg.ClientSecret, id, method, q.Get("X-Amz-Date"), q.Get("X-Amz-Expires"), q.Get("response-content-encoding"),
	} {
		_, _ = h.Write([]byte(s + "\x00"))
	}
	return fmt.Sprintf("%016x%016x", h.Sum64(), h.Sum64()*31)
}

// storageError is an error of storage, which is XML.
func storageError(status int, code, message string) answer {
	return answer{status: status, ctype: xmlType, body: fmt.Appendf(nil,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>FAKE</RequestId></Error>", code, message)}
}

// storage answers at presigned addresses. It knows no tokens.
func (f *Fake) storage(c *call) answer {
	id := strings.TrimPrefix(c.r.URL.Path, documentPrefix)
	made, err := strconv.ParseInt(c.query.Get("X-Amz-Date"), 10, 64)
	switch {
	case err != nil || c.query.Get("X-Amz-Signature") != f.signature(id, c.r.Method, c.query):
		return mismatch()
	case c.now.Sub(time.UnixMilli(made)) >= f.cfg.DocumentLifetime:
		return storageError(http.StatusForbidden, "AccessDenied", "Request has expired")
	}
	for name := range c.r.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-") {
			return storageError(http.StatusForbidden, "AccessDenied", "There were headers present in the request which were not signed")
		}
	}
	d := f.documents.byID[id]
	switch {
	case d == nil:
		return storageError(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case c.r.Method == http.MethodPut:
		if c.r.Header.Get("Content-Type") != d.ctype {
			return mismatch()
		}
		d.body, d.kept, d.uploaded = c.body, nil, true
		return answer{status: http.StatusOK, header: http.Header{"Etag": {`"fake"`}}}
	case c.r.Method == http.MethodGet:
		return f.download(c, d)
	}
	return storageError(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}

func mismatch() answer {
	return storageError(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
}

// download answers with a document's bytes, packed unless Config says
// otherwise.
func (f *Fake) download(c *call, d *document) answer {
	a := answer{status: http.StatusOK, ctype: d.ctype}
	if c.query.Has("response-content-encoding") && !f.cfg.PlainDocuments {
		a.header = http.Header{"Content-Encoding": {"gzip"}}
	}
	write, plain := d.write, f.cfg.PlainDocuments
	packed := d.packed
	a.stream = func(w io.Writer) error {
		switch {
		case write == nil && !plain:
			_, err := w.Write(packed)
			return err
		case write == nil:
			return unpack(w, packed)
		case plain:
			return write(w)
		}
		zw := gzip.NewWriter(w)
		if err := write(zw); err != nil {
			return err
		}
		return zw.Close()
	}
	return a
}

func packUp(b []byte) []byte {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	_, _ = zw.Write(b)
	_ = zw.Close()
	return out.Bytes()
}

// keep packs an upload that was read, which another feed may name again.
func (d *document) keep() {
	if d.body != nil {
		d.body, d.kept = nil, packUp(d.body)
	}
}

// content is an upload's body.
func (d *document) content() []byte {
	if d.kept == nil {
		return d.body
	}
	var out bytes.Buffer
	_ = unpack(&out, d.kept) // the fake packed it itself
	return out.Bytes()
}

func unpack(w io.Writer, packed []byte) error {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, zr)
	return err
}

// algorithm is what getFeedDocument and getReportDocument say of a document's
// packing.
func (f *Fake) algorithm(inflate bool) string {
	if f.cfg.PlainDocuments || f.cfg.HideCompression || inflate {
		return ""
	}
	return "GZIP"
}
