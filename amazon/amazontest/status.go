package amazontest

// Status is an order's fulfilment status. The marketplace may answer ones that
// are not listed here, and so may the fake: any text is one.
type Status string

// Statuses of the model.
const (
	PendingAvailability Status = "PENDING_AVAILABILITY"
	Pending             Status = "PENDING"
	Unshipped           Status = "UNSHIPPED"
	PartiallyShipped    Status = "PARTIALLY_SHIPPED"
	Shipped             Status = "SHIPPED"
	Cancelled           Status = "CANCELLED"
	Unfulfillable       Status = "UNFULFILLABLE"
)

func (s Status) pending() bool { return s == Pending || s == PendingAvailability }

// confirmable tells whether the seller can confirm shipments of an order.
func (s Status) confirmable() bool { return s == Unshipped || s == PartiallyShipped || s == Shipped }

// old spells the status as notifications do.
func (s Status) old() string {
	switch s {
	case PendingAvailability:
		return "PendingAvailability"
	case Pending:
		return "Pending"
	case PartiallyShipped:
		return "PartiallyShipped"
	case Shipped:
		return "Shipped"
	case Cancelled:
		return "Canceled"
	case Unfulfillable:
		return "Unfulfillable"
	default:
		return "Unshipped"
	}
}

// Programs of orders that change what a seller may do with them.
const (
	ProgramPrime         = "PRIME"
	ProgramBusiness      = "AMAZON_BUSINESS"
	ProgramPremium       = "PREMIUM"
	ProgramPreorder      = "PREORDER"
	ProgramInStorePickUp = "IN_STORE_PICK_UP"
	ProgramShipPlus      = "FBM_SHIP_PLUS"
	ProgramEasyShip      = "AMAZON_EASY_SHIP"
)

// Sales channels.
const (
	ChannelAmazon    = "AMAZON"
	ChannelNonAmazon = "NON_AMAZON" // multi-channel fulfilment of the seller's own sales
)
