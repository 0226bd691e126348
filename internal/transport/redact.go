package transport

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/penstock-go/penstock/channel"
)

// RedactURL returns u without user, query and fragment.
func RedactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	r := *u
	r.User, r.RawQuery, r.ForceQuery, r.Fragment, r.RawFragment = nil, "", false, "", ""
	return r.String()
}

var (
	urlTail = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)([^\s"'<>?#/]*@)?([^\s"'<>?#]*)([?#][^\s"'<>]*)?`)
	secrets = regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+[^\s"',;]+` +
		`|\bshp[a-z]{2,4}_\w+` + // Shopify's tokens
		`|\bAtz[ar]\|[^\s"']+` + // Login with Amazon's
		`|\bv\^1\.1#[^\s"']+` + // eBay's
		`|\beyJ[\w-]+\.[\w.-]+` + // a JWT
		`|\b(?:access_token|refresh_token|client_secret|x-auth-token|password)["']?\s*[:=]\s*["']?[^\s"',;&]+`)
	longWord = regexp.MustCompile(`[A-Za-z0-9_+/=-]{32,}`)
	email    = regexp.MustCompile(`[^\s"'<>(),;:@]+@[^\s"'<>(),;:@]+`)
	phone    = regexp.MustCompile(`\+\d[\d .()/-]{6,}\d|\b\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b`)
	digits   = regexp.MustCompile(`\d{7,}`)
)

// Redact returns an error safe to log: a *url.Error gives way to its cause, and
// URLs and credentials in the text lose what may be secret. errors.Is and
// errors.As still find the cause.
func Redact(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) || u.Err == nil {
			break
		}
		err = u.Err // what is around it repeats the URL
	}
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := redactText(text)
	if clean == text {
		return err
	}
	return &redactedError{clean, err}
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }

// Is and As reach the cause without Unwrap, which would hand its text on.
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.err, target) }

func redactText(s string) string {
	if strings.Contains(s, "://") {
		s = urlTail.ReplaceAllString(s, "$1$3")
	}
	return secrets.ReplaceAllString(s, redacted)
}

// hushed is how much is searched for a secret at either end of an answer of
// success: a failure told inside it stands before or behind the data. The whole
// of a page of 3 MB would take 5 ms, a quarter of what its decoding takes.
const hushed = 128 << 10

// shortest is the length of the shortest secret that is looked for: a shorter
// one is of a test, and a part of words.
const shortest = 8

// Hush takes a secret that was sent out of the answer, which may repeat it: in
// its text and in its headers.
func Hush(resp *http.Response, s channel.Secret) {
	if len(s) < shortest {
		return
	}
	b, _ := resp.Body.(*buffered)
	for _, form := range forms(string(s)) {
		for _, values := range resp.Header {
			for i, v := range values {
				values[i] = strings.ReplaceAll(v, form, redacted)
			}
		}
		if b == nil {
			continue
		}
		b.mu.Lock()
		switch text := b.buf.Bytes(); {
		case resp.StatusCode < 300 && len(text) > 2*hushed:
			blot(text[:hushed], form)
			blot(text[len(text)-hushed:], form)
		default:
			blot(text, form)
		}
		b.mu.Unlock()
	}
}

// forms returns a secret as it is, and as it stands in a URL and in JSON, where
// that is another text.
func forms(s string) []string {
	all := []string{s, url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(s, "/", `\/`)}
	slices.Sort(all)
	return slices.Compact(all)
}

// blot overwrites a secret where it stands.
func blot(text []byte, secret string) {
	for {
		i := bytes.Index(text, []byte(secret))
		if i < 0 {
			return
		}
		for j := range len(secret) {
			text[i+j] = '*'
		}
		text = text[i+len(secret):]
	}
}

const redacted = "[redacted]"

// messageRunes is the longest message kept of a marketplace's words.
const messageRunes = 200

// Message makes a marketplace's error message fit for an error or a log: one
// line of at most 200 runes, without e-mail addresses, telephone numbers, runs
// of seven digits or more, URL queries, or what looks like a token.
func Message(s string) string {
	// What cannot be within the cut is not worth looking at, but a secret that
	// straddles the cut must be seen whole.
	if len(s) > 16<<10 {
		s = s[:16<<10]
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	s = redactText(s)
	s = longWord.ReplaceAllStringFunc(s, func(w string) string {
		if strings.ContainsAny(w, "0123456789") && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			return redacted
		}
		return w
	})
	s = email.ReplaceAllString(s, "[e-mail]")
	s = phone.ReplaceAllString(s, "[number]")
	s = digits.ReplaceAllString(s, "[number]")
	if utf8.RuneCountInString(s) > messageRunes {
		s = string([]rune(s)[:messageRunes-1]) + "…"
	}
	return s
}
