package control

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
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
	body, err := readPermID(r, "cancel")
	if err != nil {
		return nil, err
	}
	if err := s.gateway.CancelByHand(body.PermID); err != nil {
		return nil, &problem{http.StatusConflict, fmt.Errorf("cancel order %d by hand: %w", body.PermID, err)}
	}
	return body, nil
}

func (s *server) postHold(r *http.Request) (any, error) { return s.postOrder(r, s.gateway.HoldOrder) }

func (s *server) postRelease(r *http.Request) (any, error) {
	return s.postOrder(r, s.gateway.ReleaseOrder)
}

func (s *server) postOrder(r *http.Request, do func(int64) (exchange.Order, error)) (any, error) {
	body, err := readPermID(r, "order")
	if err != nil {
		return nil, err
	}
	return booked(do(body.PermID))
}

func (s *server) postTransfer(r *http.Request) (any, error) {
	var body struct {
		session.OpeningPosition
		Cash decimal.Decimal `json:"cash"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read transfer: %w", err))
	}
	if body.Cash.IsZero() {
		return booked(s.gateway.Transfer(body.OpeningPosition))
	}
	if body.Symbol != "" || body.ConID != 0 || body.Quantity != 0 {
		return nil, bad(errors.New("transfer either cash or a contract"))
	}
	return booked(s.gateway.TransferCash(body.Account, body.Currency, body.Cash))
}

func (s *server) postLiquidate(r *http.Request) (any, error) {
	var body struct {
		Account string `json:"account"`
		ConID   int    `json:"conId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read liquidation: %w", err))
	}
	return booked(s.gateway.Liquidate(body.Account, body.ConID))
}

func (s *server) postLogin(r *http.Request) (any, error) {
	var body struct {
		Accounts []string       `json:"accounts"`
		Then     fault.Action   `json:"then"`
		Downtime fault.Downtime `json:"downtime"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read login: %w", err))
	}
	return s.afterRestart(r, s.gateway.LogIn(body.Accounts, body.Downtime, body.Then))
}

// permID is the body of a request about one order of anybody.
type permID struct {
	PermID int64 `json:"permId"`
}

func readPermID(r *http.Request, what string) (body permID, err error) {
	if err := strictJSON(r.Body, &body); err != nil {
		return body, bad(fmt.Errorf("read %s: %w", what, err))
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
