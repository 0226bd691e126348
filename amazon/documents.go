package amazon

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

// documentDeadline is how long storage may take to answer: an upload whole, a
// download until its first byte, and from then on between any two.
const documentDeadline = 30 * time.Second

// errAddress is a document's address that storage no longer takes: it is past
// its five minutes, or was not made for this request. A new one is due, once.
var errAddress = errors.New("the document's address is not honoured")

// storage is a client for the addresses of documents. They are on a host of
// their own, whose signature is in the address: no token is sent there.
func (c *Channel) storage(stream bool) (*transport.Client, error) {
	cfg := transport.Config{
		Channel: c.cfg.ID, Base: c.cfg.Transport, MaxWait: c.cfg.MaxWait, CallDeadline: documentDeadline, Stream: stream, Logger: c.cfg.Logger,
	}
	if c.cfg.Hook != nil {
		cfg.Hook = func(_ context.Context, e Event) { c.cfg.Hook(e) }
	}
	return transport.New(cfg)
}

// address checks where a document is said to be. Who has its address has the
// document, so it is fetched over TLS, or from where Config.Endpoint has all
// calls go.
func (c *Channel) address(op, address string) (string, error) {
	endpoint, err := url.Parse(c.cfg.Endpoint)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != endpoint.Scheme || u.Host != endpoint.Host) {
		return "", c.refuse(op, channel.ErrUnavailable, "the document's address is not an https URL")
	}
	return address, nil
}

// upload puts a document where its address says. The address is signed with the
// Content-Type, so it goes to the letter.
func (c *Channel) upload(ctx context.Context, op, address, contentType string, body []byte) error {
	target, err := c.address(op, address)
	if err != nil {
		return err
	}
	client, err := c.storage(false)
	if err != nil {
		return err
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: op, Repeatable: transport.Idempotent})
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, target, bytes.NewReader(body))
	if err != nil {
		return c.fail(call{op: op}, "", channel.ErrInvalid, err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		return adapter.Harmless(err) // a document that no feed names does nothing
	}
	defer func() { _ = resp.Body.Close() }()
	return c.stored(op, resp)
}

// stored judges an answer of storage, whose errors are XML.
func (c *Channel) stored(op string, resp *http.Response) error {
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return nil
	}
	body, _ := transport.Bytes(resp)
	e := parseError(body)
	out := &channel.Error{Channel: c.cfg.ID, Op: op, Code: e.Code, Message: transport.Message("storage: " + e.text()), Class: channel.ErrUnavailable}
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusBadRequest:
		out.Err = errAddress
	case http.StatusNotFound, http.StatusGone:
		out.Class = channel.ErrNotFound
	case http.StatusRequestEntityTooLarge:
		out.Class = channel.ErrInvalid
	}
	if out.Code == "" {
		out.Code = resp.Status
	}
	return out
}

// flowing is a body that must not stand still: a read that gets nothing for
// documentDeadline fails.
type flowing struct {
	io.ReadCloser
	stalled atomic.Bool
}

var errStalled = errors.New("storage sent nothing for too long")

func (f *flowing) Read(p []byte) (int, error) {
	timer := time.AfterFunc(documentDeadline, func() {
		f.stalled.Store(true)
		_ = f.Close()
	})
	n, err := f.ReadCloser.Read(p)
	timer.Stop()
	if err != nil && f.stalled.Load() {
		err = errStalled
	}
	return n, err
}

// document is an open download.
type document struct {
	io.Reader // unpacked
	body      io.Closer
	charset   string // as its Content-Type names it
}

// Close ends the download.
func (d *document) Close() error { return d.body.Close() }

// open begins a download. Whether it is packed is seen by its first bytes, which
// is surer than what is said of it.
func (c *Channel) open(ctx context.Context, op, address string) (*document, error) {
	target, err := c.address(op, address)
	if err != nil {
		return nil, err
	}
	client, err := c.storage(true)
	if err != nil {
		return nil, err
	}
	ctx = transport.WithCall(ctx, transport.Call{Op: op, Repeatable: transport.Read})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, c.fail(call{op: op}, "", channel.ErrInvalid, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if err := c.stored(op, resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	body := &flowing{ReadCloser: resp.Body}
	d := &document{body: body}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil {
		d.charset = params["charset"]
	}
	r := bufio.NewReaderSize(body, 32<<10)
	d.Reader = r
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(r)
		if err != nil {
			_ = resp.Body.Close()
			return nil, c.cut(op, err)
		}
		d.Reader = zr
	}
	return d, nil
}

// cut is a document that ended early or is not packed as it seemed.
func (c *Channel) cut(op string, err error) error {
	return c.fail(call{op: op}, "", channel.ErrUnavailable, fmt.Errorf("a document could not be read: %w", err))
}
