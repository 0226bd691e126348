package amazontest

import "slices"

type itemJSON struct {
	OrderItemID     string               `json:"orderItemId"`
	QuantityOrdered int                  `json:"quantityOrdered"`
	Programs        []string             `json:"programs,omitzero"`
	Product         productJSON          `json:"product"`
	Proceeds        *itemProceedsJSON    `json:"proceeds,omitzero"`
	Expense         *expenseJSON         `json:"expense,omitzero"`
	Promotion       *promotionJSON       `json:"promotion,omitzero"`
	Cancellation    *cancellationJSON    `json:"cancellation,omitzero"`
	Fulfillment     *itemFulfillmentJSON `json:"fulfillment,omitzero"`
	Tax             *itemTaxJSON         `json:"tax,omitzero"`
}

type productJSON struct {
	ASIN          string             `json:"asin,omitzero"`
	Title         string             `json:"title,omitzero"`
	SellerSKU     string             `json:"sellerSku,omitzero"`
	Condition     conditionJSON      `json:"condition"`
	Price         *priceJSON         `json:"price,omitzero"`
	SerialNumbers []string           `json:"serialNumbers,omitzero"`
	Customization *customizationJSON `json:"customization,omitzero"`
}

type conditionJSON struct {
	ConditionType    string `json:"conditionType"`
	ConditionSubtype string `json:"conditionSubtype"`
}

type priceJSON struct {
	UnitPrice        *moneyJSON `json:"unitPrice"`
	PriceDesignation string     `json:"priceDesignation,omitzero"`
}

type customizationJSON struct {
	CustomizedURL string `json:"customizedUrl"`
}

type itemProceedsJSON struct {
	ProceedsTotal *moneyJSON          `json:"proceedsTotal"`
	Breakdowns    []itemBreakdownJSON `json:"breakdowns"`
}

type itemBreakdownJSON struct {
	Type               string       `json:"type"`
	Subtotal           *moneyJSON   `json:"subtotal"`
	DetailedBreakdowns []detailJSON `json:"detailedBreakdowns,omitzero"`
}

type detailJSON struct {
	Subtype string     `json:"subtype"`
	Value   *moneyJSON `json:"value"`
}

type expenseJSON struct {
	PointsCost struct {
		PointsGranted pointsJSON `json:"pointsGranted"`
	} `json:"pointsCost"`
}

type pointsJSON struct {
	PointsNumber        int        `json:"pointsNumber"`
	PointsMonetaryValue *moneyJSON `json:"pointsMonetaryValue"`
}

type promotionJSON struct {
	Breakdowns []promotionIDJSON `json:"breakdowns"`
}

type promotionIDJSON struct {
	PromotionID string `json:"promotionId"`
}

type cancellationJSON struct {
	CancellationRequest   *requestJSON     `json:"cancellationRequest,omitzero"`
	CancellationExecution *cancelledByJSON `json:"cancellationExecution,omitzero"`
}

type requestJSON struct {
	Requester    string `json:"requester"`
	CancelReason string `json:"cancelReason"`
}

type cancelledByJSON struct {
	CancelledBy  string `json:"cancelledBy"`
	CancelReason string `json:"cancelReason"`
}

type itemFulfillmentJSON struct {
	QuantityFulfilled   int               `json:"quantityFulfilled"`
	QuantityUnfulfilled int               `json:"quantityUnfulfilled"`
	Packing             *packingJSON      `json:"packing,omitzero"`
	Shipping            *itemShippingJSON `json:"shipping,omitzero"`
}

type packingJSON struct {
	GiftOption *giftJSON `json:"giftOption"`
}

type giftJSON struct {
	GiftMessage   string `json:"giftMessage,omitzero"`
	GiftWrapLevel string `json:"giftWrapLevel,omitzero"`
}

type itemShippingJSON struct {
	ShippingConstraints   *constraintsJSON   `json:"shippingConstraints,omitzero"`
	InternationalShipping *internationalJSON `json:"internationalShipping,omitzero"`
}

type constraintsJSON struct {
	PalletDelivery           string `json:"palletDelivery,omitzero"`
	SignatureConfirmation    string `json:"signatureConfirmation,omitzero"`
	RecipientAgeVerification string `json:"recipientAgeVerification,omitzero"`
}

type internationalJSON struct {
	IOSSNumber string `json:"iossNumber"`
}

type itemTaxJSON struct {
	TaxCalculationBreakdowns []schemeJSON     `json:"taxCalculationBreakdowns,omitzero"`
	TaxCollections           []collectionJSON `json:"taxCollections,omitzero"`
}

type schemeJSON struct {
	ReportingScheme string `json:"reportingScheme"`
}

type collectionJSON struct {
	Model            string `json:"model"`
	ResponsibleParty string `json:"responsibleParty"`
}

func mandatory(is bool) string {
	if is {
		return "MANDATORY"
	}
	return ""
}

func (f *Fake) itemJSON(o *order, l *line, inc included, priced bool, see sight) itemJSON {
	in := &l.x.in
	condition := in.Condition
	if condition == "" {
		condition = "NEW"
	}
	out := itemJSON{
		OrderItemID: itemID(l.id), QuantityOrdered: l.qty, Programs: slices.Clone(in.Programs),
		Product: productJSON{ASIN: l.asin, Title: l.title, SellerSKU: l.sku, Condition: conditionJSON{condition, condition}},
	}
	if f.cfg.Believed.CancelledLeave {
		out.QuantityOrdered -= l.cancelled
	}
	if in.NoSKU {
		out.Product.SellerSKU = ""
	}
	if priced {
		out.Product.Price = &priceJSON{UnitPrice: l.price.money(o.currency)}
		if in.Business {
			out.Product.Price.PriceDesignation = "BUSINESS_PRICE"
		}
	}
	out.Product.SerialNumbers = slices.Clone(in.Serials)
	if in.CustomURL != "" && see.address {
		out.Product.Customization = &customizationJSON{in.CustomURL}
	}
	if inc.proceeds && priced {
		out.Proceeds = f.itemProceeds(o, l)
	}
	if inc.expense && in.Points > 0 && priced {
		out.Expense = &expenseJSON{}
		out.Expense.PointsCost.PointsGranted = pointsJSON{in.Points, (amount(in.Points) * amountUnit).money(o.currency)}
	}
	if inc.promotion && len(in.Promotions) > 0 {
		out.Promotion = &promotionJSON{}
		for _, id := range in.Promotions {
			out.Promotion.Breakdowns = append(out.Promotion.Breakdowns, promotionIDJSON{id})
		}
	}
	if inc.cancellation && (l.x.cancelRequest != "" || l.x.cancelledBy != "") {
		out.Cancellation = &cancellationJSON{}
		if l.x.cancelRequest != "" {
			out.Cancellation.CancellationRequest = &requestJSON{"BUYER", l.x.cancelRequest}
		}
		if l.x.cancelledBy != "" {
			out.Cancellation.CancellationExecution = &cancelledByJSON{l.x.cancelledBy, l.x.reason}
		}
	}
	if inc.fulfillment {
		out.Fulfillment = f.itemFulfillment(o, l, see)
	}
	if inc.tax && (in.Collected || o.in.TaxScheme != "") {
		out.Tax = &itemTaxJSON{}
		if o.in.TaxScheme != "" {
			out.Tax.TaxCalculationBreakdowns = []schemeJSON{{o.in.TaxScheme}}
		}
		if in.Collected {
			out.Tax.TaxCollections = []collectionJSON{{"MARKETPLACE_FACILITATOR", "Amazon Services, Inc."}}
		}
	}
	return out
}

func (f *Fake) itemFulfillment(o *order, l *line, see sight) *itemFulfillmentJSON {
	in := &l.x.in
	out := &itemFulfillmentJSON{QuantityFulfilled: l.shipped, QuantityUnfulfilled: l.open()}
	if in.GiftMessage != "" || in.GiftWrapLevel != "" {
		gift := &giftJSON{GiftWrapLevel: in.GiftWrapLevel}
		if see.address {
			gift.GiftMessage = in.GiftMessage
		}
		out.Packing = &packingJSON{gift}
	}
	var s itemShippingJSON
	if in.Signature || in.AgeCheck || in.Palletise {
		s.ShippingConstraints = &constraintsJSON{mandatory(in.Palletise), mandatory(in.Signature), mandatory(in.AgeCheck)}
	}
	if o.in.IOSS != "" {
		s.InternationalShipping = &internationalJSON{o.in.IOSS}
	}
	if s != (itemShippingJSON{}) {
		out.Shipping = &s
	}
	return out
}

// itemProceeds breaks a line's money down. Tax and discounts are the types with
// a further breakdown.
func (f *Fake) itemProceeds(o *order, l *line) *itemProceedsJSON {
	left := f.cfg.Believed.CollectedTaxLeft
	out := &itemProceedsJSON{ProceedsTotal: l.total(left).money(o.currency)}
	for j, a := range l.parts(left) {
		if a == 0 && j != 0 {
			continue
		}
		b := itemBreakdownJSON{Type: partNames[j], Subtotal: a.money(o.currency)}
		detail := func(subtype string, a amount) {
			if a != 0 {
				b.DetailedBreakdowns = append(b.DetailedBreakdowns, detailJSON{subtype, a.money(o.currency)})
			}
		}
		switch partNames[j] {
		case "TAX":
			detail("ITEM", l.x.tax)
			detail("SHIPPING", l.x.shippingTax)
			detail("GIFT_WRAP", l.x.giftTax)
			detail("DISCOUNT", f.signed(l.x.taxRelief))
		case "DISCOUNT":
			b.Subtotal = f.signed(a).money(o.currency)
			detail("ITEM", f.signed(l.x.discount))
			detail("SHIPPING", f.signed(l.x.shipDiscount))
		}
		out.Breakdowns = append(out.Breakdowns, b)
	}
	return out
}
