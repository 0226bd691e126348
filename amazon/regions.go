package amazon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// Region is a part of the world whose marketplaces share a host, and in which a
// seller has one account.
type Region string

// The regions.
const (
	NorthAmerica Region = "na"
	Europe       Region = "eu"
	FarEast      Region = "fe"
)

// marketplace is what a marketplace's id stands for.
type marketplace struct {
	region   Region
	country  string
	currency channel.Currency
}

// marketplaces are those of the page "Marketplace IDs"; Ireland's and South
// Africa's ids are believed.
var marketplaces = map[string]marketplace{
	"ATVPDKIKX0DER":  {NorthAmerica, "US", "USD"},
	"A2EUQ1WTGCTBG2": {NorthAmerica, "CA", "CAD"},
	"A1AM78C64UM0Y8": {NorthAmerica, "MX", "MXN"},
	"A2Q3Y263D00KWC": {NorthAmerica, "BR", "BRL"},
	"A1F83G8C2ARO7P": {Europe, "GB", "GBP"},
	"A1PA6795UKMFR9": {Europe, "DE", "EUR"},
	"A13V1IB3VIYZZH": {Europe, "FR", "EUR"},
	"APJ6JRA9NG5V4":  {Europe, "IT", "EUR"},
	"A1RKKUPIHCS9HS": {Europe, "ES", "EUR"},
	"A1805IZSGTT6HS": {Europe, "NL", "EUR"},
	"A2NODRKZP88ZB9": {Europe, "SE", "SEK"},
	"A1C3SOZRARQ6R3": {Europe, "PL", "PLN"},
	"AMEN7PMS3EDWL":  {Europe, "BE", "EUR"},
	"A28R8C7NBKEWEA": {Europe, "IE", "EUR"},
	"A33AVAJ2PDY3EV": {Europe, "TR", "TRY"},
	"A2VIGQ35RCS4UG": {Europe, "AE", "AED"},
	"A17E79C6D8DWNP": {Europe, "SA", "SAR"},
	"ARBP9OOSHTCHU":  {Europe, "EG", "EGP"},
	"A21TJRUUN4KGV":  {Europe, "IN", "INR"},
	"AE08WJ6YKNBMC":  {Europe, "ZA", "ZAR"},
	"A1VC38T7YXB528": {FarEast, "JP", "JPY"},
	"A39IBJ37TRP1C6": {FarEast, "AU", "AUD"},
	"A19VAU5U5O7RUS": {FarEast, "SG", "SGD"},
}

// endpoint is a region's address: the page "SP-API Endpoints".
func (r Region) endpoint(sandbox bool) string {
	host := "sellingpartnerapi-" + string(r) + ".amazon.com"
	if sandbox {
		host = "sandbox." + host
	}
	return "https://" + host
}

func (r Region) known() bool { return r == NorthAmerica || r == Europe || r == FarEast }

// regionOf returns the one region that all the ids belong to. An id that is not
// in the table belongs to said.
func regionOf(ids []string, said Region) (Region, error) {
	if said != "" && !said.known() {
		return "", fmt.Errorf("the Region %q is none: give %q, %q or %q, or leave it to the marketplace ids", said, NorthAmerica, Europe, FarEast)
	}
	by := map[Region][]string{}
	for _, id := range ids {
		m, known := marketplaces[id]
		if !known {
			if said == "" {
				return "", fmt.Errorf("the marketplace id %q is not known here: correct it, or, if it is new, say which Region it is in", id)
			}
			m.region = said
		}
		by[m.region] = append(by[m.region], id)
	}
	if said != "" && len(by) > 0 && (len(by) > 1 || by[said] == nil) {
		return "", fmt.Errorf("the Region is %q, and not all MarketplaceIDs are in it: make a channel for each region", said)
	}
	if len(by) > 1 {
		var parts []string
		for _, r := range []Region{NorthAmerica, Europe, FarEast} {
			if len(by[r]) > 0 {
				parts = append(parts, string(r)+": "+strings.Join(by[r], ", "))
			}
		}
		return "", fmt.Errorf("the MarketplaceIDs lie in several regions (%s): make a channel for each region", strings.Join(parts, "; "))
	}
	for r := range by {
		return r, nil
	}
	return said, nil
}

// currencyOf is what a marketplace sells in, "" for one that is not known.
func currencyOf(id string) channel.Currency { return marketplaces[id].currency }

// oldest is the time before which a region tells of no orders, by the model's
// description: two years ago, and in the Far East the beginning of 2016.
func (r Region) oldest(now time.Time) time.Time {
	years := now.AddDate(-2, 0, 0).UTC()
	if first := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC); r == FarEast && first.Before(years) {
		return first
	}
	return years
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
