package bigcommerce

import (
	"cmp"
	"maps"
	"slices"

	"github.com/penstock-go/penstock/channel"
)

// providers are the carriers BigCommerce itself links to, by the code of our
// list: values of shipping_provider.
var providers = map[string]string{
	"australia-post": "auspost", "canada-post": "canadapost", "fedex": "fedex", "royal-mail": "royalmail", "ups": "ups", "usps": "usps",
}

// slugs are the couriers AfterShip links to: values of tracking_carrier. Where
// a carrier has none of its own, a kin's that takes the same numbers.
var slugs = map[string]string{
	"4px": "4px", "allied-express": "alliedexpress", "amazon": "amazon", "an-post": "an-post", "apc-overnight": "apc-overnight",
	"apc-postal": "apc", "aramex": "aramex", "aramex-au": "fastway-au", "austrian-post": "austrian-post", "bluedart": "bluedart",
	"bpost": "bpost", "bring": "bring", "brt": "brt-it", "cainiao": "cainiao", "canpar": "canpar", "ceska-posta": "ceska-posta",
	"china-post": "china-post", "chronopost": "chronopost-france", "colis-prive": "colis-prive", "colissimo": "colissimo",
	"correios": "brazil-correios", "correos": "spain-correos-es", "correos-express": "correosexpress", "couriers-please": "couriers-please",
	"ctt": "portugal-ctt", "delhivery": "delhivery", "deutsche-post": "deutsch-post", "dhl": "dhl", "dhl-ecommerce": "dhl-global-mail",
	"dhl-ecommerce-asia": "dhl-global-mail-asia", "dhl-express": "dhl", "dhl-paket": "dhl-germany", "dhl-parcel": "dhlparcel-nl",
	"dhl-parcel-uk": "dhlparcel-uk", "dpd": "dpd", "dpd-de": "dpd-de", "dpd-ie": "dpd-ireland", "dpd-local": "interlink-express",
	"dpd-pl": "dpd-poland", "dpd-uk": "dpd-uk", "dtdc": "dtdc", "dx": "dx", "estes": "estes", "evri": "myhermes-uk",
	"fedex-smartpost": "fedex", "gls": "gls", "gls-es": "asm", "gls-it": "gls-italy", "hermes-de": "hermes-de",
	"hongkong-post": "hong-kong-post", "india-post": "india-post", "inpost": "inpost-paczkomaty", "israel-post": "israel-post",
	"japan-post": "japan-post", "korea-post": "korea-post", "lasership": "lasership", "mondial-relay": "mondialrelay", "mrw": "mrw-spain",
	"nacex": "nacex", "new-zealand-post": "new-zealand-post", "ninja-van": "ninjavan", "old-dominion": "old-dominion", "ontrac": "ontrac",
	"parcelforce": "parcel-force", "pitney-bowes": "pitney-bowes", "poczta-polska": "poczta-polska", "poste-italiane": "poste-italiane",
	"posti": "posti", "postnl": "postnl", "postnord": "postnord", "purolator": "purolator", "sagawa": "sagawa", "sda": "italy-sda",
	"sendle": "sendle", "seur": "spanish-seur", "sf-express": "sf-express", "singapore-post": "singapore-post",
	"skynet": "skynetworldwide", "speedee": "speedee", "startrack": "star-track", "swiss-post": "swiss-post", "tnt": "tnt",
	"toll": "toll-ipec", "tuffnells": "tuffnells", "ups-mail-innovations": "ups-mi", "whistl": "whistl", "xpo": "xpo-logistics",
	"yamato": "taqbin-jp", "yanwen": "yanwen", "yodel": "yodel", "yunexpress": "yunexpress",
}

// carrierName is the inverse: what to call the carrier of a shipment, our code
// where it is known.
func carrierName(provider, slug string) string {
	for _, list := range []struct {
		of   map[string]string
		name string
	}{{providers, provider}, {slugs, slug}} {
		if c, ok := channel.LookupCarrier(list.name); ok {
			return c.Code
		}
		for _, code := range slices.Sorted(maps.Keys(list.of)) {
			if list.name != "" && list.of[code] == list.name {
				return code
			}
		}
	}
	if provider == "custom" {
		provider = ""
	}
	return cmp.Or(slug, provider)
}
