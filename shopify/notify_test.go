package shopify_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// hookSink hands what the fake delivers to a receiver.
type hookSink struct {
	r    *shopify.Receiver
	got  []channel.Receipt
	errs []error
}

func (s *hookSink) RoundTrip(req *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(req.Body)
	rec, err := s.r.Receive(req.Context(), channel.Delivery{Method: req.Method, URL: req.URL, Header: req.Header, Body: body})
	s.got, s.errs = append(s.got, rec), append(s.errs, err)
	return &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestNotificationsAreVerifiedAndHintIDsOnly(t *testing.T) {
	for _, family := range []shopifytest.HookHeaders{shopifytest.ClassicHeaders, shopifytest.EventHeaders} {
		synctest.Test(t, func(t *testing.T) {
			r, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"rotated", "secret"}})
			if err != nil {
				t.Fatal(err)
			}
			sink := &hookSink{r: r}
			fake := shopifytest.New(shopifytest.Config{HooksTo: sink, HookHeaders: family})
			ch, err := shopify.New(shopify.Config{Shop: fake.Shop(), Token: "shpat_fake", Transport: fake.Transport()})
			if err != nil {
				t.Fatal(err)
			}
			var out any
			const subscribe = `mutation S { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://example.com/hooks"}) { userErrors { message } } }`
			if err := ch.Do(t.Context(), "S", subscribe, nil, 10, &out); err != nil {
				t.Fatal(err)
			}
			rg := rig{t, fake, ch}
			rg.product("MUG", 5)
			o := rg.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
			time.Sleep(time.Minute)
			fake.Deliver(t.Context(), time.Now())
			if len(sink.got) != 1 || sink.errs[0] != nil {
				t.Fatalf("got %+v, errors %v", sink.got, sink.errs)
			}
			rec := sink.got[0]
			if len(rec.Hints) != 1 || rec.ID == "" {
				t.Fatalf("receipt %+v", rec)
			}
			h := rec.Hints[0]
			if h.Kind != channel.HintOrder || string(h.Order) != shopify.Tail(o.ID) || h.Account != fake.Shop() {
				t.Errorf("hint %+v", h)
			}
		})
	}
}

// A sale's notice of stock names the listing by the handle that listings have,
// and a request to forget its buyer names the order.
func TestNoticesOfTheFakeNameWhatTheAdapterKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		receiver, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
		if err != nil {
			t.Fatal(err)
		}
		sink := &hookSink{r: receiver}
		fake := shopifytest.New(shopifytest.Config{HooksTo: sink})
		ch, err := shopify.New(fake.Config())
		if err != nil {
			t.Fatal(err)
		}
		r := rig{t, fake, ch}
		r.product("MUG", 5)
		page, err := ch.ListingPage(t.Context(), channel.ListingQuery{})
		r.must(err)
		var out any
		const subscribe = `mutation S { webhookSubscriptionCreate(topic: INVENTORY_LEVELS_UPDATE, webhookSubscription: {uri: "https://example.com/hooks"}) { userErrors { message } } }`
		r.must(ch.Do(t.Context(), "S", subscribe, nil, 10, &out))
		o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		r.must(fake.Compliance("customers/redact", "https://example.com/redact", o.ID))
		time.Sleep(time.Minute)
		fake.Deliver(t.Context(), time.Now())
		var stock, erase []channel.Hint
		for i, rec := range sink.got {
			r.must(sink.errs[i])
			for _, h := range rec.Hints {
				switch h.Kind {
				case channel.HintStock:
					stock = append(stock, h)
				case channel.HintErase:
					erase = append(erase, h)
				default:
					t.Errorf("%+v", h)
				}
			}
		}
		if len(stock) != 1 || string(stock[0].Listing) != string(page.Items[0].Ref.Handle) || stock[0].At.IsZero() {
			t.Errorf("stock: %+v, listing %+v", stock, page.Items[0].Ref)
		}
		if len(erase) != 1 || erase[0].Order != shopifytest.ID[channel.OrderID](o.ID) {
			t.Errorf("erase: %+v", erase)
		}
	})
}

func TestAForgedNotificationIsRefusedBeforeItIsParsed(t *testing.T) {
	r, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]channel.Delivery{
		"no signature":    {Header: http.Header{"X-Shopify-Topic": {"orders/create"}, "X-Shopify-Shop-Domain": {"a.myshopify.com"}}, Body: []byte(`{`)},
		"wrong signature": {Header: http.Header{"X-Shopify-Hmac-Sha256": {"AAAA"}}, Body: []byte(`{`)},
	} {
		if _, err := r.Receive(t.Context(), d); !errors.Is(err, channel.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Receive(t.Context(), channel.Delivery{Body: bytes.Repeat([]byte("x"), shopify.MaxNotice+1)}); !errors.Is(err, channel.ErrInvalid) {
		t.Errorf("too large: %v", err)
	}
	if _, err := shopify.NewReceiver(shopify.ReceiverConfig{}); err == nil {
		t.Error("a receiver without a secret")
	}
}

// What each topic hints at: ids, and nothing else of the payload.
func TestWhatATopicHintsAt(t *testing.T) {
	r, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	const person = `"shop_domain":"acme.myshopify.com","customer":{"id":7,"email":"ada@example.com","phone":"+49300"}`
	order := func(ids ...channel.OrderID) (hints []channel.Hint) {
		for _, id := range ids {
			hints = append(hints, channel.Hint{Kind: channel.HintOrder, Order: id})
		}
		return hints
	}
	erase := func(ids ...channel.OrderID) (hints []channel.Hint) {
		for _, id := range ids {
			hints = append(hints, channel.Hint{Kind: channel.HintErase, Order: id})
		}
		return hints
	}
	for _, tt := range []struct {
		topic, body string
		want        []channel.Hint
	}{
		{"orders/updated", `{"id":820982911946154508,"email":"ada@example.com"}`, order("820982911946154508")},
		{"orders/edited", `{"id":"12"}`, order("12")},
		{"refunds/create", `{"id":5,"order_id":12}`, order("12")},
		{"fulfillments/update", `{"id":5,"order_id":12}`, order("12")},
		{"fulfillment_orders/moved", `{"fulfillment_order":{"id":"gid://shopify/FulfillmentOrder/5","order_id":12}}`, order("12")},
		{"orders/updated", `{"id":null}`, order("")},
		{"orders/updated", `{"id":{"a":1}}`, order("")},
		{"orders/updated", `{"id":[12]}`, order("")},
		{"refunds/create", `{"order_id":true}`, order("")},
		{"inventory_levels/update", `{"inventory_item_id":5,"location_id":1,"available":3}`, []channel.Hint{{Kind: channel.HintStock, Listing: "5"}}},
		{"inventory_levels/update", `{"inventory_item_id":null}`, []channel.Hint{{Kind: channel.HintStock}}},
		{"inventory_items/update", `{"id":5}`, []channel.Hint{{Kind: channel.HintStock, Listing: "5"}}},
		{"variants/out_of_stock", `{"id":6}`, []channel.Hint{{Kind: channel.HintStock, Listing: "6"}}},
		{"products/update", `{"id":5}`, []channel.Hint{{Kind: channel.HintListing}}},
		{"bulk_operations/finish", `{"admin_graphql_api_id":"gid://shopify/BulkOperation/9"}`, []channel.Hint{{Kind: channel.HintTicket, Ticket: "9"}}},
		{"app/uninstalled", `{"id":1}`, []channel.Hint{{Kind: channel.HintGrant}}},
		{"app/scopes_update", `{"id":1}`, []channel.Hint{{Kind: channel.HintGrant}}},
		{"customers/redact", `{"shop_id":1,` + person + `,"orders_to_redact":[299938,280263,220458]}`, erase("299938", "280263", "220458")},
		{"customers/redact", `{` + person + `,"orders_to_redact":["299938",null,{},"x"]}`, erase("299938")},
		{"customers/redact", `{` + person + `,"orders_to_redact":[]}`, erase("")},
		{"customers/redact", `{` + person + `,"orders_to_redact":"all"}`, erase("")},
		{"customers/redact", `{` + person + `}`, erase("")},
		{"shop/redact", `{"shop_id":1,"shop_domain":"acme.myshopify.com"}`, erase("")},
		{"customers/data_request", `{` + person + `}`, nil},
		{"themes/update", `{"id":1}`, nil},
	} {
		t.Run(tt.topic+" "+tt.body, func(t *testing.T) {
			rec, err := r.Receive(t.Context(), channel.Delivery{Body: []byte(tt.body), Header: http.Header{
				"X-Shopify-Topic": {tt.topic}, "X-Shopify-Hmac-Sha256": {sign([]byte(tt.body))}, "X-Shopify-Shop-Domain": {"Acme.myshopify.com"},
				"X-Shopify-Webhook-Id": {"w1"},
			}})
			if err != nil || rec.ID != "w1" {
				t.Fatalf("%+v, %v", rec, err)
			}
			for i := range tt.want {
				tt.want[i].Account = "acme.myshopify.com"
			}
			if d := cmp.Diff(tt.want, rec.Hints); d != "" {
				t.Errorf("hints (-want +got):\n%s", d)
			}
			if s := fmt.Sprintf("%+v", rec); strings.Contains(s, "ada@") || strings.Contains(s, "+49300") {
				t.Errorf("the receipt tells who: %s", s)
			}
		})
	}
}

// A header is not signed. A captured request of another shop, or a signed body
// of another topic, makes nobody forgotten.
func TestARequestToForgetIsOfTheShopThatItsBodyNames(t *testing.T) {
	r, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"customers/redact", "shop/redact"} {
		for _, body := range []string{
			`{"shop_domain":"other.myshopify.com","orders_to_redact":[1]}`,
			`{"shop_domain":"","orders_to_redact":[1]}`,
			`{"id":1,"orders_to_redact":[1]}`,
		} {
			rec, err := r.Receive(t.Context(), channel.Delivery{Body: []byte(body), Header: http.Header{
				"X-Shopify-Topic": {topic}, "X-Shopify-Hmac-Sha256": {sign([]byte(body))}, "X-Shopify-Shop-Domain": {"acme.myshopify.com"},
			}})
			if !errors.Is(err, channel.ErrUnauthorized) || len(rec.Hints) > 0 {
				t.Errorf("%s %s: %+v, %v", topic, body, rec, err)
			}
		}
	}
}

func FuzzReceive(f *testing.F) {
	r, err := shopify.NewReceiver(shopify.ReceiverConfig{Secrets: []channel.Secret{"secret"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"id":1}`), "orders/create")
	f.Add([]byte(`{"customer":{"id":1},"orders_to_redact":[1,"2",null]}`), "customers/redact")
	f.Fuzz(func(t *testing.T, body []byte, topic string) {
		_, _ = r.Receive(t.Context(), channel.Delivery{Header: http.Header{"X-Shopify-Topic": {topic}, "X-Shopify-Hmac-Sha256": {sign(body)}, "X-Shopify-Shop-Domain": {"a.myshopify.com"}}, Body: body})
	})
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte("secret"))
	_, _ = mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
