//go:build race

package ebay_test

func init() { racing = true }
