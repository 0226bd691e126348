package shopify

import (
	"testing"

	"github.com/penstock-go/penstock/channel"
)

func TestTrackingInput(t *testing.T) {
	ups, _ := channel.LookupCarrier("ups")
	posti, _ := channel.LookupCarrier("posti")
	yodel, _ := channel.LookupCarrier("yodel")
	tests := []struct {
		name                  string
		in                    channel.Tracking
		company, number, link string
		none, note            bool
	}{
		{name: "nothing", none: true},
		{name: "a code of ours", in: channel.Tracking{Carrier: "ups", Number: "1Z"}, company: "UPS", number: "1Z"},
		{name: "a name of ours", in: channel.Tracking{Carrier: ups.Name, Number: "1Z"}, company: "UPS", number: "1Z"},
		{name: "an alias", in: channel.Tracking{Carrier: "UPS Ground", Number: "1Z"}, company: "UPS", number: "1Z"},
		{name: "Shopify's name", in: channel.Tracking{Carrier: "dhl ECOMMERCE", Number: "1"}, company: "DHL eCommerce", number: "1"},
		{name: "Shopify's finer name", in: channel.Tracking{Carrier: "PostNord SE", Number: "1"}, company: "PostNord SE", number: "1"},
		{name: "a name in another script", in: channel.Tracking{Carrier: "福山通運", Number: "1"}, company: "福山通運", number: "1"},
		{name: "one of a country gets our link", in: channel.Tracking{Carrier: "yodel", Number: "1"}, company: "Yodel", number: "1", link: yodel.TrackingURL("1")},
		{name: "one Shopify does not know gets our link", in: channel.Tracking{Carrier: "posti", Number: "1"}, company: "Posti", number: "1", link: posti.TrackingURL("1")},
		{name: "nobody knows it", in: channel.Tracking{Carrier: " Zebra Couriers ", Number: "1"}, company: "Zebra Couriers", number: "1", note: true},
		{
			name: "nobody knows it, with a link", in: channel.Tracking{Carrier: "Zebra Couriers", Number: "1", URL: "https://zebra.example/1"},
			company: "Zebra Couriers", number: "1", link: "https://zebra.example/1",
		},
		{
			name: "a link of the caller's own", in: channel.Tracking{Carrier: "ups", Number: "1Z", URL: "https://shop.example/1Z"},
			company: "UPS", number: "1Z", link: "https://shop.example/1Z",
		},
		{name: "no number", in: channel.Tracking{Carrier: "ups"}, company: "UPS"},
		{name: "no carrier", in: channel.Tracking{Number: "1"}, number: "1", note: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, note := trackingInput(tt.in)
			if (in == nil) != tt.none || (note != "") != tt.note {
				t.Fatalf("%+v, note %q", in, note)
			}
			if in != nil && (in.Company != tt.company || in.Number != tt.number || in.URL != tt.link) {
				t.Errorf("%+v", in)
			}
		})
	}
}

func TestEveryCarrierOfOursHasAName(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range channel.Carriers() {
		codes[c.Code] = true
		if name := byCode[c.Code]; name != "" && byName[carrierKey(name)] != name {
			t.Errorf("%s: Shopify has no company %q", c.Code, name)
		}
		if name, _ := company(channel.Tracking{Carrier: c.Code, Number: "1"}); name == "" {
			t.Errorf("%s has no name", c.Code)
		}
		// Whatever of Shopify's names it goes by must be in the table.
		if name := byName[carrierKey(c.Name)]; name != "" && byCode[c.Code] == "" {
			t.Errorf("%s is %q at Shopify", c.Code, name)
		}
	}
	for code := range byCode {
		if !codes[code] {
			t.Errorf("%s is no carrier of ours", code)
		}
	}
}
