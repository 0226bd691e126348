//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlitestore

import "os"

// Windows deletes no file that is open, so the lock beside the database stays.
func lockDatabase(*os.File) bool { return true }

func databaseHolder(*os.File) string { return "held by another process" }

func linked(os.FileInfo) bool { return false }
