package stall

import (
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// What goes over the wire, spelled as Stall spells it.
type (
	wireList struct {
		Items []json.RawMessage `json:"items"` // decoded one by one: a bad one must not spoil the page
		Next  string            `json:"next"`  // the last id; "" after the last page
	}

	wireOrder struct {
		ID        string           `json:"id"`
		Number    string           `json:"number"`
		Status    string           `json:"status"`
		Payment   string           `json:"payment"`
		Shipping  string           `json:"shipping"`
		PlacedAt  time.Time        `json:"placed_at"`
		UpdatedAt time.Time        `json:"updated_at"`
		Currency  channel.Currency `json:"currency"`
		Lines     []wireLine       `json:"lines"`
		Postage   string           `json:"postage"`
		Tax       string           `json:"tax"` // within the prices
		Total     string           `json:"total"`
		Refunded  string           `json:"refunded"`
		Note      string           `json:"note"`
		Withheld  bool             `json:"people_withheld"`
		ShipTo    *wirePerson      `json:"ship_to"`
		Buyer     *wirePerson      `json:"buyer"`
		Parcels   []wireParcel     `json:"parcels"`
	}

	wireLine struct {
		ID        string `json:"id"`
		Listing   string `json:"listing"`
		SKU       string `json:"sku"`
		Title     string `json:"title"`
		Quantity  int64  `json:"quantity"`
		Cancelled int64  `json:"cancelled"` // never to be shipped, and back on sale
		Shipped   int64  `json:"shipped"`
		Price     string `json:"price"`
		Total     string `json:"total"`
	}

	wirePerson struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Street   []string `json:"street"`
		City     string   `json:"city"`
		Postcode string   `json:"postcode"`
		Country  string   `json:"country"`
		Email    string   `json:"email"`
		Phone    string   `json:"phone"`
	}

	wireParcel struct {
		ID        string           `json:"id,omitempty"`
		Lines     []wireParcelLine `json:"lines,omitempty"`
		Carrier   string           `json:"carrier,omitempty"`
		Name      string           `json:"carrier_name,omitempty"` // of the carrier "other"
		Number    string           `json:"number,omitempty"`
		URL       string           `json:"url,omitempty"`
		ShippedAt time.Time        `json:"shipped_at,omitzero"`
		CreatedAt time.Time        `json:"created_at,omitzero"`
		TellBuyer bool             `json:"tell_buyer,omitempty"`
	}

	wireParcelLine struct {
		Line     string `json:"line"`
		Quantity int64  `json:"quantity"`
	}

	wireListing struct {
		ID        string    `json:"id"`
		SKU       string    `json:"sku"`
		Title     string    `json:"title"`
		Barcode   string    `json:"barcode"`
		Status    string    `json:"status"`
		Quantity  *int64    `json:"quantity"`
		UpdatedAt time.Time `json:"updated_at"`
	}

	wireLevels struct {
		Levels []wireLevel `json:"levels"`
	}

	wireLevel struct {
		Listing  string `json:"listing"`
		Quantity int64  `json:"quantity"`
		Expect   *int64 `json:"expect,omitempty"`
	}

	wireOutcome struct {
		Listing  string `json:"listing"`
		Outcome  string `json:"outcome"`
		Quantity *int64 `json:"quantity"` // shown now
	}

	wireShop struct {
		Name     string           `json:"name"`
		Currency channel.Currency `json:"currency"`
		TimeZone string           `json:"time_zone"`
		Scopes   []string         `json:"scopes"`
	}
)
