package ebay

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/lms"
	"github.com/penstock-go/penstock/ebay/internal/trading"
	"github.com/penstock-go/penstock/internal/transport"
)

// reportPatience is for how long after a task's end a result is asked for again
// that cannot be had. After it a read has to tell.
const reportPatience = time.Hour

// file downloads a task's file.
func (c *Channel) file(ctx context.Context, op, id, operation, name string) ([]byte, error) {
	cl := get(op, apiFeed, operation, jobStock, taskPath(id)+"/"+name, nil)
	cl.header = map[string][]string{"Accept": {"application/octet-stream, application/json"}}
	body, _, err := c.do(ctx, cl)
	return body, err
}

// listingsOf returns the listings of a task's lines: as remembered, or from the
// file that was sent.
func (c *Channel) listingsOf(ctx context.Context, op string, t channel.Ticket, id string) ([]channel.ListingRef, error) {
	if refs := c.feeds.Of(t); refs != nil {
		return refs, nil
	}
	packed, err := c.file(ctx, op, id, "getInputFile", "download_input_file")
	if err != nil {
		return nil, err
	}
	file, err := lms.Open(packed)
	if err != nil {
		return nil, c.unreadableFile(op, err)
	}
	defer func() { _ = file.Close() }()
	var refs []channel.ListingRef
	err = lms.Lines(file, lms.MaxLines, func(s trading.Status) {
		var variation []string
		if s.SKU != "" {
			variation = []string{}
		}
		refs = append(refs, handle{route: routeTrading}.ref(s.ItemID, s.SKU, variation))
	})
	if err != nil {
		return nil, c.unreadableFile(op, err)
	}
	return refs, nil
}

// errFile is a file that cannot be read, however often it is downloaded.
var errFile = errors.New("the file cannot be read")

func (c *Channel) unreadableFile(op string, err error) error {
	return &channel.Error{Channel: c.cfg.ID, Op: op, Class: channel.ErrUnavailable, Message: errFile.Error() + ": " + unreadable(err), Err: errFile}
}

// outcomes reads a task's result and maps it to the lines that were sent. A line
// of which it tells nothing is unsure.
func (c *Channel) outcomes(ctx context.Context, op, id string, refs []channel.ListingRef) ([]channel.TicketResult, error) {
	packed, err := c.file(ctx, op, id, "getResultFile", "download_result_file")
	if err != nil {
		return nil, err
	}
	file, err := lms.Open(packed)
	if err != nil {
		return nil, c.unreadableFile(op, err)
	}
	defer func() { _ = file.Close() }()
	out := make([]channel.TicketResult, len(refs))
	for i, ref := range refs {
		out[i] = channel.TicketResult{Listing: ref, Result: channel.StockResult{
			State: channel.StockUnsure, Err: c.refuse(op, channel.ErrUnsure, "the result tells nothing of the listing"),
		}}
	}
	at := make(map[channel.ListingID]int, len(refs))
	for i, ref := range refs {
		at[ref.ID] = i
	}
	numbered := true
	var plain []lms.Result // without numbers, in the order of the calls when all are told
	settle := func(i int, r *lms.Result) {
		if r.OK() {
			out[i].Result = channel.StockResult{State: channel.StockAccepted}
			return
		}
		err := c.headError(op, transport.Idempotent, &r.Head)
		out[i].Result = channel.StockResult{State: stateOf(err), Err: err}
	}
	err = lms.Results(file, max(len(refs), 1), func(_ int, r *lms.Result) error {
		if n := r.Line(); n > 0 && n <= len(refs) {
			settle(n-1, r)
			return nil
		}
		if len(r.Nodes) == 1 {
			n := r.Nodes[0]
			for _, variation := range [][]string{nil, {}} {
				if i, ok := at[listingID(n.ItemID, n.SKU, variation)]; ok {
					settle(i, r)
				}
			}
		}
		numbered = false
		plain = append(plain, *r)
		return nil
	})
	if err != nil {
		return nil, c.unreadableFile(op, err)
	}
	if !numbered && len(plain) == len(refs) {
		for i := range plain {
			settle(i, &plain[i])
		}
	}
	return out, nil
}
