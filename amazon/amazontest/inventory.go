package amazontest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Write is a quantity that was accepted, by a patch or a feed.
type Write struct {
	SubmissionID string // of a patch
	FeedID       string // of a feed, and the message in it
	MessageID    int
	SKU          string
	Quantity     int64
	Sent         time.Time // when it was accepted: answered, or its feed done
	Effective    time.Time // when it is the live quantity
	Dropped      bool      // it never is
}

// Writes returns the accepted quantities so far, in order.
func (f *Fake) Writes() []Write {
	f.lock()
	defer f.mu.Unlock()
	return slices.Clone(f.writes)
}

// LoseEffects makes accepted quantities of the SKUs that match be dropped; nil
// ends it.
func (f *Fake) LoseEffects(match func(sku string) bool) {
	f.lock()
	defer f.mu.Unlock()
	f.loseEffects = match
}

// RejectWrites makes patches and messages for the SKUs that match INVALID, as a
// listing with missing attributes does; nil ends it.
func (f *Fake) RejectWrites(match func(sku string) bool) {
	f.lock()
	defer f.mu.Unlock()
	f.rejectWrites = match
}

// SetEffectLag changes how long an accepted quantity takes from now on to be
// the live one.
func (f *Fake) SetEffectLag(d time.Duration) {
	f.lock()
	defer f.mu.Unlock()
	f.cfg.EffectLag = max(0, d)
}

const (
	attributePrefix  = "/attributes/"
	availabilityPath = attributePrefix + "fulfillment_availability"
	channelDefault   = "DEFAULT" // the seller's own stock

	opMerge   = "merge"
	opReplace = "replace"
	opAdd     = "add"
	opDelete  = "delete"
)

// attributes are attributes of a listing that the fake only keeps.
type attributes map[string]jsontext.Value

type patchJSON struct {
	Op    string           `json:"op"`
	Path  string           `json:"path"`
	Value []jsontext.Value `json:"value"`
}

// availabilityBody is an element of fulfillment_availability, by the names of
// attributes, which differ from those of replies.
type availabilityBody struct {
	Channel     string         `json:"fulfillment_channel_code"`
	Quantity    jsontext.Value `json:"quantity"`
	LeadTime    *int64         `json:"lead_time_to_ship_max_days"`
	Restock     *string        `json:"restock_date"`
	Marketplace string         `json:"marketplace_id"`
}

type issueJSON struct {
	Code           string   `json:"code"`
	Message        string   `json:"message"`
	Severity       string   `json:"severity"`
	AttributeNames []string `json:"attributeNames,omitzero"`
	Categories     []string `json:"categories"`
}

func issue(code, attribute, format string, args ...any) *issueJSON {
	return &issueJSON{code, fmt.Sprintf(format, args...), "ERROR", []string{attribute}, []string{"INVALID_ATTRIBUTE"}}
}

// edit is what a patch does to a listing.
type edit struct {
	op       string
	name     string // of the attribute; "" is fulfillment_availability
	value    jsontext.Value
	channel  string
	quantity *int64
	leadTime *int64
	restock  *string
}

// judgePatches says what patches do to a listing, or what is wrong with them.
func (f *Fake) judgePatches(sku, productType string, patches []patchJSON) (edits []edit, wrong *issueJSON) {
	p := f.catalog.bySKU[sku]
	switch {
	case p == nil && f.cfg.Believed.UnknownSKUsInvalid:
		return nil, issue("13013", "sku", "The SKU does not match a listing.")
	case p != nil && productType != "PRODUCT" && productType != p.ptype:
		return nil, issue("4000003", "product_type", "The product type %s is not supported for this listing.", productType)
	case f.rejectWrites != nil && f.rejectWrites(sku):
		return nil, &issueJSON{"90220", "'size' is required but not supplied.", "ERROR", []string{"size"}, []string{"MISSING_ATTRIBUTE"}}
	}
	for _, pt := range patches {
		name, isAttribute := strings.CutPrefix(pt.Path, attributePrefix)
		switch {
		case !isAttribute || name == "":
			return nil, issue("90000900", pt.Path, "The path %s is no attribute.", pt.Path)
		case pt.Op != opDelete && len(pt.Value) == 0:
			return nil, issue("90000900", name, "The attribute %s has no value.", name)
		case pt.Path != availabilityPath:
			value, err := json.Marshal(pt.Value)
			if err != nil {
				return nil, issue("90000900", name, "The attribute %s is invalid.", name)
			}
			edits = append(edits, edit{op: pt.Op, name: name, value: value})
			continue
		}
		if pt.Op == opDelete && len(pt.Value) == 0 {
			edits = append(edits, edit{op: pt.Op, channel: channelDefault})
		}
		for _, raw := range pt.Value {
			e, wrong := readAvailability(pt.Op, raw)
			if wrong != nil {
				return nil, wrong
			}
			edits = append(edits, e)
		}
	}
	return edits, nil
}

func readAvailability(op string, raw jsontext.Value) (edit, *issueJSON) {
	const name = "fulfillment_availability"
	var v availabilityBody
	if err := json.Unmarshal(raw, &v, json.RejectUnknownMembers(true)); err != nil {
		return edit{}, issue("90000900", name, "The attributes are invalid.")
	}
	if v.Channel == "" {
		return edit{}, issue("90000900", name, "'fulfillment_channel_code' is required but not supplied.")
	}
	e := edit{op: op, channel: v.Channel, leadTime: v.LeadTime, restock: v.Restock}
	if len(v.Quantity) > 0 && v.Quantity.Kind() != 'n' {
		var n int64
		if err := json.Unmarshal(v.Quantity, &n); err != nil || n < 0 {
			return edit{}, issue("90000900", name, "The value of 'quantity' is invalid. It must be an integer of at least 0.")
		}
		e.quantity = &n
	}
	return e, nil
}

// submission is patches on their way to a listing.
type submission struct {
	sku      string
	markets  []string
	edits    []edit
	id, feed string
	message  int
}

// accept takes the edits of a submission over: into the attributes of the named
// marketplaces at once, into the live quantity after the lag.
func (f *Fake) accept(s *submission, now time.Time) {
	p := f.catalog.bySKU[s.sku]
	if p == nil {
		return // reported as accepted, and gone
	}
	p.modified = f.round(now)
	var last *edit
	for i := range s.edits {
		e := &s.edits[i]
		for _, id := range s.markets {
			p.submitted(id, e)
		}
		if e.name == "" && (e.quantity != nil || e.op == opDelete) {
			last = e
		}
	}
	if last == nil {
		return
	}
	n := int64(0)
	if last.quantity != nil {
		n = *last.quantity
	}
	w := Write{
		SubmissionID: s.id, FeedID: s.feed, MessageID: s.message, SKU: s.sku, Quantity: n, Sent: now, Effective: now.Add(f.cfg.EffectLag),
		Dropped: f.loseEffects != nil && f.loseEffects(s.sku),
	}
	f.writes = append(f.writes, w)
	if last.channel != channelDefault || p.held != nil {
		f.violate("SKU %q: quantity for channel %s of a listing that %s ships", s.sku, last.channel, p.shipper())
	}
	if w.Dropped {
		return
	}
	channel := last.channel
	p.pending++
	f.due.Add(w.Effective, func(at time.Time) {
		p.pending--
		f.take(p, channel, n, at)
	})
}

// take makes n the live quantity of a channel. One of the other kind converts
// the listing.
func (f *Fake) take(p *product, channel string, n int64, now time.Time) {
	switch {
	case channel != channelDefault && p.live != nil:
		p.live, p.held = nil, new(int64)
	case channel == channelDefault && p.held != nil:
		p.held, p.live = nil, new(int64)
		fallthrough
	case channel == channelDefault:
		f.set(p, n, now, true)
	}
}

func (p *product) shipper() string {
	if p.held != nil {
		return "Amazon"
	}
	return "the seller"
}

// submitted keeps an edit as a marketplace's copy of the attributes: merge
// changes the fields it has, add and replace wipe the others.
func (p *product) submitted(marketplaceID string, e *edit) {
	if e.name != "" {
		if p.others == nil {
			p.others = map[string]attributes{}
		}
		if p.others[marketplaceID] == nil {
			p.others[marketplaceID] = attributes{}
		}
		if e.op == opDelete {
			delete(p.others[marketplaceID], e.name)
		} else {
			p.others[marketplaceID][e.name] = e.value
		}
		return
	}
	if p.attrs == nil {
		p.attrs = map[string]*availability{}
	}
	a := &availability{}
	if old := p.attrs[marketplaceID]; old != nil && e.op == opMerge {
		*a = *old
	}
	if e.quantity != nil {
		n := *e.quantity
		a.quantity = &n
	}
	if e.leadTime != nil {
		n := *e.leadTime
		a.leadTime = &n
	}
	if e.restock != nil {
		a.restock = *e.restock
	}
	p.attrs[marketplaceID] = a
}

// Availability is the attribute fulfillment_availability of a listing, as it was
// last submitted for a marketplace: a copy that goes stale while the live
// quantity moves on.
type Availability struct {
	Quantity int64 // -1 when there is none
	LeadTime int64 // -1 when there is none
	Restock  string
}

// Submitted returns the attribute of a SKU in a marketplace.
func (f *Fake) Submitted(sku, marketplaceID string) (Availability, error) {
	f.lock()
	defer f.mu.Unlock()
	p, err := f.productBySKU(sku)
	if err != nil {
		return Availability{}, err
	}
	out := Availability{Quantity: -1, LeadTime: -1}
	a := p.attrs[marketplaceID]
	if a == nil {
		return out, nil
	}
	if a.quantity != nil {
		out.Quantity = *a.quantity
	}
	if a.leadTime != nil {
		out.LeadTime = *a.leadTime
	}
	out.Restock = a.restock
	return out, nil
}
