package listener

import (
	"fmt"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
)

// operateBooks does the operations on the orders and accounts of the login.
func (p *Port) operateBooks(o fault.Operation) (wire string, err error) {
	x, now := p.gateway.Login.Exchange(), p.gateway.Clock.Now()
	switch o {
	case fault.HoldOrders:
		x.HoldNew(now)
		return "nothing", nil
	case fault.ReleaseOrders:
		return fmt.Sprintf("%d orders released", x.ReleaseAll(now)), nil
	case fault.SplitNextChange:
		x.SplitNext(now)
		return "nothing", nil
	default: // LiquidateAll
	}
	closed := 0
	for _, account := range p.gateway.Login.Accounts() {
		done, _ := x.Liquidate(now, account, 0) // the error: it holds nothing
		closed += len(done)
	}
	if closed == 0 {
		return "nothing", fmt.Errorf("operation %q: no account holds anything", o)
	}
	return fmt.Sprintf("%d positions closed", closed), nil
}

// operateTrade does the operations that move units of a contract.
func (p *Port) operateTrade(w fault.What) (wire string, err error) {
	login, now, t := p.gateway.Login, p.gateway.Clock.Now(), w.Trade
	moved := session.OpeningPosition{
		Account: t.Account, ConID: t.ConID, Symbol: t.Symbol, SecType: t.SecType,
		Exchange: t.Exchange, Currency: t.Currency, Expiry: t.Expiry, Strike: t.Strike,
		Right: t.Right, Quantity: t.Quantity, Price: t.Price,
	}
	if w.Operation == fault.TransferPosition {
		_, err = login.Transfer(now, moved)
	} else {
		_, err = login.FillByHand(now, moved)
	}
	return "nothing", err
}

// logIn restarts with a login to other accounts.
func (p *Port) logIn(accounts []string) (wire string, err error) {
	if err := p.gateway.Login.MayLogIn(accounts); err != nil {
		return "nothing", err
	}
	return p.Restart(fault.Hit{Fault: fault.Fault{
		ID: string(fault.LogIn), What: fault.What{Do: fault.Restart, Accounts: accounts},
	}})
}
