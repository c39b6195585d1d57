package sockets

// canaryAlways is off: a kernel that has shown a socket once goes on doing so, and reports errors.
const canaryAlways = false

// leftoverStates are those of a connection that its peer has ended and this end has not.
var leftoverStates = []State{StateCloseWait}

// sources are the ways to read the table, the best first.
func sources() []func() (source, error) {
	return []func() (source, error){
		func() (source, error) { return openDiag() },
		func() (source, error) { return openProc(procRoot) },
	}
}

// hasPort is about numbers. Matching text would take 40021 for 4002.
func (s Socket) hasPort(port uint16) bool {
	return s.Local.Port() == port || s.Remote.Port() == port
}
