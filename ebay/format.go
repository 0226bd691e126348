package ebay

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
	return slog.GroupValue(slog.String("id", string(c.ID)), slog.String("seller", c.Seller))
}

// LogValue implements [slog.LogValuer] without the secrets.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("client", c.ClientID))
}

// LogValue implements [slog.LogValuer] without the secret.
func (a App) LogValue() slog.Value {
	return slog.GroupValue(slog.String("client", a.ClientID), slog.String("address", a.RuName))
}

// LogValue implements [slog.LogValuer] without the grant itself.
func (g Grant) LogValue() slog.Value {
	return slog.GroupValue(slog.Time("expires", g.RefreshExpires), slog.Int("scopes", len(g.Scopes)))
}
