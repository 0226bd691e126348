package shopify

import (
	"fmt"
	"io"
	"log/slog"
)

// What holds a grant prints and logs as what it is for: package fmt does not ask
// an unexported field how it wants to be printed.

// Format implements [fmt.Formatter] without the grant, for every verb.
func (c *Channel) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, string(c.cfg.ID)) }

// LogValue implements [slog.LogValuer] without the grant.
func (c *Channel) LogValue() slog.Value { return slog.StringValue(string(c.cfg.ID)) }

// LogValue implements [slog.LogValuer] without the grant.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", string(c.ID)), slog.String("shop", c.Shop))
}

// Format implements [fmt.Formatter] without the secrets, for every verb.
func (r *Receiver) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "shopify receiver") }

// LogValue implements [slog.LogValuer] without the secrets.
func (r *Receiver) LogValue() slog.Value { return slog.StringValue("shopify receiver") }

// LogValue implements [slog.LogValuer] without the secrets.
func (c ReceiverConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("secrets", len(c.Secrets)))
}
