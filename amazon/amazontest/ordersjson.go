package amazontest

import (
	"fmt"
	"slices"
	"strconv"
)

// included are the datasets a read asks for. Items always come.
type included struct {
	buyer, recipient, proceeds, promotion, cancellation bool
	fulfillment, packages, tax, payment                 bool
	expense, units                                      bool
}

func (f *Fake) readIncluded(c *call) (included, answer, bool) {
	p := params{c: c}
	l := p.oneOf("includedData", includedValues)
	if a, refused := p.refusal(); refused {
		return included{}, a, true
	}
	has := func(name string) bool { return slices.Contains(l, name) }
	inc := included{
		has("BUYER"), has("RECIPIENT"), has("PROCEEDS"), has("PROMOTION"), has("CANCELLATION"), has("FULFILLMENT"), has("PACKAGES"),
		has("TAX"), has("PAYMENT"), has("EXPENSE"), has("FULFILLMENT_ORDERS"),
	}
	if f.cfg.RefusePII && (inc.buyer || inc.recipient) && !c.token.app.holdsAny([]Role{RoleDirectToConsumer}) {
		return inc, denied(""), true
	}
	return inc, answer{}, false
}

type orderJSON struct {
	OrderID          string           `json:"orderId"`
	OrderAliases     []aliasJSON      `json:"orderAliases,omitzero"`
	CreatedTime      string           `json:"createdTime"`
	LastUpdatedTime  string           `json:"lastUpdatedTime"`
	Programs         []string         `json:"programs,omitzero"`
	AssociatedOrders []associatedJSON `json:"associatedOrders,omitzero"`
	SalesChannel     channelJSON      `json:"salesChannel"`
	Buyer            *buyerJSON       `json:"buyer,omitzero"`
	Recipient        *recipientJSON   `json:"recipient,omitzero"`
	Proceeds         *proceedsJSON    `json:"proceeds,omitzero"`
	Payment          *paymentJSON     `json:"payment,omitzero"`
	Fulfillment      *fulfillmentJSON `json:"fulfillment,omitzero"`
	OrderItems       []itemJSON       `json:"orderItems"`
	Packages         []packageJSON    `json:"packages,omitzero"`

	FulfillmentOrders []fulfillmentOrderJSON `json:"fulfillmentOrders,omitzero"`
}

type fulfillmentOrderJSON struct {
	FulfillmentOrderID string `json:"fulfillmentOrderId"`
}

type aliasJSON struct {
	AliasID   string `json:"aliasId"`
	AliasType string `json:"aliasType"`
}

type associatedJSON struct {
	OrderID         string `json:"orderId"`
	AssociationType string `json:"associationType"`
}

type channelJSON struct {
	ChannelName     string `json:"channelName"`
	MarketplaceID   string `json:"marketplaceId,omitzero"`
	MarketplaceName string `json:"marketplaceName,omitzero"`
}

type buyerJSON struct {
	BuyerName                string `json:"buyerName,omitzero"`
	BuyerEmail               string `json:"buyerEmail,omitzero"`
	BuyerCompanyName         string `json:"buyerCompanyName,omitzero"`
	BuyerPurchaseOrderNumber string `json:"buyerPurchaseOrderNumber,omitzero"`
}

type recipientJSON struct {
	DeliveryAddress    *addressJSON    `json:"deliveryAddress,omitzero"`
	DeliveryPreference *preferenceJSON `json:"deliveryPreference,omitzero"`
}

type addressJSON struct {
	Name             string        `json:"name,omitzero"`
	CompanyName      string        `json:"companyName,omitzero"`
	AddressLine1     string        `json:"addressLine1,omitzero"`
	AddressLine2     *string       `json:"addressLine2,omitzero"` // empty ones come, too
	AddressLine3     *string       `json:"addressLine3,omitzero"`
	City             string        `json:"city,omitzero"`
	DistrictOrCounty string        `json:"districtOrCounty,omitzero"`
	StateOrRegion    string        `json:"stateOrRegion,omitzero"`
	Municipality     string        `json:"municipality,omitzero"`
	PostalCode       string        `json:"postalCode,omitzero"`
	CountryCode      string        `json:"countryCode,omitzero"`
	Phone            string        `json:"phone,omitzero"`
	ExtendedFields   *extendedJSON `json:"extendedFields,omitzero"`
	AddressType      string        `json:"addressType,omitzero"`
}

type extendedJSON struct {
	StreetName   string `json:"streetName,omitzero"`
	StreetNumber string `json:"streetNumber,omitzero"`
	Complement   string `json:"complement,omitzero"`
	Neighborhood string `json:"neighborhood,omitzero"`
}

type preferenceJSON struct {
	DropOffLocation    string `json:"dropOffLocation,omitzero"`
	AddressInstruction string `json:"addressInstruction,omitzero"`
}

type proceedsJSON struct {
	GrandTotal *moneyJSON           `json:"grandTotal"`
	Breakdowns []orderBreakdownJSON `json:"breakdowns,omitzero"`
}

type orderBreakdownJSON struct {
	Type     string     `json:"type"`
	Status   string     `json:"status,omitzero"`
	Subtotal *moneyJSON `json:"subtotal"`
}

type paymentJSON struct {
	PaymentExecutions []executionJSON `json:"paymentExecutions"`
}

type executionJSON struct {
	PaymentMethod string     `json:"paymentMethod"`
	PaymentAmount *moneyJSON `json:"paymentAmount"`
}

type fulfillmentJSON struct {
	FulfillmentStatus       string      `json:"fulfillmentStatus"`
	FulfilledBy             string      `json:"fulfilledBy"`
	FulfillmentServiceLevel string      `json:"fulfillmentServiceLevel"`
	ShipByWindow            *windowJSON `json:"shipByWindow,omitzero"`
	DeliverByWindow         *windowJSON `json:"deliverByWindow,omitzero"`
}

type windowJSON struct {
	EarliestDateTime string `json:"earliestDateTime,omitzero"`
	LatestDateTime   string `json:"latestDateTime,omitzero"`
}

func (w Window) json() *windowJSON {
	if w.From.IsZero() && w.To.IsZero() {
		return nil
	}
	return &windowJSON{stampOr(w.From), stampOr(w.To)}
}

// orderJSON is the order as a read with inc shows it to the call's application.
func (f *Fake) orderJSON(o *order, inc included, c *call) *orderJSON {
	in := o.in
	out := &orderJSON{
		OrderID: o.id, CreatedTime: stamp(o.created), LastUpdatedTime: stamp(o.modified), Programs: slices.Clone(in.Programs),
		SalesChannel: channelJSON{in.Channel, o.market.id, o.market.name}, OrderItems: make([]itemJSON, len(o.lines)),
	}
	if in.Channel == ChannelNonAmazon {
		out.SalesChannel.MarketplaceName = "Non-Amazon"
	}
	if in.SellerID != "" {
		out.OrderAliases = []aliasJSON{{in.SellerID, "SELLER_ORDER_ID"}}
	}
	if in.Replaces != "" {
		out.AssociatedOrders = append(out.AssociatedOrders, associatedJSON{in.Replaces, "REPLACEMENT_ORIGINAL_ID"})
	}
	if in.Exchanges != "" {
		out.AssociatedOrders = append(out.AssociatedOrders, associatedJSON{in.Exchanges, "EXCHANGE_ORIGINAL_ID"})
	}
	see := f.privacy(o, c)
	if inc.buyer {
		out.Buyer = o.buyerJSON(see)
	}
	if inc.recipient {
		out.Recipient = o.recipientJSON(see)
	}
	priced := !o.status.pending() || f.cfg.Believed.PendingPriced
	if inc.proceeds && priced {
		out.Proceeds = f.proceedsJSON(o)
	}
	if inc.payment && len(in.Payments) > 0 {
		out.Payment = &paymentJSON{}
		for _, p := range in.Payments {
			a, _ := parseAmount(p.Amount) // PlaceOrder saw that it is one
			out.Payment.PaymentExecutions = append(out.Payment.PaymentExecutions, executionJSON{p.Method, a.money(o.currency)})
		}
	}
	if inc.fulfillment {
		by := "MERCHANT"
		if in.ByAmazon {
			by = "AMAZON"
		}
		out.Fulfillment = &fulfillmentJSON{string(o.status), by, in.Service, in.ShipBy.json(), in.DeliverBy.json()}
		if o.status.pending() {
			out.Fulfillment.ShipByWindow, out.Fulfillment.DeliverByWindow = nil, nil
		}
	}
	if inc.packages {
		out.Packages = f.packagesJSON(o)
	}
	if inc.units && o.program(ProgramEasyShip) {
		out.FulfillmentOrders = []fulfillmentOrderJSON{{fmt.Sprintf("FO%08d", o.number)}}
	}
	for i := range o.lines {
		out.OrderItems[i] = f.itemJSON(o, &o.lines[i], inc, priced, see)
	}
	return out
}

// sight is what of a buyer an application may see of an order now.
type sight struct {
	buyer, name, address, phone, place bool
}

// privacy applies the vendor's page "Access Orders PII": names, streets, postal
// codes and e-mail are shown to the restricted role, of orders the seller ships,
// in these statuses, and are missing without a word otherwise.
func (f *Fake) privacy(o *order, c *call) sight {
	if o.status.pending() {
		return sight{}
	}
	open := !o.in.ByAmazon && o.status.confirmable()
	restricted := c.token.app.holdsAny([]Role{RoleDirectToConsumer})
	late := o.status == Shipped && !o.in.DeliverBy.To.IsZero() && c.now.After(o.in.DeliverBy.To)
	return sight{
		buyer: open && restricted, name: open && (restricted || c.token.app.holdsAny([]Role{RoleTax})), address: open && restricted,
		phone: open && restricted && !late, place: true,
	}
}

func (o *order) buyerJSON(see sight) *buyerJSON {
	if !see.place {
		return nil
	}
	b := o.in.Buyer
	out := &buyerJSON{BuyerCompanyName: b.Company, BuyerPurchaseOrderNumber: b.PurchaseOrder}
	if see.name {
		out.BuyerName = b.Name
	}
	if see.buyer {
		out.BuyerEmail = b.Email
	}
	if *out == (buyerJSON{}) {
		return nil
	}
	return out
}

func (o *order) recipientJSON(see sight) *recipientJSON {
	if !see.place {
		return nil
	}
	a := o.in.ShipTo
	out := &addressJSON{
		CompanyName: a.Company, City: a.City, DistrictOrCounty: a.District, StateOrRegion: a.State, Municipality: a.Municipality,
		CountryCode: a.Country, AddressType: a.Type,
	}
	if a.Type == "" {
		out.AddressType = "RESIDENTIAL"
	}
	if see.address {
		line2, line3 := a.Line2, a.Line3
		out.Name, out.AddressLine1, out.AddressLine2, out.AddressLine3, out.PostalCode = a.Name, a.Line1, &line2, &line3, a.PostalCode
		if a.StreetName != "" || a.StreetNumber != "" {
			out.ExtendedFields = &extendedJSON{a.StreetName, a.StreetNumber, a.Complement, a.Area}
		}
	}
	if see.phone {
		out.Phone = a.Phone
	}
	r := &recipientJSON{DeliveryAddress: out}
	if o.in.DropOff != "" || o.in.Instruction != "" {
		r.DeliveryPreference = &preferenceJSON{o.in.DropOff, o.in.Instruction}
	}
	return r
}

// signed is a discount as the proceeds show it.
func (f *Fake) signed(a amount) amount {
	if f.cfg.Believed.DiscountsNegative {
		return -a
	}
	return a
}

func (f *Fake) proceedsJSON(o *order) *proceedsJSON {
	out := &proceedsJSON{GrandTotal: f.total(o).money(o.currency)}
	var sums [6]amount
	for i := range o.lines {
		l := &o.lines[i]
		for j, a := range l.parts(f.cfg.Believed.CollectedTaxLeft) {
			sums[j] += a
		}
	}
	for j, a := range sums {
		if j == partDiscount {
			a = f.signed(a)
		}
		if a != 0 || j == 0 {
			out.Breakdowns = append(out.Breakdowns, orderBreakdownJSON{Type: partNames[j], Subtotal: a.money(o.currency)})
		}
	}
	if o.tip != 0 {
		status := "FINALIZED"
		if o.in.TipPending {
			status = "PENDING"
		}
		out.Breakdowns = append(out.Breakdowns, orderBreakdownJSON{"DELIVERY_TIP", status, o.tip.money(o.currency)})
	}
	return out
}

const partDiscount = 5

var partNames = [6]string{"ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "TAX", "DISCOUNT"}

// parts are a line's proceeds in the order of partNames.
func (l *line) parts(withoutCollected bool) [6]amount {
	tax := l.allTax()
	if withoutCollected && l.x.in.Collected {
		tax = 0
	}
	return [6]amount{l.goods(), l.x.shipping, l.x.gift, l.x.cod, tax, l.x.discount + l.x.shipDiscount}
}

func itemID(id int64) string { return strconv.FormatInt(id, 10) }
