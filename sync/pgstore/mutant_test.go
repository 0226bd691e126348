package pgstore

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock/sync/storetest"
)

// A suite that every store passes could be one that passes every store. These
// tests break a statement and see that some case of the suite fails.
func TestSuiteNoticesBrokenStatements(t *testing.T) {
	for _, c := range []struct {
		q        *query
		old, new string
		notices  string
	}{
		{sqlClaim, "OR until <= $4", "OR until <= $4 OR true", "of many claims at one moment one wins"},
		{sqlClaim, "fence + 1", "fence", "a lease that has ended can be taken, which raises the fence"},
		{sqlClaim, "urgent = false, ", "", "a wake before the claim is served by it"},
		{sqlHold, "AND fence = $4", "AND $4::bigint > 0", "Hold is fenced once another turn has claimed"},
		{sqlHold, "greatest(until, $1)", "$1", "Hold extends the claim, and never back"},
		{sqlRelease, "CASE wake WHEN $1 THEN $2::bigint ELSE $3::bigint END", "coalesce($1, $2, $3)", "a wake during a turn is not lost"},
		{sqlFreeAll, "former = true", "former = false", "FreeAll ends every lease and remembers that it was not released"},
		{sqlWake, "least(next_at, $1)", "$1", "a wake makes due, and never later"},
		{sqlDue, "ORDER BY next_at", "ORDER BY -next_at", "due channels come urgent ones first, then by time"},
		{sqlUnwoken, "seq > s.position", "seq >= s.position", "Unwoken knows when outbox rows are nobody's to handle"},
		{sqlAddTotals.query, "t.open + excluded.open", "excluded.open", "AddTotals adds up, and keeps what the row was first given"},
		{sqlOutbox, "ORDER BY seq", "ORDER BY -seq", "events come back in the order of their commits"},
		{sqlPruneOutbox, "position < o.seq", "position > o.seq", "PruneOutbox keeps what a subscriber has yet to handle, and what is young"},
		{sqlPark.query, "p.tries + 1", "p.tries", "a record parked again replaces itself and counts its tries"},
		{sqlPark.query, "ELSE 0", "ELSE p.dismissed_at", "a dismissed record is back when it fails for other content, and only then"},
		{sqlNextSeq, "max(seq)", "min(seq)", "parcels are numbered within their order"},
		{sqlAppendLedger.query, "DO NOTHING", "DO UPDATE SET delta = excluded.delta", "a ledger key counts once for an item"},
		{sqlListingsBySKU, "sku = ANY($2)", "lower(convert_from(sku, 'LATIN1')) IN (SELECT lower(convert_from(s, 'LATIN1')) FROM unnest($2::bytea[]) AS s)", "listings come back as they were put, and by their exact SKU"},
		{sqlDueLevels, "due_at <= $2", "due_at < $2", "due levels come by how long they have been due"},
		{sqlSwapToken, "AND version = $3", "AND $3::bigint > 0", "a token is swapped by whoever knows its version"},
	} {
		sound := c.q.text
		c.q.text = strings.Replace(sound, c.old, c.new, 1)
		if c.q.text == sound {
			t.Errorf("%s has no %q", sound, c.old)
		}
		if !caughtBy(t, c.notices) {
			t.Errorf("%q does not notice that %q became %q", c.notices, c.old, c.new)
		}
		c.q.text = sound
		if caughtBy(t, c.notices) {
			t.Errorf("%q fails with the whole statement", c.notices)
		}
	}
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
	s := openTest(t)
	defer closeStore(t, s)
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // which FailNow ends
		defer close(done)
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
