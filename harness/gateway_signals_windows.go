package harness

import (
	"errors"

	"golang.org/x/sys/windows"
)

// gatewaySignals never says anything: a Windows process is not sent signals, it is ended.
func gatewaySignals() (ended <-chan int, continued <-chan struct{}, release func()) {
	return nil, nil, func() {}
}

// signalNumbered is never asked.
func signalNumbered(int) string { return "" }

// isBrokenPipe reports that the reader has gone.
func isBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}

// wake has nothing to continue.
func wake(int) error { return nil }
