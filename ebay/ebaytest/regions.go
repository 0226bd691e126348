package ebaytest

// marketplace is a site that sellers sell on.
type marketplace struct {
	id, site               string // REST's MarketplaceIdEnum, Trading's SiteID
	name                   string // Trading's SiteCodeType
	country, currency, tag string // tag is its Content-Language
}

// marketplaces are those of the vendor's page "Marketplace ID and language
// support" that take listings.
var marketplaces = []marketplace{
	{"EBAY_US", "0", "US", "US", "USD", "en-US"},
	{"EBAY_CA", "2", "Canada", "CA", "CAD", "en-CA"},
	{"EBAY_GB", "3", "UK", "GB", "GBP", "en-GB"},
	{"EBAY_AU", "15", "Australia", "AU", "AUD", "en-AU"},
	{"EBAY_AT", "16", "Austria", "AT", "EUR", "de-AT"},
	{"EBAY_FR", "71", "France", "FR", "EUR", "fr-FR"},
	{"EBAY_DE", "77", "Germany", "DE", "EUR", "de-DE"},
	{"EBAY_IT", "101", "Italy", "IT", "EUR", "it-IT"},
	{"EBAY_BE", "123", "Belgium_Dutch", "BE", "EUR", "nl-BE"},
	{"EBAY_NL", "146", "Netherlands", "NL", "EUR", "nl-NL"},
	{"EBAY_ES", "186", "Spain", "ES", "EUR", "es-ES"},
	{"EBAY_CH", "193", "Switzerland", "CH", "CHF", "de-CH"},
	{"EBAY_HK", "201", "HongKong", "HK", "HKD", "zh-HK"},
	{"EBAY_IE", "205", "Ireland", "IE", "EUR", "en-IE"},
	{"EBAY_MY", "207", "Malaysia", "MY", "MYR", "en-MY"},
	{"EBAY_PH", "211", "Philippines", "PH", "PHP", "en-PH"},
	{"EBAY_PL", "212", "Poland", "PL", "PLN", "pl-PL"},
	{"EBAY_SG", "216", "Singapore", "SG", "SGD", "en-SG"},
	{"EBAY_MOTORS_US", "100", "eBayMotors", "US", "USD", "en-US"},
}

var marketplaceByID, marketplaceBySite = func() (byID, bySite map[string]*marketplace) {
	byID, bySite = map[string]*marketplace{}, map[string]*marketplace{}
	for i := range marketplaces {
		byID[marketplaces[i].id], bySite[marketplaces[i].site] = &marketplaces[i], &marketplaces[i]
	}
	return byID, bySite
}()
