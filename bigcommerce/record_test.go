//go:build !openapi

package bigcommerce_test

import (
	"net/http"
	"testing"
)

// recorded is the transport itself: contracts are held under the build tag
// openapi, whose validator takes long to build.
func recorded(_ testing.TB, base http.RoundTripper) http.RoundTripper { return base }
