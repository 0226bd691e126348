package transport

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Gather makes one read of what several callers ask for at about the same time,
// for marketplaces where a list of ids costs what one id does. The first key
// waits a moment for company; what comes while a read is on its way goes
// together after it. It is safe for concurrent use.
type Gather[K comparable, V any] struct {
	// Read reads keys, each of them once. What is not there is left out of its
	// result. Its context ends when nobody waits for the result any more.
	Read func(ctx context.Context, keys []K) (map[K]V, error)

	mu      sync.Mutex
	running bool
	waiting *gathering[K, V]
}

// company is how long a first key waits for others: long enough for callers
// that begin together, and nothing beside a call.
const company = 2 * time.Millisecond

// gathering is what goes into one read.
type gathering[K comparable, V any] struct {
	keys   []K
	users  int // who still waits for it; without any it ends
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	found  map[K]V
	err    error
}

// Get returns what is read for key, and whether it is there. The error is
// Read's, shared by all who were gathered, or the context's own.
func (g *Gather[K, V]) Get(ctx context.Context, key K) (v V, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return v, false, err
	}
	b := g.join(ctx, key)
	select {
	case <-b.done:
		v, ok = b.found[key]
		return v, ok, b.err
	case <-ctx.Done():
		g.leave(b)
		return v, false, ctx.Err()
	}
}

// join adds a key to the read that goes next, and starts it when none is on its
// way.
func (g *Gather[K, V]) join(ctx context.Context, key K) *gathering[K, V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting == nil {
		b := &gathering[K, V]{done: make(chan struct{})}
		// It serves others than who began it, and lasts as long as any of them.
		b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
		g.waiting = b
	}
	b := g.waiting
	b.users++
	if !slices.Contains(b.keys, key) {
		b.keys = append(b.keys, key)
	}
	if !g.running {
		g.running = true
		go g.run()
	}
	return b
}

// leave gives up waiting. The last to leave ends the read: nobody would hear of
// it.
func (g *Gather[K, V]) leave(b *gathering[K, V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.users--; b.users > 0 {
		return
	}
	b.cancel()
	if g.waiting == b {
		g.waiting = nil
	}
}

// run makes the reads that wait, one after the other, until none does.
func (g *Gather[K, V]) run() {
	_ = sleep(context.Background(), company)
	for {
		g.mu.Lock()
		b := g.waiting
		if g.waiting = nil; b == nil {
			g.running = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		b.found, b.err = g.Read(b.ctx, b.keys)
		b.cancel()
		close(b.done)
	}
}
