// Command fake serves the fake marketplaces on sockets, for a client in any
// language to be tried against: a Shopify shop, a BigCommerce store and seller
// accounts on Amazon and eBay, with goods, and with orders that keep coming. It prints the
// addresses, the tokens and a first call for each, and runs until it is
// interrupted.
//
//	go run ./examples/fake
//	go run ./examples/fake -shopify 127.0.0.1:9001 -bigcommerce 127.0.0.1:9002 -amazon 127.0.0.1:9003 -ebay 127.0.0.1:9004 -every 10s
//
// What they hold is in memory and ends with the program. docs/fakes.md tells
// what they do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"time"

	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/ebay/ebaytest"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "fake:", err)
		os.Exit(1)
	}
}

// goods are what all four sell.
var goods = []struct {
	sku, title, price string
	units             int
}{
	{"MUG-01", "Mug", "12.50", 120},
	{"BOWL-02", "Bowl", "19.90", 60},
	{"VASE-03", "Vase", "49.00", 8},
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("fake", flag.ContinueOnError)
	shopAddr := flags.String("shopify", "", "`address` of the Shopify shop; a free port without")
	storeAddr := flags.String("bigcommerce", "", "`address` of the BigCommerce store; a free port without")
	sellerAddr := flags.String("amazon", "", "`address` of the seller account on Amazon; a free port without")
	accountAddr := flags.String("ebay", "", "`address` of the seller account on eBay; a free port without")
	first := flags.Int("orders", 3, "orders that each begins with")
	every := flags.Duration("every", 0, "time between later orders; 0 is none")
	seed := flags.Uint64("seed", 1, "of what buyers buy")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no option", flags.Arg(0))
	case *first < 0 || *every < 0:
		return errors.New("-orders and -every are not below 0")
	}

	// Webhooks may go to this machine over plain HTTP, which the real ones
	// refuse.
	shop := shopifytest.New(shopifytest.Config{InsecureHooks: true})
	store := bigcommercetest.New(bigcommercetest.Config{AnyHookPort: true})
	seller := amazontest.New(amazontest.Config{})
	account := ebaytest.New(ebaytest.Config{})
	for _, g := range goods {
		_, err := shop.AddProduct(shopifytest.Product{
			Title: g.title, Variants: []shopifytest.Variant{{SKU: g.sku, Price: g.price, Available: g.units}},
		})
		if err != nil {
			return err
		}
		_, err = store.AddProduct(bigcommercetest.NewProduct{
			SKU: g.sku, Name: g.title, Price: g.price, Tracking: bigcommercetest.TrackProduct, OnHand: int64(g.units),
		})
		if err != nil {
			return err
		}
		_, err = seller.AddProduct(amazontest.NewProduct{SKU: g.sku, Title: g.title, Price: g.price, OnHand: int64(g.units)})
		if err != nil {
			return err
		}
		_, err = account.AddProduct(ebaytest.NewProduct{SKU: g.sku, Title: g.title, Price: g.price, OnHand: int64(g.units)})
		if err != nil {
			return err
		}
	}

	shopServer, err := shop.Serve(*shopAddr)
	if err != nil {
		return err
	}
	defer func() { _ = shopServer.Close() }()
	storeServer, err := store.Serve(*storeAddr)
	if err != nil {
		return err
	}
	defer func() { _ = storeServer.Close() }()
	sellerServer, err := seller.Serve(*sellerAddr)
	if err != nil {
		return err
	}
	defer func() { _ = sellerServer.Close() }()
	accountServer, err := account.Serve(*accountAddr)
	if err != nil {
		return err
	}
	defer func() { _ = accountServer.Close() }()

	sc, bc, ac, ec := shop.Config(), store.Config(), seller.Config(), account.Config()
	fmt.Fprintf(stdout, `Shopify, shop %[1]s, API version %[2]s
  url    %[3]s/admin/api/%[2]s/graphql.json
  token  %[4]s, in X-Shopify-Access-Token
  try    curl -s %[3]s/admin/api/%[2]s/graphql.json -H 'X-Shopify-Access-Token: %[4]s' \
           -H 'Content-Type: application/json' -d '{"query":"{ orders(first: 5) { nodes { name } } }"}'
`, shop.Shop(), shopifytest.Version, shopServer.URL, string(sc.Token))
	fmt.Fprintf(stdout, `BigCommerce, store %[1]s
  url    %[2]s/stores/%[1]s/v2 and /v3
  token  %[3]s, in X-Auth-Token
  try    curl -s %[2]s/stores/%[1]s/v2/orders -H 'X-Auth-Token: %[3]s' -H 'Accept: application/json'
`, bc.StoreHash, storeServer.URL, string(bc.Token))
	grant := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {ac.Credentials.ClientID},
		"client_secret": {string(ac.Credentials.ClientSecret)}, "refresh_token": {string(ac.Credentials.RefreshToken)},
	}.Encode()
	fmt.Fprintf(stdout, `Amazon, seller %[1]s, marketplace %[2]s; a new order is found after two minutes
  url    %[3]s, and %[3]s/auth/o2/token for a token, in x-amz-access-token
  grant  %[4]s
  try    T=$(curl -s %[3]s/auth/o2/token -d '%[4]s' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
         curl -s '%[3]s/orders/2026-01-01/orders?createdAfter=2026-01-01T00:00:00Z&marketplaceIds=%[2]s' \
           -H "x-amz-access-token: $T" -A 'try/1 (Language=curl)'
`, ac.SellerID, ac.MarketplaceIDs[0], sellerServer.URL, grant)
	grant = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(ec.Credentials.RefreshToken)}}.Encode()
	fmt.Fprintf(stdout, `eBay, seller %[1]s, marketplace %[2]s; a new order is found after fifteen seconds
  url    %[3]s, and %[3]s/identity/v1/oauth2/token for a token, in Authorization: Bearer
  keys   %[4]s:%[5]s
  grant  %[6]s
  try    T=$(curl -s %[3]s/identity/v1/oauth2/token -u '%[4]s:%[5]s' -d '%[6]s' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
         curl -s '%[3]s/sell/fulfillment/v1/order?limit=5' -H "Authorization: Bearer $T"
`, ec.Seller, ec.Marketplaces[0], accountServer.URL, ec.Credentials.ClientID, string(ec.Credentials.ClientSecret), grant)

	buyers := rand.New(rand.NewPCG(*seed, 0))
	for range *first {
		if err := buy(buyers, shop, store, seller, account, stdout); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "open; interrupt to close")
	var next <-chan time.Time
	if *every > 0 {
		tick := time.NewTicker(*every)
		defer tick.Stop()
		next = tick.C
	}
	hooks := time.NewTicker(time.Second)
	defer hooks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next:
			if err := buy(buyers, shop, store, seller, account, stdout); err != nil {
				return err
			}
		case now := <-hooks.C: // the fakes send nothing by themselves
			shop.Deliver(ctx, now)
			store.DeliverHooks(ctx)
		}
	}
}

// buy places one order on each marketplace, unless too little is left.
func buy(r *rand.Rand, shop *shopifytest.Fake, store *bigcommercetest.Fake, seller *amazontest.Fake, account *ebaytest.Fake, stdout io.Writer) error {
	g, units := goods[r.IntN(len(goods))], 1+r.IntN(3)
	placed, err := shop.PlaceOrder(shopifytest.NewOrder{
		Lines:   []shopifytest.NewLine{{SKU: g.sku, Quantity: units}},
		Buyer:   shopifytest.Buyer{First: "Ada", Last: "Example", Email: "ada@example.com"},
		Address: &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Springfield", Zip: "12345", CountryCode: "US"},
	})
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "Shopify: order %s, %d × %s\n", placed.Name, units, g.sku)
	case errors.Is(err, shopifytest.ErrInsufficientStock):
		fmt.Fprintf(stdout, "Shopify: %d × %s refused, too few are shown\n", units, g.sku)
	default:
		return err
	}
	id, err := store.PlaceOrder(bigcommercetest.NewOrder{Lines: []bigcommercetest.NewLine{{SKU: g.sku, Quantity: units}}})
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "BigCommerce: order %d, %d × %s\n", id, units, g.sku)
	case errors.Is(err, bigcommercetest.ErrInsufficientStock):
		fmt.Fprintf(stdout, "BigCommerce: %d × %s refused, too few are shown\n", units, g.sku)
	default:
		return err
	}
	number, err := seller.PlaceOrder(amazontest.NewOrder{Lines: []amazontest.NewLine{{SKU: g.sku, Quantity: units}}})
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "Amazon: order %s, %d × %s\n", number, units, g.sku)
	case errors.Is(err, amazontest.ErrInsufficientStock):
		fmt.Fprintf(stdout, "Amazon: %d × %s refused, too few are shown\n", units, g.sku)
	default:
		return err
	}
	number, err = account.PlaceOrder(ebaytest.NewOrder{Lines: []ebaytest.NewLine{{SKU: g.sku, Quantity: units}}})
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "eBay: order %s, %d × %s\n", number, units, g.sku)
	case errors.Is(err, ebaytest.ErrInsufficientStock):
		fmt.Fprintf(stdout, "eBay: %d × %s refused, too few are shown\n", units, g.sku)
	default:
		return err
	}
	return nil
}
