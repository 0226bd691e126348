package ebaytest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Errors of the seller's and buyer's side.
var (
	// ErrInsufficientStock: the sale asks for more than is shown. The refusal is
	// in Sales.
	ErrInsufficientStock = errors.New("ebaytest: insufficient stock")
	// ErrNotFound: no such order, line, SKU, listing, task or marketplace.
	ErrNotFound = errors.New("ebaytest: not found")
	// ErrInvalid: the action makes no sense in the present state.
	ErrInvalid = errors.New("ebaytest: invalid")
)

const (
	jsonType = "application/json"
	xmlType  = "text/xml;charset=utf-8"
)

// answer is what a handler wants sent; body is marshalled unless it is a []byte
// or nil.
type answer struct {
	status int
	ctype  string // "" means application/json
	header http.Header
	body   any
	// after, if set, runs when the answer has been built and the account is
	// unlocked again.
	after func()
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func empty(status int) answer { return answer{status: status} }

type errorsJSON struct {
	Errors   []errorJSON `json:"errors,omitzero"`
	Warnings []errorJSON `json:"warnings,omitzero"`
}

type errorJSON struct {
	ErrorID     int             `json:"errorId"`
	Domain      string          `json:"domain"`
	Subdomain   string          `json:"subdomain,omitzero"`
	Category    string          `json:"category"`
	Message     string          `json:"message"`
	LongMessage string          `json:"longMessage,omitzero"`
	Parameters  []parameterJSON `json:"parameters,omitzero"`
}

type parameterJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// said is what the marketplace says with an errorId. A name in braces stands
// for a parameter's value.
type said struct{ message, long string }

// errorTexts are by errorId. From 30000 they are the Fulfillment API's, from
// 160000 Feed's, from 25000 to 26000 Inventory's, all from x-response-codes in
// the specifications; those below are the platform's and believed.
var errorTexts = map[int]said{
	1001: {"Invalid access token", "Invalid access token. Check the value of the Authorization HTTP request header."},
	1002: {"Missing access token", "Access token is missing in the Authorization HTTP request header."},
	1003: {"Token type in the Authorization header is invalid", "Only the token type Bearer is supported."},
	1100: {"Access denied", "Insufficient permissions to fulfill the request."},
	2001: {"Too many requests.", "The request limit has been reached for the resource."},
	2002: {"Resource not found", "The requested resource does not exist."},
	2003: {"Internal error", "There was a problem with an eBay internal system or process."},
	2004: {"Invalid request", "The request has errors. For help, see the documentation for this API."},
	2005: {"Method not allowed", "The HTTP method is not supported by the resource."},
	2006: {"Unsupported media type", "The Content-Type of the request is not supported."},

	20500: {"System error.", ""},

	25001: {"A system error has occurred.", "A system error has occurred. {additionalInfo}"},
	25002: {"A user error has occurred.", "A user error has occurred. {additionalInfo}"},
	25004: {"Invalid quantity.", "The eBay listing associated with the inventory item, or the unpublished offer has an invalid quantity. {additionalInfo}"},
	25019: {"Cannot revise listing.", "Cannot revise listing. {additionalInfo}"},
	25025: {"Concurrent access of the same Inventory or Inventory Item Group object is not allowed.", "Concurrent access of the same Inventory or Inventory Item Group object is not allowed. Please try again later."},
	25026: {"Selling limit exceeded.", "Selling limit exceeded. {additionalInfo}"},
	25040: {"The listing cannot be revised.", "The listing cannot be revised at present. {additionalInfo}"},
	25096: {"The listing is on hold.", "This listing is on hold due to a policy violation. You may revise it to resolve the situation."},
	25097: {"The listing is on hold.", "This listing is on hold due to a policy violation, and revisions are not possible."},
	25702: {"SKU not found.", "{skuValue} could not be found or is not available in the system."},
	25706: {"Invalid pagination.", "You have provided invalid pagination values. {additionalInfo}."},
	25707: {"Invalid SKU.", "This is an invalid value for a SKU. Only alphanumeric characters can be used for SKUs, and their length must not exceed 50 characters."},
	25709: {"Invalid value for header or field.", "Invalid value for {fieldName}. {additionalInfo}"},
	25710: {"Resource not found.", "We didn't find the resource/entity you are requesting. Please verify the request"},
	25713: {"This Offer is not available.", "This Offer is not available : {additionalInfo}."},
	25718: {"Cannot migrate listing.", "Cannot migrate listing. {additionalInfo}"},
	25727: {"Too many inventory items.", "The number of InventoryItems in the request cannot exceed {additionalInfo}."},
	25734: {"SKU is not unique.", "SKU should be unique in the request."},
	25759: {"Quantity below auction allocation.", "shipToLocationAvailability quantity value should be greater than or equal to auction allocation."},

	30500: {"System error", ""},
	30700: {"Invalid filter name: {fieldname}", ""},
	30800: {"Invalid filter value {fieldvalue} for filter {fieldname}", ""},
	30810: {"Invalid date format", ""},
	30820: {"Start date is missing", ""},
	30830: {"Time range between start date and end date must be within '{allowedTime}' years.", ""},
	30840: {"Start date should be before end date", ""},
	30850: {"Start and end dates can't be in the future", ""},
	30900: {"Exceeded maximum number of order IDs (the current limit is {limit})", ""},
	31000: {"Invalid offset: {offsetvalue}", ""},
	31100: {"Invalid limit: {limitvalue}", ""},
	32100: {"Invalid order ID: {orderId}", ""},
	32110: {"Invalid shipping fulfillment ID: {fulfillmentId}", ""},
	32200: {"Invalid line item id: {lineItemId}", ""},
	32210: {"Duplicate line item in the request", ""},
	32300: {"Invalid shipment tracking number or carrier", ""},
	32400: {"Requested user is suspended", ""},
	32500: {"Invalid shipped date", ""},
	32600: {"Invalid input data", ""},
	32800: {"Invalid field group: {fieldGroup}", ""},
	34100: {"Maximum tracking number for order is exceeded", ""},
	34200: {"Line Items contain Global Shipping Program and non-Global Shipping Program orders", ""},
	34300: {"Mark As Shipped for multiple Global Shipping Program line items is not supported", ""},
	34500: {"Please use PUT operation for updating shipping fulfillment", ""},

	160001: {"There was a problem with an eBay internal system or process. Contact eBay Developer Technical Support for assistance.", ""},
	160002: {"The authentication scope {scope} is incorrect for 'feed_type' {feedType}. Refer to documentation for details about the scopes.", ""},
	160003: {"Task {taskID} does not exist.", ""},
	160004: {"You must submit either a 'feed_type' or 'schedule_id'.", ""},
	160006: {"The 'feed_type' {feedTypeValue} is invalid.", ""},
	160011: {"The 'look_back_days' value must be greater than zero and less than or equal to 90.", ""},
	160012: {"The 'limit' value must be greater than zero and less than or equal to 500.", ""},
	160013: {"The 'offset' value cannot be less than zero.", ""},
	160014: {"No file found for task ID {taskID}.", ""},
	160017: {"The 'feedType' is missing or invalid.", ""},
	160018: {"The 'schemaVersion' is invalid.", ""},
	160019: {"The 'filterCriteria' is invalid. {additionalInfo}", ""},
	160020: {"The format of the file to be uploaded is invalid. {additionalInfo}", ""},
	160023: {"Task {taskID} cannot upload a file.", ""},
	160024: {"You have reached the maximum number of feed tasks that can be queued or processed concurrently. Wait for current tasks to complete before adding tasks.", ""},
	160025: {"You have exceeded the maximum number of records or tasks that can be created or processed in the period (hourly or daily). Wait until the present period ends before trying again.", ""},
	160026: {"This task has expired and you cannot use it to upload a file. You must upload a file within a hour of creating the task.", ""},
	160027: {"The X-EBAY-C-MARKETPLACE-ID header is missing or invalid.", ""},
	160028: {"The file you tried to upload is too large. Please try using a smaller file.", ""},
	160029: {"The 'offset' value must be a multiple of the 'limit' value.", ""},
	160030: {"This resource is not applicable for the feed type {feedTypeValue}. For more information, see the documentation for this API.", ""},
	160100: {"Payload not found. Make sure your file is uploaded inside the Request Body under the key name 'file'.", ""},
}

// systemErrors are the ids whose category is APPLICATION.
var systemErrors = map[int]bool{2003: true, 20500: true, 25001: true, 25025: true, 30500: true, 160001: true}

// businessErrors are those whose category is BUSINESS.
var businessErrors = map[int]bool{160024: true, 160025: true}

func domainOf(id int) (domain, subdomain string) {
	switch {
	case id < 2000:
		return "OAuth", ""
	case id < 20000:
		return "ACCESS", ""
	case id < 25000:
		return "API_ACCOUNT", ""
	case id < 30000:
		return "API_INVENTORY", "Selling"
	case id < 160000:
		return "API_FULFILLMENT", ""
	default:
		return "API_FEED", ""
	}
}

// newError returns the error with an id; params are names and values by turns.
func newError(id int, params ...string) errorJSON {
	text, known := errorTexts[id]
	if !known {
		panic("ebaytest: no text for error " + strconv.Itoa(id))
	}
	e := errorJSON{ErrorID: id, Category: "REQUEST", Message: text.message, LongMessage: text.long}
	e.Domain, e.Subdomain = domainOf(id)
	switch {
	case systemErrors[id]:
		e.Category = "APPLICATION"
	case businessErrors[id]:
		e.Category = "BUSINESS"
	}
	for i := 0; i < len(params); i += 2 {
		hole := "{" + params[i] + "}"
		e.Message = strings.ReplaceAll(e.Message, hole, params[i+1])
		e.LongMessage = strings.ReplaceAll(e.LongMessage, hole, params[i+1])
		e.Parameters = append(e.Parameters, parameterJSON{params[i], params[i+1]})
	}
	return e
}

// refuse answers a request with one error.
func refuse(status, id int, params ...string) answer {
	return answer{status: status, body: errorsJSON{Errors: []errorJSON{newError(id, params...)}}}
}

func bad(id int, params ...string) answer { return refuse(http.StatusBadRequest, id, params...) }
