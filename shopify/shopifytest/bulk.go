package shopifytest

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of bulk operations.
const (
	bulkSlots    = 5
	bulkPath     = "/__bulk/"
	bulkLifetime = 7 * 24 * time.Hour
)

// bulk is a bulk operation. Where it stands is computed from the clock when
// someone looks.
type bulk struct {
	id             int64
	query          string
	grouped        bool
	createdAt      time.Time
	runs, ends     time.Time
	cancelled      time.Time // when cancellation was asked for
	fault          *BulkFault
	grant          *token
	file           []byte
	objects, roots int
	errorCode      string
	made           bool
	secret, base   string
}

func (b *bulk) gid() string { return gid("BulkOperation", b.id) }

// BulkFault makes a bulk operation fail.
type BulkFault struct {
	// Code is ACCESS_DENIED, INTERNAL_SERVER_ERROR or TIMEOUT.
	Code string
	// Lines of the result that were written before, to be had from
	// partialDataUrl.
	Lines int
}

// BulkFault makes the next bulk operation fail.
func (f *Fake) BulkFault(b BulkFault) {
	defer f.lock()()
	f.bulkRules = append(f.bulkRules, &b)
}

// cancelTakes is how long a cancellation takes.
const cancelTakes = time.Second

func (b *bulk) status(f *Fake) string {
	switch {
	case !b.cancelled.IsZero():
		if f.at.Before(b.cancelled.Add(cancelTakes)) {
			return "CANCELING"
		}
		return "CANCELED"
	case !f.at.Before(b.ends.Add(bulkLifetime)):
		return "EXPIRED"
	case !f.at.Before(b.ends):
		if b.fault != nil {
			return "FAILED"
		}
		return "COMPLETED"
	case !f.at.Before(b.runs):
		return "RUNNING"
	}
	return "CREATED"
}

// active tells whether the operation takes one of the slots.
func (b *bulk) active(f *Fake) bool {
	switch b.status(f) {
	case "CREATED", "RUNNING", "CANCELING":
		return true
	}
	return false
}

func (b *bulk) completed(f *Fake) time.Time {
	switch b.status(f) {
	case "COMPLETED", "FAILED", "EXPIRED":
		return b.ends
	case "CANCELED":
		return b.cancelled.Add(cancelTakes)
	}
	return time.Time{}
}

// finish writes the result, once, from the shop as it is when the operation
// ends.
func (f *Fake) finishBulk(b *bulk) {
	if b.made || !b.cancelled.IsZero() {
		return
	}
	b.made = true
	lines, roots, err := f.bulkLines(b)
	if err != nil {
		b.fault = &BulkFault{Code: "ACCESS_DENIED"}
	}
	if b.fault != nil {
		b.errorCode = b.fault.Code
		lines = lines[:min(b.fault.Lines, len(lines))]
		roots = min(roots, len(lines))
	}
	b.objects, b.roots = len(lines), roots
	b.file = bytes.Join(lines, nil)
	f.emit("bulk_operations/finish", b)
}

// bulkLines runs the query over everything and cuts the answer into lines, a
// line an object. Without grouping their order means nothing, so they are
// shuffled: a child may come before its parent.
func (f *Fake) bulkLines(b *bulk) (lines [][]byte, roots int, err error) {
	d := f.docs.get(b.query)
	x := &run{Fake: f, op: d.query.Operations[0], doc: d.query, vars: map[string]any{}, grant: b.grant, bulk: true}
	data, _ := x.root()
	if len(x.errs) > 0 {
		return nil, 0, x.errs[0]
	}
	if data == nil {
		return nil, 0, errors.New("shopifytest: no data")
	}
	for _, v := range data.vals {
		if c, ok := v.(*bulkConn); ok {
			roots += len(c.nodes)
			for _, n := range c.nodes {
				lines = flatten(lines, n, "")
			}
		} else if o, ok := v.(*object); ok { // a connection below a plain root
			lines = flatten(lines, o, "")
		}
	}
	if !b.grouped {
		f.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	return lines, roots, nil
}

// flatten writes an object without its connections as a line, and the nodes of
// its connections as lines after it.
func flatten(lines [][]byte, o *object, parent string) [][]byte {
	plain := &object{}
	var children []*object
	var strip func(from, to *object)
	strip = func(from, to *object) {
		for i, k := range from.keys {
			switch v := from.vals[i].(type) {
			case *bulkConn:
				children = append(children, v.nodes...)
			case *object:
				inner := &object{}
				strip(v, inner)
				if len(inner.keys) > 0 || len(v.keys) == 0 {
					to.set(k, inner)
				}
			default:
				to.set(k, v)
			}
		}
	}
	strip(o, plain)
	id, _ := o.get("id").(string)
	if parent != "" {
		plain.set("__parentId", parent)
	}
	if len(plain.keys) > 0 {
		lines = append(lines, append(appendJSON(nil, plain), '\n'))
	}
	for _, c := range children {
		lines = flatten(lines, c, or(id, parent))
	}
	return lines
}

func bulkFields(t resolverTable) {
	typed(t, "BulkOperation", fields[*bulk]{
		"id":              func(_ *run, b *bulk, _ args) any { return b.gid() },
		"type":            func(*run, *bulk, args) any { return "QUERY" },
		"query":           func(_ *run, b *bulk, _ args) any { return b.query },
		"status":          func(x *run, b *bulk, _ args) any { return b.status(x.Fake) },
		"createdAt":       func(_ *run, b *bulk, _ args) any { return b.createdAt },
		"completedAt":     func(x *run, b *bulk, _ args) any { return b.completed(x.Fake) },
		"errorCode":       func(_ *run, b *bulk, _ args) any { return opt(b.errorCode) },
		"objectCount":     func(_ *run, b *bulk, _ args) any { return legacy(int64(b.objects)) },
		"rootObjectCount": func(_ *run, b *bulk, _ args) any { return legacy(int64(b.roots)) },
		"fileSize": func(_ *run, b *bulk, _ args) any {
			if len(b.file) == 0 {
				return nil
			}
			return legacy(int64(len(b.file)))
		},
		// A result without a row has no file, so no address.
		"url":            func(x *run, b *bulk, _ args) any { return b.link(x.Fake, "COMPLETED") },
		"partialDataUrl": func(x *run, b *bulk, _ args) any { return b.link(x.Fake, "FAILED") },
	})
}

func (b *bulk) link(f *Fake, when string) any {
	if b.status(f) != when || len(b.file) == 0 && !f.cfg.EmptyBulkHasURL {
		return nil
	}
	return b.base + bulkPath + legacy(b.id) + "/" + b.secret + ".jsonl"
}

func (x *run) bulksPage(a args) any {
	match, _ := bulkSearch.matcher(x, a.str("query"))
	bs := slices.DeleteFunc(slices.Clone(x.bulks), func(b *bulk) bool { return !match(b) })
	if !a.boolean("reverse") && a.str("sortKey") != "COMPLETED_AT" {
		slices.Reverse(bs) // newest first
	}
	delete(a, "reverse")
	return paged(x, bs, a, "bulkOperations:"+a.str("query"), func(b *bulk) int64 { return b.id })
}

var bulkSearch = search[*bulk]{
	fields: map[string]func(*run, *bulk, term) bool{
		"id":             func(_ *run, b *bulk, t term) bool { return t.byNumber(b.id) },
		"status":         func(x *run, b *bulk, t term) bool { return t.byWord(b.status(x.Fake)) },
		"operation_type": func(_ *run, _ *bulk, t term) bool { return t.byWord("query") },
		"created_at":     func(x *run, b *bulk, t term) bool { return t.byTime(x, b.createdAt) },
	},
}

func bulkMutations(m map[string]resolver) {
	m["bulkOperationRunQuery"] = mutation(func(x *run, a args) any {
		if errs := judgeBulk(x, a.str("query")); errs != nil {
			return rec{"bulkOperation": nil, "userErrors": errs}
		}
		var busy []string
		for _, b := range x.bulks {
			if b.active(x.Fake) {
				busy = append(busy, b.gid())
			}
		}
		if len(busy) >= bulkSlots {
			return rec{"bulkOperation": nil, "userErrors": []rec{userError("OPERATION_IN_PROGRESS",
				"A bulk query operation for this app and shop is already in progress: "+strings.Join(busy, ", ")+".")}}
		}
		b := register(x.Fake, &bulk{
			id: x.ids.next(), query: a.str("query"), grouped: a.boolean("groupObjects"), createdAt: x.now(), grant: x.grant,
			runs: x.at.Add(x.cfg.BulkDuration / 10), ends: x.at.Add(x.cfg.BulkDuration), secret: secretToken(""), base: x.base,
		})
		if len(x.bulkRules) > 0 {
			b.fault, x.bulkRules = x.bulkRules[0], x.bulkRules[1:]
		}
		x.bulks = append(x.bulks, b)
		f := x.Fake
		x.later(b.ends, func() { f.finishBulk(b) })
		return rec{"bulkOperation": created{b}.rec(), "userErrors": []rec{}}
	})
	m["bulkOperationCancel"] = mutation(func(x *run, a args) any {
		b, ok := find[*bulk](x.Fake, a.str("id"))
		if !ok {
			return rec{"bulkOperation": nil, "userErrors": []rec{userError("", "Bulk operation does not exist", "id")}}
		}
		if s := b.status(x.Fake); s != "CREATED" && s != "RUNNING" {
			return rec{"bulkOperation": b, "userErrors": []rec{userError("", "A bulk operation cannot be canceled when it is "+lower(s))}}
		}
		b.cancelled = x.at
		return rec{"bulkOperation": b, "userErrors": []rec{}}
	})
}

// created is a bulk operation as the mutation that made it answers: created,
// however fast it runs.
type created struct{ b *bulk }

func (c created) rec() rec {
	return rec{
		"id": c.b.gid(), "status": "CREATED", "type": "QUERY", "query": c.b.query, "createdAt": c.b.createdAt, "completedAt": nil,
		"errorCode": nil, "objectCount": "0", "rootObjectCount": "0", "fileSize": nil, "url": nil, "partialDataUrl": nil,
	}
}

// download serves the result of a bulk operation. The address is secret by
// itself: it needs no token and must not be sent one.
func (f *Fake) download(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Shopify-Access-Token") != "" {
		f.stats.TokenLeaks++
	}
	name := strings.TrimPrefix(r.URL.Path, bulkPath)
	for _, b := range f.bulks {
		if name == legacy(b.id)+"/"+b.secret+".jsonl" {
			if b.status(f) == "EXPIRED" {
				break
			}
			w.Header().Set("Content-Type", "application/jsonl")
			_, _ = w.Write(b.file)
			return
		}
	}
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte("<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>"))
}
