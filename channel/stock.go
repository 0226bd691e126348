package channel

import "time"

// Listing is something a buyer can buy on a channel.
type Listing struct {
	Ref       ListingRef
	Product   string // the marketplace's id of the product it belongs to
	Title     string
	Variant   string // what tells it from its siblings: "Blue / L"
	Barcode   string
	UpdatedAt time.Time

	Status      string // the marketplace's own word
	Active      bool   // can be bought
	Tracked     bool   // the marketplace counts its stock; writes to an untracked one limit nothing
	Bundle      bool   // made of other listings; its stock cannot be written
	Oversells   bool   // sells below zero by the seller's choice
	FulfilledBy Fulfiller
}

// ListingRef names a listing with the SKU it carries and the adapter's note.
type ListingRef struct {
	ID     ListingID
	SKU    string // as the marketplace has it, untrimmed; may be empty, may be shared by several
	Handle Handle
}

// StockLevel is what a listing shows at a location: read, or to be written.
// Quantity is what a buyer can buy, in units of the listing, whatever number
// the marketplace's write takes; the adapter adds what the marketplace
// withholds.
type StockLevel struct {
	Listing  ListingRef
	Location LocationID
	Quantity int64

	// Expect is what we believe is shown, nil when that is unknown. By
	// Traits.StockWrite it is compared, subtracted, or only tells whether the
	// quantity falls. In a read it is nil.
	Expect *int64

	// The fields below are told by reads only.
	ReadAt   time.Time // server time; zero means the page's
	Sold     *int64    // units sold and not yet shipped, where Traits.SoldCount is SoldOpen
	SoldEver *int64    // units sold in the listing's life, where it is SoldEver; nil when this read lacks it
	Inactive bool      // the listing is not stocked at this location
}

// StockJob is for marketplaces that also take very many levels at once, as a
// job that ends minutes or hours later: SetStock sends one of its own accord
// when it is given enough, and answers with a ticket. It suits what can wait:
// a fall, or a quantity that soon sells out, is better sent by itself.
type StockJob struct {
	Least int   // levels that a job is worth; 0 is that there are no jobs
	Most  int   // levels in one job
	Above int64 // only quantities of more units than this go by job
}

// StockQuery asks what listings show. With Listings empty it is a walk over
// all of them.
type StockQuery struct {
	Listings  []ListingRef
	Locations []LocationID // empty is all
	After     Cursor
	Limit     int
}

// StockState is what became of one stock write.
type StockState string

// The states of a stock write.
const (
	StockApplied  StockState = "applied"  // is shown now
	StockAccepted StockState = "accepted" // taken; shown within Traits.EffectLag, or when its ticket ends
	StockStale    StockState = "stale"    // compare-and-set failed; nothing was written
	StockRefused  StockState = "refused"  // will not be taken; Err says why
	StockNotSent  StockState = "not sent" // surely had no effect; may be sent again
	StockUnsure   StockState = "unsure"   // may have been written
)

// StockResult is the outcome of one level.
type StockResult struct {
	State   StockState
	Ticket  Ticket // with StockAccepted, where the marketplace works through a queue; with StockUnsure, of all that it can have become
	Current *int64 // what is shown, where the answer tells
	Err     error  // why, with StockRefused, StockNotSent and StockUnsure; may be nil with StockStale, and is with the others
}
