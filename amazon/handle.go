package amazon

import (
	"slices"
	"strings"

	"github.com/penstock-go/penstock/channel"
)

const (
	// sellerChannel is the fulfilment channel of what the seller ships. A
	// quantity for another one hands the offer to Amazon, or doubles it.
	sellerChannel = "DEFAULT"
	// amazonChannels is what the codes of Amazon's own begin with: AMAZON_NA and
	// the like.
	amazonChannels = "AMAZON"
	// noChannel is that of a listing without a quantity: the parent of
	// variations.
	noChannel = "NONE"

	// anyProduct is the product type that changes of an offer may name for any
	// listing.
	anyProduct = "PRODUCT"
)

// handle is the adapter's note on a listing: what ships it, where it is listed
// (the seller's main marketplace if it is there), and the product type that a
// change must name. A report does not tell the type, and anyProduct is named.
// One whose SKU may be read by no path and stands in no list has its ASIN too.
type handle struct {
	channel, marketplace, product, asin string
}

func (h handle) String() string {
	s := h.channel + "/" + h.marketplace + "/" + h.product
	if h.asin != "" {
		s += "/" + h.asin
	}
	return s
}

// parseHandle takes a handle apart.
func (c *Channel) parseHandle(ref channel.ListingRef) (h handle, ok bool) {
	parts := strings.Split(string(ref.Handle), "/")
	if len(parts) < 3 || len(parts) > 4 || ref.ID == "" || ref.SKU != "" && ref.SKU != string(ref.ID) {
		return h, false
	}
	h = handle{channel: parts[0], marketplace: parts[1], product: parts[2]}
	if len(parts) == 4 {
		h.asin = parts[3]
	}
	return h, h.channel != "" && slices.Contains(c.cfg.MarketplaceIDs, h.marketplace)
}

// productOf is the product that a listing's handle names, "" for none.
func productOf(ref channel.ListingRef) string {
	if parts := strings.Split(string(ref.Handle), "/"); len(parts) == 4 {
		return parts[3]
	}
	return ""
}

func (h handle) productType() string {
	if h.product == "" {
		return anyProduct
	}
	return h.product
}

// ref names a listing: its SKU is unique for a seller, in all marketplaces of a
// region.
func (h handle) ref(sku string) channel.ListingRef {
	return channel.ListingRef{ID: channel.ListingID(sku), SKU: sku, Handle: channel.Handle(h.String())}
}

// shipper is who ships what has a fulfilment channel's code.
func shipper(code string) channel.Fulfiller {
	switch {
	case code == sellerChannel, code == noChannel:
		return channel.BySeller
	case strings.HasPrefix(code, amazonChannels):
		return channel.ByMarketplace
	}
	return channel.ByOther
}
