package sync

import (
	"context"

	"github.com/penstock-go/penstock/channel"
)

// Queue carries looks at channels from the process that finds them due to any
// that works. It may lose what it was given, give it twice or late, or fail for
// days: [NewQueueRunner] only gains by it. It is safe for concurrent use.
type Queue interface {
	// Offer adds looks. One that waits already, with the same Turn and urgency,
	// may be left out, and should be.
	Offer(ctx context.Context, looks []Look) error

	// Work hands looks to f, at most n at once, until ctx ends; then it takes no
	// more, waits for those in hand and returns nil. An error says that it does
	// not work for now: it is called again.
	Work(ctx context.Context, n int, f func(Look)) error
}

// Look is one visit to be made.
type Look struct {
	Channel channel.ID
	Turn    int64 // of the channel's turns so far: a look that waits is of no use after the next
	Urgent  bool
}

// QueueState is how the queue of a runner has done in the last five minutes, in
// this process.
type QueueState struct {
	Offers  int    // calls that offered looks, and takings up of work
	Failed  int    // of those
	Overdue int    // channels visited without the queue, because a look came from it too late or never
	Visits  int    // all visits of this process
	Reason  string // of the last failure; "" when the last call succeeded
}

// Share is the part of calls that failed, or of visits that the queue was no
// help with, whichever is larger: 0 is a queue that works, 1 one that does not.
func (s QueueState) Share() float64 {
	share := func(n, of int) float64 {
		if of == 0 {
			return 0
		}
		return float64(n) / float64(of)
	}
	return max(share(s.Failed, s.Offers), share(s.Overdue, s.Visits))
}
