package amazontest

import "net/http"

var sellerRoutes = []route{{
	op: "getMarketplaceParticipations", method: http.MethodGet, path: "/sellers/v1/marketplaceParticipations", plan: Rate{0.016, 15},
	roles: []Role{RolePartnerInsight}, handle: (*Fake).getParticipations,
}}

type participationJSON struct {
	Marketplace   marketplaceJSON `json:"marketplace"`
	Participation struct {
		IsParticipating      bool `json:"isParticipating"`
		HasSuspendedListings bool `json:"hasSuspendedListings"`
	} `json:"participation"`
	StoreName string `json:"storeName"`
}

type marketplaceJSON struct {
	ID                  string `json:"id"`
	Name                string `json:"name"`
	CountryCode         string `json:"countryCode"`
	DefaultCurrencyCode string `json:"defaultCurrencyCode"`
	DefaultLanguageCode string `json:"defaultLanguageCode"`
	DomainName          string `json:"domainName"`
}

func (f *Fake) getParticipations(*call) answer {
	var list []participationJSON
	for _, m := range f.home {
		p := participationJSON{Marketplace: marketplaceJSON{m.id, m.name, m.country, m.currency, m.language, m.domain}, StoreName: "Example Store"}
		p.Participation.IsParticipating = true
		p.Participation.HasSuspendedListings = f.suspended
		list = append(list, p)
	}
	return ok(map[string]any{"payload": list})
}

// Suspend hides the seller's listings in the marketplaces, as Amazon does with
// an account under review. Calls are answered all the same.
func (f *Fake) Suspend() { f.setSuspended(true) }

// Resume ends Suspend.
func (f *Fake) Resume() { f.setSuspended(false) }

func (f *Fake) setSuspended(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.suspended = on
}
