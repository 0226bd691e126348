package sqlitestore

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// whole names the statements that read a whole table, and why that is right.
var whole = map[string]string{
	"channels":         "asked for all of them",
	"lanes":            "asked for all of them",
	"subscribers":      "asked for all of them",
	"add subscriber":   "one row for every channel",
	"prune outbox":     "one position for every channel",
	"parked":           "a person lists what is parked, with any filter or none",
	"free all":         "only held channels, from an index of them",
	"free subscribers": "a row for each subscriber and channel, once at start",
}

func TestStatementsUseIndexes(t *testing.T) {
	s := openTest(t)
	c := take(t, s)
	scan := regexp.MustCompile(`\bSCAN (\w+)`)
	for _, q := range queries {
		if verb, _, _ := strings.Cut(q.text, " "); verb == "BEGIN" || verb == "COMMIT" || verb == "ROLLBACK" {
			continue
		}
		for _, step := range plan(t, c, q) {
			m := scan.FindStringSubmatch(step)
			switch {
			case m == nil, strings.Contains(step, "CONSTANT ROW"), strings.Contains(step, "VALUES CLAUSE"):
			case whole[q.name] == "":
				t.Errorf("%s reads all of %s: %s\n%s", q.name, m[1], step, q.text)
			}
		}
	}
}

// TestLimitsBoundWork: a statement with a limit reads its rows in the order of
// an index, or it would read and sort them all to return a few.
func TestLimitsBoundWork(t *testing.T) {
	s := openTest(t)
	c := take(t, s)
	for _, q := range queries {
		if !strings.Contains(q.text, "LIMIT") || whole[q.name] != "" && q.name != "prune outbox" {
			continue
		}
		for _, step := range plan(t, c, q) {
			if strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s: %s\n%s", q.name, step, q.text)
			}
		}
	}
}

func plan(t *testing.T, c *conn, q *query) []string {
	t.Helper()
	explain := &query{name: "explain", text: "EXPLAIN QUERY PLAN " + q.text}
	c.statements[0] = nil
	args := make([]any, strings.Count(q.text, "?"))
	var steps []string
	err := c.query(t.Context(), explain, c.bind(args), func(r *row) {
		r.next = 3
		steps = append(steps, r.text())
	})
	if err != nil {
		t.Fatalf("%s: %v\n%s", q.name, err, q.text)
	}
	if err := c.statements[0].Close(); err != nil {
		t.Fatal(err)
	}
	c.statements[0] = nil
	return steps
}

// TestNoClockInSQL: a statement that read a clock would not follow the time of
// a test's bubble, nor the one time a transaction is told.
func TestNoClockInSQL(t *testing.T) {
	clock := regexp.MustCompile(`(?i)\b(now|current_time|current_date|current_timestamp|datetime|julianday|unixepoch|strftime|timediff|date|time)\b\s*['(]?|\brandom`)
	check := func(where, text string) {
		text = regexp.MustCompile(`--.*`).ReplaceAllString(text, "")
		if m := clock.FindString(text); m != "" {
			t.Errorf("%s has %q:\n%s", where, m, text)
		}
	}
	for _, q := range queries {
		check(q.name, q.text)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := migrations.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		check(f, string(b))
	}
	for _, bad := range []string{"DEFAULT (datetime('now'))", "DEFAULT CURRENT_TIMESTAMP", "at < now()", "strftime('%s')"} {
		if !clock.MatchString(bad) {
			t.Errorf("the check misses %s", bad)
		}
	}
}

func TestListQueries(t *testing.T) {
	q := sqlLevels.sizes[1].text
	if n := strings.Count(q, "(?, ?, ?)"); n != 4 || !strings.HasSuffix(q, "(?, ?, ?))") {
		t.Errorf("four keys of three: %s", q)
	}
	if sqlLevels.width != 3 || sqlOrders.width != 1 {
		t.Errorf("widths %d and %d, want 3 and 1", sqlLevels.width, sqlOrders.width)
	}
	if !slices.IsSorted(inSizes[:]) {
		t.Error("sizes must grow")
	}
}
