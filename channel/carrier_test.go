package channel_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/channel"
)

func TestLookupCarrier(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"by code", "royal-mail", "royal-mail"},
		{"by name", "Royal Mail", "royal-mail"},
		{"whatever the case", "rOYAL mAIL", "royal-mail"},
		{"whatever the punctuation", " Royal_Mail. ", "royal-mail"},
		{"without its accents", "Osterreichische Post", "austrian-post"},
		{"with the umlaut spelt out", "Oesterreichische Post", "austrian-post"},
		{"with its accents in capitals", "ÖSTERREICHISCHE POST", "austrian-post"},
		{"as Shopify calls it", "Zásilkovna", "packeta"},
		{"as BigCommerce calls it", "taqbin-jp", ""},
		{"as eBay calls it", "DieSchweizerischePost", "swiss-post"},
		{"as Amazon calls it", "Hermes Logistik Gruppe", "hermes-de"},
		{"by a former name", "myHermes", "evri"},
		{"in its own script", "佐川急便", "sagawa"},
		{"one of a family, by its full name", "DHL Express", "dhl-express"},
		{"the family itself", "DHL", "dhl"},
		{"nobody we know", "Zebra Couriers", ""},
		{"a part of a name", "Royal", ""},
		{"nothing", "", ""},
		{"punctuation only", "--", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, found := channel.LookupCarrier(tt.in)
			if c.Code != tt.want || found != (tt.want != "") {
				t.Errorf("LookupCarrier(%q) = %q, %t; want %q", tt.in, c.Code, found, tt.want)
			}
		})
	}
}

func TestEveryCarrierIsFoundByEachOfItsNames(t *testing.T) {
	owner := map[string]string{}
	for _, c := range channel.Carriers() {
		for _, name := range append([]string{c.Code, c.Name}, c.Aliases...) {
			for _, spelt := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, " ", "")} {
				if got, _ := channel.LookupCarrier(spelt); got.Code != c.Code {
					t.Errorf("LookupCarrier(%q) = %q, want %q", spelt, got.Code, c.Code)
				}
			}
			if other, taken := owner[name]; taken && other != c.Code {
				t.Errorf("%q is a name of both %s and %s", name, other, c.Code)
			}
			owner[name] = c.Code
		}
	}
}

func TestCarriersAreWellFormed(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	var codes []string
	for _, c := range channel.Carriers() {
		codes = append(codes, c.Code)
		if !form.MatchString(c.Code) || c.Name == "" {
			t.Errorf("carrier %+v", c)
		}
		if c.Country != "" && (len(c.Country) != 2 || strings.ContainsFunc(c.Country, unicode.IsLower)) {
			t.Errorf("%s: country %q", c.Code, c.Country)
		}
		if c.URL == "" {
			continue
		}
		if u, err := url.Parse(c.TrackingURL("1Z")); err != nil || u.Scheme != "https" || strings.Count(c.URL, "{number}") != 1 {
			t.Errorf("%s: URL %q", c.Code, c.URL)
		}
	}
	sorted := slices.Clone(codes)
	slices.Sort(sorted)
	if diff := cmp.Diff(sorted, codes); diff != "" {
		t.Errorf("codes are not in order (-sorted +listed):\n%s", diff)
	}
	if len(slices.Compact(sorted)) != len(codes) {
		t.Error("two carriers share a code")
	}
}

func TestCarriersAreCopies(t *testing.T) {
	all := channel.Carriers()
	i := slices.IndexFunc(all, func(c channel.Carrier) bool { return c.Code == "evri" })
	all[i].Name, all[i].Aliases[0] = "x", "x"
	c, _ := channel.LookupCarrier("myHermes")
	if c.Name != "Evri" || c.Aliases[0] == "x" {
		t.Errorf("a caller's change reached the list: %+v", c)
	}
}

func TestTrackingURL(t *testing.T) {
	ups, _ := channel.LookupCarrier("ups")
	mrw, _ := channel.LookupCarrier("mrw")
	tests := []struct {
		name    string
		carrier channel.Carrier
		number  string
		want    string
	}{
		{"a plain number", ups, "1Z999", "https://www.ups.com/track?tracknum=1Z999"},
		{"blanks around it", ups, " 1Z999\n", "https://www.ups.com/track?tracknum=1Z999"},
		{"what a stranger wrote is escaped", ups, "1Z&x=<a>", "https://www.ups.com/track?tracknum=1Z%26x%3D%3Ca%3E"},
		{"no number", ups, "", ""},
		{"no page", mrw, "1Z999", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.carrier.TrackingURL(tt.number); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func ExampleLookupCarrier() {
	c, found := channel.LookupCarrier("ROYAL MAIL")
	fmt.Println(c.Code, found)
	fmt.Println(c.TrackingURL("AB123456789GB"))
	_, found = channel.LookupCarrier("Zebra Couriers")
	fmt.Println(found)
	// Output:
	// royal-mail true
	// https://www.royalmail.com/track-your-item#/tracking-results/AB123456789GB
	// false
}
