package sync

import "context"

// runBackfill is one step of a bulk import.
func (e *Engine) runBackfill(context.Context, *visit) laneResult { return laneResult{} }
