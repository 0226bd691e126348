package shopify

import (
	"context"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/transport"
)

// Tests that need the fake shop live outside the package, since the fake knows
// the adapter. This is what they see of its inside.

const (
	MaxBulkLine   = maxBulkLine
	MaxBulkParent = maxBulkParent
	MaxConcurrent = maxConcurrent
	MaxFilter     = maxFilter
	MaxInput      = maxInput
	MaxNotice     = maxNotice
	MaxPlans      = maxPlans
	MaxQuantity   = maxQuantity
	MaxRounds     = maxRounds
	MaxSends      = maxSends
	MaxStrays     = maxStrays
	Stale         = stale
)

var (
	Tail          = tail
	GID           = gid
	MergeTracking = mergeTracking
	Refusal       = refusal
	RefusedLevels = refusedLevels
	RefusedSets   = refusedSets
)

// Answer is the envelope of an answer.
type Answer = answer

// RefusalTexts are the words that refusals of shipments are told by.
func RefusalTexts() (texts []string) {
	for _, r := range refusals {
		texts = append(texts, r.text)
	}
	return texts
}

// CursorOf is a cursor of a phase.
func CursorOf(phase string) channel.Cursor { return walk{Phase: phase, Began: time.Now()}.cursor() }

// Do sends an operation of the test's own, as a write that is not repeated.
func (c *Channel) Do(ctx context.Context, name, query string, vars any, cost int, out any) error {
	_, err := c.do(ctx, call{op: "test", name: name, query: query, vars: vars, cost: cost, repeat: transport.Once}, out)
	return err
}

// Granted reads the granted scopes, if nobody did.
func (c *Channel) Granted(ctx context.Context, job channel.Job) error {
	_, err := c.grantedFor(ctx, "test", job)
	return err
}

// Domain is the shop's domain.
func (c *Channel) Domain() string { return c.domain }

// SetPagingWall has walks begin a new search before n objects.
func (c *Channel) SetPagingWall(n int) { c.wall = n }
