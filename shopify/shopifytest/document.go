package shopifytest

import (
	"container/list"
	"errors"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// A document is a parsed and judged query text. Either errs or query is set.
type document struct {
	query *ast.QueryDocument
	errs  []*gqlError
	// deprecated lists the deprecated fields and arguments used, as Type.field
	// or Type.field(arg:).
	deprecated []string
}

// documents caches judged query texts: clients send the same few again and
// again. It is bounded so that a caller who inlines values cannot grow it for
// ever.
type documents struct {
	mu    sync.Mutex
	byKey map[string]*list.Element
	order list.List
}

const maxDocuments = 512

type cachedDocument struct {
	text string
	doc  *document
}

func (c *documents) get(text string) *document {
	c.mu.Lock()
	if e, ok := c.byKey[text]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*cachedDocument).doc
	}
	c.mu.Unlock()
	d := judge(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[string]*list.Element{}
	}
	if _, ok := c.byKey[text]; !ok {
		c.byKey[text] = c.order.PushFront(&cachedDocument{text, d})
		for c.order.Len() > maxDocuments {
			last := c.order.Back()
			delete(c.byKey, last.Value.(*cachedDocument).text)
			c.order.Remove(last)
		}
	}
	return d
}

var validationRules = sync.OnceValue(rules.NewDefaultRules)

var validating sync.Mutex // the rule set sorts itself while it is used

func judge(text string) *document {
	q, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return &document{errs: []*gqlError{parseError(err)}}
	}
	validating.Lock()
	errs := validator.ValidateWithRules(schema(), q, validationRules())
	validating.Unlock()
	d := &document{query: q}
	w := staticWalk{doc: q, judged: d}
	w.run()
	if len(errs) == 0 && len(d.errs) == 0 {
		return d
	}
	// The walk reports the common mistakes in the marketplace's own words;
	// whatever else the validator found is reported in its words.
	for _, e := range errs {
		if !w.covers(e) {
			d.errs = append(d.errs, fromValidator(e))
		}
	}
	if len(d.errs) == 0 {
		for _, e := range errs {
			d.errs = append(d.errs, fromValidator(e))
		}
	}
	return d
}

func parseError(err error) *gqlError {
	e := &gqlError{message: err.Error(), code: "PARSE_ERROR"}
	ge := &gqlerror.Error{}
	if errors.As(err, &ge) {
		e.message = "syntax error, " + strings.ToLower(ge.Message[:1]) + ge.Message[1:]
		if len(ge.Locations) > 0 {
			e.line, e.column = ge.Locations[0].Line, ge.Locations[0].Column
		}
	}
	return e
}

// ruleCodes maps a validator's rule to the code the marketplace gives the same
// mistake.
var ruleCodes = map[string]string{
	"FragmentsOnCompositeTypes":    "fragmentOnNonCompositeType",
	"KnownDirectives":              "directiveCannotBeApplied",
	"KnownFragmentNames":           "useAndDefineFragment",
	"KnownTypeNames":               "undefinedType",
	"NoFragmentCycles":             "infiniteLoop",
	"NoUndefinedVariables":         "variableNotDefined",
	"NoUnusedFragments":            "useAndDefineFragment",
	"NoUnusedVariables":            "variableNotUsed",
	"OverlappingFieldsCanBeMerged": "fieldConflict",
	"PossibleFragmentSpreads":      "cannotSpreadFragment",
	"UniqueArgumentNames":          "argumentNotUnique",
	"UniqueInputFieldNames":        "inputFieldNotUnique",
	"UniqueVariableNames":          "variableNotUnique",
	"ValuesOfCorrectType":          "argumentLiteralsIncompatible",
	"VariablesAreInputTypes":       "variableRequiresValidType",
	"VariablesInAllowedPosition":   "variableMismatch",
}

func fromValidator(e *gqlerror.Error) *gqlError {
	out := &gqlError{message: e.Message, code: ruleCodes[e.Rule]}
	if len(e.Locations) > 0 {
		out.line, out.column = e.Locations[0].Line, e.Locations[0].Column
	}
	return out
}
