package shopifytest

import "sort"

// index keeps entities in order of a key that may change, such as the time of
// the last update. Entries are appended; one that its entity has outgrown is
// skipped and swept up now and then, so a page costs what it shows and not
// what the shop holds.
type index[T entity] struct {
	list []indexEntry[T]
	// current tells the key an entity has now.
	current func(T) int64
	stale   int
}

type indexEntry[T entity] struct {
	at, id int64
	v      T
}

func (e indexEntry[T]) less(at, id int64) bool { return e.at < at || e.at == at && e.id < id }

// put files v under its current key. had tells that it was filed before under
// another.
func (ix *index[T]) put(v T, had bool) {
	at, id := ix.current(v), number(v.gid())
	if had {
		ix.stale++
	}
	if n := len(ix.list); n == 0 || ix.list[n-1].less(at, id) {
		ix.list = append(ix.list, indexEntry[T]{at, id, v})
	} else {
		i := sort.Search(n, func(i int) bool { return !ix.list[i].less(at, id) })
		if ix.list[i].at == at && ix.list[i].id == id {
			return
		}
		ix.list = append(ix.list, indexEntry[T]{})
		copy(ix.list[i+1:], ix.list[i:])
		ix.list[i] = indexEntry[T]{at, id, v}
	}
	if ix.stale > 64 && ix.stale > len(ix.list)/2 {
		ix.sweep()
	}
}

func (ix *index[T]) sweep() {
	kept := ix.list[:0]
	for _, e := range ix.list {
		if e.at == ix.current(e.v) {
			kept = append(kept, e)
		}
	}
	clear(ix.list[len(kept):])
	ix.list, ix.stale = kept, 0
}

// page walks the index by key. from is the least key wanted, for a filter that
// says so.
func (ix *index[T]) page(w window, from int64, match func(T) bool) *conn {
	forward := !w.reverse
	if w.backward {
		forward = !forward
	}
	n := len(ix.list)
	var i int
	switch {
	case forward:
		i = sort.Search(n, func(i int) bool { return ix.list[i].at >= from })
		if c := w.cursor; c != nil {
			if j := sort.Search(n, func(i int) bool { return !ix.list[i].less(c.At, c.ID+1) }); j > i {
				i = j
			}
		}
	case w.cursor != nil:
		c := w.cursor
		i = sort.Search(n, func(i int) bool { return !ix.list[i].less(c.At, c.ID) }) - 1
	default:
		i = n - 1
	}
	step := 1
	if !forward {
		step = -1
	}
	seen := 0
	if w.cursor != nil {
		seen = w.cursor.Seen
	}
	c := &conn{hasPrev: w.cursor != nil}
	for ; i >= 0 && i < n; i += step {
		e := ix.list[i]
		if e.at < from {
			break
		}
		if e.at != ix.current(e.v) || !match(e.v) {
			continue
		}
		if len(c.nodes) == w.size {
			c.hasNext = true
			break
		}
		seen++
		c.nodes = append(c.nodes, e.v)
		c.marks = append(c.marks, cursorAt{Walk: w.walk, At: e.at, ID: e.id, Seen: seen, Gen: w.gen})
	}
	return c.finish(w)
}

// count counts matches up to limit, and tells whether it stopped there.
func (ix *index[T]) count(limit int, match func(T) bool) (n int, more bool) {
	for _, e := range ix.list {
		if e.at == ix.current(e.v) && match(e.v) {
			if n == limit {
				return n, true
			}
			n++
		}
	}
	return n, false
}
