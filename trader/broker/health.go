package broker

import "ibsoak/trader/link"

// Health is what can be measured on a session.
type Health struct {
	Handshake []link.PhaseTook
	Events    int // that wait for the consumer; EventQueue at most
	Requests  int // that wait to be written
}

// Health measures. It takes no lock.
func (s *Session) Health() Health {
	return Health{Handshake: s.link.Handshake(), Events: len(s.events), Requests: s.link.Queued()}
}
