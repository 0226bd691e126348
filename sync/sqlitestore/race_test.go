//go:build race

package sqlitestore

func init() { racing = true }
