//go:build race

package simulation

func init() { racing = true }
