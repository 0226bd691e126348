package ebay

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/lms"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/ebay/internal/trading"
	"github.com/penstock-go/penstock/internal/adapter"
	"github.com/penstock-go/penstock/internal/transport"
)

const (
	pathTasks = "/sell/feed/v1/task"

	// reviseFeed is the type of feed that revises quantities.
	reviseFeed = "LMS_REVISE_INVENTORY_STATUS"

	headerMarket = "X-Ebay-C-Marketplace-Id"

	// feedApart is how long no second feed is sent while one is unfinished: eBay
	// works on several at once, and does not promise which ends last.
	feedApart = 20 * time.Minute

	// uploadWindow is how long a task waits for its file: error 160026.
	uploadWindow = time.Hour

	// feedWindow is how long after it was asked for a task can have been created
	// whose answer was lost, beyond the call's deadline.
	feedWindow = time.Minute
)

// feed sends levels by feed.
func (s *stockSetter) feed(ctx context.Context, lines []*stockLine) {
	if len(lines) == 0 {
		return
	}
	nodes := make([]trading.Status, len(lines))
	for i, l := range lines {
		nodes[i] = l.status()
	}
	file, n, err := lms.Upload(s.c.cfg.home().site, tradingLevel, nodes)
	if err != nil {
		n, err = 0, s.c.invalid(s.op, "the SKUs hold what XML cannot")
	}
	for _, l := range lines[n:] {
		s.settle(l, channel.StockNotSent, s.later("a feed takes no more", feedApart))
	}
	lines = lines[:n]
	if err == nil {
		err = s.halted(ctx, routeFeed, feedRoom)
	}
	var ticket channel.Ticket
	if err == nil {
		ticket, err = s.c.submit(ctx, s.op, file)
	}
	state := channel.StockAccepted
	switch {
	case err != nil && ticket == "":
		state = channel.StockNotSent
		s.halt(routeFeed, err)
	case err != nil:
		state = channel.StockUnsure
	}
	refs := make([]channel.ListingRef, len(lines))
	for i, l := range lines {
		refs[i] = l.level.Listing
		s.settle(l, state, err)
		s.results[l.at].Ticket = ticket
	}
	if ticket != "" {
		s.c.feeds.Sent(ticket, refs)
	}
}

// submit sends a feed: a task is created, which does nothing by itself, and gets
// its file. An error with a ticket is a feed that may have begun.
func (c *Channel) submit(ctx context.Context, op string, file []byte) (channel.Ticket, error) {
	id, err := c.newTask(ctx, op)
	if err != nil {
		return "", adapter.Harmless(err)
	}
	for again := false; ; again = true {
		err := c.upload(ctx, op, id, file)
		if err == nil {
			return adapter.FeedTicket{ID: id}.Ticket(taskWord), nil
		}
		if !errors.Is(err, channel.ErrUnsure) {
			if again {
				return adapter.FeedTicket{ID: id}.Ticket(taskWord), c.refuse(op, channel.ErrUnsure, "the file was sent twice, and the second was refused")
			}
			return "", err
		}
		// A task that still waits for its file has not got it.
		t, look := c.task(ctx, op, id)
		switch {
		case look == nil && t.Status != sell.TaskCreated:
			return adapter.FeedTicket{ID: id}.Ticket(taskWord), nil
		case look != nil || again:
			return adapter.FeedTicket{ID: id}.Ticket(taskWord), err
		}
	}
}

// newTask creates a task and returns its id.
func (c *Channel) newTask(ctx context.Context, op string) (string, error) {
	cl := call{
		op: op, api: apiFeed, operation: "createTask", job: jobStock, method: http.MethodPost, path: pathTasks,
		header: http.Header{headerMarket: {c.cfg.Marketplaces[0]}}, body: sell.NewTask{Type: reviseFeed, Version: tradingLevel}, repeat: transport.Once,
	}
	_, from, err := c.do(ctx, cl)
	if err != nil {
		return "", err
	}
	at := from.resp.Header.Get("Location")
	id := at[strings.LastIndexByte(at, '/')+1:]
	if !taskID(id) {
		return "", c.garbled(cl, "the answer names no task")
	}
	return id, nil
}

// taskID reports whether an id can be asked for.
func taskID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// upload gives a task its file.
func (c *Channel) upload(ctx context.Context, op, id string, file []byte) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "quantities.xml")
	if err == nil {
		_, err = part.Write(file)
	}
	cl := call{
		op: op, api: apiFeed, operation: "uploadFile", job: jobStock, method: http.MethodPost, path: taskPath(id) + "/upload_file", repeat: transport.Once,
		header: http.Header{"Content-Type": {w.FormDataContentType()}},
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return c.fail(cl, "", channel.ErrInvalid, err)
	}
	cl.raw = form.Bytes()
	_, _, err = c.do(ctx, cl)
	return err
}

func taskPath(id string) string { return pathTasks + "/" + url.PathEscape(id) }

// task reads how a task stands.
func (c *Channel) task(ctx context.Context, op, id string) (sell.Task, error) {
	var t sell.Task
	_, err := c.read(ctx, get(op, apiFeed, "getTask", jobStock, taskPath(id), nil), &t)
	if err == nil && t.Status == "" {
		err = c.refuse(op, channel.ErrUnavailable, "the answer does not say how the task stands")
	}
	return t, err
}
