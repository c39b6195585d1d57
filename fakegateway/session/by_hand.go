package session

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/exchange"
)

// FillByHand books a trade that was made in TWS at now: p.Quantity below 0 sells.
func (l *Login) FillByHand(now time.Time, p OpeningPosition) (exchange.Execution, error) {
	held, err := l.Locate(p, now)
	if err != nil {
		return exchange.Execution{}, fmt.Errorf("fill by hand: %w", err)
	}
	return l.exchange.ManualFill(now, orderByHand(held), held.Price)
}

// orderByHand is the order whose fill makes a position.
func orderByHand(p exchange.OpeningPosition) exchange.OrderRequest {
	r := exchange.OrderRequest{
		Account: p.Account, Instrument: p.Instrument, Action: exchange.Buy, Quantity: p.Quantity,
	}
	if r.Quantity < 0 {
		r.Action, r.Quantity = exchange.Sell, -r.Quantity
	}
	return r
}

// Transfer moves units of p's contract into its account at p.Price each, without a trade; p.Quantity
// below 0 takes them out at what they have cost.
func (l *Login) Transfer(now time.Time, p OpeningPosition) (exchange.Transfer, error) {
	held, err := l.Locate(p, now)
	if err != nil {
		return exchange.Transfer{}, fmt.Errorf("transfer: %w", err)
	}
	return l.exchange.Transfer(now, exchange.Transfer{
		Account: held.Account, Instrument: held.Instrument,
		Quantity: held.Quantity, Price: held.Price,
	})
}
