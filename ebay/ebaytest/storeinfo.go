package ebaytest

import "net/http"

var storeRoutes = []route{
	{
		op: "getUser", api: APIIdentity, method: http.MethodGet, path: "/user", scopes: []string{ScopeIdentity}, handle: (*Fake).getUser,
	},
	{
		op: "getPrivileges", api: APIAccount, method: http.MethodGet, path: "/privilege", scopes: accountReaders, handle: (*Fake).getPrivileges,
	},
	{
		op: "getOptedInPrograms", api: APIAccount, method: http.MethodGet, path: "/program/get_opted_in_programs", scopes: accountReaders,
		handle: (*Fake).getPrograms,
	},
}

var accountReaders = []string{ScopeAccount, ScopeAccountReadonly}

type userJSON struct {
	UserID      string `json:"userId"`
	Username    string `json:"username"`
	AccountType string `json:"accountType"`
	Marketplace string `json:"registrationMarketplaceId"`
	Status      string `json:"status"`
}

func (f *Fake) getUser(*call) answer {
	out := userJSON{f.cfg.UserID, f.cfg.SellerID, "BUSINESS", f.home[0].id, "CONFIRMED"}
	if f.cfg.HideUsernames {
		out.Username = f.cfg.UserID
	}
	if f.suspended {
		out.Status = "SUSPENDED"
	}
	return ok(out)
}

type privilegesJSON struct {
	Registered bool          `json:"sellerRegistrationCompleted"`
	Limit      privilegeJSON `json:"sellingLimit"`
}

type privilegeJSON struct {
	Amount   offerAmountJSON `json:"amount"`
	Quantity int             `json:"quantity"`
}

func (f *Fake) getPrivileges(*call) answer {
	return ok(privilegesJSON{true, privilegeJSON{offerAmountJSON{"1000000.00", f.home[0].currency}, 100000}})
}

// getPrograms lists OUT_OF_STOCK_CONTROL where the seller's preference of that
// name is on.
func (f *Fake) getPrograms(*call) answer {
	out := []map[string]string{{"programType": "SELLING_POLICY_MANAGEMENT"}}
	if !f.cfg.Stock.EndAtZero {
		out = append(out, map[string]string{"programType": "OUT_OF_STOCK_CONTROL"})
	}
	return ok(map[string]any{"programs": out})
}

// SetOutOfStockControl changes the seller's preference, as in Seller Hub.
func (f *Fake) SetOutOfStockControl(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.cfg.Stock.EndAtZero = !on
}

// Suspend suspends the seller: parcels are refused with 32400 and Trading calls
// with 841. Reads are answered all the same.
func (f *Fake) Suspend() { f.setSuspended(true) }

// Resume ends Suspend.
func (f *Fake) Resume() { f.setSuspended(false) }

func (f *Fake) setSuspended(on bool) {
	f.lock()
	defer f.mu.Unlock()
	f.suspended = on
}
