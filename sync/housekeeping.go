package sync

import (
	"context"
	"time"
)

const (
	housekeepEvery = 10 * time.Minute
	pruneBatch     = 500
	pruneBatches   = 20
)

// housekeep deletes what is no longer kept, a little at a time: between two
// batches others write.
func (e *Engine) housekeep(ctx context.Context) {
	tick := time.NewTicker(housekeepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if e.cfg.RawRetention > 0 {
			e.prune(ctx, "payloads", func(tx Tx) (int, error) { return tx.PruneRaw(ctx, now.Add(-e.cfg.RawRetention), pruneBatch) })
		}
		if e.cfg.EventRetention > 0 {
			e.prune(ctx, "events", func(tx Tx) (int, error) { return tx.PruneOutbox(ctx, now.Add(-e.cfg.EventRetention), pruneBatch) })
		}
	}
}

func (e *Engine) prune(ctx context.Context, what string, batch func(tx Tx) (int, error)) {
	for range pruneBatches {
		n := 0
		err := e.relaxed(ctx, func(tx Tx) (err error) {
			n, err = batch(tx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			e.log.Error("prune "+what, "error", err)
		}
		if err != nil || n < pruneBatch || ctx.Err() != nil {
			return
		}
	}
}
