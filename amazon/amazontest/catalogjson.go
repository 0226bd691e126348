package amazontest

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	statusBuyable      = "BUYABLE"
	statusDiscoverable = "DISCOVERABLE"
)

type listingJSON struct {
	SKU                     string             `json:"sku"`
	Summaries               []summaryJSON      `json:"summaries,omitzero"`
	Attributes              attributes         `json:"attributes,omitzero"`
	Issues                  []issueJSON        `json:"issues,omitzero"`
	Offers                  []offerJSON        `json:"offers,omitzero"`
	FulfillmentAvailability []availableJSON    `json:"fulfillmentAvailability,omitzero"`
	Relationships           []relationshipJSON `json:"relationships,omitzero"`
	ProductTypes            []productTypeJSON  `json:"productTypes,omitzero"`
}

type summaryJSON struct {
	MarketplaceID   string   `json:"marketplaceId"`
	ASIN            string   `json:"asin"`
	ProductType     string   `json:"productType"`
	ConditionType   string   `json:"conditionType"`
	Status          []string `json:"status"`
	ItemName        string   `json:"itemName"`
	CreatedDate     string   `json:"createdDate"`
	LastUpdatedDate string   `json:"lastUpdatedDate"`
}

type offerJSON struct {
	MarketplaceID string     `json:"marketplaceId"`
	OfferType     string     `json:"offerType"`
	Price         *moneyJSON `json:"price"`
}

type availableJSON struct {
	FulfillmentChannelCode string `json:"fulfillmentChannelCode"`
	Quantity               *int64 `json:"quantity,omitzero"`
}

type relationshipJSON struct {
	MarketplaceID string `json:"marketplaceId"`
	Relationships []any  `json:"relationships"`
}

type productTypeJSON struct {
	MarketplaceID string `json:"marketplaceId"`
	ProductType   string `json:"productType"`
}

func (p *product) statuses() []string {
	out := []string{}
	switch {
	case p.unlisted:
		return out
	case p.held != nil && *p.held > 0, p.live != nil && *p.live > 0:
		out = append(out, statusBuyable)
	}
	return append(out, statusDiscoverable)
}

// listingJSON is a listing as a read of the named datasets shows it. Without
// any that is its summaries.
func (f *Fake) listingJSON(p *product, inc, markets []string) *listingJSON {
	if inc == nil {
		inc = []string{"summaries"}
	}
	has := func(name string) bool { return slices.Contains(inc, name) }
	out := &listingJSON{SKU: p.sku}
	for _, m := range p.markets {
		if !slices.Contains(markets, m.id) {
			continue
		}
		if has("summaries") {
			out.Summaries = append(out.Summaries, summaryJSON{
				m.id, p.asin, p.ptype, p.condition, p.statuses(), p.title, stamp(p.created), stamp(p.modified),
			})
		}
		if has("offers") {
			out.Offers = append(out.Offers, offerJSON{m.id, "B2C", p.price.money(m.currency)})
		}
		if has("productTypes") {
			out.ProductTypes = append(out.ProductTypes, productTypeJSON{m.id, p.ptype})
		}
		if has("attributes") && out.Attributes == nil {
			out.Attributes = f.attributes(p, m)
		}
	}
	if has("issues") {
		out.Issues = []issueJSON{}
	}
	if has("relationships") {
		out.Relationships = []relationshipJSON{}
	}
	if has("fulfillmentAvailability") {
		out.FulfillmentAvailability = []availableJSON{p.availableJSON(f.region)}
	}
	return out
}

// availableJSON is the live quantity, which Amazon's own channel may leave out.
func (p *product) availableJSON(r region) availableJSON {
	if p.held != nil {
		return availableJSON{FulfillmentChannelCode: r.amazonChannel()}
	}
	n := *p.live
	return availableJSON{channelDefault, &n}
}

type availabilityAttribute struct {
	Channel  string `json:"fulfillment_channel_code"`
	Quantity *int64 `json:"quantity,omitzero"`
	LeadTime *int64 `json:"lead_time_to_ship_max_days,omitzero"`
	Restock  string `json:"restock_date,omitzero"`
}

type valueAttribute struct {
	Value       string `json:"value"`
	Marketplace string `json:"marketplace_id"`
}

// attributes are what was last submitted for a marketplace.
func (f *Fake) attributes(p *product, m *marketplace) attributes {
	set := func(v any) jsontext.Value {
		b, err := json.Marshal(v)
		if err != nil {
			panic("amazontest: " + err.Error())
		}
		return b
	}
	out := attributes{
		"item_name":      set([]valueAttribute{{p.title, m.id}}),
		"condition_type": set([]valueAttribute{{p.condition, m.id}}),
	}
	if a := p.attrs[m.id]; a != nil {
		out["fulfillment_availability"] = set([]availabilityAttribute{{channelDefault, a.quantity, a.leadTime, a.restock}})
	}
	maps.Copy(out, p.others[m.id])
	return out
}
