package fakegateway

import (
	"cmp"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
)

// What happens to orders and accounts without the API, each with one call: by hand in TWS, by the
// exchange or by IBKR. It is in the books, and sessions tell of it as they do of everything.

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

// HoldOrder keeps a working order of anybody from trading: it reads Inactive, held for "locate", and
// stays open until ReleaseOrder.
func (s *Server) HoldOrder(permID int64) (exchange.Order, error) {
	return s.exchange.Hold(s.clock.Now(), permID)
}

// ReleaseOrder lets an order go that is held: it works again, or fills.
func (s *Server) ReleaseOrder(permID int64) (exchange.Order, error) {
	return s.exchange.Release(s.clock.Now(), permID)
}

// Transfer moves units of p's contract into its account at p.Price each, without a trade; p.Quantity
// below 0 takes them out at what they have cost.
func (s *Server) Transfer(p session.OpeningPosition) (exchange.Transfer, error) {
	return s.login.Transfer(s.clock.Now(), p)
}

// TransferCash pays cash into an account ("" is the first), in whole cents of a currency ("" is
// USD); below 0 it is paid out.
func (s *Server) TransferCash(account, currency string, amount decimal.Decimal,
) (exchange.Transfer, error) {
	return s.exchange.Transfer(s.clock.Now(), exchange.Transfer{
		Account: cmp.Or(account, s.login.Accounts()[0]), Cash: amount,
		Currency: cmp.Or(currency, "USD"),
	})
}

// Liquidate does what IBKR does to an account ("" is the first) without margin: its working orders
// are cancelled, and what it holds of a contract, or of all with conID 0, is closed at the market.
func (s *Server) Liquidate(account string, conID int) ([]exchange.Execution, error) {
	return s.exchange.Liquidate(s.clock.Now(), cmp.Or(account, s.login.Accounts()[0]), conID)
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
	hit.What.Accounts = accounts
	return s.orderAndWait(hit)
}
