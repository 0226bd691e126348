package channeltest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
)

// What a program does when an answer is lost is tested in a few lines.
func ExampleMemory() {
	shop := channeltest.NewMemory(channeltest.LikeShopify())
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 3})
	shop.Inject(channeltest.Fault{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost})

	results, err := shop.SetStock(context.Background(), []channel.StockLevel{{Listing: mug, Quantity: 25}})
	if err != nil {
		panic(err)
	}
	fmt.Println("we know:", results[0].State)
	fmt.Println("really shown:", shop.Quantity(mug.ID, ""))
	// Output:
	// we know: unsure
	// really shown: 25
}

func ExampleMemory_PlaceOrder() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 1})
	for range 2 {
		id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 1})
		fmt.Println(id, errors.Is(err, channeltest.ErrInsufficientStock), shop.Quantity(mug.ID, ""))
	}
	// Output:
	// 1001 false 0
	//  true 0
}

// An orders walk that fails with a fault, and then goes through.
func ExampleMemory_Inject() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{})
	shop.Inject(channeltest.Fault{Op: channeltest.OpOrders, Kind: channeltest.FaultUnavailable, Times: 2})
	for range 3 {
		_, err := shop.OrderPage(context.Background(), channel.OrderQuery{})
		fmt.Println(channel.Class(err))
	}
	// Output:
	// unavailable
	// unavailable
	// <nil>
}

func ExampleCapabilities() {
	shop := channeltest.NewMemory(channeltest.MemoryConfig{})
	for _, c := range channeltest.Capabilities() {
		fmt.Printf("%-14s %t %s\n", c.Name, c.Has(shop), c.Does)
	}
	// Output:
	// OrderReader    true read orders by id
	// OrderDecoder   true decode a stored payload again, without a call
	// StockReader    true read what listings show
	// TicketReader   true follow writes that the marketplace does later
	// TicketCanceller true cancel such writes while they still wait
	// TicketFinder   true find such writes again of which the answer is lost
	// ShipmentEditor true correct the tracking of a parcel already recorded
	// Prober         true read the account: currency, scopes, locations, when stock falls
	// Backfiller     true take bulk snapshots for a first import
}

func ExampleCases() {
	for _, c := range channeltest.Cases()[2:4] {
		fmt.Println(c.Name)
	}
	// Output:
	// walk brings every order
	// pages keep to the limit
}
