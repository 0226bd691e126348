package stall

import (
	"cmp"

	"github.com/penstock-go/penstock/channel"
)

// carriers are those Stall links to, by our codes. Another goes by its name.
var carriers = map[string]string{
	"ups": "UPS", "dhl": "DHL", "dpd": "DPD", "gls": "GLS", "royal-mail": "ROYALMAIL", "usps": "USPS", "fedex": "FEDEX",
}

const otherCarrier = "other"

// setTracking writes how a parcel is followed.
func (w *wireParcel) setTracking(t channel.Tracking) {
	w.Carrier, w.Name, w.Number, w.URL = "", "", t.Number, t.URL
	if t.Carrier == "" {
		return
	}
	c, found := channel.LookupCarrier(t.Carrier)
	if word := carriers[c.Code]; found && word != "" {
		w.Carrier = word
		return
	}
	w.Carrier, w.Name = otherCarrier, cmp.Or(c.Name, t.Carrier)
	w.URL = cmp.Or(t.URL, c.TrackingURL(t.Number))
}

// carrierOf is our code for what Stall shows, or its word.
func carrierOf(w *wireParcel) string {
	word := w.Carrier
	if word == otherCarrier {
		word = w.Name
	}
	if c, found := channel.LookupCarrier(word); found {
		return c.Code
	}
	return word
}
