package shopifytest

import (
	"slices"
	"strings"
	"time"
)

func fulfilmentFields(t resolverTable) {
	typed(t, "FulfillmentOrder", fields[*fulfilmentOrder]{
		"id":               func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.gid() },
		"status":           func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.status },
		"requestStatus":    func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.request },
		"createdAt":        func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.createdAt },
		"updatedAt":        func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.updatedAt },
		"fulfillAt":        func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.fulfilAt },
		"fulfillBy":        func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.fulfilBy },
		"order":            func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.order },
		"orderId":          func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.order.gid() },
		"orderName":        func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.order.name },
		"orderProcessedAt": func(_ *run, fo *fulfilmentOrder, _ args) any { return fo.order.createdAt },
		"assignedLocation": func(_ *run, fo *fulfilmentOrder, _ args) any {
			l := fo.loc
			return rec{
				"name": l.name, "location": l, "address1": l.address1, "address2": nil, "city": l.city, "zip": l.zip,
				"province": l.code, "countryCode": l.country, "phone": nil,
			}
		},
		"deliveryMethod": func(_ *run, fo *fulfilmentOrder, _ args) any {
			kind := or(fo.order.delivery, "SHIPPING")
			if !slices.ContainsFunc(fo.lines, func(l *foLine) bool { return l.line.shipped }) {
				kind = "NONE"
			}
			var service, shown any
			if len(fo.order.shipping) > 0 {
				service, shown = fo.order.shipping[0].code, fo.order.shipping[0].title
			}
			return rec{
				"id": gid("DeliveryMethod", fo.method), "methodType": kind, "serviceCode": service, "presentedName": shown,
				"sourceReference": nil, "minDeliveryDateTime": nil, "maxDeliveryDateTime": nil,
			}
		},
		"destination": func(x *run, fo *fulfilmentOrder, _ args) any {
			a := fo.order.address
			if a == nil {
				return nil
			}
			m := x.mail(a)
			if _, refusedOrNull := m.(*address); !refusedOrNull {
				return m
			}
			return destination{a, fo.order.email}
		},
		"supportedActions": func(_ *run, fo *fulfilmentOrder, _ args) any {
			out := []rec{}
			for _, a := range fo.actions() {
				out = append(out, rec{"action": a, "externalUrl": nil})
			}
			return out
		},
		"fulfillmentHolds": func(_ *run, fo *fulfilmentOrder, _ args) any { return orEmpty(fo.holds) },
		"lineItems": func(x *run, fo *fulfilmentOrder, a args) any {
			return paged(x, fo.lines, a, "foLines", func(l *foLine) int64 { return l.id })
		},
		"fulfillments": func(x *run, fo *fulfilmentOrder, a args) any {
			mine := slices.DeleteFunc(slices.Clone(fo.order.fulfilments), func(fu *fulfilment) bool { return !slices.Contains(fu.fos, fo) })
			return paged(x, mine, a, "foFulfillments", func(fu *fulfilment) int64 { return fu.id })
		},
	})
	typed(t, "FulfillmentOrderDestination", fields[destination]{
		"id":          func(_ *run, d destination, _ args) any { return gid("FulfillmentOrderDestination", d.id) },
		"address1":    func(x *run, d destination, _ args) any { return x.hide(d.line1) },
		"address2":    func(x *run, d destination, _ args) any { return x.hide(d.line2) },
		"city":        func(x *run, d destination, _ args) any { return x.hide(d.city) },
		"company":     func(x *run, d destination, _ args) any { return x.hide(d.company) },
		"countryCode": func(_ *run, d destination, _ args) any { return opt(d.code) },
		"email":       func(x *run, d destination, _ args) any { return x.hide(d.email) },
		"firstName":   func(x *run, d destination, _ args) any { return x.hide(d.first) },
		"lastName":    func(x *run, d destination, _ args) any { return x.hide(d.last) },
		"location":    func(*run, destination, args) any { return nil },
		"phone":       func(x *run, d destination, _ args) any { return x.hide(d.phone) },
		"province":    func(_ *run, d destination, _ args) any { return opt(d.province) },
		"zip":         func(x *run, d destination, _ args) any { return x.hide(d.zip) },
	})
	typed(t, "FulfillmentOrderLineItem", fields[*foLine]{
		"id":                func(_ *run, l *foLine, _ args) any { return l.gid() },
		"totalQuantity":     func(_ *run, l *foLine, _ args) any { return l.total },
		"remainingQuantity": func(_ *run, l *foLine, _ args) any { return l.remaining },
		"lineItem":          func(_ *run, l *foLine, _ args) any { return l.line },
		"sku":               func(_ *run, l *foLine, _ args) any { return opt(l.line.sku) },
		"productTitle":      func(_ *run, l *foLine, _ args) any { return l.line.title },
		"variantTitle":      func(_ *run, l *foLine, _ args) any { return opt(l.line.variantTitle) },
		"vendor":            func(_ *run, l *foLine, _ args) any { return opt(l.line.vendor) },
		"requiresShipping":  func(_ *run, l *foLine, _ args) any { return l.line.shipped },
		"inventoryItemId": func(_ *run, l *foLine, _ args) any {
			if l.line.variant == nil || l.line.variant.deleted {
				return nil
			}
			return l.line.variant.item.gid()
		},
		"variant": func(_ *run, l *foLine, _ args) any {
			if l.line.variant == nil || l.line.variant.deleted {
				return nil
			}
			return l.line.variant
		},
		"weight": func(_ *run, l *foLine, _ args) any {
			if l.line.grams == 0 {
				return nil
			}
			return rec{"value": float64(l.line.grams), "unit": "GRAMS"}
		},
	})
	typed(t, "FulfillmentHold", fields[*hold]{
		"id":                  func(_ *run, h *hold, _ args) any { return h.gid() },
		"reason":              func(_ *run, h *hold, _ args) any { return h.reason },
		"reasonNotes":         func(_ *run, h *hold, _ args) any { return opt(h.notes) },
		"handle":              func(_ *run, h *hold, _ args) any { return h.handle },
		"heldByRequestingApp": func(_ *run, h *hold, _ args) any { return h.ours },
		"heldByApp":           func(x *run, _ *hold, _ args) any { return x.app() },
		"displayReason": func(_ *run, h *hold, _ args) any {
			s := strings.ToLower(strings.ReplaceAll(h.reason, "_", " "))
			return strings.ToUpper(s[:1]) + s[1:]
		},
	})
	typed(t, "Fulfillment", fields[*fulfilment]{
		"id":                  func(_ *run, fu *fulfilment, _ args) any { return fu.gid() },
		"legacyResourceId":    func(_ *run, fu *fulfilment, _ args) any { return legacy(fu.id) },
		"name":                func(_ *run, fu *fulfilment, _ args) any { return fu.name },
		"status":              func(_ *run, fu *fulfilment, _ args) any { return fu.status },
		"displayStatus":       func(_ *run, fu *fulfilment, _ args) any { return fu.display },
		"createdAt":           func(_ *run, fu *fulfilment, _ args) any { return fu.createdAt },
		"updatedAt":           func(_ *run, fu *fulfilment, _ args) any { return fu.updatedAt },
		"deliveredAt":         func(*run, *fulfilment, args) any { return nil },
		"estimatedDeliveryAt": func(*run, *fulfilment, args) any { return nil },
		"inTransitAt":         func(*run, *fulfilment, args) any { return nil },
		"location":            func(_ *run, fu *fulfilment, _ args) any { return fu.loc },
		"service":             func(_ *run, fu *fulfilment, _ args) any { return fu.loc.service },
		"order":               func(_ *run, fu *fulfilment, _ args) any { return fu.order },
		"requiresShipping": func(_ *run, fu *fulfilment, _ args) any {
			return slices.ContainsFunc(fu.lines, func(l *fulfilmentLine) bool { return l.line.shipped })
		},
		"totalQuantity": func(_ *run, fu *fulfilment, _ args) any { return fu.units() },
		"trackingInfo":  func(_ *run, fu *fulfilment, a args) any { return firstOf(fu.tracking(), a) },
		"fulfillmentLineItems": func(x *run, fu *fulfilment, a args) any {
			return paged(x, fu.lines, a, "fulfillmentLines", func(l *fulfilmentLine) int64 { return l.id })
		},
		"fulfillmentOrders": func(x *run, fu *fulfilment, a args) any {
			fos := slices.DeleteFunc(slices.Clone(fu.fos), func(fo *fulfilmentOrder) bool { return !x.mayRead(fo) })
			return paged(x, fos, a, "fulfillmentFOs", func(fo *fulfilmentOrder) int64 { return fo.id })
		},
	})
	typed(t, "FulfillmentLineItem", fields[*fulfilmentLine]{
		"id":       func(_ *run, l *fulfilmentLine, _ args) any { return l.gid() },
		"quantity": func(_ *run, l *fulfilmentLine, _ args) any { return l.quantity },
		"lineItem": func(_ *run, l *fulfilmentLine, _ args) any { return l.line },
		"originalTotalSet": func(_ *run, l *fulfilmentLine, _ args) any {
			return l.line.order.bag(l.line.unit.times(l.quantity))
		},
		"discountedTotalSet": func(_ *run, l *fulfilmentLine, _ args) any {
			return l.line.order.bag(l.line.discounted(false).part(l.quantity, max(l.line.quantity, 1)))
		},
	})
	typed(t, "FulfillmentService", fields[*service]{
		"id":                     func(_ *run, s *service, _ args) any { return s.gid() },
		"handle":                 func(_ *run, s *service, _ args) any { return s.handle },
		"serviceName":            func(_ *run, s *service, _ args) any { return s.handle },
		"type":                   func(*run, *service, args) any { return "THIRD_PARTY" },
		"inventoryManagement":    func(*run, *service, args) any { return true },
		"trackingSupport":        func(*run, *service, args) any { return true },
		"requiresShippingMethod": func(*run, *service, args) any { return true },
		"location":               func(_ *run, s *service, _ args) any { return s.location },
	})
}

type destination struct {
	*address
	email string
}

// carrierURLs are the tracking pages of some carriers the API knows; for those
// it makes up the link itself.
var carrierURLs = map[string]string{
	"UPS":         "https://www.ups.com/WebTracking?loc=en_US&requester=ST&trackNums=",
	"USPS":        "https://tools.usps.com/go/TrackConfirmAction_input?qtc_tLabels1=",
	"FedEx":       "https://www.fedex.com/fedextrack/?trknbr=",
	"DHL Express": "https://www.dhl.com/en/express/tracking.html?AWB=",
	"Royal Mail":  "https://www.royalmail.com/track-your-item#/tracking-results/",
	"DPD":         "https://tracking.dpd.de/parcelstatus?query=",
	"GLS":         "https://gls-group.eu/track/",
	"Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor=",
}

// tracking pairs numbers and links by position.
func (fu *fulfilment) tracking() []rec {
	out := []rec{}
	for i := range max(len(fu.numbers), len(fu.urls)) {
		r := rec{"company": opt(fu.company), "number": nil, "url": nil}
		if i < len(fu.numbers) {
			r["number"] = opt(fu.numbers[i])
			if base := carrierURLs[fu.company]; base != "" {
				r["url"] = base + fu.numbers[i]
			}
		}
		if i < len(fu.urls) && fu.urls[i] != "" {
			r["url"] = fu.urls[i]
		}
		out = append(out, r)
	}
	if len(out) == 0 && fu.company != "" {
		out = append(out, rec{"company": fu.company, "number": nil, "url": nil})
	}
	return out
}

// foSearch is the search language over fulfilment orders.
var foSearch = search[*fulfilmentOrder]{
	fields: map[string]func(*run, *fulfilmentOrder, term) bool{
		"id":                   func(_ *run, fo *fulfilmentOrder, t term) bool { return t.byNumber(fo.id) },
		"status":               func(_ *run, fo *fulfilmentOrder, t term) bool { return t.byWord(fo.status) },
		"updated_at":           func(x *run, fo *fulfilmentOrder, t term) bool { return t.byTime(x, time.Unix(fo.indexed, 0)) },
		"assigned_location_id": func(_ *run, fo *fulfilmentOrder, t term) bool { return t.byNumber(fo.loc.id) },
	},
}

func (x *run) fulfilmentOrdersPage(a args) any {
	query, key, closed := a.str("query"), or(a.str("sortKey"), "ID"), a.boolean("includeClosed")
	match, e := foSearch.matcher(x, query)
	see := func(fo *fulfilmentOrder) bool {
		return fo.indexed != 0 && (closed || fo.open()) && x.mayRead(fo) && x.visible(fo.order) && match(fo)
	}
	w, err := x.window(a, walkName("fulfillmentOrders", key, query))
	if err != nil {
		return err
	}
	if key == "UPDATED_AT" {
		return x.foUpdated.page(w, e.from("updated_at", x.at), see)
	}
	return x.foByID.page(w, 0, see)
}

// mayRead tells whether the scopes cover the fulfilment order's kind of
// location. Without one the API shows none and says nothing.
func (x *run) mayRead(fo *fulfilmentOrder) bool { return x.mayFO(fo, "read") }

func (x *run) mayWrite(fo *fulfilmentOrder) bool { return x.mayFO(fo, "write") }

func (x *run) mayFO(fo *fulfilmentOrder, verb string) bool {
	if fo.loc.service != nil {
		return x.grant.has(verb + "_third_party_fulfillment_orders")
	}
	return x.grant.has(verb + "_merchant_managed_fulfillment_orders")
}
