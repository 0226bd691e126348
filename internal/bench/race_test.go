//go:build race

package bench

func init() { racing = true }
