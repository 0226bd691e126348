package channeltest

import (
	"fmt"

	"github.com/penstock-go/penstock/channel"
)

// people invents a buyer and a recipient, as varied as data on people is.
func (m *Memory) people(o *order) {
	if m.cfg.Personal != channel.MissingNothing {
		o.recipient, o.buyer = channel.Recipient{Missing: m.cfg.Personal}, channel.Buyer{Missing: m.cfg.Personal}
		return
	}
	name := channel.Personal([]string{"Ana Sousa", "Bo Lindqvist", "Čeněk Dvořák", "D. O'Neill", "Eun-ji Park"}[o.seq%5])
	email := channel.Personal(fmt.Sprintf("buyer%d@example.com", o.seq))
	o.recipient = channel.Recipient{Address: channel.Address{
		Name: name, Lines: []channel.Personal{channel.Personal(fmt.Sprintf("%d Mill Lane", o.seq%200+1))},
		City: "Exampleton", PostalCode: "00000", Country: []string{"DE", "GB", "US"}[o.seq%3], Email: email,
	}}
	o.buyer = channel.Buyer{ID: fmt.Sprintf("B%d", o.seq), Name: name, Email: email}
	if o.sale.Recipient != nil {
		o.recipient = *o.sale.Recipient
	}
	if o.sale.Buyer != nil {
		o.buyer = *o.sale.Buyer
	}
}
