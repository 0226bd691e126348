package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/ebay"
	"github.com/penstock-go/penstock/shopify"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

// engineEnv marks the child process that runs the engine.
const engineEnv = "PENSTOCK_QUICKSTART_ENGINE"

// The credentials the fakes take.
const (
	shopifyToken     = "shpat_fake"
	bigcommerceToken = "fake-access-token"
	storeHash        = "fakestore"
	amazonSeller     = "A3TESTSELLER01"
	ebaySeller       = "testseller"
)

var amazonGrant = amazon.Credentials{
	ClientID: "amzn1.application-oa2-client.fake", ClientSecret: "amzn1.oa2-cs.v1.fake", RefreshToken: "Atzr|fake-refresh-token",
}

var ebayGrant = ebay.Credentials{
	ClientID: "PenstockT-fake-PRD-0000000000000000-00000000", ClientSecret: "PRD-0000000000000000-fake",
	RefreshToken: "v^1.1#i^1#p^3#r^1#f^0#I^3#t^fakeRefreshToken=", Scopes: ebay.AllScopes(),
}

// The channels' names.
const (
	shopifyID     channel.ID = "shopify"
	bigcommerceID channel.ID = "bigcommerce"
	amazonID      channel.ID = "amazon"
	ebayID        channel.ID = "ebay"
)

// The lags of the real marketplaces, which -quota divides: how long Shopify's
// search index and BigCommerce's inventory may be behind.
const (
	shopifyLag     = 3 * time.Second
	bigcommerceLag = 3 * time.Second
)

// auditEvery is how long a listing's quantity may go unread; -quota divides it
// too.
const auditEvery = 2 * time.Hour

// memory is what the engine's heap tries to stay below, bytes: above it garbage
// is collected as it comes. A service sets GOMEMLIMIT.
const memory = 80 << 20

// engineMain is the child: a seller's service with the engine inside. It ends
// when its input ends.
func engineMain(in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(memory)
	r := bufio.NewReaderSize(in, 1<<16)
	first, err := r.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no setup: %w", err)
	}
	var s setup
	if err := json.Unmarshal(first, &s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	tell := &lines{w: out}

	store, err := sqlitestore.Open(s.Store)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	channels, err := channels(s)
	if err != nil {
		return err
	}
	engine, err := channelsync.New(channelsync.Config{
		Store:    &pausing{Store: store, at: int64(s.PauseAt), tell: tell},
		Channels: channels,
		Overlap:  scaled(5*time.Minute, s.Quota, time.Second),
		Stock: channelsync.StockConfig{
			AuditEvery:  scaled(auditEvery, s.Quota, 30*time.Second),
			TicketEvery: scaled(30*time.Second, s.Quota, 100*time.Millisecond),
		},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	for _, ch := range channels {
		if !s.Still {
			break
		}
		if err := engine.Pause(context.Background(), ch.ID(), channelsync.LaneStock, "no quantity is to be written"); err != nil {
			return err
		}
	}
	w := &warehouse{engine: engine}
	engine.OnOrder("warehouse", w.order)

	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	go w.again(ctx)
	go tellLag(ctx, engine, tell)
	if err := tell.write(report{Ready: true}); err != nil {
		cancel()
		return errors.Join(err, <-done)
	}
	carry := func(of []command, err error) {
		if ctx.Err() != nil {
			return // the next life carries them out
		}
		for _, c := range of {
			rep := report{Ack: c.ID}
			if err != nil {
				rep.Error = err.Error()
			}
			_ = tell.write(rep)
		}
	}
	entries := make(chan command, 2*batch)
	go func() {
		for c := range entries {
			of := []command{c}
			for len(of) < batch && len(entries) > 0 {
				of = append(of, <-entries)
			}
			carry(of, enter(ctx, store, engine, of))
		}
	}()
	err = scan(r, func(c command) error {
		switch c.Op {
		case "count", "adjust":
			entries <- c
		default: // some wait
			go func() { carry([]command{c}, do(ctx, engine, w, c)) }()
		}
		return nil
	})
	cancel()
	close(entries)
	err = errors.Join(err, <-done)
	_ = tell.write(report{Peak: peakBytes(os.Getpid())})
	return err
}

// channels connects the seller's shops.
func channels(s setup) ([]channel.Channel, error) {
	poll := scaled(60*time.Second, s.Quota, 300*time.Millisecond)
	shop, err := shopify.New(shopify.Config{
		ID: shopifyID, Shop: "penstock-test", Token: shopifyToken, Endpoint: s.Shopify,
		Lag: scaled(30*time.Second, s.Quota, 50*time.Millisecond), PollEvery: poll,
	})
	if err != nil {
		return nil, err
	}
	store, err := bigcommerce.New(bigcommerce.Config{
		ID: bigcommerceID, StoreHash: storeHash, Token: bigcommerceToken, Endpoint: s.BigCommerce,
		Lag:           scaled(20*bigcommerceLag, s.Quota, 100*time.Millisecond),
		VisibilityLag: scaled(30*time.Second, s.Quota, 50*time.Millisecond), PollEvery: poll,
	})
	if err != nil {
		return nil, err
	}
	if s.Amazon == "" {
		return []channel.Channel{shop, store}, nil
	}
	seller, err := amazon.New(amazon.Config{
		ID: amazonID, SellerID: amazonSeller, MarketplaceIDs: []string{s.AmazonSite}, Application: "penstock-quickstart",
		Credentials: amazonGrant, Endpoint: s.Amazon, TokenEndpoint: s.Amazon + "/auth/o2/token",
		Lag: scaled(2*time.Minute, s.Quota, 50*time.Millisecond), EffectLag: scaled(5*time.Minute, s.Quota, 100*time.Millisecond),
		PollEvery: scaled(2*time.Minute, s.Quota, 300*time.Millisecond), FeedFrom: feedFrom,
	})
	if err != nil {
		return nil, err
	}
	if s.Ebay == "" {
		return []channel.Channel{shop, store, seller}, nil
	}
	account, err := ebay.New(ebay.Config{
		ID: ebayID, Seller: ebaySeller, Marketplaces: []string{s.EbaySite}, Credentials: ebayGrant, Endpoint: s.Ebay,
		Lag: scaled(30*time.Second, s.Quota, 50*time.Millisecond), EffectLag: scaled(5*time.Minute, s.Quota, 100*time.Millisecond),
		PollEvery: scaled(2*time.Minute, s.Quota, 300*time.Millisecond), FeedFrom: feedFrom, Hold: scaled(5*24*time.Hour, s.Quota, time.Second),
	})
	if err != nil {
		return nil, err
	}
	return []channel.Channel{shop, store, seller, account}, nil
}

// feedFrom is how many quantities go to Amazon as one feed: fewer than a seller
// would send one for, so that three hundred goods come to need one.
const feedFrom = 50

// scaled divides a duration by the quota factor, down to a least.
func scaled(d time.Duration, quota float64, least time.Duration) time.Duration {
	return max(least, time.Duration(float64(d)/quota))
}

// batch is how many quantities, or commands, one transaction takes.
const batch = 500

// enter books counts and adjustments, many in one transaction.
func enter(ctx context.Context, store channelsync.Store, engine *channelsync.Engine, of []command) error {
	type entry struct {
		unitsOf
		op, key string
	}
	var all []entry
	for _, c := range of {
		for i, u := range c.Units {
			all = append(all, entry{u, c.Op, fmt.Sprintf("%s/%d", c.Key, i)})
		}
	}
	for some := range slices.Chunk(all, batch) {
		err := store.Update(ctx, func(tx channelsync.Tx) error {
			for _, e := range some {
				book := engine.CountTx
				if e.op == "adjust" {
					book = engine.AdjustTx
				}
				if err := book(ctx, tx, e.SKU, e.N, channelsync.Entry{Key: e.key}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// do carries out what else the seller says.
func do(ctx context.Context, engine *channelsync.Engine, w *warehouse, c command) error {
	switch c.Op {
	case "correct":
		return w.correct(ctx, c)
	case "imported":
		return imported(ctx, engine, c.At)
	}
	return fmt.Errorf("no such command: %s", c.Op)
}

// imported waits until every channel's orders are stored up to a time.
func imported(ctx context.Context, engine *channelsync.Engine, at time.Time) error {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		states, err := engine.State(ctx)
		if err != nil {
			return err
		}
		behind := false
		for _, s := range states {
			for _, l := range s.Lanes {
				behind = behind || l.Lane == channelsync.LaneImport && !l.Watermark.After(at)
			}
		}
		if !behind {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// warehouse ships every order as soon as it hears of it: in one parcel, or in
// two where the buyer asks for that, as with every third order of two lines or
// more. The order itself tells, so every life of the engine packs alike.
type warehouse struct{ engine *channelsync.Engine }

// carrierOf is whom the warehouse gives an order's parcels to.
func carrierOf(ref channelsync.OrderRef) string {
	return [...]string{"ups", "fedex", "usps"}[crc32.ChecksumIEEE([]byte(ref.String()))%3]
}

// trackingOf is what the tracking numbers of a part of an order begin with; the
// number of the parcel follows.
func trackingOf(ref channelsync.OrderRef, part int) string {
	return fmt.Sprintf("TRK%08X%d", crc32.ChecksumIEEE([]byte(ref.String())), part)
}

// part tells in which of two parcels a line is. Both the warehouse and the
// comparison go by it.
func part(index, shippable int) int {
	if index < (shippable+1)/2 {
		return 0
	}
	return 1
}

func (w *warehouse) order(ctx context.Context, e channelsync.OrderEvent) error {
	return w.ship(ctx, channelsync.OrderRef{Channel: e.Channel, ID: e.Order.ID}, &e.Order)
}

// ship sends what is open and in no parcel yet.
func (w *warehouse) ship(ctx context.Context, ref channelsync.OrderRef, o *channel.Order) error {
	if o.Status.Value == channel.OrderCancelled {
		return nil
	}
	parcels, err := w.engine.Shipments(ctx, ref)
	if err != nil {
		return err
	}
	packed := map[channel.LineID]int64{}
	for _, p := range parcels {
		if p.State == channelsync.ShipmentRefused {
			continue
		}
		for _, l := range p.Lines {
			packed[l.Line] += l.Quantity
		}
	}
	var ours []channel.Line
	for _, l := range o.Lines {
		if l.FulfilledBy.Value == channel.BySeller {
			ours = append(ours, l)
		}
	}
	wish := string(o.Note) + string(o.Recipient.Instructions)
	two := len(ours) >= 2 && strings.HasSuffix(wish, twoParcels)
	var contents [2][]channelsync.ShipmentLine
	for i, l := range ours {
		n := l.Ordered - l.Cancelled - l.Unshipped - max(l.Shipped, packed[l.ID])
		if n <= 0 {
			continue
		}
		k := 0
		if two {
			k = part(i, len(ours))
		}
		contents[k] = append(contents[k], channelsync.ShipmentLine{Line: l.ID, Quantity: n})
	}
	for k, lines := range contents {
		if len(lines) == 0 {
			continue
		}
		seq := len(parcels) + 1
		err := w.engine.Ship(ctx, channelsync.Shipment{
			Key: fmt.Sprintf("%s/%d", ref, seq), Order: ref, Lines: lines,
			Carrier: carrierOf(ref), Tracking: fmt.Sprintf("%s%02d", trackingOf(ref, k), seq),
		})
		if err != nil && !errors.Is(err, channelsync.ErrNothingToShip) {
			return err
		}
		parcels = append(parcels, channelsync.ShipmentStatus{})
	}
	return nil
}

// rest is how long a refused parcel's order is left alone: by then what
// changed it is imported.
const rest = 5 * time.Second

// again packs anew what a marketplace refused because its order had changed
// meanwhile.
func (w *warehouse) again(ctx context.Context) {
	tried := map[channelsync.OrderRef]time.Time{}
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		parked, err := w.engine.Parked(ctx, channelsync.ParkedFilter{Kind: "shipment"})
		if err != nil {
			continue
		}
		for _, p := range parked {
			ch, key, _ := strings.Cut(p.Ref, "/")
			id, _, _ := strings.Cut(key, "/")
			ref := channelsync.OrderRef{Channel: channel.ID(ch), ID: channel.OrderID(id)}
			if time.Since(tried[ref]) < rest {
				continue
			}
			tried[ref] = time.Now()
			if o, err := w.engine.Order(ctx, ref); err == nil {
				_ = w.ship(ctx, ref, &o.Order) // what fails is tried again
			}
		}
	}
}

// correct replaces the tracking number of an order's first parcel.
func (w *warehouse) correct(ctx context.Context, c command) error {
	ch, id, _ := strings.Cut(c.Order, "/")
	ref := channelsync.OrderRef{Channel: channel.ID(ch), ID: channel.OrderID(id)}
	parcels, err := w.engine.Shipments(ctx, ref)
	if err != nil {
		return err
	}
	if len(parcels) == 0 {
		return fmt.Errorf("order %s has no parcel", ref)
	}
	t := parcels[0].Tracking
	t.Number = c.To
	return w.engine.CorrectTracking(ctx, parcels[0].Key, t)
}

// pausing is a store that stops in the middle of one commit of a page of
// orders, written and not committed, so that the process can be killed there.
type pausing struct {
	channelsync.Store
	at   int64
	n    atomic.Int64
	tell *lines
}

func (p *pausing) Update(ctx context.Context, f func(channelsync.Tx) error) error {
	return p.Store.Update(ctx, func(tx channelsync.Tx) error {
		t := &pausingTx{Tx: tx}
		if err := f(t); err != nil {
			return err
		}
		if t.orders > 0 && p.at > 0 && p.n.Add(1) == p.at {
			_ = p.tell.write(report{At: "commit"})
			<-time.After(30 * time.Second) // the parent kills us here
		}
		return nil
	})
}

type pausingTx struct {
	channelsync.Tx
	orders int
}

func (t *pausingTx) PutOrders(ctx context.Context, rows []channelsync.OrderRow) error {
	t.orders += len(rows)
	return t.Tx.PutOrders(ctx, rows)
}
