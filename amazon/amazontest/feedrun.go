package amazontest

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// FeedFault is what befalls feeds to come. A seller has one queue: what is
// behind a feed that sticks waits.
type FeedFault struct {
	SKU   string // only feeds that hold a message for it; "" is any
	After int    // of such feeds, let through first
	Times int    // feeds struck; 0 means 1, -1 all

	StickQueued  bool          // it waits in the queue until ReleaseFeeds
	StickRunning bool          // it stays in progress until ReleaseFeeds
	Wait, Run    time.Duration // it waits or runs so much longer

	Fatal    bool // it ends FATAL
	Apply    int  // how many messages of a FATAL feed are applied; -1 all
	NoResult bool // it has no result document
	Cancel   bool // it ends CANCELLED by itself, with nothing applied
	Dropped  bool // it ends DONE without errors and has no effect
}

// FeedFault puts a fault in force.
func (f *Fake) FeedFault(ft FeedFault) {
	f.lock()
	defer f.mu.Unlock()
	if ft.Times == 0 {
		ft.Times = 1
	}
	f.feeds.faults = append(f.feeds.faults, &ft)
}

// strike puts the first fault that is in force for a feed on it.
func (f *Fake) strike(fd *feed) {
	for _, ft := range f.feeds.faults {
		switch {
		case ft.Times == 0 || ft.SKU != "" && !f.names(fd, ft.SKU):
			continue
		case ft.After > 0:
			ft.After--
			continue
		case ft.Times > 0:
			ft.Times--
		}
		fd.fault, fd.struck = *ft, true
		return
	}
}

// names reports whether a feed holds a message for a SKU.
func (f *Fake) names(fd *feed, sku string) bool {
	doc, _ := f.readFeed(fd)
	return slices.ContainsFunc(doc.Messages, func(m feedMessage) bool { return m.SKU == sku })
}

// ReleaseFeeds lets the feeds that stick go on: one that is in progress ends
// now.
func (f *Fake) ReleaseFeeds() {
	now := f.lock()
	defer f.mu.Unlock()
	for _, fd := range f.feeds.queue {
		fd.fault.StickQueued = false
	}
	if fd := f.feeds.running; fd != nil && fd.fault.StickRunning {
		fd.fault.StickRunning = false
		f.finishFeed(fd, now)
	}
	f.startNext(now)
}

// startNext has the first feed of the queue start when it may.
func (f *Fake) startNext(now time.Time) {
	if f.feeds.running != nil || len(f.feeds.queue) == 0 {
		return
	}
	fd := f.feeds.queue[0]
	if fd.fault.StickQueued {
		return
	}
	at := fd.ready
	if at.Before(now) {
		at = now
	}
	f.due.Add(at, func(at time.Time) {
		if f.feeds.running == nil && len(f.feeds.queue) > 0 && f.feeds.queue[0] == fd && !fd.fault.StickQueued {
			f.startFeed(fd, at)
		}
	})
}

func (f *Fake) startFeed(fd *feed, at time.Time) {
	f.feeds.queue = f.feeds.queue[1:]
	f.feeds.running = fd
	fd.status, fd.started = InProgress, f.round(at)
	if fd.fault.StickRunning {
		return
	}
	f.due.Add(at.Add(f.cfg.FeedRun+fd.fault.Run), func(at time.Time) { f.finishFeed(fd, at) })
}

func (f *Fake) stopFeed(fd *feed, now time.Time) {
	fd.status, fd.ended = Stopped, f.round(now)
	f.feeds.queue = slices.DeleteFunc(f.feeds.queue, func(q *feed) bool { return q == fd })
	if f.feeds.running == fd {
		f.feeds.running = nil
	}
	f.workFinished(feedFinished, fd.id, fd.kind, fd.status, "", now)
	f.startNext(now)
}

func (f *Fake) finishFeed(fd *feed, at time.Time) {
	if fd.status != InProgress {
		return
	}
	if fd.fault.Cancel {
		f.stopFeed(fd, at)
		return
	}
	fd.ended = f.round(at)
	f.process(fd, at)
	fd.input.keep()
	f.feeds.running = nil
	result := ""
	if fd.result != nil {
		result = fd.result.id
	}
	f.workFinished(feedFinished, fd.id, fd.kind, fd.status, result, at)
	f.startNext(at)
}

const maxMessages = 25000 // listings-feed-schema-v2.json

type feedDocument struct {
	Header struct {
		SellerID string `json:"sellerId"`
		Version  string `json:"version"`
	} `json:"header"`
	Messages []feedMessage `json:"messages"`
}

type feedMessage struct {
	MessageID     int            `json:"messageId"`
	SKU           string         `json:"sku"`
	OperationType string         `json:"operationType"`
	ProductType   string         `json:"productType"`
	Patches       []patchJSON    `json:"patches"`
	Attributes    jsontext.Value `json:"attributes"`
}

type reportJSON struct {
	Header  reportHeaderJSON  `json:"header"`
	Issues  []reportIssueJSON `json:"issues"`
	Summary reportSummaryJSON `json:"summary"`
}

type reportHeaderJSON struct {
	SellerID string `json:"sellerId"`
	Version  string `json:"version"`
	FeedID   string `json:"feedId"`
}

type reportIssueJSON struct {
	MessageID     int    `json:"messageId,omitzero"`
	SKU           string `json:"sku,omitzero"`
	Code          string `json:"code"`
	Severity      string `json:"severity"`
	Message       string `json:"message"`
	AttributeName string `json:"attributeName,omitzero"`
}

type reportSummaryJSON struct {
	Errors            int `json:"errors"`
	Warnings          int `json:"warnings"`
	MessagesProcessed int `json:"messagesProcessed"`
	MessagesAccepted  int `json:"messagesAccepted"`
	MessagesInvalid   int `json:"messagesInvalid"`
}

// process runs a feed to its end: DONE with a processing report, or FATAL.
func (f *Fake) process(fd *feed, now time.Time) {
	rep := reportJSON{Header: reportHeaderJSON{f.cfg.SellerID, "2.0", fd.id}, Issues: []reportIssueJSON{}}
	whole := func(code, message string) {
		rep.Issues = append(rep.Issues, reportIssueJSON{Code: code, Severity: "ERROR", Message: message})
		rep.Summary.Errors++
	}
	fd.status = Done
	doc, wrong := f.readFeed(fd)
	if wrong != "" {
		fd.status = Fatal
		whole("4000001", wrong)
	}
	fd.messages = len(doc.Messages)
	if fd.fault.Fatal {
		fd.status = Fatal
		if n := fd.fault.Apply; n >= 0 {
			doc.Messages = doc.Messages[:min(n, len(doc.Messages))]
		}
		whole("4000003", "The feed was not processed completely. Please resubmit it.")
	}
	seen := make(map[int]bool, len(doc.Messages))
	for i := range doc.Messages {
		m := &doc.Messages[i]
		rep.Summary.MessagesProcessed++
		wrong := f.runMessage(fd, m, seen, now)
		if wrong == nil {
			rep.Summary.MessagesAccepted++
			continue
		}
		rep.Summary.MessagesInvalid++
		rep.Summary.Errors++
		rep.Issues = append(rep.Issues, reportIssueJSON{
			max(m.MessageID, 1), m.SKU, wrong.Code, wrong.Severity, wrong.Message, wrong.AttributeNames[0],
		})
	}
	fd.accepted = rep.Summary.MessagesAccepted
	if fd.fault.NoResult || !fd.input.uploaded || fd.kind != listingsFeed {
		return
	}
	b, err := json.Marshal(rep, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic("amazontest: " + err.Error())
	}
	fd.result = f.addDocument(&document{ctype: "application/json; charset=UTF-8", packed: packUp(b)}, now)
}

// readFeed reads a feed's document, or says why the whole of it is FATAL.
func (f *Fake) readFeed(fd *feed) (doc feedDocument, wrong string) {
	switch {
	case fd.kind != listingsFeed:
		return doc, "The feed type " + fd.kind + " is no longer supported."
	case !fd.input.uploaded:
		return doc, "The feed document was not uploaded."
	}
	if err := json.Unmarshal(fd.input.content(), &doc); err != nil {
		return feedDocument{}, "The feed document is no valid JSON of this feed type."
	}
	switch {
	case doc.Header.SellerID != f.cfg.SellerID:
		wrong = "The sellerId in the header is not the account's."
	case doc.Header.Version != "2.0":
		wrong = "The version in the header is not supported."
	case len(doc.Messages) == 0:
		wrong = "The feed has no messages."
	case len(doc.Messages) > maxMessages:
		wrong = "feed messages list beyond allowed size"
	default:
		return doc, ""
	}
	return feedDocument{}, wrong
}

// runMessage applies a message of a feed, or says what is wrong with it.
func (f *Fake) runMessage(fd *feed, m *feedMessage, seen map[int]bool, now time.Time) *issueJSON {
	switch {
	case m.MessageID < 1 || seen[m.MessageID]:
		return issue("4000002", "messageId", "The messageId %d is invalid or not unique.", m.MessageID)
	case m.SKU == "":
		return issue("4000002", "sku", "'sku' is required but not supplied.")
	}
	seen[m.MessageID] = true
	patches := m.Patches
	switch m.OperationType {
	case "PATCH":
		if m.ProductType == "" || len(patches) == 0 || len(m.Attributes) > 0 {
			return issue("4000002", "patches", "A PATCH needs 'productType' and 'patches' and no 'attributes'.")
		}
	case "PARTIAL_UPDATE", "UPDATE":
		if m.ProductType == "" || len(patches) > 0 {
			return issue("4000002", "attributes", "An update needs 'productType' and 'attributes' and no 'patches'.")
		}
		var wrong *issueJSON
		if patches, wrong = replacing(m.Attributes); wrong != nil {
			return wrong
		}
		if m.OperationType == "UPDATE" && f.catalog.bySKU[m.SKU] == nil {
			f.violate("feed %s: an UPDATE of SKU %q would create a listing", fd.id, m.SKU)
		}
	case "DELETE":
		if p := f.catalog.bySKU[m.SKU]; p != nil && !fd.fault.Dropped {
			p.deleted = true
			delete(f.catalog.bySKU, m.SKU)
		}
		return nil
	default:
		return issue("4000002", "operationType", "The operationType %q is unknown.", m.OperationType)
	}
	edits, wrong := f.judgePatches(m.SKU, m.ProductType, patches)
	if wrong != nil {
		return wrong
	}
	if !fd.fault.Dropped {
		f.accept(&submission{sku: m.SKU, markets: fd.markets, edits: edits, feed: fd.id, message: m.MessageID}, now)
	}
	return nil
}

// replacing turns attributes into patches: a partial update is a replace.
func replacing(raw jsontext.Value) ([]patchJSON, *issueJSON) {
	var attrs map[string][]jsontext.Value
	if err := json.Unmarshal(raw, &attrs); err != nil || len(attrs) == 0 {
		return nil, issue("4000002", "attributes", "'attributes' is required but not supplied.")
	}
	var out []patchJSON
	for _, name := range sortedKeys(attrs) {
		out = append(out, patchJSON{opReplace, attributePrefix + name, attrs[name]})
	}
	return out, nil
}

// Feed is a feed as the account has it.
type Feed struct {
	ID, Type string
	Status   Work
	Created  time.Time
	Started  time.Time // zero while it waits
	Ended    time.Time // zero until it ends
	Messages int       // it held, known when it has ended
	Accepted int       // of them
	Result   bool      // it has a result document
	Struck   bool      // a FeedFault befell it
}

// Feeds returns the feeds so far, in order.
func (f *Fake) Feeds() []Feed {
	f.lock()
	defer f.mu.Unlock()
	out := make([]Feed, len(f.feeds.all))
	for i, fd := range f.feeds.all {
		out[i] = Feed{fd.id, fd.kind, fd.status, fd.created, fd.started, fd.ended, fd.messages, fd.accepted, fd.result != nil, fd.struck}
	}
	return out
}

// EnqueueFeed puts a feed of somebody else's in the seller's queue, such as a
// product upload, that runs for a time and does nothing.
func (f *Fake) EnqueueFeed(run time.Duration) string {
	now := f.lock()
	defer f.mu.Unlock()
	fd := f.enqueue(&feed{kind: legacyFeeds[1], input: &document{}, created: f.round(now), markets: []string{f.home[0].id}}, now)
	fd.fault.Run += run
	return fd.id
}

const feedFinished = "FEED_PROCESSING_FINISHED"
