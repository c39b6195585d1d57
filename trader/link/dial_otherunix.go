//go:build unix && !linux

package link

// setUserTimeout does nothing here: the write deadline and the liveness probe stand in for it.
func setUserTimeout(int) error { return nil }
