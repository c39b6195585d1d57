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

func (s *server) postHold(r *http.Request) (any, error) { return s.postOrder(r, s.gateway.HoldOrder) }

func (s *server) postRelease(r *http.Request) (any, error) {
	return s.postOrder(r, s.gateway.ReleaseOrder)
}

func (s *server) postOrder(r *http.Request, do func(int64) (exchange.Order, error)) (any, error) {
	var body struct {
		PermID int64 `json:"permId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read order: %w", err))
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
