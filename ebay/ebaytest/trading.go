package ebaytest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	tradingPath    = "/ws/api.dll"
	headerCallName = "X-EBAY-API-CALL-NAME"
	headerSite     = "X-EBAY-API-SITEID"
	headerLevel    = "X-EBAY-API-COMPATIBILITY-LEVEL"
	headerToken    = "X-EBAY-API-IAF-TOKEN"

	// tradingLevel is the version of the schema that the fake speaks: the one in
	// the vendor's page on merchant data feeds.
	tradingLevel = "1451"
	tradingBuild = "E1451_CORE_API_FAKE_R1"

	opRevise   = "ReviseInventoryStatus"
	opComplete = "CompleteSale"
)

// tradingCalls are the calls there are. Their names tell upper case from lower.
var tradingCalls = map[string]func(*Fake, *call, *node) result{
	opRevise: (*Fake).reviseStatus, opComplete: (*Fake).completeSale, "GetItem": (*Fake).tradingItem, "GetMyeBaySelling": (*Fake).mySelling,
	"GetSellerList": (*Fake).sellerList, "GetUserPreferences": (*Fake).getPreferences, "SetUserPreferences": (*Fake).setPreferences,
	"GeteBayDetails": (*Fake).eBayDetails, "GeteBayOfficialTime": func(*Fake, *call, *node) result { return result{} },
}

// result is the outcome of a Trading call: errors make it a failure, warnings do
// not. With partly, what is in kids was done despite the errors.
type result struct {
	kids   []*node
	wrong  []tradingError
	partly bool
}

// tradingError is a refusal or a warning.
type tradingError struct {
	code        int
	short, long string
	params      []string
	warning     bool
	system      bool
}

func wrongWith(code int, short, long string, params ...string) tradingError {
	return tradingError{code: code, short: short, long: long, params: params}
}

func failed(e tradingError) result { return result{wrong: []tradingError{e}} }

// invalidTag is a refusal of an element's value.
func invalidTag(tag string) tradingError {
	return wrongWith(37, "Input data is invalid.", "Input data for tag <"+tag+"> is invalid or missing. Please check API documentation.", tag)
}

func (e tradingError) node() *node {
	severity, kind := "Error", "RequestError"
	if e.warning {
		severity = "Warning"
	}
	if e.system {
		kind = "SystemError"
	}
	n := el("Errors", leaf("ShortMessage", e.short), leaf("LongMessage", e.long), count("ErrorCode", int64(e.code)), leaf("SeverityCode", severity))
	for i, p := range e.params {
		n.add(&node{name: "ErrorParameters", param: i + 1, kids: []*node{leaf("Value", p)}})
	}
	return n.add(leaf("ErrorClassification", kind))
}

// ack says how a call went.
func (r result) ack() string {
	ack := "Success"
	for _, e := range r.wrong {
		if !e.warning && r.partly {
			return "PartialFailure"
		}
		if !e.warning {
			return "Failure"
		}
		ack = "Warning"
	}
	return ack
}

// into writes the head of an answer, and what the call has to say.
func (r result) into(root *node, messageID string, now time.Time) *node {
	root.add(moment("Timestamp", now), leaf("Ack", r.ack()))
	if messageID != "" {
		root.add(leaf("CorrelationID", messageID))
	}
	for _, e := range r.wrong {
		root.add(e.node())
	}
	root.add(leaf("Version", tradingLevel), leaf("Build", tradingBuild))
	return root.add(r.kids...)
}

// told is an answer, which is 200 however the call went.
func (r result) told(c *call, messageID string) answer {
	name := "ErrorResponse"
	if !strings.Contains(c.op, " ") { // c.op is a call's name
		name = c.op + "Response"
	}
	root := r.into(el(name), messageID, c.now)
	if c.f.surprise {
		root.surprise()
	}
	return answer{status: http.StatusOK, ctype: xmlType, body: root.document()}
}

func tradingRefusal(c *call, code int, short, long string) answer {
	return failed(wrongWith(code, short, long)).told(c, "")
}

// tradingFailure is the platform's own.
func tradingFailure(c *call) answer {
	e := wrongWith(10007, "Internal error to the application.", "Internal error to the application.")
	e.system = true
	return failed(e).told(c, "")
}

// trading answers a Trading call.
func (f *Fake) trading(c *call) answer {
	handle := tradingCalls[c.op]
	if label, own := ebayHost(c.r.Host); own && label != apis[APITrading].host {
		return refuse(http.StatusNotFound, 2002)
	}
	if c.r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, 2005)
	}
	if handle == nil {
		name := c.r.Header.Get(headerCallName)
		return tradingRefusal(c, 2, "Unsupported API call.", fmt.Sprintf("The API call %q is invalid or not supported in this release.", name))
	}
	if a, refused := f.tradingToken(c); refused {
		return a
	}
	if a, struck := f.injected(c); struck {
		return a
	}
	for _, name := range []string{headerSite, headerLevel} {
		v := c.r.Header.Get(name)
		if name == headerSite && marketplaceBySite[v] == nil || name == headerLevel && !number(v) {
			return tradingRefusal(c, 10012, "Invalid value for header.", "Invalid value for header \""+name+"\".")
		}
	}
	if a, limited := f.takeQuota(c); limited {
		return a
	}
	root, err := parseXML(c.body)
	if err != nil || root.name != c.op+"Request" {
		f.violate("%s: body: %v", c.op, err)
		return tradingRefusal(c, 5, "XML Parse error.", "XML Parse error. The document is no "+c.op+"Request.")
	}
	for _, name := range []string{"ErrorLanguage", "Version", "WarningLevel", "DetailLevel", "OutputSelector"} {
		root.all(name)
	}
	id := root.value("MessageID")
	a := handle(f, c, root).told(c, id)
	for _, name := range root.unread() {
		f.violate("%s: the call has no element %s", c.op, name)
	}
	return a
}

func number(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// tradingToken judges the token, which stands bare in a header of its own.
func (f *Fake) tradingToken(c *call) (answer, bool) {
	v := c.r.Header.Get(headerToken)
	t := f.access[v]
	switch {
	case v == "":
		return tradingRefusal(c, 930, "The authentication token is missing.", "No XML <RequesterCredentials> and no IAF token was found in the request."), true
	case t == nil || t.grant == nil || t.ended || t.grant.revoked || !f.ownHost(c.r.Host):
		return tradingRefusal(c, 21916984, "Invalid IAF token.", "IAF token supplied is invalid."), true
	case !c.now.Before(t.expires):
		return tradingRefusal(c, 21917053, "Expired IAF token.", "IAF token supplied is expired."), true
	case !t.holdsAny([]string{ScopeBase, ScopeInventory, ScopeFulfillment}):
		return tradingRefusal(c, 931, "Auth token is invalid.", "Validation of the authentication token in API request failed."), true
	}
	c.token = t
	return answer{}, false
}

// suspendedUser is the refusal of what a suspended seller would change.
func suspendedUser() result {
	return failed(wrongWith(841, "Requested user is suspended.", "The account for the user ID specified in this request is suspended."))
}

func (f *Fake) getPreferences(_ *call, root *node) result {
	var r result
	if root.isTrue("ShowOutOfStockControlPreference") {
		r.kids = append(r.kids, flag("OutOfStockControlPreference", !f.cfg.Stock.EndAtZero))
	}
	return r
}

func (f *Fake) setPreferences(_ *call, root *node) result {
	if f.suspended {
		return suspendedUser()
	}
	switch v := root.value("OutOfStockControlPreference"); v {
	case "true", "false":
		f.cfg.Stock.EndAtZero = v == "false"
	case "":
	default:
		return failed(invalidTag("OutOfStockControlPreference"))
	}
	return result{}
}

// usualCarriers are those of GeteBayDetails where Config names none.
var usualCarriers = []string{
	"AustraliaPost", "CanadaPost", "DeutschePost", "DHL", "DPD", "FedEx", "Hermes", "Other", "RoyalMail", "UPS", "USPS",
}

func (f *Fake) eBayDetails(_ *call, root *node) result {
	var r result
	carriers := f.cfg.Carriers
	if carriers == nil {
		carriers = usualCarriers
	}
	for _, d := range root.all("DetailName") {
		if strings.TrimSpace(d.text) != "ShippingCarrierDetails" {
			return failed(invalidTag("DetailName"))
		}
		for i, name := range carriers {
			r.kids = append(r.kids, el("ShippingCarrierDetails", leaf("Description", name), leaf("ShippingCarrier", name), count("ShippingCarrierID", int64(i+1))))
		}
	}
	return r
}
