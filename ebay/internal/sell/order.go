package sell

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/internal/wire"
)

// OrderList is a page of orders.
type OrderList struct {
	Total  int            `json:"total"`
	Orders jsontext.Value `json:"orders"`
}

// Order is an order, as lists and reads by id have it.
type Order struct {
	OrderID          string        `json:"orderId"`
	CreationDate     wire.Time     `json:"creationDate"`
	LastModifiedDate wire.Time     `json:"lastModifiedDate"`
	Fulfillment      string        `json:"orderFulfillmentStatus"`
	Payment          string        `json:"orderPaymentStatus"`
	Buyer            Buyer         `json:"buyer"`
	CheckoutNotes    string        `json:"buyerCheckoutNotes"`
	Pricing          Pricing       `json:"pricingSummary"`
	Cancel           Cancel        `json:"cancelStatus"`
	Payments         Payments      `json:"paymentSummary"`
	Instructions     []Instruction `json:"fulfillmentStartInstructions"`
	Hrefs            []string      `json:"fulfillmentHrefs"`
	Lines            []Line        `json:"lineItems"`
	RecordReference  string        `json:"salesRecordReference"`
	Program          *Program      `json:"program"`
}

// Money is an amount in the seller's currency, and in the buyer's where that is
// another one.
type Money struct {
	Value        wire.Decimal `json:"value"`
	Currency     string       `json:"currency"`
	FromValue    wire.Decimal `json:"convertedFromValue"`
	FromCurrency string       `json:"convertedFromCurrency"`
}

// Buyer is who bought.
type Buyer struct {
	Username      string   `json:"username"`
	Registration  *Contact `json:"buyerRegistrationAddress"`
	TaxIdentifier *struct {
		ID      string `json:"taxpayerId"`
		Type    string `json:"taxIdentifierType"`
		Country string `json:"issuingCountry"`
	} `json:"taxIdentifier"`
}

// Contact is a person with an address.
type Contact struct {
	FullName string  `json:"fullName"`
	Company  string  `json:"companyName"`
	Address  Address `json:"contactAddress"`
	Phone    struct {
		Number string `json:"phoneNumber"`
	} `json:"primaryPhone"`
	Email string `json:"email"`
}

// Address is a postal address.
type Address struct {
	Line1      string `json:"addressLine1"`
	Line2      string `json:"addressLine2"`
	City       string `json:"city"`
	County     string `json:"county"`
	State      string `json:"stateOrProvince"`
	PostalCode string `json:"postalCode"`
	Country    string `json:"countryCode"`
}

// Pricing is the order's sums; discounts are below zero.
type Pricing struct {
	Adjustment Money `json:"adjustment"`
	Fee        Money `json:"fee"`
	Tax        Money `json:"tax"`
	Total      Money `json:"total"`
}

// Cancel is the order's state with regard to cancellation. Requests are in reads
// by id only.
type Cancel struct {
	State    string    `json:"cancelState"`
	Date     wire.Time `json:"cancelledDate"`
	Requests []struct {
		State     string    `json:"cancelRequestState"`
		Initiator string    `json:"cancelInitiator"`
		Reason    string    `json:"cancelReason"`
		Date      wire.Time `json:"cancelRequestedDate"`
	} `json:"cancelRequests"`
}

// Payments are what was paid and given back.
type Payments struct {
	Payments []struct {
		Holds []struct {
			Reason string `json:"holdReason"`
			State  string `json:"holdState"`
		} `json:"paymentHolds"`
	} `json:"payments"`
	Refunds []Refund `json:"refunds"`
}

// Refund is money given back: the seller's part of it.
type Refund struct {
	ID     string    `json:"refundId"`
	Amount Money     `json:"amount"`
	Date   wire.Time `json:"refundDate"`
	Status string    `json:"refundStatus"`
}

// Instruction says how the order gets to the buyer.
type Instruction struct {
	Type         string    `json:"fulfillmentInstructionsType"`
	Supported    bool      `json:"ebaySupportedFulfillment"`
	MaxDelivery  wire.Time `json:"maxEstimatedDeliveryDate"`
	Final        *Address  `json:"finalDestinationAddress"`
	ShippingStep *struct {
		ShipTo      *Contact `json:"shipTo"`
		ReferenceID string   `json:"shipToReferenceId"`
		Service     string   `json:"shippingServiceCode"`
		Carrier     string   `json:"shippingCarrierCode"`
	} `json:"shippingStep"`
	Pickup *struct {
		Location string `json:"merchantLocationKey"`
	} `json:"pickupStep"`
}

// Program is an arrangement of eBay's that the order is in.
type Program struct {
	Authenticity *struct {
		Status string `json:"status"`
	} `json:"authenticityVerification"`
	Vault *struct {
		Type string `json:"fulfillmentType"`
	} `json:"ebayVault"`
	International *struct {
		Returns string `json:"returnsManagedBy"`
	} `json:"ebayInternationalShipping"`
	Shipping *struct {
		Label string `json:"shippingLabelProvidedBy"`
	} `json:"ebayShipping"`
	Fulfillment *struct {
		By string `json:"fulfilledBy"`
	} `json:"fulfillmentProgram"`
}

// Line is a line of an order. Money is for the whole line.
type Line struct {
	ID          string `json:"lineItemId"`
	ItemID      string `json:"legacyItemId"`
	VariationID string `json:"legacyVariationId"`
	Aspects     []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"variationAspects"`
	SKU         string `json:"sku"`
	Title       string `json:"title"`
	Cost        Money  `json:"lineItemCost"`
	Discounted  Money  `json:"discountedLineItemCost"`
	Quantity    int64  `json:"quantity"`
	Listed      string `json:"listingMarketplaceId"`
	Purchased   string `json:"purchaseMarketplaceId"`
	Fulfillment string `json:"lineItemFulfillmentStatus"`
	Delivery    struct {
		Shipping     Money `json:"shippingCost"`
		Discount     Money `json:"discountAmount"`
		Handling     Money `json:"handlingCost"`
		Import       Money `json:"importCharges"`
		Intermediary Money `json:"shippingIntermediationFee"`
	} `json:"deliveryCost"`
	Promotions []struct {
		Discount    Money  `json:"discountAmount"`
		ID          string `json:"promotionId"`
		Description string `json:"description"`
	} `json:"appliedPromotions"`
	Taxes     []Tax `json:"taxes"`
	Collected []Tax `json:"ebayCollectAndRemitTaxes"`
	Charged   *struct {
		Shipping Money `json:"ebayShipping"`
		Charges  []struct {
			Type   string `json:"chargeType"`
			Amount Money  `json:"amount"`
		} `json:"charges"`
	} `json:"ebayCollectedCharges"`
	Properties struct {
		BestOffer bool `json:"fromBestOffer"`
		Ad        bool `json:"soldViaAdCampaign"`
	} `json:"properties"`
	Due struct {
		ShipBy      wire.Time `json:"shipByDate"`
		MaxDelivery wire.Time `json:"maxEstimatedDeliveryDate"`
	} `json:"lineItemFulfillmentInstructions"`
	Gift *struct {
		Message string `json:"message"`
		Email   string `json:"recipientEmail"`
		Sender  string `json:"senderName"`
	} `json:"giftDetails"`
	Refunds []Refund `json:"refunds"`
}

// Tax is a tax of a line; Reference, only of one that eBay collects, is the
// number that it goes by on a parcel.
type Tax struct {
	Type      string `json:"taxType"`
	Amount    Money  `json:"amount"`
	Reference struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"ebayReference"`
}
