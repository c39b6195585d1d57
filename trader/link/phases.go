package link

import "time"

// PhaseTook is how long a phase of a handshake took.
type PhaseTook struct {
	Phase Phase
	Took  time.Duration
}

// leave notes how long the phase took that ends now.
func (h *handshake) leave() {
	took := time.Since(h.began)
	for _, p := range h.took {
		took -= p.Took
	}
	h.took = append(h.took, PhaseTook{h.phase, took})
}

// Handshake is how long each phase of the handshake took, in order, from the dial on.
func (l *Link) Handshake() []PhaseTook { return l.took }

// Queued is how many requests wait to be written.
func (l *Link) Queued() int { return len(l.slots) }
