package shopifytest

import "time"

// NewOrder is what a buyer asks for.
type NewOrder struct {
	Lines []NewLine
	// Currency the buyer pays in; "" means the shop's. Amounts of the order are
	// in it.
	Currency string
	// Rate is how much of the shop's currency one unit of the buyer's is worth;
	// "" means 1.
	Rate string
	// TaxesIncluded says that prices contain the tax.
	TaxesIncluded bool
	Taxes         []Tax
	Discounts     []Discount
	Shipping      []Shipping
	Tip           string
	// Payment is PAID, PENDING or AUTHORIZED; "" means PAID.
	Payment string
	// Risk is the recommendation ACCEPT, NONE, INVESTIGATE or CANCEL; "" means
	// NONE.
	Risk    string
	Test    bool
	Buyer   Buyer
	Address *Address // nil means none: nothing is shipped
	Billing *Address // nil means the same as Address
	Note    string
	Tags    []string
	Source  string // "" means web
	// Attributes of the order, such as a gift message.
	Attributes map[string]string
	// Location the order is fulfilled from, by name or id; "" lets the shop
	// route it.
	Location string
	// Delivery is how it gets to the buyer: SHIPPING, LOCAL, PICKUP_POINT,
	// PICK_UP or RETAIL. "" means SHIPPING, or NONE where nothing is to be sent.
	// Stock is taken when the order is placed, whatever the way.
	Delivery string
	// At is when it was placed; zero means now. It may lie in the past.
	At time.Time
	// FulfilAt schedules the fulfilment for later.
	FulfilAt time.Time
	// Hold places the order's fulfilment on hold for this reason.
	Hold string
}

// NewLine is a line of a NewOrder: a variant, or a custom line when SKU is
// empty.
type NewLine struct {
	SKU      string // or a variant's id
	Quantity int    // 0 means 1
	// Price of a unit; "" means the variant's.
	Price string
	// Title of a custom line.
	Title string
	// NothingToFulfil marks a custom line such as a tip.
	NothingToFulfil bool
	Attributes      map[string]string
	// Duty is what the line's import costs, "" for nothing.
	Duty string
}

// Tax is one tax on all taxable lines and on shipping.
type Tax struct {
	Title string
	Rate  string // such as 0.19
	// Marketplace says that the marketplace collects it.
	Marketplace bool
}

// Discount is a discount on an order.
type Discount struct {
	Code  string // of a discount code
	Title string // of an automatic discount, or a manual one with Manual
	// Manual discounts were given by staff.
	Manual bool
	// Script discounts come from a script.
	Script  bool
	Percent string // such as 10
	Amount  string // instead of Percent
	// Lines it applies to, by position; none means the whole order.
	Lines    []int
	Shipping bool // on shipping instead of lines
}

// Shipping is a shipping line.
type Shipping struct {
	Title, Code, Carrier string
	Price                string
}

// Buyer is who orders.
type Buyer struct{ First, Last, Email, Phone, Locale string }

// Address is where something goes.
type Address struct {
	First, Last, Company, Line1, Line2, City, Zip string
	Province, ProvinceCode, Country, CountryCode  string
	Phone                                         string
}
