// Command writeback tells a marketplace that a parcel has left, and corrects its
// tracking afterwards. It shows the hardest moment: the marketplace records the
// parcel and the answer is lost. The adapter looks before it sends and again
// when it cannot know, so there is one record in the end, however often a
// program tries.
//
// On a fake Shopify shop:
//
//	go run ./examples/writeback
//
// On a shop of your own; this records a parcel with everything that is still
// open of the order, by its id:
//
//	PENSTOCK_TOKEN=… go run ./examples/writeback -shopify acme -order 5550001112223 -carrier ups -tracking 1Z…
//	PENSTOCK_TOKEN=… go run ./examples/writeback -bigcommerce abc123 -order 118 -carrier ups -tracking 1Z…
//
// The engine does this with what it stores (Engine.Ship), through crashes too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/penstock-go/penstock/bigcommerce"
	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "writeback:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("writeback", flag.ContinueOnError)
	shopifyShop := flags.String("shopify", "", "a Shopify shop's `name`; its token is read from PENSTOCK_TOKEN")
	storeHash := flags.String("bigcommerce", "", "a BigCommerce store's `hash`; its token is read from PENSTOCK_TOKEN")
	orderID := flags.String("order", "", "the order's `id`; the fake shop has one")
	carrier := flags.String("carrier", "ups", "who carries the parcel")
	tracking := flags.String("tracking", "", "the parcel's `number`")
	correct := flags.String("correct", "", "a `number` to replace it with afterwards")
	if err := flags.Parse(args); err != nil {
		return err
	}
	token := channel.Secret(os.Getenv("PENSTOCK_TOKEN"))
	live := *shopifyShop != "" || *storeHash != ""
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no option", flags.Arg(0))
	case *shopifyShop != "" && *storeHash != "":
		return errors.New("-shopify and -bigcommerce are both given: the order is of one shop")
	case !live && *orderID+*tracking+*correct != "":
		return errors.New("-order, -tracking and -correct need -shopify or -bigcommerce: the fake has a parcel of its own")
	case live && (*orderID == "" || *tracking == ""):
		return errors.New("-order and -tracking are needed")
	case live && token == "":
		return errors.New("PENSTOCK_TOKEN is empty: set it to the shop's access token")
	}

	var shop channel.Channel
	var fake *shopifytest.Fake
	var err error
	switch {
	case *shopifyShop != "":
		shop, err = shopify.New(shopify.Config{Shop: *shopifyShop, Token: token})
	case *storeHash != "":
		shop, err = bigcommerce.New(bigcommerce.Config{StoreHash: *storeHash, Token: token})
	default:
		fake, *orderID, err = fakeShop()
		if err != nil {
			return err
		}
		*tracking, *correct = "1Z999AA10123456784", "1Z999AA10123456793"
		shop, err = shopify.New(fake.Config())
	}
	if err != nil {
		return err
	}

	order, err := readOrder(ctx, shop, channel.OrderID(*orderID))
	if err != nil {
		return err
	}
	// Key and Seq are stored before the first try and never change after it.
	parcel := channel.Shipment{
		Key: "parcel-1-of-" + *orderID, Seq: len(order.Shipments) + 1, Order: order.ID,
		Tracking: channel.Tracking{Carrier: *carrier, Number: *tracking},
	}
	for _, line := range order.Lines {
		if open := line.Open(); open > 0 && line.FulfilledBy.Value == channel.BySeller {
			parcel.Lines = append(parcel.Lines, channel.ShipmentLine{Line: line.ID, Handle: line.Handle, Quantity: open})
		}
	}
	if len(parcel.Lines) == 0 {
		return fmt.Errorf("order %s has nothing left to ship", order.Number)
	}

	if fake != nil {
		fmt.Fprintln(stdout, "the fake is told to record the next parcel and lose the answer")
		fake.Fault(shopifytest.InternalError("fulfillmentCreate", true))
	}
	// A program that stops in between, and runs again with the same parcel, does
	// no harm: the second call finds what the first has recorded.
	var result channel.ShipResult
	for try := 1; try <= 2; try++ {
		if result, err = shop.Ship(ctx, parcel); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "call %d: order %s has %d record of the parcel, there before we sent: %t\n",
			try, order.Number, len(result.Remote), result.Found)
	}
	for _, note := range result.Notes {
		fmt.Fprintln(stdout, "note:", note)
	}

	if *correct == "" {
		return nil
	}
	editor, ok := channel.As[channel.ShipmentEditor](shop)
	if !ok {
		return fmt.Errorf("%s cannot correct a parcel's tracking", shop.Traits().Marketplace)
	}
	for _, record := range result.Remote {
		if err := editor.AmendShipment(ctx, record, channel.Tracking{Carrier: *carrier, Number: *correct}); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "corrected to", *correct)

	if fake != nil {
		for _, f := range fake.Orders()[0].Fulfilments {
			fmt.Fprintf(stdout, "the shop itself says: %s by %s, number %s\n", f.Name, f.Company, strings.Join(f.Numbers, ", "))
		}
	}
	return nil
}

func readOrder(ctx context.Context, shop channel.Channel, id channel.OrderID) (channel.Order, error) {
	reader, ok := channel.As[channel.OrderReader](shop)
	if !ok {
		return channel.Order{}, fmt.Errorf("%s cannot read an order by id", shop.Traits().Marketplace)
	}
	page, err := reader.OrdersByID(ctx, []channel.OrderID{id})
	switch {
	case err != nil:
		return channel.Order{}, err
	case len(page.Parked) > 0:
		return channel.Order{}, page.Parked[0].Err
	case len(page.Items) == 0:
		return channel.Order{}, fmt.Errorf("there is no order %s: %w", id, channel.ErrNotFound)
	}
	return page.Items[0], nil
}

// fakeShop is a shop that has sold two things and shipped neither. It returns
// the order's id as a channel has it.
func fakeShop() (*shopifytest.Fake, string, error) {
	fake := shopifytest.New(shopifytest.Config{IndexLag: -1})
	_, err := fake.AddProduct(shopifytest.Product{Title: "Mug", Variants: []shopifytest.Variant{
		{SKU: "MUG-01", Price: "12.50", Available: 10}, {SKU: "MUG-02", Title: "Blue", Price: "13.50", Available: 10},
	}})
	if err != nil {
		return nil, "", err
	}
	placed, err := fake.PlaceOrder(shopifytest.NewOrder{
		Lines:   []shopifytest.NewLine{{SKU: "MUG-01", Quantity: 2}, {SKU: "MUG-02"}},
		Address: &shopifytest.Address{First: "Ada", Last: "Example", Line1: "1 Example Street", City: "Springfield", Zip: "12345", CountryCode: "US"},
	})
	return fake, placed.ID[strings.LastIndexByte(placed.ID, '/')+1:], err
}
