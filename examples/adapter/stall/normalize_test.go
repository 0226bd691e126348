package stall_test

import (
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/examples/adapter/stall"
	"github.com/penstock-go/penstock/examples/adapter/stall/stalltest"
)

// FuzzDecodeOrder feeds the decoder what a stranger may send: it neither panics
// nor repeats what it read.
func FuzzDecodeOrder(f *testing.F) {
	const good = `{"id":"o_1","placed_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:00Z","currency":"EUR",` +
		`"lines":[{"id":"l_1","quantity":1,"price":"1.00","total":"1.00"}],"postage":"0.00","tax":"0.16","total":"1.00","refunded":"0.00"}`
	f.Add([]byte(good))
	for _, odd := range []string{`"1.00"`, `"EUR"`, `"quantity":1`, `"l_1"`, `"2026-03-01T10:00:00Z"`} {
		f.Add([]byte(strings.Replace(good, odd, `"Zaphnath"`, 1)))
		f.Add([]byte(strings.Replace(good, odd, `-7`, 1)))
	}
	f.Add([]byte(strings.Replace(good, `"quantity":1`, `"quantity":1,"shipped":9223372036854775807,"cancelled":9223372036854775807`, 1)))
	f.Add([]byte(strings.Replace(good, `"quantity":1`, `"quantity":1,"shipped":1,"cancelled":1`, 1)))
	ch, err := stall.New(stall.Config{Shop: "acme", Key: stalltest.Key})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ch.DecodeOrder(raw)
		if err == nil && (o.ID == "" || len(o.Lines) == 0 || o.Lines[0].Ordered < o.Lines[0].Shipped+o.Lines[0].Cancelled || !o.Has(channel.PartLines)) {
			t.Errorf("%+v", o)
		}
		if err != nil && strings.Contains(err.Error(), "Zaphnath") {
			t.Errorf("the error repeats what was read: %v", err)
		}
	})
}
