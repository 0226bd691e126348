package shopifytest

import (
	"strconv"
	"strings"
	"time"
)

// The search language of the API's query arguments: terms field:value,
// field:>=value, field:>value, field:<=value, field:<value,
// field:* and free text, joined by AND, OR, NOT, - and parentheses; a space
// means AND. Times have second precision.

// A term is one comparison of a query.
type term struct {
	field string // empty for free text
	op    string // "", ">=", ">", "<=", "<"
	value string
	// prefix marks a value that ended in a star.
	prefix bool
}

// An expr is a parsed query.
type expr struct {
	op   byte // 't'erm, '&', '|', '!'
	term term
	subs []expr
}

// search is one index's way to judge a query.
type search[T any] struct {
	fields map[string]func(*run, T, term) bool
	// text judges a term without a field.
	text func(T, string) bool
}

// matcher compiles a query. Unknown fields are ignored and warned about in the
// answer's extensions, as the real API does.
func (s search[T]) matcher(x *run, query string) (match func(T) bool, e expr) {
	e = parseQuery(query)
	if !x.cfg.StrictAfter {
		e.lax()
	}
	for _, t := range e.terms() {
		if t.field != "" && s.fields[t.field] == nil {
			x.warn(query, t)
		}
	}
	return func(v T) bool { return s.eval(x, e, v) }, e
}

func (s search[T]) eval(x *run, e expr, v T) bool {
	switch e.op {
	case '&':
		for _, sub := range e.subs {
			if !s.eval(x, sub, v) {
				return false
			}
		}
		return true
	case '|':
		for _, sub := range e.subs {
			if s.eval(x, sub, v) {
				return true
			}
		}
		return false
	case '!':
		return !s.eval(x, e.subs[0], v)
	}
	if e.term.field == "" {
		return s.text == nil || e.term.value == "" || s.text(v, e.term.value)
	}
	fn := s.fields[e.term.field]
	return fn == nil || fn(x, v, e.term)
}

func (x *run) warn(query string, t term) {
	path := make([]any, len(x.path))
	copy(path, x.path)
	x.search = append(x.search, map[string]any{
		"path": path, "query": query,
		"parsed": map[string]any{"field": t.field, "match_all": t.value},
		"warnings": []any{map[string]any{
			"field": t.field, "message": "Invalid search field for this query.", "code": "invalid_field",
		}},
	})
}

// lax makes > mean >=, as it was seen to in practice.
func (e *expr) lax() {
	if e.term.op == ">" {
		e.term.op = ">="
	}
	for i := range e.subs {
		e.subs[i].lax()
	}
}

func (e expr) terms() []term {
	if e.op == 't' {
		return []term{e.term}
	}
	var out []term
	for _, s := range e.subs {
		out = append(out, s.terms()...)
	}
	return out
}

// required returns the values that a field must equal for the query to match:
// one per OR branch, none when other values may match as well.
func (e expr) required(field string) []string {
	switch e.op {
	case 't':
		if e.term.field == field && e.term.op == "" && !e.term.prefix {
			return []string{e.term.value}
		}
	case '&':
		for _, s := range e.subs {
			if v := s.required(field); v != nil {
				return v
			}
		}
	case '|':
		var all []string
		for _, s := range e.subs {
			v := s.required(field)
			if v == nil {
				return nil
			}
			all = append(all, v...)
		}
		return all
	}
	return nil
}

// from is the least time a field may have for the query to match, 0 for any.
func (e expr) from(field string, now time.Time) int64 {
	switch e.op {
	case 't':
		if e.term.field == field && (e.term.op == ">=" || e.term.op == ">" || e.term.op == "") && !e.term.prefix {
			if t, ok := searchTime(e.term.value, now); ok {
				return t.Unix()
			}
		}
	case '&':
		var most int64
		for _, s := range e.subs {
			most = max(most, s.from(field, now))
		}
		return most
	}
	return 0
}

type lexeme struct {
	text   string
	quoted bool
}

func lex(q string) []lexeme {
	var out []lexeme
	for i := 0; i < len(q); {
		c := q[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '(' || c == ')':
			out = append(out, lexeme{text: string(c)})
			i++
		default:
			var b strings.Builder
			quoted := false
			for i < len(q) && !strings.ContainsRune(" \t\r\n()", rune(q[i])) {
				if q[i] == '\\' && i+1 < len(q) {
					b.WriteByte(q[i+1])
					i += 2
					continue
				}
				if q[i] == '\'' || q[i] == '"' {
					end := q[i]
					quoted = true
					b.WriteByte(0) // marks where the quoted value begins
					for i++; i < len(q) && q[i] != end; i++ {
						if q[i] == '\\' && i+1 < len(q) {
							i++
						}
						b.WriteByte(q[i])
					}
					i++
					continue
				}
				b.WriteByte(q[i])
				i++
			}
			out = append(out, lexeme{text: b.String(), quoted: quoted})
		}
	}
	return out
}

type queryParser struct {
	toks []lexeme
	i    int
}

func parseQuery(q string) expr {
	p := &queryParser{toks: lex(q)}
	e := p.or()
	for p.i < len(p.toks) { // stray parentheses
		p.i++
		if p.i < len(p.toks) {
			e = expr{op: '&', subs: []expr{e, p.or()}}
		}
	}
	return e
}

func (p *queryParser) peek() string {
	if p.i < len(p.toks) && !p.toks[p.i].quoted {
		return p.toks[p.i].text
	}
	return ""
}

func (p *queryParser) or() expr {
	subs := []expr{p.and()}
	for p.peek() == "OR" {
		p.i++
		subs = append(subs, p.and())
	}
	if len(subs) == 1 {
		return subs[0]
	}
	return expr{op: '|', subs: subs}
}

func (p *queryParser) and() expr {
	e := expr{op: '&'}
	for p.i < len(p.toks) {
		switch p.peek() {
		case "OR", ")":
			return e
		case "AND":
			p.i++
			continue
		}
		e.subs = append(e.subs, p.unary())
	}
	return e
}

func (p *queryParser) unary() expr {
	t := p.toks[p.i]
	p.i++
	switch {
	case !t.quoted && t.text == "NOT":
		if p.i >= len(p.toks) {
			return expr{op: '&'}
		}
		return expr{op: '!', subs: []expr{p.unary()}}
	case !t.quoted && t.text == "(":
		e := p.or()
		if p.peek() == ")" {
			p.i++
		}
		return e
	case strings.HasPrefix(t.text, "-") && len(t.text) > 1:
		t.text = t.text[1:]
		return expr{op: '!', subs: []expr{{op: 't', term: parseTerm(t)}}}
	}
	return expr{op: 't', term: parseTerm(t)}
}

func parseTerm(t lexeme) term {
	field, value, ok := strings.Cut(t.text, ":")
	if !ok || strings.HasPrefix(t.text, "\x00") {
		return term{value: strings.ReplaceAll(t.text, "\x00", "")}
	}
	out := term{field: strings.ToLower(field)}
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, cut := strings.CutPrefix(value, op); cut {
			out.op, value = op, rest
			break
		}
	}
	quoted := strings.HasPrefix(value, "\x00")
	out.value = strings.ReplaceAll(value, "\x00", "")
	if !quoted && strings.HasSuffix(out.value, "*") {
		out.prefix, out.value = true, strings.TrimSuffix(out.value, "*")
	}
	return out
}

// searchTime reads the time formats queries use. A bare date is midnight UTC.
func searchTime(s string, now time.Time) (time.Time, bool) {
	if strings.EqualFold(s, "now") {
		return now, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// byTime compares a time at second precision.
func (t term) byTime(x *run, v time.Time) bool {
	want, ok := searchTime(t.value, x.at)
	if !ok {
		return t.prefix
	}
	return compare(t.op, v.Unix(), want.Unix())
}

func (t term) byNumber(v int64) bool {
	want, err := strconv.ParseInt(t.value[strings.LastIndexByte(t.value, '/')+1:], 10, 64)
	return err == nil && compare(t.op, v, want)
}

// byWord compares words without regard to case.
func (t term) byWord(v string) bool {
	if t.prefix {
		return len(v) > 0 && strings.HasPrefix(strings.ToLower(v), strings.ToLower(t.value))
	}
	return strings.EqualFold(v, t.value)
}

func (t term) byBool(v bool) bool { return strings.EqualFold(t.value, strconv.FormatBool(v)) }

func compare(op string, v, want int64) bool {
	switch op {
	case ">=":
		return v >= want
	case ">":
		return v > want
	case "<=":
		return v <= want
	case "<":
		return v < want
	}
	return v == want
}
