package shopify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/internal/admin"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// shipped is an order with one parcel of one mug.
func (r rig) shipped(number string) (shopifytest.Order, channel.RemoteShipment) {
	r.Helper()
	r.product("MUG", 10)
	o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
	res, err := r.ch.Ship(r.Context(), parcelWith(o, number, 1))
	r.must(err)
	return o, res.Remote[0]
}

func TestAmendShipment(t *testing.T) {
	onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
		o, remote := r.shipped(numberA)
		w.forget()
		to := channel.Tracking{Carrier: "dhl-express", Number: numberB}
		r.must(r.ch.AmendShipment(r.Context(), remote, to))
		w.golden(r.T, "amend")
		r.wantFulfilments(o.ID, "Main DHL Express "+numberB+" MUG:1")
		r.must(r.ch.AmendShipment(r.Context(), remote, to))
		if n := len(w.named("AmendTracking")); n != 1 {
			r.Errorf("%d writes", n)
		}
	})
}

func TestAmendShipmentKeepsTheOtherNumbers(t *testing.T) {
	for _, merges := range []bool{false, true} {
		onWire(t, shopifytest.Config{TrackingMerges: merges}, func(r rig, _ *wire) {
			r.product("MUG", 10)
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			r.must(r.fake.Ship(o.ID, shopifytest.Shipped{Company: "UPS", Numbers: []string{numberA, numberB, "X1"}}))
			got, err := r.fake.Order(o.ID)
			r.must(err)
			remote := channel.RemoteShipment{
				ID: channel.RemoteShipmentID(shopify.Tail(got.Fulfilments[0].ID)), Tracking: []channel.Tracking{{Carrier: "ups", Number: numberB}},
			}
			r.must(r.ch.AmendShipment(r.Context(), remote, channel.Tracking{Carrier: "ups", Number: "Y2"}))
			want := numberA + "+Y2+X1"
			if merges { // the believed fact the other way round: nothing is lost either
				want = numberA + "+" + numberB + "+X1+Y2"
			}
			r.wantFulfilments(o.ID, "Main UPS "+want+" MUG:1")
		})
	}
}

func TestMergeTracking(t *testing.T) {
	ups := func(numbers ...string) (out []admin.Tracking) {
		for _, n := range numbers {
			out = append(out, admin.Tracking{Company: "UPS", Number: n, URL: "https://ups.example/" + n})
		}
		return out
	}
	known := func(numbers ...string) (out []channel.Tracking) {
		for _, n := range numbers {
			out = append(out, channel.Tracking{Carrier: "ups", Number: n})
		}
		return out
	}
	tests := []struct {
		name   string
		there  []admin.Tracking
		known  []channel.Tracking
		to     channel.Tracking
		want   admin.TrackingInput
		change bool
	}{
		{"none yet", nil, nil, channel.Tracking{Carrier: "ups", Number: "A"}, admin.TrackingInput{Company: "UPS", Number: "A"}, true},
		{"the only one", ups("A"), nil, channel.Tracking{Carrier: "ups", Number: "B"}, admin.TrackingInput{Company: "UPS", Number: "B"}, true},
		{"right already", ups("A"), nil, channel.Tracking{Carrier: "ups", Number: "A"}, admin.TrackingInput{Company: "UPS", Number: "A"}, false},
		{"another carrier", ups("A"), nil, channel.Tracking{Carrier: "usps", Number: "A"}, admin.TrackingInput{Company: "USPS", Number: "A"}, true},
		{
			"another link", ups("A"), nil,
			channel.Tracking{Carrier: "ups", Number: "A", URL: "https://zebra.example/A"},
			admin.TrackingInput{Company: "UPS", Number: "A", URL: "https://zebra.example/A"},
			true,
		},
		{"the one known of several", ups("A", "B"), known("A"), channel.Tracking{Carrier: "ups", Number: "C"}, admin.TrackingInput{Company: "UPS", Numbers: []string{"C", "B"}}, true},
		{"the one given of several", ups("A", "B"), known("A"), channel.Tracking{Carrier: "ups", Number: "b"}, admin.TrackingInput{Company: "UPS", Numbers: []string{"A", "b"}}, true},
		{
			"one of several, right already", ups("A", "B"), known("A", "B"),
			channel.Tracking{Carrier: "ups", Number: "B"},
			admin.TrackingInput{Company: "UPS", Numbers: []string{"A", "B"}, URLs: []string{"https://ups.example/A", "https://ups.example/B"}},
			false,
		},
		{"nobody can tell which of several", ups("A", "B"), known("A", "B"), channel.Tracking{Carrier: "ups", Number: "C"}, admin.TrackingInput{Company: "UPS", Numbers: []string{"A", "B", "C"}}, true},
		{
			"links of all", ups("A", "B"), known("A"),
			channel.Tracking{Carrier: "ups", Number: "C", URL: "https://ups.example/C"},
			admin.TrackingInput{Company: "UPS", Numbers: []string{"C", "B"}, URLs: []string{"https://ups.example/C", "https://ups.example/B"}},
			true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, change := shopify.MergeTracking(tt.there, tt.known, tt.to)
			if change != tt.change {
				t.Errorf("change %t", change)
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAmendShipmentThatCannotBe(t *testing.T) {
	tests := []struct {
		name   string
		change func(r rig, s *channel.RemoteShipment, to *channel.Tracking)
		class  error
		text   string
	}{
		{"cancelled", func(r rig, s *channel.RemoteShipment, _ *channel.Tracking) {
			r.must(r.fake.CancelFulfilment(shopify.GID("Fulfillment", string(s.ID))))
		}, channel.ErrConflict, "is cancelled"},
		{"gone", func(_ rig, s *channel.RemoteShipment, _ *channel.Tracking) { s.ID = "999" }, channel.ErrNotFound, "no fulfilment 999"},
		{"of another marketplace", func(_ rig, s *channel.RemoteShipment, _ *channel.Tracking) { s.ID = "abc" }, channel.ErrNotFound, ""},
		{"without a number", func(_ rig, _ *channel.RemoteShipment, to *channel.Tracking) { to.Number = "" }, channel.ErrInvalid, "no tracking number"},
		{"refused", func(r rig, _ *channel.RemoteShipment, _ *channel.Tracking) {
			r.fake.Refuse("fulfillmentTrackingInfoUpdate", shopifytest.UserError{Message: "Fulfillment does not exist."}, 1)
		}, channel.ErrNotFound, ""},
		{"not ours to write", func(r rig, _ *channel.RemoteShipment, _ *channel.Tracking) {
			r.fake.Refuse("fulfillmentTrackingInfoUpdate", shopifytest.UserError{Message: "The api_client does not have access to the fulfillment order."}, 1)
		}, channel.ErrForbidden, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
				o, remote := r.shipped(numberA)
				before := r.fulfilments(o.ID)
				to := channel.Tracking{Carrier: "ups", Number: numberB}
				tt.change(r, &remote, &to)
				err := r.ch.AmendShipment(r.Context(), remote, to)
				wantClass(r.T, err, tt.class, tt.text)
				if after := r.fulfilments(o.ID); tt.name != "cancelled" && !slices.Equal(before, after) {
					r.Errorf("%v became %v", before, after)
				}
			})
		})
	}
}

func TestAmendShipmentWithTheAnswerLost(t *testing.T) {
	const op = "fulfillmentTrackingInfoUpdate"
	faults := lost(op)
	faults["internal error before"] = shopifytest.InternalError(op, false)
	faults["dropped before"] = shopifytest.Fault{Op: op, Kind: shopifytest.DropBefore}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			onWire(t, shopifytest.Config{}, func(r rig, w *wire) {
				o, remote := r.shipped(numberA)
				r.fake.Fault(fault)
				r.must(r.ch.AmendShipment(r.Context(), remote, channel.Tracking{Carrier: "ups", Number: numberB}))
				r.wantFulfilments(o.ID, "Main UPS "+numberB+" MUG:1")
				want := 1
				if strings.HasSuffix(name, "before") {
					want = 2
				}
				if n := len(w.named("AmendTracking")); n != want {
					r.Errorf("%d writes, want %d", n, want)
				}
			})
		})
	}
	t.Run("for good", func(t *testing.T) {
		onWire(t, shopifytest.Config{}, func(r rig, _ *wire) {
			_, remote := r.shipped(numberA)
			f := shopifytest.InternalError(op, false)
			f.Times = -1
			r.fake.Fault(f)
			err := r.ch.AmendShipment(r.Context(), remote, channel.Tracking{Carrier: "ups", Number: numberB})
			wantClass(r.T, err, channel.ErrUnsure)
		})
	})
}
