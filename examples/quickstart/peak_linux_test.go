package main

import (
	"os"
	"testing"
)

func TestPeakBytesIsOfThisProcess(t *testing.T) {
	before := peakBytes(os.Getpid())
	hoard := make([]byte, 64<<20)
	for i := 0; i < len(hoard); i += 4096 {
		hoard[i] = 1
	}
	after := peakBytes(os.Getpid())
	if before < 1<<20 || after < 64<<20 || hoard[0] != 1 {
		t.Errorf("%d bytes before, %d after taking 64 MiB", before, after)
	}
}
