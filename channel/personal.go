package channel

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Personal is a piece of data about a person. It prints and logs as redacted
// under every verb. Convert it with string(p) where the value itself is
// needed. Its JSON is the value: encoding is for storing, not for logs.
//
// Two things do not ask it. A JSON handler of log/slog encodes a slice, a map or
// a struct of yours that it is in: the example has the remedy. Package fmt
// prints an unexported field of yours as it is.
type Personal string

// Format implements [fmt.Formatter].
func (p Personal) Format(s fmt.State, _ rune) { formatRedacted(s, string(p)) }

// LogValue implements [slog.LogValuer].
func (p Personal) LogValue() slog.Value { return redactedValue(string(p)) }

// Secret is a token, key or password. It prints and logs as redacted.
type Secret string

// Format implements [fmt.Formatter].
func (s Secret) Format(st fmt.State, _ rune) { formatRedacted(st, string(s)) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return redactedValue(string(s)) }

func formatRedacted(s fmt.State, value string) {
	if value != "" {
		_, _ = io.WriteString(s, redacted)
	}
}

func redactedValue(value string) slog.Value {
	if value == "" {
		return slog.StringValue("")
	}
	return slog.StringValue(redacted)
}

// Missing is why personal data is absent.
type Missing string

// The reasons for absent personal data.
const (
	MissingNothing    Missing = ""            // all the marketplace holds is here
	MissingNotGiven   Missing = "not given"   // the buyer gave none, or the order needs none
	MissingPending    Missing = "pending"     // comes with a later state of the order
	MissingNotGranted Missing = "not granted" // the grant lacks a scope or an approval
	MissingExpired    Missing = "expired"     // the marketplace no longer shows it
	MissingErased     Missing = "erased"      // erased at the person's request; never filled again
)

// Address is a postal address.
type Address struct {
	Name         Personal   `json:"name,omitempty"`
	Company      Personal   `json:"company,omitempty"`
	Lines        []Personal `json:"lines,omitempty"` // street lines, top to bottom
	City         Personal   `json:"city,omitempty"`
	Region       Personal   `json:"region,omitempty"`      // as written
	RegionCode   string     `json:"region_code,omitempty"` // the part after the country in ISO 3166-2, where known
	PostalCode   Personal   `json:"postal_code,omitempty"`
	Country      string     `json:"country,omitempty"` // ISO 3166-1 alpha-2, upper case; "" when unknown
	CountryName  string     `json:"country_name,omitempty"`
	Phone        Personal   `json:"phone,omitempty"`
	Email        Personal   `json:"email,omitempty"`
	Instructions Personal   `json:"instructions,omitempty"` // for whoever delivers
}

// Format implements [fmt.Formatter]. A pointer to a struct is otherwise printed
// under %s with its fields as they are.
func (a Address) Format(s fmt.State, verb rune) {
	type plain Address
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(a))
}

// LogValue implements [slog.LogValuer]: only the country is shown.
func (a Address) LogValue() slog.Value { return slog.GroupValue(slog.String("country", a.Country)) }

// Recipient is who an order goes to.
type Recipient struct {
	Address
	Missing Missing `json:"missing,omitempty"` // why something is absent
}

// Format implements [fmt.Formatter].
func (r Recipient) Format(s fmt.State, verb rune) {
	type plain struct {
		Address Address
		Missing Missing
	}
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain{r.Address, r.Missing})
}

// LogValue implements [slog.LogValuer].
func (r Recipient) LogValue() slog.Value {
	return slog.GroupValue(slog.String("country", r.Country), slog.String("missing", string(r.Missing)))
}

// Buyer is who placed an order.
type Buyer struct {
	ID       string   `json:"id,omitempty"` // the marketplace's; "" for a guest
	Name     Personal `json:"name,omitempty"`
	Company  Personal `json:"company,omitempty"`
	Email    Personal `json:"email,omitempty"`
	Phone    Personal `json:"phone,omitempty"`
	Billing  *Address `json:"billing,omitempty"`
	Language string   `json:"language,omitempty"` // BCP 47
	Missing  Missing  `json:"missing,omitempty"`
}

// Format implements [fmt.Formatter].
func (b Buyer) Format(s fmt.State, verb rune) {
	type plain Buyer
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), plain(b))
}

// LogValue implements [slog.LogValuer].
func (b Buyer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", b.ID), slog.String("missing", string(b.Missing)))
}
