package ebay

import (
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/sell"
)

// people fills in recipient and buyer. The parcel of an international order, or
// one whose authenticity is checked, goes to the hub or the authenticator that
// shipTo names, with the reference above the street; where it goes from there is
// an attribute of the order.
func (n *normalizer) people(o *channel.Order) {
	s := n.step.ShippingStep
	if s != nil && s.ShipTo != nil {
		o.Recipient.Address = address(s.ShipTo)
		if ref := s.ReferenceID; ref != "" && len(o.Recipient.Lines) > 0 {
			o.Recipient.Lines = append([]channel.Personal{channel.Personal(ref)}, o.Recipient.Lines...)
		}
	}
	if len(o.Recipient.Lines) == 0 {
		o.Recipient.Missing = n.missing()
	}
	if r := n.w.Buyer.Registration; r != nil {
		a := address(r)
		o.Buyer.Name, o.Buyer.Company, o.Buyer.Phone, o.Buyer.Email = a.Name, a.Company, a.Phone, a.Email
		if len(a.Lines) > 0 {
			o.Buyer.Billing = &a
		}
	}
	// What eBay tells of the buyer is told of the recipient of an order that goes
	// to nobody else.
	if s != nil && s.ShipTo != nil && !n.step.Supported {
		if o.Buyer.Email == "" {
			o.Buyer.Email = o.Recipient.Email
		}
	}
	switch age := n.now.Sub(o.PlacedAt); {
	case o.Buyer.Name == "" && age > addressKept, o.Buyer.Email == "" && age > emailKept:
		o.Buyer.Missing = channel.MissingExpired
	case o.Buyer.Name == "" && o.Buyer.Email == "":
		o.Buyer.Missing = channel.MissingNotGiven
	}
}

// missing is why nobody's street is there: it is shown for 90 days from the
// order's creation. What is collected, or sent by eBay or over a line, needs
// none.
func (n *normalizer) missing() channel.Missing {
	switch {
	case n.by.Value == channel.ByPickup, n.by.Value == channel.ByDigital, n.by.Value == channel.ByMarketplace:
		return channel.MissingNotGiven
	case n.now.Sub(n.w.CreationDate.Time) > addressKept:
		return channel.MissingExpired
	}
	return channel.MissingNotGiven
}

func address(w *sell.Contact) channel.Address {
	a := channel.Address{
		Name: channel.Personal(w.FullName), Company: channel.Personal(w.Company), City: channel.Personal(w.Address.City),
		Region: channel.Personal(w.Address.State), PostalCode: channel.Personal(w.Address.PostalCode),
		Country: strings.ToUpper(w.Address.Country), Phone: channel.Personal(w.Phone.Number), Email: channel.Personal(w.Email),
	}
	if n := len(w.Address.State); (n == 2 || n == 3) && strings.ToUpper(w.Address.State) == w.Address.State &&
		(a.Country == "US" || a.Country == "CA" || a.Country == "AU") {
		a.RegionCode = w.Address.State
	}
	if a.Region == "" {
		a.Region = channel.Personal(w.Address.County)
	}
	for _, s := range [...]string{w.Address.Line1, w.Address.Line2} {
		if s != "" {
			a.Lines = append(a.Lines, channel.Personal(s))
		}
	}
	return a
}

// finalText is an address in one line.
func finalText(w *sell.Address) string {
	parts := make([]string, 0, 7)
	for _, s := range [...]string{w.Line1, w.Line2, w.City, w.County, w.State, w.PostalCode, w.Country} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
