package shopifytest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Paging limits of the API.
const (
	maxPage      = 250
	pagingWall   = 25000
	maxArrayArgs = 250
	// maxShippedLines is the limit of lines to ship of one fulfilment order,
	// which the schema states apart.
	maxShippedLines = 512
)

func isConnection(d *ast.Definition) bool {
	return d.Kind == ast.Object && strings.HasSuffix(d.Name, "Connection")
}

// conn is one page of a connection.
type conn struct {
	nodes            []any
	marks            []cursorAt // where each node is, for its cursor
	hasNext, hasPrev bool
}

// cursorAt is what a cursor says: the walk it belongs to, the last node seen
// and how many came before.
type cursorAt struct {
	Walk string `json:"w"`
	At   int64  `json:"a,omitempty"`
	ID   int64  `json:"i"`
	Seen int    `json:"n,omitempty"`
	Gen  int    `json:"g,omitempty"`
}

func (c cursorAt) String() string {
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

// walkName ties a cursor to its connection, sort and filter: one made by
// another walk is refused, as the real one does.
func walkName(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:6])
}

// window is a connection's paging arguments, judged.
type window struct {
	size     int
	backward bool // last/before
	reverse  bool
	cursor   *cursorAt
	walk     string
	gen      int
	wall     int
	// wallFails leaves it to the next page to fail at the wall.
	wallFails bool
}

// window reads the paging arguments of a connection. walk names the sort and
// the filter.
func (x *run) window(a args, walk string) (window, *gqlError) {
	w := window{walk: walk, reverse: a.boolean("reverse"), gen: x.cursorGen, wall: cmp.Or(x.cfg.PagingWall, pagingWall), wallFails: x.cfg.PagingWallFails}
	first, hasFirst := a.integer("first")
	last, hasLast := a.integer("last")
	switch {
	case x.bulk:
		w.size = 1 << 30
		return w, nil
	case !hasFirst && !hasLast:
		return w, failf("BAD_REQUEST", "you must provide one of first or last")
	case hasFirst && hasLast:
		return w, failf("BAD_REQUEST", "providing both first and last is not supported")
	case hasFirst:
		w.size = first
	default:
		w.size, w.backward = last, true
	}
	name := "first"
	cursor := a.str("after")
	if w.backward {
		name, cursor = "last", a.str("before")
	}
	if w.size < 0 {
		return w, failf("BAD_REQUEST", "%s cannot be less than zero", name)
	}
	if w.size > maxPage {
		return w, failf("BAD_REQUEST", "%s cannot exceed %d", name, maxPage)
	}
	if cursor != "" {
		b, err := base64.RawURLEncoding.DecodeString(cursor)
		c := &cursorAt{}
		if err != nil || json.Unmarshal(b, c) != nil || c.Walk != walk || c.Gen != x.cursorGen {
			return w, failf("BAD_REQUEST", "Invalid cursor for current pagination sort.")
		}
		w.cursor = c
		if c.Seen >= w.wall && x.cfg.PagingWallFails {
			return w, failf("BAD_REQUEST", "Pagination is limited to %d objects.", w.wall)
		}
	}
	return w, nil
}

// paged pages over a short list in its own order. key must be unique in it.
func paged[T any](x *run, items []T, a args, walk string, key func(T) int64) any {
	w, err := x.window(a, walkName(walk))
	if err != nil {
		return err
	}
	forward := !w.reverse
	if w.backward {
		forward = !forward
	}
	start, step, n := 0, 1, len(items)
	if !forward {
		start, step = n-1, -1
	}
	seen := 0
	if w.cursor != nil {
		seen = w.cursor.Seen
		for i := start; i >= 0 && i < n; i += step {
			if key(items[i]) == w.cursor.ID {
				start = i + step
				break
			}
		}
	}
	c := &conn{hasPrev: w.cursor != nil}
	for i := start; i >= 0 && i < n; i += step {
		if len(c.nodes) == w.size {
			c.hasNext = true
			break
		}
		seen++
		c.nodes = append(c.nodes, items[i])
		c.marks = append(c.marks, cursorAt{Walk: w.walk, ID: key(items[i]), Seen: seen, Gen: w.gen})
	}
	return c.finish(w)
}

// finish turns a page collected from the far end the right way round and
// enforces the wall on how deep a walk may go.
func (c *conn) finish(w window) *conn {
	if w.cursor != nil {
		left := max(0, w.wall-w.cursor.Seen)
		if len(c.nodes) > left {
			c.nodes, c.marks = c.nodes[:left], c.marks[:left]
		}
		if len(c.nodes) == left && !w.wallFails {
			c.hasNext = false
		}
	}
	if w.backward {
		for i, j := 0, len(c.nodes)-1; i < j; i, j = i+1, j-1 {
			c.nodes[i], c.nodes[j] = c.nodes[j], c.nodes[i]
			c.marks[i], c.marks[j] = c.marks[j], c.marks[i]
		}
		c.hasNext, c.hasPrev = c.hasPrev, c.hasNext
	}
	return c
}

// bulkConn is a connection inside a bulk operation's result: its nodes become
// lines of their own.
type bulkConn struct{ nodes []*object }

// connValue shapes a page. ok is false when a null must travel up.
func (x *run) connValue(g group, c *conn, def *ast.Definition) (any, float64, bool) {
	out := &object{}
	var nodes float64
	bulk := &bulkConn{}
	for _, sub := range x.selections(g.fields, def) {
		f := sub.fields[0]
		x.path = append(x.path, sub.key)
		switch f.Name {
		case "__typename":
			out.set(sub.key, def.Name)
		case "pageInfo":
			v, _, _ := x.objectValue(x.selections(sub.fields, schema().Types["PageInfo"]), schema().Types["PageInfo"], c)
			out.set(sub.key, v)
		case "nodes":
			l := make([]any, len(c.nodes))
			for i := range c.nodes {
				v, cost, ok := x.node(sub, i, c)
				if !ok {
					x.path = x.path[:len(x.path)-1]
					return nil, nodes, false
				}
				l[i], nodes = v, nodes+cost
			}
			out.set(sub.key, l)
		case "edges":
			l := make([]any, len(c.nodes))
			edgeDef := schema().Types[baseName(f.Definition.Type)]
			for i := range c.nodes {
				x.path = append(x.path, i)
				e := &object{}
				for _, eg := range x.selections(sub.fields, edgeDef) {
					switch eg.fields[0].Name {
					case "cursor":
						e.set(eg.key, c.marks[i].String())
					case "__typename":
						e.set(eg.key, edgeDef.Name)
					case "node":
						x.path = append(x.path, eg.key)
						v, cost, ok := x.complete(eg, eg.fields[0].Definition.Type, schema().Types[baseName(eg.fields[0].Definition.Type)], c.nodes[i])
						x.path = x.path[:len(x.path)-1]
						if !ok {
							x.path = x.path[:len(x.path)-2]
							return nil, nodes, false
						}
						nodes += cost + 1
						e.set(eg.key, v)
						if o, isObject := v.(*object); isObject {
							bulk.nodes = append(bulk.nodes, o)
						}
					}
				}
				x.path = x.path[:len(x.path)-1]
				l[i] = e
			}
			out.set(sub.key, l)
		}
		x.path = x.path[:len(x.path)-1]
	}
	if x.bulk {
		return bulk, 0, true
	}
	cost := float64(connectionCost)
	if n := len(c.nodes); n > 0 {
		cost += math.Ceil(pageFactor(n) * nodes / float64(n))
	}
	return out, cost, true
}

func (x *run) node(g group, i int, c *conn) (any, float64, bool) {
	typ := g.fields[0].Definition.Type.Elem
	x.path = append(x.path, i)
	v, cost, ok := x.complete(g, typ, schema().Types[baseName(typ)], c.nodes[i])
	x.path = x.path[:len(x.path)-1]
	return v, cost + 1, ok
}
