package ebaytest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	// tradingSpace is the namespace of Trading documents, and of a feed's.
	tradingSpace = "urn:ebay:apis:eBLBaseComponents"

	maxXMLDepth = 16 // of a document, more than any call has
)

// node is an element of an XML document, one that was sent or one to send.
type node struct {
	name, text string
	attr       string // the currency of a price
	param      int    // of an error's parameter, its number from 1
	kids       []*node
	read       bool // somebody has asked for it
}

// el is an element of elements.
func el(name string, kids ...*node) *node { return &node{name: name, kids: kids} }

// leaf is an element of text.
func leaf(name, text string) *node { return &node{name: name, text: text} }

func count(name string, n int64) *node { return leaf(name, strconv.FormatInt(n, 10)) }

func flag(name string, on bool) *node { return leaf(name, strconv.FormatBool(on)) }

func moment(name string, t time.Time) *node { return leaf(name, stamp(t)) }

func price(name string, a amount, currency string) *node {
	return &node{name: name, text: a.text(1), attr: currency}
}

// add appends elements that are not nil.
func (n *node) add(kids ...*node) *node {
	for _, k := range kids {
		if k != nil {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// write appends the element's text.
func (n *node) write(b *bytes.Buffer, space string) {
	b.WriteString("<" + n.name)
	if space != "" {
		b.WriteString(` xmlns="` + space + `"`)
	}
	if n.attr != "" {
		b.WriteString(` currencyID="` + n.attr + `"`)
	}
	if n.param > 0 {
		b.WriteString(` ParamID="` + strconv.Itoa(n.param-1) + `"`)
	}
	b.WriteByte('>')
	if n.text != "" {
		_ = xml.EscapeText(b, []byte(n.text)) // a Buffer takes everything
	}
	for _, k := range n.kids {
		k.write(b, "")
	}
	b.WriteString("</" + n.name + ">")
}

// document is a whole document with n as its root.
func (n *node) document() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	n.write(&b, tradingSpace)
	return b.Bytes()
}

// errXML is what is wrong with a document.
var errXML = errors.New("XML")

// parseXML reads a document whole. It refuses directives, with which entities
// are declared, elements of other namespaces, and what is nested too deep.
func parseXML(text []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	var root *node
	var path []*node
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && root != nil && len(path) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errXML, err)
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: a directive", errXML)
		case xml.StartElement:
			n := &node{name: t.Name.Local}
			if t.Name.Space != "" && t.Name.Space != tradingSpace {
				return nil, fmt.Errorf("%w: namespace %q", errXML, t.Name.Space)
			}
			for _, a := range t.Attr {
				if a.Name.Local == "currencyID" {
					n.attr = a.Value
				}
			}
			switch {
			case len(path) > 0:
				path[len(path)-1].kids = append(path[len(path)-1].kids, n)
			case root != nil:
				return nil, fmt.Errorf("%w: a second root", errXML)
			default:
				root = n
			}
			if path = append(path, n); len(path) > maxXMLDepth {
				return nil, fmt.Errorf("%w: too deep", errXML)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) > 0 {
				n := path[len(path)-1]
				n.text += string(t)
			}
		}
	}
}

// all returns the elements of a name, as read.
func (n *node) all(name string) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.name == name {
			k.read = true
			out = append(out, k)
		}
	}
	return out
}

// one returns the last element of a name; an empty one stands for none.
func (n *node) one(name string) *node {
	all := n.all(name)
	if len(all) == 0 {
		return &node{name: name}
	}
	return all[len(all)-1]
}

// has reports whether there is an element of a name.
func (n *node) has(name string) bool { return len(n.all(name)) > 0 }

// value is the text of the element of a name, without space around it.
func (n *node) value(name string) string { return strings.TrimSpace(n.one(name).text) }

// isTrue reports whether the element of a name says so.
func (n *node) isTrue(name string) bool { return n.value(name) == "true" || n.value(name) == "1" }

// number is the value of the element of a name, absent where there is none.
func (n *node) number(name string, absent int64) (int64, bool) {
	text := n.value(name)
	if text == "" {
		return absent, true
	}
	v, err := strconv.ParseInt(text, 10, 64)
	return v, err == nil
}

// unread returns the names of the elements that nobody has asked for.
func (n *node) unread() []string {
	var out []string
	for _, k := range n.kids {
		if !k.read {
			out = append(out, k.name)
			continue
		}
		for _, name := range k.unread() {
			out = append(out, k.name+"."+name)
		}
	}
	return out
}
