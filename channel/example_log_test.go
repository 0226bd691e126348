package channel_test

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/penstock-go/penstock/channel"
)

// A JSON handler asks a value how to log itself, and not what is inside a slice,
// a map or a struct of yours: that it encodes, people and all. With this
// ReplaceAttr it prints it as fmt does, which asks.
func ExamplePersonal_log() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			if a.Value.Kind() == slog.KindAny {
				a.Value = slog.StringValue(fmt.Sprintf("%+v", a.Value.Any()))
			}
			return a
		},
	}))
	ada := channel.Buyer{ID: "7", Name: "Ada"}
	logger.Info("one", "buyer", ada)
	logger.Info("many", "buyers", []channel.Buyer{ada})
	// Output:
	// {"level":"INFO","msg":"one","buyer":{"id":"7","missing":""}}
	// {"level":"INFO","msg":"many","buyers":"[{ID:7 Name:[redacted] Company: Email: Phone: Billing:<nil> Language: Missing:}]"}
}
