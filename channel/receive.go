package channel

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Delivery is a notification as it arrived. Body is the raw bytes, of bounded
// size; nothing of it is believed before it is verified. The body may hold a
// buyer's data, and the address and the header a secret: none is printed.
type Delivery struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   []byte
}

// Format implements [fmt.Formatter] with the method and the body's size.
func (d Delivery) Format(s fmt.State, verb rune) {
	type plain struct {
		Method string
		Bytes  int
	}
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain{d.Method, len(d.Body)})
}

// LogValue implements [slog.LogValuer] with the method and the body's size.
func (d Delivery) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", d.Method), slog.Int("bytes", len(d.Body)))
}

// Receiver takes the notifications of one application: who one is for is known
// only after it is parsed. It verifies before it parses. It is safe for
// concurrent use.
type Receiver interface {
	// Receive returns what a delivery hints at. A delivery whose signature
	// does not hold is ErrUnauthorized, one that cannot be parsed ErrInvalid.
	Receive(ctx context.Context, d Delivery) (Receipt, error)
}

// Receipt is what a verified delivery said.
type Receipt struct {
	ID     string // the same when the marketplace delivers again; "" when it gives none
	Hints  []Hint
	Answer *Answer // what to answer, where the marketplace asks for more than 200
}

// Answer is the HTTP answer a marketplace wants, such as to a challenge.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// HintKind is what a notification is about.
type HintKind string

// The kinds of hints.
const (
	HintOrder   HintKind = "order"
	HintStock   HintKind = "stock"
	HintListing HintKind = "listing"
	HintTicket  HintKind = "ticket"
	HintGrant   HintKind = "grant" // uninstalled, or scopes changed
	HintErase   HintKind = "erase" // somebody is to be forgotten: a hint for each of their orders, or one without an order
)

// Hint says that something changed and carries ids only: what changed is read
// from the marketplace.
type Hint struct {
	Account string // the marketplace's name for the seller: shop domain, store hash, seller id
	Kind    HintKind
	Order   OrderID
	Listing ListingID // or its handle, where that is what the marketplace names
	Ticket  Ticket
	At      time.Time // when it happened, as the marketplace says
}
