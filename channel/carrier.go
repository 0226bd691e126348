package channel

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Carrier is somebody who carries parcels, under a code of ours that never
// changes. What a marketplace calls it is the adapter's business.
type Carrier struct {
	Code    string   // lower case, words joined by hyphens: "royal-mail"
	Name    string   // what a person calls it
	Aliases []string // other names and spellings; case and punctuation do not matter
	Country string   // ISO 3166-1 alpha-2 where it is one country's, "" otherwise

	// URL leads to a parcel's tracking page, with "{number}" where the number
	// goes; "" where there is none that needs only the number.
	URL string
}

// TrackingURL returns the page that follows a parcel, "" where the carrier has
// none or the number is empty.
func (c Carrier) TrackingURL(number string) string {
	if c.URL == "" || number == "" {
		return ""
	}
	return strings.ReplaceAll(c.URL, "{number}", url.QueryEscape(strings.TrimSpace(number)))
}

// Carriers returns every carrier we know, in the order of their codes.
func Carriers() []Carrier {
	all := slices.Clone(carriers)
	for i := range all {
		all[i].Aliases = slices.Clone(all[i].Aliases)
	}
	return all
}

// LookupCarrier finds a carrier by its code, its name or an alias, whatever
// the case, the punctuation and the accents. A carrier it does not find works
// all the same: [Tracking] takes any name.
func LookupCarrier(s string) (Carrier, bool) {
	i, found := carrierIndex()[foldCarrier(s)]
	if !found {
		return Carrier{}, false
	}
	c := carriers[i]
	c.Aliases = slices.Clone(c.Aliases)
	return c, true
}

var carrierIndex = sync.OnceValue(func() map[string]int {
	index := make(map[string]int, 4*len(carriers))
	for i, c := range carriers {
		for _, name := range append([]string{c.Code, c.Name}, c.Aliases...) {
			index[foldCarrier(name)] = i
		}
	}
	return index
})

// unaccented spells the letters of carriers' names as people without them on
// their keyboard do.
var unaccented = strings.NewReplacer(
	"ä", "a", "á", "a", "à", "a", "â", "a", "å", "a", "ă", "a", "ã", "a", "æ", "ae",
	"ç", "c", "č", "c", "ć", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ě", "e",
	"í", "i", "î", "i", "ï", "i", "ı", "i", "ł", "l", "ñ", "n", "ň", "n", "ń", "n",
	"ö", "o", "ó", "o", "ô", "o", "õ", "o", "ø", "o", "ř", "r", "š", "s", "ș", "s", "ş", "s", "ß", "ss",
	"ț", "t", "ü", "u", "ú", "u", "ů", "u", "ý", "y", "ž", "z", "ż", "z", "&", "and",
)

// foldCarrier returns what two spellings of a name have in common.
func foldCarrier(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, unaccented.Replace(strings.ToLower(s)))
}
