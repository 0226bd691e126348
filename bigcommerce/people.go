package bigcommerce

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// people fills in recipient and buyer. The contract has one recipient: the
// first address. Orders to several tell the others by unit.
func (n *normalizer) people(o *channel.Order) {
	w := n.w
	switch {
	case len(w.Consignments.Shipping) > 0:
		o.Parts |= channel.PartRecipient
		o.Recipient.Address = address(&w.Consignments.Shipping[0].Address)
		o.Service = string(w.Consignments.Shipping[0].Method)
		if o.Recipient.Name == "" && len(o.Recipient.Lines) == 0 {
			o.Recipient.Missing = channel.MissingNotGiven
		}
	case !slices.ContainsFunc(n.lines, func(l store.Line) bool { return l.AddressID > 0 }):
		o.Parts |= channel.PartRecipient
		o.Recipient.Missing = channel.MissingNotGiven
	}
	b := &o.Buyer
	b.Language = strings.ReplaceAll(string(w.CustomerLocale), "_", "-")
	if w.CustomerID > 0 {
		b.ID = w.CustomerID.String()
	}
	if w.BillingAddress != nil {
		a := address(w.BillingAddress)
		b.Billing, b.Name, b.Company, b.Email, b.Phone = &a, a.Name, a.Company, a.Email, a.Phone
	}
	if b.Name == "" && b.Email == "" && b.Phone == "" {
		b.Missing = channel.MissingNotGiven
	}
}

func address(w *store.Address) channel.Address {
	a := channel.Address{
		Name:    channel.Personal(strings.TrimSpace(string(w.FirstName + " " + w.LastName))),
		Company: channel.Personal(w.Company), City: channel.Personal(w.City), Region: channel.Personal(w.State),
		PostalCode: channel.Personal(w.Zip), Country: strings.ToUpper(string(w.CountryISO2)), CountryName: string(w.Country),
		Phone: channel.Personal(w.Phone), Email: channel.Personal(w.Email),
	}
	if w.Street1 != "" || w.Street2 != "" {
		a.Lines = make([]channel.Personal, 0, 2)
		for _, s := range [...]store.Text{w.Street1, w.Street2} {
			if s != "" {
				a.Lines = append(a.Lines, channel.Personal(s))
			}
		}
	}
	return a
}
