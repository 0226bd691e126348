package plan

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/spectest"
)

const header = "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n"

func replay(t *testing.T, rows string) *Plan {
	t.Helper()
	p, err := Replay(strings.NewReader(header+rows), ReplayConfig{Channels: 2, FineMoney: 1, Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACancellationGoesToTheLatestEarlierLineWithQuantityLeft(t *testing.T) {
	p := replay(t, `500000,A1,Mug,3,2011-01-01T08:00:00Z,2.00,17,United Kingdom
500002,A1,Mug,2,2011-01-02T08:00:00Z,2.50,17,United Kingdom
C500004,A1,Mug,-4,2011-01-03T08:00:00Z,2.25,17,United Kingdom
C500005,A1,Mug,-2,2011-01-03T08:00:00Z,2.00,17,United Kingdom
C500006,A1,Mug,-1,2011-01-03T08:00:00Z,2.00,,United Kingdom
`)
	var got []Refund
	var adjusted int64
	for _, s := range p.Steps {
		if s.Refund != nil {
			got = append(got, *s.Refund)
		}
		if s.Adjust != nil {
			adjusted += s.Adjust.Delta
		}
	}
	want := []Refund{
		{Number: "C500004", Order: "500002", Line: 0, Quantity: 2, Price: "2.25"},
		{Number: "C500004", Order: "500000", Line: 0, Quantity: 2, Price: "2.00"},
		{Number: "C500005", Order: "500000", Line: 0, Quantity: 1, Price: "2.00"},
	}
	if len(got) != len(want) {
		t.Fatalf("refunds %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("refund %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
	if adjusted != 2 || p.Apart.Unmatched != 1 {
		t.Errorf("adjusted %d units, %d cancellations unmatched", adjusted, p.Apart.Unmatched)
	}
	if s := p.Apart.AbovePrice.String(); s != "0.50 GBP" {
		t.Errorf("above price %s", s)
	}
}

func TestARefundIsPlacedAtAPriceItsChannelHas(t *testing.T) {
	const orders = "500000,A1,Mug,9,t,2.00,17,UK\n500001,A1,Mug,9,t,2.00,18,UK\n"
	for name, tc := range map[string]struct {
		customer, price, placed string
		above, below            string
	}{
		"at the line's price":            {"17", "2.00", "2.00", "", ""},
		"above it":                       {"17", "2.50", "2.00", "0.50", ""},
		"below it":                       {"17", "1.25", "1.25", "", ""},
		"below it, not in whole pennies": {"17", "1.255", "2.00", "", "0.745"},
		"below it where it cannot be":    {"18", "1.25", "2.00", "", "0.75"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Replay(strings.NewReader(header+orders+"C500002,A1,Mug,-1,t,"+tc.price+","+tc.customer+",UK\n"),
				ReplayConfig{Channels: 2, FineMoney: 1, FullPrice: []int{1}})
			if err != nil {
				t.Fatal(err)
			}
			r := p.Steps[len(p.Steps)-1].Refund
			if r == nil || r.Price != tc.placed {
				t.Fatalf("placed %+v, want at %s", r, tc.placed)
			}
			if p.Apart.AbovePrice.Amount() != orZero(tc.above) || p.Apart.BelowPrice.Amount() != orZero(tc.below) {
				t.Errorf("counted apart: %s above, %s below", p.Apart.AbovePrice, p.Apart.BelowPrice)
			}
			back, err := p.Apart.GivenBack(p.Apart.Refunded)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "the file's cancellations", p.File.Cancellations.Amount.Neg(), back.Amount())
		})
	}
}

func orZero(s string) string { return cmp.Or(s, "0") }

func TestFineMoneyGoesToTheChannelThatHasIt(t *testing.T) {
	p := replay(t, "500000,A1,,1,2011-01-01T08:00:00Z,0.001,,RSA\n500002,A1,,1,2011-01-01T08:00:00Z,0.01,,Unspecified\n")
	if a, b := p.Steps[0].Order, p.Steps[1].Order; a.Channel != 1 || b.Channel != 0 || a.Country != "ZA" || b.Country != "" {
		t.Errorf("orders %+v, %+v", a, b)
	}
}

func TestBadFilesAreRefusedWithTheLine(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"header":   {"a,b,c,d,e,f,g,h\n", "columns must be"},
		"empty":    {"", "columns must be"},
		"quantity": {header + "1,A,x,0,t,1.00,,UK\n", "line 2: quantity"},
		"absurd":   {header + "1,A,x,10000001,t,1.00,,UK\n", "line 2: quantity 10000001 is beyond 10000000"},
		"no order": {header + "C1,A,x,-1,t,1.00,,UK\n", "no invoice in it is an order"},
		"no rows":  {header, "no invoice in it is an order"},
		"price":    {header + "1,A,x,1,t,1e3,,UK\n", "line 2: unit_price"},
		"invoice":  {header + ",A,x,1,t,1.00,,UK\n", "line 2: no invoice number"},
		"columns":  {header + "1,A,x,1\n", "wrong number of fields"},
		"negative": {header + "1,A,x,1,t,1.00,,UK\n1,A,x,-1,t,1.00,,UK\n", "invoice 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Replay(strings.NewReader(tc.in), ReplayConfig{Channels: 2})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

// TestTheRealYearAddsUp holds the replay to the published counts, to the last
// digit: what is placed and what is counted apart is everything.
func TestTheRealYearAddsUp(t *testing.T) {
	dir := spectest.DataDir(t)
	var facts map[string]struct {
		Invoices  map[string]int `json:"invoices_by_kind"`
		Lines     map[string]int `json:"lines_by_kind"`
		Units     int64          `json:"units_net"`
		Net       string         `json:"amount_net"`
		Orders    string         `json:"amount_orders"`
		Cancelled string         `json:"amount_cancellations"`
		Adjusted  string         `json:"amount_adjustments"`
		Negatives int            `json:"lines_negative_quantity_not_cancellation"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"online-retail.csv.gz", "online-retail-week.csv.gz"} {
		t.Run(file, func(t *testing.T) {
			want := facts[file]
			p, err := Open(filepath.Join(dir, file), ReplayConfig{Channels: 2, FineMoney: 1, FullPrice: []int{1}, Every: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			f := p.File
			for kind, got := range map[string]Tally{"order": f.Orders, "cancellation": f.Cancellations, "adjustment": f.Adjustments} {
				if got.Invoices != want.Invoices[kind] || got.Lines != want.Lines[kind] {
					t.Errorf("%s: %d invoices, %d lines as read; want %d, %d", kind, got.Invoices, got.Lines, want.Invoices[kind], want.Lines[kind])
				}
			}
			equal(t, "orders as read", f.Orders.Amount, want.Orders)
			equal(t, "cancellations as read", f.Cancellations.Amount, want.Cancelled)
			equal(t, "adjustments as read", f.Adjustments.Amount, want.Adjusted)
			units, net, err := f.Net()
			if err != nil {
				t.Fatal(err)
			}
			if units != want.Units {
				t.Errorf("%d units as read, want %d", units, want.Units)
			}
			equal(t, "net as read", net, want.Net)

			a := p.Apart
			if a.Orders+a.WriteOffs != want.Invoices["order"] || a.Cancellations != want.Invoices["cancellation"] || a.Adjustments != want.Invoices["adjustment"] {
				t.Errorf("invoices: %d orders, %d write-offs, %d cancellations, %d adjustments; want %v", a.Orders, a.WriteOffs, a.Cancellations, a.Adjustments, want.Invoices)
			}
			if a.Lines+a.WriteOffLines != want.Lines["order"] || a.CancelLines != want.Lines["cancellation"] || a.AdjustmentLines != want.Lines["adjustment"] {
				t.Errorf("lines: %+v; want %v", a, want.Lines)
			}
			if a.WriteOffs != want.Negatives {
				t.Errorf("write-offs %d, want %d", a.WriteOffs, want.Negatives)
			}
			equal(t, "orders", a.Placed, want.Orders)
			back, err := a.GivenBack(a.Refunded)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "cancellations", back.Neg(), want.Cancelled)
			equal(t, "adjustments", a.AdjustmentAmount, want.Adjusted)
			if n := a.PlacedUnits - a.WriteOffUnits - a.RefundedUnits - a.UnmatchedUnits + a.AdjustmentUnits; n != want.Units {
				t.Errorf("%d units, want %d", n, want.Units)
			}
			if file == "online-retail.csv.gz" && (a.Orders != 19886 || a.WriteOffs != 1306 || a.Unmatched != 689) {
				t.Errorf("orders %d, write-offs %d, unmatched %d", a.Orders, a.WriteOffs, a.Unmatched)
			}
		})
	}
}

func equal(t *testing.T, what string, got channel.Money, want string) {
	t.Helper()
	w, err := channel.ParseMoney(want, got.Currency())
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(w) {
		t.Errorf("%s: %s, want %s", what, got, w)
	}
}

func BenchmarkReplayTheYear(b *testing.B) {
	path := filepath.Join(spectest.DataDir(b), "online-retail.csv.gz")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(path, ReplayConfig{Channels: 2, FineMoney: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
