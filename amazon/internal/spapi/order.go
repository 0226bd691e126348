package spapi

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/internal/wire"
)

// OrderList is searchOrders' answer. Its orders are decoded one at a time.
type OrderList struct {
	Orders     jsontext.Value `json:"orders"`
	Pagination struct {
		NextToken string `json:"nextToken"`
	} `json:"pagination"`
	LastUpdatedBefore wire.Time `json:"lastUpdatedBefore"`
	CreatedBefore     wire.Time `json:"createdBefore"`
}

// OrderAnswer is getOrder's answer.
type OrderAnswer struct {
	Order jsontext.Value `json:"order"`
}

// Money is an amount in a currency.
type Money struct {
	Amount       wire.Decimal `json:"amount"`
	CurrencyCode string       `json:"currencyCode"`
}

// Window is a span of time.
type Window struct {
	Earliest wire.Time `json:"earliestDateTime"`
	Latest   wire.Time `json:"latestDateTime"`
}

// Order is an order of version 2026-01-01.
type Order struct {
	OrderID         string    `json:"orderId"`
	CreatedTime     wire.Time `json:"createdTime"`
	LastUpdatedTime wire.Time `json:"lastUpdatedTime"`

	Aliases []struct {
		ID   string `json:"aliasId"`
		Type string `json:"aliasType"`
	} `json:"orderAliases"`
	Programs   []string `json:"programs"`
	Associated []struct {
		OrderID string `json:"orderId"`
		Type    string `json:"associationType"`
	} `json:"associatedOrders"`
	SalesChannel struct {
		Name            string `json:"channelName"`
		MarketplaceID   string `json:"marketplaceId"`
		MarketplaceName string `json:"marketplaceName"`
	} `json:"salesChannel"`

	Buyer struct {
		Name          string `json:"buyerName"`
		Email         string `json:"buyerEmail"`
		Company       string `json:"buyerCompanyName"`
		PurchaseOrder string `json:"buyerPurchaseOrderNumber"`
	} `json:"buyer"`
	Recipient struct {
		Address    Address `json:"deliveryAddress"`
		Preference struct {
			DropOff     string `json:"dropOffLocation"`
			Instruction string `json:"addressInstruction"`
		} `json:"deliveryPreference"`
	} `json:"recipient"`

	Proceeds struct {
		GrandTotal Money       `json:"grandTotal"`
		Breakdowns []Breakdown `json:"breakdowns"`
	} `json:"proceeds"`
	Fulfillment struct {
		Status       string `json:"fulfillmentStatus"`
		By           string `json:"fulfilledBy"`
		ServiceLevel string `json:"fulfillmentServiceLevel"`
		ShipBy       Window `json:"shipByWindow"`
		DeliverBy    Window `json:"deliverByWindow"`
	} `json:"fulfillment"`

	Items    []Item    `json:"orderItems"`
	Packages []Package `json:"packages"`
}

// Address is where an order goes. Empty fields occur.
type Address struct {
	Name         string `json:"name"`
	Company      string `json:"companyName"`
	Line1        string `json:"addressLine1"`
	Line2        string `json:"addressLine2"`
	Line3        string `json:"addressLine3"`
	City         string `json:"city"`
	District     string `json:"districtOrCounty"`
	Region       string `json:"stateOrRegion"`
	Municipality string `json:"municipality"`
	PostalCode   string `json:"postalCode"`
	CountryCode  string `json:"countryCode"`
	Phone        string `json:"phone"`
	Type         string `json:"addressType"`
	Extended     struct {
		Neighborhood string `json:"neighborhood"`
	} `json:"extendedFields"`
}

// Breakdown is a category of proceeds, of an order or of a line. Only a line's
// has details, only an order's has a status.
type Breakdown struct {
	Type     string   `json:"type"`
	Status   string   `json:"status"`
	Subtotal Money    `json:"subtotal"`
	Details  []Detail `json:"detailedBreakdowns"`
}

// Detail is a part of a line's tax or discount.
type Detail struct {
	Subtype string `json:"subtype"`
	Value   Money  `json:"value"`
}

// Item is a line of an order.
type Item struct {
	ID       string   `json:"orderItemId"`
	Ordered  int64    `json:"quantityOrdered"`
	Programs []string `json:"programs"`
	Product  struct {
		ASIN  string `json:"asin"`
		Title string `json:"title"`
		SKU   string `json:"sellerSku"`
		Price struct {
			Unit        Money  `json:"unitPrice"`
			Designation string `json:"priceDesignation"`
		} `json:"price"`
		Customization struct {
			URL string `json:"customizedUrl"`
		} `json:"customization"`
	} `json:"product"`
	Proceeds struct {
		Total      Money       `json:"proceedsTotal"`
		Breakdowns []Breakdown `json:"breakdowns"`
	} `json:"proceeds"`
	Promotion struct {
		Breakdowns []struct {
			ID string `json:"promotionId"`
		} `json:"breakdowns"`
	} `json:"promotion"`
	Cancellation struct {
		Request struct {
			By     string `json:"requester"`
			Reason string `json:"cancelReason"`
		} `json:"cancellationRequest"`
		Execution struct {
			By     string `json:"cancelledBy"`
			Reason string `json:"cancelReason"`
		} `json:"cancellationExecution"`
	} `json:"cancellation"`
	Fulfillment *ItemFulfillment `json:"fulfillment"`
	Tax         struct {
		Calculations []struct {
			Scheme string `json:"reportingScheme"`
		} `json:"taxCalculationBreakdowns"`
		Collections []struct {
			Model string `json:"model"`
			Party string `json:"responsibleParty"`
		} `json:"taxCollections"`
	} `json:"tax"`
}

// ItemFulfillment is how far a line is shipped, and how it must be.
type ItemFulfillment struct {
	Fulfilled   int64  `json:"quantityFulfilled"`
	Unfulfilled *int64 `json:"quantityUnfulfilled"`
	Packing     struct {
		Gift struct {
			Message string `json:"giftMessage"`
			Wrap    string `json:"giftWrapLevel"`
		} `json:"giftOption"`
	} `json:"packing"`
	Shipping struct {
		Constraints struct {
			Pallet         string `json:"palletDelivery"`
			CashOnDelivery string `json:"cashOnDelivery"`
			Signature      string `json:"signatureConfirmation"`
			Identity       string `json:"recipientIdentityVerification"`
			Age            string `json:"recipientAgeVerification"`
		} `json:"shippingConstraints"`
		International struct {
			IOSS string `json:"iossNumber"`
		} `json:"internationalShipping"`
	} `json:"shipping"`
}

// Package is a parcel on record. Its reference need not be a number.
type Package struct {
	ReferenceID string    `json:"packageReferenceId"`
	CreatedTime wire.Time `json:"createdTime"`
	ShipTime    wire.Time `json:"shipTime"`
	Status      struct {
		Status string `json:"status"`
	} `json:"packageStatus"`
	Carrier  string `json:"carrier"`
	Service  string `json:"shippingService"`
	Tracking string `json:"trackingNumber"`
	Items    []struct {
		ID       string `json:"orderItemId"`
		Quantity int64  `json:"quantity"`
	} `json:"packageItems"`
}
