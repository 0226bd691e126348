// Command inventory runs the engine over a Shopify shop and a BigCommerce store
// of one seller and keeps what both show level: after a count, after a sale on
// either, after goods came in. In the end it explains how the number came about.
//
// On two fake marketplaces:
//
//	go run ./examples/inventory
//
// On shops of your own, for one SKU and the units of it in the house. Nothing is
// written unless -write is given; without, what would be sent is logged:
//
//	SHOPIFY_TOKEN=… BIGCOMMERCE_TOKEN=… go run ./examples/inventory \
//		-shopify acme -bigcommerce abc123 -sku MUG-01 -count 25 -for 2m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "inventory:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("inventory", flag.ContinueOnError)
	shopName := flags.String("shopify", "", "a Shopify shop's `name`; its token is read from SHOPIFY_TOKEN")
	storeHash := flags.String("bigcommerce", "", "a BigCommerce store's `hash`; its token is read from BIGCOMMERCE_TOKEN")
	sku := flags.String("sku", "MUG-01", "what to keep level")
	count := flags.Int64("count", 20, "units of it in the house")
	write := flags.Bool("write", false, "write to real shops; needs -sku and -count")
	most := flags.Duration("for", time.Minute, "how long to run at most")
	if err := flags.Parse(args); err != nil {
		return err
	}
	live := *shopName != "" || *storeHash != ""
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no option", flags.Arg(0))
	case *most < 10*time.Second:
		return fmt.Errorf("-for %v: at least 10s are needed", *most)
	case *write && !live:
		return errors.New("-write needs -shopify or -bigcommerce: the fakes are written to as they are")
	case *write && !(given["sku"] && given["count"]):
		return errors.New("-write needs -sku and -count: what is written to a real shop is said, not assumed")
	case *shopName != "" && os.Getenv("SHOPIFY_TOKEN") == "":
		return errors.New("SHOPIFY_TOKEN is empty: set it to the shop's access token")
	case *storeHash != "" && os.Getenv("BIGCOMMERCE_TOKEN") == "":
		return errors.New("BIGCOMMERCE_TOKEN is empty: set it to the store's access token")
	}
	ctx, cancel := context.WithTimeout(ctx, *most)
	defer cancel()

	var fakes *market
	var channels []channel.Channel
	var err error
	if live {
		channels, err = realShops(*shopName, *storeHash)
	} else if fakes, err = newMarket(*sku); err == nil {
		channels, err = fakes.channels()
	}
	if err != nil {
		return err
	}

	dir, err := os.MkdirTemp("", "penstock-inventory-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := sqlitestore.Open(filepath.Join(dir, "penstock.db"))
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	config := channelsync.Config{Store: store, Channels: channels, ImportSince: time.Now().Add(-60 * 24 * time.Hour)}
	if live {
		config.DryRun = !*write
		config.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	engine, err := channelsync.New(config)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- engine.Run(running) }()

	// A count is of everything in the house, sold and not yet packed included.
	if err = engine.Count(ctx, *sku, *count); err == nil {
		if live {
			<-ctx.Done()
		} else {
			err = fakes.play(ctx, engine, stdout, *sku, *count)
		}
	}
	if err == nil {
		err = explain(context.WithoutCancel(ctx), engine, stdout, *sku)
	}
	stop()
	return errors.Join(err, <-done, unreached(context.WithoutCancel(ctx), engine))
}

// unreached is an error for each channel that never answered as it should.
func unreached(ctx context.Context, engine *channelsync.Engine) error {
	channels, err := engine.State(ctx)
	errs := []error{err}
	for _, c := range channels {
		if c.ProbedAt.IsZero() {
			errs = append(errs, fmt.Errorf("%s was never reached: %s", c.Channel, c.Problem))
		}
	}
	return errors.Join(errs...)
}

// explain prints how an item stands and why its listings show what they show.
func explain(ctx context.Context, engine *channelsync.Engine, stdout io.Writer, sku string) error {
	items, err := engine.Stock(ctx, "", sku)
	if err != nil {
		return err
	}
	for _, item := range items {
		fmt.Fprintf(stdout, "\n%s: %d on hand, %d reserved for orders, %d available\n", item.SKU, item.OnHand, item.Reserved, item.Available)
		for _, l := range item.Listings {
			shown := "unknown"
			if l.Shown != nil {
				shown = strconv.FormatInt(*l.Shown, 10)
			}
			fmt.Fprintf(stdout, "  %s shows %s, wanted %d: %s\n", l.Channel, shown, l.Wanted, l.Why)
			for line := range strings.Lines(l.Detail) {
				fmt.Fprint(stdout, "    ", line)
			}
			fmt.Fprintln(stdout)
		}
	}
	ledger, err := engine.Ledger(ctx, "", sku, 10)
	for _, entry := range ledger {
		fmt.Fprintf(stdout, "  %s: %s %+d %s\n", entry.At.UTC().Format(time.TimeOnly), entry.Kind, entry.Delta, entry.Note)
	}
	return err
}

// network leads to the real shops; nil is the usual one, and a test has its own.
var network http.RoundTripper

func realShops(shop, hash string) ([]channel.Channel, error) {
	var channels []channel.Channel
	if shop != "" {
		c, err := shopify.New(shopify.Config{Shop: shop, Token: channel.Secret(os.Getenv("SHOPIFY_TOKEN")), Transport: network})
		if err != nil {
			return nil, err
		}
		channels = append(channels, c)
	}
	if hash != "" {
		c, err := bigcommerce.New(bigcommerce.Config{StoreHash: hash, Token: channel.Secret(os.Getenv("BIGCOMMERCE_TOKEN")), Transport: network})
		if err != nil {
			return nil, err
		}
		channels = append(channels, c)
	}
	return channels, nil
}

// market is two fake marketplaces, faster than the real ones: what they are
// behind by is a fraction of a second.
type market struct {
	shop  *shopifytest.Fake
	store *bigcommercetest.Fake
}

func newMarket(sku string) (*market, error) {
	m := &market{
		shop:  shopifytest.New(shopifytest.Config{IndexLag: -1}),
		store: bigcommercetest.New(bigcommercetest.Config{EffectLag: 200 * time.Millisecond}),
	}
	_, err := m.shop.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{{SKU: sku, Available: 3}}})
	if err != nil {
		return nil, err
	}
	_, err = m.store.AddProduct(bigcommercetest.NewProduct{SKU: sku, Name: "Mug", Tracking: bigcommercetest.TrackProduct, OnHand: 50})
	return m, err
}

func (m *market) channels() ([]channel.Channel, error) {
	sc := m.shop.Config()
	sc.ID, sc.PollEvery = "shopify", 500*time.Millisecond
	shop, err := shopify.New(sc)
	if err != nil {
		return nil, err
	}
	bc := m.store.Config()
	bc.ID, bc.PollEvery, bc.Lag, bc.VisibilityLag = "bigcommerce", 500*time.Millisecond, time.Second, time.Second
	store, err := bigcommerce.New(bc)
	if err != nil {
		return nil, err
	}
	return []channel.Channel{shop, store}, nil
}

// play lets things happen and waits until both marketplaces follow.
func (m *market) play(ctx context.Context, engine *channelsync.Engine, stdout io.Writer, sku string, free int64) error {
	steps := []struct {
		what string
		free int64 // less or more
		do   func() error
	}{
		{"the seller counts", 0, func() error { return nil }},
		{"a buyer takes 3 on Shopify", -3, func() error {
			_, err := m.shop.PlaceOrder(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: sku, Quantity: 3}}})
			return err
		}},
		{"a crate of 12 comes in", +12, func() error {
			return engine.Receive(ctx, sku, 12, channelsync.Entry{Key: "delivery-77", Note: "from the potter"})
		}},
		{"a buyer takes 2 on BigCommerce", -2, func() error {
			_, err := m.store.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: sku, Quantity: 2}}})
			return err
		}},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return err
		}
		free += s.free
		began := time.Now()
		shop, store, err := m.level(ctx, sku, free)
		fmt.Fprintf(stdout, "%-32s Shopify shows %d, BigCommerce %d, after %.1f s\n", s.what+":", shop, store, time.Since(began).Seconds())
		if err != nil {
			return err
		}
	}
	return nil
}

// level waits until both marketplaces themselves show a quantity.
func (m *market) level(ctx context.Context, sku string, want int64) (shop, store int64, err error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		shop = int64(m.shop.Available(sku, ""))
		if store, err = m.store.Available(sku); err != nil {
			return shop, store, err
		}
		if shop == want && store == want {
			return shop, store, nil
		}
		select {
		case <-ctx.Done():
			return shop, store, fmt.Errorf("both should show %d: %w", want, ctx.Err())
		case <-tick.C:
		}
	}
}
