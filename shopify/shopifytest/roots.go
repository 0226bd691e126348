package shopifytest

import "slices"

func rootFields(t resolverTable) {
	byID := func(kind string) func(*run, rootObject, args) any {
		return func(x *run, _ rootObject, a args) any { return x.one(kind, a.str("id")) }
	}
	typed(t, "QueryRoot", fields[rootObject]{
		"orders": func(x *run, _ rootObject, a args) any { return x.ordersPage(a) },
		"order":  byID("Order"),
		"orderByIdentifier": func(x *run, _ rootObject, a args) any {
			return x.one("Order", a.object("identifier").str("id"))
		},
		"ordersCount": func(x *run, _ rootObject, a args) any {
			match, _ := orderSearch.matcher(x, a.str("query"))
			return counted(a, func(limit int) (int, bool) {
				return x.byID.count(limit, func(o *order) bool { return o.indexed != 0 && x.visible(o) && match(o) })
			})
		},
		"node": func(x *run, _ rootObject, a args) any { return x.one(gidType(a.str("id")), a.str("id")) },
		"nodes": func(x *run, _ rootObject, a args) any {
			out := make([]any, 0, len(a.list("ids")))
			for _, id := range a.strings("ids") {
				v := x.one(gidType(id), id)
				if e, bad := v.(*gqlError); bad && e != nil {
					v = nil
				}
				out = append(out, v)
			}
			return out
		},
		"productVariants": func(x *run, _ rootObject, a args) any { return x.variantsPage(a) },
		"productVariant":  byID("ProductVariant"),
		"productVariantsCount": func(x *run, _ rootObject, a args) any {
			match, _ := variantSearch.matcher(x, a.str("query"))
			return counted(a, func(limit int) (int, bool) {
				n := 0
				for _, v := range x.variants {
					if match(v) {
						if n == limit {
							return n, true
						}
						n++
					}
				}
				return n, false
			})
		},
		"products":          func(x *run, _ rootObject, a args) any { return x.productsPage(a) },
		"product":           byID("Product"),
		"inventoryItems":    func(x *run, _ rootObject, a args) any { return x.itemsPage(a) },
		"inventoryItem":     byID("InventoryItem"),
		"inventoryLevel":    byID("InventoryLevel"),
		"locations":         func(x *run, _ rootObject, a args) any { return x.locationsPage(a) },
		"fulfillment":       byID("Fulfillment"),
		"fulfillmentOrder":  byID("FulfillmentOrder"),
		"fulfillmentOrders": func(x *run, _ rootObject, a args) any { return x.fulfilmentOrdersPage(a) },
		"refund":            byID("Refund"),
		"return":            byID("Return"),
		"customer":          byID("Customer"),
		"location": func(x *run, _ rootObject, a args) any {
			if a.str("id") == "" {
				return x.locations[0]
			}
			return x.one("Location", a.str("id"))
		},
		"assignedFulfillmentOrders": func(x *run, _ rootObject, a args) any {
			return paged(x, []*fulfilmentOrder(nil), a, "assigned", func(fo *fulfilmentOrder) int64 { return fo.id })
		},
		"shop":                   func(*run, rootObject, args) any { return shopObject{} },
		"currentAppInstallation": func(*run, rootObject, args) any { return installation{} },
		"publicApiVersions":      func(*run, rootObject, args) any { return apiVersions() },
		"job": func(x *run, _ rootObject, a args) any {
			if j := x.jobs[a.str("id")]; j != nil {
				return j
			}
			return nil
		},
		"webhookSubscriptions": func(x *run, _ rootObject, a args) any { return x.subscriptionsPage(a) },
		"webhookSubscription":  byID("WebhookSubscription"),
		"webhookSubscriptionsCount": func(x *run, _ rootObject, a args) any {
			return counted(a, func(int) (int, bool) { return len(x.hooks.subs), false })
		},
		"bulkOperation":  byID("BulkOperation"),
		"bulkOperations": func(x *run, _ rootObject, a args) any { return x.bulksPage(a) },
		"currentBulkOperation": func(x *run, _ rootObject, a args) any {
			if n := len(x.bulks); n > 0 && a.str("type") != "MUTATION" {
				return x.bulks[n-1]
			}
			return nil
		},
	})
	m := map[string]resolver{}
	for _, add := range []func(map[string]resolver){fulfilmentMutations, inventoryMutations, refundMutations, hookMutations, bulkMutations} {
		add(m)
	}
	t["Mutation"] = m
}

// one finds an object by id. A missing one is null; an id of another kind is
// an error.
func (x *run) one(kind, id string) any {
	if gidType(id) != kind {
		return notFound(id)
	}
	e, ok := x.entities[id]
	if !ok {
		return nil
	}
	switch e := e.(type) {
	case *order:
		if !x.visible(e) {
			return nil
		}
	case *fulfilmentOrder:
		if !x.mayRead(e) || !x.visible(e.order) {
			return nil
		}
	}
	if schema().Types[gidType(id)] == nil {
		return nil
	}
	return e
}

// countCap is where the API's counts stop.
const countCap = 25001

func counted(a args, count func(limit int) (int, bool)) any {
	limit, ok := a.integer("limit")
	if !ok || limit > countCap {
		limit = countCap
	}
	n, more := count(limit)
	if more {
		return rec{"count": n, "precision": "AT_LEAST"}
	}
	return rec{"count": n, "precision": "EXACT"}
}

func commonFields(t resolverTable) {
	moneyFields(t)
	jobFields(t)
	typed(t, "PageInfo", fields[*conn]{
		"hasNextPage":     func(_ *run, c *conn, _ args) any { return c.hasNext },
		"hasPreviousPage": func(_ *run, c *conn, _ args) any { return c.hasPrev },
		"startCursor": func(_ *run, c *conn, _ args) any {
			if len(c.marks) == 0 {
				return nil
			}
			return c.marks[0].String()
		},
		"endCursor": func(_ *run, c *conn, _ args) any {
			if len(c.marks) == 0 {
				return nil
			}
			return c.marks[len(c.marks)-1].String()
		},
	})
}

// shopObject and installation have no state of their own.
type (
	shopObject   struct{}
	installation struct{}
)

const (
	shopID         = 548380009
	installationID = 678901234
	appID          = 1354745
)

func (shopObject) gid() string   { return gid("Shop", shopID) }
func (installation) gid() string { return gid("AppInstallation", installationID) }

// app is the app that asks.
func (f *Fake) app() rec {
	return rec{
		"id": gid("App", appID), "title": "Test app", "handle": "test-app", "apiKey": f.cfg.ClientID, "embedded": false,
		"webhookApiVersion": Version,
	}
}

func shopFields(t resolverTable) {
	typed(t, "Shop", fields[shopObject]{
		"id":                    func(_ *run, s shopObject, _ args) any { return s.gid() },
		"name":                  func(*run, shopObject, args) any { return "Test shop" },
		"myshopifyDomain":       func(x *run, _ shopObject, _ args) any { return x.domain() },
		"currencyCode":          func(x *run, _ shopObject, _ args) any { return x.cfg.Currency },
		"email":                 func(*run, shopObject, args) any { return "shop@example.com" },
		"contactEmail":          func(*run, shopObject, args) any { return "shop@example.com" },
		"ianaTimezone":          func(*run, shopObject, args) any { return "Etc/UTC" },
		"timezoneAbbreviation":  func(*run, shopObject, args) any { return "UTC" },
		"timezoneOffset":        func(*run, shopObject, args) any { return "+0000" },
		"timezoneOffsetMinutes": func(*run, shopObject, args) any { return 0 },
		"createdAt":             func(x *run, _ shopObject, _ args) any { return x.created },
		"updatedAt":             func(x *run, _ shopObject, _ args) any { return x.created },
		"setupRequired":         func(*run, shopObject, args) any { return false },
		"taxesIncluded":         func(*run, shopObject, args) any { return false },
		"taxShipping":           func(*run, shopObject, args) any { return true },
		"unitSystem":            func(*run, shopObject, args) any { return "METRIC_SYSTEM" },
		"weightUnit":            func(*run, shopObject, args) any { return "GRAMS" },
		"url":                   func(x *run, _ shopObject, _ args) any { return "https://" + x.domain() },
		"enabledPresentmentCurrencies": func(x *run, _ shopObject, _ args) any {
			out := []string{x.cfg.Currency}
			for _, o := range x.Fake.orders {
				if !slices.Contains(out, o.buyerCurrency) {
					out = append(out, o.buyerCurrency)
				}
			}
			return out
		},
		"fulfillmentServices": func(x *run, _ shopObject, _ args) any {
			out := []*service{}
			for _, l := range x.locations {
				if l.service != nil {
					out = append(out, l.service)
				}
			}
			return out
		},
		"primaryDomain": func(x *run, _ shopObject, _ args) any {
			return rec{"id": gid("Domain", shopID), "host": x.domain(), "sslEnabled": true, "url": "https://" + x.domain()}
		},
		"plan": func(*run, shopObject, args) any {
			return rec{"displayName": "Basic", "publicDisplayName": "Basic", "partnerDevelopment": false, "shopifyPlus": false}
		},
	})
	typed(t, "AppInstallation", fields[installation]{
		"id":        func(_ *run, i installation, _ args) any { return i.gid() },
		"app":       func(x *run, _ installation, _ args) any { return x.app() },
		"launchUrl": func(x *run, _ installation, _ args) any { return "https://" + x.domain() + "/admin/apps/test-app" },
		"accessScopes": func(x *run, _ installation, _ args) any {
			out := []rec{}
			for _, s := range x.grant.scopes {
				out = append(out, rec{"handle": s, "description": s})
			}
			return out
		},
	})
	customerFields(t)
}

// apiVersions are the versions around the fake's.
func apiVersions() []rec {
	var out []rec
	for _, v := range []struct {
		handle    string
		supported bool
	}{{"2026-01", true}, {"2026-04", true}, {"2026-07", true}, {Version, true}, {"2027-01", false}, {"unstable", false}} {
		out = append(out, rec{"handle": v.handle, "displayName": v.handle, "supported": v.supported})
	}
	return out
}
