package amazon

import (
	"net/url"
	"strings"
	"sync"

	"github.com/penstock-go/penstock/channel"
)

// maxRemembered bounds what is remembered of SKUs.
const maxRemembered = 100_000

// routes remembers what reads and refusals told of SKUs. It is a help: with
// nothing remembered each is found out again.
type routes struct {
	mu       sync.Mutex
	byAmazon map[string]bool // Amazon ships it: a quantity would convert the offer
	byFeed   map[string]bool // its path is not matched: it is written by feed
}

// ships notes who ships a SKU.
func (r *routes) ships(sku, code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if code == sellerChannel || code == noChannel {
		delete(r.byAmazon, sku)
		return
	}
	r.byAmazon = remember(r.byAmazon, sku)
}

// feeds notes that a SKU is written by feed.
func (r *routes) feeds(sku string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byFeed = remember(r.byFeed, sku)
}

func remember(m map[string]bool, sku string) map[string]bool {
	if m == nil || len(m) >= maxRemembered {
		m = map[string]bool{}
	}
	m[sku] = true
	return m
}

func (r *routes) shippedByAmazon(sku string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byAmazon[sku]
}

func (r *routes) feedOnly(sku string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byFeed[sku]
}

// segment writes a SKU as a segment of a path, escaped once. A plus sign is
// escaped too: some take it for a space.
func segment(sku string) string { return strings.ReplaceAll(url.PathEscape(sku), "+", "%2B") }

// delicate reports whether a SKU in a path may be taken for more than a segment
// of it, however it is escaped: some encoded slashes are not matched.
func delicate(sku string) bool {
	return strings.ContainsAny(sku, `/\%?#;`) || sku == "." || sku == ".."
}

// listable reports whether a SKU can stand in a list, which is one value with
// commas.
func listable(sku string) bool { return !strings.Contains(sku, ",") }

// fits complains of what no listing is called.
func fits(ref channel.ListingRef) bool { return ref.ID != "" && len(ref.ID) <= maxSKU }

// maxSKU bounds a SKU in bytes: Seller Central takes 40 characters.
const maxSKU = 512
