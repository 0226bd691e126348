package shopify

import (
	"github.com/penstock-go/penstock/internal/transport"
)

// Limiter paces calls. Shopify counts by app and shop, so channels of the same
// app on the same shop share one.
type Limiter = transport.Limiter

// NewLimiter returns a limiter that assumes the Standard plan, 2,000 points and
// 100 a second, until answers tell the shop's own.
func NewLimiter() *Limiter {
	return transport.NewLimiter(func(string) transport.Rule { return transport.Rule{Size: 2000, Rate: 100} })
}

// maxInput is the longest array Shopify takes as input.
const maxInput = 250
