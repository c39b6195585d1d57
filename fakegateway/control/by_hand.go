package control

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session"
)

func (s *server) postCorrect(r *http.Request) (any, error) {
	var body struct {
		ExecID string          `json:"execId"`
		Price  decimal.Decimal `json:"price"`
		Shares int64           `json:"shares"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read correction: %w", err))
	}
	return booked(s.gateway.Correct(body.ExecID, body.Price, body.Shares))
}

func (s *server) postBust(r *http.Request) (any, error) {
	var body struct {
		ExecID string `json:"execId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read bust: %w", err))
	}
	return booked(s.gateway.Bust(body.ExecID))
}

func (s *server) postFill(r *http.Request) (any, error) {
	var body session.OpeningPosition
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read fill: %w", err))
	}
	return booked(s.gateway.FillByHand(body))
}

func (s *server) postCancel(r *http.Request) (any, error) {
	var body struct {
		PermID int64 `json:"permId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read cancel: %w", err))
	}
	if err := s.gateway.CancelByHand(body.PermID); err != nil {
		return nil, &problem{http.StatusConflict, fmt.Errorf("cancel order %d by hand: %w", body.PermID, err)}
	}
	return body, nil
}

// booked is an answer of the exchange: 409 when the books do not allow it.
func booked[T any](answer T, err error) (any, error) {
	var refused *exchange.Reject
	switch {
	case errors.As(err, &refused):
		return nil, &problem{http.StatusConflict, fmt.Errorf("error %d: %w", refused.Code, err)}
	case err != nil:
		return nil, &problem{http.StatusConflict, err}
	}
	return answer, nil
}
