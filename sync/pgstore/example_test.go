package pgstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
	"github.com/penstock-go/penstock/internal/pgtest"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/pgstore"
)

// An engine imports an order and ends; what it stored is there when the store
// is opened again.
func Example() {
	address, drop, err := pgtest.Database() // postgres://shop:secret@db.example.com/shop
	noError(err)
	defer func() { noError(drop()) }()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	_, err = shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2})
	noError(err)

	store, err := pgstore.Open(ctx, address)
	noError(err)
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	engine.OnOrder("printer", func(_ context.Context, e channelsync.OrderEvent) error {
		fmt.Println("imported:", e.Order.Lines[0].Ordered, e.Order.Lines[0].SKU)
		stop()
		return nil
	})
	noError(engine.Run(ctx))
	noError(store.Close())

	store, err = pgstore.Open(context.Background(), address)
	noError(err)
	defer store.Close()
	engine, err = channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	for order, err := range engine.Orders(context.Background(), channelsync.OrderFilter{Channel: "shop"}) {
		noError(err)
		fmt.Println("stored:", order.Order.Lines[0].Ordered, order.Order.Lines[0].SKU)
	}
	// Output:
	// imported: 2 MUG-01
	// stored: 2 MUG-01
}

// A service packs a box: its own row and the parcel are stored together. The
// label of the second box cannot be printed, and neither is stored.
func ExampleStore_InTx() {
	ctx := context.Background()
	address, engine, store, order, end := running()
	defer end()
	pool, err := pgxpool.New(ctx, address)
	noError(err)
	defer pool.Close()
	_, err = pool.Exec(ctx, "CREATE TABLE boxes (name text)")
	noError(err)

	pack := func(box string, label func() error) error {
		return again(func() error {
			return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, "INSERT INTO boxes VALUES ($1)", box); err != nil {
					return err
				}
				parcel := channelsync.Shipment{
					Key: box, Order: ref(order), Carrier: "UPS", Tracking: "1Z999AA10123456784",
					Lines: []channelsync.ShipmentLine{{Line: order.Order.Lines[0].ID, Quantity: 1}},
				}
				if err := engine.ShipTx(ctx, store.InTx(tx), parcel); err != nil {
					return err
				}
				return label()
			})
		})
	}
	fmt.Println(pack("box 1", func() error { return nil }))
	fmt.Println(pack("box 2", func() error { return errors.New("the label printer is out of paper") }))
	noError(engine.Wake(ctx, "shop"))

	var boxes int
	noError(pool.QueryRow(ctx, "SELECT count(*) FROM boxes").Scan(&boxes))
	parcels, err := engine.Shipments(ctx, ref(order))
	noError(err)
	fmt.Println(boxes, "box,", len(parcels), "parcel")
	// Output:
	// <nil>
	// the label printer is out of paper
	// 1 box, 1 parcel
}

// Goods come in: the service's own row of the delivery and the stock change are
// stored together.
func ExampleStore_InSQLTx() {
	ctx := context.Background()
	address, engine, store, _, end := running()
	defer end()
	db, err := sql.Open("pgx", address)
	noError(err)
	defer db.Close()
	_, err = db.ExecContext(ctx, "CREATE TABLE deliveries (note text)")
	noError(err)
	noError(engine.Count(ctx, "MUG-01", 8))

	noError(again(func() error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing is left of it after the commit
		if _, err := tx.ExecContext(ctx, "INSERT INTO deliveries VALUES ('12 mugs')"); err != nil {
			return err
		}
		if err := engine.ReceiveTx(ctx, store.InSQLTx(tx), "MUG-01", 12, channelsync.Entry{Key: "delivery 1"}); err != nil {
			return err
		}
		return tx.Commit()
	}))

	items, err := engine.Stock(ctx, "", "MUG-01")
	noError(err)
	fmt.Println("on hand:", items[0].OnHand)
	// Output:
	// on hand: 20
}

// again runs a transaction, anew for as long as another was first.
func again(transact func() error) error {
	for {
		if err := transact(); !pgstore.Conflict(err) {
			return err
		}
	}
}

// running starts an engine over a shop with an order for two mugs, and waits
// until it has that.
func running() (address string, engine *channelsync.Engine, store *pgstore.Store, order channelsync.StoredOrder, end func()) {
	address, drop, err := pgtest.Database()
	noError(err)
	shop := channeltest.NewMemory(channeltest.MemoryConfig{ID: "shop"})
	mug := shop.AddListing(channeltest.NewListing{SKU: "MUG-01", Quantity: 10})
	id, err := shop.PlaceOrder(channeltest.SaleLine{Listing: mug.ID, Quantity: 2})
	noError(err)
	store, err = pgstore.Open(context.Background(), address)
	noError(err)
	engine, err = channelsync.New(channelsync.Config{Store: store, Channels: []channel.Channel{shop}})
	noError(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	for limit := time.After(time.Minute); ; {
		order, err = engine.Order(ctx, channelsync.OrderRef{Channel: "shop", ID: id})
		if err == nil {
			break
		}
		select {
		case <-limit:
			panic(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return address, engine, store, order, func() {
		stop()
		noError(<-done)
		noError(store.Close())
		noError(drop())
	}
}

func ref(order channelsync.StoredOrder) channelsync.OrderRef {
	return channelsync.OrderRef{Channel: order.Channel, ID: order.Order.ID}
}

func noError(err error) {
	if err != nil {
		panic(err)
	}
}
