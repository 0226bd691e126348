package shopify

import (
	"strings"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// people fills in recipient and buyer. Shopify withholds personal data by
// leaving it null, so what is missing where an order must have it is taken for
// withheld.
func (n normalizer) people(o *channel.Order, w *admin.Order) {
	if w.ShippingAddress != nil {
		o.Recipient.Address = address(w.ShippingAddress)
		if w.ShippingAddress.Name == "" && w.ShippingAddress.Address1 == "" {
			o.Recipient.Missing = channel.MissingNotGranted
		}
	} else {
		o.Recipient.Missing = channel.MissingNotGiven
		for i := range w.LineItems.Nodes {
			if w.LineItems.Nodes[i].RequiresShipping && w.SourceName != "pos" {
				o.Recipient.Missing = channel.MissingNotGranted
				break
			}
		}
	}
	b := &o.Buyer
	b.Language = w.CustomerLocale
	b.Email, b.Phone = channel.Personal(w.Email), channel.Personal(w.Phone)
	if w.BillingAddress != nil {
		a := address(w.BillingAddress)
		b.Billing, b.Name, b.Company = &a, a.Name, a.Company
	}
	switch c := w.Customer; {
	case c != nil:
		b.ID = tail(c.ID)
		if name := strings.TrimSpace(c.FirstName + " " + c.LastName); name != "" {
			b.Name = channel.Personal(name)
		}
		if b.Email == "" && c.Email != nil {
			b.Email = channel.Personal(c.Email.EmailAddress)
		}
		if b.Phone == "" && c.Phone != nil {
			b.Phone = channel.Personal(c.Phone.PhoneNumber)
		}
		if b.Name == "" && b.Email == "" && b.Phone == "" {
			b.Missing = channel.MissingNotGranted
		}
	case !n.access.Customers && b.Email == "":
		b.Missing = channel.MissingNotGranted
	case b.Email == "" && b.Phone == "" && b.Billing == nil:
		b.Missing = channel.MissingNotGiven
	}
}

func address(w *admin.Address) channel.Address {
	a := channel.Address{
		Name: channel.Personal(w.Name), Company: channel.Personal(w.Company), City: channel.Personal(w.City),
		Region: channel.Personal(w.Province), RegionCode: w.ProvinceCode, PostalCode: channel.Personal(w.Zip),
		Country: w.CountryCodeV2, CountryName: w.Country, Phone: channel.Personal(w.Phone),
	}
	if w.Address1 != "" || w.Address2 != "" {
		a.Lines = make([]channel.Personal, 0, 2)
		for _, s := range [...]string{w.Address1, w.Address2} {
			if s != "" {
				a.Lines = append(a.Lines, channel.Personal(s))
			}
		}
	}
	return a
}
