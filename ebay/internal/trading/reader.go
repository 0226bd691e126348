package trading

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Space is the namespace of every element.
const Space = "urn:ebay:apis:eBLBaseComponents"

// Bounds of a document.
const (
	// MaxDepth is how deep elements may be nested; the schema's calls that are
	// used here go to 8, and a feed's files put two around them.
	MaxDepth = 32
	// MaxAttributes is how many an element may have; the schema has one or two.
	MaxAttributes = 16
	// MaxRecord is how many bytes one record of a stream may have: an item with
	// 250 variations has some 200 KB.
	MaxRecord = 4 << 20
)

// The reasons why a document is not read further.
var (
	ErrDocument = errors.New("document is not read")
	errType     = fmt.Errorf("%w: it has a document type or a processing instruction", ErrDocument)
	errDepth    = fmt.Errorf("%w: its elements are nested too deep", ErrDocument)
	errSize     = fmt.Errorf("%w: it is too large", ErrDocument)
	errRoot     = fmt.Errorf("%w: its root is another one", ErrDocument)
	errRest     = fmt.Errorf("%w: something follows its root", ErrDocument)
)

// guard passes tokens on that are within bounds.
type guard struct {
	dec   *xml.Decoder
	depth int
}

func (g *guard) Token() (xml.Token, error) {
	tok, err := g.dec.RawToken()
	if err != nil {
		return tok, err
	}
	switch t := tok.(type) {
	case xml.StartElement:
		if g.depth++; g.depth > MaxDepth || len(t.Attr) > MaxAttributes {
			return nil, errDepth
		}
	case xml.EndElement:
		g.depth--
	case xml.Directive:
		return nil, errType
	case xml.ProcInst:
		if t.Target != "xml" {
			return nil, errType
		}
	}
	return tok, nil
}

// Decoder reads a document of many records one at a time: what it holds does not
// grow with the document.
type Decoder struct {
	in   *allowance
	dec  *xml.Decoder
	open bool
}

// allowance lets so many bytes through until it is filled up again.
type allowance struct {
	r    io.Reader
	left int64 // until it is filled up
	all  int64
	err  error // of r, other than its end
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 || a.all <= 0 {
		// At its very end a document may have used all that it had.
		if n, err := a.r.Read(p[:min(len(p), 1)]); n == 0 && err != nil {
			return 0, err
		}
		return 0, errSize
	}
	n, err := a.r.Read(p[:min(int64(len(p)), a.left, a.all)])
	a.left -= int64(n)
	a.all -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

// NewDecoder returns a decoder of a document of at most so many bytes.
func NewDecoder(r io.Reader, most int64) *Decoder {
	in := &allowance{r: r, left: min(MaxRecord, most), all: most}
	return &Decoder{in: in, dec: xml.NewTokenDecoder(&guard{dec: xml.NewDecoder(in)})}
}

// Source is the error with which the reader beneath failed, if it did: the
// document may be read again.
func (d *Decoder) Source() error { return d.in.err }

// Root reads up to the root's start, which must have that name.
func (d *Decoder) Root(name string) error {
	for {
		tok, err := d.dec.Token()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it is empty", ErrDocument)
		}
		if err != nil {
			return err
		}
		if start, is := tok.(xml.StartElement); is {
			if start.Name.Local != name || start.Name.Space != Space && start.Name.Space != "" {
				return errRoot
			}
			d.open = true
			return nil
		}
	}
}

// Next returns the start of the next element within the one that was entered
// last, and io.EOF at that one's end. What it starts is for the caller to decode,
// to enter by calling Next, or to skip.
func (d *Decoder) Next() (xml.StartElement, error) {
	for {
		d.in.left = MaxRecord
		tok, err := d.dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return xml.StartElement{}, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			return t.Copy(), nil
		case xml.EndElement:
			return xml.StartElement{}, io.EOF
		}
	}
}

// Decode decodes the element that Next returned.
func (d *Decoder) Decode(start xml.StartElement, v any) error { return d.dec.DecodeElement(v, &start) }

// Skip passes over the element that Next returned, however long it is.
func (d *Decoder) Skip() error {
	for depth := 1; depth > 0; {
		d.in.left = MaxRecord
		tok, err := d.dec.Token()
		if err != nil {
			return err
		}
		switch tok.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// End makes sure that nothing follows the root.
func (d *Decoder) End() error {
	for {
		d.in.left = MaxRecord
		tok, err := d.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.Comment:
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errRest
			}
		default:
			return errRest
		}
	}
}

// Unmarshal decodes a document that is there whole, whose root must have that
// name.
func Unmarshal(doc []byte, root string, v any) error {
	dec := xml.NewTokenDecoder(&guard{dec: xml.NewDecoder(bytes.NewReader(doc))})
	d := &Decoder{in: &allowance{left: MaxRecord}, dec: dec}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it is empty", ErrDocument)
		}
		if err != nil {
			return err
		}
		start, is := tok.(xml.StartElement)
		if !is {
			continue
		}
		if start.Name.Local != root || start.Name.Space != Space && start.Name.Space != "" {
			return errRoot
		}
		if err := dec.DecodeElement(v, &start); err != nil {
			return err
		}
		return d.End()
	}
}
