package sync

import (
	"github.com/penstock-go/penstock/channel"
)

// addressTexts are the texts of an address, in a fixed order.
func addressTexts(a *channel.Address) []string {
	if a == nil {
		a = &channel.Address{}
	}
	s := []string{
		string(a.Name), string(a.Company), string(a.City), string(a.Region), a.RegionCode, string(a.PostalCode),
		a.Country, a.CountryName, string(a.Phone), string(a.Email), string(a.Instructions),
	}
	// Streets of different lengths are compared line by line from the top.
	const most = 6
	for i := range most {
		if i < len(a.Lines) {
			s = append(s, string(a.Lines[i]))
		} else {
			s = append(s, "")
		}
	}
	return s
}

func recipientTexts(r *channel.Recipient) []string { return addressTexts(&r.Address) }

func buyerTexts(b *channel.Buyer) []string {
	return append([]string{b.ID, string(b.Name), string(b.Company), string(b.Email), string(b.Phone), b.Language},
		addressTexts(b.Billing)...)
}

func blank(texts []string) bool {
	for _, s := range texts {
		if s != "" {
			return false
		}
	}
	return true
}

// agrees reports whether everything that narrow tells, wide tells too.
func agrees(narrow, wide []string) bool {
	for i := range narrow {
		if narrow[i] != "" && narrow[i] != wide[i] {
			return false
		}
	}
	return true
}

// A read of a person is narrow when the marketplace says that it withholds
// something, or tells nothing at all.
func narrowRecipient(r *channel.Recipient) bool {
	return r.Missing != channel.MissingNothing || blank(recipientTexts(r))
}

func narrowBuyer(b *channel.Buyer) bool {
	return b.Missing != channel.MissingNothing || blank(buyerTexts(b))
}

func withinRecipient(narrow, wide *channel.Recipient) bool {
	return narrow.Missing != channel.MissingErased && agrees(recipientTexts(narrow), recipientTexts(wide))
}

func withinBuyer(narrow, wide *channel.Buyer) bool {
	return narrow.Missing != channel.MissingErased && agrees(buyerTexts(narrow), buyerTexts(wide))
}
