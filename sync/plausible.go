package sync

import (
	"fmt"

	"github.com/penstock-go/penstock/channel"
)

// plausible refuses an order whose quantities cannot be: none is negative, nor
// more than anybody has of an item. Sums of them stay exact.
func plausible(o *channel.Order) error {
	if o.ID == "" {
		return &channel.Error{Op: "import order", Class: channel.ErrInvalid, Message: "the field id is empty"}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, q := range [...]struct {
			name string
			n    int64
		}{
			{"ordered", l.Ordered},
			{"cancelled", l.Cancelled},
			{"refunded", l.Refunded},
			{"unshipped", l.Unshipped},
			{"shipped", l.Shipped},
			{"restocked", l.Restocked},
			{"loose", l.Loose},
		} {
			if q.n < 0 || q.n > quantityMost {
				return &channel.Error{
					Op: "import order", Class: channel.ErrInvalid,
					Message: fmt.Sprintf("line %s: %s is %d: it is between 0 and %d", l.ID, q.name, q.n, int64(quantityMost)),
				}
			}
		}
	}
	return nil
}
