package transport

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/penstock-go/penstock/channel"
)

// CheckSecret says what is wrong with a credential that no header and no form
// takes as it is meant: a line break at its end, from the file it was read from,
// is the usual slip. name is how the error calls it; the secret is not in it.
func CheckSecret(name string, s channel.Secret) error {
	for _, r := range string(s) {
		what := ""
		switch {
		case r == '\n' || r == '\r':
			what = "a line break"
		case unicode.IsSpace(r):
			what = "a space"
		case r < '!' || r > '~':
			what = "a character that is no printable ASCII"
		default:
			continue
		}
		return fmt.Errorf("the %s holds %s: give it alone, as it was issued", name, what)
	}
	return nil
}

// NoCredentials is what a provider's failure to give credentials comes to: its
// own [channel.Error], if it is one, or else ErrUnavailable.
func NoCredentials(id channel.ID, op string, err error) error {
	if _, ok := errors.AsType[*channel.Error](err); ok {
		return err
	}
	return &channel.Error{Channel: id, Op: op, Class: channel.ErrUnavailable, Err: fmt.Errorf("credentials: %w", Redact(err))}
}
