package shopifytest

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// staticWalk visits every field of a validated document, writes the mistakes
// that the marketplace words in its own way, and notes deprecated use.
type staticWalk struct {
	doc     *ast.QueryDocument
	judged  *document
	seen    map[string]bool
	covered []struct{ line, column int }
}

// covers tells whether the walk already reported the validator's error.
func (w *staticWalk) covers(e *gqlerror.Error) bool {
	switch e.Rule {
	case "FieldsOnCorrectType", "KnownArgumentNames", "ProvidedRequiredArguments", "ScalarLeafs":
		return true
	}
	for _, l := range e.Locations {
		if slices.Contains(w.covered, struct{ line, column int }{l.Line, l.Column}) {
			return true
		}
	}
	return false
}

func (w *staticWalk) run() {
	w.seen = map[string]bool{}
	for _, op := range w.doc.Operations {
		name := string(op.Operation)
		if op.Name != "" {
			name += " " + op.Name
		}
		root := schema().Query
		if op.Operation == ast.Mutation {
			root = schema().Mutation
		}
		w.set(op.SelectionSet, root, []any{name})
	}
	for _, f := range w.doc.Fragments {
		w.set(f.SelectionSet, schema().Types[f.TypeCondition], []any{"fragment " + f.Name})
	}
	sort.Strings(w.judged.deprecated)
}

func (w *staticWalk) set(set ast.SelectionSet, parent *ast.Definition, path []any) {
	if parent == nil {
		return
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			w.field(s, parent, append(slices.Clone(path), s.Alias))
		case *ast.InlineFragment:
			def := parent
			if s.TypeCondition != "" {
				def = schema().Types[s.TypeCondition]
			}
			w.set(s.SelectionSet, def, append(slices.Clone(path), "... on "+typeName(def, s.TypeCondition)))
		}
	}
}

func (w *staticWalk) report(f *ast.Field, path []any, code, message string, ext map[string]any) {
	w.judged.errs = append(w.judged.errs, &gqlError{
		message: message, code: code, ext: ext, path: path, line: f.Position.Line, column: f.Position.Column,
	})
}

func (w *staticWalk) field(f *ast.Field, parent *ast.Definition, path []any) {
	if strings.HasPrefix(f.Name, "__") {
		return
	}
	def := parent.Fields.ForName(f.Name)
	if def == nil {
		w.report(f, path, "undefinedField", fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, parent.Name),
			map[string]any{"typeName": parent.Name, "fieldName": f.Name})
		return
	}
	w.note(def.Directives, parent.Name+"."+f.Name)
	for _, a := range f.Arguments {
		ad := def.Arguments.ForName(a.Name)
		if ad == nil {
			w.report(f, append(slices.Clone(path), a.Name), "argumentNotAccepted",
				fmt.Sprintf("Field '%s' doesn't accept argument '%s'", f.Name, a.Name),
				map[string]any{"name": f.Name, "typeName": "Field", "argumentName": a.Name})
			continue
		}
		w.note(ad.Directives, parent.Name+"."+f.Name+"("+a.Name+":)")
	}
	var missing []string
	for _, ad := range def.Arguments {
		if ad.Type.NonNull && ad.DefaultValue == nil && f.Arguments.ForName(ad.Name) == nil {
			missing = append(missing, ad.Name)
		}
	}
	if len(missing) > 0 {
		w.report(f, path, "missingRequiredArguments",
			fmt.Sprintf("Field '%s' is missing required arguments: %s", f.Name, strings.Join(missing, ", ")),
			map[string]any{"className": "Field", "name": f.Name, "arguments": strings.Join(missing, ", ")})
	}
	ret := schema().Types[baseName(def.Type)]
	switch {
	case isComposite(ret) && len(f.SelectionSet) == 0:
		w.report(f, path, "selectionMismatch",
			fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections. Did you mean '%s { ... }'?)", f.Name, ret.Name, f.Name),
			map[string]any{"nodeName": "field '" + f.Name + "'", "typeName": ret.Name})
	case !isComposite(ret) && len(f.SelectionSet) > 0:
		w.report(f, path, "selectionMismatch",
			fmt.Sprintf("Selections can't be made on scalars (field '%s' returns %s but has selections)", f.Name, baseName(def.Type)),
			map[string]any{"nodeName": "field '" + f.Name + "'", "typeName": baseName(def.Type)})
	default:
		w.set(f.SelectionSet, ret, path)
	}
}

func (w *staticWalk) note(ds ast.DirectiveList, what string) {
	if ds.ForName("deprecated") != nil && !w.seen[what] {
		w.seen[what] = true
		w.judged.deprecated = append(w.judged.deprecated, what)
	}
}

func typeName(d *ast.Definition, otherwise string) string {
	if d == nil {
		return otherwise
	}
	return d.Name
}
