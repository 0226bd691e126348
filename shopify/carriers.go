package shopify

import (
	"slices"
	"strings"
	"unicode"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// companies are the names of tracking companies that Shopify makes links for, as
// its schema lists them.
var companies = [...]string{
	"4PX", "AGS", "Amazon", "Amazon Logistics UK", "An Post", "Anjun Logistics", "APC", "Asendia USA", "Australia Post", "Bonshaw",
	"BPost", "BPost International", "Canada Post", "Canpar", "CDL Last Mile", "China Post", "Chronopost", "Chukou1", "Colissimo",
	"Comingle", "Coordinadora", "Correios", "Correos", "CTT", "CTT Express", "Cyprus Post", "Delnext", "Deutsche Post", "DHL eCommerce",
	"DHL eCommerce Asia", "DHL Express", "DPD", "DPD Local", "DPD UK", "DTD Express", "DX", "Eagle", "Estes", "Evri", "FedEx",
	"First Global Logistics", "First Line", "FSC", "Fulfilla", "GLS", "Guangdong Weisuyi Information Technology (WSE)",
	"Heppner Internationale Spedition GmbH & Co.", "Iceland Post", "IDEX", "Israel Post", "Japan Post (EN)", "Japan Post (JA)",
	"La Poste Colissimo", "La Poste Burkina Faso", "Lasership", "Latvia Post", "Lietuvos Paštas", "Logisters", "Lone Star Overnight",
	"M3 Logistics", "Meteor Space", "Mondial Relay", "New Zealand Post", "NinjaVan", "North Russia Supply Chain (Shenzhen) Co.", "OnTrac",
	"Packeta", "Pago Logistics", "Ping An Da Tengfei Express", "Pitney Bowes", "Portal PostNord", "Poste Italiane", "PostNL",
	"PostNord DK", "PostNord NO", "PostNord SE", "Purolator", "Qxpress", "Qyun Express", "Royal Mail", "Royal Shipments", "Sagawa (EN)",
	"Sagawa (JA)", "Sendle", "SF Express", "SFC Fulfillment", "ShipBob", "SHREE NANDAN COURIER", "Singapore Post", "Southwest Air Cargo",
	"StarTrack", "Step Forward Freight", "Swiss Post", "TForce Final Mile", "Tinghao", "TNT", "Toll IPEC", "United Delivery Service",
	"UPS", "USPS", "Venipak", "We Post", "Whistl", "Wizmo", "WMYC", "Xpedigo", "XPO Logistics", "Yamato (EN)", "Yamato (JA)",
	"YiFan Express", "YunExpress",
}

// national are those it knows in shops of one country only.
var national = [...]string{
	"Aramex Australia", "TNT Australia", "Hunter Express", "Couriers Please", "Bonds", "Allied Express", "Direct Couriers", "Northline",
	"GO Logistics", "Österreichische Post", "Speedy", "Intelcom", "BoxKnight", "Loomis", "WanbExpress", "Zásilkovna",
	"Deutsche Post (DE)", "Deutsche Post (EN)", "DHL", "Swiship", "Hermes", "SEUR", "Colis Privé", "Parcelforce", "Yodel", "DHL Parcel",
	"Tuffnells", "ACS Courier", "Fastway", "DPD Ireland", "DTDC", "India Post", "Delhivery", "Gati KWE", "Professional Couriers",
	"XpressBees", "Ecom Express", "Ekart", "Shadowfax", "Bluedart", "BRT", "GLS Italy", "エコ配", "西濃運輸", "西濃スーパーエキスプレス",
	"福山通運", "日本通運", "名鉄運輸", "第一貨物", "Bring", "Inpost", "PTT", "Yurtiçi Kargo", "Aras Kargo", "Sürat Kargo",
	"Alliance Air Freight", "Pilot Freight", "LSO", "Old Dominion", "Pandion", "R+L Carriers", "Skynet",
}

// byCode is what Shopify calls the carriers of our list. One that is absent is
// sent under its own name, with the link to its tracking page.
var byCode = map[string]string{
	"4px": "4PX", "allied-express": "Allied Express", "amazon": "Amazon", "an-post": "An Post", "apc-postal": "APC",
	"aramex-au": "Aramex Australia", "asendia": "Asendia USA", "australia-post": "Australia Post", "austrian-post": "Österreichische Post",
	"bluedart": "Bluedart", "bpost": "BPost", "bring": "Bring", "brt": "BRT", "canada-post": "Canada Post", "canpar": "Canpar",
	"china-post": "China Post", "chronopost": "Chronopost", "colis-prive": "Colis Privé", "colissimo": "La Poste Colissimo",
	"correios": "Correios", "correos": "Correos", "couriers-please": "Couriers Please", "ctt": "CTT", "ctt-express": "CTT Express",
	"delhivery": "Delhivery", "deutsche-post": "Deutsche Post", "dhl": "DHL", "dhl-ecommerce": "DHL eCommerce",
	"dhl-ecommerce-asia": "DHL eCommerce Asia", "dhl-express": "DHL Express", "dhl-paket": "DHL", "dhl-parcel": "DHL Parcel",
	"dhl-parcel-uk": "DHL Parcel", "dpd": "DPD", "dpd-de": "DPD", "dpd-ie": "DPD Ireland", "dpd-local": "DPD Local", "dpd-uk": "DPD UK",
	"dtdc": "DTDC", "dx": "DX", "estes": "Estes", "evri": "Evri", "fedex": "FedEx", "fedex-smartpost": "FedEx", "gls": "GLS",
	"gls-it": "GLS Italy", "hermes-de": "Hermes", "india-post": "India Post", "inpost": "Inpost", "intelcom": "Intelcom",
	"israel-post": "Israel Post", "japan-post": "Japan Post (EN)", "lasership": "Lasership", "mondial-relay": "Mondial Relay",
	"new-zealand-post": "New Zealand Post", "ninja-van": "NinjaVan", "old-dominion": "Old Dominion", "ontrac": "OnTrac",
	"packeta": "Packeta", "parcelforce": "Parcelforce", "pitney-bowes": "Pitney Bowes", "poste-italiane": "Poste Italiane",
	"postnl": "PostNL", "postnord": "Portal PostNord", "purolator": "Purolator", "royal-mail": "Royal Mail", "sagawa": "Sagawa (EN)",
	"sendle": "Sendle", "seur": "SEUR", "sf-express": "SF Express", "singapore-post": "Singapore Post", "skynet": "Skynet",
	"startrack": "StarTrack", "swiss-post": "Swiss Post", "tnt": "TNT", "toll": "Toll IPEC", "tuffnells": "Tuffnells", "ups": "UPS",
	"ups-mail-innovations": "UPS", "usps": "USPS", "whistl": "Whistl", "xpo": "XPO Logistics", "yamato": "Yamato (EN)", "yodel": "Yodel",
	"yunexpress": "YunExpress",
}

// byName finds a company by its own name.
var byName = func() map[string]string {
	m := make(map[string]string, len(companies)+len(national))
	for _, name := range national {
		m[carrierKey(name)] = name
	}
	for _, name := range companies {
		m[carrierKey(name)] = name
	}
	return m
}()

// carrierKey is a carrier's name with only its letters and digits, in lower
// case.
func carrierKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// company returns what Shopify calls a carrier, and the link to send with the
// number where Shopify may not make one itself.
func company(t channel.Tracking) (name, link string) {
	ours, known := channel.LookupCarrier(t.Carrier)
	name, found := byName[carrierKey(t.Carrier)]
	switch {
	case found:
	case known:
		if name = byCode[ours.Code]; name == "" {
			name = ours.Name
		}
	default:
		name = strings.TrimSpace(t.Carrier)
	}
	if t.URL != "" || slices.Contains(companies[:], name) {
		return name, t.URL
	}
	return name, ours.TrackingURL(t.Number)
}

// trackingInput is a parcel's tracking as Shopify takes it, nil when there is
// none, and a note where the buyer is shown a number without a link.
func trackingInput(t channel.Tracking) (in *admin.TrackingInput, note string) {
	if t.Carrier == "" && t.Number == "" && t.URL == "" {
		return nil, ""
	}
	name, link := company(t)
	if t.Number != "" && link == "" && byName[carrierKey(name)] == "" {
		note = "Shopify makes no link for this carrier: the number is shown without one"
	}
	return &admin.TrackingInput{Company: name, Number: t.Number, URL: link}, note
}
