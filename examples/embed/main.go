// Command embed is a small web service with the engine inside: other programs
// tell it over HTTP what left and what was counted, and ask how things stand.
//
//	POST /shipments  {"order": "shopify/5550001112223", "carrier": "ups", "tracking": "1Z…"}
//	POST /stock      {"sku": "MUG-01", "quantity": 25}
//	GET  /state
//
// On a fake Shopify shop with one order, whose name is printed:
//
//	go run ./examples/embed
//
// On a shop of your own. Parcels and stock that are posted are then written to
// it; the service itself has no login, so it listens on this machine only:
//
//	PENSTOCK_TOKEN=… go run ./examples/embed -shopify acme -db penstock.db
//
// It ends on an interrupt: requests in progress are answered, calls in hand are
// finished and stored, and the file is closed. A kill instead loses nothing.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	shopName := flags.String("shopify", "", "a Shopify shop's `name`, its token read from PENSTOCK_TOKEN; a fake one without")
	path := flags.String("db", "", "the engine's `file`; a temporary one without")
	addr := flags.String("addr", "127.0.0.1:8080", "where to listen")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no option", flags.Arg(0))
	}

	config := shopify.Config{Shop: *shopName, Token: channel.Secret(os.Getenv("PENSTOCK_TOKEN"))}
	switch {
	case *shopName != "" && config.Token == "":
		return errors.New("PENSTOCK_TOKEN is empty: set it to the shop's access token")
	case *shopName == "":
		if config, err = fakeShop(); err != nil {
			return err
		}
	}
	config.ID = "shopify" // stored with every order: it must never change
	shop, err := shopify.New(config)
	if err != nil {
		return err
	}

	if *path == "" {
		dir, err := os.MkdirTemp("", "penstock-embed-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		*path = filepath.Join(dir, "penstock.db")
	}
	store, err := sqlitestore.Open(*path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}, Logger: logger})
	if err != nil {
		return err
	}
	// Told after an order is stored; an error here brings the event again later
	// and holds nothing else up.
	engine.OnOrder("log", func(_ context.Context, e channelsync.OrderEvent) error {
		fmt.Fprintf(stdout, "%s: order %s, %s/%s\n", e.Kind, e.Order.Number, e.Channel, e.Order.ID)
		return nil
	})

	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(engine), ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr())

	running, stop := context.WithCancel(ctx)
	defer stop()
	served, ran := make(chan error, 1), make(chan error, 1)
	go func() {
		defer stop() // either ends both
		served <- server.Serve(listener)
	}()
	go func() {
		defer stop()
		ran <- engine.Run(running)
	}()
	<-running.Done()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = server.Shutdown(late) // waits for the requests in progress
	if err = <-served; errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-ran)
}

// handler answers for the engine. Its methods only store what is to be done, so
// an answer comes at once whatever the marketplace is doing. It takes nothing
// from web pages; whoever else reaches it may do anything: put your own
// authentication before it.
func handler(engine *channelsync.Engine) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /shipments", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Order, Carrier, Tracking string }
		if !decode(w, r, &in) {
			return
		}
		id, order, _ := strings.Cut(in.Order, "/")
		answer(w, engine.Ship(r.Context(), channelsync.Shipment{
			Order:   channelsync.OrderRef{Channel: channel.ID(id), ID: channel.OrderID(order)},
			Carrier: in.Carrier, Tracking: in.Tracking,
		}))
	})
	mux.HandleFunc("POST /stock", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			SKU      string
			Quantity *int64
		}
		if !decode(w, r, &in) {
			return
		}
		if in.Quantity == nil { // nothing said is not a count of none
			http.Error(w, "quantity is missing: say how many there are", http.StatusBadRequest)
			return
		}
		answer(w, engine.Count(r.Context(), in.SKU, *in.Quantity))
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		state, err := engine.State(r.Context())
		if err != nil {
			answer(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(state)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

func decode(w http.ResponseWriter, r *http.Request, in any) bool {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	body.DisallowUnknownFields()
	if err := body.Decode(in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, channelsync.ErrNotImported), errors.Is(err, channel.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, channelsync.ErrNothingToShip):
		http.Error(w, err.Error(), http.StatusConflict)
	case errors.Is(err, channel.ErrInvalid):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// fakeShop is a shop that has sold something, and is asked for orders often.
func fakeShop() (shopify.Config, error) {
	fake := shopifytest.New(shopifytest.Config{IndexLag: -1})
	_, err := fake.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{{SKU: "MUG-01", Available: 10}}})
	if err != nil {
		return shopify.Config{}, err
	}
	_, err = fake.PlaceOrder(shopifytest.NewOrder{
		Lines:   []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}},
		Address: &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Springfield", Zip: "12345", CountryCode: "US"},
	})
	config := fake.Config()
	config.PollEvery = time.Second
	return config, err
}
