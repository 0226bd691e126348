package shopify

import (
	"strings"
	"unicode"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// companies are the names of tracking companies that Shopify links numbers of,
// as its schema lists them; those of single countries follow those of all.
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

	"Aramex Australia", "TNT Australia", "Hunter Express", "Couriers Please", "Bonds", "Allied Express", "Direct Couriers", "Northline",
	"GO Logistics", "Österreichische Post", "Speedy", "Intelcom", "BoxKnight", "Loomis", "WanbExpress", "Zásilkovna",
	"Deutsche Post (DE)", "Deutsche Post (EN)", "DHL", "Swiship", "Hermes", "SEUR", "Colis Privé", "Parcelforce", "Yodel", "DHL Parcel",
	"Tuffnells", "ACS Courier", "Fastway", "DPD Ireland", "DTDC", "India Post", "Delhivery", "Gati KWE", "Professional Couriers",
	"XpressBees", "Ecom Express", "Ekart", "Shadowfax", "Bluedart", "BRT", "GLS Italy", "エコ配", "西濃運輸", "西濃スーパーエキスプレス",
	"福山通運", "日本通運", "名鉄運輸", "第一貨物", "Bring", "Inpost", "PTT", "Yurtiçi Kargo", "Aras Kargo", "Sürat Kargo",
	"Alliance Air Freight", "Pilot Freight", "LSO", "Old Dominion", "Pandion", "R+L Carriers", "Skynet",
}

// aliases are other names of carriers, as carrierKey makes them, and the
// company Shopify knows.
var aliases = map[string]string{
	"upsground": "UPS", "upsexpress": "UPS", "upsmailinnovations": "UPS", "upssurepost": "UPS", "unitedparcelservice": "UPS",
	"unitedstatespostalservice": "USPS", "uspostalservice": "USPS",
	"fedexground": "FedEx", "fedexexpress": "FedEx", "fedexhome": "FedEx", "fedexsmartpost": "FedEx", "federalexpress": "FedEx",
	"dhlecommerceus": "DHL eCommerce", "dhlglobalmail": "DHL eCommerce", "dhlpaket": "DHL", "dhlde": "DHL", "dhlgermany": "DHL",
	"dhlexpressworldwide": "DHL Express", "dhlparcelnl": "DHL Parcel", "dhlparceluk": "DHL Parcel",
	"dpduk": "DPD UK", "dpdlocaluk": "DPD Local", "dpdie": "DPD Ireland", "dpdde": "DPD", "dpdgermany": "DPD",
	"glsde": "GLS", "glsus": "GLS", "glsit": "GLS Italy",
	"hermesuk": "Evri", "myhermes": "Evri", "hermesde": "Hermes",
	"parcelforceworldwide": "Parcelforce", "royalmail24": "Royal Mail", "royalmail48": "Royal Mail",
	"auspost": "Australia Post", "nzpost": "New Zealand Post", "canadapostcorporation": "Canada Post",
	"laposte": "La Poste Colissimo", "lapostefrance": "La Poste Colissimo", "colisprive": "Colis Privé",
	"postnordsweden": "PostNord SE", "postnorddenmark": "PostNord DK", "postnordnorway": "PostNord NO", "postnord": "Portal PostNord",
	"bpostbelgium": "BPost", "belgianpost": "BPost", "postnlnetherlands": "PostNL", "austrianpost": "Österreichische Post",
	"swisspostswitzerland": "Swiss Post", "schweizerischepost": "Swiss Post", "dpag": "Deutsche Post",
	"cttportugal": "CTT", "correosspain": "Correos", "correosespana": "Correos", "posteitalianeitaly": "Poste Italiane", "bartolini": "BRT",
	"zasilkovna": "Zásilkovna", "ontracexpress": "OnTrac", "ninjavansg": "NinjaVan", "jppost": "Japan Post (EN)", "japanpost": "Japan Post (EN)",
	"yamato": "Yamato (EN)", "yamatotransport": "Yamato (EN)", "sagawa": "Sagawa (EN)", "singpost": "Singapore Post",
	"sfexpresschina": "SF Express", "yuntrack": "YunExpress", "yunexpresschina": "YunExpress", "amazonlogistics": "Amazon",
	"amazonshipping": "Amazon", "amzl": "Amazon", "amzluk": "Amazon Logistics UK", "aramexau": "Aramex Australia",
	"couriersplease": "Couriers Please", "startrackexpress": "StarTrack", "tntexpress": "TNT", "tntau": "TNT Australia",
	"lonestarovernight": "Lone Star Overnight", "olddominionfreightline": "Old Dominion", "rlcarriers": "R+L Carriers",
	"bluedartexpress": "Bluedart", "packetaczech": "Packeta", "inpostpoland": "Inpost", "xpo": "XPO Logistics", "tforce": "TForce Final Mile",
}

// byCarrier finds a company by any of its names.
var byCarrier = func() map[string]string {
	m := make(map[string]string, len(companies)+len(aliases))
	for alias, name := range aliases {
		m[alias] = name
	}
	for _, name := range companies {
		m[carrierKey(name)] = name
	}
	return m
}()

// carrierKey is a carrier's name with only its letters and digits, in lower
// case, so that "dhl_express" is "DHL Express".
func carrierKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// company returns the name Shopify knows a carrier by, and whether it does.
func company(carrier string) (string, bool) {
	name, ok := byCarrier[carrierKey(carrier)]
	if !ok {
		return strings.TrimSpace(carrier), false
	}
	return name, true
}

// trackingInput is a parcel's tracking as Shopify takes it, nil when there is
// none, and a note where the buyer will be shown a number without a link.
func trackingInput(t channel.Tracking) (in *admin.TrackingInput, note string) {
	if t.Carrier == "" && t.Number == "" && t.URL == "" {
		return nil, ""
	}
	name, known := company(t.Carrier)
	if !known && t.Number != "" && t.URL == "" {
		note = "Shopify makes no link for this carrier: the number is shown without one"
	}
	return &admin.TrackingInput{Company: name, Number: t.Number, URL: t.URL}, note
}
