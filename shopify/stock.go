package shopify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// maxQuantity is the most Shopify takes for one level.
const maxQuantity = 1_000_000_000

// maxRounds bounds how often what is left of a batch is sent again after lines
// were taken out of it.
const maxRounds = 8

// stockMemory is what writes need to know of listings and locations, kept so
// that most writes are one call.
type stockMemory struct {
	mu        sync.Mutex
	active    map[stockKey]string // where a listing is stocked: its inventory item
	locations []channel.Location
	readAt    time.Time // when locations were read
}

type stockKey struct {
	listing  channel.ListingID
	handle   channel.Handle
	location channel.LocationID
}

// maxKnown bounds the memory; forgetting costs a read.
const maxKnown = 200_000

// locationsFor is how long locations are believed.
const locationsFor = time.Hour

func keyOf(l channel.StockLevel, at channel.LocationID) stockKey {
	k := stockKey{listing: l.Listing.ID, location: at}
	if k.listing == "" {
		k.handle = l.Listing.Handle
	}
	return k
}

func (m *stockMemory) item(k stockKey) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.active[k]
}

func (m *stockMemory) learn(k stockKey, item string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if item == "" {
		delete(m.active, k)
		return
	}
	if m.active == nil || len(m.active) >= maxKnown {
		m.active = map[stockKey]string{}
	}
	m.active[k] = item
}

// places returns the shop's locations, read an hour ago at most.
func (c *Channel) places(ctx context.Context) ([]channel.Location, error) {
	c.stock.mu.Lock()
	known, at := c.stock.locations, c.stock.readAt
	c.stock.mu.Unlock()
	if known != nil && time.Since(at) < locationsFor {
		return known, nil
	}
	read, err := c.locations(ctx)
	if err != nil {
		return nil, err
	}
	c.stock.mu.Lock()
	defer c.stock.mu.Unlock()
	c.stock.locations, c.stock.readAt = read, time.Now()
	return read, nil
}

// write is one level on its way.
type write struct {
	level  channel.StockLevel
	at     channel.LocationID
	item   string // inventory item, a number
	result *channel.StockResult
}

// SetStock sets what is available, in batches of 250, each level compared with
// what is expected. A batch is all or nothing at Shopify: lines that are stale
// or refused are taken out and the rest is sent again under a new key. Where a
// listing is not stocked yet it is stocked first, since a quantity set there
// would be taken and not be sold.
func (c *Channel) SetStock(ctx context.Context, levels []channel.StockLevel) ([]channel.StockResult, error) {
	const op = "set stock"
	if len(levels) == 0 {
		return nil, nil
	}
	access, err := c.grantedFor(ctx, op, channel.JobStock)
	if err != nil {
		return nil, err
	}
	places, err := c.places(ctx)
	if err != nil {
		return nil, err
	}
	b := &stockWriter{c: c, op: op, access: access, places: places}
	results := make([]channel.StockResult, len(levels))
	writes := b.check(levels, results)
	for len(writes) > 0 {
		n := min(len(writes), maxInput)
		if err := b.batch(ctx, writes[:n]); err != nil {
			// What follows a batch that failed is not sent.
			if !b.sent {
				return nil, err
			}
			if errors.Is(err, channel.ErrUnsure) {
				err = b.fail(channel.ErrUnavailable, "", "not sent after an earlier batch got no answer")
			}
			for _, w := range writes {
				w.settle(channel.StockNotSent, err)
			}
			break
		}
		writes = writes[n:]
	}
	for i := range results {
		if results[i].State == "" {
			results[i] = channel.StockResult{State: channel.StockUnsure, Err: b.fail(channel.ErrUnsure, "", "nothing was said about this level")}
		}
	}
	return results, nil
}

// settle notes what became of a write, once.
func (w *write) settle(state channel.StockState, err error) {
	if w.result.State == "" {
		w.result.State, w.result.Err = state, err
	}
}

// stockWriter is one SetStock.
type stockWriter struct {
	c      *Channel
	op     string
	access admin.Access
	places []channel.Location
	sent   bool // something may have had an effect
}

func (b *stockWriter) fail(class error, code, format string, args ...any) *channel.Error {
	return &channel.Error{Channel: b.c.cfg.ID, Op: b.op, Class: class, Code: code, Message: transport.Message(fmt.Sprintf(format, args...))}
}

// check refuses what can be told to be wrong and returns the rest.
func (b *stockWriter) check(levels []channel.StockLevel, results []channel.StockResult) []*write {
	writes := make([]*write, 0, len(levels))
	seen := map[stockKey]*write{}
	for i := range levels {
		w := &write{level: levels[i], result: &results[i]}
		var err error
		if w.at, err = b.place(levels[i].Location); err == nil {
			err = b.sane(w)
		}
		if err != nil {
			w.settle(channel.StockRefused, err)
			continue
		}
		k := keyOf(w.level, w.at)
		if first := seen[k]; first != nil {
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "listing %s is given twice for location %s", w.level.Listing.ID, w.at))
			continue
		}
		seen[k] = w
		writes = append(writes, w)
	}
	return writes
}

func (b *stockWriter) sane(w *write) error {
	switch ref := w.level.Listing; {
	case w.level.Quantity < 0:
		return b.fail(channel.ErrInvalid, "INVALID_QUANTITY_NEGATIVE", "quantity %d is below zero", w.level.Quantity)
	case w.level.Quantity > maxQuantity:
		return b.fail(channel.ErrInvalid, "INVALID_QUANTITY_TOO_HIGH", "quantity %d is above %d, the most Shopify takes", w.level.Quantity, maxQuantity)
	case ref.ID != "" && !isNumber(string(ref.ID)):
		return b.fail(channel.ErrNotFound, "", "listing %s is not one of Shopify's", ref.ID)
	case (ref.ID == "" || !b.access.Products) && !isNumber(string(ref.Handle)):
		return b.fail(channel.ErrStaleHandle, "", "listing %s has no inventory item: read it again", ref.ID)
	}
	return nil
}

// place returns the location to write at: the one given, if its stock is ours,
// or the default.
func (b *stockWriter) place(id channel.LocationID) (channel.LocationID, error) {
	for _, l := range b.places {
		switch {
		case id == "" && l.Default:
			return l.ID, nil
		case l.ID != id:
		case !l.Ours:
			return "", b.fail(channel.ErrInvalid, "", "location %s (%s) belongs to a fulfilment service, which counts its own stock", id, l.Name)
		case !l.Active:
			return "", b.fail(channel.ErrConflict, "", "location %s (%s) is deactivated", id, l.Name)
		default:
			return id, nil
		}
	}
	if id == "" {
		return "", b.fail(channel.ErrInvalid, "", "the shop has no active location of its own: name one")
	}
	return "", b.fail(channel.ErrNotFound, "INVALID_LOCATION", "the shop has no location %s", id)
}

// batch writes up to 250 levels. An error says that nothing of them was
// written, or what was is in their results.
func (b *stockWriter) batch(ctx context.Context, writes []*write) error {
	if err := b.ready(ctx, writes); err != nil {
		return err
	}
	rest := open(writes)
	for round := 0; len(rest) > 0; round++ {
		if round == maxRounds {
			for _, w := range rest {
				w.settle(channel.StockNotSent, b.fail(channel.ErrConflict, "", "the batch was refused for other lines %d times", maxRounds))
			}
			return nil
		}
		if err := b.round(ctx, rest); err != nil {
			return err
		}
		rest = open(rest)
	}
	return nil
}

// open returns the writes that are not settled.
func open(writes []*write) []*write {
	var out []*write
	for _, w := range writes {
		if w.result.State == "" {
			out = append(out, w)
		}
	}
	return out
}

// ready finds the inventory item of each write and sees to it that it is
// stocked where it is to be written.
func (b *stockWriter) ready(ctx context.Context, writes []*write) error {
	var order []channel.LocationID
	unknown := map[channel.LocationID][]*write{}
	for _, w := range writes {
		if w.item = b.c.stock.item(keyOf(w.level, w.at)); w.item != "" {
			continue
		}
		if unknown[w.at] == nil {
			order = append(order, w.at)
		}
		unknown[w.at] = append(unknown[w.at], w)
	}
	for _, at := range order {
		if err := b.states(ctx, at, unknown[at]); err != nil {
			return err
		}
	}
	b.same(open(writes))
	return nil
}

// same refuses a second write to one inventory item at one location, which
// listings may share: Shopify refuses the whole batch for it.
func (b *stockWriter) same(writes []*write) {
	type level struct {
		item string
		at   channel.LocationID
	}
	seen := map[level]*write{}
	for _, w := range writes {
		k := level{w.item, w.at}
		if first := seen[k]; first != nil {
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "listings %s and %s share their stock: write one of them", first.level.Listing.ID, w.level.Listing.ID))
			continue
		}
		seen[k] = w
	}
}

// states reads how the listings stand at a location.
func (b *stockWriter) states(ctx context.Context, at channel.LocationID, writes []*write) error {
	ids := make([]string, len(writes))
	for i, w := range writes {
		ids[i] = b.c.stockID(b.access, w.level.Listing)
	}
	nodes, err := b.c.stockStates(ctx, b.op, b.access, at, ids)
	if err != nil {
		return err
	}
	for i, w := range writes {
		n := nodes[ids[i]]
		switch {
		case n == nil && w.level.Listing.ID == "":
			w.settle(channel.StockRefused, b.fail(channel.ErrStaleHandle, "", "the shop has no inventory item %s: read the listing again", w.level.Listing.Handle))
			continue
		case n == nil:
			w.settle(channel.StockRefused, b.fail(channel.ErrNotFound, "", "the shop has no listing %s", w.level.Listing.ID))
			continue
		case n.RequiresComponents:
			w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "NON_MUTABLE_INVENTORY_ITEM",
				"listing %s is a bundle, whose stock follows from its components: write those", w.level.Listing.ID))
			continue
		case !n.Item().Tracked:
			w.settle(channel.StockRefused, b.fail(channel.ErrConflict, "",
				"the shop does not track the stock of listing %s, so a quantity limits nothing: turn tracking on", w.level.Listing.ID))
			continue
		}
		w.item = tail(n.Item().ID)
		if l := n.Item().Level; l == nil || !l.IsActive {
			if err := b.activate(ctx, w); err != nil {
				return err
			}
			continue
		}
		b.c.stock.learn(keyOf(w.level, at), w.item)
	}
	return nil
}

// stockID is the global id a listing's stock is asked for by: the variant's,
// since a handle may be wrong, or the inventory item's where the grant does not
// show variants.
func (c *Channel) stockID(a admin.Access, ref channel.ListingRef) string {
	if a.Products && ref.ID != "" {
		return gid("ProductVariant", string(ref.ID))
	}
	return gid("InventoryItem", string(ref.Handle))
}

// stockStates reads listings at a location, by the ids they were asked for by.
func (c *Channel) stockStates(ctx context.Context, op string, a admin.Access, at channel.LocationID, ids []string) (map[string]*admin.StockNode, error) {
	query := admin.StockStatesByItem
	if a.Products {
		query = admin.StockStates
	}
	var data struct {
		Nodes []*admin.StockNode `json:"nodes"`
	}
	cl := call{
		op: op, name: "StockStates", query: query, cost: admin.StockStatesCost, repeat: transport.Read,
		vars: map[string]any{"ids": ids, "location": gid("Location", string(at))},
	}
	denied, _, err := c.do(ctx, cl, &data)
	if err != nil {
		return nil, err
	}
	if len(denied) > 0 {
		return nil, c.denied(cl, denied)
	}
	out := make(map[string]*admin.StockNode, len(data.Nodes))
	for _, n := range data.Nodes {
		if n != nil {
			out[n.ID] = n
		}
	}
	return out, nil
}

// activate stocks a listing at a location with its quantity at once: before it
// nothing can be sold there, so there is nothing to compare with. Zero needs no
// stocking.
func (b *stockWriter) activate(ctx context.Context, w *write) error {
	if w.level.Quantity == 0 {
		w.settle(channel.StockApplied, nil)
		w.result.Current = new(int64(0))
		return nil
	}
	var data struct {
		Activate *struct {
			Level *struct {
				IsActive bool `json:"isActive"`
			} `json:"inventoryLevel"`
			Errors []userError `json:"userErrors"`
		} `json:"inventoryActivate"`
	}
	cl := call{op: b.op, name: "Activate", query: admin.Activate, cost: admin.ActivateCost, repeat: transport.Idempotent, vars: map[string]any{
		"item": gid("InventoryItem", w.item), "location": gid("Location", string(w.at)), "available": w.level.Quantity, "key": rand.Text(),
	}}
	doubt, err := b.keyed(ctx, cl, &data)
	if err != nil {
		if errors.Is(err, channel.ErrUnsure) {
			b.sent = true
			w.settle(channel.StockUnsure, err)
			return nil
		}
		return err
	}
	b.sent = true
	switch a := data.Activate; {
	case a == nil || len(a.Errors) == 0 && a.Level == nil:
		w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, "", "the answer does not say what became of the level"))
	case len(a.Errors) == 0:
		b.c.stock.learn(keyOf(w.level, w.at), w.item)
		w.settle(channel.StockApplied, nil)
	case strings.Contains(a.Errors[0].Message, "already active"):
		// Somebody stocked it meanwhile, or our first attempt did: the usual
		// write decides. After a doubt it finds its own quantity.
		b.c.stock.learn(keyOf(w.level, w.at), w.item)
		if doubt {
			b.reread(ctx, w.at, []*write{w}, true)
		}
	case strings.Contains(a.Errors[0].Message, "idempotency"):
		w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, "", "%s", a.Errors[0].Message))
	case strings.Contains(a.Errors[0].Message, "found"):
		w.settle(channel.StockRefused, b.fail(channel.ErrStaleHandle, "", "%s", a.Errors[0].Message))
	default:
		w.settle(channel.StockRefused, b.fail(channel.ErrInvalid, "", "%s", a.Errors[0].Message))
	}
	return nil
}

// keyed sends a call that has an idempotency key. When the outcome is unknown
// after one attempt it sends the same again, once; transport has done so
// already where the connection broke. doubt says that an earlier attempt than
// the one answered may have been applied.
func (b *stockWriter) keyed(ctx context.Context, cl call, out any) (doubt bool, err error) {
	for try := 0; ; try++ {
		under := cl.under(ctx)
		_, _, err = b.c.do(under, cl, out)
		doubt = doubt || transport.Doubtful(under)
		if !errors.Is(err, channel.ErrUnsure) {
			if err != nil && doubt {
				return true, b.fail(channel.ErrUnsure, "", "an earlier attempt got no answer, the last: %s", err)
			}
			return doubt, err
		}
		doubt = true
		if try > 0 || transport.Attempts(under) > 1 || ctx.Err() != nil {
			return true, err
		}
	}
}

// setAnswer is what inventorySetQuantities answers.
type setAnswer struct {
	Set *struct {
		Group  *admin.Ref  `json:"inventoryAdjustmentGroup"`
		Errors []userError `json:"userErrors"`
	} `json:"inventorySetQuantities"`
}

// stale is the code of a line that is no longer as expected.
const stale = "CHANGE_FROM_QUANTITY_STALE"

// refusedLevels classifies the errors of a line of inventorySetQuantities. What
// is absent here is ErrInvalid.
var refusedLevels = map[string]error{
	"INVALID_INVENTORY_ITEM":                       channel.ErrStaleHandle,
	"INVALID_LOCATION":                             channel.ErrNotFound,
	"NON_MUTABLE_INVENTORY_ITEM":                   channel.ErrInvalid, // a bundle's
	"INVALID_QUANTITY_NEGATIVE":                    channel.ErrInvalid,
	"INVALID_QUANTITY_TOO_HIGH":                    channel.ErrInvalid,
	"INVALID_QUANTITY_TOO_LOW":                     channel.ErrInvalid,
	"NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": channel.ErrInvalid,
}

// refusedSets classifies the errors of a whole call: nothing of it was applied.
var refusedSets = map[string]error{
	"IDEMPOTENCY_CONCURRENT_REQUEST":      channel.ErrUnsure,      // an attempt under this key is still at work
	"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": channel.ErrUnavailable, // worth a new key
	"IDEMPOTENCY_KEY_PARAMETER_MISMATCH":  channel.ErrInvalid,
	"SERVICE_UNAVAILABLE":                 channel.ErrUnavailable,
	"INVALID_NAME":                        channel.ErrInvalid,
	"INVALID_REASON":                      channel.ErrInvalid,
	"INVALID_REFERENCE_DOCUMENT":          channel.ErrInvalid,
}

// Waits for an attempt that is still at work.
const (
	maxConcurrent  = 3
	concurrentWait = time.Second
)

// round sends writes once and settles those it is told about: all when the call
// is taken, those at fault when it is not.
func (b *stockWriter) round(ctx context.Context, writes []*write) error {
	key := rand.Text()
	input := admin.SetInput{
		Name: "available", Reason: "correction", Document: "gid://penstock/Stock/" + key,
		Quantities: make([]admin.SetLevel, len(writes)),
	}
	for i, w := range writes {
		input.Quantities[i] = admin.SetLevel{
			Item: gid("InventoryItem", w.item), Location: gid("Location", string(w.at)), Quantity: w.level.Quantity, From: w.level.Expect,
		}
	}
	cl := call{
		op: b.op, name: "SetQuantities", query: admin.SetQuantities, cost: admin.SetQuantitiesCost, repeat: transport.Idempotent,
		vars: map[string]any{"input": input, "key": key},
	}
	doubt := false
	for waits := 0; ; waits++ {
		var data setAnswer
		again, err := b.keyed(ctx, cl, &data)
		doubt = doubt || again
		if err == nil && data.Set == nil {
			err = b.fail(channel.ErrUnsure, "", "the answer does not say what became of the levels")
		}
		if err != nil {
			return b.lost(writes, err)
		}
		if len(data.Set.Errors) == 0 {
			b.sent = true
			for _, w := range writes {
				w.settle(channel.StockApplied, nil)
			}
			return nil
		}
		if data.Set.Errors[0].Code == "IDEMPOTENCY_CONCURRENT_REQUEST" {
			doubt = true
			if waits < maxConcurrent && wait(ctx, concurrentWait) == nil {
				continue
			}
		}
		return b.judge(ctx, writes, data.Set.Errors, doubt)
	}
}

// lost is a call without an answer that helps.
func (b *stockWriter) lost(writes []*write, err error) error {
	if !errors.Is(err, channel.ErrUnsure) {
		return err
	}
	b.sent = true
	for _, w := range writes {
		w.settle(channel.StockUnsure, err)
	}
	return err
}

// judge settles the writes that a refused call names. Nothing of the call was
// applied, but after a doubt an earlier attempt may have been.
func (b *stockWriter) judge(ctx context.Context, writes []*write, errs []userError, doubt bool) error {
	var moved []*write
	settled := false
	for _, e := range errs {
		i, named := lineOf(e.Field)
		named = named && i < len(writes)
		switch class, known := refusedSets[e.Code]; {
		case e.Code == stale && named:
			moved = append(moved, writes[i])
		case e.Code == stale:
			moved = writes // which one, the levels themselves tell
		case named && !known:
			class, ok := refusedLevels[e.Code]
			if !ok {
				class = channel.ErrInvalid
			}
			if e.Code == "INVALID_INVENTORY_ITEM" {
				b.c.stock.learn(keyOf(writes[i].level, writes[i].at), "")
			}
			writes[i].settle(channel.StockRefused, b.fail(class, e.Code, "%s", e.Message))
			settled = true
		case known && errors.Is(class, channel.ErrUnsure), doubt:
			return b.lost(writes, b.fail(channel.ErrUnsure, e.Code, "%s", e.Message))
		case e.Code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED":
			return nil // the next round has another key
		case known:
			return b.fail(class, e.Code, "%s", e.Message)
		default:
			return b.fail(channel.ErrInvalid, e.Code, "%s", e.Message)
		}
	}
	if len(moved) == 0 {
		if !settled {
			return b.lost(writes, b.fail(channel.ErrUnsure, errs[0].Code, "%s", errs[0].Message))
		}
		return nil
	}
	b.sent = true
	if doubt {
		// The first attempt may have been applied, all of it: every line is
		// read, not only those now called stale.
		moved = open(writes)
	}
	var order []channel.LocationID
	at := map[channel.LocationID][]*write{}
	for _, w := range moved {
		if at[w.at] == nil {
			order = append(order, w.at)
		}
		at[w.at] = append(at[w.at], w)
	}
	for _, l := range order {
		b.reread(ctx, l, at[l], doubt)
	}
	return nil
}

// reread reads back the levels of writes that were called stale and settles
// them. After a doubt a level that shows what was sent was written by us. A
// level that is as expected goes with the rest.
func (b *stockWriter) reread(ctx context.Context, at channel.LocationID, writes []*write, doubt bool) {
	ids := make([]string, len(writes))
	for i, w := range writes {
		ids[i] = gid("InventoryItem", w.item)
	}
	// What cannot be read stays unknown.
	nodes, _ := b.c.stockStates(ctx, b.op, admin.Access{}, at, ids)
	for i, w := range writes {
		var now *int64
		if n := nodes[ids[i]]; n != nil && n.Level != nil {
			now = n.Level.Of("available")
			if !n.Level.IsActive {
				b.c.stock.learn(keyOf(w.level, w.at), "")
			}
		}
		expect := w.level.Expect
		switch {
		case doubt && now == nil:
			w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, stale, "an earlier attempt got no answer, and the level could not be read"))
		case doubt && *now == w.level.Quantity:
			w.settle(channel.StockApplied, nil)
			w.result.Current = now
		case expect == nil:
			// Nothing was compared: it was another line.
		case now != nil && *now == *expect:
		default:
			w.settle(channel.StockStale, nil)
			w.result.Current = now
		}
	}
}

// lineOf returns the index in a field path such as input, quantities, 3,
// quantity.
func lineOf(field []string) (int, bool) {
	for i, f := range field {
		if f == "quantities" && i+1 < len(field) {
			n, err := strconv.Atoi(field[i+1])
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
