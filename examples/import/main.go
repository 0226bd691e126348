// Command import walks the orders of one shop and prints each with its number,
// total and lines. A record that cannot be read is shown with its reason, and
// the walk goes on.
//
// On a fake BigCommerce store, with nothing to install or to sign up for:
//
//	go run ./examples/import
//
// On a shop of your own; the token is read from the environment, and nothing is
// written to the shop:
//
//	PENSTOCK_TOKEN=… go run ./examples/import -shopify acme
//	PENSTOCK_TOKEN=… go run ./examples/import -bigcommerce abc123 -since 72h
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "import:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	shopifyShop := flags.String("shopify", "", "a Shopify shop's `name`; its token is read from PENSTOCK_TOKEN")
	storeHash := flags.String("bigcommerce", "", "a BigCommerce store's `hash`; its token is read from PENSTOCK_TOKEN")
	since := flags.Duration("since", 30*24*time.Hour, "how far back orders changed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	token := channel.Secret(os.Getenv("PENSTOCK_TOKEN"))
	live := *shopifyShop != "" || *storeHash != ""
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no option", flags.Arg(0))
	case *shopifyShop != "" && *storeHash != "":
		return errors.New("-shopify and -bigcommerce are both given: import walks one shop")
	case *since <= 0:
		return fmt.Errorf("-since %v: say how far back, such as 72h", *since)
	case live && token == "":
		return errors.New("PENSTOCK_TOKEN is empty: set it to the shop's access token")
	}

	var shop channel.Channel
	var err error
	switch {
	case *shopifyShop != "":
		shop, err = shopify.New(shopify.Config{Shop: *shopifyShop, Token: token})
	case *storeHash != "":
		shop, err = bigcommerce.New(bigcommerce.Config{StoreHash: *storeHash, Token: token})
	default:
		shop, err = fakeStore()
	}
	if err != nil {
		return err
	}

	orders, aside := 0, 0
	query := channel.OrderQuery{Since: time.Now().Add(-*since)}
	for order, err := range channel.Orders(ctx, shop, query) {
		if parked := (*channel.ParkedError)(nil); errors.As(err, &parked) {
			// The other orders of the page stand. A program that stores orders
			// keeps parked.Parked.Raw beside them, to try it again.
			aside++
			fmt.Fprintln(stdout, "set aside:", parked)
			continue
		} else if err != nil {
			return err // the walk is over; errors.Is tells its class
		}
		orders++
		fmt.Fprintf(stdout, "order %s of %s, %s, %s\n",
			order.Number, order.PlacedAt.UTC().Format(time.DateOnly), order.Status.Value, order.Totals.Total.Shop)
		for _, line := range order.Lines {
			fmt.Fprintf(stdout, "  %3d × %-10s %-18s %12s", line.Ordered, line.SKU, line.Title, line.Total.Shop)
			if open := line.Open(); open > 0 {
				fmt.Fprintf(stdout, "   %d to ship", open)
			}
			fmt.Fprintln(stdout)
		}
		// Whoever it goes to prints as redacted, until it is asked for with
		// string(order.Recipient.City).
		fmt.Fprintf(stdout, "      to %s, %s\n", order.Recipient.City, order.Recipient.Country)
	}
	fmt.Fprintf(stdout, "%d orders, %d set aside\n", orders, aside)
	return nil
}

// fakeStore is a store that has sold a little, once in a currency that does not
// exist.
func fakeStore() (channel.Channel, error) {
	fake := bigcommercetest.New(bigcommercetest.Config{})
	for _, p := range []bigcommercetest.NewProduct{
		{SKU: "MUG-01", Name: "Mug", Price: "12.50", Tracking: bigcommercetest.TrackProduct, OnHand: 40},
		{SKU: "BOWL-02", Name: "Bowl", Price: "19.90", Tracking: bigcommercetest.TrackProduct, OnHand: 15},
	} {
		if _, err := fake.AddProduct(p); err != nil {
			return nil, err
		}
	}
	buyer := []bigcommercetest.ShipTo{{
		Shipping: "4.90",
		Address: bigcommercetest.Address{
			FirstName: "Ada", LastName: "Example", Street1: "1 Example Street", City: "Springfield", Zip: "12345", CountryISO2: "US",
		},
	}}
	var ids []int
	for _, o := range []bigcommercetest.NewOrder{
		{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 2}, {SKU: "BOWL-02"}}},
		{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01"}}, Currency: "GOLD"},
		{Lines: []bigcommercetest.NewLine{{SKU: "BOWL-02", Quantity: 3}}, Discount: "5.00"},
		{Lines: []bigcommercetest.NewLine{{SKU: "MUG-01", Quantity: 4}}},
	} {
		o.ShipTo = buyer
		id, err := fake.PlaceOrder(o)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if _, err := fake.Ship(ids[2], bigcommercetest.Parcel{Tracking: "1Z999AA10123456784", Carrier: "ups"}); err != nil {
		return nil, err
	}
	return bigcommerce.New(fake.Config())
}
