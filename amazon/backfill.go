package amazon

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// backfillPage is how many rows a page of a snapshot has at most.
const backfillPage = 1_000

// StartBackfill asks for the listings report of each marketplace, which tells
// listings and stock alike. Of orders there is no snapshot to be had that is
// quicker than their walk: errors.ErrUnsupported.
func (c *Channel) StartBackfill(ctx context.Context, q channel.BackfillQuery) (channel.Ticket, error) {
	const op = "start backfill"
	switch q.Kind {
	case channel.BackfillListings, channel.BackfillStock:
	case channel.BackfillOrders:
		return "", c.walked(op)
	default:
		return "", c.invalid(op, "no such kind of snapshot")
	}
	began := c.serverNow()
	ids := make([]string, len(c.cfg.MarketplaceIDs))
	for i, marketplace := range c.cfg.MarketplaceIDs {
		id, likely, err := c.createReport(ctx, op, marketplace)
		if err == nil && likely {
			// A ticket cannot be put right if it is of another's report.
			err = c.refuse(op, channel.ErrUnavailable, "a report was asked for, and no answer came")
		}
		if err != nil {
			return "", err
		}
		ids[i] = id
	}
	return channel.Ticket(fmt.Sprintf("reports %s %d %s", q.Kind, began.Unix(), strings.Join(ids, ","))), nil
}

// walked refuses a snapshot of orders.
func (c *Channel) walked(op string) error {
	return c.fail(call{op: op}, "", channel.ErrInvalid, fmt.Errorf("orders are walked: %w", errors.ErrUnsupported))
}

// snapshot is a backfill's ticket taken apart.
type snapshot struct {
	kind    channel.BackfillKind
	began   time.Time
	reports []string // one for each marketplace, in their order
}

func (c *Channel) parseSnapshot(op string, t channel.Ticket) (s snapshot, err error) {
	parts := strings.Split(string(t), " ")
	if len(parts) == 4 && parts[0] == "reports" {
		s = snapshot{kind: channel.BackfillKind(parts[1]), reports: strings.Split(parts[3], ",")}
		sec, err := strconv.ParseInt(parts[2], 10, 64)
		if s.began = time.Unix(sec, 0).UTC(); err == nil && len(s.reports) == len(c.cfg.MarketplaceIDs) {
			return s, nil
		}
	}
	return s, c.invalid(op, "ticket is not of this channel's making, or of other marketplaces")
}

// BackfillState tells how the reports stand: done when all are. A report
// without data ends cancelled, which is no failure.
func (c *Channel) BackfillState(ctx context.Context, t channel.Ticket) (channel.TicketPage, error) {
	const op = "backfill state"
	s, err := c.parseSnapshot(op, t)
	if err != nil {
		return channel.TicketPage{}, err
	}
	page := channel.TicketPage{State: channel.TicketDone, Since: s.began}
	var words []string
	for _, id := range s.reports {
		r, err := c.report(ctx, op, id)
		if err != nil {
			return channel.TicketPage{}, err
		}
		words = append(words, r.Status)
		switch state := stateOfWork(r.Status); {
		case page.State == channel.TicketFailed, state == channel.TicketDone, state == channel.TicketCancelled:
		case state == channel.TicketFailed, page.State == channel.TicketDone, state == channel.TicketRunning:
			page.State = state
		}
	}
	page.Progress = strings.Join(words, ", ")
	return page, nil
}

// BackfillOrders is unsupported.
func (c *Channel) BackfillOrders(context.Context, channel.Ticket) iter.Seq2[channel.Page[channel.Order], error] {
	return func(yield func(channel.Page[channel.Order], error) bool) {
		yield(channel.Page[channel.Order]{}, c.walked("backfill result"))
	}
}

// BackfillListings streams the listings of the reports, each SKU once, as the
// first of the marketplaces tells it that has it. One page is held at a time.
func (c *Channel) BackfillListings(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.Listing], error] {
	return func(yield func(channel.Page[channel.Listing], error) bool) {
		err := c.snapshotPages(ctx, t, channel.BackfillListings, func(p catalogPage, last bool) bool {
			out := channel.Page[channel.Listing]{Parked: p.parked, ReadAt: p.at, Items: make([]channel.Listing, len(p.entries))}
			for i := range p.entries {
				out.Items[i] = p.entries[i].Listing
			}
			if last {
				out.Through = p.at
			}
			return yield(out, nil)
		})
		if err != nil {
			yield(channel.Page[channel.Listing]{}, err)
		}
	}
}

// BackfillStock streams the quantities of the reports, which may be six hours
// old, and after them what Amazon holds, where the application has the role to
// read it.
func (c *Channel) BackfillStock(ctx context.Context, t channel.Ticket) iter.Seq2[channel.Page[channel.StockLevel], error] {
	return func(yield func(channel.Page[channel.StockLevel], error) bool) {
		var held bool
		stopped := false
		err := c.snapshotPages(ctx, t, channel.BackfillStock, func(p catalogPage, last bool) bool {
			out := channel.Page[channel.StockLevel]{Parked: p.parked, ReadAt: p.at, Items: make([]channel.StockLevel, 0, len(p.entries))}
			for i := range p.entries {
				e := &p.entries[i]
				held = held || e.FulfilledBy == channel.ByMarketplace
				if e.quantity != nil {
					out.Items = append(out.Items, channel.StockLevel{Listing: e.Ref, Quantity: *e.quantity})
				}
			}
			if last && !held {
				out.Through = p.at
			}
			stopped = !yield(out, nil)
			return !stopped
		})
		if err == nil && held && !stopped {
			err = c.heldPages(ctx, t, func(p channel.Page[channel.StockLevel]) bool { return yield(p, nil) })
		}
		if err != nil {
			yield(channel.Page[channel.StockLevel]{}, err)
		}
	}
}

// heldPages walks what Amazon holds.
func (c *Channel) heldPages(ctx context.Context, t channel.Ticket, yield func(channel.Page[channel.StockLevel]) bool) error {
	const op = "backfill result"
	s, err := c.parseSnapshot(op, t)
	if err != nil {
		return err
	}
	w := &catalogWalk{Kind: walkStock, Began: s.began, Held: heldFirst}
	for {
		page, err := c.heldPage(ctx, op, w)
		if err != nil {
			return err
		}
		page.Next = ""
		if !yield(page) || w.Held == "" {
			return nil
		}
	}
}

// snapshotPages streams the rows of finished reports, and ends early when yield
// says so.
func (c *Channel) snapshotPages(ctx context.Context, t channel.Ticket, kind channel.BackfillKind, yield func(p catalogPage, last bool) bool) error {
	const op = "backfill result"
	s, err := c.parseSnapshot(op, t)
	if err != nil {
		return err
	}
	if s.kind != kind {
		return c.invalid(op, "the ticket is for "+string(s.kind))
	}
	once := onlyOnce(len(s.reports))
	for i, id := range s.reports {
		last := i == len(s.reports)-1
		r, err := c.report(ctx, op, id)
		if err != nil {
			return err
		}
		var more bool
		switch state := stateOfWork(r.Status); {
		case state == channel.TicketDone && r.ReportDocumentID != "":
			more, err = c.streamReport(ctx, op, r.ReportDocumentID, c.cfg.MarketplaceIDs[i], func(p catalogPage, end bool) bool {
				p.at, p.entries = s.began.Add(-reportAge), once.filter(p.entries)
				return yield(p, last && end)
			})
		case state == channel.TicketCancelled:
			more = yield(catalogPage{at: s.began.Add(-reportAge)}, last)
		case state.Ended():
			err = c.refuse(op, channel.ErrConflict, "Amazon could not make the report: "+r.Status)
		default:
			err = c.refuse(op, channel.ErrUnavailable, "the report is not made yet: "+r.Status)
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// streamReport reads a report to its end, a page at a time; more is false when
// yield wants none.
func (c *Channel) streamReport(ctx context.Context, op, document, marketplace string, yield func(p catalogPage, end bool) bool) (more bool, err error) {
	d, err := c.openReport(ctx, op, document)
	if err != nil {
		return false, err
	}
	defer func() { _ = d.Close() }()
	t, err := c.openRows(op, d, marketplace)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errNoReport
		}
		return false, c.rowsError(op, err)
	}
	for {
		p := catalogPage{report: true}
		var more bool
		if p.entries, p.parked, more, err = c.rows(ctx, op, t, backfillPage); err != nil {
			return false, err
		}
		if !yield(p, !more) {
			return false, nil
		}
		if !more {
			return true, nil
		}
	}
}

// seenSKUs tells SKUs apart that several reports have, by their hashes: of
// 100,000 two are alike once in a billion reports.
type seenSKUs struct {
	seed maphash.Seed
	seen map[uint64]bool // nil with one report
}

func onlyOnce(reports int) *seenSKUs {
	s := &seenSKUs{seed: maphash.MakeSeed()}
	if reports > 1 {
		s.seen = map[uint64]bool{}
	}
	return s
}

// filter drops what an earlier report had.
func (s *seenSKUs) filter(entries []entry) []entry {
	if s.seen == nil {
		return entries
	}
	out := entries[:0]
	for _, e := range entries {
		h := maphash.String(s.seed, string(e.Ref.ID))
		if !s.seen[h] {
			s.seen[h] = true
			out = append(out, e)
		}
	}
	return out
}

var _ channel.Backfiller = (*Channel)(nil)
