package amazontest

// region is a group of marketplaces that share a host.
type region string

const (
	regionNA region = "na"
	regionEU region = "eu"
	regionFE region = "fe"
)

// marketplace is a shop of the marketplace's that sellers sell on.
type marketplace struct {
	id, name, country, currency, language, domain string
	region                                        region
}

// marketplaces are all there are, from the vendor's page "SP-API Endpoints".
// The ids of IE and ZA are believed.
var marketplaces = []marketplace{
	{"ATVPDKIKX0DER", "Amazon.com", "US", "USD", "en_US", "www.amazon.com", regionNA},
	{"A2EUQ1WTGCTBG2", "Amazon.ca", "CA", "CAD", "en_CA", "www.amazon.ca", regionNA},
	{"A1AM78C64UM0Y8", "Amazon.com.mx", "MX", "MXN", "es_MX", "www.amazon.com.mx", regionNA},
	{"A2Q3Y263D00KWC", "Amazon.com.br", "BR", "BRL", "pt_BR", "www.amazon.com.br", regionNA},
	{"A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "GBP", "en_GB", "www.amazon.co.uk", regionEU},
	{"A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "de_DE", "www.amazon.de", regionEU},
	{"A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "fr_FR", "www.amazon.fr", regionEU},
	{"APJ6JRA9NG5V4", "Amazon.it", "IT", "EUR", "it_IT", "www.amazon.it", regionEU},
	{"A1RKKUPIHCS9HS", "Amazon.es", "ES", "EUR", "es_ES", "www.amazon.es", regionEU},
	{"A1805IZSGTT6HS", "Amazon.nl", "NL", "EUR", "nl_NL", "www.amazon.nl", regionEU},
	{"A2NODRKZP88ZB9", "Amazon.se", "SE", "SEK", "sv_SE", "www.amazon.se", regionEU},
	{"A1C3SOZRARQ6R3", "Amazon.pl", "PL", "PLN", "pl_PL", "www.amazon.pl", regionEU},
	{"AMEN7PMS3EDWL", "Amazon.com.be", "BE", "EUR", "fr_BE", "www.amazon.com.be", regionEU},
	{"A28R8C7NBKEWEA", "Amazon.ie", "IE", "EUR", "en_IE", "www.amazon.ie", regionEU},
	{"A33AVAJ2PDY3EV", "Amazon.com.tr", "TR", "TRY", "tr_TR", "www.amazon.com.tr", regionEU},
	{"A2VIGQ35RCS4UG", "Amazon.ae", "AE", "AED", "en_AE", "www.amazon.ae", regionEU},
	{"A17E79C6D8DWNP", "Amazon.sa", "SA", "SAR", "ar_AE", "www.amazon.sa", regionEU},
	{"ARBP9OOSHTCHU", "Amazon.eg", "EG", "EGP", "ar_AE", "www.amazon.eg", regionEU},
	{"A21TJRUUN4KGV", "Amazon.in", "IN", "INR", "en_IN", "www.amazon.in", regionEU},
	{"AE08WJ6YKNBMC", "Amazon.co.za", "ZA", "ZAR", "en_ZA", "www.amazon.co.za", regionEU},
	{"A1VC38T7YXB528", "Amazon.co.jp", "JP", "JPY", "ja_JP", "www.amazon.co.jp", regionFE},
	{"A39IBJ37TRP1C6", "Amazon.com.au", "AU", "AUD", "en_AU", "www.amazon.com.au", regionFE},
	{"A19VAU5U5O7RUS", "Amazon.sg", "SG", "SGD", "en_SG", "www.amazon.sg", regionFE},
}

var marketplaceByID = func() map[string]*marketplace {
	m := make(map[string]*marketplace, len(marketplaces))
	for i := range marketplaces {
		m[marketplaces[i].id] = &marketplaces[i]
	}
	return m
}()

// amazonChannel is the fulfilment channel code of goods that Amazon holds in a
// region.
func (r region) amazonChannel() string {
	switch r {
	case regionNA:
		return "AMAZON_NA"
	case regionEU:
		return "AMAZON_EU"
	default:
		return "AMAZON_JP"
	}
}
