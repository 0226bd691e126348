package adaptertest

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/channel"
)

// Decoder decodes orders from what an adapter kept of them.
type Decoder interface {
	DecodeOrder(raw []byte) (channel.Order, error)
}

// BendOrder puts null, and everything else that was not promised, at every
// place of an order's raw form: it must decode to something that can be, with at
// most that many units, or say what is wrong and nothing of its content, in
// which every text of the buyer's holds "canary". It returns how many forms it
// tried, and how many of them decoded.
func BendOrder(tb testing.TB, d Decoder, order []byte, most int64) (tried, decoded int) {
	tb.Helper()
	var raw any
	if err := stdjson.Unmarshal(order, &raw); err != nil {
		tb.Fatal(err)
	}
	bend(raw, "", func(where string) {
		b, err := stdjson.Marshal(raw)
		if err != nil {
			tb.Fatal(err)
		}
		tried++
		got, err := d.DecodeOrder(b)
		switch {
		case err == nil:
			decoded++
			if err := sane(&got, most); err != nil {
				tb.Errorf("%s: %v", where, err)
			}
		case !errors.Is(channel.Class(err), channel.ErrInvalid) || strings.Contains(strings.ToLower(err.Error()), "canary") || len(err.Error()) > 300:
			tb.Errorf("%s: %v", where, err)
		}
	})
	return tried, decoded
}

// bend calls f with v once for every place in it and every oddity put there.
func bend(v any, at string, f func(where string)) {
	odd := []any{nil, "odd \u0000", -7, int64(math.MaxInt64), []any{nil}}
	switch v := v.(type) {
	case map[string]any:
		for k, was := range v {
			for _, o := range odd {
				v[k] = o
				f(fmt.Sprintf("%s.%s = %v", at, k, o))
			}
			delete(v, k)
			f(at + "." + k + " is missing")
			v[k] = was
			bend(was, at+"."+k, f)
		}
	case []any:
		for i, was := range v {
			for _, o := range odd {
				v[i] = o
				f(fmt.Sprintf("%s[%d] = %v", at, i, o))
			}
			v[i] = was
			bend(was, fmt.Sprintf("%s[%d]", at, i), f)
		}
	}
}

// sane says what of an order cannot be.
func sane(o *channel.Order, most int64) error {
	var errs []error
	for i, l := range o.Lines {
		if l.ID == "" {
			errs = append(errs, fmt.Errorf("line %d has no id", i))
		}
		for name, n := range map[string]int64{
			"ordered": l.Ordered, "cancelled": l.Cancelled, "refunded": l.Refunded, "unshipped": l.Unshipped, "shipped": l.Shipped,
			"restocked": l.Restocked, "loose": l.Loose, "not cancelled": l.Ordered - l.Cancelled,
			"gone and not put back": l.Cancelled + l.Refunded - l.Restocked - l.Loose,
		} {
			if n < 0 || n > most {
				errs = append(errs, fmt.Errorf("line %s: %s %d", l.ID, name, n))
			}
		}
	}
	for _, s := range o.Shipments {
		for _, l := range s.Lines {
			if l.Quantity < 0 {
				errs = append(errs, fmt.Errorf("shipment %s: %d of line %s", s.ID, l.Quantity, l.Line))
			}
		}
	}
	for _, u := range o.Units {
		for _, l := range u.Lines {
			if l.Remaining < 0 || l.Total < 0 {
				errs = append(errs, fmt.Errorf("unit %s: %d of %d", u.ID, l.Remaining, l.Total))
			}
		}
	}
	if o.ID == "" {
		errs = append(errs, errors.New("no id"))
	}
	return errors.Join(errs...)
}

// FuzzOrder feeds d whatever there is: it decodes or is refused, and what
// decoded adds up and decodes the same again.
func FuzzOrder(f *testing.F, d Decoder) {
	f.Helper()
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := d.DecodeOrder(raw)
		if err != nil {
			if !errors.Is(err, channel.ErrInvalid) {
				t.Fatalf("%v, want ErrInvalid", err)
			}
			return
		}
		for _, l := range o.Lines {
			if l.Ordered < 0 || l.Shipped < 0 || l.Cancelled < 0 || l.Refunded < 0 || l.Unshipped > l.Refunded || l.Shipped+l.Cancelled > l.Ordered {
				t.Errorf("line %+v", l)
			}
		}
		if o.Has(channel.PartTotals) {
			again := o.Totals
			if err := again.Reconcile(o.TaxIncluded); err != nil || !again.Residual.Shop.Equal(o.Totals.Residual.Shop) {
				t.Errorf("totals %+v: %v", o.Totals, err)
			}
		}
		again, err := d.DecodeOrder(o.Raw)
		if diff := cmp.Diff(o, again, cmpopts.EquateEmpty(), cmp.Comparer(channel.Money.Equal)); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// BenchDecode measures normalise, which goes from the bytes of a page to that
// many orders of the contract, and beside it two decoders that merely unmarshal
// the same bytes into the wire type: the standard library's, into Std where that
// differs from T, and the one that adapters use.
func BenchDecode[Std, T any](b *testing.B, page []byte, orders int, normalise func() int) {
	b.Helper()
	run := func(name string, f func() int) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if n := f(); n != orders {
					b.Fatalf("%d orders", n)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(orders)/float64(time.Microsecond), "µs/order")
		})
	}
	run("normalise", normalise)
	run("encodingjson", func() int {
		var out []Std
		if err := stdjson.Unmarshal(page, &out); err != nil {
			b.Fatal(err)
		}
		return len(out)
	})
	run("jsonexperiment", func() int {
		var out []T
		if err := json.Unmarshal(page, &out); err != nil {
			b.Fatal(err)
		}
		return len(out)
	})
}
