package shopifytest

import (
	"math"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxQueryCost is what one operation may cost, whatever the bucket holds.
const maxQueryCost = 1000

// Bucket size and restore rate per second of a shop on the Standard plan.
const (
	standardBucket  = 2000
	standardRestore = 100
)

// mutationCost lists the mutations that cost more than ten.
var mutationCost = map[string]float64{
	"fulfillmentTrackingInfoUpdate": 50,
	"refundCreate":                  20,
}

// ownCost is what a field costs apart from what is selected below it.
// Connections are counted elsewhere.
func ownCost(parent *ast.Definition, f *ast.Field, base *ast.Definition) float64 {
	if parent == schema().Mutation {
		if c, ok := mutationCost[f.Name]; ok {
			return c
		}
		return 10
	}
	if !isComposite(base) || strings.HasSuffix(parent.Name, "Payload") {
		return 0
	}
	switch base.Name {
	case "PageInfo", "MoneyBag", "MoneyV2":
		return 0
	case "Count":
		if parent == schema().Query {
			return 10
		}
	}
	return 1
}

// pageFactor is how many times the node of a connection counts for a page of n.
func pageFactor(n int) float64 {
	if n <= 0 {
		return 0
	}
	return math.Max(1, math.Floor(2*math.Log(float64(n))))
}

const connectionCost = 2

// requestedCost is the cost of the whole operation before it runs: paging at
// the size asked for, the dearest branch of each interface.
func (x *run) requestedCost() float64 {
	def := schema().Query
	if x.op.Operation == ast.Mutation {
		def = schema().Mutation
	}
	return x.setCost(x.collect([]ast.SelectionSet{x.op.SelectionSet}, def), def)
}

func (x *run) setCost(groups []group, def *ast.Definition) float64 {
	var total float64
	for _, g := range groups {
		total += x.groupCost(g, def)
	}
	return total
}

// below is the cost of what a composite field selects.
func (x *run) below(fields []*ast.Field, def *ast.Definition) float64 {
	if def.Kind == ast.Object {
		return x.setCost(x.selections(fields, def), def)
	}
	var dearest float64
	for _, p := range schema().GetPossibleTypes(def) {
		dearest = math.Max(dearest, x.setCost(x.selections(fields, p), p))
	}
	return dearest
}

func (x *run) groupCost(g group, parent *ast.Definition) float64 {
	f := g.fields[0]
	if f.Definition == nil || strings.HasPrefix(f.Name, "__") {
		return 0
	}
	base := schema().Types[baseName(f.Definition.Type)]
	if !isComposite(base) {
		return 0
	}
	if !isConnection(base) {
		return ownCost(parent, f, base) + x.below(g.fields, base)
	}
	a, _ := arguments(f, x.vars)
	n, ok := a.integer("first")
	if !ok {
		n, _ = a.integer("last")
	}
	return connectionCost + pageFactor(n)*x.nodeCost(g.fields, base)
}

// nodeCost is one node of a connection with what is selected on it, whether by
// nodes or by edges{node}.
func (x *run) nodeCost(fields []*ast.Field, conn *ast.Definition) float64 {
	var cost float64
	node := func(g group) {
		base := schema().Types[baseName(g.fields[0].Definition.Type)]
		cost += ownNodeCost(base) + x.below(g.fields, base)
	}
	for _, g := range x.selections(fields, conn) {
		switch g.fields[0].Name {
		case "nodes":
			node(g)
		case "edges":
			edge := schema().Types[baseName(g.fields[0].Definition.Type)]
			for _, e := range x.selections(g.fields, edge) {
				if e.fields[0].Name == "node" {
					node(e)
				}
			}
		}
	}
	return cost
}

func ownNodeCost(node *ast.Definition) float64 {
	if !isComposite(node) {
		return 0
	}
	return 1
}

// bucket is the leaky bucket of one app on one shop. It refills by the clock
// and is looked at only when a request comes.
type bucket struct {
	size, restore float64
	level         float64
	at            time.Time
}

func (b *bucket) refill(now time.Time) {
	if d := now.Sub(b.at).Seconds(); d > 0 {
		b.level = math.Min(b.size, b.level+d*b.restore)
	}
	b.at = now
}

func (b *bucket) status() map[string]any {
	return map[string]any{"maximumAvailable": b.size, "currentlyAvailable": math.Floor(b.level), "restoreRate": b.restore}
}

func (b *bucket) costJSON(requested float64, actual any) map[string]any {
	return map[string]any{"cost": map[string]any{
		"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": b.status(),
	}}
}

func tooDear(cost float64) *gqlError {
	e := failf("MAX_COST_EXCEEDED", "Query cost is %.0f, which exceeds the single query max cost limit (%d).\n\nSee https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\ncost of a query is calculated.", cost, maxQueryCost)
	e.ext = map[string]any{"cost": cost, "maxCost": maxQueryCost, "documentation": "https://shopify.dev/api/usage/limits#rate-limits"}
	return e
}

// costByField is what the cost debug header adds to an answer.
func (x *run) costByField() []any {
	def := schema().Query
	if x.op.Operation == ast.Mutation {
		def = schema().Mutation
	}
	out := []any{}
	for _, g := range x.collect([]ast.SelectionSet{x.op.SelectionSet}, def) {
		out = append(out, map[string]any{"path": []any{g.key}, "requestedTotalCost": x.groupCost(g, def)})
	}
	return out
}

// arraysTooLong refuses input arrays of more than 250 entries.
func (x *run) arraysTooLong() *gqlError {
	def := schema().Query
	if x.op.Operation == ast.Mutation {
		def = schema().Mutation
	}
	for _, g := range x.collect([]ast.SelectionSet{x.op.SelectionSet}, def) {
		f := g.fields[0]
		if f.Definition == nil {
			continue
		}
		a, _ := arguments(f, x.vars)
		if path, n := longArray(map[string]any(a), []any{g.key}); n > 0 {
			e := failf("MAX_INPUT_SIZE_EXCEEDED", "The input array size of %d is greater than the maximum allowed of %d.", n, limitOf(path))
			e.path, e.line, e.column = path, f.Position.Line, f.Position.Column
			return e
		}
	}
	return nil
}

func longArray(v any, path []any) ([]any, int) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if p, n := longArray(e, append(path, k)); n > 0 {
				return p, n
			}
		}
	case []any:
		if len(v) > limitOf(path) {
			return append([]any(nil), path...), len(v)
		}
		for i, e := range v {
			if p, n := longArray(e, append(path, i)); n > 0 {
				return p, n
			}
		}
	}
	return nil, 0
}

// limitOf is how many entries an input array may have.
func limitOf(path []any) int {
	if path[len(path)-1] == "fulfillmentOrderLineItems" {
		return maxShippedLines
	}
	return maxArrayArgs
}
