package shopify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxNotice bounds a notification's body.
const maxNotice = 8 << 20

// ReceiverConfig is what a Receiver checks notifications with.
type ReceiverConfig struct {
	// Secrets are the app's client secrets, at least one. For up to an hour
	// after a rotation Shopify may sign with the old one, so both belong here.
	Secrets []channel.Secret
}

// Receiver takes the notifications of one app, of every shop it is installed
// on. It is safe for concurrent use.
type Receiver struct{ secrets []channel.Secret }

// NewReceiver returns a receiver.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	if len(cfg.Secrets) == 0 {
		return nil, errors.New("shopify: ReceiverConfig.Secrets is empty: give the app's client secret")
	}
	if slices.Contains(cfg.Secrets, "") {
		return nil, errors.New("shopify: ReceiverConfig.Secrets holds an empty secret")
	}
	for _, s := range cfg.Secrets {
		if err := transport.CheckSecret("secret in ReceiverConfig.Secrets", s); err != nil {
			return nil, fmt.Errorf("shopify: %w", err)
		}
	}
	return &Receiver{secrets: cfg.Secrets}, nil
}

// Receive verifies a delivery's signature on its raw bytes and returns what it
// hints at. The payload is an old shape and may be late: only ids are taken
// from it. A request to forget a customer hints at each order that it names; one
// that names none, and one to forget a shop, is a hint without an order. Stock is
// hinted at by inventory item, which is a listing's handle.
//
// Shopify signs the body and not the headers, so topic, shop and time are
// believed. Of a request to forget they are not: it cannot be undone, and its
// body has to name the shop of the header. Of any other topic the worst that a
// false header does is a read too many or too few, of what is read from time to
// time anyway.
func (r *Receiver) Receive(_ context.Context, d channel.Delivery) (channel.Receipt, error) {
	const op = "receive"
	if len(d.Body) > maxNotice {
		return channel.Receipt{}, &channel.Error{Op: op, Class: channel.ErrInvalid, Message: "notification is too large"}
	}
	if !r.signed(d.Body, header(d.Header, "Hmac-Sha256")) {
		return channel.Receipt{}, &channel.Error{Op: op, Class: channel.ErrUnauthorized, Message: "signature does not hold"}
	}
	shop, topic := header(d.Header, "Shop-Domain"), header(d.Header, "Topic")
	if shop == "" || topic == "" {
		return channel.Receipt{}, &channel.Error{Op: op, Class: channel.ErrInvalid, Message: "no shop or topic in the headers"}
	}
	hint := channel.Hint{Account: strings.ToLower(shop)}
	hint.At, _ = time.Parse(time.RFC3339Nano, header(d.Header, "Triggered-At"))
	receipt := channel.Receipt{ID: header(d.Header, "Webhook-Id")}
	var body struct {
		ID          jsontext.Value `json:"id"`
		OrderID     jsontext.Value `json:"order_id"`
		GraphID     string         `json:"admin_graphql_api_id"`
		FulfilOrder struct {
			OrderID jsontext.Value `json:"order_id"`
		} `json:"fulfillment_order"`
		Item   jsontext.Value `json:"inventory_item_id"`
		Shop   string         `json:"shop_domain"`
		Redact jsontext.Value `json:"orders_to_redact"`
	}
	if err := admin.Unmarshal(d.Body, &body); err != nil {
		return channel.Receipt{}, &channel.Error{Op: op, Class: channel.ErrInvalid, Message: "notification is not JSON"}
	}
	kind, rest, _ := strings.Cut(topic, "/")
	switch kind {
	case "orders":
		hint.Kind, hint.Order = channel.HintOrder, channel.OrderID(number(body.ID))
	case "refunds", "fulfillments", "returns", "order_transactions":
		hint.Kind, hint.Order = channel.HintOrder, channel.OrderID(number(body.OrderID))
	case "fulfillment_orders", "fulfillment_holds":
		hint.Kind, hint.Order = channel.HintOrder, channel.OrderID(number(body.FulfilOrder.OrderID))
	case "inventory_levels":
		hint.Kind, hint.Listing = channel.HintStock, channel.ListingID(number(body.Item))
	case "inventory_items":
		hint.Kind, hint.Listing = channel.HintStock, channel.ListingID(number(body.ID))
	case "variants": // in stock, out of stock
		hint.Kind, hint.Listing = channel.HintStock, channel.ListingID(number(body.ID))
	case "products":
		hint.Kind = channel.HintListing
	case "bulk_operations":
		hint.Kind, hint.Ticket = channel.HintTicket, channel.Ticket(tail(body.GraphID))
	case "app":
		hint.Kind = channel.HintGrant
	case "customers", "shop":
		if rest != "redact" {
			return receipt, nil
		}
		if !strings.EqualFold(body.Shop, shop) {
			return channel.Receipt{}, &channel.Error{Op: op, Class: channel.ErrUnauthorized, Message: "the signed body does not name the shop of the header"}
		}
		hint.Kind = channel.HintErase
		receipt.Hints = erase(hint, body.Redact)
		return receipt, nil
	default:
		return receipt, nil // nothing we act on
	}
	receipt.Hints = []channel.Hint{hint}
	return receipt, nil
}

// erase is a hint for each order of a list of ids, or one without an order where
// the list names none: better somebody looks than that a person is remembered.
func erase(hint channel.Hint, orders jsontext.Value) []channel.Hint {
	var ids []jsontext.Value
	if len(orders) > 0 {
		_ = admin.Unmarshal(orders, &ids)
	}
	hints := make([]channel.Hint, 0, max(1, len(ids)))
	for _, id := range ids {
		if n := number(id); isNumber(n) {
			hint.Order = channel.OrderID(n)
			hints = append(hints, hint)
		}
	}
	if len(hints) == 0 {
		hints = append(hints, hint)
	}
	return hints
}

// signed reports whether one of the secrets made the signature.
func (r *Receiver) signed(body []byte, signature string) bool {
	want, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(want) != sha256.Size {
		return false
	}
	ok := false
	for _, s := range r.secrets {
		mac := hmac.New(sha256.New, []byte(s))
		_, _ = mac.Write(body)
		ok = hmac.Equal(mac.Sum(nil), want) || ok
	}
	return ok
}

// header returns a header of either family, X-Shopify-Topic or shopify-topic,
// in whatever case a gateway left its name.
func header(h http.Header, name string) string {
	for _, prefix := range [...]string{"X-Shopify-", "Shopify-"} {
		if v := h.Get(prefix + name); v != "" {
			return v
		}
		for k, v := range h {
			if strings.EqualFold(k, prefix+name) && len(v) > 0 {
				return v[0]
			}
		}
	}
	return ""
}

// number returns an id that came as a number or as text, "" for what is neither.
func number(v jsontext.Value) string {
	if k := v.Kind(); k != '0' && k != '"' {
		return ""
	}
	return tail(strings.Trim(string(v), `"`))
}

var _ channel.Receiver = (*Receiver)(nil)
