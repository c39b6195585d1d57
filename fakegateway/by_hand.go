package fakegateway

import (
	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session"
)

// What happens at the exchange without the API: by hand in TWS, or by the exchange itself. It is in
// the books, and sessions tell of it as they do of everything.

// Correct replaces an execution by its next revision (".02"), with another price and size.
func (s *Server) Correct(execID string, price decimal.Decimal, shares int64) (exchange.Execution, error) {
	return s.exchange.Correct(s.clock.Now(), execID, price, shares)
}

// Bust takes an execution back: the client gets a revision of no shares.
func (s *Server) Bust(execID string) (exchange.Execution, error) {
	return s.exchange.Bust(s.clock.Now(), execID)
}

// FillByHand books a trade that was made in TWS: p.Quantity below 0 sells.
func (s *Server) FillByHand(p session.OpeningPosition) (exchange.Execution, error) {
	return s.login.FillByHand(s.clock.Now(), p)
}

// CancelByHand cancels a working order of anybody, by its permanent id.
func (s *Server) CancelByHand(permID int64) error {
	return s.exchange.ManualCancel(s.clock.Now(), permID)
}
