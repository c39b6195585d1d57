package exchange

import (
	"maps"
	"slices"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Books is a snapshot of everything that is true at the exchange.
type Books struct {
	At         time.Time   `json:"at"`
	Seed       uint64      `json:"seed"`
	Accounts   []Account   `json:"accounts"`
	Positions  []Position  `json:"positions"`  // closed ones included
	Orders     []Order     `json:"orders"`     // all of them, by permanent id
	Executions []Execution `json:"executions"` // those that still count
	// Superseded are the executions that were corrected or cancelled later (busted), oldest change
	// first.
	Superseded []Execution `json:"superseded,omitempty"`
	// NextOrderIDs is the next valid order id of each client that has placed an order.
	NextOrderIDs map[int]int `json:"nextOrderIds"`
}

// Books copies the books as they are; it does not advance them.
func (x *Exchange) Books() Books {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := Books{
		At: x.now, Seed: x.cfg.Seed,
		Executions:   x.view.Executions(),
		Superseded:   slices.Clone(x.superseded),
		NextOrderIDs: maps.Clone(x.lastID),
	}
	for client := range b.NextOrderIDs {
		b.NextOrderIDs[client]++
	}
	for _, a := range x.accounts {
		copied := *a
		copied.Foreign = slices.Clone(a.Foreign)
		b.Accounts = append(b.Accounts, copied)
	}
	b.Positions = make([]Position, 0, len(x.positions))
	for _, p := range x.positions {
		copied := *p
		copied.groups = nil
		b.Positions = append(b.Positions, copied)
	}
	b.Orders = make([]Order, 0, len(x.orders))
	for _, o := range x.orders {
		x.follow(o)
		b.Orders = append(b.Orders, o.Order)
	}
	return b
}

// Cash is the cash of all accounts, in US dollars; other currencies are not in it.
func (b Books) Cash() decimal.Decimal {
	var total decimal.Decimal
	for _, a := range b.Accounts {
		total = add(total, a.Cash)
	}
	return total
}

// Commissions are those of all accounts, in US dollars.
func (b Books) Commissions() decimal.Decimal {
	var total decimal.Decimal
	for _, a := range b.Accounts {
		total = add(total, a.Commissions)
	}
	return total
}

// Holding is how many shares of a stock an account holds; below 0 when short.
func (b Books) Holding(account, symbol string) int64 {
	for _, p := range b.Positions {
		if p.Account == account && p.Symbol == symbol && p.SecType == market.Stock {
			return p.Quantity
		}
	}
	return 0
}
