package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// peakBytes returns the largest resident size a running process has had since
// its program began, as the kernel keeps it (VmHWM, KiB, proc_pid_status(5)).
// The figure of getrusage(2) will not do: it takes over what the parent had
// when it forked.
func peakBytes(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	size, _, _ := bytes.Cut(rest, []byte("kB"))
	n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}
