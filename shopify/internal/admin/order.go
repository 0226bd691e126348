package admin

import "time"

// PageInfo is where a connection goes on.
type PageInfo struct {
	HasNextPage bool   `json:"hasNextPage"`
	EndCursor   string `json:"endCursor"`
}

// Conn is a connection asked for by nodes.
type Conn[T any] struct {
	PageInfo PageInfo `json:"pageInfo"`
	Nodes    []T      `json:"nodes"`
}

// Ref is an object asked for by its id alone.
type Ref struct {
	ID string `json:"id"`
}

// Order is an order as OrdersPage asks for it.
type Order struct {
	ID                       string    `json:"id"`
	Name                     string    `json:"name"`
	SourceName               string    `json:"sourceName"`
	CreatedAt                time.Time `json:"createdAt"`
	ProcessedAt              time.Time `json:"processedAt"`
	UpdatedAt                time.Time `json:"updatedAt"`
	CancelledAt              time.Time `json:"cancelledAt"`
	CancelReason             string    `json:"cancelReason"`
	ClosedAt                 time.Time `json:"closedAt"`
	Closed                   bool      `json:"closed"`
	Test                     bool      `json:"test"`
	Edited                   bool      `json:"edited"`
	DisplayFinancialStatus   string    `json:"displayFinancialStatus"`
	DisplayFulfillmentStatus string    `json:"displayFulfillmentStatus"`
	Email                    string    `json:"email"`
	Phone                    string    `json:"phone"`
	Note                     string    `json:"note"`
	PONumber                 string    `json:"poNumber"`
	Tags                     []string  `json:"tags"`
	CustomerLocale           string    `json:"customerLocale"`
	TaxesIncluded            bool      `json:"taxesIncluded"`
	DutiesIncluded           bool      `json:"dutiesIncluded"`
	CurrencyCode             string    `json:"currencyCode"`
	PresentmentCurrencyCode  string    `json:"presentmentCurrencyCode"`
	DiscountCodes            []string  `json:"discountCodes"`
	CustomAttributes         []KV      `json:"customAttributes"`

	Customer        *Customer `json:"customer"`
	ShippingAddress *Address  `json:"shippingAddress"`
	BillingAddress  *Address  `json:"billingAddress"`

	TotalPriceSet               Bag  `json:"totalPriceSet"`
	SubtotalPriceSet            Bag  `json:"subtotalPriceSet"`
	TotalDiscountsSet           Bag  `json:"totalDiscountsSet"`
	TotalTaxSet                 Bag  `json:"totalTaxSet"`
	OriginalTotalDutiesSet      *Bag `json:"originalTotalDutiesSet"`
	OriginalAdditionalFeesSet   *Bag `json:"originalTotalAdditionalFeesSet"`
	TotalTipReceivedSet         Bag  `json:"totalTipReceivedSet"`
	TotalRefundedSet            Bag  `json:"totalRefundedSet"`
	TotalCashRoundingAdjustment struct {
		PaymentSet Bag `json:"paymentSet"`
	} `json:"totalCashRoundingAdjustment"`

	TaxLines []TaxLine `json:"taxLines"`
	Risk     struct {
		Recommendation string `json:"recommendation"`
	} `json:"risk"`

	LineItems         Conn[Line]         `json:"lineItems"`
	ShippingLines     Conn[ShippingLine] `json:"shippingLines"`
	FulfillmentOrders Conn[Unit]         `json:"fulfillmentOrders"`
	Refunds           []RefundHead       `json:"refunds"`
	Fulfillments      []Fulfillment      `json:"fulfillments"`
}

// KV is a custom attribute.
type KV struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Customer is who placed an order.
type Customer struct {
	ID        string `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     *struct {
		EmailAddress string `json:"emailAddress"`
	} `json:"defaultEmailAddress"`
	Phone *struct {
		PhoneNumber string `json:"phoneNumber"`
	} `json:"defaultPhoneNumber"`
}

// Address is a MailingAddress.
type Address struct {
	Name          string `json:"name"`
	Company       string `json:"company"`
	Address1      string `json:"address1"`
	Address2      string `json:"address2"`
	City          string `json:"city"`
	Zip           string `json:"zip"`
	Province      string `json:"province"`
	ProvinceCode  string `json:"provinceCode"`
	Country       string `json:"country"`
	CountryCodeV2 string `json:"countryCodeV2"`
	Phone         string `json:"phone"`
}

// Line is a LineItem.
type Line struct {
	ID                     string    `json:"id"`
	Title                  string    `json:"title"`
	VariantTitle           string    `json:"variantTitle"`
	SKU                    string    `json:"sku"`
	Quantity               int64     `json:"quantity"`
	CurrentQuantity        int64     `json:"currentQuantity"`
	UnfulfilledQuantity    int64     `json:"unfulfilledQuantity"`
	RequiresShipping       bool      `json:"requiresShipping"`
	IsGiftCard             bool      `json:"isGiftCard"`
	Variant                *Ref      `json:"variant"`
	Product                *Ref      `json:"product"`
	LineItemGroup          *Ref      `json:"lineItemGroup"`
	CustomAttributes       []KV      `json:"customAttributes"`
	OriginalUnitPriceSet   Bag       `json:"originalUnitPriceSet"`
	DiscountAllocations    []Alloc   `json:"discountAllocations"`
	TaxLines               []TaxLine `json:"taxLines"`
	NonFulfillableQuantity int64     `json:"nonFulfillableQuantity"`
}

// Alloc is a DiscountAllocation.
type Alloc struct {
	AllocatedAmountSet  Bag `json:"allocatedAmountSet"`
	DiscountApplication struct {
		Code  string `json:"code"`
		Title string `json:"title"`
	} `json:"discountApplication"`
}

// TaxLine is one tax.
type TaxLine struct {
	Title         string  `json:"title"`
	Rate          float64 `json:"rate"` // a fraction, never an amount
	ChannelLiable bool    `json:"channelLiable"`
	PriceSet      Bag     `json:"priceSet"`
}

// ShippingLine is a shipping charge.
type ShippingLine struct {
	ID                 string    `json:"id"`
	Title              string    `json:"title"`
	Code               string    `json:"code"`
	IsRemoved          bool      `json:"isRemoved"`
	OriginalPriceSet   Bag       `json:"originalPriceSet"`
	DiscountedPriceSet Bag       `json:"discountedPriceSet"`
	TaxLines           []TaxLine `json:"taxLines"`
}

// Method is a DeliveryMethod.
type Method struct {
	MethodType string `json:"methodType"`
}

// Assigned is where a fulfilment order is to be fulfilled.
type Assigned struct {
	Name     string `json:"name"`
	Location *struct {
		ID                   string `json:"id"`
		IsFulfillmentService bool   `json:"isFulfillmentService"`
	} `json:"location"`
}

// RefundHead tells that there is a refund, whose lines OrderDetails asks for.
type RefundHead struct {
	ID string `json:"id"`
}

// Fulfillment is a parcel Shopify knows.
type Fulfillment struct {
	ID           string           `json:"id"`
	Status       string           `json:"status"`
	CreatedAt    time.Time        `json:"createdAt"`
	UpdatedAt    time.Time        `json:"updatedAt"`
	Location     *Ref             `json:"location"`
	TrackingInfo []Tracking       `json:"trackingInfo"`
	Lines        Conn[ParcelLine] `json:"fulfillmentLineItems"`
}

// Tracking is one tracking number.
type Tracking struct {
	Company string `json:"company"`
	Number  string `json:"number"`
	URL     string `json:"url"`
}
