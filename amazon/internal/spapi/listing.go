package spapi

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/penstock-go/penstock/internal/wire"
)

// Listings is searchListingsItems' answer. Its items are decoded one at a time.
type Listings struct {
	Total int            `json:"numberOfResults"` // that match, whether or not paging reaches them
	Items jsontext.Value `json:"items"`
	Pages struct {
		Next string `json:"nextToken"`
	} `json:"pagination"`
}

// Listing is a listings item, with the datasets that are asked for.
type Listing struct {
	SKU          string         `json:"sku"`
	Summaries    []Summary      `json:"summaries"`
	Availability []Availability `json:"fulfillmentAvailability"`
}

// Summary is a listing on one marketplace.
type Summary struct {
	MarketplaceID string    `json:"marketplaceId"`
	ASIN          string    `json:"asin"`
	ProductType   string    `json:"productType"`
	Status        []string  `json:"status"`
	ItemName      string    `json:"itemName"`
	Created       wire.Time `json:"createdDate"`
	Updated       wire.Time `json:"lastUpdatedDate"`
}

// Availability is what buyers are shown of one fulfilment channel. Of Amazon's
// own the quantity may be absent.
type Availability struct {
	Channel  string `json:"fulfillmentChannelCode"`
	Quantity *int64 `json:"quantity"`
}

// Patch is patchListingsItem's body.
type Patch struct {
	ProductType string    `json:"productType"`
	Patches     []PatchOp `json:"patches"`
}

// PatchOp changes one attribute.
type PatchOp struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value []PatchQuantity `json:"value"`
}

// PatchQuantity is an element of the attribute fulfillment_availability, spelled
// as attributes are and replies are not.
type PatchQuantity struct {
	Channel  string `json:"fulfillment_channel_code"`
	Quantity int64  `json:"quantity"`
}

// Submission is patchListingsItem's answer, good and bad alike.
type Submission struct {
	SKU    string  `json:"sku"`
	Status string  `json:"status"`
	ID     string  `json:"submissionId"`
	Issues []Issue `json:"issues"`
}

// Issue is something about a submission.
type Issue struct {
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Severity   string   `json:"severity"`
	Attributes []string `json:"attributeNames"`
}

// Values of a submission's status and an issue's severity.
const (
	SubmissionAccepted = "ACCEPTED"
	SubmissionInvalid  = "INVALID"
	SeverityError      = "ERROR"
)

// Summaries is getInventorySummaries' answer.
type Summaries struct {
	Payload struct {
		Summaries []struct {
			SKU     string `json:"sellerSku"`
			Name    string `json:"productName"`
			Details struct {
				Fulfillable int64 `json:"fulfillableQuantity"`
			} `json:"inventoryDetails"`
		} `json:"inventorySummaries"`
	} `json:"payload"`
	Pages struct {
		Next string `json:"nextToken"`
	} `json:"pagination"` // beside the payload
}
