package amazon

import (
	"cmp"
	"strings"

	"github.com/penstock-go/penstock/channel"
)

// carrierOther is the code of a carrier that Seller Central does not list, which
// then goes by its name.
const carrierOther = "Other"

// carrierCodes are carriers as Seller Central lists them, by the code of our
// list. They must match to the letter, and no list of them is published: the
// spellings are believed. Config.Carriers goes before them, and a code that is
// refused gives way to Other.
var carrierCodes = map[string]string{
	"4px": "4PX", "aramex": "Aramex", "australia-post": "Australia Post", "bluedart": "BlueDart", "bpost": "BPOST",
	"canada-post": "Canada Post", "china-post": "China Post", "chronopost": "Chronopost", "colissimo": "Colissimo",
	"correos": "Correos", "delhivery": "Delhivery", "deutsche-post": "Deutsche Post", "dhl": "DHL", "dhl-ecommerce": "DHL eCommerce",
	"dhl-express": "DHL Express", "dhl-paket": "DHL", "dpd": "DPD", "dpd-de": "DPD", "dpd-uk": "DPD", "dtdc": "DTDC", "evri": "Evri",
	"fedex": "FedEx", "fedex-smartpost": "FedEx SmartPost", "gls": "GLS", "hermes-de": "Hermes", "india-post": "India Post",
	"lasership": "Lasership", "ontrac": "OnTrac", "parcelforce": "Parcelforce", "poste-italiane": "Poste Italiane", "postnl": "PostNL",
	"royal-mail": "Royal Mail", "seur": "Seur", "sf-express": "SF Express", "singapore-post": "Singapore Post", "tnt": "TNT",
	"ups": "UPS", "ups-mail-innovations": "UPS Mail Innovations", "usps": "USPS", "yanwen": "Yanwen", "yodel": "Yodel",
}

// carrier says who carries a parcel in Amazon's terms: a code, and what the
// carrier is called where that is Other, or should be.
func (c *Config) carrier(name string) (code, called string) {
	name = strings.TrimSpace(name)
	known, _ := channel.LookupCarrier(name)
	called = cmp.Or(known.Name, name, carrierOther)
	return cmp.Or(c.Carriers[name], c.Carriers[known.Code], carrierCodes[known.Code], carrierOther), called
}

// carrierName is the inverse: our code where it is known.
func carrierName(name string) string {
	if c, ok := channel.LookupCarrier(name); ok {
		return c.Code
	}
	return name
}
