package harness

// gatewaySignals never says anything: a Windows process is not sent signals, it is ended.
func gatewaySignals() (ended <-chan int, continued <-chan struct{}, release func()) {
	return nil, nil, func() {}
}

// signalNumbered is never asked.
func signalNumbered(int) string { return "" }

// wake has nothing to continue.
func wake(int) error { return nil }
