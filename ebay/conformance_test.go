package ebay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/ebay/ebaytest"
	"github.com/penstock-go/penstock/internal/adaptertest"
	"github.com/penstock-go/penstock/internal/spectest"
)

// never are the cases that eBay cannot meet, with the reason.
var never = map[string]string{
	"partial refund arrives":           "eBay refunds money and names no units; see TestRefunds",
	"throttled comes back with a time": "a refusal names no time; see TestShortThrottle and TestTheDaysCalls",
	"suspended is said":                "reads are answered all the same; see TestShipRefusals",
}

var capabilities = []string{
	channeltest.CapOrderReader, channeltest.CapOrderDecoder, channeltest.CapStockReader, channeltest.CapTicketReader,
	channeltest.CapTicketFinder,
	channeltest.CapShipmentEditor, channeltest.CapProber,
}

const ticketsFollowed = "tickets are followed to the end"

func TestConformance(t *testing.T) {
	cannot := maps.Clone(never)
	cannot[ticketsFollowed] = "offers are set by calls; see TestConformanceByFeed"
	for name, believed := range map[string]ebaytest.Believed{
		"as believed": {},
		"the other readings": {
			ScopesIgnored: true, NoTokenIs403: true, AnyHostAnswers: true, UnknownFieldsPass: true, LanguageOptional: true, CarrierFree: true,
			TokensUncounted: true, NoCount: true, TradingByCall: true, CommonQuotaOnly: true, CreatedAtPurchase: true, OrderReadsLag: true,
			NewestFirst: true, LegacyOrderIDs: true, AnyShippedDate: true, MarkedOnceOnly: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Fixture{
				New: func(tb testing.TB) channeltest.World {
					tb.Helper()
					return newWorld(tb, believed)
				},
				Capabilities: capabilities,
				Cannot:       cannot,
			})
		})
	}
}

// Of listings that were made outside the Inventory API, by Trading calls.
func TestConformanceByTrading(t *testing.T) {
	cannot := maps.Clone(never)
	cannot[ticketsFollowed] = "so few levels go by calls; see TestConformanceByFeed"
	cannot["forbidden is said"] = "which scope a Trading call needs is documented nowhere"
	channeltest.Run(t, channeltest.Fixture{
		New: func(tb testing.TB) channeltest.World {
			tb.Helper()
			w := newWorld(tb, ebaytest.Believed{TradingByCall: true, PartlyApplied: true})
			w.trading = true
			return w
		},
		Capabilities: capabilities,
		Cannot:       cannot,
	})
}

// With a count of units sold, on both routes.
func TestConformanceWithSoldCount(t *testing.T) {
	for _, trading := range []bool{false, true} {
		cannot := maps.Clone(never)
		cannot[ticketsFollowed] = "so few levels go by calls; see TestConformanceByFeed"
		if trading {
			cannot["forbidden is said"] = "which scope a Trading call needs is documented nowhere"
		}
		t.Run(fmt.Sprintf("trading %t", trading), func(t *testing.T) {
			channeltest.Run(t, channeltest.Fixture{
				New: func(tb testing.TB) channeltest.World {
					tb.Helper()
					w := newWorld(tb, ebaytest.Believed{})
					w.trading = trading
					w.configure = func(cfg *ebay.Config) { cfg.SoldCount = true }
					return w
				},
				Capabilities: capabilities,
				Cannot:       cannot,
			})
		})
	}
}

// And by feeds, from the first level on, however few units it has.
func TestConformanceByFeed(t *testing.T) {
	channeltest.Run(t, channeltest.Fixture{
		New: func(tb testing.TB) channeltest.World {
			tb.Helper()
			w := newWorld(tb, ebaytest.Believed{})
			w.trading = true
			w.configure = func(cfg *ebay.Config) { cfg.FeedFrom, cfg.FeedAbove = 1, -1 }
			return w
		},
		Capabilities: capabilities,
		Cannot:       never,
	})
}

// world drives a fake account.
type world struct {
	testing.TB
	configure func(*ebay.Config)
	trading   bool // its listings are Trading-born
	fake      *ebaytest.Fake
	wire      *wire
	output    *adaptertest.Buffer

	mu       sync.Mutex
	poisoned map[string]bool
	words    map[string]string
	gone     map[string]bool
	skus     map[channel.ListingID]string
	nobody   bool // orders name nobody that they go to
}

func newWorld(tb testing.TB, believed ebaytest.Believed) *world {
	tb.Helper()
	w := &world{
		TB: tb, output: &adaptertest.Buffer{}, poisoned: map[string]bool{}, words: map[string]string{}, gone: map[string]bool{},
		skus: map[channel.ListingID]string{}, fake: ebaytest.New(accountConfig{Quota: 500, Believed: believed}),
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
	ch, err := ebay.New(cfg)
	if err != nil {
		w.Fatal(err)
	}
	return ch
}

func (w *world) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	w.mu.Lock()
	taken := slices.Contains(slices.Collect(maps.Values(w.skus)), sku) // of the Inventory API there is one
	w.mu.Unlock()
	p, err := w.fake.AddProduct(ebaytest.NewProduct{SKU: sku, Title: "Thing " + sku, Price: "12.5", OnHand: quantity, Trading: w.trading || taken})
	if err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id := channel.ListingID(p.Units[0].ListingID)
	w.skus[id] = sku
	return id, nil
}

func (w *world) skuOf(id channel.ListingID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.skus[id]
}

func (w *world) PlaceOrder(p channeltest.Purchase) (channel.OrderID, error) {
	w.mu.Lock()
	n := newOrder{NoShipTo: w.nobody}
	w.mu.Unlock()
	for i, l := range p.Lines {
		line := newLine{SKU: w.skuOf(l.Listing), ListingID: string(l.Listing), Quantity: int(l.Quantity), CollectedTax: "1.25"}
		if p.Shipping && i == 0 {
			line.Shipping, line.Handling = "4.90", "0.49"
		}
		n.Lines = append(n.Lines, line)
	}
	if p.BuyerCurrency != "" {
		n.ConvertedFrom, n.Rate = string(p.BuyerCurrency), "0.0067"
	}
	if p.Buyer != "" {
		n.Buyer = ebaytest.Buyer{Name: strings.ReplaceAll(p.Buyer, " ", "_")}
		n.Notes = p.Buyer
		n.ShipTo = ebaytest.Address{
			Name: p.Buyer, Line1: p.Buyer + " Street", City: "Austin", State: "TX", PostalCode: "78701", Country: "US", Phone: "5550100",
			Email: strings.ReplaceAll(p.Buyer, " ", ".") + "@example.com",
		}
	}
	id, err := w.fake.PlaceOrder(n)
	return channel.OrderID(id), err
}

func (w *world) Cancel(id channel.OrderID) error { return w.fake.CancelOrder(string(id)) }

func (w *world) Refund(channel.OrderID, channel.LineID, int64) error { return errors.ErrUnsupported }

func (w *world) ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error {
	return w.fake.Ship(string(id), ebaytest.Parcel{Lines: map[string]int{string(line): int(units)}, Carrier: "UPS", Tracking: number})
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
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nobody = true
	return nil
}

// reply makes the fake forget an order.
func (w *world) reply(req *http.Request) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.gone {
		if strings.Contains(req.URL.Path, id) {
			return answer(404, "application/json", refusal(32100, "Invalid order ID"))
		}
	}
	return nil
}

// bend makes answers say what the fake cannot be made to say.
func (w *world) bend(req *http.Request, status int, body []byte) (int, []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if status != http.StatusOK || !strings.HasSuffix(req.URL.Path, "/order") || len(w.poisoned) == 0 && len(w.words) == 0 {
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
			o["lineItems"] = map[string]any{"for": o["buyer"]}
		}
		if word := w.words[id]; word != "" {
			o["orderPaymentStatus"] = word
		}
	}
	out, err := json.Marshal(list)
	if err != nil {
		return status, body
	}
	return status, out
}

func (w *world) Edit(id channel.ListingID, by int64) error {
	return w.fake.SetOnHand(w.skuOf(id), w.Quantity(id)+by)
}

func (w *world) Quantity(id channel.ListingID) int64 {
	n, err := w.fake.Shown(string(id), w.skuOf(id))
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
			ID: channel.RemoteShipmentID(string(id) + "/" + p.ID), Order: id, Tracking: []channel.Tracking{{Number: p.Tracking, Carrier: p.Carrier}},
		}
		for line, n := range p.Items {
			r.Lines = append(r.Lines, channel.ShipmentLine{Line: channel.LineID(line), Quantity: int64(n)})
		}
		out = append(out, r)
	}
	return out
}

func (w *world) Inject(t channeltest.Trouble) (func(), error) {
	// A feed's task has no effect before it has its file.
	write := func(r *http.Request, _ []byte) bool {
		return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/token") && !strings.HasSuffix(r.URL.Path, "/feed/v1/task")
	}
	f := w.fake
	switch t {
	case channeltest.TroubleAnswerLost:
		return f.Fault(ebaytest.Fault{Kind: ebaytest.DropAfter, When: write}), nil
	case channeltest.TroubleRequestLost:
		return f.Fault(ebaytest.Fault{Kind: ebaytest.DropBefore, When: write}), nil
	case channeltest.TroubleTruncated:
		return f.Fault(ebaytest.Fault{Kind: ebaytest.Truncate, Op: "getOrders"}), nil
	case channeltest.TroubleUnavailable:
		return f.Fault(ebaytest.Fault{
			Kind: ebaytest.Answer, Times: -1, Status: http.StatusServiceUnavailable,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: refusal(2003, "Internal error"),
		}), nil
	case channeltest.TroubleUnauthorized:
		f.Revoke()
		return f.Authorise, nil
	case channeltest.TroubleForbidden:
		f.SetScopes(ebaytest.ScopeBase, ebaytest.ScopeIdentity)
		return func() { f.SetScopes(ebaytest.AllScopes()...) }, nil
	case channeltest.TroubleStall:
		return f.Fault(ebaytest.Fault{Kind: ebaytest.Stall, Times: -1}), nil
	case channeltest.TroubleThrottled:
		f.ThrottleNext("", 1<<30)
		return func() { f.ThrottleNext("", 0) }, nil
	case channeltest.TroubleSuspended:
		f.Suspend()
		return f.Resume, nil
	case channeltest.TroubleEcho:
		statuses := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError}
		n := 0
		return f.Fault(ebaytest.Fault{Kind: ebaytest.Answer, Times: -1, Reply: func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			if strings.HasSuffix(r.URL.Path, "/token") {
				_, secret, _ := r.BasicAuth()
				rw.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(rw, `{"error":"invalid_%s","error_description":"no such token: %s"}`, secret, r.FormValue("refresh_token"))
				return
			}
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("X-Ebay-Api-Iaf-Token")
			rw.Header().Set("X-Ebay-C-Request-Id", "for-"+token)
			rw.WriteHeader(statuses[n%len(statuses)])
			_, _ = fmt.Fprintf(rw, `{"errors":[{"errorId":999,"domain":"%[1]s","category":"REQUEST","message":"no such token: %[1]s","longMessage":"no such token here: %[1]s"}]}`, token)
			n++
		}}), nil
	}
	return nil, errors.ErrUnsupported
}

func (w *world) Secrets() []string {
	return []string{ebaytest.DefaultClientSecret, ebaytest.DefaultRefreshToken, "fake access token", "v^1.1#i^1"}
}

func (w *world) Output() string { return w.output.String() }
