package shopifytest

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Rules that a bulk query must keep.
const (
	bulkMaxConnections = 5
	bulkMaxDepth       = 2
	bulkMaxBytes       = 65535
)

// judgeBulk lists what is wrong with a bulk query.
func judgeBulk(x *run, text string) []rec {
	bad := func(message string) []rec { return []rec{userError("INVALID", message, "query")} }
	if len(text) > bulkMaxBytes {
		return bad("Query is too long: the maximum is 65,535 bytes.")
	}
	d := x.docs.get(text)
	if len(d.errs) > 0 {
		return bad("Invalid bulk query: " + d.errs[0].message)
	}
	if len(d.query.Operations) != 1 || d.query.Operations[0].Operation != ast.Query {
		return bad("Invalid operation type. Only `query` operations are supported.")
	}
	var j bulkJudge
	j.set(d.query.Operations[0].SelectionSet, "", 0, false, true)
	var out []rec
	add := func(on bool, message string) {
		if on {
			out = append(out, userError("INVALID", message, "query"))
		}
	}
	if len(j.byNodes) > 0 {
		add(true, "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: '"+j.byNodes[0]+
			" { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: '"+strings.Join(j.byNodes, "', '")+"'.")
	}
	add(j.topNode, "Bulk queries cannot contain a top level `node` field.")
	add(j.depth > bulkMaxDepth, "Bulk queries cannot contain connections with a nesting depth greater than 2.")
	add(j.connections > bulkMaxConnections, "Bulk queries cannot contain more than 5 connections.")
	if len(j.noID) > 0 {
		add(true, "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. Connection fields without 'id': "+
			strings.Join(j.noID, ", ")+".")
	}
	add(j.inList, "Queries that contain a connection field within a list field are not currently supported.")
	add(j.connections == 0, "Bulk queries must contain at least one connection.")
	return out
}

type bulkJudge struct {
	connections, depth int
	byNodes, noID      []string
	topNode, inList    bool
}

// set walks a selection. parent is the connection around it, depth its depth.
func (j *bulkJudge) set(set ast.SelectionSet, parent string, depth int, list, top bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			j.set(s.SelectionSet, parent, depth, list, top)
		case *ast.FragmentSpread:
			j.set(s.Definition.SelectionSet, parent, depth, list, top)
		case *ast.Field:
			j.field(s, parent, depth, list, top, set)
		}
	}
}

func (j *bulkJudge) field(f *ast.Field, parent string, depth int, list, top bool, around ast.SelectionSet) {
	if f.Definition == nil {
		return
	}
	if top && (f.Name == "node" || f.Name == "nodes") {
		j.topNode = true
	}
	base := schema().Types[baseName(f.Definition.Type)]
	if !isComposite(base) {
		return
	}
	if !isConnection(base) {
		isList := f.Definition.Type.Elem != nil
		j.set(f.SelectionSet, parent, depth, list || isList && !top, false)
		return
	}
	j.connections++
	j.inList = j.inList || list
	j.depth = max(j.depth, depth+1)
	if parent != "" && !selectsID(around) {
		j.noID = append(j.noID, parent)
	}
	for _, s := range f.SelectionSet {
		c, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		switch c.Name {
		case "nodes":
			j.byNodes = append(j.byNodes, f.Name)
			j.set(c.SelectionSet, f.Name, depth+1, false, false)
		case "edges":
			for _, e := range c.SelectionSet {
				if n, ok := e.(*ast.Field); ok && n.Name == "node" {
					j.set(n.SelectionSet, f.Name, depth+1, false, false)
				}
			}
		}
	}
}

func selectsID(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "id" && s.Alias == "id" {
				return true
			}
		case *ast.FragmentSpread:
			if selectsID(s.Definition.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if selectsID(s.SelectionSet) {
				return true
			}
		}
	}
	return false
}
