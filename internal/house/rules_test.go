package house

// module is this module's path.
const module = "github.com/penstock-go/penstock"

var adapters = []string{"shopify", "bigcommerce", "amazon", "ebay"}

// Third-party modules, named once.
const (
	decimal   = "github.com/govalues/decimal"
	retry     = "github.com/hashicorp/go-retryablehttp"
	cleanhttp = "github.com/hashicorp/go-cleanhttp"
	oauth2    = "golang.org/x/oauth2"
	xtime     = "golang.org/x/time"
	xsync     = "golang.org/x/sync"
	xjson     = "github.com/go-json-experiment/json"
	graphql   = "github.com/vektah/gqlparser"
	openapi   = "github.com/getkin/kin-openapi"
	schema    = "github.com/santhosh-tekuri/jsonschema"
	gocmp     = "github.com/google/go-cmp"
	rapid     = "pgregory.net/rapid"
	sqlite    = "modernc.org/sqlite"
	goose     = "github.com/pressly/goose"
	flock     = "github.com/gofrs/flock"
	pgx       = "github.com/jackc/pgx"
	river     = "github.com/riverqueue/river"
	bar       = "github.com/schollz/progressbar"
	term      = "golang.org/x/term"
	prom      = "github.com/prometheus/client_golang"
	otel      = "go.opentelemetry.io/otel"
)

// rule says what the packages at and below a path may import outside tests.
// Of several rules the one with the longest path holds. A package no rule
// names may import nothing: whoever adds one says what it is for.
type rule struct {
	path    string   // within the module
	ours    []string // packages of ours, with what is below them, unless a rule forbids that
	modules []string // third-party modules
}

// rules is the plan of the house: imports point from adapters and from the
// engine to the contract, and from nowhere to an adapter but from its own fake
// and from examples.
func rules() []rule {
	wire := []string{decimal, retry, cleanhttp, oauth2, xtime, xsync, xjson}
	engine := []string{"channel", "sync", "sync/internal"}
	rs := []rule{
		{path: "channel", modules: []string{decimal}},
		{path: "channel/channeltest", ours: []string{"channel", "channel/channeltest"}, modules: []string{gocmp, rapid}},

		{path: "internal/transport", ours: []string{"channel", "internal/transport"}, modules: wire},
		{path: "internal/wire", ours: []string{"channel"}, modules: []string{xjson}},
		{path: "internal/adapter", ours: []string{"channel"}},
		{path: "internal/fakehttp", ours: []string{"internal/fakehttp"}},
		{
			path: "internal/spectest", ours: []string{"internal/spectest", "internal/fakehttp"},
			modules: []string{openapi, graphql, schema},
		},
		// What only the tests of adapters and fakes share.
		{path: "internal/adaptertest", ours: []string{"channel"}, modules: []string{gocmp, xjson}},
		{path: "internal/pgtest", modules: []string{pgx}},
		{path: "internal/house"},
		{path: "internal/bench"}, // tests only

		{path: "sync", ours: []string{"channel", "sync/internal"}, modules: []string{xsync, xtime, xjson}},
		{path: "sync/internal", ours: []string{"channel", "sync/internal"}, modules: []string{xsync, xtime, xjson}},
		{path: "sync/sqlitestore", ours: append(engine, "sync/sqlitestore"), modules: []string{sqlite, goose, flock}},
		{path: "sync/pgstore", ours: append(engine, "sync/pgstore"), modules: []string{pgx, goose}},
		{path: "sync/riverrunner", ours: append(engine, "sync/pgstore", "sync/riverrunner"), modules: []string{river, pgx}},
		{path: "sync/status", ours: append(engine, "sync/status"), modules: []string{prom, otel}},
		{
			path: "sync/storetest", ours: append(engine, "sync/storetest", "channel/channeltest"),
			modules: []string{gocmp, rapid},
		},

		// An example is what a user writes: all that is public, nothing that is
		// internal.
		{path: "examples", ours: append([]string{"channel", "sync", "examples"}, adapters...), modules: []string{
			sqlite, pgx, river, oauth2, prom, otel, xsync, xtime, bar, term,
		}},
	}
	for _, a := range adapters {
		fake := a + "/" + a + "test"
		inside := a + "/internal"
		below := []string{"channel", "internal/adapter", "internal/transport", "internal/wire"}
		rs = append(
			rs,
			rule{path: a, ours: append(below, inside), modules: wire},
			rule{path: inside, ours: append(below, inside), modules: wire},
			// A fake is built from the marketplace's documents: it knows the
			// adapter's Config, and nothing of its wire client.
			rule{
				path: fake, ours: []string{"channel", a, fake, "internal/fakehttp"},
				modules: []string{decimal, graphql, xjson},
			},
		)
	}
	return rs
}

// links says what a program that imports only a package may link: the modules
// behind all it imports, however indirectly.
type links struct {
	path    string
	modules []string
}

func linked() []links {
	wire := []string{decimal, retry, cleanhttp, oauth2, xtime, xsync, xjson}
	ls := []links{
		{"channel", []string{decimal}},
		{"internal/transport", wire},
		{"sync", []string{decimal, xsync, xtime, xjson}},
	}
	for _, a := range adapters {
		ls = append(ls, links{a, wire})
	}
	return ls
}

// neverLinked are packages of the standard library that no program should get
// with a package of linked: test code, a database, handlers that register
// themselves.
var neverLinked = []string{"testing", "net/http/httptest", "database/sql", "expvar", "net/http/pprof"}

// kept says which packages of ours, tests included, may import modules that
// are some package's own business.
var kept = []struct {
	modules []string
	in      []string
}{
	{[]string{sqlite}, []string{"sync/sqlitestore", "examples", "internal/bench"}},
	{[]string{pgx}, []string{"sync/pgstore", "sync/riverrunner", "internal/pgtest", "examples"}},
	{[]string{river}, []string{"sync/riverrunner", "examples"}},
	{[]string{goose}, []string{"sync/sqlitestore", "sync/pgstore"}},
}

// topLevel is all that may lie at the top of the tree.
var topLevel = []string{
	"channel", "shopify", "bigcommerce", "amazon", "ebay", "sync", "examples", "internal", "docs",
	"go.mod", "go.sum", "README.md", "CHANGELOG.md", "LICENSE", "Makefile",
	".ci", ".golangci.yml", ".editorconfig", ".gitattributes", ".gitignore",
}
