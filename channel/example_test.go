package channel_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// What is left to ship counts refunds only when the units never left.
func ExampleLine_Open() {
	line := channel.Line{Ordered: 5, Cancelled: 1, Refunded: 2, Unshipped: 1, Shipped: 2}
	fmt.Println(line.Open())
	// Output:
	// 1
}

func ExampleOrder_Has() {
	order := channel.Order{ID: "1001", Parts: channel.PartHead | channel.PartLines}
	fmt.Println(order.Has(channel.PartLines), order.Has(channel.PartLines|channel.PartRefunds))
	// Output:
	// true false
}

// A name prints and logs as redacted. Convert it where it is needed.
func ExamplePersonal() {
	name := channel.Personal("Ann Example")
	fmt.Printf("%v %q %+v\n", name, name, name)
	fmt.Println(string(name))

	quiet := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: quiet}))
	logger.Info("packed", "for", name, "token", channel.Secret("s3cr3t"))
	// Output:
	// [redacted] [redacted] [redacted]
	// Ann Example
	// level=INFO msg=packed for=[redacted] token=[redacted]
}

func ExampleSameTracking() {
	fmt.Println(channel.SameTracking("1Z 999 AA1", "1z999aa1"))
	fmt.Println(channel.SameTracking("", ""))
	// Output:
	// true
	// false
}

func ExampleNormalTracking() {
	fmt.Println(channel.NormalTracking("1z 999-aa1"))
	// Output:
	// 1Z999AA1
}

func ExampleCarriers() {
	for _, c := range channel.Carriers()[:2] {
		fmt.Println(c.Code, c.Name, c.Country)
	}
	// Output:
	// 4px 4PX CN
	// allied-express Allied Express AU
}

// The first of two that refresh a token at once stores it; the other loads it.
func ExampleNewTokenStore() {
	ctx := context.Background()
	store := channel.NewTokenStore(map[channel.ID]channel.Token{"acme": {Refresh: "r1"}})
	old, err := store.Load(ctx, "acme")
	if err != nil {
		panic(err)
	}
	fmt.Println(store.Swap(ctx, "acme", old.Version, channel.Token{Refresh: "r2"}))
	fmt.Println(store.Swap(ctx, "acme", old.Version, channel.Token{Refresh: "r3"}))
	// Output:
	// <nil>
	// token changed meanwhile
}

// Several channels of one application share a day's calls.
func ExampleNewQuota() {
	ctx := context.Background()
	quota := channel.NewQuota()
	if err := quota.Learn(ctx, "app", 5000, 100, time.Now().Add(time.Hour)); err != nil {
		panic(err)
	}
	fmt.Println(quota.Take(ctx, "app", 10, 50))
	err := quota.Take(ctx, "app", 60, 50)
	fmt.Println(channel.Class(err), channel.RetryAfter(err).Round(time.Minute))
	// Output:
	// <nil>
	// throttled 1h0m0s
}
