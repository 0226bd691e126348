//go:build race

package sync_test

func init() { racing = true }
