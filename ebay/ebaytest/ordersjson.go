package ebaytest

import (
	"cmp"
	"strconv"
	"time"
)

type moneyJSON struct {
	Value                 string `json:"value"`
	Currency              string `json:"currency"`
	ConvertedFromValue    string `json:"convertedFromValue,omitzero"`
	ConvertedFromCurrency string `json:"convertedFromCurrency,omitzero"`
}

type orderJSON struct {
	OrderID                string            `json:"orderId"`
	LegacyOrderID          string            `json:"legacyOrderId,omitzero"`
	CreationDate           string            `json:"creationDate"`
	LastModifiedDate       string            `json:"lastModifiedDate"`
	FulfillmentStatus      Fulfilment        `json:"orderFulfillmentStatus"`
	PaymentStatus          PaymentStatus     `json:"orderPaymentStatus"`
	SellerID               string            `json:"sellerId"`
	Buyer                  buyerJSON         `json:"buyer"`
	BuyerCheckoutNotes     string            `json:"buyerCheckoutNotes,omitzero"`
	PricingSummary         pricingJSON       `json:"pricingSummary"`
	CancelStatus           cancelJSON        `json:"cancelStatus"`
	PaymentSummary         paymentsJSON      `json:"paymentSummary"`
	Instructions           []instructionJSON `json:"fulfillmentStartInstructions"`
	FulfillmentHrefs       []string          `json:"fulfillmentHrefs"`
	LineItems              []lineJSON        `json:"lineItems"`
	EbayCollectAndRemitTax bool              `json:"ebayCollectAndRemitTax,omitzero"`
	SalesRecordReference   string            `json:"salesRecordReference,omitzero"`
	TotalFeeBasisAmount    *moneyJSON        `json:"totalFeeBasisAmount,omitzero"`
	TotalMarketplaceFee    *moneyJSON        `json:"totalMarketplaceFee,omitzero"`
	Program                *programJSON      `json:"program,omitzero"`
}

type buyerJSON struct {
	Username            string       `json:"username"`
	RegistrationAddress *contactJSON `json:"buyerRegistrationAddress,omitzero"`
	TaxAddress          *addressJSON `json:"taxAddress,omitzero"`
	TaxIdentifier       *taxIDJSON   `json:"taxIdentifier,omitzero"`
}

type taxIDJSON struct {
	TaxpayerID     string `json:"taxpayerId"`
	Type           string `json:"taxIdentifierType,omitzero"`
	IssuingCountry string `json:"issuingCountry,omitzero"`
}

type contactJSON struct {
	FullName       string      `json:"fullName,omitzero"`
	CompanyName    string      `json:"companyName,omitzero"`
	ContactAddress addressJSON `json:"contactAddress"`
	PrimaryPhone   *phoneJSON  `json:"primaryPhone,omitzero"`
	Email          string      `json:"email,omitzero"`
}

type phoneJSON struct {
	PhoneNumber string `json:"phoneNumber"`
}

type addressJSON struct {
	AddressLine1    string `json:"addressLine1,omitzero"`
	AddressLine2    string `json:"addressLine2,omitzero"`
	City            string `json:"city,omitzero"`
	County          string `json:"county,omitzero"`
	StateOrProvince string `json:"stateOrProvince,omitzero"`
	PostalCode      string `json:"postalCode,omitzero"`
	CountryCode     string `json:"countryCode,omitzero"`
}

type pricingJSON struct {
	PriceSubtotal    *moneyJSON `json:"priceSubtotal"`
	PriceDiscount    *moneyJSON `json:"priceDiscount,omitzero"`
	Adjustment       *moneyJSON `json:"adjustment,omitzero"`
	DeliveryCost     *moneyJSON `json:"deliveryCost"`
	DeliveryDiscount *moneyJSON `json:"deliveryDiscount,omitzero"`
	Fee              *moneyJSON `json:"fee,omitzero"`
	Tax              *moneyJSON `json:"tax,omitzero"`
	Total            *moneyJSON `json:"total"`
}

type cancelJSON struct {
	CancelState    CancelState         `json:"cancelState"`
	CancelledDate  string              `json:"cancelledDate,omitzero"`
	CancelRequests []cancelRequestJSON `json:"cancelRequests"`
}

type cancelRequestJSON struct {
	CancelRequestID     string `json:"cancelRequestId"`
	CancelRequestState  string `json:"cancelRequestState"`
	CancelInitiator     string `json:"cancelInitiator"`
	CancelReason        string `json:"cancelReason"`
	CancelRequestedDate string `json:"cancelRequestedDate"`
	CancelCompletedDate string `json:"cancelCompletedDate,omitzero"`
}

type paymentsJSON struct {
	TotalDueSeller *moneyJSON    `json:"totalDueSeller"`
	Payments       []paymentJSON `json:"payments"`
	Refunds        []refundJSON  `json:"refunds"`
}

type paymentJSON struct {
	PaymentMethod string     `json:"paymentMethod"`
	PaymentStatus string     `json:"paymentStatus"`
	PaymentDate   string     `json:"paymentDate,omitzero"`
	Amount        *moneyJSON `json:"amount"`
}

type refundJSON struct {
	RefundID          string     `json:"refundId"`
	RefundReferenceID string     `json:"refundReferenceId,omitzero"`
	Amount            *moneyJSON `json:"amount"`
	RefundDate        string     `json:"refundDate,omitzero"`
	RefundStatus      string     `json:"refundStatus,omitzero"`
}

type instructionJSON struct {
	Type                    string        `json:"fulfillmentInstructionsType"`
	EbaySupported           bool          `json:"ebaySupportedFulfillment,omitzero"`
	MinEstimatedDelivery    string        `json:"minEstimatedDeliveryDate,omitzero"`
	MaxEstimatedDelivery    string        `json:"maxEstimatedDeliveryDate,omitzero"`
	FinalDestinationAddress *addressJSON  `json:"finalDestinationAddress,omitzero"`
	ShippingStep            *shippingJSON `json:"shippingStep,omitzero"`
	PickupStep              *pickupJSON   `json:"pickupStep,omitzero"`
}

type shippingJSON struct {
	ShipTo              *contactJSON `json:"shipTo,omitzero"`
	ShipToReferenceID   string       `json:"shipToReferenceId,omitzero"`
	ShippingServiceCode string       `json:"shippingServiceCode,omitzero"`
	ShippingCarrierCode string       `json:"shippingCarrierCode,omitzero"`
}

type pickupJSON struct {
	MerchantLocationKey string `json:"merchantLocationKey"`
}

type programJSON struct {
	AuthenticityVerification  *authenticityJSON  `json:"authenticityVerification,omitzero"`
	EbayVault                 *vaultJSON         `json:"ebayVault,omitzero"`
	EbayInternationalShipping *internationalJSON `json:"ebayInternationalShipping,omitzero"`
	FulfillmentProgram        *fulfilmentJSON    `json:"fulfillmentProgram,omitzero"`
}

type authenticityJSON struct {
	Status string `json:"status"`
}

type vaultJSON struct {
	FulfillmentType string `json:"fulfillmentType"`
}

type internationalJSON struct {
	ReturnsManagedBy string `json:"returnsManagedBy"`
}

type fulfilmentJSON struct {
	FulfilledBy string `json:"fulfilledBy"`
}

type lineJSON struct {
	LineItemID              string          `json:"lineItemId"`
	LegacyItemID            string          `json:"legacyItemId"`
	LegacyVariationID       string          `json:"legacyVariationId,omitzero"`
	VariationAspects        []aspectJSON    `json:"variationAspects,omitzero"`
	SKU                     string          `json:"sku,omitzero"`
	Title                   string          `json:"title"`
	LineItemCost            *moneyJSON      `json:"lineItemCost"`
	DiscountedLineItemCost  *moneyJSON      `json:"discountedLineItemCost,omitzero"`
	Quantity                int             `json:"quantity"`
	SoldFormat              string          `json:"soldFormat"`
	ListingMarketplaceID    string          `json:"listingMarketplaceId"`
	PurchaseMarketplaceID   string          `json:"purchaseMarketplaceId"`
	FulfillmentStatus       Fulfilment      `json:"lineItemFulfillmentStatus"`
	Total                   *moneyJSON      `json:"total"`
	DeliveryCost            deliveryJSON    `json:"deliveryCost"`
	AppliedPromotions       []promotionJSON `json:"appliedPromotions"`
	Taxes                   []taxJSON       `json:"taxes"`
	CollectedTaxes          []collectedJSON `json:"ebayCollectAndRemitTaxes,omitzero"`
	CollectedCharges        *chargesJSON    `json:"ebayCollectedCharges,omitzero"`
	Properties              propertiesJSON  `json:"properties"`
	FulfillmentInstructions dueJSON         `json:"lineItemFulfillmentInstructions"`
	GiftDetails             *giftJSON       `json:"giftDetails,omitzero"`
	Refunds                 []refundJSON    `json:"refunds"`
}

type aspectJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type deliveryJSON struct {
	ShippingCost   *moneyJSON `json:"shippingCost"`
	DiscountAmount *moneyJSON `json:"discountAmount,omitzero"`
	HandlingCost   *moneyJSON `json:"handlingCost,omitzero"`
	ImportCharges  *moneyJSON `json:"importCharges,omitzero"`
}

type promotionJSON struct {
	DiscountAmount *moneyJSON `json:"discountAmount"`
	PromotionID    string     `json:"promotionId"`
	Description    string     `json:"description,omitzero"`
}

type taxJSON struct {
	Amount  *moneyJSON `json:"amount"`
	TaxType string     `json:"taxType,omitzero"`
}

type collectedJSON struct {
	TaxType          string      `json:"taxType"`
	Amount           *moneyJSON  `json:"amount"`
	CollectionMethod string      `json:"collectionMethod"`
	EbayReference    *aspectJSON `json:"ebayReference,omitzero"`
}

type chargesJSON struct {
	EbayShipping *moneyJSON   `json:"ebayShipping,omitzero"`
	Charges      []chargeJSON `json:"charges,omitzero"`
}

type chargeJSON struct {
	ChargeType string     `json:"chargeType"`
	Amount     *moneyJSON `json:"amount"`
}

type propertiesJSON struct {
	FromBestOffer   bool `json:"fromBestOffer,omitzero"`
	SoldViaAd       bool `json:"soldViaAdCampaign,omitzero"`
	BuyerProtection bool `json:"buyerProtection"`
}

type dueJSON struct {
	MinEstimatedDelivery string `json:"minEstimatedDeliveryDate,omitzero"`
	MaxEstimatedDelivery string `json:"maxEstimatedDeliveryDate,omitzero"`
	ShipByDate           string `json:"shipByDate,omitzero"`
}

type giftJSON struct {
	Message        string `json:"message,omitzero"`
	RecipientEmail string `json:"recipientEmail,omitzero"`
	SenderName     string `json:"senderName,omitzero"`
}

// view is how an order is told: at a time, and with what was asked for.
type view struct {
	f         *Fake
	o         *order
	breakdown bool // fieldGroups=TAX_BREAKDOWN
	whole     bool // by getOrder
	age       time.Duration
	currency  string
}

// money is an amount in the seller's currency, with the buyer's where that is
// another one.
func (v *view) money(a amount) *moneyJSON {
	m := &moneyJSON{Value: a.text(2), Currency: v.currency}
	if from := v.o.in.ConvertedFrom; from != "" {
		m.ConvertedFromValue, m.ConvertedFromCurrency = converted(a, v.o.rate).text(2), from
	}
	return m
}

// moneyOr is money, and nil for nothing.
func (v *view) moneyOr(a amount) *moneyJSON {
	if a == 0 {
		return nil
	}
	return v.money(a)
}

// converted divides by a rate and rounds to the cent.
func converted(a, rate amount) amount {
	const cent = amountUnit / 100
	cents := (float64(a) / float64(rate)) * amountUnit / cent
	if cents < 0 {
		return amount(cents-0.5) * cent
	}
	return amount(cents+0.5) * cent
}

func (f *Fake) orderJSON(o *order, breakdown, whole bool, c *call) *orderJSON {
	v := &view{f, o, breakdown, whole, c.now.Sub(o.created), o.currency}
	out := &orderJSON{
		OrderID: o.id, CreationDate: stamp(o.created), LastModifiedDate: stamp(o.modified), FulfillmentStatus: o.fulfilment(),
		PaymentStatus: o.payment, SellerID: f.cfg.SellerID, Buyer: v.buyer(), BuyerCheckoutNotes: o.in.Notes, PricingSummary: v.pricing(),
		CancelStatus: v.cancelStatus(), PaymentSummary: v.payments(), Instructions: []instructionJSON{v.instruction()},
		FulfillmentHrefs: []string{}, SalesRecordReference: o.in.Record, TotalFeeBasisAmount: v.moneyOr(o.total(false)),
		TotalMarketplaceFee: v.moneyOr(o.feePaid), Program: v.program(),
	}
	if f.cfg.Believed.LegacyOrderIDs {
		out.LegacyOrderID = o.id
	}
	if f.cfg.HideUsernames {
		out.SellerID = f.cfg.UserID
	}
	for _, p := range o.packages {
		out.FulfillmentHrefs = append(out.FulfillmentHrefs, c.origin()+apis[APIFulfillment].base+"/order/"+o.id+"/shipping_fulfillment/"+p.id)
	}
	for i := range o.lines {
		out.LineItems = append(out.LineItems, v.line(&o.lines[i]))
		out.EbayCollectAndRemitTax = out.EbayCollectAndRemitTax || o.lines[i].x.collected != 0
	}
	return out
}

func (v *view) buyer() buyerJSON {
	b, to := v.o.in.Buyer, v.o.in.ShipTo
	out := buyerJSON{Username: b.Name, TaxAddress: &addressJSON{
		City: to.City, StateOrProvince: to.State, PostalCode: to.PostalCode, CountryCode: to.Country,
	}}
	if v.f.cfg.HideUsernames {
		out.Username = cmp.Or(b.UserID, "U1id"+b.Name)
	}
	if out.RegistrationAddress = v.contact(); to.FinalLine1 != "" {
		out.RegistrationAddress.ContactAddress = *v.final()
	}
	if b.TaxID != "" && v.whole {
		out.TaxIdentifier = &taxIDJSON{b.TaxID, b.TaxIDType, b.TaxIDCountry}
	}
	return out
}

// contact tells whom an order goes to, as long as it is told.
func (v *view) contact() *contactJSON {
	to := v.o.in.ShipTo
	out := &contactJSON{CompanyName: to.Company, ContactAddress: addressJSON{
		City: to.City, County: to.County, StateOrProvince: to.State, PostalCode: to.PostalCode, CountryCode: to.Country,
	}}
	if v.age <= addressKept {
		out.FullName, out.ContactAddress.AddressLine1, out.ContactAddress.AddressLine2 = to.Name, to.Line1, to.Line2
		if to.Phone != "" {
			out.PrimaryPhone = &phoneJSON{to.Phone}
		}
	}
	if v.age <= emailKept {
		out.Email = to.Email
	}
	return out
}

func (v *view) final() *addressJSON {
	to := v.o.in.ShipTo
	out := &addressJSON{City: to.FinalCity, StateOrProvince: to.FinalState, PostalCode: to.FinalPostalCode, CountryCode: to.FinalCountry}
	if v.age <= addressKept {
		out.AddressLine1 = to.FinalLine1
	}
	return out
}

func (v *view) pricing() pricingJSON {
	o := v.o
	var goods, discount, delivery, deliveryDiscount, tax amount
	for i := range o.lines {
		l := &o.lines[i]
		goods += l.goods()
		discount += l.x.discount
		delivery += l.x.shipping + l.x.handling
		deliveryDiscount += l.x.shippingDiscount
		tax += l.x.tax
		if v.breakdown {
			tax += l.x.collected
		}
	}
	out := pricingJSON{
		PriceSubtotal: v.money(goods), PriceDiscount: v.moneyOr(-discount), Adjustment: v.moneyOr(o.adjusted), DeliveryCost: v.money(delivery),
		DeliveryDiscount: v.moneyOr(-deliveryDiscount), Tax: v.moneyOr(tax), Total: v.money(o.total(v.breakdown)),
	}
	if v.breakdown {
		out.Fee = v.moneyOr(o.fee)
	}
	return out
}

func (v *view) cancelStatus() cancelJSON {
	out := cancelJSON{CancelState: v.o.cancel, CancelledDate: stampOr(v.o.cancelled), CancelRequests: []cancelRequestJSON{}}
	if !v.whole { // lists leave them out
		return out
	}
	for _, r := range v.o.requests {
		out.CancelRequests = append(out.CancelRequests, cancelRequestJSON{r.id, r.state, r.by, r.reason, stamp(r.at), stampOr(r.done)})
	}
	return out
}

// payments tell amounts with the tax that eBay collects, whatever was asked for.
func (v *view) payments() paymentsJSON {
	o := v.o
	out := paymentsJSON{TotalDueSeller: v.money(o.total(true) - o.refunded()), Refunds: []refundJSON{}, Payments: []paymentJSON{{
		PaymentMethod: "EBAY", PaymentStatus: "PAID", PaymentDate: stampOr(o.paid), Amount: v.money(o.total(true)),
	}}}
	if o.payment == PaymentPending || o.payment == PaymentFailed {
		out.Payments[0].PaymentStatus, out.Payments[0].PaymentDate = string(o.payment), ""
	}
	for _, r := range o.refunds {
		out.Refunds = append(out.Refunds, refundJSON{r.id, "R" + r.id, v.money(r.amount), stamp(r.at), r.status})
	}
	return out
}

const day = 24 * time.Hour

func (v *view) instruction() instructionJSON {
	in, from := v.o.in, v.o.created.Truncate(day)
	out := instructionJSON{
		Type: "SHIP_TO", MinEstimatedDelivery: stamp(from.Add(3 * day)), MaxEstimatedDelivery: stamp(from.Add(6 * day)),
		ShippingStep: &shippingJSON{v.contact(), in.ShipTo.Reference, in.Service, in.Carrier},
	}
	switch in.Program {
	case ProgramInternational, ProgramAuthenticity:
		out.EbaySupported, out.FinalDestinationAddress = true, v.final()
	case ProgramPickup:
		out.Type, out.ShippingStep, out.PickupStep = "PREPARE_FOR_PICKUP", nil, &pickupJSON{cmp.Or(in.Pickup, defaultLocation)}
	case ProgramDigital:
		out.Type, out.ShippingStep = "DIGITAL", nil
	case ProgramFulfilment:
		out.Type, out.ShippingStep.ShipTo = "FULFILLED_BY_EBAY", nil
	default:
	}
	if in.NoShipTo && out.ShippingStep != nil {
		out.ShippingStep.ShipTo = nil
	}
	return out
}

func (v *view) program() *programJSON {
	switch v.o.in.Program {
	case ProgramInternational:
		return &programJSON{EbayInternationalShipping: &internationalJSON{"EBAY"}}
	case ProgramAuthenticity:
		return &programJSON{AuthenticityVerification: &authenticityJSON{"PENDING"}}
	case ProgramVault:
		return &programJSON{EbayVault: &vaultJSON{"SELLER_TO_VAULT"}}
	case ProgramFulfilment:
		return &programJSON{FulfillmentProgram: &fulfilmentJSON{"EBAY"}}
	default:
		return nil
	}
}

func (v *view) line(l *line) lineJSON {
	o, x := v.o, l.x
	out := lineJSON{
		LineItemID: lineID(l.id), LegacyItemID: l.listingID, LegacyVariationID: l.variation, SKU: l.sku, Title: l.title,
		LineItemCost: v.money(l.goods()), Quantity: l.qty, SoldFormat: "FIXED_PRICE", ListingMarketplaceID: o.m.id,
		PurchaseMarketplaceID: o.m.id, FulfillmentStatus: l.fulfilment(o), Total: v.money(l.total(v.breakdown)),
		DeliveryCost: deliveryJSON{
			ShippingCost: v.money(x.shipping), DiscountAmount: v.moneyOr(x.shippingDiscount), HandlingCost: v.moneyOr(x.handling),
			ImportCharges: v.moneyOr(x.imports),
		},
		AppliedPromotions: []promotionJSON{}, Taxes: v.taxes(x), Properties: propertiesJSON{x.in.BestOffer, x.in.AdCampaign, true},
		FulfillmentInstructions: dueJSON{
			stamp(o.created.Truncate(day).Add(3 * day)), stamp(o.created.Truncate(day).Add(6 * day)), stamp(o.created.Add(o.in.ShipWithin)),
		},
		Refunds: []refundJSON{},
	}
	if x.in.NoSKU {
		out.SKU = ""
	}
	if l.u != nil {
		out.ListingMarketplaceID = l.u.l.m.id
		if l.u.l.onHold { // the title is not told
			out.Title = l.listingID
		}
		if l.variation != "" {
			for _, a := range l.u.aspects {
				out.VariationAspects = append(out.VariationAspects, aspectJSON(a))
			}
		}
	}
	if x.discount != 0 {
		out.DiscountedLineItemCost = v.money(l.goods() - x.discount)
		out.AppliedPromotions = append(out.AppliedPromotions, promotionJSON{v.money(x.discount), "5" + strconv.Itoa(o.number), "Sale"})
	}
	v.collected(l, &out)
	if x.in.GiftMessage != "" || x.in.GiftSender != "" || x.in.GiftEmail != "" {
		out.GiftDetails = &giftJSON{}
		if v.age <= addressKept {
			*out.GiftDetails = giftJSON{x.in.GiftMessage, x.in.GiftEmail, x.in.GiftSender}
		}
	}
	for _, r := range x.refunds {
		out.Refunds = append(out.Refunds, refundJSON{RefundID: r.id, Amount: v.money(r.amount), RefundDate: stamp(r.at)})
	}
	return out
}

// taxes lists the seller's tax and the one eBay collects, and names their types
// only in a breakdown.
func (v *view) taxes(x *extra) []taxJSON {
	out := []taxJSON{}
	add := func(a amount, kind string) {
		if a == 0 {
			return
		}
		t := taxJSON{Amount: v.money(a)}
		if v.breakdown {
			t.TaxType = kind
		}
		out = append(out, t)
	}
	add(x.tax, "VAT")
	if v.breakdown {
		add(x.collected, collectedType(x))
	}
	return out
}

func collectedType(x *extra) string { return cmp.Or(x.in.CollectedTaxType, "STATE_SALES_TAX") }

func (v *view) collected(l *line, out *lineJSON) {
	x := l.x
	if x.collected != 0 {
		t := collectedJSON{TaxType: collectedType(x), Amount: v.money(x.collected), CollectionMethod: "NET"}
		if x.in.TaxReference != "" {
			t.EbayReference = &aspectJSON{x.in.TaxReference, x.in.TaxNumber}
		}
		out.CollectedTaxes = []collectedJSON{t}
	}
	if x.ebayShipping == 0 && x.protection == 0 {
		return
	}
	out.CollectedCharges = &chargesJSON{EbayShipping: v.moneyOr(x.ebayShipping)}
	if x.protection != 0 {
		out.CollectedCharges.Charges = []chargeJSON{{"BUYER_PROTECTION", v.money(x.protection)}}
	}
}
