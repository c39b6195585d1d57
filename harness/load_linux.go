package harness

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// crowd is how many threads of the host are runnable for each of its processors, from the fourth
// field of /proc/loadavg; 0 when it cannot be read.
func crowd() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 4 {
		return 0
	}
	runnable, _, _ := bytes.Cut(fields[3], []byte("/"))
	n, err := strconv.Atoi(string(runnable))
	if err != nil {
		return 0
	}
	return float64(n-1) / float64(runtime.NumCPU()) // the reader itself is one of them
}
