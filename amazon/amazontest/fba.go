package amazontest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	summariesOnPage = 50
	summaryLife     = 30 * time.Second // of a page token, fbaInventory.json
)

var fbaRoutes = []route{{
	op: "getInventorySummaries", method: http.MethodGet, path: "/fba/inventory/v1/summaries", plan: Rate{2, 2}, roles: []Role{RoleFulfilment},
	query: []string{
		"details", "granularityType", "granularityId", "startDateTime", "sellerSkus", "sellerSku", "nextToken", "marketplaceIds",
	},
	handle: (*Fake).getSummaries,
}}

type summariesJSON struct {
	Payload struct {
		Granularity        granularityJSON  `json:"granularity"`
		InventorySummaries []fbaSummaryJSON `json:"inventorySummaries"`
	} `json:"payload"`
	Pagination *nextToken `json:"pagination,omitzero"` // beside the payload, not in it
}

type granularityJSON struct {
	GranularityType string `json:"granularityType"`
	GranularityID   string `json:"granularityId"`
}

type fbaSummaryJSON struct {
	ASIN             string          `json:"asin"`
	FNSKU            string          `json:"fnSku"`
	SellerSKU        string          `json:"sellerSku"`
	Condition        string          `json:"condition"`
	InventoryDetails *fbaDetailsJSON `json:"inventoryDetails,omitzero"`
	LastUpdatedTime  string          `json:"lastUpdatedTime"`
	ProductName      string          `json:"productName"`
	TotalQuantity    int64           `json:"totalQuantity"`
}

type fbaDetailsJSON struct {
	FulfillableQuantity      int64        `json:"fulfillableQuantity"`
	InboundWorkingQuantity   int64        `json:"inboundWorkingQuantity"`
	InboundShippedQuantity   int64        `json:"inboundShippedQuantity"`
	InboundReceivingQuantity int64        `json:"inboundReceivingQuantity"`
	ReservedQuantity         reservedJSON `json:"reservedQuantity"`
}

type reservedJSON struct {
	TotalReservedQuantity int64 `json:"totalReservedQuantity"`
}

// getSummaries tells what Amazon holds. Every marketplace of a region has the
// same sums.
func (f *Fake) getSummaries(c *call) answer {
	p := params{c: c}
	p.require("granularityType", "granularityId", "marketplaceIds")
	p.oneOf("granularityType", []string{"Marketplace"})
	markets := p.marketplaces(1)
	details := p.boolean("details")
	skus := p.list("sellerSkus", 50)
	if p.has("sellerSku") {
		skus = append(skus, p.text("sellerSku"))
	}
	since := p.date("startDateTime")
	if markets != nil && p.text("granularityId") != markets[0] {
		p.fail("granularityId")
	}
	from := 0
	if p.has("nextToken") {
		var good bool
		if from, good = readSummaryToken(p.text("nextToken"), c.now); !good {
			p.fail("nextToken")
		}
	}
	if a, refused := p.refusal(); refused {
		return a
	}
	var out summariesJSON
	out.Payload.Granularity = granularityJSON{"Marketplace", markets[0]}
	out.Payload.InventorySummaries = []fbaSummaryJSON{}
	pool := f.catalog.all
	if skus != nil { // no need to look at the others
		pool = f.catalog.named(skus)
	}
	for i := from; i < len(pool); i++ {
		it := pool[i]
		if it.deleted || it.held == nil || it.modified.Before(since) || !it.listedOn(markets) {
			continue
		}
		if len(out.Payload.InventorySummaries) == summariesOnPage {
			out.Pagination = &nextToken{summaryToken(i, c.now)}
			break
		}
		out.Payload.InventorySummaries = append(out.Payload.InventorySummaries, it.fbaJSON(details))
	}
	return ok(out)
}

func (p *product) fbaJSON(details bool) fbaSummaryJSON {
	out := fbaSummaryJSON{
		ASIN: p.asin, FNSKU: fmt.Sprintf("X%09d", p.number), SellerSKU: p.sku, Condition: "NewItem", LastUpdatedTime: stamp(p.modified),
		ProductName: p.title, TotalQuantity: *p.held,
	}
	if details {
		out.InventoryDetails = &fbaDetailsJSON{FulfillableQuantity: *p.held}
	}
	return out
}

func summaryToken(next int, now time.Time) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "~>%d?%d", next, now.UnixMilli()))
}

func readSummaryToken(token string, now time.Time) (int, bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	n, made, found := strings.Cut(strings.TrimPrefix(string(b), "~>"), "?")
	next, err2 := strconv.Atoi(n)
	at, err3 := strconv.ParseInt(made, 10, 64)
	return next, err == nil && found && err2 == nil && err3 == nil && next >= 0 && now.Sub(time.UnixMilli(at)) < summaryLife
}
