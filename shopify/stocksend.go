package shopify

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
	"github.com/penstock-go/penstock/shopify/internal/admin"
)

// keyed sends a call that has an idempotency key. When the outcome is unknown
// after one attempt it sends the same again, once; transport has done so
// already where the connection broke. doubt says that an earlier attempt than
// the one answered may have been applied.
func (b *stockSetter) keyed(ctx context.Context, cl call, out any) (doubt bool, err error) {
	for try := 0; ; try++ {
		under := cl.under(ctx)
		_, err = b.c.do(under, cl, out)
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
func (b *stockSetter) round(ctx context.Context, writes []*write) error {
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
func (b *stockSetter) lost(writes []*write, err error) error {
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
func (b *stockSetter) judge(ctx context.Context, writes []*write, errs []userError, doubt bool) error {
	var moved []*write
	settled := false
	for _, e := range errs {
		i, named := lineOf(e.Field)
		named = named && i < len(writes)
		switch class, known := refusedSets[e.Code]; {
		case e.Code == stale && named:
			moved = append(moved, writes[i])
		case e.Code == stale:
			moved, doubt = writes, true // which one, the levels themselves tell
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
		case e.Code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED":
			return nil // which settles a doubt too; the next round has another key
		case known && errors.Is(class, channel.ErrUnsure), doubt:
			return b.lost(writes, b.fail(channel.ErrUnsure, e.Code, "%s", e.Message))
		case known:
			return b.fail(class, e.Code, "%s", e.Message)
		default:
			return b.fail(channel.ErrInvalid, e.Code, "%s", e.Message)
		}
	}
	// That nothing of a refused call is applied is believed. A line of an earlier
	// one that still compares as it did proves it.
	b.whole = b.whole || slices.ContainsFunc(open(writes), func(w *write) bool {
		return w.tried && w.level.Expect != nil && *w.level.Expect != w.level.Quantity && !slices.Contains(moved, w)
	})
	for _, w := range writes {
		w.tried = w.tried && !b.whole
	}
	defer func() {
		for _, w := range writes {
			w.tried = !b.whole && len(writes) > 1
		}
	}()
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
// them. After a doubt, or a refusal for other levels, one that shows what was
// sent was written by us. A level that is as expected goes with the rest.
func (b *stockSetter) reread(ctx context.Context, at channel.LocationID, writes []*write, doubt bool) {
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
		case now != nil && *now == w.level.Quantity && (doubt || w.tried):
			w.settle(channel.StockApplied, nil)
			w.result.Current = now
		case expect == nil:
			// Nothing was compared: it was another line.
		case now != nil && *now == *expect:
		case w.tried:
			// Written and then sold from, or never written.
			w.settle(channel.StockUnsure, b.fail(channel.ErrUnsure, stale, "refused for other levels, and no longer as expected"))
			w.result.Current = now
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
