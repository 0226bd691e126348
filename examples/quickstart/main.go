// Command quickstart is Penstock's main job, end to end, with nothing to
// install: it starts a fake Shopify and a fake BigCommerce shop of one seller,
// lets buyers place orders on both, and runs the engine as a child process on
// an SQLite file. The engine imports every order, ships it, writes the tracking
// back and keeps both shops' stock level; it is killed several times on the
// way. In the end the program compares what the shops hold with what the
// engine's store holds.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/penstock-go/penstock/examples/quickstart/plan"
	channelsync "github.com/penstock-go/penstock/sync"
	"github.com/penstock-go/penstock/sync/sqlitestore"
)

func main() {
	if os.Getenv(engineEnv) != "" {
		if err := engineMain(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "engine:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(quickstart(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// What the flags take. Beyond mostQuota the marketplaces have no limits and no
// lags to speak of.
const (
	leastQuota = 0.01
	mostQuota  = 10_000
	mostOrders = 1_000_000
)

// options are the program's flags.
type options struct {
	file     string
	channels int
	quota    float64
	seed     uint64
	orders   int
	over     time.Duration // from the first order to the last; longer with Amazon, where goods sell out more slowly
	every    time.Duration
	dir      string
	kills    bool

	// Of tests:
	given *plan.Plan         // instead of a stream or a file
	still bool               // the engine never writes a quantity
	after func(r *run) error // between the run and the comparison
}

const usage = `quickstart runs Penstock's main job on four fake marketplaces: Shopify,
BigCommerce, Amazon, which shows its orders late and takes many quantities as
one feed that gets stuck on the way, and eBay, where a buyer commits before the
order shows and half of the listings were made without the Inventory API. What
is sold twice is no failure where no engine could have known in time: the last
line counts those units as unavoidable. With -channels 2 it does without Amazon
and eBay, and so it does with -orders unless told: Amazon's hot goods take six
hours to settle, divided by -quota.

Usage: quickstart [flags]

Without -orders the orders are an invented stream of about two thousand, the
same for the same -seed; sixty goods sell out, their last units one at a time.

Every third order of two lines or more leaves in two parcels, all others in one:
its buyer asks for that in the order's note, where the warehouse reads it.

`

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{kills: true, over: 17 * time.Second}
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.file, "orders", "", "replay a `file` of real orders (CSV, plain or gzipped) instead")
	fs.IntVar(&o.channels, "channels", 0, "2 are Shopify and BigCommerce, 3 those and Amazon, 4 those and eBay (default 4, and 2 with -orders)")
	fs.Float64Var(&o.quota, "quota", 100, "multiply the marketplaces' rate limits by `N`, and divide their lags; 1 is the real thing")
	fs.Uint64Var(&o.seed, "seed", 1, "of the invented stream")
	fs.IntVar(&o.orders, "n", 2000, "about how many orders the invented stream has")
	fs.DurationVar(&o.every, "every", 2*time.Millisecond, "from one order of a file to the next")
	fs.StringVar(&o.dir, "dir", "", "keep the engine's store in this `folder` (default: a temporary one)")
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), usage)
		fs.PrintDefaults()
		fmt.Fprint(fs.Output(), "\nReplaying a file:\n\n", plan.Rules)
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: flags only, see -help", fs.Arg(0))
	case o.channels != 0 && (o.channels < 2 || o.channels > 4):
		return o, fmt.Errorf("-channels is %d: it must be 2, 3 or 4", o.channels)
	case !(o.quota >= leastQuota && o.quota <= mostQuota):
		return o, fmt.Errorf("-quota is %v: it must be between %v and %v", o.quota, leastQuota, float64(mostQuota))
	case o.orders < plan.Fewest || o.orders > mostOrders:
		return o, fmt.Errorf("-n is %d: it must be between %d, which the goods that sell out take, and %d", o.orders, plan.Fewest, mostOrders)
	case o.every < 0:
		return o, fmt.Errorf("-every is %v: it cannot be negative", o.every)
	}
	if o.channels == 0 && o.file == "" {
		o.channels = 4
	}
	return o, nil
}

// quickstart runs the main job and returns the exit status.
func quickstart(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 2
	}
	return job(ctx, o, stdout, stderr)
}

// job is the main job with its last line and its exit status.
func job(ctx context.Context, o options, stdout, stderr io.Writer) int {
	out, err := mainJob(ctx, o, stdout, stderr)
	return conclude(out, err, stdout, stderr)
}

// conclude tells what came of a run, in the last line at the latest, and
// returns the exit status: 1 when anything failed or differs.
func conclude(out *outcome, err error, stdout, stderr io.Writer) int {
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		if out == nil {
			out = &outcome{}
		}
		out.broken = true
	}
	for _, n := range out.notes {
		fmt.Fprintln(stdout, "  "+n)
	}
	fmt.Fprintln(stdout, out.line())
	if !out.ok() {
		return 1
	}
	return 0
}

// markets is how many marketplaces take part.
func (o options) markets() int { return cmp.Or(o.channels, 2) }

func (o options) plan() (*plan.Plan, error) {
	switch {
	case o.given != nil:
		return o.given, nil
	case o.file != "":
		// BigCommerce has the finer money; of its two refunds of units, at the
		// line's price and overridden by the seller, the fake takes the first.
		// Amazon's refunds of money are made up by us, for it tells of none.
		return plan.Open(o.file, plan.ReplayConfig{
			Channels: o.markets(), FineMoney: 1, FullPrice: []int{1, amazonIndex}, GoodsOnly: []int{amazonIndex, ebayIndex}, Every: o.every,
		})
	}
	cfg := plan.InventedConfig{Seed: o.seed, Channels: o.markets(), Orders: o.orders, Over: o.over}
	if o.markets() > amazonIndex {
		cfg.Late, cfg.GoodsOnly, cfg.Over, cfg.Delivery = []int{amazonIndex, ebayIndex}, []int{amazonIndex, ebayIndex}, o.over+5*time.Second, true
	}
	return plan.Invented(cfg), nil
}

// The places of Amazon and eBay among the markets.
const (
	amazonIndex = 2
	ebayIndex   = 3
)

func mainJob(ctx context.Context, o options, stdout, stderr io.Writer) (*outcome, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "penstock-quickstart-"); err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	path := filepath.Join(dir, "penstock.db")
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%s is there already: its orders are of other marketplaces than this run's, so take another -dir or remove it", path)
	}
	what := fmt.Sprintf("an invented stream of orders, seed %d", o.seed)
	if o.file != "" {
		what = o.file
	}
	fmt.Fprintf(stdout, "main job: %s; the marketplaces' limits × %g, their lags ÷ %g (-quota 1 is the real thing)\n", what, o.quota, o.quota)

	w, err := newWorld(p, o.quota, o.markets())
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	s := setup{Store: path, Shopify: w.endpoints[0], BigCommerce: w.endpoints[1], Quota: o.quota, Still: o.still}
	if w.amazon != nil {
		s.Amazon, s.AmazonSite = w.endpoints[amazonIndex], amazonMarketplaces[p.Currency]
	}
	if w.ebay != nil {
		s.Ebay, s.EbaySite = w.endpoints[ebayIndex], ebayMarketplaces[p.Currency]
	}
	c := newChild(s, stderr)
	if p.File == nil && !o.still { // of real goods there are plenty
		c.pace.most, c.pace.patience = keepsUp(o.quota), o.patience()
	}
	show := newProgress(stdout)
	failed := drive(ctx, o, p, w, c, show)
	failed = errors.Join(failed, c.stop())
	for _, why := range c.failed {
		fmt.Fprintln(stderr, "engine refused a command:", why)
	}
	r := &run{plan: p, world: w, setup: c.setup}
	if o.after != nil {
		if err := o.after(r); err != nil {
			return nil, err
		}
	}
	// A run that came to nothing is compared too: it tells where it stuck.
	out, err := r.judge(ctx)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	throttled := make([]string, len(w.markets))
	for i, m := range w.markets {
		throttled[i] = fmt.Sprintf("%s %d", m.channel(), m.throttled())
	}
	show.end(fmt.Sprintf("engine: %d lives, %d kills, peak memory %.1f MiB; throttled answers: %s",
		c.lives, c.kills, float64(c.peak)/(1<<20), strings.Join(throttled, ", ")))
	if len(c.failed) > 0 {
		failed = errors.Join(failed, fmt.Errorf("%d commands were refused", len(c.failed)))
	}
	return out, failed
}

// run is a run that has ended: what was planned, what the marketplaces hold,
// and where the engine's store is.
type run struct {
	plan  *plan.Plan
	world *world
	setup setup
}

// judge opens the store the engine left and compares.
func (r *run) judge(ctx context.Context) (*outcome, error) {
	store, err := sqlitestore.Open(r.setup.Store)
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	chs, err := channels(r.setup)
	if err != nil {
		return nil, err
	}
	engine, err := channelsync.New(channelsync.Config{Store: store, Channels: chs})
	if err != nil {
		return nil, err
	}
	return compare(ctx, engine, r.world, r.plan)
}
