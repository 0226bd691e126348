package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
)

// TestMain lets the test binary be the engine's process, as the program is.
func TestMain(m *testing.M) {
	if os.Getenv(engineEnv) != "" {
		if err := engineMain(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "engine:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// fewOrders writes a file of orders: carts of several lines, refunds, a
// write-off, a cancellation of nothing.
func fewOrders(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n")
	for i := range 24 {
		n := 600000 + i
		for k := range 1 + i%4 {
			fmt.Fprintf(&b, "%d,A%d,THING %d,%d,2011-01-01T08:00:00Z,%d.%02d,%d,United Kingdom\n", n, k, k, 1+i%3, 1+k, i, 100+i%5)
		}
		if i%6 == 1 {
			fmt.Fprintf(&b, "%d,POST,POSTAGE,1,2011-01-01T08:00:00Z,4.90,%d,United Kingdom\n", n, 100+i%5)
		}
	}
	b.WriteString("C600100,A0,THING 0,-1,2011-01-02T08:00:00Z,1.00,101,United Kingdom\n")
	b.WriteString("C600101,A3,THING 3,-2,2011-01-02T08:00:00Z,1.00,,United Kingdom\n")
	b.WriteString("600102,A1,,-3,2011-01-02T08:00:00Z,0.00,,United Kingdom\n")
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTheComparisonSeesEveryDamage runs the main job on a few orders, kills
// and all, and then damages what it left, one thing at a time.
func TestTheComparisonSeesEveryDamage(t *testing.T) {
	var damaged bool
	o := options{file: fewOrders(t), quota: 100, every: 100 * time.Millisecond, dir: t.TempDir(), kills: true}
	o.after = func(r *run) error {
		damaged = true
		damages(t, r)
		return nil
	}
	out, err := mainJob(t.Context(), o, io.Discard, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if !damaged {
		t.Fatal("the run did not come to the comparison")
	}
	// The last damage was to a fake, which cannot be undone.
	if out.ok() || !strings.HasPrefix(out.line(), "main job: failed channels=2 orders=") {
		t.Errorf("after the damage: %s", out.line())
	}
}

func damages(t *testing.T, r *run) {
	t.Helper()
	good, err := r.judge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !good.ok() || good.orders != 24 || good.writeOffs != 1 || good.cancellations != 2 || good.unmatched != 1 || good.shipments == 0 {
		t.Errorf("undisturbed: %s\n%s", good.line(), strings.Join(good.notes, "\n"))
	}
	for _, d := range []struct {
		name  string
		sql   string
		moved func(o *outcome) bool
	}{
		{"an order removed", `DELETE FROM orders WHERE rowid = (SELECT min(rowid) FROM orders)`, func(o *outcome) bool { return o.lost == 1 }},
		{"an order added", `INSERT INTO orders SELECT channel, id || '9', number, placed_at, updated_at, seen_at, open, gone, erased, reread, doc FROM orders LIMIT 1`, func(o *outcome) bool { return o.duplicated == 1 }},
		{"a digit of money", `UPDATE orders SET doc = CAST(replace(CAST(doc AS TEXT), '4.03 GBP', '4.04 GBP') AS BLOB)`, func(o *outcome) bool { return o.differing > 0 }},
		{"a quantity", `UPDATE orders SET doc = CAST(replace(CAST(doc AS TEXT), '"ordered":2', '"ordered":3') AS BLOB)`, func(o *outcome) bool { return o.differing > 0 }},
		{"a shipment", `UPDATE orders SET doc = CAST(replace(CAST(doc AS TEXT), '"shipped":1', '"shipped":0') AS BLOB)`, func(o *outcome) bool { return o.differing > 0 }},
	} {
		t.Run(d.name, func(t *testing.T) {
			copied := *r
			copied.setup.Store = copyStore(t, r.setup.Store)
			if n := execute(t, copied.setup.Store, d.sql); n == 0 {
				t.Fatal("nothing was damaged")
			}
			out, err := copied.judge(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if out.ok() || !d.moved(out) {
				t.Errorf("not seen: %s", out.line())
			}
		})
	}
	t.Run("a doubled sale on a marketplace", func(t *testing.T) {
		sku := r.plan.Goods[0].SKU
		fake := r.world.shopify
		if err := fake.SetAvailable(sku, "", 1000); err != nil {
			t.Fatal(err)
		}
		_, err := r.world.markets[0].place(&plan.Order{Number: "doubled", Customer: "1", Lines: []plan.Line{{SKU: sku, Quantity: 900, Price: "1.00"}}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.judge(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if out.ok() || out.oversold == 0 || out.drift == 0 || out.lost != 1 || out.unshipped == 0 {
			t.Errorf("not seen: %s", out.line())
		}
	})
}

func copyStore(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Fatal("the store was not closed")
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

func execute(t *testing.T, path, statement string) int64 {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	res, err := db.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBadFlagsAreNamedWithTheRemedy(t *testing.T) {
	for want, args := range map[string][]string{
		"-quota is":           {"-quota", "0"},
		"-n is":               {"-n", "3"},
		"-every is":           {"-every", "-1s"},
		"unexpected argument": {"what"},
	} {
		var stdout, stderr bytes.Buffer
		if code := quickstart(t.Context(), args, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit %d, %q", args, code, stderr.String())
		}
	}
	var stdout, stderr bytes.Buffer
	if code := quickstart(t.Context(), []string{"-orders", "no-such-file.csv"}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "no-such-file.csv") {
		t.Errorf("missing file: exit %d, %q", code, stderr.String())
	}
	if code := quickstart(t.Context(), []string{"-help"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "opening stock") {
		t.Errorf("help: exit %d", code)
	}
}
