package stall_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/examples/adapter/stall"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Fixture{
		New: func(tb testing.TB) channeltest.World { return &world{TB: tb, Fake: stalltest.New(stalltest.Config{})} },
		Capabilities: []string{
			channeltest.CapOrderReader, channeltest.CapOrderDecoder, channeltest.CapStockReader,
			channeltest.CapShipmentEditor, channeltest.CapProber,
		},
		Cannot: map[string]string{
			"two currencies": "an order on Stall has one currency",
		},
	})
}

// world drives the fake as the suite wants it.
type world struct {
	testing.TB
	*stalltest.Fake
}

func (w *world) Open() channel.Channel {
	ch, err := stall.New(w.Config())
	if err != nil {
		w.Fatal(err)
	}
	return ch
}

func (w *world) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	return channel.ListingID(w.Fake.AddListing(sku, quantity)), nil
}

func (w *world) PlaceOrder(p channeltest.Purchase) (channel.OrderID, error) {
	if p.BuyerCurrency != "" {
		return "", errors.ErrUnsupported
	}
	s := stalltest.Sale{Buyer: p.Buyer}
	for _, l := range p.Lines {
		s.Lines = append(s.Lines, stalltest.SaleLine{Listing: string(l.Listing), Quantity: l.Quantity})
	}
	if p.Shipping {
		s.Postage = 490
	}
	id, err := w.Fake.PlaceOrder(s)
	return channel.OrderID(id), err
}

func (w *world) Cancel(id channel.OrderID) error { return w.Fake.Cancel(string(id)) }

func (w *world) Refund(id channel.OrderID, line channel.LineID, units int64) error {
	return w.Fake.Refund(string(id), string(line), units)
}

func (w *world) ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error {
	return w.ShipByHand(string(id), string(line), units, number)
}

func (w *world) Remove(id channel.OrderID) error { return w.Forget(string(id)) }

func (w *world) Poison(id channel.OrderID) error { return w.Spoil(string(id)) }

func (w *world) SetStatus(id channel.OrderID, raw string) error {
	return w.Fake.SetStatus(string(id), raw)
}

func (w *world) WithholdPeople() error {
	w.HidePeople()
	return nil
}

func (w *world) Edit(id channel.ListingID, by int64) error { return w.Shift(string(id), by) }

func (w *world) Quantity(id channel.ListingID) int64 { return w.Fake.Quantity(string(id)) }

func (w *world) Parcels(id channel.OrderID) []channel.RemoteShipment {
	return w.Fake.Parcels(string(id))
}

func (w *world) Secrets() []string { return []string{stalltest.Key} }

func (w *world) Output() string { return "" } // the adapter logs nothing

func (w *world) Inject(t channeltest.Trouble) (lift func(), err error) {
	isWrite := func(r *http.Request) bool { return r.Method != http.MethodGet }
	isOrders := func(r *http.Request) bool { return r.URL.Path == "/v1/orders" }
	granted := func() { w.SetGrant(false, false, stalltest.AllScopes()...) }
	switch t {
	case channeltest.TroubleAnswerLost:
		return w.Fault(stalltest.Fault{Kind: stalltest.DropAfter, Once: true, When: isWrite}), nil
	case channeltest.TroubleRequestLost:
		return w.Fault(stalltest.Fault{Kind: stalltest.DropBefore, Once: true, When: isWrite}), nil
	case channeltest.TroubleTruncated:
		return w.Fault(stalltest.Fault{Kind: stalltest.Truncate, Once: true, When: isOrders}), nil
	case channeltest.TroubleStall:
		return w.Fault(stalltest.Fault{Kind: stalltest.Hang}), nil
	case channeltest.TroubleUnavailable:
		return w.Fault(answer(http.StatusServiceUnavailable, "")), nil
	case channeltest.TroubleThrottled:
		return w.Fault(answer(http.StatusTooManyRequests, "600")), nil
	case channeltest.TroubleUnauthorized:
		w.SetGrant(true, false)
		return granted, nil
	case channeltest.TroubleForbidden:
		w.SetGrant(false, false)
		return granted, nil
	case channeltest.TroubleSuspended:
		w.SetGrant(false, true, stalltest.AllScopes()...)
		return granted, nil
	case channeltest.TroubleEcho:
		return w.Fault(echo()), nil
	}
	return nil, errors.ErrUnsupported
}

func answer(status int, retryAfter string) stalltest.Fault {
	return stalltest.Fault{Kind: stalltest.Answer, Reply: func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}}
}

// echo refuses in several ways, and says the key again in all that an error keeps.
func echo() stalltest.Fault {
	n := 0
	return stalltest.Fault{Kind: stalltest.Answer, Reply: func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Authorization")
		w.Header().Set("X-Request-Id", key)
		w.WriteHeader([]int{http.StatusUnprocessableEntity, http.StatusForbidden, http.StatusNotFound, http.StatusBadGateway}[n%4])
		_, _ = fmt.Fprintf(w, `{"error":{"code":"no %[1]s","message":"what is %[1]s?"}}`, key)
		n++
	}}
}
