package channel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

const canary = "Qanary"

// holders are all the types that carry a person or a secret.
func holders() map[string]any {
	address := channel.Address{
		Name: canary, Company: canary, Lines: []channel.Personal{canary}, City: canary, Region: canary,
		PostalCode: canary, Country: "DE", Phone: canary, Email: canary, Instructions: canary,
	}
	recipient := channel.Recipient{Address: address}
	buyer := channel.Buyer{ID: "B1", Name: canary, Email: canary, Phone: canary, Billing: &address}
	order := channel.Order{
		ID: "1001", Recipient: recipient, Buyer: buyer, Note: canary, Raw: []byte(canary),
		Attributes: []channel.Attribute{{Name: "engraving", Value: canary}},
		Lines:      []channel.Line{{GiftNote: canary, Attributes: []channel.Attribute{{Value: canary}}}},
	}
	return map[string]any{
		"Personal": channel.Personal(canary), "Secret": channel.Secret(canary),
		"Address": address, "Recipient": recipient, "Buyer": buyer, "Order": order,
		"Token": channel.Token{Access: canary, Refresh: canary},
		"Line":  order.Lines[0], "Attribute": order.Attributes[0],
		"Parked": channel.Parked{ID: "1001", Raw: []byte(canary)},
		"Delivery": channel.Delivery{
			Method: "POST", URL: &url.URL{Host: "shop.example", Path: "/" + canary, RawQuery: "key=" + canary},
			Header: http.Header{"X-Hook-Key": {canary}}, Body: []byte(canary),
		},
		"Page": channel.Page[channel.Order]{Items: []channel.Order{order}},
	}
}

func TestNobodyIsPrinted(t *testing.T) {
	for name, v := range holders() {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%-5v"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, canary) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", canary)) {
				t.Errorf("%s under %s: %s", name, verb, got)
			}
		}
		if got := fmt.Sprint(v); strings.Contains(got, canary) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := fmt.Sprint(channel.Personal("")); got != "" {
		t.Errorf("nothing prints as %q", got)
	}
}

func TestNobodyIsLogged(t *testing.T) {
	for name, v := range holders() {
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			logger := slog.New(handler(&b))
			logger.Info("value", "v", v)
			logger.With("v", v).WithGroup("g").Info("grouped", slog.Group("h", "v", v))
			if strings.Contains(b.String(), canary) {
				t.Errorf("%s in %s: %s", name, kind, b.String())
			}
		}
	}
}

func TestTheRestIsPrinted(t *testing.T) {
	order := holders()["Order"].(channel.Order)
	for _, want := range []string{"ID:1001", "Country:DE", "Name:[redacted]", "Raw:[]", "engraving"} {
		if got := fmt.Sprintf("%+v", order); !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	missing := channel.Recipient{Missing: channel.MissingExpired}
	if got := fmt.Sprintf("%+v", missing); !strings.Contains(got, "Missing:expired") {
		t.Errorf("why it is missing is not in %s", got)
	}
}

func TestEmptyIsTellable(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "none", channel.Personal(""), "some", channel.Personal("A"))
	if !strings.Contains(b.String(), `"none":""`) || !strings.Contains(b.String(), `"some":"[redacted]"`) {
		t.Error(b.String())
	}
}

func TestPeopleAreStoredWhole(t *testing.T) {
	for name, v := range holders() {
		if name == "Parked" || name == "Delivery" {
			continue // its payload is bytes
		}
		text, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(text), canary) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	order := holders()["Order"].(channel.Order)
	text, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	var back channel.Order
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	order.Raw = nil
	if diff := cmp.Diff(order, back); diff != "" {
		t.Errorf("an order came back otherwise (-stored +back):\n%s", diff)
	}
}
