package sqlitestore

import (
	"flag"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock/sync/storetest"
)

// A suite that every store passes could be one that passes every store. These
// tests break a statement and see that some case of the suite fails.

var mutants = flag.String("mutants", "", "break every statement whose name matches in every way; for all, which takes minutes, a dot")

// mutation is a way to break a statement.
type mutation struct {
	old *regexp.Regexp
	new string
}

var mutations = []mutation{
	{regexp.MustCompile(`(\w+) = excluded\.\w+`), "$1 = $1"},
	{regexp.MustCompile(`<=`), "<"},
	{regexp.MustCompile(`( )<( )`), "$1<=$2"},
	{regexp.MustCompile(`( )>( )`), "$1>=$2"},
	{regexp.MustCompile(`<>`), "="},
	{regexp.MustCompile(`(\w+) = \?( AND)`), "$1 = $1 AND ? IS NOT NULL$2"},
	{regexp.MustCompile(`AND (\w+) = \?`), "AND ? IS NOT NULL"},
	{regexp.MustCompile(`\bmax\(`), "min("},
	{regexp.MustCompile(`\bmin\(`), "max("},
	{regexp.MustCompile(`\+ 1`), "+ 0"},
	{regexp.MustCompile(` DESC`), ""},
	{regexp.MustCompile(`(ORDER BY \w+)([ ,\n]|$)`), "$1 DESC$2"},
	{regexp.MustCompile(`LIMIT \?`), "LIMIT ? + 1"},
	{regexp.MustCompile(`(owner|until|urgent|former) = (0|'')`), "$1 = $1"},
	{regexp.MustCompile(`former = 1`), "former = 0"},
	{regexp.MustCompile(`urgent = 0, `), ""},
	{regexp.MustCompile(` AND EXISTS`), " OR EXISTS"},
	{regexp.MustCompile(`OR EXISTS`), "AND EXISTS"},
	{regexp.MustCompile(`DO NOTHING`), "DO UPDATE SET channel = channel"},
	{regexp.MustCompile(`AUTOINCREMENT`), ""},
}

// equivalent are the ways that change nothing, by the statement they make, and
// why.
var equivalent = map[string]string{
	"SELECT next_at FROM channels WHERE urgent = urgent AND ? IS NOT NULL AND next_at > ? AND (owner = '' OR until <= ?) ORDER BY next_at LIMIT 1":                              "it is run for both and the earlier taken: urgent is there for the index",
	"SELECT " + parkedColumns + " FROM parked WHERE true AND channel = ? AND kind = ? AND ref = ? ORDER BY id DESC LIMIT ?":                                                     "there is one at most",
	"SELECT " + parkedColumns + " FROM parked WHERE dismissed_at = 0 AND channel = ? AND kind = ? AND ref = ? ORDER BY id DESC LIMIT ?":                                         "there is one at most",
	"SELECT " + parkedColumns + " FROM parked WHERE dismissed_at <> 0 AND channel = ? AND kind = ? AND ref = ? ORDER BY id DESC LIMIT ?":                                        "there is one at most",
	"SELECT " + shipmentColumns + " FROM shipments WHERE channel = ? AND order_id IN (?) ORDER BY order_id DESC, seq":                                                           "orders come in no order, their parcels do",
	"UPDATE levels SET due_at = ? WHERE account = ? AND (due_at = 0 OR due_at >= ?) AND item IN (?)":                                                                            "sets a time to itself",
	"UPDATE subscribers SET owner = owner, until = 0 WHERE owner <> ''":                                                                                                         "a claim that has ended is free",
	"UPDATE subscribers SET owner = '', until = until WHERE owner <> ''":                                                                                                        "a claim of nobody is free",
	"INSERT INTO subscribers (" + subscriberColumns + ") SELECT ?, id, 0, 0, 0, '', '', 0 FROM channels WHERE true ON CONFLICT (name, channel) DO UPDATE SET channel = channel": "sets a channel to itself",
}

func TestSuiteNoticesBrokenStatements(t *testing.T) {
	for _, c := range []struct {
		q        *query
		old, new string
		notices  string
	}{
		{sqlClaim, "OR until <= ?", "OR true OR until <= ?", "of many claims at one moment one wins"},
		{sqlClaim, "fence + 1", "fence", "a lease that has ended can be taken, which raises the fence"},
		{sqlClaim, "urgent = 0, ", "", "a wake before the claim is served by it"},
		{sqlHold, "AND fence = ?", "AND ? > 0", "Hold is fenced once another turn has claimed"},
		{sqlHold, "max(until, ?)", "?", "Hold extends the claim, and never back"},
		{sqlRelease, "CASE wake WHEN ? THEN ? ELSE ? END", "coalesce(?, ?, ?)", "a wake during a turn is not lost"},
		{sqlFreeAll, "former = 1", "former = 0", "FreeAll ends every lease and remembers that it was not released"},
		{sqlFreeSubscribers, "owner <> ''", "owner = ''", "FreeAll ends every claim of a subscriber"},
		{sqlWake, "min(next_at, ?)", "?", "a wake makes due, and never later"},
		{sqlDue, "ORDER BY next_at", "ORDER BY -next_at", "due channels come urgent ones first, then by time"},
		{sqlUnwoken, "seq > s.position", "seq >= s.position", "Unwoken knows when outbox rows are nobody's to handle"},
		{sqlAddTotal[0], "open + excluded.open", "excluded.open", "AddTotals adds up, and keeps what the row was first given"},
		{sqlOutbox, "ORDER BY seq", "ORDER BY -seq", "events come back in the order of their commits"},
		{sqlFloors, "min(position)", "max(position)", "PruneOutbox keeps what a subscriber has yet to handle, and what is young"},
		{sqlPark, "tries + 1", "tries", "a record parked again replaces itself and counts its tries"},
		{sqlPark, "THEN dismissed_at", "THEN 0", "a dismissed record is back when it fails for other content, and only then"},
		{sqlPark, "ELSE 0", "ELSE dismissed_at", "a dismissed record is back when it fails for other content, and only then"},
		{sqlNextSeq, "max(seq)", "min(seq)", "parcels are numbered within their order"},
		{sqlAppendLedger, "DO NOTHING", "DO UPDATE SET delta = excluded.delta", "a ledger key counts once for an item"},
		{sqlListingsBySKU.sizes[0], "sku IN (?)", "lower(sku) IN (lower(?))", "listings come back as they were put, and by their exact SKU"},
		{sqlDueLevels, "due_at <= ?", "due_at < ?", "due levels come by how long they have been due"},
		{sqlSwapToken, "AND version = ?", "AND ? > 0", "a token is swapped by whoever knows its version"},
		{sqlCommit, "COMMIT", "ROLLBACK", "an order comes back as it was put, and is replaced as a whole"},
		{sqlRollback, "ROLLBACK", "COMMIT", "an Update that fails leaves nothing"},
	} {
		whole := c.q.text
		c.q.text = strings.Replace(whole, c.old, c.new, 1)
		if c.q.text == whole {
			t.Errorf("%s has no %q", whole, c.old)
		}
		if !caughtBy(t, c.notices) {
			t.Errorf("%q does not notice that %q became %q", c.notices, c.old, c.new)
		}
		c.q.text = whole
		if caughtBy(t, c.notices) {
			t.Errorf("%q fails with the whole statement", c.notices)
		}
	}
}

// racing says that the race detector is on: a store is twenty times slower
// then.
var racing bool

func TestSuiteNoticesEveryBrokenStatement(t *testing.T) {
	name := *mutants
	switch {
	case name != "": // all of them take minutes: -mutants .
	case racing:
		name = "^hold$"
	default:
		name = "^claim$"
	}
	wanted := regexp.MustCompile(name)
	n := 0
	for first := 0; first < len(queries); {
		// The lengths of one list are one statement.
		family := queries[first : first+1]
		for _, q := range queries[first+1:] {
			if len(family) == len(inSizes) || head(q) != head(family[0]) {
				break
			}
			family = queries[first : first+len(family)+1]
		}
		first += len(family)

		if !wanted.MatchString(family[0].name) {
			continue
		}
		for _, m := range mutations {
			for i := range m.old.FindAllStringIndex(family[0].text, -1) {
				if n++; racing && n > 1 {
					continue
				}
				whole := make([]string, len(family))
				for k, q := range family {
					whole[k] = q.text
					if at := m.old.FindAllStringSubmatchIndex(q.text, -1); i < len(at) {
						q.text = q.text[:at[i][0]] + string(m.old.ExpandString(nil, m.new, q.text, at[i])) + q.text[at[i][1]:]
					}
				}
				same := equivalent[strings.Join(strings.Fields(family[0].text), " ")]
				switch name := caught(t); {
				case name != "":
					t.Logf("%s: %q notices that %s became %s", family[0].name, name, m.old, m.new)
				case same == "":
					t.Errorf("no case notices that %s became %s: add one, or say in equivalent why it is the same\n%s", m.old, m.new, family[0].text)
				}
				for k, q := range family {
					q.text = whole[k]
				}
			}
		}
	}
	t.Logf("%d ways to break a statement", n)
}

func head(q *query) string {
	for _, list := range [...]string{"IN (", "VALUES ("} {
		if i := strings.Index(q.text, list); i >= 0 {
			return q.text[:i]
		}
	}
	return q.text
}

// caught returns the name of the first case that fails.
func caught(t *testing.T) string {
	t.Helper()
	for _, c := range storetest.Cases() {
		if fails(t, c) {
			return c.Name
		}
	}
	return ""
}

func caughtBy(t *testing.T, name string) bool {
	t.Helper()
	for _, c := range storetest.Cases() {
		if c.Name == name {
			return fails(t, c)
		}
	}
	t.Errorf("there is no case %q", name)
	return false
}

func fails(t *testing.T, c storetest.Case) bool {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // which FailNow ends
		defer close(done)
		s, err := open(filepath.Join(t.TempDir(), "penstock.db"), "rw", "OFF", "OFF")
		if err != nil {
			r.Fail()
			return
		}
		defer s.Close()
		c.Run(r, s)
	}()
	<-done
	return r.failed.Load()
}

// recorder is a test that is meant to fail.
type recorder struct {
	testing.TB
	failed atomic.Bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Log(...any)            {}
func (r *recorder) Logf(string, ...any)   {}
func (r *recorder) Fail()                 { r.failed.Store(true) }
func (r *recorder) Failed() bool          { return r.failed.Load() }
func (r *recorder) Error(...any)          { r.Fail() }
func (r *recorder) Errorf(string, ...any) { r.Fail() }
func (r *recorder) FailNow()              { r.Fail(); runtime.Goexit() }
func (r *recorder) Fatal(...any)          { r.FailNow() }
func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
