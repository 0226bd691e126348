package amazon

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/channel"
)

// people fills in recipient and buyer. Why something is missing is not told, but
// follows from the order: what must be there and is not was withheld.
func (n *normalizer) people(o *channel.Order) {
	w := n.w
	o.Recipient.Address = address(&w.Recipient.Address)
	var words []string
	for _, s := range []string{w.Recipient.Preference.DropOff, w.Recipient.Preference.Instruction} {
		if s != "" {
			words = append(words, s)
		}
	}
	o.Recipient.Instructions = channel.Personal(strings.Join(words, "; "))
	if a := &w.Recipient.Address; a.Line1 == "" && a.Line2 == "" && a.Line3 == "" {
		o.Recipient.Missing = n.missing(channel.ByPickup)
	}
	o.Buyer = channel.Buyer{
		Name: channel.Personal(w.Buyer.Name), Email: channel.Personal(w.Buyer.Email), Company: channel.Personal(w.Buyer.Company),
	}
	if w.Buyer.Name == "" && w.Buyer.Email == "" {
		o.Buyer.Missing = n.missing("")
	}
}

// missing is why somebody is not there. Amazon shows people only of orders that
// the seller ships, in the states unshipped, partly shipped and shipped, and then
// only to applications with the restricted role ("Access Orders PII"). Of another
// state, a new one among them, nothing is known of the role.
func (n *normalizer) missing(notNeeded channel.Fulfiller) channel.Missing {
	if n.by == channel.ByMarketplace || notNeeded != "" && n.by == notNeeded {
		return channel.MissingNotGiven
	}
	switch n.w.Fulfillment.Status {
	case statusUnshipped, statusPartiallyShipped, statusShipped:
		return channel.MissingNotGranted
	case statusCancelled:
		return channel.MissingExpired
	case statusUnfulfillable:
		return channel.MissingNotGiven
	}
	return channel.MissingPending
}

// countyless are countries whose postal addresses have no district or county,
// and whose regions Amazon gives by their codes, but for Britain.
var countyless = map[string]bool{"US": true, "CA": true, "AU": true, "GB": true}

func address(w *spapi.Address) channel.Address {
	a := channel.Address{
		Name: channel.Personal(w.Name), Company: channel.Personal(w.Company), City: channel.Personal(w.City),
		Region: channel.Personal(w.Region), PostalCode: channel.Personal(w.PostalCode),
		Country: strings.ToUpper(w.CountryCode), Phone: channel.Personal(w.Phone),
	}
	if n := len(w.Region); countyless[a.Country] && a.Country != "GB" && (n == 2 || n == 3) && strings.ToUpper(w.Region) == w.Region {
		a.RegionCode = w.Region
	}
	if w.Line1 == "" && w.Line2 == "" && w.Line3 == "" {
		return a
	}
	// The parts of a place that the contract has no field for are needed on a
	// label: below the street.
	lines := [...]string{w.Line1, w.Line2, w.Line3, w.Extended.Neighborhood, w.District, w.Municipality}
	a.Lines = make([]channel.Personal, 0, len(lines))
	for i, s := range lines {
		place := i > 2
		if s == "" || place && (countyless[a.Country] || strings.EqualFold(s, w.City) || strings.EqualFold(s, w.Region) ||
			slices.Contains(a.Lines, channel.Personal(s))) {
			continue
		}
		a.Lines = append(a.Lines, channel.Personal(s))
	}
	return a
}
