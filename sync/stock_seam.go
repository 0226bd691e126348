package sync

import (
	"context"
	"time"
)

// StockConfig is how quantities are kept level.
type StockConfig struct{}

func (StockConfig) validate() error { return nil }

// stockChanges moves the arithmetic of the listings whose lines changed. It
// runs inside the transaction that stores the change.
func (e *Engine) stockChanges(context.Context, Tx, *bound, []lineChange) error { return nil }

// stockThrough tells the arithmetic that every order up to through is stored.
func (e *Engine) stockThrough(context.Context, Tx, *bound, time.Time) error { return nil }

func (e *Engine) runStock(context.Context, *visit) laneResult    { return laneResult{} }
func (e *Engine) runTickets(context.Context, *visit) laneResult  { return laneResult{} }
func (e *Engine) runListings(context.Context, *visit) laneResult { return laneResult{} }
