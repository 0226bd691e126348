package bigcommerce

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce/internal/store"
	"github.com/penstock-go/penstock/channel"
)

// Modes of a handle, beside those of a product's tracking.
const modeShared = "shared" // a variant that is counted with its siblings, as their product

// handle is the adapter's note on a listing: what of it is counted, and by
// which identity that is written.
type handle struct {
	product, variant int64
	mode             string
}

func (h handle) String() string {
	return strconv.FormatInt(h.product, 10) + "/" + strconv.FormatInt(h.variant, 10) + "/" + h.mode
}

// parseHandle takes a handle apart and holds it against the listing's id.
func parseHandle(ref channel.ListingRef) (h handle, ok bool) {
	parts := strings.Split(string(ref.Handle), "/")
	if len(parts) != 3 {
		return h, false
	}
	var err, err2 error
	h.product, err = strconv.ParseInt(parts[0], 10, 64)
	h.variant, err2 = strconv.ParseInt(parts[1], 10, 64)
	h.mode = parts[2]
	if err != nil || err2 != nil || h.product < 1 || h.id() != ref.ID {
		return h, false
	}
	return h, slices.Contains([]string{store.TrackNone, store.TrackProduct, store.TrackVariant, modeShared}, h.mode)
}

// id is the listing's id: the variant's, or where a product is counted as one
// though it has several variants, "p" and the product's.
func (h handle) id() channel.ListingID {
	if h.variant > 0 {
		return channel.ListingID(strconv.FormatInt(h.variant, 10))
	}
	return productListing(h.product)
}
