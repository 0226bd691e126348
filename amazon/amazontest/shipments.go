package amazontest

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const opConfirmShipment = "confirmShipment"

var shipmentRoutes = []route{{
	op: opConfirmShipment, method: http.MethodPost, path: "/orders/v0/orders/{orderId}/shipmentConfirmation", plan: Rate{2, 10},
	roles: readers, handle: (*Fake).confirmShipment, has401: true,
}}

type confirmBody struct {
	PackageDetail       *packageBody `json:"packageDetail"`
	CODCollectionMethod string       `json:"codCollectionMethod"`
	MarketplaceID       string       `json:"marketplaceId"`
}

type packageBody struct {
	PackageReferenceID     string          `json:"packageReferenceId"` // a JSON number is refused since January 2026
	CarrierCode            string          `json:"carrierCode"`
	CarrierName            string          `json:"carrierName"`
	ShippingMethod         string          `json:"shippingMethod"`
	TrackingNumber         string          `json:"trackingNumber"`
	ShipDate               string          `json:"shipDate"`
	ShipFromSupplySourceID string          `json:"shipFromSupplySourceId"`
	OrderItems             []confirmedItem `json:"orderItems"`
}

type confirmedItem struct {
	OrderItemID       string   `json:"orderItemId"`
	Quantity          int      `json:"quantity"`
	TransparencyCodes []string `json:"transparencyCodes"`
}

var packageReference = regexp.MustCompile(`^[0-9]*[1-9][0-9]*$`)

// confirmShipment records a parcel. The same packageReferenceId edits, a new
// one adds.
func (f *Fake) confirmShipment(c *call) answer {
	o := f.orders.byID[c.vars[0]]
	if o == nil {
		if f.cfg.Believed.UnknownOrderIs400 {
			return c.invalid("Invalid orderId: %s", c.vars[0])
		}
		return notFound("Order with id %s is not found.", c.vars[0])
	}
	var in confirmBody
	if a, refused := c.read(&in); refused {
		return a
	}
	p, complaint := f.judgePackage(o, &in, c.now)
	if complaint != "" {
		return c.invalid("%s", complaint)
	}
	i := slices.IndexFunc(o.packages, func(old *pack) bool { return old.ref == p.ref })
	var old *pack
	if i >= 0 {
		old = o.packages[i]
	}
	if complaint := o.overfull(p, old); complaint != "" {
		return c.invalid("%s", complaint)
	}
	done := answer{status: http.StatusNoContent}
	if old == nil {
		f.ship(o, p, c.now)
		return done
	}
	if old.same(p) {
		old.repeats++
		f.touch(o, c.now)
		return done
	}
	o.count(old, -1)
	p.created, p.edits, p.repeats = old.created, old.edits+1, old.repeats
	o.packages[i] = p
	o.count(p, 1)
	f.closeOrder(o, c.now)
	return done
}

// judgePackage turns a request into a parcel or says what is wrong with it, in
// free text as the marketplace does.
func (f *Fake) judgePackage(o *order, in *confirmBody, now time.Time) (*pack, string) {
	d := in.PackageDetail
	switch {
	case in.MarketplaceID == "":
		return nil, "marketplaceId is missing."
	case !f.cfg.Believed.AnyMarketplace && in.MarketplaceID != o.market.id:
		return nil, "The order was not placed in marketplace " + in.MarketplaceID + "."
	case d == nil:
		return nil, "packageDetail is missing."
	case in.CODCollectionMethod != "" && (in.CODCollectionMethod != "DirectPayment" || o.market.country != "JP"):
		return nil, "codCollectionMethod is not supported."
	case !packageReference.MatchString(d.PackageReferenceID):
		return nil, "packageReferenceId is invalid. Only positive numeric values are supported."
	case d.CarrierCode == "":
		return nil, "carrierCode is missing."
	case d.CarrierCode == carrierOther && d.CarrierName == "":
		return nil, "carrierName is required when carrierCode is Other."
	case f.cfg.Carriers != nil && d.CarrierCode != carrierOther && !slices.Contains(f.cfg.Carriers, d.CarrierCode):
		return nil, "carrierCode is unknown."
	case d.TrackingNumber == "":
		return nil, "trackingNumber is missing."
	case len(d.OrderItems) == 0:
		return nil, "orderItems is missing."
	}
	at, err := time.Parse(time.RFC3339, d.ShipDate)
	if err != nil {
		return nil, "shipDate is not in ISO 8601 format."
	}
	if !f.cfg.Believed.AnyShipDate && (at.Before(o.created.Truncate(time.Second)) || at.After(now)) {
		return nil, "shipDate is before the order's date or in the future."
	}
	if complaint := o.unconfirmable(); complaint != "" {
		return nil, complaint
	}
	p := &pack{
		ref: d.PackageReferenceID, created: f.round(now), shipped: at.UTC(), code: d.CarrierCode, name: d.CarrierName,
		method: d.ShippingMethod, track: d.TrackingNumber,
	}
	for _, it := range d.OrderItems {
		id, err := strconv.ParseInt(it.OrderItemID, 10, 64)
		if err != nil || o.line(id) == nil {
			return nil, "Invalid orderItemId: " + it.OrderItemID
		}
		if it.Quantity < 1 {
			return nil, "The quantity of orderItemId " + it.OrderItemID + " is invalid."
		}
		p.items = append(p.items, packItem{id, it.Quantity, it.TransparencyCodes})
	}
	return p, ""
}

// unconfirmable says why shipments of an order cannot be confirmed.
func (o *order) unconfirmable() string {
	switch {
	case o.in.ByAmazon:
		return "The order is fulfilled by Amazon."
	case o.program(ProgramShipPlus):
		return "Shipments of FBM_SHIP_PLUS orders are confirmed by Amazon."
	case o.program(ProgramInStorePickUp):
		return "The order is picked up in store."
	case !o.status.confirmable():
		return "The order cannot be confirmed in its current status."
	}
	return ""
}

// overfull says whether a parcel, in place of old, holds more than is open.
func (o *order) overfull(p, old *pack) string {
	want := map[int64]int{}
	for _, it := range p.items {
		want[it.line] += it.quantity
	}
	for id, n := range want {
		open := o.line(id).open()
		if old != nil {
			for _, it := range old.items {
				if it.line == id {
					open += it.quantity
				}
			}
		}
		if n > open {
			return fmt.Sprintf("No matching package to update: orderItemId %d is already fulfilled.", id)
		}
	}
	return ""
}

// count adds or, with -1, takes back the units of a parcel.
func (o *order) count(p *pack, sign int) {
	for _, it := range p.items {
		o.line(it.line).shipped += sign * it.quantity
	}
}

func (f *Fake) ship(o *order, p *pack, now time.Time) {
	o.packages = append(o.packages, p)
	o.count(p, 1)
	f.closeOrder(o, now)
}

// same tells whether another call describes the parcel as it is.
func (p *pack) same(q *pack) bool {
	return p.shipped.Equal(q.shipped) && p.code == q.code && p.name == q.name && p.method == q.method && p.track == q.track &&
		slices.EqualFunc(p.items, q.items, func(a, b packItem) bool {
			return a.line == b.line && a.quantity == b.quantity && slices.Equal(a.codes, b.codes)
		})
}

// Parcel is a shipment that somebody else confirms: the seller by hand, another
// program, or Amazon for a label bought there.
type Parcel struct {
	Reference string // "" means the next free number; not all are numbers
	Carrier   string // "" means UPS
	Name      string // of the carrier, with Other
	Method    string
	Tracking  string
	Items     map[string]int // units by line id; nil means all that is open
}

// Ship confirms a shipment outside the API and returns its reference.
func (f *Fake) Ship(id string, p Parcel) (reference string, err error) {
	err = f.onOrder(id, func(o *order, now time.Time) error {
		if !o.status.confirmable() || o.in.ByAmazon {
			return fmt.Errorf("%w: order %s is %s", ErrInvalid, id, o.status)
		}
		reference = p.Reference
		for n := 1; reference == ""; n++ {
			if s := strconv.Itoa(n); !slices.ContainsFunc(o.packages, func(q *pack) bool { return q.ref == s }) {
				reference = s
			}
		}
		q := &pack{
			ref: reference, created: f.round(now), shipped: f.round(now), code: p.Carrier, name: p.Name, method: p.Method, track: p.Tracking,
			external: true,
		}
		if q.code == "" {
			q.code = "UPS"
		}
		items := p.Items
		if items == nil {
			items = map[string]int{}
			for i := range o.lines {
				if n := o.lines[i].open(); n > 0 {
					items[itemID(o.lines[i].id)] = n
				}
			}
		}
		for _, lineID := range slices.Sorted(maps.Keys(items)) {
			number, err := strconv.ParseInt(lineID, 10, 64)
			if err != nil || o.line(number) == nil {
				return fmt.Errorf("%w: line %s", ErrNotFound, lineID)
			}
			q.items = append(q.items, packItem{line: number, quantity: items[lineID]})
		}
		if complaint := o.overfull(q, nil); complaint != "" || len(q.items) == 0 {
			return fmt.Errorf("%w: nothing left to ship of order %s", ErrInvalid, id)
		}
		f.ship(o, q, now)
		return nil
	})
	return reference, err
}
