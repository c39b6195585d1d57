package fakegateway

import (
	"errors"
	"fmt"
	"net/http"

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
	now := s.clock.Now()
	held, err := s.login.Locate(p, now)
	if err != nil {
		return exchange.Execution{}, fmt.Errorf("fill by hand: %w", err)
	}
	r := exchange.OrderRequest{
		Account: held.Account, Instrument: held.Instrument,
		Action: exchange.Buy, Quantity: held.Quantity,
	}
	if r.Quantity < 0 {
		r.Action, r.Quantity = exchange.Sell, -r.Quantity
	}
	return s.exchange.ManualFill(now, r, held.Price)
}

// CancelByHand cancels a working order of anybody, by its permanent id.
func (s *Server) CancelByHand(permID int64) error {
	return s.exchange.ManualCancel(s.clock.Now(), permID)
}

func (s *Server) postCorrect(r *http.Request) (any, error) {
	var body struct {
		ExecID string          `json:"execId"`
		Price  decimal.Decimal `json:"price"`
		Shares int64           `json:"shares"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read correction: %w", err))
	}
	return booked(s.Correct(body.ExecID, body.Price, body.Shares))
}

func (s *Server) postBust(r *http.Request) (any, error) {
	var body struct {
		ExecID string `json:"execId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read bust: %w", err))
	}
	return booked(s.Bust(body.ExecID))
}

func (s *Server) postFill(r *http.Request) (any, error) {
	var body session.OpeningPosition
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read fill: %w", err))
	}
	return booked(s.FillByHand(body))
}

func (s *Server) postCancel(r *http.Request) (any, error) {
	var body struct {
		PermID int64 `json:"permId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read cancel: %w", err))
	}
	if err := s.CancelByHand(body.PermID); err != nil {
		return nil, &problem{http.StatusConflict, fmt.Errorf("cancel order %d by hand: %w", body.PermID, err)}
	}
	return body, nil
}

// booked is an answer of the exchange: 409 when the books do not allow it.
func booked(e exchange.Execution, err error) (any, error) {
	var refused *exchange.Reject
	switch {
	case errors.As(err, &refused):
		return nil, &problem{http.StatusConflict, fmt.Errorf("error %d: %w", refused.Code, err)}
	case err != nil:
		return nil, &problem{http.StatusConflict, err}
	}
	return e, nil
}
