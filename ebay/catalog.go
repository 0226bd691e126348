package ebay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay/internal/trading"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/internal/wire"
)

const (
	// maxEntries is how many listings a page of GetMyeBaySelling has: believed.
	maxEntries = 200
	// catalogPages bounds a walk: a seller has some million listings at most.
	catalogPages = 50_000

	opSelling = "GetMyeBaySelling"
	opItem    = "GetItem"

	// codeNoPage refuses a page after the last: listings ended since.
	codeNoPage = "340"
)

// catalogWalk is a cursor over the active listings, which Trading lists whichever
// world they were made in, the oldest first. It goes from the last page to the
// first: those that end meanwhile move others to pages that are still to come,
// and those that begin are for the next walk.
type catalogWalk struct {
	Kind  string    `json:"k"`
	Began time.Time `json:"b"` // server time
	Size  int       `json:"n"`
	Page  int       `json:"p"` // to read
}

// The kinds of walks over the catalogue.
const (
	walkListings = "listings"
	walkStock    = "stock"
)

func (w *catalogWalk) cursor() channel.Cursor { return wire.Cursor(*w) }

// parseCatalogWalk takes a cursor apart; one that is not ours is ErrCursor.
func (c *Channel) parseCatalogWalk(op string, cur channel.Cursor, kind string) (*catalogWalk, error) {
	w := &catalogWalk{}
	if !wire.ParseCursor(cur, w) || w.Kind != kind || w.Began.IsZero() || w.Size < 1 || w.Size > maxEntries || w.Page < 1 || w.Page > catalogPages {
		return nil, c.refuse(op, channel.ErrCursor, "cursor is not of this channel's making")
	}
	return w, nil
}

// entry is a listing as the catalogue tells it.
type entry struct {
	channel.Listing
	quantity int64
	sold     *int64 // in the listing's life, as eBay tells it
}

// catalogPage is a page of the catalogue.
type catalogPage struct {
	entries []entry
	parked  []channel.Parked
	at      time.Time // server time when it was read
	last    bool
	through time.Time
}

// catalog reads the next page of a walk and moves w on.
func (c *Channel) catalog(ctx context.Context, op string, w *catalogWalk, limit int) (catalogPage, error) {
	var page catalogPage
	if w.Page == 0 {
		if w.Size = maxEntries; limit > 0 {
			w.Size = min(limit, maxEntries)
		}
		w.Page = 1
		list, at, err := c.selling(ctx, op, w)
		if err != nil {
			return page, err
		}
		w.Began = at
		// With more than one page, the first is read at the end: by then listings
		// may have moved to it.
		if pages := list.Active.Pages.Pages; pages > 1 {
			if w.Page = pages; pages > catalogPages {
				return page, c.refuse(op, channel.ErrUnavailable, "the list of listings does not end")
			}
		} else {
			return c.catalogOf(ctx, op, w, list, at)
		}
	}
	for {
		list, at, err := c.selling(ctx, op, w)
		switch e, _ := errors.AsType[*channel.Error](err); {
		case err == nil:
			return c.catalogOf(ctx, op, w, list, at)
		case e != nil && e.Code == codeNoPage && w.Page > 1:
			w.Page--
		default:
			return page, err
		}
	}
}

// selling reads a page of the active listings.
func (c *Channel) selling(ctx context.Context, op string, w *catalogWalk) (*trading.SellingResponse, time.Time, error) {
	var out trading.SellingResponse
	at, err := c.ask(ctx, op, opSelling, jobBrowse, trading.Selling(w.Size, w.Page), &out, &out.Head)
	return &out, at, err
}

// ask sends a Trading call that changes nothing and reads its answer.
func (c *Channel) ask(ctx context.Context, op, name string, what job, request, out any, head *trading.Head) (time.Time, error) {
	body, err := trading.Marshal(request)
	if err != nil {
		return time.Time{}, c.invalid(op, "the request holds what XML cannot")
	}
	text, from, err := c.trade(ctx, op, name, what, body, transport.Read)
	if err != nil {
		return c.clock.At(from.sent), err
	}
	if err := trading.Unmarshal(text, name+"Response", out); err != nil {
		return c.clock.At(from.sent), c.refuse(op, channel.ErrUnavailable, "the answer cannot be read: "+unreadable(err))
	}
	if !head.OK() {
		return c.clock.At(from.sent), c.headError(op, transport.Read, head)
	}
	return c.clock.Learn(from.resp, from.sent), nil
}

// unreadable says why a document was not read, with nothing of its content.
func unreadable(err error) string {
	if errors.Is(err, trading.ErrDocument) {
		return err.Error()
	}
	return "it is no such document"
}

// headError is the first error of an answer.
func (c *Channel) headError(op string, repeat transport.Repeat, head *trading.Head) error {
	if failed := head.Failed(); len(failed) > 0 {
		return c.callError(op, repeat, &failed[0])
	}
	return c.refuse(op, repeat.Doubt(), "the call failed, and nothing says why")
}

// listingCodes classifies Trading's errors about a listing beside those that any
// call can have: the page "Errors by number".
var listingCodes = map[string]error{
	"17":       channel.ErrNotFound,    // deleted, or somebody else's
	"291":      channel.ErrNotFound,    // ended
	"240":      channel.ErrConflict,    // on hold, or about to end
	"21919474": channel.ErrStaleHandle, // managed by the Inventory API by now
}

func (c *Channel) callError(op string, repeat transport.Repeat, e *trading.Error) *channel.Error {
	out := c.tradingError(op, repeat, tradingError{Short: e.Short, Long: e.Long, Code: e.Code, Severity: e.Severity, Kind: e.Kind})
	if class, known := listingCodes[e.Code]; known {
		out.Class = class
	}
	return out
}

// catalogOf crosses a page over, and moves w to the one before it.
func (c *Channel) catalogOf(ctx context.Context, op string, w *catalogWalk, list *trading.SellingResponse, at time.Time) (catalogPage, error) {
	page := catalogPage{at: at}
	items := list.Active.Items
	var skus []string
	for i := range items {
		for _, v := range unitsOf(&items[i]) {
			if v.sku != "" {
				skus = append(skus, v.sku)
			}
		}
	}
	known, err := c.inventory(ctx, op, skus, true)
	if err != nil {
		return page, err
	}
	for i := range items {
		it := &items[i]
		if !digits(it.ID) {
			page.parked = append(page.parked, channel.Parked{
				ID: codeText(it.ID), Err: &channel.Error{Op: "decode listing", Class: channel.ErrInvalid, Message: "the listing has no id"},
			})
			continue
		}
		page.entries = append(page.entries, entriesOf(it, known)...)
	}
	if w.Page--; w.Page == 0 {
		page.last, page.through = true, w.Began.Add(-c.cfg.Lag)
	}
	return page, nil
}

// unit is what a buyer can choose of a listing: all of it, or a variation.
type unit struct {
	sku       string
	variation []string // nil for none
	words     string   // what tells it from its siblings
	left      int64
	sold      *int64
}

func unitsOf(it *trading.Item) []unit {
	if len(it.Variations) == 0 {
		return []unit{{sku: it.SKU, left: it.Left(), sold: it.Selling.Sold}}
	}
	out := make([]unit, len(it.Variations))
	for i := range it.Variations {
		v := &it.Variations[i]
		u := unit{sku: v.SKU, variation: []string{}, left: v.Left(), sold: v.Selling.Sold}
		var words []string
		for _, s := range v.Specifics {
			value := strings.Join(s.Value, ", ")
			u.variation = append(u.variation, s.Name+"="+value)
			words = append(words, value)
		}
		u.words = strings.Join(words, " / ")
		out[i] = u
	}
	return out
}

// entriesOf crosses a listing over. A variation that is told twice counts once.
func entriesOf(it *trading.Item, known map[string]*stocked) (out []entry) {
	seen := map[channel.ListingID]bool{}
	for _, u := range unitsOf(it) {
		h := handle{route: routeTrading}
		if u.sku == "" && u.variation != nil {
			h.route = routeNone
		}
		e := entry{quantity: u.left, sold: u.sold, Listing: channel.Listing{
			Product: it.ID, Title: it.Title, Variant: u.words, Status: "Active", Active: true, FulfilledBy: channel.BySeller,
		}}
		if s := known[u.sku]; s != nil {
			if o := s.offerOf(it.ID); o != nil {
				h = s.handle(o)
				e.quantity, e.sold, e.Status = s.left(o), o.Listing.Sold, o.Listing.Status
			}
		}
		// An auction is bid for, and its quantity is not the stock's.
		auction := it.Type == "Chinese"
		if auction {
			h.route = routeNone
		}
		e.Ref = h.ref(it.ID, u.sku, u.variation)
		e.Tracked = h.route != routeNone
		if !seen[e.Ref.ID] {
			seen[e.Ref.ID] = true
			out = append(out, e)
		}
	}
	return out
}

// inventoryWorkers is how many offers are read at once.
const inventoryWorkers = 6

// inventory reads the inventory items and offers of SKUs. One that the Inventory
// API does not know is absent: its listings were made in the other world. With
// browse the reads leave the day's calls to what is more urgent.
func (c *Channel) inventory(ctx context.Context, op string, skus []string, browse bool) (map[string]*stocked, error) {
	what := jobStock
	if browse {
		what = jobBrowse
	}
	out := map[string]*stocked{}
	var found []*stocked
	skus = slices.DeleteFunc(skus, func(sku string) bool { return utf8.RuneCountInString(sku) > maxItemSKU || !utf8.ValidString(sku) })
	for chunk := range distinctChunks(skus, maxBulkItems) {
		items, err := c.items(ctx, op, what, chunk)
		if err != nil {
			return nil, err
		}
		found = append(found, items...)
	}
	todo := make(chan *stocked, len(found))
	for _, s := range found {
		out[s.sku] = s
		todo <- s
	}
	close(todo)
	var workers sync.WaitGroup
	errs := make([]error, min(inventoryWorkers, len(found)))
	for i := range errs {
		workers.Go(func() {
			for s := range todo {
				if errs[i] = c.offers(ctx, op, what, s); errs[i] != nil {
					return
				}
			}
		})
	}
	workers.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return out, nil
}
