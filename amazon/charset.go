package amazon

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// charset is how a report's text is written. Reports are in Windows-1252, in
// UTF-8 or in one of the marketplace's own, and say which in their
// Content-Type; what a charset has no character for is lost already, as a
// question mark.
type charset int

const (
	unknownCharset charset = iota // none that is read here: only ASCII is sure
	utf8Charset
	windows1252
)

func charsetOf(name string) charset {
	switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)) {
	case "utf8", "usascii":
		return utf8Charset
	case "cp1252", "windows1252", "iso88591", "latin1":
		return windows1252
	}
	return unknownCharset
}

// text reads a cell. What cannot be read is replaced.
func (c charset) text(cell []byte) string {
	if c != windows1252 || ascii(cell) {
		return string(bytes.ToValidUTF8(cell, []byte(string(utf8.RuneError))))
	}
	var b strings.Builder
	for _, x := range cell {
		b.WriteRune(rune1252(x))
	}
	return b.String()
}

// exact reads a cell that must be right to the letter. sure is false where it
// may have lost characters, or been written in another charset than is said:
// UTF-8 that is called something else has a form that chance does not give.
func (c charset) exact(cell []byte) (s string, sure bool) {
	s = c.text(cell)
	switch {
	case bytes.IndexByte(cell, '?') >= 0 || strings.ContainsRune(s, utf8.RuneError):
		return s, false
	case ascii(cell), c == utf8Charset:
		return s, true
	}
	return s, c == windows1252 && !utf8.Valid(cell)
}

// spells reports whether a cell can be what became of s on its way into a
// report: in UTF-8, or in Windows-1252 with question marks for what that lacks.
func spells(cell []byte, s string) bool {
	return string(cell) == s || bytes.Equal(marks(cell), marks(to1252(s)))
}

// marks joins question marks: a lost character may have left several.
func marks(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if c != '?' || i == 0 || b[i-1] != '?' {
			out = append(out, c)
		}
	}
	return out
}

// upper1252 are the characters of the bytes from 0x80 to 0x9f, in which
// Windows-1252 differs from the first 256 characters. Five are none.
var upper1252 = []rune("€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ")

func rune1252(b byte) rune {
	if b >= 0x80 && b < 0xa0 {
		return upper1252[b-0x80]
	}
	return rune(b)
}

// to1252 writes s in Windows-1252, as reports do.
func to1252(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b := byte('?')
		if r < 0x80 || r >= 0xa0 && r <= 0xff {
			b = byte(r)
		} else if r != utf8.RuneError {
			for i, u := range upper1252 {
				if u == r {
					b = byte(0x80 + i)
				}
			}
		}
		out = append(out, b)
	}
	return out
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
