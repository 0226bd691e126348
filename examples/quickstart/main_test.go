package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
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
	for _, line := range []string{
		"C600100,A0,THING 0,-1,2011-01-02T08:00:00Z,1.00,101,United Kingdom", // below its line's price, on BigCommerce
		"C600101,A3,THING 3,-2,2011-01-02T08:00:00Z,1.00,,United Kingdom",    // of nobody
		"C600102,A0,THING 0,-1,2011-01-02T08:00:00Z,1.00,102,United Kingdom", // below its line's price, on Shopify
		"C600103,A0,THING 0,-1,2011-01-02T08:00:00Z,9.00,104,United Kingdom", // above it
		"C600104,POST,POSTAGE,-1,2011-01-02T08:00:00Z,4.90,104,United Kingdom",
		"600105,A1,,-3,2011-01-02T08:00:00Z,0.00,,United Kingdom",
		"A600106,B,Adjust bad debt,1,2011-01-02T08:00:00Z,-11.06,,United Kingdom",
	} {
		b.WriteString(line + "\n")
	}
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// concluded is what the program ends with.
type concluded struct {
	status int
	last   string // line of standard output
	all    string
}

func conclusion(status int, out *bytes.Buffer) concluded {
	text := strings.TrimRight(out.String(), "\n")
	return concluded{status, text[strings.LastIndex(text, "\n")+1:], text}
}

// fails asserts that the program fails, and that the figures given are in its
// last line.
func (c concluded) fails(t *testing.T, figures ...string) {
	t.Helper()
	if c.status != 1 || !strings.HasPrefix(c.last, "main job: failed channels=2 orders=") {
		t.Errorf("exit status %d, want 1:\n%s", c.status, c.all)
	}
	c.has(t, figures...)
}

func (c concluded) succeeds(t *testing.T, figures ...string) {
	t.Helper()
	if c.status != 0 || !strings.HasPrefix(c.last, "main job: ok channels=2 orders=") {
		t.Errorf("exit status %d, want 0:\n%s", c.status, c.all)
	}
	c.has(t, figures...)
}

func (c concluded) has(t *testing.T, figures ...string) {
	t.Helper()
	for _, f := range figures {
		if !strings.Contains(c.last+" ", " "+f+" ") {
			t.Errorf("not %s:\n%s", f, c.all)
		}
	}
}

// sound are the figures of a run that nothing is wrong with, in the order of
// the last line.
var sound = []string{"differing=0", "unaccounted=0", "unshipped=0", "lost=0", "duplicated=0", "oversold=0", "drift=0"}

// except are the sound figures but for those given.
func except(figures ...string) []string {
	all := slices.Clone(sound)
	for _, f := range figures {
		key, _, _ := strings.Cut(f, "=")
		at := slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, key+"=") })
		all[at] = f
	}
	return all
}

// TestTheComparisonSeesADamagedStore runs the main job on a few orders, kills
// and all, damages copies of the store it leaves, one thing at a time, and
// concludes as the program does.
func TestTheComparisonSeesADamagedStore(t *testing.T) {
	t.Parallel()
	ran := false
	o := options{file: fewOrders(t), quota: 100, every: 100 * time.Millisecond, dir: t.TempDir(), kills: true}
	o.after = func(r *run) error {
		ran = true
		damages(t, r)
		return nil
	}
	var out bytes.Buffer
	status := job(t.Context(), o, &out, os.Stderr)
	conclusion(status, &out).succeeds(t, append([]string{"orders=24", "writeoffs=1", "cancellations=5", "unmatched=1", "refused=0"}, sound...)...)
	if !ran {
		t.Fatal("the run did not come to the comparison")
	}
}

func damages(t *testing.T, r *run) {
	t.Helper()
	// put writes a field of the first order that has another one.
	put := func(has, path, value string) string {
		return fmt.Sprintf(`UPDATE orders SET doc = CAST(json_set(CAST(doc AS TEXT), '$.order.%s', json('%s')) AS BLOB)
			WHERE rowid = (SELECT min(rowid) FROM orders WHERE json_extract(CAST(doc AS TEXT), '$.order.%s') IS NOT NULL)`, path, value, has)
	}
	set := func(path, value string) string { return put(path, path, value) }
	for _, d := range []struct{ name, sql, moved string }{
		{"an order removed", `DELETE FROM orders WHERE rowid = (SELECT min(rowid) FROM orders)`, "lost=1"},
		{"an order added", `INSERT INTO orders SELECT channel, id || '9', number, placed_at, updated_at, seen_at, open, gone, erased, reread, doc FROM orders LIMIT 1`, "duplicated=1"},
		{"a line's price", set("lines[0].price.shop", `"1.09 GBP"`), "differing=1"},
		{"a line's total", set("lines[0].total.shop", `"1.09 GBP"`), "differing=1"},
		{"a line's tax", put("lines", "lines[0].taxes", `[{"total":{"shop":"0.01 GBP"}}]`), "differing=1"},
		{"an order's total", set("totals.total.shop", `"1.09 GBP"`), "differing=1"},
		{"an order's tax", set("totals.tax.shop", `"0.01 GBP"`), "differing=1"},
		{"an order's discount", set("totals.discount.shop", `"0.01 GBP"`), "differing=1"},
		{"a quantity", set("lines[0].ordered", `77`), "differing=1"},
		{"a shipment", set("lines[0].shipped", `77`), "differing=1"},
		{"a cancellation", set("lines[0].cancelled", `77`), "differing=1"},
		{"units refunded", set("lines[0].refunded", `77`), "differing=1"},
		{"a refund removed", set("refunds", `[]`), "differing=1"},
		{"a refund's amount", set("refunds[0].total.shop", `"0.01 GBP"`), "differing=1"},
		{"a refund's units", set("refunds[0].lines[0].quantity", `77`), "differing=1"},
		{"the sum of refunds", set("totals.refunded.shop", `"77.00 GBP"`), "differing=1"},
	} {
		t.Run(d.name, func(t *testing.T) {
			copied := *r
			copied.setup.Store = copyStore(t, r.setup.Store)
			if n := execute(t, copied.setup.Store, d.sql); n != 1 {
				t.Fatalf("%d orders were damaged", n)
			}
			found, err := copied.judge(t.Context())
			var out bytes.Buffer
			conclusion(conclude(found, err, &out, os.Stderr), &out).fails(t, except(d.moved)...)
		})
	}
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
		"-quota is 0":         {"-quota", "0"},
		"-quota is 1e+14":     {"-quota", "1e14"},
		"-quota is NaN":       {"-quota", "nan"},
		"-n is 3":             {"-n", "3"},
		"-n is 2000000":       {"-n", "2000000"},
		"-channels is 9":      {"-channels", "9"},
		"-every is":           {"-every", "-1s"},
		"unexpected argument": {"what"},
	} {
		var stdout, stderr bytes.Buffer
		if code := quickstart(t.Context(), args, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit %d, %q", args, code, stderr.String())
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "penstock.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := quickstart(t.Context(), []string{"-dir", dir}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "is there already") {
		t.Errorf("a store of another run: exit %d, %q", code, stderr.String())
	}
	if code := quickstart(t.Context(), []string{"-orders", "no-such-file.csv"}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "no-such-file.csv") {
		t.Errorf("missing file: exit %d, %q", code, stderr.String())
	}
	if code := quickstart(t.Context(), []string{"-help"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "opening stock") {
		t.Errorf("help: exit %d", code)
	}
}
