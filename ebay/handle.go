package ebay

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/channel"
)

// The routes of a listing: which of eBay's two worlds it was made in. Neither
// can revise what the other made.
const (
	routeOffer   = "offer"   // by the Inventory API
	routeTrading = "trading" // by everything else
	routeNone    = "none"    // a variation without a SKU, which no call can name
)

// handle is the adapter's note on a listing: its route and, where that is the
// Inventory API, the offer that it comes from.
type handle struct {
	route string
	offer string
	// shared says that the SKU has other offers, whose quantities the item's
	// bounds as well.
	shared bool
	// auction is how many units of the item are set aside for auctions.
	auction int64
}

func (h handle) String() string {
	if h.route != routeOffer {
		return h.route
	}
	s := h.route + "/" + h.offer
	if h.shared {
		s += "/shared"
	}
	if h.auction > 0 {
		s += "/" + strconv.FormatInt(h.auction, 10)
	}
	return s
}

// parseHandle takes a handle apart.
func parseHandle(ref channel.ListingRef) (h handle, ok bool) {
	parts := strings.Split(string(ref.Handle), "/")
	h.route = parts[0]
	parts = parts[1:]
	if h.route != routeOffer {
		return h, len(parts) == 0 && (h.route == routeTrading || h.route == routeNone)
	}
	if len(parts) == 0 || !digits(parts[0]) {
		return h, false
	}
	h.offer, parts = parts[0], parts[1:]
	if len(parts) > 0 && parts[0] == "shared" {
		h.shared, parts = true, parts[1:]
	}
	if len(parts) > 0 {
		n, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil || n < 1 || n > maxUnits {
			return h, false
		}
		h.auction, parts = n, parts[1:]
	}
	return h, len(parts) == 0 && ref.SKU != ""
}

// ref names a listing: by its item's id, and a variation by its SKU too. Only
// orders tell the ids of variations. One without SKU goes by what it varies in.
func (h handle) ref(item, sku string, variation []string) channel.ListingRef {
	return channel.ListingRef{ID: listingID(item, sku, variation), SKU: sku, Handle: channel.Handle(h.String())}
}

// listingID is what a listing goes by. variation is what it varies in, as in
// "Size=L", and nil of one that is no variation.
func listingID(item, sku string, variation []string) channel.ListingID {
	switch {
	case variation == nil:
		return channel.ListingID(item)
	case sku != "":
		return channel.ListingID(item + "/" + sku)
	}
	return channel.ListingID(item + "//" + strings.Join(slices.Sorted(slices.Values(variation)), ";"))
}

// itemOf is the item's id of a listing, and whether it is a variation of it.
func itemOf(ref channel.ListingRef) (item string, variation, ok bool) {
	item, sku, variation := strings.Cut(string(ref.ID), "/")
	return item, variation, digits(item) && len(ref.SKU) <= maxSKU && (!variation || sku == ref.SKU)
}

const (
	// maxSKU bounds a SKU in bytes: Trading's takes 80 characters.
	maxSKU = 320
	// maxUnits is the most that a quantity is set to here. A larger one is a
	// mistake.
	maxUnits = 1_000_000_000
)

// digits reports whether s is an id of eBay's older kind, which is a number.
func digits(s string) bool {
	return s != "" && len(s) <= 19 && strings.Trim(s, "0123456789") == ""
}
