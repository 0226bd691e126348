package shopify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func TestConformance(t *testing.T) {
	for name, shop := range map[string]shopifytest.Config{
		"as believed": {},
		// What is left out cannot be met: with TrackingMerges no request replaces
		// a number, and with OpenByDefault a search never tells of a cancellation.
		"the other readings": {
			Idempotency: shopifytest.Stale, PartialSets: true, HoldBumpsOrder: true, LooseSKUSearch: true,
			StrictAfter: true, PagingWallFails: true, HideCommitted: true, ShipScheduled: true, ShipHeld: true,
			EmptyBulkHasURL: true, KeepOpen: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Fixture{
				New: func(tb testing.TB) channeltest.World {
					tb.Helper()
					return newWorld(tb, shop)
				},
				Capabilities: []string{
					channeltest.CapOrderReader, channeltest.CapOrderDecoder, channeltest.CapStockReader, channeltest.CapShipmentEditor,
					channeltest.CapProber, channeltest.CapBackfiller,
				},
			})
		})
	}
}

// world drives a fake shop.
type world struct {
	testing.TB
	fake   *shopifytest.Fake
	base   http.RoundTripper
	output *adaptertest.Buffer

	mu       sync.Mutex
	poisoned map[string]bool // orders by global id
	words    map[string]string
	removed  map[string]bool
	faceless bool
}

// recordedCalls bounds how many calls of a case are held to the schema.
const recordedCalls = 300

func newWorld(tb testing.TB, shop shopifytest.Config) *world {
	tb.Helper()
	shop.Quota, shop.Token = 50, plainToken
	w := &world{
		TB: tb, output: &adaptertest.Buffer{}, fake: shopifytest.New(shop),
		poisoned: map[string]bool{}, words: map[string]string{}, removed: map[string]bool{},
	}
	w.base = spectest.Sample(recorded(tb, w.fake.Transport()), w.fake.Transport(), recordedCalls)
	return w
}

func (w *world) Open() channel.Channel {
	w.Helper()
	cfg := w.fake.Config()
	cfg.Transport = w
	cfg.Logger = slog.New(slog.NewTextHandler(w.output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ch, err := shopify.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	return ch
}

func variantID(id channel.ListingID) string { return shopify.GID("ProductVariant", string(id)) }
func orderID(id channel.OrderID) string     { return shopify.GID("Order", string(id)) }

func (w *world) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	p, err := w.fake.AddProduct(shopifytest.Product{
		Title: "Thing " + sku, Variants: []shopifytest.Variant{{SKU: sku, Price: "12.50", Available: int(quantity)}},
	})
	if err != nil {
		return "", err
	}
	return channel.ListingID(shopify.Tail(p.Variants[0].ID)), nil
}

func (w *world) PlaceOrder(p channeltest.Purchase) (channel.OrderID, error) {
	n := shopifytest.NewOrder{
		Taxes: []shopifytest.Tax{{Title: "VAT", Rate: "0.1"}}, Currency: string(p.BuyerCurrency), Note: p.Buyer,
		Buyer: shopifytest.Buyer{First: "Ada", Last: "Example", Email: "ada@example.com", Phone: "+4930000000"},
	}
	if p.BuyerCurrency == "JPY" {
		n.Rate = "0.0067"
	}
	street := "1 Example Street"
	if p.Buyer != "" {
		first, last, _ := strings.Cut(p.Buyer, " ")
		n.Buyer.First, n.Buyer.Last = first, last
		n.Buyer.Email = strings.ReplaceAll(p.Buyer, " ", ".") + "@example.com"
		street = p.Buyer + " Street"
	}
	n.Address = &shopifytest.Address{
		First: n.Buyer.First, Last: n.Buyer.Last, Line1: street, City: "Berlin", Zip: "10115", Country: "Germany", CountryCode: "DE",
		Phone: "+4930000000",
	}
	for _, l := range p.Lines {
		n.Lines = append(n.Lines, shopifytest.NewLine{SKU: variantID(l.Listing), Quantity: int(l.Quantity)})
	}
	if p.Shipping {
		n.Shipping = []shopifytest.Shipping{{Title: "Standard", Price: "5"}}
	}
	o, err := w.fake.PlaceOrder(n)
	return channel.OrderID(shopify.Tail(o.ID)), err
}

func (w *world) Cancel(id channel.OrderID) error { return w.fake.CancelOrder(orderID(id), true) }

func (w *world) Refund(id channel.OrderID, line channel.LineID, units int64) error {
	return w.fake.Refund(orderID(id), shopifytest.NewRefund{Lines: []shopifytest.RefundedLine{
		{Line: shopify.GID("LineItem", string(line)), Quantity: int(units), Restock: shopifytest.RestockCancel},
	}})
}

func (w *world) ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error {
	return w.fake.Ship(orderID(id), shopifytest.Shipped{
		Units: map[string]int{shopify.GID("LineItem", string(line)): int(units)}, Company: "UPS", Numbers: []string{number},
	})
}

// The fake cannot forget an order, show a broken one or a status it does not
// know: its answers are bent on the way.

func (w *world) Remove(id channel.OrderID) error {
	w.set(func() { w.removed[orderID(id)] = true })
	return nil
}

func (w *world) Poison(id channel.OrderID) error {
	w.set(func() { w.poisoned[orderID(id)] = true })
	return nil
}

func (w *world) SetStatus(id channel.OrderID, raw string) error {
	w.set(func() { w.words[orderID(id)] = raw })
	return nil
}

func (w *world) WithholdPeople() error {
	w.set(func() { w.faceless = true })
	return nil
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// RoundTrip passes a call to the fake and bends its answer.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(req)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || resp.StatusCode != http.StatusOK || len(w.poisoned)+len(w.words)+len(w.removed) == 0 && !w.faceless {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var a any
	if dec.Decode(&a) == nil {
		if bent, err := json.Marshal(w.bend(a)); err == nil {
			body = bent
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// bend changes the orders inside an answer; it returns null for one that is
// gone.
func (w *world) bend(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = w.bend(v[i])
		}
	case map[string]any:
		id, _ := v["id"].(string)
		if w.removed[id] {
			return nil
		}
		_, whole := v["displayFinancialStatus"]
		if whole && w.faceless {
			v["email"], v["phone"], v["customer"] = nil, nil, nil
			for _, name := range []string{"shippingAddress", "billingAddress"} {
				if a, ok := v[name].(map[string]any); ok {
					for _, k := range []string{"name", "company", "address1", "address2", "city", "zip", "phone"} {
						a[k] = nil
					}
				}
			}
		}
		if whole && w.poisoned[id] {
			v["totalPriceSet"] = map[string]any{"shopMoney": map[string]any{"amount": v["shippingAddress"]}}
		}
		if word := w.words[id]; whole && word != "" {
			v["displayFinancialStatus"], v["displayFulfillmentStatus"] = word, word
		}
		for k := range v {
			v[k] = w.bend(v[k])
		}
	}
	return v
}

func (w *world) Edit(id channel.ListingID, by int64) error {
	return w.fake.AdjustAvailable(variantID(id), "", int(by))
}

func (w *world) Quantity(id channel.ListingID) int64 {
	return int64(w.fake.Available(variantID(id), ""))
}

func (w *world) Parcels(id channel.OrderID) []channel.RemoteShipment {
	o, err := w.fake.Order(orderID(id))
	if err != nil {
		w.Fatal(err)
	}
	var out []channel.RemoteShipment
	for _, f := range o.Fulfilments {
		if f.Status == "CANCELLED" {
			continue
		}
		r := channel.RemoteShipment{ID: channel.RemoteShipmentID(shopify.Tail(f.ID)), Order: id}
		for _, n := range f.Numbers {
			r.Tracking = append(r.Tracking, channel.Tracking{Carrier: f.Company, Number: n})
		}
		for line, n := range f.Units {
			r.Lines = append(r.Lines, channel.ShipmentLine{Line: channel.LineID(shopify.Tail(line)), Quantity: int64(n)})
		}
		out = append(out, r)
	}
	return out
}

// throttledFor is how long a shop that is asked too much wants to be left
// alone.
const throttledFor = 10 * time.Minute

func (w *world) Inject(t channeltest.Trouble) (func(), error) {
	always := func(f shopifytest.Fault) (func(), error) {
		f.Times = -1
		return w.fake.Fault(f), nil
	}
	write := func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(`"mutation `)) }
	switch t {
	case channeltest.TroubleAnswerLost:
		return w.fake.Fault(shopifytest.Fault{Kind: shopifytest.DropAfter, When: write}), nil
	case channeltest.TroubleRequestLost:
		return w.fake.Fault(shopifytest.Fault{Kind: shopifytest.DropBefore, When: write}), nil
	case channeltest.TroubleTruncated:
		return w.fake.Fault(shopifytest.Truncated("orders")), nil
	case channeltest.TroubleUnavailable:
		return always(shopifytest.BadGateway("", false))
	case channeltest.TroubleThrottled:
		return always(shopifytest.TooMany("", throttledFor))
	case channeltest.TroubleUnauthorized:
		return always(shopifytest.Fault{
			Kind: shopifytest.Answer, Status: http.StatusUnauthorized, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`,
		})
	case channeltest.TroubleForbidden:
		w.fake.SetScopes()
		return func() { w.fake.SetScopes(shopifytest.DefaultScopes...) }, nil
	case channeltest.TroubleSuspended:
		return always(shopifytest.Frozen())
	case channeltest.TroubleStall:
		return always(shopifytest.Fault{Kind: shopifytest.Stall})
	case channeltest.TroubleEcho:
		statuses := []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError}
		n := 0
		return always(shopifytest.Fault{Kind: shopifytest.Answer, Reply: func(rw http.ResponseWriter, r *http.Request) {
			token := r.Header.Get("X-Shopify-Access-Token")
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("X-Request-Id", "for-"+token)
			rw.WriteHeader(statuses[n%len(statuses)])
			_, _ = fmt.Fprintf(rw, `{"errors":[{"message":"no such token: %[1]s","extensions":{"code":"NO_%[1]s","requestId":"%[1]s"}}]}`, token)
			n++
		}})
	}
	return nil, errors.ErrUnsupported
}

// plainToken has no shape by which it would be known for a token.
const plainToken = "plain-fake-token"

func (w *world) Secrets() []string { return []string{plainToken} }

func (w *world) Output() string { return w.output.String() }
