package pgstore

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// whole names the statements that read a whole table, and why that is right.
var whole = map[string]string{
	"channels":       "asked for all of them",
	"lanes":          "asked for all of them",
	"subscribers":    "asked for all of them",
	"add subscriber": "one row for every channel",
	"parked":         "a person lists what is parked, with any filter or none",
	"unwoken":        "the sweep looks at every channel that is not due",
	"free all":       "once at start, of a store that is Exclusive",

	"free subscribers": "once at start, of a store that is Exclusive",
}

// plans calls f with the steps of each statement's plan where Postgres takes an
// index wherever there is one.
func plans(t *testing.T, f func(q *query, steps []string)) {
	t.Helper()
	openTest(t)
	c, err := pgx.Connect(t.Context(), emptied)
	must(t, err)
	defer func() { must(t, c.Close(t.Context())) }()
	_, err = c.Exec(t.Context(), `SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
		SET enable_sort = off; SET enable_incremental_sort = off`)
	must(t, err)
	for i, text := range texts(defaultSchema) {
		params := 0
		for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(m[1])
			must(t, err)
			params = max(params, n)
		}
		name := "q" + strconv.Itoa(i)
		if _, err := c.Exec(t.Context(), "PREPARE "+name+" AS "+text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		execute := "EXECUTE " + name
		if params > 0 {
			execute += "(" + strings.Join(slices.Repeat([]string{"NULL"}, params), ", ") + ")"
		}
		rows, err := c.Query(t.Context(), "EXPLAIN "+execute)
		must(t, err)
		steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		f(queries[i], steps)
	}
}

func TestStatementsUseIndexes(t *testing.T) {
	scan := regexp.MustCompile(`Seq Scan on (\w+)`)
	read := map[string]bool{}
	plans(t, func(q *query, steps []string) {
		for _, step := range steps {
			if m := scan.FindStringSubmatch(step); m != nil {
				read[q.name] = true
				if whole[q.name] == "" {
					t.Errorf("%s reads all of %s:\n%s\n%s", q.name, m[1], strings.Join(steps, "\n"), q.text)
				}
			}
		}
	})
	for _, name := range []string{"subscribers", "lanes"} {
		if !read[name] {
			t.Errorf("the check does not see that %s reads a whole table", name)
		}
	}
}

// TestLimitsBoundWork: a statement with a limit reads its rows in the order of
// an index, or it would read and sort them all to return a few.
func TestLimitsBoundWork(t *testing.T) {
	n := 0
	plans(t, func(q *query, steps []string) {
		if !strings.Contains(q.text, "LIMIT") {
			return
		}
		n++
		for _, step := range steps {
			if strings.Contains(step, "Sort") {
				t.Errorf("%s:\n%s\n%s", q.name, strings.Join(steps, "\n"), q.text)
			}
		}
	})
	if n < 10 {
		t.Errorf("%d statements have a limit", n)
	}
}

// TestNoClockInSQL: a statement that read a clock would not follow the time of
// the engine, nor the one time a transaction is told.
func TestNoClockInSQL(t *testing.T) {
	clock := regexp.MustCompile(`(?i)\b(now|current_time|current_date|current_timestamp|localtime|localtimestamp|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\b|\brandom`)
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
		must(t, err)
		check(f, string(b))
	}
	for _, bad := range []string{"DEFAULT now()", "DEFAULT CURRENT_TIMESTAMP", "at < clock_timestamp()"} {
		if !clock.MatchString(bad) {
			t.Errorf("the check misses %s", bad)
		}
	}
}

// TestTablesAreNamedWithTheirSchema: a caller's transaction has a search path
// of its own, with tables of the same names.
func TestTablesAreNamedWithTheirSchema(t *testing.T) {
	bare := regexp.MustCompile(fmt.Sprintf(`(?:FROM|INTO|UPDATE|JOIN)\s+(%s)\b`, strings.Join(tables(t), "|")))
	for _, q := range queries {
		if m := bare.FindString(q.text); m != "" {
			t.Errorf("%s has %q:\n%s", q.name, m, q.text)
		}
	}
	if !bare.MatchString("SELECT id FROM channels") {
		t.Error("the check misses a bare name")
	}
}
