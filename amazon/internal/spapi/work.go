package spapi

import "github.com/penstock-go/penstock/internal/wire"

// CreateDocument is createFeedDocument's body.
type CreateDocument struct {
	ContentType string `json:"contentType"`
}

// Document is the answer of createFeedDocument, getFeedDocument and
// getReportDocument: an address that is good for five minutes and takes no
// token.
type Document struct {
	FeedDocumentID   string `json:"feedDocumentId"`
	ReportDocumentID string `json:"reportDocumentId"`
	URL              string `json:"url"`
	Compression      string `json:"compressionAlgorithm"`
}

// CreateFeed is createFeed's body.
type CreateFeed struct {
	Type           string   `json:"feedType"`
	MarketplaceIDs []string `json:"marketplaceIds"`
	DocumentID     string   `json:"inputFeedDocumentId"`
}

// CreateReport is createReport's body.
type CreateReport struct {
	Type           string            `json:"reportType"`
	MarketplaceIDs []string          `json:"marketplaceIds"`
	Options        map[string]string `json:"reportOptions,omitempty"`
}

// Created is the answer of createFeed and createReport.
type Created struct {
	FeedID   string `json:"feedId"`
	ReportID string `json:"reportId"`
}

// Work is a feed or a report as it stands.
type Work struct {
	FeedID           string    `json:"feedId"`
	ReportID         string    `json:"reportId"`
	Status           string    `json:"processingStatus"`
	Created          wire.Time `json:"createdTime"`
	Ended            wire.Time `json:"processingEndTime"`
	ResultDocumentID string    `json:"resultFeedDocumentId"`
	ReportDocumentID string    `json:"reportDocumentId"`
}

// Works is getFeeds' and getReports' answer.
type Works struct {
	Feeds   []Work `json:"feeds"`
	Reports []Work `json:"reports"`
	Next    string `json:"nextToken"`
}

// Values of a work's status.
const (
	WorkInQueue    = "IN_QUEUE"
	WorkInProgress = "IN_PROGRESS"
	WorkDone       = "DONE"
	WorkCancelled  = "CANCELLED"
	WorkFatal      = "FATAL"
)

// Feed is a document of the type JSON_LISTINGS_FEED.
type Feed struct {
	Header   FeedHeader    `json:"header"`
	Messages []FeedMessage `json:"messages"`
}

// FeedHeader says whose feed it is.
type FeedHeader struct {
	SellerID    string `json:"sellerId"`
	Version     string `json:"version"`
	IssueLocale string `json:"issueLocale,omitzero"`
}

// FeedMessage is what a feed does to one listing.
type FeedMessage struct {
	ID          int       `json:"messageId"`
	SKU         string    `json:"sku"`
	Operation   string    `json:"operationType"`
	ProductType string    `json:"productType"`
	Patches     []PatchOp `json:"patches"`
}

// FeedReport is the processing report of a JSON_LISTINGS_FEED.
type FeedReport struct {
	Header struct {
		FeedID string `json:"feedId"`
	} `json:"header"`
	Issues  []FeedIssue `json:"issues"`
	Summary struct {
		Errors    int `json:"errors"`
		Processed int `json:"messagesProcessed"`
		Accepted  int `json:"messagesAccepted"`
		Invalid   int `json:"messagesInvalid"`
	} `json:"summary"`
}

// FeedIssue is something about a message of a feed.
type FeedIssue struct {
	MessageID int    `json:"messageId"` // 0 concerns the whole feed
	SKU       string `json:"sku"`
	Code      string `json:"code"`
	Severity  string `json:"severity"`
	Message   string `json:"message"`
	Attribute string `json:"attributeName"`
}
