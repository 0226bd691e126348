//go:build race

package amazon_test

func init() { racing = true }
