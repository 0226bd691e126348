package amazontest

import (
	"time"
)

// pack is a parcel as the account keeps it.
type pack struct {
	ref                       string
	created, shipped          time.Time
	code, name, method, track string
	items                     []packItem
	edits, repeats            int
	external                  bool
}

type packItem struct {
	line     int64
	quantity int
	codes    []string // transparency codes
}

func (p *pack) snapshot() Package {
	out := Package{
		Reference: p.ref, Created: p.created, Shipped: p.shipped, Carrier: p.code, Name: p.name, Method: p.method, Tracking: p.track,
		Items: map[string]int{}, Edits: p.edits, Repeats: p.repeats, External: p.external,
	}
	for _, it := range p.items {
		out.Items[itemID(it.line)] += it.quantity
	}
	return out
}

type packageJSON struct {
	PackageReferenceID string            `json:"packageReferenceId"`
	CreatedTime        string            `json:"createdTime"`
	PackageStatus      packageStatusJSON `json:"packageStatus"`
	Carrier            string            `json:"carrier,omitzero"`
	ShipTime           string            `json:"shipTime,omitzero"`
	ShippingService    string            `json:"shippingService,omitzero"`
	TrackingNumber     string            `json:"trackingNumber,omitzero"`
	PackageItems       []packageItemJSON `json:"packageItems"`
}

type packageStatusJSON struct {
	Status string `json:"status"`
}

type packageItemJSON struct {
	OrderItemID       string   `json:"orderItemId"`
	Quantity          int      `json:"quantity"`
	TransparencyCodes []string `json:"transparencyCodes,omitzero"`
}

// packagesJSON lists the parcels, which only orders the seller ships have.
func (f *Fake) packagesJSON(o *order) []packageJSON {
	if o.in.ByAmazon {
		return nil
	}
	var out []packageJSON
	for _, p := range o.packages {
		j := packageJSON{
			PackageReferenceID: p.ref, CreatedTime: stamp(p.created), PackageStatus: packageStatusJSON{"SHIPPED"}, Carrier: p.code,
			ShipTime: stampOr(p.shipped), ShippingService: p.method, TrackingNumber: p.track, PackageItems: []packageItemJSON{},
		}
		if p.name != "" && p.code == carrierOther && !f.cfg.Believed.CarrierCodeShown {
			j.Carrier = p.name
		}
		for _, it := range p.items {
			j.PackageItems = append(j.PackageItems, packageItemJSON{itemID(it.line), it.quantity, it.codes})
		}
		out = append(out, j)
	}
	return out
}

const carrierOther = "Other"
