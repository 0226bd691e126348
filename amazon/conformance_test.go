package amazon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
)

const ticketsFollowed = "tickets are followed to the end"

// never are the cases that Amazon cannot meet, with the reason.
var never = map[string]string{
	"two currencies": "an order has one currency",
	"parcels without number are told apart by what is known": "Amazon takes no parcel without a number",
	"parcel without number is sent once":                     "Amazon takes no parcel without a number",
	"throttled comes back with a time":                       "a refusal names no time; see TestThrottleWithoutTime",
	"suspended is said":                                      "no refusal tells a frozen account from a missing role",
	"listings that share a SKU":                              "a SKU is one listing of a seller",
	ticketsFollowed:                                          "so few levels are patched; see TestConformanceByFeed",
	"units sold are counted":                                 "reads do not tell units sold",
}

var capabilities = []string{
	channeltest.CapOrderReader, channeltest.CapOrderDecoder, channeltest.CapStockReader, channeltest.CapTicketReader,
	channeltest.CapTicketCanceller,
	channeltest.CapTicketFinder,
	channeltest.CapShipmentEditor, channeltest.CapProber, channeltest.CapBackfiller,
}

func TestConformance(t *testing.T) {
	for name, believed := range map[string]amazontest.Believed{
		"as believed": {},
		"the other readings": {
			TokenErrorsAre401: true, AnyRegionAnswers: true, OldSecretDies: true, WholeSeconds: true, OrderReadsLag: true, PendingPriced: true,
			DiscountsNegative: true, CollectedTaxLeft: true, ReplacementsCost: true, RefundsTouch: true, AnyShipDate: true, AnyMarketplace: true,
			UnknownOrderIs400: true, CarrierCodeShown: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Fixture{
				New: func(tb testing.TB) channeltest.World {
					tb.Helper()
					return newWorld(tb, believed)
				},
				Capabilities: capabilities,
				Cannot:       never,
			})
		})
	}
}

// With feeds from the first level on, and however few units it has.
func TestConformanceByFeed(t *testing.T) {
	cannot := maps.Clone(never)
	delete(cannot, ticketsFollowed)
	channeltest.Run(t, channeltest.Fixture{
		New: func(tb testing.TB) channeltest.World {
			tb.Helper()
			w := newWorld(tb, amazontest.Believed{UnknownSKUsInvalid: true})
			w.configure = func(cfg *amazon.Config) { cfg.FeedFrom, cfg.FeedAbove = 1, -1 }
			return w
		},
		Capabilities: capabilities,
		Cannot:       cannot,
	})
}

// world drives a fake account.
type world struct {
	testing.TB
	configure func(*amazon.Config)
	fake      *amazontest.Fake
	wire      *wire
	output    *adaptertest.Buffer

	mu       sync.Mutex
	poisoned map[string]bool
	words    map[string]string
	gone     map[string]bool
}

func newWorld(tb testing.TB, believed amazontest.Believed) *world {
	tb.Helper()
	w := &world{
		TB: tb, output: &adaptertest.Buffer{}, poisoned: map[string]bool{}, words: map[string]string{}, gone: map[string]bool{},
		fake: amazontest.New(accountConfig{Quota: 2000, Believed: believed}),
	}
	base := w.fake.Transport()
	w.wire = &wire{Base: spectest.Sample(recorded(tb, base), base, 80), Bend: w.bend, Reply: w.reply}
	return w
}

func (w *world) Open() channel.Channel {
	w.Helper()
	cfg := w.fake.Config()
	cfg.Transport = w.wire
	cfg.Logger = slog.New(slog.NewTextHandler(w.output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if w.configure != nil {
		w.configure(&cfg)
	}
	ch, err := amazon.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	return ch
}

func (w *world) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	_, err := w.fake.AddProduct(amazontest.NewProduct{SKU: sku, Title: "Thing " + sku, Price: "12.5", OnHand: quantity})
	return channel.ListingID(sku), err
}

func (w *world) PlaceOrder(p channeltest.Purchase) (channel.OrderID, error) {
	var n newOrder
	for i, l := range p.Lines {
		line := newLine{SKU: string(l.Listing), Quantity: int(l.Quantity), Tax: "1.25"}
		if p.Shipping && i == 0 {
			line.Shipping, line.ShippingTax = "4.90", "0.49"
		}
		n.Lines = append(n.Lines, line)
	}
	if p.Buyer != "" {
		n.Buyer = amazontest.Buyer{Name: p.Buyer, Email: strings.ReplaceAll(p.Buyer, " ", ".") + "@example.com"}
		n.ShipTo = amazontest.Address{
			Name: p.Buyer, Line1: p.Buyer + " Street", City: "Austin", State: "TX", PostalCode: "78701", Country: "US", Phone: "5550100",
		}
		n.Instruction = p.Buyer
	}
	id, err := w.fake.PlaceOrder(n)
	return channel.OrderID(id), err
}

func (w *world) Cancel(id channel.OrderID) error { return w.fake.CancelOrder(string(id)) }

func (w *world) Refund(id channel.OrderID, line channel.LineID, units int64) error {
	return w.fake.Refund(string(id), amazontest.NewRefund{Lines: map[string]int{string(line): int(units)}})
}

func (w *world) ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error {
	_, err := w.fake.Ship(string(id), amazontest.Parcel{Items: map[string]int{string(line): int(units)}, Tracking: number})
	return err
}

func (w *world) note(m map[string]bool, id channel.OrderID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	m[string(id)] = true
	return nil
}

func (w *world) Remove(id channel.OrderID) error { return w.note(w.gone, id) }

func (w *world) Poison(id channel.OrderID) error { return w.note(w.poisoned, id) }

func (w *world) SetStatus(id channel.OrderID, raw string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.words[string(id)] = raw
	return nil
}

func (w *world) WithholdPeople() error {
	w.fake.SetRoles(amazontest.RoleInventory, amazontest.RoleListing)
	return nil
}

// reply makes the fake forget an order.
func (w *world) reply(req *http.Request) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.gone {
		if strings.Contains(req.URL.Path, id) {
			return answer(404, "application/json", apiErrors("NOT_FOUND", "gone", ""))
		}
	}
	return nil
}

// bend makes answers say what the fake cannot be made to say.
func (w *world) bend(req *http.Request, status int, body []byte) (int, []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if status != http.StatusOK || !strings.HasSuffix(req.URL.Path, "/orders") || len(w.poisoned) == 0 && len(w.words) == 0 {
		return status, body
	}
	var list map[string]any
	if json.Unmarshal(body, &list) != nil {
		return status, body
	}
	rows, _ := list["orders"].([]any)
	for _, r := range rows {
		o := r.(map[string]any)
		id, _ := o["orderId"].(string)
		if w.poisoned[id] {
			o["orderItems"] = map[string]any{"for": o["recipient"]}
		}
		if word := w.words[id]; word != "" {
			o["fulfillment"].(map[string]any)["fulfillmentStatus"] = word
		}
	}
	out, err := json.Marshal(list)
	if err != nil {
		return status, body
	}
	return status, out
}

func (w *world) Edit(id channel.ListingID, by int64) error {
	return w.fake.SetOnHand(string(id), w.Quantity(id)+by)
}

func (w *world) Quantity(id channel.ListingID) int64 {
	n, err := w.fake.Available(string(id))
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *world) Parcels(id channel.OrderID) []channel.RemoteShipment {
	o, found := w.fake.Order(string(id))
	if !found {
		return nil
	}
	var out []channel.RemoteShipment
	for _, p := range o.Packages {
		r := channel.RemoteShipment{
			ID: channel.RemoteShipmentID(string(id) + "/" + p.Reference), Order: id,
			Tracking: []channel.Tracking{{Number: p.Tracking, Carrier: p.Carrier}},
		}
		for line, n := range p.Items {
			r.Lines = append(r.Lines, channel.ShipmentLine{Line: channel.LineID(line), Quantity: int64(n)})
		}
		out = append(out, r)
	}
	return out
}

func (w *world) Inject(t channeltest.Trouble) (func(), error) {
	write := func(r *http.Request, _ []byte) bool {
		return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/token")
	}
	f := w.fake
	switch t {
	case channeltest.TroubleAnswerLost:
		return f.Fault(amazontest.Fault{Kind: amazontest.DropAfter, When: write}), nil
	case channeltest.TroubleRequestLost:
		return f.Fault(amazontest.Fault{Kind: amazontest.DropBefore, When: write}), nil
	case channeltest.TroubleTruncated:
		return f.Fault(amazontest.Fault{Kind: amazontest.Truncate, Op: "searchOrders"}), nil
	case channeltest.TroubleUnavailable:
		return f.FailWith("", http.StatusServiceUnavailable, -1), nil
	case channeltest.TroubleUnauthorized:
		f.Revoke()
		return f.Authorise, nil
	case channeltest.TroubleForbidden:
		f.SetRoles()
		return func() { f.SetRoles(amazontest.AllRoles()...) }, nil
	case channeltest.TroubleStall:
		return f.Fault(amazontest.Fault{Kind: amazontest.Stall, Times: -1}), nil
	case channeltest.TroubleThrottled:
		f.ThrottleNext("", 1<<30)
		return func() { f.ThrottleNext("", 0) }, nil
	case channeltest.TroubleSuspended:
	case channeltest.TroubleEcho:
		statuses := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError}
		n := 0
		return f.Fault(amazontest.Fault{Kind: amazontest.Answer, Times: -1, Reply: func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(r.URL.Path, "/token") {
				rw.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(rw, `{"error":"invalid_%s","error_description":"no such token: %s"}`, r.FormValue("client_secret"), r.FormValue("refresh_token"))
				return
			}
			token := r.Header.Get("X-Amz-Access-Token")
			rw.Header().Set("X-Amzn-RequestId", "for-"+token)
			rw.WriteHeader(statuses[n%len(statuses)])
			_, _ = fmt.Fprintf(rw, `{"errors":[{"code":"No%[1]s","message":"no such token: %[1]s","details":"%[1]s"}]}`, token)
			n++
		}}), nil
	}
	return nil, errors.ErrUnsupported
}

func (w *world) Secrets() []string {
	return []string{amazontest.DefaultClientSecret, amazontest.DefaultRefreshToken, "Atza|", "X-Amz-Signature"}
}

func (w *world) Output() string { return w.output.String() }
