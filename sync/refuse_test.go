package sync_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	channelsync "github.com/penstock-go/penstock/sync"
)

// oddSealer fails or panics on what holds a word.
type oddSealer struct {
	word   string
	panics bool
}

func (s oddSealer) Seal(b []byte) ([]byte, error) {
	if bytes.Contains(b, []byte(s.word)) {
		if s.panics {
			panic("cannot seal " + string(b))
		}
		return nil, errors.New("cannot seal it")
	}
	return xorSealer{}.Seal(b)
}
func (s oddSealer) Open(b []byte) ([]byte, error) { return xorSealer{}.Open(b) }

// pickyStore refuses to store one order.
type pickyStore struct {
	channelsync.Store
	refuses channel.OrderID
}

func (s pickyStore) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return s.Store.Update(ctx, func(tx channelsync.Tx) error { return f(pickyTx{tx, s.refuses}) })
}

type pickyTx struct {
	channelsync.Tx
	refuses channel.OrderID
}

func (t pickyTx) PutOrders(ctx context.Context, rows []channelsync.OrderRow) error {
	if slices.ContainsFunc(rows, func(r channelsync.OrderRow) bool { return r.ID == t.refuses }) {
		return errors.New("this order's text cannot be stored")
	}
	return t.Tx.PutOrders(ctx, rows)
}

// One order that cannot be sealed or stored is parked, and the rest of its
// page goes on.
func TestOneOrderThatCannotBeStoredIsParked(t *testing.T) {
	for name, odd := range map[string]func(*channelsync.Config, channel.OrderID){
		"the sealer fails":  func(c *channelsync.Config, _ channel.OrderID) { c.Sealer, c.SealOrders = oddSealer{"ODD", false}, true },
		"the sealer panics": func(c *channelsync.Config, _ channel.OrderID) { c.Sealer, c.SealOrders = oddSealer{"ODD", true}, true },
		"the store refuses": func(c *channelsync.Config, id channel.OrderID) { c.Store = pickyStore{c.Store, id} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop", PageSize: 4})
				placeOrders(t, shop, 5)
				ref := shop.AddListing(channeltest.NewListing{SKU: "ODD", Quantity: 9})
				id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: ref.ID, Quantity: 1})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := shop.PlaceOrder(channeltest.SaleLine{Listing: "L-1", Quantity: 1}); err != nil {
					t.Fatal(err)
				}
				r := newRig(t, shop)
				r.config = func(c *channelsync.Config) { odd(c, id) }
				e := r.start()
				wait(10 * time.Minute)
				if n := len(r.stored("shop")); n != 6 {
					t.Errorf("%d orders stored, want the 6 that can be", n)
				}
				parked, err := e.Parked(t.Context(), channelsync.ParkedFilter{Kind: "order"})
				if err != nil || len(parked) != 1 || parked[0].Ref != string(id) || strings.Contains(parked[0].Reason, "ODD") {
					t.Errorf("parked %+v, %v", parked, err)
				}
				if l := lane(r.state("shop"), channelsync.LaneImport); l.Failures != 0 || l.Freshness < 0 || l.Freshness > 6*time.Minute {
					t.Errorf("the import stands at %+v", l)
				}
			})
		})
	}
}

// A notification is acted on by its kind.
func TestHints(t *testing.T) {
	bubble(t, func(t *testing.T) {
		shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
		ids := placeOrders(t, shop, 2)
		r := newRig(t, shop)
		e := r.start()
		wait(time.Minute)
		hint := func(h channel.Hint) error {
			return e.Hint(t.Context(), channel.Receipt{Hints: []channel.Hint{h}}, func(string) []channel.ID { return []channel.ID{"shop"} })
		}
		probes := shop.Calls(channeltest.OpProbe)
		for _, kind := range []channel.HintKind{channel.HintGrant, channel.HintStock, channel.HintListing, channel.HintTicket} {
			if err := hint(channel.Hint{Kind: kind}); err != nil {
				t.Error(err)
			}
		}
		wait(time.Second)
		if n := shop.Calls(channeltest.OpProbe) - probes; n != 1 {
			t.Errorf("%d probes after the grant changed", n)
		}
		for _, h := range []channel.Hint{{Kind: channel.HintErase, Order: ids[0]}, {Kind: channel.HintErase, Order: "none"}, {Kind: channel.HintErase}} {
			if err := hint(h); err != nil {
				t.Errorf("%+v: %v", h, err)
			}
		}
		if o, err := e.Order(t.Context(), channelsync.OrderRef{Channel: "shop", ID: ids[0]}); err != nil || !o.Erased {
			t.Errorf("erased %v, %v", o.Erased, err)
		}
		err := e.Hint(t.Context(), channel.Receipt{Hints: []channel.Hint{{Kind: channel.HintOrder}}}, func(string) []channel.ID { return []channel.ID{"nowhere"} })
		if !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("a hint for a channel that is none: %v", err)
		}
	})
}
