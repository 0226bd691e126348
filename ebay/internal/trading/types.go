package trading

import "encoding/xml"

// What a call came to as a whole.
const (
	AckSuccess = "Success"
	AckWarning = "Warning" // it succeeded
	AckFailure = "Failure"
	AckPartial = "PartialFailure"
)

// SeverityWarning is that of an error which kept nothing from being done.
const SeverityWarning = "Warning"

// Head is what every answer begins with.
type Head struct {
	Timestamp     string
	Ack           string
	CorrelationID string
	Errors        []Error
}

// Error is one error or warning.
type Error struct {
	Short      string `xml:"ShortMessage"`
	Long       string `xml:"LongMessage"`
	Code       string `xml:"ErrorCode"`
	Severity   string `xml:"SeverityCode"`
	Kind       string `xml:"ErrorClassification"`
	Parameters []struct {
		ID    string `xml:"ParamID,attr"`
		Value string
	} `xml:"ErrorParameters"`
}

// Warnings of a call that revises quantities.
const (
	CodeNoChange = "21917091" // the quantity is what it was
	CodeDropped  = "21916620" // the variation goes away at zero
)

// Failed returns the errors that are no warnings.
func (h *Head) Failed() (out []Error) {
	for _, e := range h.Errors {
		if e.Severity != SeverityWarning {
			out = append(out, e)
		}
	}
	return out
}

// OK reports whether everything that was asked for was done.
func (h *Head) OK() bool { return h.Ack == AckSuccess || h.Ack == AckWarning }

// MaxNodes is how many quantities a call of ReviseInventoryStatus takes.
const MaxNodes = 4

// ReviseRequest sets quantities.
type ReviseRequest struct {
	XMLName   xml.Name `xml:"urn:ebay:apis:eBLBaseComponents ReviseInventoryStatusRequest"`
	Version   string   `xml:",omitempty"`
	MessageID string   `xml:",omitempty"`
	Nodes     []Status `xml:"InventoryStatus"`
}

// Status is the quantity of an item, or of the variation with a SKU: what is
// available, without the units sold.
type Status struct {
	ItemID   string
	SKU      string `xml:",omitempty"`
	Quantity int64
}

// ReviseResponse tells what was set.
type ReviseResponse struct {
	Head
	Nodes []Status `xml:"InventoryStatus"`
}

// SellingRequest lists what is for sale, in pages.
type SellingRequest struct {
	XMLName     xml.Name `xml:"urn:ebay:apis:eBLBaseComponents GetMyeBaySellingRequest"`
	DetailLevel string
	Active      struct {
		Include bool
		Page    Page `xml:"Pagination"`
		Sort    string
	} `xml:"ActiveList"`
}

// Page names a page: the first is 1.
type Page struct {
	Entries int `xml:"EntriesPerPage"`
	Number  int `xml:"PageNumber"`
}

// Selling asks for a page of the active listings, the oldest first: one that
// begins meanwhile is then at the end, and moves no other.
func Selling(entries, number int) *SellingRequest {
	r := &SellingRequest{DetailLevel: detailAll}
	r.Active.Include, r.Active.Page, r.Active.Sort = true, Page{entries, number}, "StartTime"
	return r
}

const detailAll = "ReturnAll"

// SellingResponse is a page of the active listings.
type SellingResponse struct {
	Head
	Active struct {
		Items []Item `xml:"ItemArray>Item"`
		Pages struct {
			Pages   int `xml:"TotalNumberOfPages"`
			Entries int `xml:"TotalNumberOfEntries"`
		} `xml:"PaginationResult"`
	} `xml:"ActiveList"`
}

// Item is a listing. Quantity counts the units sold, too.
type Item struct {
	ID        string `xml:"ItemID"`
	Title     string
	SKU       string
	Type      string `xml:"ListingType"`
	Quantity  int64
	Available *int64 `xml:"QuantityAvailable"`
	Selling   struct {
		Sold   *int64 `xml:"QuantitySold"` // in the listing's life; its variations' together
		Status string `xml:"ListingStatus"`
	} `xml:"SellingStatus"`
	Variations []Variation `xml:"Variations>Variation"`
}

// Variation is one of an item's.
type Variation struct {
	SKU      string
	Quantity int64
	Selling  struct {
		Sold *int64 `xml:"QuantitySold"`
	} `xml:"SellingStatus"`
	Specifics []struct {
		Name  string
		Value []string
	} `xml:"VariationSpecifics>NameValueList"`
}

// Left is what a buyer can buy.
func (i *Item) Left() int64 {
	if i.Available != nil {
		return max(*i.Available, 0)
	}
	return left(i.Quantity, i.Selling.Sold)
}

// Left is what a buyer can buy.
func (v *Variation) Left() int64 { return left(v.Quantity, v.Selling.Sold) }

func left(quantity int64, sold *int64) int64 {
	if sold != nil {
		quantity -= *sold
	}
	return max(quantity, 0)
}

// ItemRequest asks for one listing.
type ItemRequest struct {
	XMLName     xml.Name `xml:"urn:ebay:apis:eBLBaseComponents GetItemRequest"`
	DetailLevel string
	ItemID      string
}

// ItemByID asks for one listing.
func ItemByID(id string) *ItemRequest { return &ItemRequest{DetailLevel: detailAll, ItemID: id} }

// ItemResponse is one listing.
type ItemResponse struct {
	Head
	Item Item
}

// PreferencesRequest asks what becomes of listings at zero.
type PreferencesRequest struct {
	XMLName    xml.Name `xml:"urn:ebay:apis:eBLBaseComponents GetUserPreferencesRequest"`
	OutOfStock bool     `xml:"ShowOutOfStockControlPreference"`
}

// PreferencesResponse tells it: false is that they end. It is nil where nothing
// was said.
type PreferencesResponse struct {
	Head
	OutOfStock *bool `xml:"OutOfStockControlPreference"`
}

// SaleRequest tells that what was sold is on its way: an order as a whole, or a
// line of it. Tracking replaces what was there.
type SaleRequest struct {
	XMLName  xml.Name  `xml:"urn:ebay:apis:eBLBaseComponents CompleteSaleRequest"`
	OrderID  string    `xml:",omitempty"`
	LineID   string    `xml:"OrderLineItemID,omitempty"`
	Shipped  bool      // false takes the mark away
	Shipment *Shipment `xml:",omitempty"`
}

// Shipment is how it went.
type Shipment struct {
	Tracking []Tracking `xml:"ShipmentTrackingDetails"`
	Time     string     `xml:"ShippedTime,omitempty"`
}

// Tracking is a parcel.
type Tracking struct {
	Carrier string `xml:"ShippingCarrierUsed"`
	Number  string `xml:"ShipmentTrackingNumber"`
}

// SaleResponse is the answer's head.
type SaleResponse struct{ Head }

// Marshal writes a request as a document. It is an error when a text holds what
// XML cannot.
func Marshal(request any) ([]byte, error) {
	body, err := xml.Marshal(request)
	return append([]byte(xml.Header), body...), err
}
