package harness

import "github.com/govalues/decimal"

// Books is the Gateway's truth about orders, fills, positions and cash at the end of a run. It
// owes nothing to what the wire told the subject, nor to what the subject believes.
type Books struct {
	Taken     bool       `json:"taken"` // false: the run ended before the books could be read
	Orders    []Order    `json:"orders,omitempty"`
	Fills     []Fill     `json:"fills,omitempty"`
	Positions []Position `json:"positions,omitempty"`
	Cash      []Cash     `json:"cash,omitempty"`
}

// Order is an order as the exchange holds it.
type Order struct {
	PermID   int64           `json:"permId"`
	OrderID  int64           `json:"orderId"`
	ClientID int             `json:"clientId"`
	OrderRef string          `json:"orderRef,omitempty"`
	Account  string          `json:"account"`
	Symbol   string          `json:"symbol"`
	Action   string          `json:"action"` // BUY or SELL
	Quantity decimal.Decimal `json:"quantity"`
	Filled   decimal.Decimal `json:"filled"`
	Status   string          `json:"status"` // IBKR's name
	Rejected bool            `json:"rejected,omitempty"`
}

// Fill is an execution. Shares are positive; Side gives the sign.
type Fill struct {
	ExecID     string          `json:"execId"`
	PermID     int64           `json:"permId"`
	Account    string          `json:"account"`
	Symbol     string          `json:"symbol"`
	Side       string          `json:"side"` // BOT or SLD
	Shares     decimal.Decimal `json:"shares"`
	Price      decimal.Decimal `json:"price"`
	Commission decimal.Decimal `json:"commission"`
}

// Position is shares held in an account; negative is short.
type Position struct {
	Account string          `json:"account"`
	Symbol  string          `json:"symbol"`
	Opening decimal.Decimal `json:"opening"` // before the run
	Shares  decimal.Decimal `json:"shares"`
}

// Cash is an account's money.
type Cash struct {
	Account string          `json:"account"`
	Opening decimal.Decimal `json:"opening"` // before the run
	Balance decimal.Decimal `json:"balance"`
}
