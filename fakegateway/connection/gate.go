package connection

import "ibsoak/fakegateway/lock"

// gate lets a goroutine pass, unless a fault has shut it.
type gate struct {
	mu     lock.Mutex[lock.Last]
	shutTo int           // counts calls of shut
	opened chan struct{} // nil while open; closed when it opens
}

// shut makes passers wait, and returns what ends exactly this shutting.
func (g *gate) shut() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shutTo++
	mine := g.shutTo
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.shutTo == mine && g.opened != nil { // a later shut lasts longer
			close(g.opened)
			g.opened = nil
		}
	}
}

// isShut reports whether a passer would wait.
func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened != nil
}

// pass waits until the gate is open; it returns false when done is closed first.
func (g *gate) pass(done <-chan struct{}) bool {
	for {
		g.mu.Lock()
		opened := g.opened
		g.mu.Unlock()
		if opened == nil {
			return true
		}
		select {
		case <-opened:
		case <-done:
			return false
		}
	}
}
