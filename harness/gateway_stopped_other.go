//go:build !linux

package harness

// stoppedBySignal is always false: only Linux is asked.
func stoppedBySignal(int) bool { return false }
