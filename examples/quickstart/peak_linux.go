package main

import (
	"os"
	"syscall"
)

// peakBytes returns the largest resident size an ended process had, as the
// kernel kept it (KiB on Linux, getrusage(2)).
func peakBytes(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss * 1024
	}
	return 0
}
