package stalltest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// parcel is a parcel as it is sent and shown.
type parcel struct {
	ID          string       `json:"id"`
	Lines       []parcelLine `json:"lines,omitempty"`
	Carrier     string       `json:"carrier"`
	CarrierName string       `json:"carrier_name,omitempty"`
	Number      string       `json:"number,omitempty"`
	URL         string       `json:"url,omitempty"`
	ShippedAt   time.Time    `json:"shipped_at,omitzero"`
	CreatedAt   time.Time    `json:"created_at,omitzero"`
	TellBuyer   bool         `json:"tell_buyer,omitempty"`
}

type parcelLine struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
}

// read decodes a body, and takes no field it does not know.
func read(r *http.Request, into any) *refusal {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return bad("the body is not what is taken")
	}
	return nil
}

var carriers = []string{"", "UPS", "DHL", "DPD", "GLS", "ROYALMAIL", "USPS", "FEDEX", "other"}

func (p *parcel) judge() *refusal {
	switch {
	case !slices.Contains(carriers, p.Carrier):
		return bad("carrier is not one of ours")
	case p.Carrier == "other" && p.CarrierName == "":
		return bad("another carrier needs a name")
	case len(p.Number) > 64:
		return bad("number is too long")
	}
	return nil
}

func (f *Fake) addParcel(r *http.Request) (any, *refusal) {
	var p parcel
	if refused := read(r, &p); refused != nil {
		return nil, refused
	}
	o := f.orders[r.PathValue("order")]
	if o == nil || o.gone {
		return nil, &refusal{http.StatusNotFound, "no_order", "there is no such order"}
	}
	if p.ID != "" {
		return nil, bad("the id is ours to give")
	}
	made, refused := f.ship(o, p)
	if refused == nil {
		o.changed()
	}
	return made, refused
}

func (f *Fake) ship(o *order, p parcel) (any, *refusal) {
	if refused := p.judge(); refused != nil {
		return nil, refused
	}
	if o.status == "cancelled" {
		return nil, &refusal{http.StatusConflict, "order_cancelled", "the order is cancelled"}
	}
	if len(p.Lines) == 0 {
		return nil, bad("a parcel holds lines")
	}
	units := map[string]int64{}
	for _, l := range p.Lines {
		units[l.Line] += l.Quantity
		switch known := o.line(l.Line); {
		case known == nil || l.Quantity < 1:
			return nil, bad("the order has no such line, or none of it is in the parcel")
		case units[l.Line] > known.open():
			return nil, &refusal{http.StatusConflict, "too_many", "fewer units are open"}
		}
	}
	for id, n := range units {
		o.line(id).shipped += n
	}
	p.ID, p.CreatedAt = f.id("s"), time.Now()
	o.parcels = append(o.parcels, p)
	if !slices.ContainsFunc(o.lines, func(l line) bool { return l.open() > 0 }) {
		o.status = "done"
	}
	return p, nil
}

func (f *Fake) amendParcel(r *http.Request) (any, *refusal) {
	var p parcel
	if refused := read(r, &p); refused != nil {
		return nil, refused
	}
	if refused := p.judge(); refused != nil {
		return nil, refused
	}
	for _, o := range f.orders {
		for i := range o.parcels {
			if old := &o.parcels[i]; old.ID == r.PathValue("parcel") {
				old.Carrier, old.CarrierName, old.Number, old.URL = p.Carrier, p.CarrierName, p.Number, p.URL
				o.changed()
				return *old, nil
			}
		}
	}
	return nil, &refusal{http.StatusNotFound, "no_parcel", "there is no such parcel"}
}

func (f *Fake) setStock(r *http.Request) (any, *refusal) {
	var body struct {
		Levels []struct {
			Listing  string `json:"listing"`
			Quantity int64  `json:"quantity"`
			Expect   *int64 `json:"expect"`
		} `json:"levels"`
	}
	if refused := read(r, &body); refused != nil {
		return nil, refused
	}
	if len(body.Levels) < 1 || len(body.Levels) > 50 {
		return nil, bad("1 to 50 levels are taken")
	}
	results := make([]any, len(body.Levels))
	for i, w := range body.Levels {
		if w.Quantity < 0 || w.Quantity > 999999 {
			return nil, bad("a quantity is from 0 to 999999")
		}
		l := f.listings[w.Listing]
		switch {
		case l == nil:
			results[i] = map[string]any{"listing": w.Listing, "outcome": "gone"}
			continue
		case w.Expect != nil && *w.Expect != l.quantity:
			results[i] = map[string]any{"listing": w.Listing, "outcome": "stale", "quantity": l.quantity}
			continue
		}
		f.shift(l, w.Quantity-l.quantity)
		results[i] = map[string]any{"listing": w.Listing, "outcome": "set", "quantity": l.quantity}
	}
	return map[string]any{"results": results}, nil
}
