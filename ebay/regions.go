package ebay

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/channel"
)

// marketplace is what a marketplace's id stands for.
type marketplace struct {
	site     string // Trading's SiteID
	language string // of its listings, as Content-Language has it
	country  string
	currency channel.Currency
}

// marketplaces are those of the pages "Marketplace ID and language support" and
// "Site ID to Global ID mapping" that take listings. Where one has two languages
// it is the first of them.
var marketplaces = map[string]marketplace{
	"EBAY_US":        {"0", "en-US", "US", "USD"},
	"EBAY_MOTORS_US": {"100", "en-US", "US", "USD"},
	"EBAY_CA":        {"2", "en-CA", "CA", "CAD"},
	"EBAY_GB":        {"3", "en-GB", "GB", "GBP"},
	"EBAY_AU":        {"15", "en-AU", "AU", "AUD"},
	"EBAY_AT":        {"16", "de-AT", "AT", "EUR"},
	"EBAY_FR":        {"71", "fr-FR", "FR", "EUR"},
	"EBAY_DE":        {"77", "de-DE", "DE", "EUR"},
	"EBAY_IT":        {"101", "it-IT", "IT", "EUR"},
	"EBAY_BE":        {"123", "nl-BE", "BE", "EUR"},
	"EBAY_NL":        {"146", "nl-NL", "NL", "EUR"},
	"EBAY_ES":        {"186", "es-ES", "ES", "EUR"},
	"EBAY_CH":        {"193", "de-CH", "CH", "CHF"},
	"EBAY_HK":        {"201", "zh-HK", "HK", "HKD"},
	"EBAY_IE":        {"205", "en-IE", "IE", "EUR"},
	"EBAY_MY":        {"207", "en-MY", "MY", "MYR"},
	"EBAY_PH":        {"211", "en-PH", "PH", "PHP"},
	"EBAY_PL":        {"212", "pl-PL", "PL", "PLN"},
	"EBAY_SG":        {"216", "en-SG", "SG", "SGD"},
}

// home is the seller's main marketplace.
func (c *Config) home() marketplace { return marketplaces[c.Marketplaces[0]] }

// Hosts, by the specifications' servers: all but identity are on the first.
const (
	hostAPI         = "https://api.ebay.com"
	hostAPISandbox  = "https://api.sandbox.ebay.com"
	hostAPIZ        = "https://apiz.ebay.com"
	hostAPIZSandbox = "https://apiz.sandbox.ebay.com"
	hostAuth        = "https://auth.ebay.com"
	hostAuthSandbox = "https://auth.sandbox.ebay.com"
)

// host chooses between production and the sandbox, which have keys and tokens of
// their own.
func host(sandbox bool, production, test string) string {
	if sandbox {
		return test
	}
	return production
}

// compact drops ids that repeat. The first stays the first: it is the seller's
// main marketplace.
func compact(ids []string) (out []string) {
	for _, id := range ids {
		if id = strings.TrimSpace(id); !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
