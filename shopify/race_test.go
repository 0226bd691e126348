//go:build race

package shopify_test

func init() { racing = true }
