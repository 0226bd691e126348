package pgstore

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/pgtest"
)

// with returns an address with another user or other parameters.
func with(tb testing.TB, address, user string, params ...string) string {
	tb.Helper()
	at, err := url.Parse(address)
	must(tb, err)
	if user != "" {
		at.User = url.User(user)
	}
	q := at.Query()
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	at.RawQuery = q.Encode()
	return at.String()
}

// newUser makes a user who may do nothing, for the length of a test.
func newUser(tb testing.TB, address string) string {
	tb.Helper()
	database := strings.TrimPrefix(mustParse(tb, address).Path, "/")
	name := strings.Replace(database, "test", "user", 1)
	must(tb, pgtest.Exec(address, "CREATE ROLE "+name+" LOGIN", "GRANT CONNECT ON DATABASE "+database+" TO "+name))
	tb.Cleanup(func() {
		if err := pgtest.Exec(address, "DROP OWNED BY "+name, "DROP ROLE "+name); err != nil {
			tb.Error(err)
		}
	})
	return name
}

func mustParse(tb testing.TB, address string) *url.URL {
	tb.Helper()
	at, err := url.Parse(address)
	must(tb, err)
	return at
}

func TestOpenRefuses(t *testing.T) {
	const secret = "hunter2-and-more"
	address := pgtest.URL(t)
	must(t, pgtest.Exec(
		address,
		"CREATE SCHEMA foreign_one", "CREATE TABLE foreign_one.orders (id integer)",
		"CREATE SCHEMA newer", "CREATE TABLE newer.penstock_versions (version_id bigint, is_applied boolean)",
		"INSERT INTO newer.penstock_versions VALUES (0, true), (99, true)",
	))
	elsewhere := *mustParse(t, address)
	elsewhere.Path = "/penstock_test_none"
	before := look(t, address)
	for _, c := range []struct {
		name, address string
		is            error
		texts         []string
	}{
		{"no address", " ", nil, []string{"address is empty"}},
		{"what is no address", "postgres://me:" + secret + "@[host", nil, []string{"cannot be read", "postgres://user"}},
		{"an address with a parameter that cannot be", "postgres://me:" + secret + "@host/db?sslmode=perhaps", nil, []string{"cannot be read"}},
		{"keywords that cannot be", "user=me password=" + secret + " port=many", nil, []string{"cannot be read"}},
		{"nobody there", "postgres://me:" + secret + "@127.0.0.1:1/db?sslmode=disable", nil, []string{"127.0.0.1"}},
		{"no such database", elsewhere.String(), nil, []string{"penstock_test_none", "CREATE DATABASE"}},
		{"no such user", with(t, address, "penstock_user_none"), ErrDenied, []string{"penstock_user_none", "check the user"}},
		{"several schemas", with(t, address, "", "search_path", "penstock,public"), nil, []string{"name one schema"}},
		{"a schema of Postgres's", with(t, address, "", "search_path", "pg_temp"), nil, []string{"pg_temp"}},
		{"a schema that needs quotes", with(t, address, "", "search_path", `a"; DROP SCHEMA newer`), nil, []string{"small letters"}},
		{"one connection", with(t, address, "", "pool_max_conns", "1"), nil, []string{"pool_max_conns"}},
		{"another program's schema", with(t, address, "", "search_path", "foreign_one"), nil, []string{"foreign_one", "another program", "search_path"}},
		{"a newer release's tables", with(t, address, "", "search_path", "newer"), ErrNewer, []string{"version is 99", "knows up to 1"}},
		{"a read-only user", with(t, address, "", "default_transaction_read_only", "on"), ErrReadOnly, []string{"default_transaction_read_only"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), c.address)
			if err == nil {
				closeStore(t, s)
				t.Fatal("Open succeeded")
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v, want it to be %q", err, c.is)
			}
			if !strings.HasPrefix(err.Error(), "pgstore: ") || strings.Contains(err.Error(), secret) {
				t.Errorf("%q", err)
			}
			for _, text := range c.texts {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q, want it to say %q", err, text)
				}
			}
		})
	}
	if after := look(t, address); after != before {
		t.Errorf("the database was\n%s\nand is\n%s", before, after)
	}
}

// look returns the tables there are.
func look(tb testing.TB, address string) string {
	tb.Helper()
	return ask(tb, address, `SELECT coalesce(string_agg(n.nspname || '.' || relname, ' ' ORDER BY 1), '') || ' in ' ||
		(SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_')
		FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)'`)
}

func TestOpenRefusesAServerThatIsTooOld(t *testing.T) {
	address := pgtest.URL(t)
	_, err := open(t.Context(), address, settings{least: 1000, files: migrations})
	if err == nil || !strings.Contains(err.Error(), "the server is Postgres 1") || !strings.Contains(err.Error(), "at least 1000 is needed") {
		t.Errorf("%v", err)
	}
	if got := look(t, address); strings.Contains(got, "penstock.") {
		t.Errorf("there are tables: %s", got)
	}
}

// TestOpenSaysWhichRightIsMissing does what each refusal says, until the store
// opens.
func TestOpenSaysWhichRightIsMissing(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, address, user string)
		want    []string // the remedies, in turn
	}{
		{"who is to make the tables", func(*testing.T, string, string) {}, []string{"CREATE SCHEMA penstock AUTHORIZATION "}},
		{"who is to make the tables in a schema", func(t *testing.T, address, user string) {
			t.Helper()
			must(t, pgtest.Exec(address, "CREATE SCHEMA penstock", "GRANT USAGE ON SCHEMA penstock TO "+user))
		}, []string{"GRANT CREATE ON SCHEMA penstock TO "}},
		{"who finds the tables made", func(t *testing.T, address, _ string) {
			t.Helper()
			openAt(t, address)
		}, []string{
			"GRANT USAGE ON SCHEMA penstock TO ", "GRANT SELECT ON ALL TABLES IN SCHEMA penstock TO ",
			"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA penstock TO ",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := pgtest.URL(t)
			user := newUser(t, address)
			c.prepare(t, address, user)
			for _, want := range c.want {
				_, err := Open(t.Context(), with(t, address, user))
				if !errors.Is(err, ErrDenied) {
					t.Fatalf("before %q: %v, want ErrDenied", want, err)
				}
				_, remedy, _ := strings.Cut(err.Error(), want[:6])
				if remedy = want[:6] + remedy; remedy != want+`"`+user+`"` {
					t.Fatalf("%q, want it to say %q", err, want)
				}
				must(t, pgtest.Exec(address, remedy))
			}
			s := openAt(t, with(t, address, user))
			must(t, putOrders(t, s, "1"))
		})
	}
}

func TestTwoStoresInOneDatabase(t *testing.T) {
	address := pgtest.URL(t)
	must(t, pgtest.Exec(address, "CREATE TABLE public.orders (id integer)")) // a service's own
	a, b := openAt(t, address), openAt(t, with(t, address, "", "search_path", "second"))
	must(t, putOrders(t, a, "1", "2"))
	must(t, putOrders(t, b, "1"))
	if countOrders(t, a) != 2 || countOrders(t, b) != 1 {
		t.Errorf("%d and %d orders, want 2 and 1", countOrders(t, a), countOrders(t, b))
	}
}
