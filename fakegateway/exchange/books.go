package exchange

import (
	"maps"
	"time"

	"github.com/govalues/decimal"
)

// Books is a snapshot of everything that is true at the exchange.
type Books struct {
	At         time.Time   `json:"at"`
	Seed       uint64      `json:"seed"`
	Accounts   []Account   `json:"accounts"`
	Positions  []Position  `json:"positions"` // closed ones included
	Orders     []Order     `json:"orders"`    // all of them, by permanent id
	Executions []Execution `json:"executions"`
	// NextOrderIDs is the next valid order id of each client that has placed an order.
	NextOrderIDs map[int]int `json:"nextOrderIds"`
}

// Books copies the books as they are; it does not advance them.
func (x *Exchange) Books() Books {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := Books{
		At: x.now, Seed: x.cfg.Seed,
		Executions:   append([]Execution{}, x.executions...),
		NextOrderIDs: maps.Clone(x.lastID),
	}
	for client := range b.NextOrderIDs {
		b.NextOrderIDs[client]++
	}
	for _, a := range x.accounts {
		b.Accounts = append(b.Accounts, *a)
	}
	b.Positions = make([]Position, 0, len(x.positions))
	for _, p := range x.positions {
		b.Positions = append(b.Positions, *p)
	}
	b.Orders = make([]Order, 0, len(x.orders))
	for _, o := range x.orders {
		b.Orders = append(b.Orders, o.Order)
	}
	return b
}

// Cash is the cash of all accounts.
func (b Books) Cash() decimal.Decimal {
	var total decimal.Decimal
	for _, a := range b.Accounts {
		total = add(total, a.Cash)
	}
	return total
}

// Commissions are those of all accounts.
func (b Books) Commissions() decimal.Decimal {
	var total decimal.Decimal
	for _, a := range b.Accounts {
		total = add(total, a.Commissions)
	}
	return total
}

// Holding is how many shares of a symbol an account holds; below 0 when short.
func (b Books) Holding(account, symbol string) int64 {
	for _, p := range b.Positions {
		if p.Account == account && p.Symbol == symbol {
			return p.Quantity
		}
	}
	return 0
}
