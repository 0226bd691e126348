package bigcommerce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
)

func TestConformance(t *testing.T) {
	for name, believed := range map[string]bigcommercetest.Believed{
		"as believed": {ArchivedGone: true}, // or what is removed could still be read
		"the other readings": {
			DatesExclusive: true, MinIDExclusive: true, BadDatesIgnored: true, OverLimitClamped: true, EmptyListsAre200: true,
			EmptyRefundsAre200: true, UnknownFiltersIgnored: true, ArchivedGone: true, NextLinkOnLastPage: true, LinkStubObjects: true,
			BaseVariantsUnlisted: true,
			PartialKeepsStatus:   true, UnshippableConflicts: true, RefundedShippable: true, OmittedProviderEmpty: true, StringAddressAccepted: true,
			InvalidItemsSkipped: true, AbsoluteSetsSellable: true, UntrackedSilent: true, NegativeAccepted: true, SKUFindsProducts: true,
			StockStopsAtZero: true, PartialShipmentTakes: true, IncompleteTakesStock: true, RelativeSeesPending: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Fixture{
				New: func(tb testing.TB) channeltest.World {
					tb.Helper()
					return newWorld(tb, believed)
				},
				Capabilities: []string{
					channeltest.CapOrderReader, channeltest.CapOrderDecoder, channeltest.CapStockReader, channeltest.CapShipmentEditor,
					channeltest.CapProber,
				},
				Cannot: map[string]string{
					"two currencies": "BigCommerce tells amounts in the currency the buyer paid in, and no other",
				},
			})
		})
	}
}

// world drives a fake store.
type world struct {
	testing.TB
	fake   *bigcommercetest.Fake
	wire   *wire
	output *adaptertest.Buffer

	mu       sync.Mutex
	sku      map[channel.ListingID]string
	poisoned map[channel.OrderID]bool
	words    map[channel.OrderID]string
	faceless bool
}

func newWorld(tb testing.TB, believed bigcommercetest.Believed) *world {
	tb.Helper()
	w := &world{
		TB: tb, output: &adaptertest.Buffer{}, sku: map[channel.ListingID]string{}, poisoned: map[channel.OrderID]bool{},
		words: map[channel.OrderID]string{},
		fake:  bigcommercetest.New(bigcommercetest.Config{Quota: 500, Believed: believed}),
	}
	base := w.fake.Transport()
	w.wire = &wire{Base: spectest.Sample(recorded(tb, base), base, 80), Bend: w.bend}
	return w
}

func (w *world) Open() channel.Channel {
	w.Helper()
	cfg := w.fake.Config()
	cfg.Transport = w.wire
	cfg.Logger = slog.New(slog.NewTextHandler(w.output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ch, err := bigcommerce.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	return ch
}

func (w *world) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	p, err := w.fake.AddProduct(bigcommercetest.NewProduct{SKU: sku, Name: "Thing " + sku, Price: "12.5", OnHand: quantity})
	if err != nil {
		return "", err
	}
	id := channel.ListingID(strconv.Itoa(p.Variants[0].ID))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sku[id] = sku
	return id, nil
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (w *world) PlaceOrder(p channeltest.Purchase) (channel.OrderID, error) {
	n := bigcommercetest.NewOrder{Message: p.Buyer}
	for _, l := range p.Lines {
		n.Lines = append(n.Lines, bigcommercetest.NewLine{
			VariantID: number(string(l.Listing)), Quantity: int(l.Quantity), Tax: "1.25",
		})
	}
	to := bigcommercetest.ShipTo{Address: bigcommercetest.Address{
		FirstName: "Ada", LastName: "Example", Street1: "1 Example Street", City: "Austin", State: "Texas", Zip: "78701",
		Country: "United States", CountryISO2: "US", Phone: "5550100", Email: "ada@example.com",
	}}
	if p.Buyer != "" {
		to.FirstName, to.LastName, _ = strings.Cut(p.Buyer, " ")
		to.Street1, to.Email = p.Buyer+" Street", strings.ReplaceAll(p.Buyer, " ", ".")+"@example.com"
		n.Billing = to.Address
	}
	if p.Shipping {
		to.Shipping, to.ShippingTax = "4.90", "0.49"
	}
	n.ShipTo = []bigcommercetest.ShipTo{to}
	id, err := w.fake.PlaceOrder(n)
	return oid(id), err
}

func (w *world) Cancel(id channel.OrderID) error { return w.fake.CancelOrder(number(string(id))) }

func (w *world) Refund(id channel.OrderID, line channel.LineID, units int64) error {
	_, err := w.fake.Refund(number(string(id)), bigcommercetest.NewRefund{Lines: map[int]int{number(string(line)): int(units)}})
	return err
}

func (w *world) ShipOutside(id channel.OrderID, line channel.LineID, units int64, tracking string) error {
	_, err := w.fake.Ship(number(string(id)), bigcommercetest.Parcel{
		Items: map[int]int{number(string(line)): int(units)}, Tracking: tracking, Provider: "ups",
	})
	return err
}

func (w *world) Remove(id channel.OrderID) error { return w.fake.Archive(number(string(id))) }

func (w *world) Poison(id channel.OrderID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.poisoned[id] = true
	return nil
}

func (w *world) SetStatus(id channel.OrderID, raw string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.words[id] = raw
	return nil
}

func (w *world) WithholdPeople() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faceless = true
	return nil
}

// bend makes answers say what the fake cannot be made to say.
func (w *world) bend(req *http.Request, status int, body []byte) (int, []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if status != http.StatusOK || !strings.Contains(req.URL.Path, "/v2/orders") ||
		len(w.poisoned) == 0 && len(w.words) == 0 && !w.faceless {
		return status, body
	}
	var rows []map[string]any
	if json.Unmarshal(body, &rows) != nil {
		return status, body
	}
	for _, r := range rows {
		n, _ := r["id"].(float64)
		id := oid(int(n))
		if w.poisoned[id] {
			r["items_total"] = map[string]any{"customer": r["billing_address"]}
		}
		if word := w.words[id]; word != "" {
			r["status"], r["status_id"] = word, 99
		}
		if cons, ok := r["consignments"].(map[string]any); ok && w.faceless {
			list, _ := cons["shipping"].([]any)
			for _, s := range list {
				for _, k := range []string{"first_name", "last_name", "company", "street_1", "street_2", "email", "phone"} {
					s.(map[string]any)[k] = ""
				}
			}
		}
	}
	out, err := json.Marshal(rows)
	if err != nil {
		return status, body
	}
	return status, out
}

func (w *world) skuOf(id channel.ListingID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sku[id]
}

func (w *world) Edit(id channel.ListingID, by int64) error {
	return w.fake.AdjustOnHand(w.skuOf(id), bigcommercetest.DefaultLocation, by)
}

func (w *world) Quantity(id channel.ListingID) int64 {
	n, err := w.fake.Available(w.skuOf(id))
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *world) Parcels(id channel.OrderID) []channel.RemoteShipment {
	o, found := w.fake.Order(number(string(id)))
	if !found {
		return nil
	}
	var out []channel.RemoteShipment
	for _, s := range o.Shipments {
		r := channel.RemoteShipment{ID: channel.RemoteShipmentID(strconv.Itoa(s.ID)), Order: id}
		if s.TrackingNumber != "" {
			r.Tracking = []channel.Tracking{{Number: s.TrackingNumber, Carrier: s.Provider}}
		}
		for line, n := range s.Items {
			r.Lines = append(r.Lines, channel.ShipmentLine{Line: channel.LineID(strconv.Itoa(line)), Quantity: int64(n)})
		}
		out = append(out, r)
	}
	return out
}

func (w *world) Inject(t channeltest.Trouble) (func(), error) {
	write := func(r *http.Request, _ []byte) bool { return r.Method != http.MethodGet }
	f := w.fake
	switch t {
	case channeltest.TroubleAnswerLost:
		return f.Fault(bigcommercetest.Fault{Kind: bigcommercetest.DropAfter, When: write}), nil
	case channeltest.TroubleRequestLost:
		return f.Fault(bigcommercetest.Fault{Kind: bigcommercetest.DropBefore, When: write}), nil
	case channeltest.TroubleTruncated:
		return f.Fault(bigcommercetest.Fault{Kind: bigcommercetest.Truncate, Op: "GET /v2/orders"}), nil
	case channeltest.TroubleUnavailable:
		return f.FailWith("", http.StatusBadGateway, -1), nil
	case channeltest.TroubleThrottled:
		f.ThrottleNext(1<<30, bigcommercetest.ThrottleStyle{ResetAfter: 10 * time.Minute, RetryAfter: 10 * time.Minute})
		return func() { f.ThrottleNext(0, bigcommercetest.ThrottleStyle{}) }, nil
	case channeltest.TroubleUnauthorized:
		f.RevokeToken(bigcommercetest.DefaultToken)
		return func() {
			f.AddToken(bigcommercetest.Token{Value: bigcommercetest.DefaultToken, Scopes: bigcommercetest.AllScopes()})
		}, nil
	case channeltest.TroubleForbidden:
		f.SetScopes(bigcommercetest.DefaultToken)
		return func() { f.SetScopes(bigcommercetest.DefaultToken, bigcommercetest.AllScopes()...) }, nil
	case channeltest.TroubleSuspended:
		f.Suspend()
		return f.Resume, nil
	case channeltest.TroubleStall:
		return f.Fault(bigcommercetest.Fault{Kind: bigcommercetest.Stall, Times: -1}), nil
	case channeltest.TroubleEcho:
		statuses := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusInternalServerError}
		n := 0
		return f.Fault(bigcommercetest.Fault{Kind: bigcommercetest.Answer, Times: -1, Reply: func(rw http.ResponseWriter, r *http.Request) {
			token := r.Header.Get("X-Auth-Token")
			status := statuses[n%len(statuses)]
			kind, body := "application/problem+json", `{"status":%d,"title":"no such token: %[2]s","type":"about:%[2]s","errors":{"%[2]s":"%[2]s"}}`
			if strings.Contains(r.URL.Path, "/v2/") && status != http.StatusUnauthorized {
				kind, body = "application/json", `[{"status":%d,"message":"no such token: %[2]s","details":{"reason":"%[2]s"}}]`
			}
			rw.Header().Set("Content-Type", kind)
			rw.Header().Set("X-Request-Id", "for-"+token)
			rw.WriteHeader(status)
			_, _ = fmt.Fprintf(rw, body, status, token)
			n++
		}}), nil
	}
	return nil, errors.ErrUnsupported
}

func (w *world) Secrets() []string { return []string{bigcommercetest.DefaultToken} }

func (w *world) Output() string { return w.output.String() }
