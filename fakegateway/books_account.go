package fakegateway

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
)

// What changes orders and accounts under a client without a request of its own, each with one call.

// HoldOrder keeps a working order of anybody from trading: it reads Inactive, held for "locate", and
// stays open until ReleaseOrder.
func (s *Server) HoldOrder(permID int64) (exchange.Order, error) {
	return s.exchange.Hold(s.clock.now(), permID)
}

// ReleaseOrder lets an order go that is held: it works again, or fills.
func (s *Server) ReleaseOrder(permID int64) (exchange.Order, error) {
	return s.exchange.Release(s.clock.now(), permID)
}

// Transfer moves units of p's contract into its account at p.Price each, without a trade; p.Quantity
// below 0 takes them out at what they have cost.
func (s *Server) Transfer(p OpeningPosition) (exchange.Transfer, error) {
	now := s.clock.now()
	held, err := s.login.Locate(p, now)
	if err != nil {
		return exchange.Transfer{}, fmt.Errorf("transfer: %w", err)
	}
	return s.exchange.Transfer(now, exchange.Transfer{
		Account: held.Account, Instrument: held.Instrument,
		Quantity: held.Quantity, Price: held.Price,
	})
}

// TransferCash pays cash into an account ("" is the first), in whole cents of a currency ("" is
// USD); below 0 it is paid out.
func (s *Server) TransferCash(account, currency string, amount decimal.Decimal,
) (exchange.Transfer, error) {
	return s.exchange.Transfer(s.clock.now(), exchange.Transfer{
		Account: cmp.Or(account, s.login.Accounts()[0]), Cash: amount,
		Currency: cmp.Or(currency, "USD"),
	})
}

// Liquidate does what IBKR does to an account ("" is the first) without margin: its working orders
// are cancelled, and what it holds of a contract, or of all with conID 0, is closed at the market.
func (s *Server) Liquidate(account string, conID int) ([]exchange.Execution, error) {
	return s.exchange.Liquidate(s.clock.now(), cmp.Or(account, s.login.Accounts()[0]), conID)
}

// LogIn restarts the Gateway, as Restart does, with a login to other accounts. They begin with
// StartCash unless the Gateway has been logged in to them before; what the former ones hold and have
// at work stays at IBKR.
func (s *Server) LogIn(accounts []string, d fault.Downtime, end fault.Action) error {
	if err := s.login.MayLogIn(accounts); err != nil {
		return err
	}
	hit, err := restartHit(d, end)
	if err != nil {
		return err
	}
	return s.await(portOrder{hit: hit, logIn: accounts})
}

// operateBooks does the operations on the orders and accounts of the login.
func (s *Server) operateBooks(o fault.Operation) (wire string, err error) {
	now := s.clock.now()
	switch o {
	case fault.HoldOrders:
		s.exchange.HoldNew(now)
		return "nothing", nil
	case fault.ReleaseOrders:
		return fmt.Sprintf("%d orders released", s.exchange.ReleaseAll(now)), nil
	case fault.SplitNextChange:
		s.exchange.SplitNext(now)
		return "nothing", nil
	}
	closed := 0
	for _, account := range s.login.Accounts() {
		done, _ := s.exchange.Liquidate(now, account, 0) // the error: it holds nothing
		closed += len(done)
	}
	if closed == 0 {
		return "nothing", fmt.Errorf("operation %q: no account holds anything", o)
	}
	return fmt.Sprintf("%d positions closed", closed), nil
}

// operateTrade does the operations that move units of a contract.
func (s *Server) operateTrade(w fault.What) (wire string, err error) {
	t := w.Trade
	p := OpeningPosition{
		Account: t.Account, ConID: t.ConID, Symbol: t.Symbol, SecType: t.SecType,
		Exchange: t.Exchange, Currency: t.Currency, Expiry: t.Expiry, Strike: t.Strike,
		Right: t.Right, Quantity: t.Quantity, Price: t.Price,
	}
	if w.Operation == fault.TransferPosition {
		_, err = s.Transfer(p)
	} else {
		_, err = s.FillByHand(p)
	}
	return "nothing", err
}

// logInAgain restarts with a login to other accounts.
func (p *port) logInAgain(w fault.What) (wire string, err error) {
	if err := p.s.login.MayLogIn(w.Accounts); err != nil {
		return "nothing", err
	}
	p.logIn = w.Accounts
	p.agenda = slices.DeleteFunc(p.agenda, func(a appointment) bool { return a.wayUp })
	return p.restart(fault.Hit{Fault: fault.Fault{
		What: fault.What{Do: fault.Restart, Downtime: w.Downtime},
	}})
}

func (s *Server) postHold(r *http.Request) (any, error) { return s.postOrder(r, s.HoldOrder) }

func (s *Server) postRelease(r *http.Request) (any, error) { return s.postOrder(r, s.ReleaseOrder) }

func (s *Server) postOrder(r *http.Request, do func(int64) (exchange.Order, error)) (any, error) {
	var body struct {
		PermID int64 `json:"permId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read order: %w", err))
	}
	return booked(do(body.PermID))
}

func (s *Server) postTransfer(r *http.Request) (any, error) {
	var body struct {
		OpeningPosition
		Cash decimal.Decimal `json:"cash"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read transfer: %w", err))
	}
	if body.Cash.IsZero() {
		return booked(s.Transfer(body.OpeningPosition))
	}
	if body.Symbol != "" || body.ConID != 0 || body.Quantity != 0 {
		return nil, bad(fmt.Errorf("transfer either cash or a contract"))
	}
	return booked(s.TransferCash(body.Account, body.Currency, body.Cash))
}

func (s *Server) postLiquidate(r *http.Request) (any, error) {
	var body struct {
		Account string `json:"account"`
		ConID   int    `json:"conId"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read liquidation: %w", err))
	}
	return booked(s.Liquidate(body.Account, body.ConID))
}

func (s *Server) postLogin(r *http.Request) (any, error) {
	var body struct {
		Accounts []string       `json:"accounts"`
		Then     fault.Action   `json:"then"`
		Downtime fault.Downtime `json:"downtime"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read login: %w", err))
	}
	return s.afterRestart(r, s.LogIn(body.Accounts, body.Downtime, body.Then))
}

// The settings of fills that were made before the start, and of commissions that come late.
type (
	EarlierFill       = session.EarlierFill
	UnknownCommission = session.UnknownCommission
)

// What a report says of a commission that is not known.
const (
	CommissionUnset    = session.CommissionUnset
	CommissionMinusOne = session.CommissionMinusOne
)
