package ebay

import (
	"strings"

	"github.com/penstock-go/penstock/channel"
)

// carrierOther is the code of a carrier that eBay has none for.
const carrierOther = "Other"

// carrierCodes are values of Trading's ShippingCarrierCodeType, by the code of our
// list; some of the spellings are believed. Config.Carriers goes before them, and
// a code that is refused gives way to Other.
var carrierCodes = map[string]string{
	"4px": "FourPX", "aramex": "Aramex", "australia-post": "AustraliaPost", "canada-post": "CanadaPost", "china-post": "ChinaPost",
	"chronopost": "Chronopost", "colissimo": "ColiposteDomestic", "correos": "Correos", "deutsche-post": "DeutschePost", "dhl": "DHL",
	"dhl-ecommerce": "DHLGlobalMail", "dhl-express": "DHLEXPRESS", "dhl-paket": "DHL", "dpd": "DPD", "dpd-de": "DPD", "dpd-uk": "DPD",
	"evri": "Hermes", "fedex": "FedEx", "fedex-smartpost": "FedExSmartPost", "gls": "GLS", "hermes-de": "Hermes",
	"lasership": "LaserShip", "ontrac": "OnTrac", "parcelforce": "Parcelforce", "poste-italiane": "PosteItaliane", "postnl": "PostNL",
	"royal-mail": "RoyalMail", "seur": "Seur", "sf-express": "SFExpress", "singapore-post": "SingaporePost", "tnt": "TNT", "ups": "UPS",
	"ups-mail-innovations": "UPSMailInnovations", "usps": "USPS", "yanwen": "Yanwen", "yodel": "Yodel",
}

// carrier is who carries a parcel, in eBay's terms. The name of one that it has
// no code for is sent as it is: text that is no code is often taken, and shown.
func (c *Config) carrier(name string) string {
	name = strings.TrimSpace(name)
	known, _ := channel.LookupCarrier(name)
	for _, code := range [...]string{c.Carriers[name], c.Carriers[known.Code], carrierCodes[known.Code], known.Name, name} {
		if code != "" {
			return code
		}
	}
	return carrierOther
}

// carrierName is the inverse: our code where it is known.
func carrierName(name string) string {
	if c, ok := channel.LookupCarrier(name); ok {
		return c.Code
	}
	for code, theirs := range carrierCodes {
		if theirs == name && ambiguous[theirs] == "" {
			return code
		}
	}
	if code := ambiguous[name]; code != "" {
		return code
	}
	return name
}

// ambiguous are codes that several of our carriers have, and which of them is
// meant.
var ambiguous = map[string]string{"DHL": "dhl", "DPD": "dpd", "Hermes": "evri"}
