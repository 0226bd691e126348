package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

// A stream of orders a hundred times as fast as a shop's needs a machine that
// has time for it. On one that is busy with something else the engine falls
// behind further than any marketplace makes it, and what is oversold then says
// nothing of the engine: buyers wait until it has caught up.

// How far the engine may be behind, and buyers still come; -quota divides it. Of
// a machine that is idle the longest seen are 2.9 s and 1.3 s at 100 times.
const (
	importBehind = 5 * time.Minute // the oldest order it may not have
	stockBehind  = 3 * time.Minute // the oldest quantity it may not have looked at
)

// lag is how far the engine is behind, by what it says itself.
type lag struct {
	Import time.Duration `json:"import"`
	Stock  time.Duration `json:"stock"`
}

func (l lag) within(of lag) bool { return l.Import <= of.Import && l.Stock <= of.Stock }

// measure asks the engine. Of late channels the plan knows that they are asked
// for orders less often.
func measure(ctx context.Context, engine *channelsync.Engine, late ...channel.ID) (lag, error) {
	states, err := engine.State(ctx)
	var is lag
	for _, s := range states {
		for _, l := range s.Lanes {
			switch {
			case l.Lane == channelsync.LaneStock:
				is.Stock = max(is.Stock, l.Age)
			case !slices.Contains(late, s.Channel):
				is.Import = max(is.Import, l.Freshness)
			}
		}
	}
	return is, err
}

// tellLag tells how far the engine is behind, until ctx ends.
func tellLag(ctx context.Context, engine *channelsync.Engine, tell *lines) {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if is, err := measure(ctx, engine, amazonID, ebayID); err == nil {
			_ = tell.write(report{Lag: &is})
		}
	}
}

// pace lets buyers come as fast as the engine keeps up. The zero value lets
// them come as they are planned.
type pace struct {
	most     lag           // of an engine that keeps up
	patience time.Duration // the longest wait for one that does not

	mu    sync.Mutex
	is    lag
	heard time.Time
	held  bool

	waited time.Duration // of buyers, in all
}

// keepsUp is the most that an engine is behind which keeps up.
func keepsUp(quota float64) lag {
	return lag{scaled(importBehind, quota, 3*time.Second), scaled(stockBehind, quota, 1500*time.Millisecond)}
}

func (p *pace) hear(is lag) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.is, p.heard = is, time.Now()
}

// keeps tells whether the engine keeps up, as far as is known: one that is
// silent falls behind. One that fell behind has first to catch up.
func (p *pace) keeps() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.most == (lag{}) || p.heard.IsZero() {
		return true
	}
	most, is := p.most, p.is
	is.Import += time.Since(p.heard)
	if p.held {
		most.Import, most.Stock = most.Import*2/3, most.Stock/5
	}
	p.held = !is.within(most)
	return !p.held
}

// hold returns once the engine keeps up, and how long that took.
func (p *pace) hold(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	for !p.keeps() {
		held := time.Since(began)
		if held > p.patience {
			return held, fmt.Errorf("buyers waited %v for the engine to catch up", held.Round(time.Second))
		}
		select {
		case <-ctx.Done():
			return held, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	held := time.Since(began)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited += held
	return held, nil
}

func (p *pace) total() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waited
}
