package riverrunner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// Config says where River's tables are. Pool is required.
type Config struct {
	// Pool is a pool of connections to a database, which may be the store's or
	// another. River listens on one of them for as long as the engine runs.
	Pool *pgxpool.Pool

	// Schema has River's tables. Default: the first of the connection's search
	// path.
	Schema string

	channelsync.QueueOptions
}

// Queues that a process works. Urgent looks have workers of their own, so that
// neither kind waits for the other.
const (
	queueOrdinary = "penstock"
	queueUrgent   = "penstock_urgent"
)

// Of River's settings.
const (
	// stuckAfter is when River takes a job for dead. The look was made without
	// it long before; what remains is its row.
	stuckAfter = 10 * time.Minute
	// keepDone is how long jobs stay in the table when they are done.
	keepDone = 10 * time.Minute
	// stopDeadline is how long visits may take to end.
	stopDeadline = 2 * time.Minute
)

// New returns a runner by River, for channelsync.Config.Runner. It makes or
// updates River's tables; processes may do so at once. It fails where the
// database cannot be reached or grants no right to that.
func New(ctx context.Context, cfg Config) (*channelsync.QueueRunner, error) {
	if cfg.Pool == nil {
		return nil, errors.New("riverrunner: Config.Pool is missing: open one with pgxpool.New, or take a store's")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	q := &queue{cfg: cfg}
	if err := q.migrate(ctx); err != nil {
		return nil, fmt.Errorf("riverrunner: River's tables: %w", err)
	}
	var err error
	q.offers, err = river.NewClient(riverpgxv5.New(cfg.Pool), &river.Config{Schema: cfg.Schema, Logger: cfg.Logger})
	if err != nil {
		return nil, fmt.Errorf("riverrunner: %w", err)
	}
	return channelsync.NewQueueRunner(q, cfg.QueueOptions), nil
}

type queue struct {
	cfg    Config
	offers *river.Client[pgx.Tx]
}

// migrationLock is the key of the advisory lock that River's tables are made
// under, which its migrations do not take: any number that nobody else takes.
const migrationLock = 0x70656e73746f636b // "penstock"

func (q *queue) migrate(ctx context.Context) (err error) {
	m, err := rivermigrate.New(riverpgxv5.New(q.cfg.Pool), &rivermigrate.Config{Schema: q.cfg.Schema, Logger: q.cfg.Logger})
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, q.cfg.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		_, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
}

// look is a job's arguments. Two that are alike are one job, from when the first
// is offered until it is done.
type look struct {
	Channel string `json:"channel"`
	Turn    int64  `json:"turn"`
	Urgent  bool   `json:"urgent,omitempty"`
}

func (look) Kind() string { return "penstock_visit" }

func (l look) InsertOpts() river.InsertOpts {
	o := river.InsertOpts{
		MaxAttempts: 1, // whoever finds the channel due offers a new one
		Queue:       queueOrdinary,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}},
	}
	if l.Urgent {
		o.Queue, o.Priority = queueUrgent, 1
	}
	return o
}

// Offer implements [channelsync.Queue].
func (q *queue) Offer(ctx context.Context, looks []channelsync.Look) error {
	many := make([]river.InsertManyParams, len(looks))
	for i, l := range looks {
		many[i].Args = look{string(l.Channel), l.Turn, l.Urgent}
	}
	_, err := q.offers.InsertMany(ctx, many)
	return err
}

type worker struct {
	river.WorkerDefaults[look]
	visit func(channelsync.Look)
}

func (w *worker) Work(_ context.Context, j *river.Job[look]) error {
	w.visit(channelsync.Look{Channel: channel.ID(j.Args.Channel), Turn: j.Args.Turn, Urgent: j.Args.Urgent})
	return nil
}

// Work implements [channelsync.Queue].
func (q *queue) Work(ctx context.Context, n int, f func(channelsync.Look)) error {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{visit: f}); err != nil {
		return err
	}
	urgent := max(n/4, 1)
	c, err := river.NewClient(riverpgxv5.New(q.cfg.Pool), &river.Config{
		Schema: q.cfg.Schema, Logger: q.cfg.Logger, Workers: workers,
		Queues: map[string]river.QueueConfig{queueOrdinary: {MaxWorkers: max(n-urgent, 1)}, queueUrgent: {MaxWorkers: urgent}},
		// A visit has deadlines of its own, and is never repeated for the queue's sake.
		JobTimeout: -1, RescueStuckJobsAfter: stuckAfter,
		CompletedJobRetentionPeriod: keepDone,
	})
	if err != nil {
		return err
	}
	// What ends ctx ends the taking of jobs, not those in hand.
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-c.Stopped():
		return errors.New("the queue stopped by itself")
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopDeadline)
	defer cancel()
	return c.Stop(stopping)
}
