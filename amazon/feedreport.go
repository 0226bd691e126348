package amazon

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	// maxReport bounds a processing report: 25,000 messages with an issue each
	// have some 10 MB. It is read as a stream.
	maxReport = 64 << 20
	// maxIssue bounds one issue, and what stands between two.
	maxIssue = 1 << 20
	// maxIssues bounds what is looked at: ten for each message there can be.
	maxIssues = 10 * maxMessages
	// maxAttribute is how much of an attribute's name is kept.
	maxAttribute = 128

	// reportPatience is for how long after a feed's end a report is asked for
	// again that cannot be had. After it a read has to tell.
	reportPatience = time.Hour
)

var (
	errUnreadable = errors.New("the processing report cannot be read")
	errManyIssues = errors.New("the processing report has more to say than a feed has messages")
)

// feedReport reads a processing report.
func (c *Channel) feedReport(ctx context.Context, op, id string) (*spapi.FeedReport, error) {
	for again := false; ; again = true {
		var d spapi.Document
		if _, err := c.read(ctx, get(op, opGetFeedDocument, pathFeedDocuments+"/"+url.PathEscape(id), nil), &d); err != nil {
			return nil, err
		}
		r, err := c.fetchFeedReport(ctx, op, d.URL)
		if err == nil || again || !errors.Is(err, errAddress) {
			return r, err
		}
	}
}

func (c *Channel) fetchFeedReport(ctx context.Context, op, address string) (*spapi.FeedReport, error) {
	d, err := c.open(ctx, op, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	return c.decodeFeedReport(op, d)
}

// missed says why a finished feed has no report that tells anything, "" while it
// is too soon to say so.
func (c *Channel) missed(w *spapi.Work, err error) string {
	ended := w.Ended.Time
	if ended.IsZero() {
		ended = w.Created.Time
	}
	switch {
	case ended.IsZero() || c.serverNow().Sub(ended) < reportPatience:
		return ""
	case errors.Is(err, errUnreadable), corrupt(err):
		return " with a report that cannot be read"
	case errors.Is(err, channel.ErrNotFound):
		return " with a report that is no longer kept"
	}
	return ""
}

// corrupt reports whether a document is packed wrongly, which another download
// does not cure.
func corrupt(err error) bool {
	_, is := errors.AsType[flate.CorruptInputError](err)
	return is || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

// allowance lets so many bytes through until it is filled up again.
type allowance struct {
	r    io.Reader
	left int // until it is filled up
	all  int
	err  error // of r
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 || a.all <= 0 {
		return 0, transport.ErrTooLarge
	}
	n, err := a.r.Read(p[:min(len(p), a.left, a.all)])
	a.left -= n
	a.all -= n
	a.err = err
	return n, err
}

// decodeFeedReport reads a report's issues one at a time and keeps the first
// error of each message: what it holds does not grow with what is sent.
func (c *Channel) decodeFeedReport(op string, body io.Reader) (*spapi.FeedReport, error) {
	a := &allowance{r: body, left: maxIssue, all: maxReport}
	r, err := readFeedReport(a)
	if err != nil && a.err != nil && !errors.Is(a.err, io.EOF) && !corrupt(a.err) {
		return nil, c.cut(op, a.err)
	}
	if err != nil {
		return nil, &channel.Error{
			Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, Message: errUnreadable.Error() + ": " + transport.Message(err.Error()), Err: errUnreadable,
		}
	}
	return r, nil
}

func readFeedReport(body *allowance) (*spapi.FeedReport, error) {
	r := &spapi.FeedReport{}
	dec := wire.NewDecoder(body)
	if err := open(dec, '{'); err != nil {
		return nil, err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		body.left = maxIssue
		switch name.String() {
		case "header":
			err = wire.Decode(dec, &r.Header)
		case "summary":
			err = wire.Decode(dec, &r.Summary)
		case "issues":
			err = readIssues(dec, body, r)
		default:
			err = skipValue(dec, body)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errUnreadable
	}
	return r, nil
}

// open reads the beginning of an object or array.
func open(dec *jsontext.Decoder, kind jsontext.Kind) error {
	t, err := dec.ReadToken()
	if err == nil && t.Kind() != kind {
		err = errUnreadable
	}
	return err
}

// skipValue passes over a value token by token.
func skipValue(dec *jsontext.Decoder, body *allowance) error {
	for depth := dec.StackDepth(); ; {
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		body.left = maxIssue
		if dec.StackDepth() <= depth {
			return nil
		}
	}
}

func readIssues(dec *jsontext.Decoder, body *allowance, r *spapi.FeedReport) error {
	if dec.PeekKind() == 'n' {
		_, err := dec.ReadToken()
		return err
	}
	if err := open(dec, '['); err != nil {
		return err
	}
	type about struct {
		message int
		sku     string
	}
	seen := map[about]bool{}
	var is spapi.FeedIssue
	for n := 1; dec.PeekKind() != ']'; n++ {
		if n > maxIssues {
			return errManyIssues
		}
		body.left = maxIssue
		is = spapi.FeedIssue{}
		if err := wire.Decode(dec, &is); err != nil {
			return err
		}
		of := about{is.MessageID, ""}
		if of.message == 0 {
			of.sku = is.SKU
		}
		if is.Severity != spapi.SeverityError || seen[of] || len(is.SKU) > maxSKU {
			continue
		}
		if len(seen) > maxMessages { // and one for the feed as a whole
			return errManyIssues
		}
		seen[of] = true
		is.SKU, is.Severity = strings.Clone(is.SKU), spapi.SeverityError
		is.Code, is.Message = codeText(is.Code), transport.Message(is.Message)
		is.Attribute = strings.ToValidUTF8(strings.Clone(is.Attribute[:min(len(is.Attribute), maxAttribute)]), "")
		r.Issues = append(r.Issues, is)
	}
	_, err := dec.ReadToken()
	return err
}
