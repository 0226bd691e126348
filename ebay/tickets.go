package ebay

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/adapter"
)

// taskStates are the states of tasks; one that is not known goes on.
var taskStates = map[string]channel.TicketState{
	sell.TaskCreated: channel.TicketQueued, sell.TaskQueued: channel.TicketQueued, sell.TaskInProcess: channel.TicketRunning,
	sell.TaskCompleted: channel.TicketDone, sell.TaskWithErrors: channel.TicketDone, sell.TaskPartly: channel.TicketDone,
	sell.TaskFailed: channel.TicketFailed,
}

func (c *Channel) stateOfTask(t *sell.Task) channel.TicketState {
	state, known := taskStates[t.Status]
	switch {
	case !known:
		return channel.TicketRunning
	case t.Status == sell.TaskCreated && c.serverNow().Sub(t.Created.Time) > uploadWindow+feedWindow:
		return channel.TicketCancelled // no file came, and none can
	}
	return state
}

// TicketPage tells how a feed stands and, once it is done, what became of each
// level, all in one page: by the result file, which names the lines that were
// sent. A level of which it tells nothing is unsure.
//
// A feed that failed may have set some of its levels and tells of none. One whose
// file did not come within an hour is cancelled, and set none. A ticket for what
// a process that died may have sent stands for every task of the seller created
// at that time, ends with the last of them, and tells of no level; when there was
// none, as a cancelled one.
func (c *Channel) TicketPage(ctx context.Context, t channel.Ticket, after channel.Cursor) (channel.TicketPage, error) {
	const op = "ticket"
	if after != "" {
		return channel.TicketPage{}, c.refuse(op, channel.ErrCursor, "a ticket has one page")
	}
	k, err := c.parseTicket(op, t)
	if err != nil {
		return channel.TicketPage{}, err
	}
	var page channel.TicketPage
	if k.ID != "" {
		page, err = c.taskPage(ctx, op, t, k.ID)
	} else {
		page, err = c.lostPage(ctx, op, k)
	}
	if err == nil && page.State.Ended() {
		c.feeds.Ended(t)
	}
	return page, err
}

// taskWord is what tickets call a task.
const taskWord = "task"

func (c *Channel) parseTicket(op string, t channel.Ticket) (adapter.FeedTicket, error) {
	k, ok := adapter.ParseFeedTicket(taskWord, t)
	if !ok || k.ID != "" && !taskID(k.ID) {
		return k, c.invalid(op, "ticket is not of this channel's making")
	}
	return k, nil
}

// taskPage tells how one task stands.
func (c *Channel) taskPage(ctx context.Context, op string, t channel.Ticket, id string) (channel.TicketPage, error) {
	w, err := c.task(ctx, op, id)
	if err != nil {
		return channel.TicketPage{}, err
	}
	page := channel.TicketPage{State: c.stateOfTask(&w), Since: w.Created.Time, Progress: codeText(w.Status)}
	if sum := w.Summary; sum != nil {
		page.Progress += ": " + strconv.Itoa(sum.Good) + " set, " + strconv.Itoa(sum.Failed) + " refused"
	}
	switch page.State {
	case channel.TicketDone:
		refs, err := c.listingsOf(ctx, op, t, id)
		if err == nil {
			page.Results, err = c.outcomes(ctx, op, id, refs)
		}
		if why := c.missed(&w, err); why != "" {
			page.Progress += why
			return page, nil
		}
		if err != nil {
			return channel.TicketPage{}, err
		}
	case channel.TicketCancelled:
		for _, ref := range c.feeds.Of(t) {
			page.Results = append(page.Results, channel.TicketResult{Listing: ref, Result: channel.StockResult{
				State: channel.StockNotSent, Err: c.refuse(op, channel.ErrUnavailable, "the feed's file never arrived"),
			}})
		}
	case channel.TicketFailed, channel.TicketQueued, channel.TicketRunning:
	}
	return page, nil
}

// missed says why a result is done without, "" where it is not.
func (c *Channel) missed(t *sell.Task, err error) string {
	switch ended := t.Completed.Time; {
	case err == nil:
		return ""
	case errors.Is(err, channel.ErrNotFound):
		return ", without a result"
	case errors.Is(err, errFile) && !ended.IsZero() && c.serverNow().Sub(ended) > reportPatience:
		return ", with a result that cannot be read"
	}
	return ""
}

const (
	// tasksPage is how many tasks are listed at once, the most there can be.
	tasksPage = 500
	// maxTaskPages bounds the list of tasks of one minute: a seller creates 400 in
	// a day.
	maxTaskPages = 10
)

// lostPage tells how the tasks stand that can have been created in a time.
func (c *Channel) lostPage(ctx context.Context, op string, k adapter.FeedTicket) (channel.TicketPage, error) {
	page := channel.TicketPage{State: channel.TicketDone, Since: k.Since}
	until := k.Until
	if now := c.serverNow(); now.Before(until) {
		until = now
	}
	count, waiting, begun := 0, 0, 0
	for n := 0; !until.Before(k.Since); n++ {
		if n == maxTaskPages {
			return channel.TicketPage{}, c.refuse(op, channel.ErrUnavailable, "pages of tasks do not end")
		}
		var list sell.Tasks
		query := url.Values{
			"feed_type": {reviseFeed}, "date_range": {stamp(k.Since) + ".." + stamp(until)},
			"limit": {strconv.Itoa(tasksPage)}, "offset": {strconv.Itoa(n * tasksPage)},
		}
		if _, err := c.read(ctx, get(op, apiFeed, "getTasks", jobStock, pathTasks, query), &list); err != nil {
			return channel.TicketPage{}, err
		}
		for i := range list.Tasks {
			count++
			state := c.stateOfTask(&list.Tasks[i])
			if state != channel.TicketCancelled {
				begun++
			}
			if !state.Ended() {
				waiting++
				if page.State.Ended() || state == channel.TicketRunning {
					page.State = state
				}
			}
		}
		if list.Next == "" || len(list.Tasks) == 0 {
			break
		}
	}
	page.Progress = strconv.Itoa(count) + " tasks it can be, " + strconv.Itoa(waiting) + " of them unfinished"
	switch {
	case waiting > 0:
	case c.serverNow().Before(k.Until):
		page.State = channel.TicketQueued // another may still appear
	case begun == 0:
		page.State = channel.TicketCancelled
	}
	return page, nil
}

// FindTicket returns the ticket for every task of the seller that was created
// between two times, and a minute more.
func (*Channel) FindTicket(since, until time.Time) channel.Ticket {
	return adapter.FeedTicket{Since: since.Add(-clockError), Until: until.Add(feedWindow)}.Ticket(taskWord)
}

var (
	_ channel.TicketReader = (*Channel)(nil)
	_ channel.TicketFinder = (*Channel)(nil)
)
