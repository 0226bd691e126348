package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// goPackage is what `go list -json` tells of a package.
type goPackage struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Module       *struct{ Path string }
}

type graph map[string]goPackage

func TestImportsFollowTheRules(t *testing.T) {
	g := load(t)
	if len(g.ours()) == 0 {
		t.Fatal("go list names no package of ours")
	}
	for _, wrong := range g.check() {
		t.Error(wrong)
	}
}

// The rules are tried on graphs that break one each: a check that finds
// nothing wrong with them would find nothing wrong with ours.
func TestRulesNoticeWhatTheyForbid(t *testing.T) {
	cases := []struct {
		name string
		pkgs []goPackage
		want string // part of the one complaint; "" for none
	}{
		{"an adapter on the contract, the transport, its own internals and a wire module", []goPackage{
			use("shopify", "channel", "internal/transport", "shopify/internal/admin", "net/http", xtime+"/rate"),
		}, ""},
		{"the contract imports something of ours", []goPackage{use("channel", "internal/transport")}, "channel imports internal/transport"},
		{"an adapter imports another", []goPackage{use("shopify", "ebay")}, "shopify imports ebay"},
		{"an adapter's internals import another adapter's", []goPackage{use("shopify/internal/admin", "ebay/internal/sell")}, "imports ebay/internal/sell"},
		{"an adapter imports the engine", []goPackage{use("amazon", "sync")}, "amazon imports sync"},
		{"an adapter imports its own fake", []goPackage{use("ebay", "ebay/ebaytest")}, "ebay imports ebay/ebaytest"},
		{"an adapter imports a module it may not", []goPackage{use("ebay", openapi+"/openapi3")}, "ebay imports " + openapi},
		{"an adapter's test imports anything", []goPackage{{
			ImportPath: module + "/ebay", TestImports: []string{module + "/ebay/ebaytest", openapi + "/openapi3"},
			XTestImports: []string{module + "/channel/channeltest"},
		}}, ""},
		{"the engine imports an adapter", []goPackage{use("sync", "shopify")}, "sync imports shopify"},
		{"the engine imports a store", []goPackage{use("sync", "sync/sqlitestore")}, "sync imports sync/sqlitestore"},
		{"the engine imports the transport", []goPackage{use("sync/internal/stock", "internal/transport")}, "imports internal/transport"},
		{"a store on the engine and its driver", []goPackage{use("sync/sqlitestore", "sync", "channel", sqlite)}, ""},
		{"a store imports the other's driver", []goPackage{use("sync/sqlitestore", pgx+"/v5")}, "imports " + pgx},
		{"a test elsewhere opens a database by its driver", []goPackage{{
			ImportPath: module + "/sync", TestImports: []string{sqlite},
		}}, "sync imports " + sqlite + " in a test"},
		{"a fake imports its adapter's wire client", []goPackage{use("shopify/shopifytest", "shopify/internal/admin")}, "imports shopify/internal/admin"},
		{"a fake imports another's adapter", []goPackage{use("shopify/shopifytest", "ebay")}, "imports ebay"},
		{"an example imports adapters, fakes, stores", []goPackage{use("examples/quickstart", "shopify", "shopify/shopifytest", "sync/sqlitestore", "channel")}, ""},
		{"an example imports what is internal", []goPackage{use("examples/quickstart", "internal/fakehttp")}, "imports internal/fakehttp"},
		{"an example imports an adapter's internals", []goPackage{use("examples/quickstart", "shopify/internal/admin")}, "imports shopify/internal/admin"},
		{"a package nobody planned", []goPackage{use("util")}, "util has no rule"},
		{"an adapter links a database through another package", []goPackage{
			use("shopify", "channel"),
			use("channel", "database/sql"),
		}, "shopify links database/sql"},
		{"an adapter links a module through a module", []goPackage{
			use("bigcommerce", retry),
			{ImportPath: retry, Imports: []string{"github.com/example/queue"}, Module: &struct{ Path string }{retry}},
			{ImportPath: "github.com/example/queue", Module: &struct{ Path string }{"github.com/example/queue"}},
		}, "bigcommerce links github.com/example/queue"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := graph{}
			for _, p := range c.pkgs {
				g[p.ImportPath] = p
			}
			// Breaking a rule of imports may break one of links too, and the
			// other way round: only the kind a case is about is looked at.
			links := strings.Contains(c.want, " links ")
			wrong := slices.DeleteFunc(g.check(), func(s string) bool {
				return c.want != "" && links != strings.HasPrefix(s, strings.Split(c.want, " ")[0]+" links ")
			})
			switch {
			case c.want == "" && len(wrong) > 0:
				t.Errorf("complains: %q", wrong)
			case c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0], c.want)):
				t.Errorf("complains %q, want one that says %q", wrong, c.want)
			}
		})
	}
}

// use returns a package of ours that imports others; those of ours go by their
// path within the module.
func use(path string, imports ...string) goPackage {
	p := goPackage{ImportPath: module + "/" + path}
	for _, imp := range imports {
		first, _, _ := strings.Cut(imp, "/")
		if slices.Contains(topLevel, first) {
			imp = module + "/" + imp
		}
		p.Imports = append(p.Imports, imp)
	}
	return p
}

// load reads the import graph of this module.
func load(t *testing.T) graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps",
		"-json=ImportPath,Standard,Imports,TestImports,XTestImports,Module", "./...")
	cmd.Dir = root(t)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g := graph{}
	for dec := json.NewDecoder(pipe); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		g[p.ImportPath] = p
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	return g
}

// ours returns the paths of our packages within the module, sorted.
func (g graph) ours() []string {
	var paths []string
	for p := range g {
		if rel, ok := strings.CutPrefix(p, module+"/"); ok {
			paths = append(paths, rel)
		}
	}
	slices.Sort(paths)
	return paths
}

// check returns what is wrong with the graph, a sentence each.
func (g graph) check() []string {
	var wrong []string
	all := rules()
	for _, path := range g.ours() {
		p := g[module+"/"+path]
		r, ok := ruleFor(all, path)
		if !ok {
			wrong = append(wrong, path+" has no rule in rules_test.go: what may it import?")
			continue
		}
		for _, imp := range p.Imports {
			if !r.allows(all, imp, g) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", path, strings.TrimPrefix(imp, module+"/")))
			}
		}
		for _, imp := range append(slices.Clone(p.TestImports), p.XTestImports...) {
			if keeper(imp, path) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s in a test", path, imp))
			}
		}
	}
	for _, l := range linked() {
		wrong = append(wrong, g.checkLinks(l)...)
	}
	return wrong
}

func ruleFor(all []rule, path string) (best rule, ok bool) {
	for _, r := range all {
		if within(path, r.path) && len(r.path) >= len(best.path) {
			best, ok = r, true
		}
	}
	return best, ok
}

func (r rule) allows(all []rule, imp string, g graph) bool {
	if rel, ok := strings.CutPrefix(imp, module+"/"); ok {
		// The import is what its own, longest rule is about: "channel" allows
		// channel, and not channel/channeltest, which has a rule of its own. An
		// example may import whatever is public.
		target, ok := ruleFor(all, rel)
		if r.path == "examples" {
			top, _, _ := strings.Cut(rel, "/")
			return ok && slices.Contains(r.ours, top) && !strings.Contains(rel+"/", "/internal/")
		}
		return ok && slices.Contains(r.ours, target.path) || ok && target.path == r.path
	}
	if p, known := g[imp]; known && p.Standard || !known && standard(imp) {
		return true
	}
	return slices.ContainsFunc(r.modules, func(m string) bool { return within(imp, m) })
}

// keeper reports whether imp belongs to other packages than the one at path.
func keeper(imp, path string) bool {
	for _, k := range kept {
		if slices.ContainsFunc(k.modules, func(m string) bool { return within(imp, m) }) {
			return !slices.ContainsFunc(k.in, func(p string) bool { return within(path, p) })
		}
	}
	return false
}

// checkLinks walks everything a package imports.
func (g graph) checkLinks(l links) []string {
	seen := map[string]bool{}
	modules := map[string]bool{}
	var walk func(path string)
	walk = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		p, known := g[path]
		switch {
		case strings.HasPrefix(path, module+"/"):
		case known && p.Standard || !known && standard(path):
			if slices.Contains(neverLinked, path) {
				modules[path] = true
			}
			return
		case !slices.ContainsFunc(l.modules, func(m string) bool { return within(path, m) }):
			name := path
			if p.Module != nil {
				name = p.Module.Path
			}
			modules[name] = true
		}
		for _, imp := range p.Imports {
			walk(imp)
		}
	}
	walk(module + "/" + l.path)
	var wrong []string
	for m := range modules {
		wrong = append(wrong, fmt.Sprintf("%s links %s", l.path, m))
	}
	slices.Sort(wrong)
	return wrong
}

// within reports whether path is base or below it.
func within(path, base string) bool {
	return path == base || strings.HasPrefix(path, base+"/")
}

// standard tells a package of the standard library by its first element, which
// holds no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
