package amazontest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	listingsPath    = "/listings/2021-08-01/items/{sellerId}"
	opPatch         = "patchListingsItem"
	maxListings     = 20   // on a page
	defaultListings = 10   // on a page
	reachable       = 1000 // listings by paging
	maxIdentifiers  = 20
)

var (
	listers       = []Role{RoleListing}
	listingValues = []string{
		"summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships", "productTypes",
	}
	identifierTypes = []string{"ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC"}
	listingStatuses = []string{statusBuyable, statusDiscoverable}

	listingFilters = []string{
		"marketplaceIds", "identifiers", "identifiersType", "variationParentSku", "packageHierarchySku", "createdAfter", "createdBefore",
		"lastUpdatedAfter", "lastUpdatedBefore", "withIssueSeverity", "withStatus", "withoutStatus", "sortBy", "sortOrder",
	}

	listingRoutes = []route{
		{
			op: "getListingsItem", method: http.MethodGet, path: listingsPath + "/{sku}", plan: Rate{5, 10}, roles: listers, badCode: codeBadRequest,
			query: []string{"marketplaceIds", "issueLocale", "includedData"}, handle: ownSeller((*Fake).getListing),
		},
		{
			op: opPatch, method: http.MethodPatch, path: listingsPath + "/{sku}", plan: Rate{5, 5}, roles: listers, badCode: codeBadRequest,
			query: []string{"marketplaceIds", "includedData", "mode", "issueLocale"}, handle: ownSeller((*Fake).patchListing),
		},
		{
			op: "searchListingsItems", method: http.MethodGet, path: listingsPath, plan: Rate{5, 5}, roles: listers, badCode: codeBadRequest,
			query: append([]string{"issueLocale", "includedData", "pageSize", "pageToken"}, listingFilters...), handle: ownSeller((*Fake).searchListings),
		},
	}
)

// ownSeller refuses the id of another seller, and where the fake is told so a
// SKU with an encoded slash.
func ownSeller(handle func(*Fake, *call) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		if c.vars[0] != f.cfg.SellerID {
			return denied("")
		}
		if len(c.vars) > 1 && f.cfg.Believed.EncodedSlashFails && strings.Contains(c.vars[1], "/") {
			return denied("")
		}
		return handle(f, c)
	}
}

// listedOn tells whether a listing is on one of the marketplaces.
func (p *product) listedOn(ids []string) bool {
	return slices.ContainsFunc(p.markets, func(m *marketplace) bool { return slices.Contains(ids, m.id) })
}

func (f *Fake) getListing(c *call) answer {
	p := params{c: c}
	p.require("marketplaceIds")
	markets := p.marketplaces(0)
	inc := p.oneOf("includedData", listingValues)
	if a, refused := p.refusal(); refused {
		return a
	}
	it := f.catalog.bySKU[c.vars[1]]
	if it == nil || !it.listedOn(markets) {
		return notFound("SKU '%s' not found in marketplace %s", c.vars[1], markets[0])
	}
	return ok(f.listingJSON(it, inc, markets))
}

type patchBody struct {
	ProductType string      `json:"productType"`
	Patches     []patchJSON `json:"patches"`
}

type submissionJSON struct {
	SKU          string           `json:"sku"`
	Status       string           `json:"status"`
	SubmissionID string           `json:"submissionId"`
	Issues       []issueJSON      `json:"issues"`
	Identifiers  []identifierJSON `json:"identifiers,omitzero"`
}

type identifierJSON struct {
	MarketplaceID string `json:"marketplaceId"`
	ASIN          string `json:"asin"`
}

// patchListing accepts a patch, or tells its issues inside a 200.
func (f *Fake) patchListing(c *call) answer {
	p := params{c: c}
	p.require("marketplaceIds")
	markets := p.marketplaces(0)
	inc := p.oneOf("includedData", []string{"identifiers", "issues"})
	preview := len(p.oneOf("mode", []string{"VALIDATION_PREVIEW"})) > 0
	if a, refused := p.refusal(); refused {
		return a
	}
	var in patchBody
	if a, refused := c.read(&in); refused {
		return a
	}
	switch {
	case in.ProductType == "":
		return c.invalid("productType is missing.")
	case len(in.Patches) == 0:
		return c.invalid("patches is missing or empty.")
	}
	for _, pt := range in.Patches {
		if !slices.Contains([]string{opAdd, opReplace, opMerge, opDelete}, pt.Op) || pt.Path == "" {
			return c.invalid("A patch needs an op of add, replace, merge and delete, and a path.")
		}
		for _, v := range pt.Value {
			if v.Kind() != '{' {
				return c.invalid("The value of a patch is an array of objects.")
			}
		}
	}
	f.submissions++
	out := submissionJSON{
		SKU: c.vars[1], Status: "ACCEPTED", SubmissionID: fmt.Sprintf("%012x-fake-submission", f.submissions), Issues: []issueJSON{},
	}
	edits, wrong := f.judgePatches(out.SKU, in.ProductType, in.Patches)
	switch {
	case wrong != nil:
		out.Status, out.Issues = "INVALID", []issueJSON{*wrong}
	case preview:
		out.Status = "VALID"
	default:
		f.accept(&submission{sku: out.SKU, markets: markets, edits: edits, id: out.SubmissionID}, c.now)
	}
	if it := f.catalog.bySKU[out.SKU]; it != nil && slices.Contains(inc, "identifiers") {
		for _, id := range markets {
			out.Identifiers = append(out.Identifiers, identifierJSON{id, it.asin})
		}
	}
	return ok(out)
}

type listingsJSON struct {
	NumberOfResults int               `json:"numberOfResults"`
	Pagination      *listingsPageJSON `json:"pagination,omitzero"`
	Items           []listingJSON     `json:"items"`
}

type listingsPageJSON struct {
	NextToken     string `json:"nextToken,omitzero"`
	PreviousToken string `json:"previousToken,omitzero"`
}

func (f *Fake) searchListings(c *call) answer {
	p := params{c: c}
	p.require("marketplaceIds")
	markets := p.marketplaces(0)
	inc := p.oneOf("includedData", listingValues)
	limit := p.int("pageSize", defaultListings, 1, maxListings)
	match := f.listingFilter(&p, markets)
	by := p.oneOf("sortBy", []string{"sku", "createdDate", "lastUpdatedDate"})
	order := p.oneOf("sortOrder", []string{"ASC", "DESC"})
	if p.has("identifiers") != p.has("identifiersType") {
		p.fail("identifiersType")
	}
	offset := 0
	if p.has("pageToken") {
		var good bool
		if offset, good = f.readOffset(c, p.text("pageToken")); !good {
			p.fail("pageToken")
		}
	}
	if a, refused := p.refusal(); refused {
		return a
	}
	pool := f.catalog.all
	if p.text("identifiersType") == "SKU" { // no need to look at the others
		pool = f.catalog.named(p.list("identifiers", 0))
	}
	var found []*product
	for _, it := range pool {
		if match(it) {
			found = append(found, it)
		}
	}
	sortListings(found, append(by, "lastUpdatedDate")[0], append(order, "DESC")[0] == "DESC")
	out := listingsJSON{NumberOfResults: len(found), Items: []listingJSON{}}
	reach := min(len(found), reachable)
	for _, it := range found[min(offset, reach):min(offset+limit, reach)] {
		out.Items = append(out.Items, *f.listingJSON(it, inc, markets))
	}
	var page listingsPageJSON
	if offset+limit < reach {
		page.NextToken = f.offsetToken(c, offset+limit)
	}
	if offset > 0 {
		page.PreviousToken = f.offsetToken(c, max(offset-limit, 0))
	}
	if page != (listingsPageJSON{}) {
		out.Pagination = &page
	}
	return ok(out)
}

func (f *Fake) listingFilter(p *params, markets []string) func(*product) bool {
	kind := p.text("identifiersType")
	p.oneOf("identifiersType", identifierTypes)
	p.oneOf("withIssueSeverity", []string{"WARNING", "ERROR"})
	ids := p.list("identifiers", maxIdentifiers)
	with, without := p.oneOf("withStatus", listingStatuses), p.oneOf("withoutStatus", listingStatuses)
	created, createdTo := p.date("createdAfter"), p.date("createdBefore")
	updated, updatedTo := p.date("lastUpdatedAfter"), p.date("lastUpdatedBefore")
	nothing := p.has("variationParentSku") || p.has("packageHierarchySku") || p.has("withIssueSeverity")
	within := func(t, from, to time.Time) bool { return !t.Before(from) && (to.IsZero() || !t.After(to)) }
	return func(it *product) bool {
		if nothing || it.deleted || !it.listedOn(markets) || !within(it.created, created, createdTo) || !within(it.modified, updated, updatedTo) {
			return false
		}
		if ids != nil && !(kind == "SKU" && slices.Contains(ids, it.sku) || kind == "ASIN" && slices.Contains(ids, it.asin)) {
			return false
		}
		if with == nil && without == nil {
			return true
		}
		status := it.statuses()
		has := func(s string) bool { return slices.Contains(status, s) }
		return !slices.ContainsFunc(without, has) && (with == nil || slices.ContainsFunc(with, has))
	}
}

func sortListings(found []*product, by string, down bool) {
	slices.SortFunc(found, func(a, b *product) int {
		n := 0
		switch by {
		case "createdDate":
			n = a.created.Compare(b.created)
		case "lastUpdatedDate":
			n = a.modified.Compare(b.modified)
		}
		n = cmp.Or(n, strings.Compare(a.sku, b.sku))
		if down {
			return -n
		}
		return n
	})
}

// offsetToken names a page of a search by how many listings come before it: a
// listing that changes meanwhile may shift the others.
func (f *Fake) offsetToken(c *call, offset int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "~>%d?%s", offset, f.filterSum(c)))
}

func (f *Fake) readOffset(c *call, token string) (int, bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	n, sum, good := strings.Cut(strings.TrimPrefix(string(b), "~>"), "?")
	offset, err2 := strconv.Atoi(n)
	return offset, err == nil && err2 == nil && good && sum == f.filterSum(c) && offset >= 0
}

func (f *Fake) filterSum(c *call) string {
	h := fnv.New64a()
	for _, name := range listingFilters {
		_, _ = h.Write([]byte("\x00" + name + "=" + c.query.Get(name)))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
